/** The editor's half of the build: dialogs with their shared parts, and the plugin page that all of them lean on. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";

const editor = join(import.meta.dirname, "../nodes/editor");
/** Node-RED's name for the plugin's texts: package, then the plugin's key in package.json. */
const sharedTexts = "@docbridge/node-red-opentext/docbridge-editor";

/**
 * The dialog in a file as Node-RED gets it: `<!-- include x.html -->` (in a script `/* include x.html *\/`) is replaced by
 * `x.html` of the `dialog` folder beside it or of `nodes/editor/partials`, and `shared:` in a `data-i18n` by the name of the
 * plugin's texts.
 */
export function expandDialog(file: string): string {
  const part = (_: string, name: string) => {
    const own = join(dirname(file), "dialog", name);
    return readFileSync(existsSync(own) ? own : join(editor, "partials", name), "utf8").trim();
  };
  const whole = readFileSync(file, "utf8").replace(/(?:<!--|\/\*) include ([\w-]+\.html) (?:-->|\*\/)/g, part);
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
