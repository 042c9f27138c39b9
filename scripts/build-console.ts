/** The operator console's half of the build: one page, its scripts and its style sheet, each named by its content. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { buildSync } from "esbuild";

const source = join(import.meta.dirname, "../nodes/console/ui");

/** Licences of what is in the bundle, as they ask for it. */
const licences = ["preact", "uplot"]
  .map((name) => `/*! ${name}\n${readFileSync(join(import.meta.dirname, "../node_modules", name, "LICENSE"), "utf8").trim()}\n*/`)
  .join("\n");

/** Bundles nodes/console/ui into the folder `target`. Throws when it does not compile. */
export function buildConsole(target: string): void {
  const { outputFiles } = buildSync({
    entryPoints: { console: join(source, "main.tsx") },
    outdir: target,
    bundle: true,
    write: false,
    minify: true,
    splitting: true,
    format: "esm",
    target: "es2023",
    jsx: "automatic",
    jsxImportSource: "preact",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    banner: { js: licences, css: licences },
  });
  mkdirSync(target, { recursive: true });
  for (const { path, contents } of outputFiles) writeFileSync(path, contents);

  const entry = (ending: string) => {
    const file = outputFiles.map(({ path }) => basename(path)).find((name) => name.startsWith("console-") && name.endsWith(ending));
    if (!file) throw new Error(`the console's bundle has no ${ending} file`);
    return file;
  };
  const page = readFileSync(join(source, "index.html"), "utf8");
  writeFileSync(join(target, "index.html"), page.replace("{{style}}", entry(".css")).replace("{{script}}", entry(".js")));
}
