/** The console's texts: complete in both languages, all in use, and one for everything the ledger and the API can say. */
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import should from "should";
import { NOTE_TYPES } from "../../dist/core/ledger/notes.js";

const root = join(import.meta.dirname, "../..");
const page = join(root, "nodes/console/ui");
const languages = ["en-US", "de"] as const;
const files = globSync("locales/en-US/*.json", { cwd: page })
  .map((file) => basename(file, ".json"))
  .sort();

type Texts = Record<string, string>;

function textsOf(language: string, file: string): Texts {
  return JSON.parse(readFileSync(join(page, "locales", language, `${file}.json`), "utf8"));
}

const english = Object.fromEntries(files.map((file) => [file, textsOf("en-US", file)]));
const sources = globSync("**/*.{ts,tsx}", { cwd: page }).map((file) => readFileSync(join(page, file), "utf8"));
/** Everything in quotes, and everything put together, with a pattern for what is filled in. */
const literals = new Set(sources.flatMap((source) => [...source.matchAll(/"([^"\n]+)"/g)].map(([, text]) => text ?? "")));
const patterns = [
  ...new Set(sources.flatMap((source) => [...source.matchAll(/`([\w.-]*\$\{[^`\n]*)`/g)].map(([, text]) => text ?? ""))),
].map((text) => {
  const parts = text.split(/\$\{[^{}]*\}/).map((part) => part.replace(/[^\w-]/g, "\\$&"));
  return { text, pattern: new RegExp(`^${parts.join("[\\w.-]+")}$`) };
});
/** Looked up by names that come from elsewhere; each is checked below against where the names come from. */
const byName = ["advice", "codes", "events"];

/** Which form of a counted text is used, its key does not say. */
const withoutForm = (key: string) => key.replace(/\.(one|other)$/, "");
const keys = files.flatMap((file) => Object.keys(english[file] ?? {}).map((key) => ({ file, key })));

/** Names of `{placeholders}`, each once. */
function placeholders(text: string): string[] {
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ""))].sort();
}

describe("The console's texts", () => {
  it("are the same in both languages, with the same placeholders", () => {
    globSync("locales/de/*.json", { cwd: page })
      .map((file) => basename(file, ".json"))
      .sort()
      .should.eql(files);
    for (const file of files) {
      const german = textsOf("de", file);
      Object.keys(german)
        .sort()
        .should.eql(Object.keys(english[file] ?? {}).sort(), file);
      for (const [key, text] of Object.entries(english[file] ?? {})) {
        placeholders(german[key] ?? "").should.eql(placeholders(text), `${file}.${key}`);
      }
    }
  });

  it("are words", () => {
    for (const language of languages) {
      for (const file of files) {
        for (const [key, text] of Object.entries(textsOf(language, file))) text.trim().should.not.equal("", `${language} ${file}.${key}`);
      }
    }
  });

  it("are there for every key that the page asks for", () => {
    const asked = [...literals].filter((text) => files.some((file) => text.startsWith(`${file}.`)) && /^[\w-]+\.[\w.-]+$/.test(text));
    asked.length.should.be.above(100);
    const missing = asked.filter((text) => {
      const [file = "", ...rest] = text.split(".");
      const key = rest.join(".");
      return !/^(tsx?|json|css)$/.test(key) && english[file]?.[key] === undefined && english[file]?.[`${key}.other`] === undefined;
    });
    missing.should.eql([]);
    const dead = patterns
      .filter(({ text }) => files.some((file) => text.startsWith(`${file}.`)))
      .filter(
        ({ pattern }) => !keys.some(({ file, key }) => pattern.test(withoutForm(`${file}.${key}`)) || pattern.test(`${file}.${key}`)),
      );
    dead.should.eql([]);
  });

  it("are all in use", () => {
    const unused = keys
      .filter(({ file }) => !byName.includes(file))
      .filter(({ file, key }) => {
        const names = [key, withoutForm(key), `${file}.${key}`, `${file}.${withoutForm(key)}`];
        return !names.some((name) => literals.has(name) || patterns.some(({ pattern }) => pattern.test(name)));
      });
    unused.should.eql([]);
  });

  it("have a form for one wherever they have one for more", () => {
    for (const { file, key } of keys) {
      if (key.endsWith(".other")) should(english[file]?.[`${withoutForm(key)}.one`]).be.a.String();
      if (key.endsWith(".one")) should(english[file]?.[`${withoutForm(key)}.other`]).be.a.String();
    }
  });

  it("name every cause a document can fail for, and what to do about it", () => {
    const source = readFileSync(join(root, "nodes/core/errors.ts"), "utf8");
    const union = source.slice(source.indexOf("export type ErrorCode"), source.indexOf("// the console's API"));
    const codes = [...union.matchAll(/\| "([\w-]+)"/g)].map(([, code]) => code ?? "");
    codes.length.should.be.above(40);
    for (const texts of [english.codes, english.advice])
      Object.keys(texts ?? {})
        .sort()
        .should.eql(codes.sort());
  });

  it("tell every event that the ledger writes", () => {
    const ledger = globSync("nodes/core/ledger/**/*.ts", { cwd: root }).map((file) => readFileSync(join(root, file), "utf8"));
    const direct = ledger.flatMap((source) => [...source.matchAll(/appendEvent\([^"]*?, "([\w-]+)"/g)].map(([, type]) => type ?? ""));
    const ordered = ledger.flatMap((source) => {
      const map = /const EVENT: [^{]*\{([^}]*)\}/.exec(source)?.[1] ?? "";
      return [...map.matchAll(/: "([\w-]+)"/g)].map(([, type]) => type ?? "");
    });
    direct.length.should.be.above(10);
    ordered.length.should.equal(5);
    const told = Object.keys(english.events ?? {}).filter((key) => !key.includes("."));
    told.sort().should.eql([...new Set([...direct, ...ordered, ...NOTE_TYPES])].sort());
  });

  it("tell every action that the ledger enters in its audit log", () => {
    const ledger = globSync("nodes/core/ledger/**/*.ts", { cwd: root }).map((file) => readFileSync(join(root, file), "utf8"));
    const entered = ledger.flatMap((source) =>
      [...source.matchAll(/appendAudit\([^;]*?action: "([\w-]+)"/g)].map(([, action]) => action ?? ""),
    );
    const known = Object.keys(english.audit ?? {}).filter((key) => key.startsWith("action."));
    const actions = ["retry", "replay", "route-again", "reject", "accept"];
    known.sort().should.eql([...new Set([...entered, ...actions])].map((action) => `action.${action}`).sort());
  });
});
