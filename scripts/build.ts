/**
 * Builds dist/: the nodes as CommonJS, their dialogs, texts and icons beside them, where Node-RED looks for them.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { buildSync } from "esbuild";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", root], { stdio: "inherit" });

/** Dialogs, help, texts and sandbox templates are shipped as written. */
for (const asset of globSync("nodes/**/*.{html,json,mustache,css,svg}", { cwd: root })) {
  const target = join(dist, relative("nodes", asset));
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(root, asset), target);
}

/** Node-RED looks for icons in a folder beside each node's file. */
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
for (const file of Object.values<string>(manifest["node-red"].nodes)) {
  const folder = join(root, dirname(file), "icons");
  if (existsSync(dirname(folder))) cpSync(join(root, "icons"), folder, { recursive: true });
}

/** The editor's shared script is one file that the plugin page carries inline. */
if (existsSync(join(root, "nodes/editor/main.ts"))) {
  buildSync({
    entryPoints: [join(root, "nodes/editor/main.ts")],
    bundle: true,
    format: "iife",
    target: "es2022",
    outfile: join(dist, "editor/docbridge-editor.bundle.js"),
  });
}
