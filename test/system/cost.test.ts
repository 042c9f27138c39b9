import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import "should";

const root = join(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const { nodes, plugins } = manifest["node-red"] as { nodes: Record<string, string>; plugins: Record<string, string> };
const limitBytes = 200_000;

/** What the editor loads of the pack, as Node-RED answers it: all plugins, all dialogs with their help, all texts, and the icons. */
function editorDownload(language: string): number {
  const read = (file: string) => readFileSync(join(root, file), "utf8");
  const dialogs = Object.entries(nodes).map(([type, file]) => ({
    html: read(file.replace(/\.js$/, ".html")),
    help: read(join(dirname(file), "locales", language, `${type}.html`)),
    texts: read(join(dirname(file), "locales", language, `${type}.json`)),
  }));
  const shared = Object.values(plugins).map(read);
  const sharedTexts = Object.entries(plugins).map(([id, file]) => read(join(dirname(file), "locales", language, `${id}.json`)));
  const icons = globSync("dist/editor/icons/*.svg", { cwd: root }).map(read);
  const answers = [
    shared.join("\n"),
    dialogs.map(({ html, help }) => `${html}\n${help}`).join("\n"),
    [...sharedTexts, ...dialogs.map(({ texts }) => texts)].join(","),
    ...icons,
  ];
  return answers.reduce((sum, body) => sum + gzipSync(body).length, 0);
}

describe("what the pack adds to the editor's download", () => {
  for (const language of ["en-US", "de"]) {
    it(`is at most 200 kB compressed, in ${language}`, () => {
      const bytes = editorDownload(language);
      bytes.should.be.above(10_000);
      bytes.should.be.belowOrEqual(limitBytes);
    });
  }
});
