/** The editor's half of the build: dialogs with their shared parts, and the plugin page that all of them lean on. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";

const editor = join(import.meta.dirname, "../nodes/editor");
/** Node-RED's name for the plugin's texts: package, then the plugin's key in package.json. */
const sharedTexts = "@docbridge/node-red-opentext/docbridge-editor";

/**
 * A dialog as Node-RED gets it: `<!-- include x.html -->` (in a script `/* include x.html *\/`) is replaced by
 * `nodes/editor/partials/x.html`, and `shared:` in a `data-i18n` by the name of the plugin's texts.
 */
export function expandDialog(html: string): string {
  const part = (_: string, name: string) => readFileSync(join(editor, "partials", name), "utf8").trim();
  const whole = html.replace(/(?:<!--|\/\*) include ([\w-]+\.html) (?:-->|\*\/)/g, part);
  return whole.replace(/data-i18n="[^"]*"/g, (attribute) => attribute.replaceAll("shared:", `${sharedTexts}:`));
}

/** Bundles nodes/editor/main.ts and writes it, with its style sheet, as one page. Throws when it does not compile. */
export function buildEditor(target: string): void {
  const { outputFiles } = buildSync({
    entryPoints: [join(editor, "main.ts")],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2023",
    legalComments: "inline",
  });
  const script = outputFiles.map(({ text }) => text.replaceAll("</script", "<\\/script")).join("");
  const style = readFileSync(join(editor, "docbridge.css"), "utf8");
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, `<style>\n${style}</style>\n<script type="text/javascript">\n${script}</script>\n`);
}
