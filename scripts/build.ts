/**
 * Builds dist/: the nodes as CommonJS, their dialogs, texts and icons beside them, where Node-RED looks for them.
 */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { buildConsole } from "./build-console.ts";
import { buildEditor, expandDialog } from "./build-editor.ts";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
for (const project of [root, join(root, "nodes/editor"), join(root, "nodes/console/ui")]) {
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", project], { stdio: "inherit" });
}

/** Help, texts and sandbox templates are shipped as written, dialogs with their shared parts put in. */
for (const asset of globSync("nodes/**/*.{html,json,mustache,css,svg}", {
  cwd: root,
  exclude: ["nodes/editor/*.*", "nodes/editor/partials", "nodes/console/ui", "nodes/**/dialog/*.html"],
})) {
  const target = join(dist, relative("nodes", asset));
  mkdirSync(dirname(target), { recursive: true });
  if (asset.endsWith(".html")) writeFileSync(target, expandDialog(join(root, asset)));
  else cpSync(join(root, asset), target);
}

buildEditor(join(dist, "editor/docbridge-editor.html"));
buildConsole(join(dist, "console/ui"));

/** One copy serves all nodes of the package: Node-RED looks in every icon folder of it, and lists what it finds in each. */
cpSync(join(root, "icons"), join(dist, "editor/icons"), { recursive: true });
