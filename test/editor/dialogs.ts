/** What the editor gets of each node, read from the sources: dialog, definition, texts and help. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runInNewContext } from "node:vm";
import { expandDialog } from "../../scripts/build-editor.ts";

export const root = join(import.meta.dirname, "../..");
export const languages = ["en-US", "de"] as const;
export type Language = (typeof languages)[number];

export interface Definition {
  category: string;
  defaults: Record<string, { value?: unknown; type?: string; validate?: (value: unknown, options: object) => unknown }>;
  credentials?: Record<string, { type: string; validate?: unknown }>;
  inputs?: number;
  outputs?: number;
  icon: string;
  color?: string;
  label?: unknown;
  paletteLabel?: unknown;
  inputLabels?: unknown;
  outputLabels?: unknown;
}

export interface Dialog {
  type: string;
  /** Folder of the node's sources. */
  folder: string;
  /** The dialog with its shared parts put in. */
  template: string;
  script: string;
  definition: Definition;
  texts: Record<Language, Record<string, string>>;
  help: Record<Language, string>;
}

/** All nodes that package.json declares. */
export function allDialogs(): Dialog[] {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const files: Record<string, string> = manifest["node-red"].nodes;
  return Object.entries(files).map(([type, file]) => readDialog(type, join(root, dirname(file).replace(/^dist/, "nodes"))));
}

function readDialog(type: string, folder: string): Dialog {
  const html = expandDialog(join(folder, `${type}.html`));
  const template = new RegExp(`<script type="text/html" data-template-name="${type}">([\\s\\S]*?)</script>`).exec(html)?.[1];
  const script = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html)?.[1];
  if (!template || !script) throw new Error(`${type}.html has no template or no script`);
  const read = <T>(parse: (text: string) => T, ending: string) =>
    Object.fromEntries(
      languages.map((language) => [language, parse(readFileSync(join(folder, "locales", language, type + ending), "utf8"))]),
    );
  return {
    type,
    folder,
    template,
    script,
    definition: register(type, script),
    texts: read((json) => flat(JSON.parse(json)), ".json") as Dialog["texts"],
    help: read((text) => text, ".html") as Dialog["help"],
  };
}

/** Runs the script as a browser would, without the shared script: nothing may need it while nodes are loaded. */
function register(type: string, script: string): Definition {
  const registered: Record<string, Definition> = {};
  const registerType = (name: string, definition: Definition) => {
    registered[name] = definition;
  };
  runInNewContext(script, { RED: { nodes: { registerType } } });
  const definition = registered[type];
  if (!definition) throw new Error(`${type}.html does not register ${type}`);
  return definition;
}

/** `{ a: { b: "x" } }` as `{ "a.b": "x" }`. */
export function flat(texts: object, prefix = ""): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).flatMap(([key, value]) =>
      typeof value === "string" ? [[prefix + key, value]] : Object.entries(flat(value as object, `${prefix + key}.`)),
    ),
  );
}

/** Texts of the shared script, by language. */
export function sharedTexts(): Record<Language, Record<string, string>> {
  const read = (language: Language) =>
    flat(JSON.parse(readFileSync(join(root, "nodes/editor/locales", language, "docbridge-editor.json"), "utf8")));
  return { "en-US": read("en-US"), de: read("de") };
}

/** Keys of the `data-i18n` attributes of a template; those of the shared texts begin with their namespace. */
export function templateKeys(template: string): string[] {
  return [...template.matchAll(/data-i18n="([^"]*)"/g)].flatMap(([, keys = ""]) =>
    keys.split(";").map((key) => key.replace(/^\[[\w-]+\]/, "")),
  );
}

/** Sources of the runtime half of a node, with what all connections share. */
export function runtimeSources(dialog: Dialog): string {
  const own = readdirSync(dialog.folder)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(dialog.folder, name), "utf8"));
  const shared = dialog.definition.credentials?.clientId ? [readFileSync(join(root, "nodes/runtime/connection-options.ts"), "utf8")] : [];
  return [...own, ...shared].join("\n");
}
