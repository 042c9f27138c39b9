import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import should from "should";
import { settingsVersion } from "../../dist/core/upgrades.js";
import { allDialogs, type Dialog, flat, languages, root, runtimeSources, sharedTexts, templateKeys } from "./dialogs.ts";

const dialogs = allDialogs();
const shared = sharedTexts();
const sharedPrefix = "@docbridge/node-red-opentext/docbridge-editor:";
const editorSources = globSync("nodes/editor/*.ts", { cwd: root }).map((file) => readFileSync(join(root, file), "utf8"));

/** Of older versions: declared so that the editor hands them to the upgrade. */
const retired = ["createCabinet"];

/** Without a field are the schema's version, lists, which have an editor of their own, and what the mapper notes of its type. */
function hasField({ definition }: Dialog, property: string): boolean {
  return !["version", "typeMarks", ...retired].includes(property) && !Array.isArray(definition.defaults[property]?.value);
}

function prefixOf({ definition }: Dialog): string {
  return definition.category === "config" ? "node-config-input" : "node-input";
}

function selectOf(dialog: Dialog, property: string): string | undefined {
  return new RegExp(`<select id="${prefixOf(dialog)}-${property}">([\\s\\S]*?)</select>`).exec(dialog.template)?.[1];
}

describe("dialogs, as they are written", () => {
  it("covers every node that has one", () => {
    const files = globSync("nodes/{connections,exstream,documentum,css,document}/*/*.html", { cwd: root }).map((file) =>
      basename(file, ".html"),
    );
    files.length.should.be.above(10);
    should(dialogs.map(({ type }) => type).sort()).eql(files.sort());
  });

  for (const dialog of dialogs) {
    const { type, definition, template, script, texts, help } = dialog;
    const isConfig = definition.category === "config";

    describe(type, () => {
      it("registers itself with a literal type and definition, which tools can read", () => {
        script.should.match(new RegExp(`RED\\.nodes\\.registerType\\('${type}', \\{`));
      });

      it("has a name, a schema version, labels and an icon of the pack", () => {
        should(definition.defaults.name?.value).equal("");
        should(definition.defaults.version?.value).equal(settingsVersion(type));
        should(definition.label).be.a.Function();
        should(definition.paletteLabel).be.a.Function();
        definition.icon.should.match(/^docbridge-[\w-]+\.svg$/);
        existsSync(join(root, "icons", definition.icon)).should.equal(true, definition.icon);
      });

      if (!isConfig) {
        it("stands in the pack's category, in its colour, with labels at its ports", () => {
          definition.category.should.equal("OpenText");
          should(definition.color).equal("#A6BBCF");
          if (definition.inputs) should(definition.inputLabels).be.a.Function();
          should(definition.outputLabels).be.a.Function();
        });

        it("occurs in an example", () => {
          const examples = globSync("examples/**/*.json", { cwd: root }).map((file) => readFileSync(join(root, file), "utf8"));
          examples.some((text) => JSON.parse(text).some((node: { type: string }) => node.type === type)).should.equal(true);
        });
      }

      it("has a labelled field for every property and every credential", () => {
        const names = [...Object.keys(definition.defaults), ...Object.keys(definition.credentials ?? {})];
        for (const name of names.filter((each) => hasField(dialog, each))) {
          const id = `${prefixOf(dialog)}-${name}`;
          const field = new RegExp(`<(?:input|select|textarea)[^>]* id="${id}"[^>]*>`).exec(template)?.[0];
          should.exist(field, `no field ${id}`);
          if (!field?.includes('type="hidden"')) template.should.containEql(`<label for="${id}"`);
        }
      });

      it("has no field, and no label, of something that is not a property", () => {
        const known = new Set([...Object.keys(definition.defaults), ...Object.keys(definition.credentials ?? {})]);
        const fields = [...template.matchAll(/(?:<(?:input|select)[^>]* id|<label[^>]* for)="node-(?:config-)?input-(\w+)"/g)];
        for (const [, name = ""] of fields) known.has(name).should.equal(true, name);
      });

      it("keeps no secret in its properties", () => {
        for (const name of Object.keys(definition.defaults)) {
          name.should.not.match(/^(.*(password|passphrase|apikey|privatekey)|secret|token|client_?secret|credentials?)$/i);
        }
        for (const name of Object.keys(definition.credentials ?? {})) should(definition.defaults[name]).equal(undefined, name);
      });

      it("offers exactly the choices the runtime knows", () => {
        const unions = runtimeSources(dialog).matchAll(/^ {2}(\w+)\??: ((?:"[^"]*"(?: \| )?)+);/gm);
        for (const [, name = "", union = ""] of unions) {
          const select = selectOf(dialog, name);
          if (!select || name === "auth") continue;
          const options = [...select.matchAll(/<option value="([^"]*)"/g)].map(([, value]) => value);
          options.sort().should.eql(JSON.parse(`[${union.replaceAll(" | ", ",")}]`).sort(), name);
        }
      });

      it("has options for the default of every choice", () => {
        for (const [name, { value }] of Object.entries(definition.defaults)) {
          const select = new RegExp(`<select id="${prefixOf(dialog)}-${name}">([sS]*?)</select>`).exec(template)?.[1];
          if (select) select.should.containEql(`value="${value}"`);
        }
      });

      it("shows nothing that has no text in a language", () => {
        const own = [...templateKeys(template), ...[...script.matchAll(/this\._\('([^']+)'\)/g)].map(([, key = ""]) => key)];
        for (const language of languages) {
          for (const key of own) {
            const isShared = key.startsWith(sharedPrefix);
            const found = isShared ? shared[language][key.slice(sharedPrefix.length)] : texts[language][key];
            should.exist(found, `${language}: ${key}`);
          }
        }
      });

      it("can name every property it checks", () => {
        const checked = Object.entries({ ...definition.defaults, ...definition.credentials }).filter(
          ([name, { validate }]) => validate && name !== "rows",
        );
        for (const [name] of checked) should.exist(texts.de[`label.${name}`] ?? shared.de[`label.${name}`], name);
      });

      it("says the same in both languages, and nothing that nobody shows", () => {
        Object.keys(texts.de).should.eql(Object.keys(texts["en-US"]));
        const used = new Set([...templateKeys(template), ...[...script.matchAll(/'([\w.]+)'/g)].map(([, key = ""]) => key)]);
        const shown = (key: string) => used.has(key) || key === "product" || key.startsWith("status.");
        for (const key of Object.keys(texts.de)) shown(key).should.equal(true, `nobody shows ${key}`);
        for (const key of Object.keys(texts.de)) placeholders(texts.de[key]).should.eql(placeholders(texts["en-US"][key]), key);
      });

      it("has help in both languages, with the headings Node-RED uses", () => {
        const headings = { "en-US": ["Inputs", "Outputs"], de: ["Eingangsdaten", "Ausgangsdaten"] };
        for (const language of languages) {
          help[language].should.startWith(`<script type="text/markdown" data-help-name="${type}">`);
          help[language].should.match(/^### Details$/m);
          const [inputs, outputs] = headings[language] as [string, string];
          help[language].includes(`### ${inputs}\n`).should.equal(Boolean(definition.inputs), inputs);
          help[language].includes(`### ${outputs}\n`).should.equal(Boolean(definition.outputs), outputs);
        }
        // Node-RED reads one property a line, and takes any other colon in it for the end of the name.
        for (const [line] of `${help.de}\n${help["en-US"]}`.matchAll(/^: .*$/gm)) line.should.match(/^: [^:]+ \([^:]+\) : [^:]+\.?$/);
        count(help.de, /^: /gm).should.equal(count(help["en-US"], /^: /gm));
        count(help.de, /^### /gm).should.equal(count(help["en-US"], /^### /gm));
      });

      it("sets exactly what the runtime reads", () => {
        const source = runtimeSources(dialog);
        for (const name of Object.keys(definition.defaults).filter((each) => !["name", "version", ...retired].includes(each))) {
          source.should.match(new RegExp(`\\b${name}\\b`), `the runtime never reads ${name}`);
        }
        const config = [...source.matchAll(/interface (?:Config|ConnectionConfig)\b[^{]*\{([\s\S]*?)\n\}/g)]
          .map(([, body]) => body)
          .join("\n");
        for (const [, name = ""] of config.matchAll(/^ {2}(\w+)\??:/gm)) {
          if (isConfig && !(name in definition.defaults)) isOptionalInSomeConnections(name).should.equal(true, name);
          else should.exist(definition.defaults[name], `the dialog does not set ${name}`);
        }
      });
    });
  }
});

/** All connections share one reader of their settings; these are only in the dialogs that need them. */
function isOptionalInSomeConnections(name: string): boolean {
  return ["ticketUrl", "ticketHeader", "parallel", "ratePerSecond"].includes(name);
}

describe("the shared script of the editor", () => {
  it("has the same texts in both languages", () => {
    Object.keys(shared.de).should.eql(Object.keys(shared["en-US"]));
    for (const key of Object.keys(shared.de)) placeholders(shared.de[key]).should.eql(placeholders(shared["en-US"][key]), key);
  });

  it("has a text for every problem it can find, and for every literal key", () => {
    for (const source of editorSources) {
      const problems = [...source.matchAll(/problem\("(\w+)"/g), ...source.matchAll(/unless\([\s\S]*?, "(\w+)"\)/g)].map(
        ([, key]) => `check.${key}`,
      );
      const literal = [...source.matchAll(/\btext\("([\w.]+)"/g)].map(([, key]) => key);
      for (const key of [...problems, ...literal]) shared.de.should.have.property(String(key));
    }
  });

  it("has no text that nobody shows", () => {
    const others = globSync("nodes/{core/upgrades.ts,editor/partials/*.html,*/*/*.html}", { cwd: root }).map((file) =>
      readFileSync(join(root, file), "utf8"),
    );
    const everything = [...others, ...editorSources].join("\n");
    const shown = (key: string) => {
      const last = key.split(".").at(-1) as string;
      return everything.includes(key) || everything.includes(`"${last}"`) || everything.includes(`-${last}"`);
    };
    for (const key of Object.keys(shared.de)) shown(key).should.equal(true, `nobody shows ${key}`);
  });

  it("uses colours of the theme only", () => {
    const style = readFileSync(join(root, "nodes/editor/docbridge.css"), "utf8");
    const templates = dialogs.map(({ template }) => template).join("\n");
    for (const text of [style, templates]) text.should.not.match(/#[0-9a-f]{3,8}\b(?!;?")|rgba?\(|hsla?\(/i);
    for (const [, variable = ""] of style.matchAll(/var\((--[\w-]+)\)/g)) variable.should.startWith("--red-ui-");
  });

  it("uses only theme variables that both supported versions of Node-RED have", () => {
    const used = new Set(
      [...readFileSync(join(root, "nodes/editor/docbridge.css"), "utf8").matchAll(/--red-ui-[\w-]+/g)].map(([name]) => name),
    );
    for (const folder of ["node_modules", "node_modules/node-red-4/node_modules"]) {
      const theme = readFileSync(join(root, folder, "@node-red/editor-client/public/red/style.min.css"), "utf8");
      for (const name of used) theme.should.containEql(`${name}:`);
    }
  });
});

describe("status texts", () => {
  const ledger = dialogs.find(({ type }) => type === "document-ledger") as Dialog;

  it("fit under a node in both languages", () => {
    for (const language of languages) {
      const entries = Object.entries(ledger.texts[language]).filter(([key]) => key.startsWith("status."));
      entries.length.should.be.above(15);
      for (const [key, text] of entries) {
        const shownText = text.replace("__count__", "9999").replace("__version__", "999").replace("__code__", "");
        shownText.length.should.be.belowOrEqual(20, `${language} ${key}`);
      }
    }
  });

  it("exist for everything the runtime shows", () => {
    const sources = globSync("nodes/{runtime,exstream,document,documentum,css}/**/*.ts", { cwd: root }).map((file) =>
      readFileSync(join(root, file), "utf8"),
    );
    const calls = sources.flatMap((source) => [...source.matchAll(/\.show\(("[^;]*?)\);/g), ...source.matchAll(/doneStatus: (".*?")/g)]);
    const looks = new Set(["ok", "busy", "idle", "connecting", "retry", "error"]);
    const names = new Set(calls.flatMap(([, call = ""]) => [...call.matchAll(/"(\w+)"/g)].map(([, name = ""]) => name)));
    for (const mode of ["http", "folder"]) names.delete(mode);
    for (const name of names) if (!looks.has(name)) should.exist(ledger.texts.de[`status.${name}`], `status.${name}`);
    names.size.should.be.above(8);
  });
});

describe("icons", () => {
  for (const file of readdirSync(join(root, "icons"))) {
    it(`${file} is white on transparent, two by three, and named for this pack`, () => {
      const svg = readFileSync(join(root, "icons", file), "utf8");
      file.should.match(/^docbridge-[\w-]+\.svg$/);
      svg.should.containEql('viewBox="0 0 40 60"');
      [...svg.matchAll(/(?:fill|stroke)="([^"]*)"/g)]
        .map(([, colour]) => colour)
        .every((colour) => ["none", "#fff"].includes(colour as string))
        .should.equal(true);
    });
  }
});

function placeholders(text: string | undefined): string[] {
  return [...String(text).matchAll(/__\w+?__/g)].map(([name]) => name).sort();
}

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

describe("reading of texts", () => {
  it("flattens nested keys", () => {
    flat({ a: { b: "x" }, c: "y" }).should.eql({ "a.b": "x", c: "y" });
  });
});
