import type { Problem } from "./problem.ts";

const namespace = "@docbridge/node-red-opentext/docbridge-editor";

/** A text of the plugin's own catalogue (locales/), in the editor's language. */
export function text(key: string, values: Record<string, string | number> = {}): string {
  return RED._(`${namespace}:${key}`, values);
}

/** What is wrong, in words. */
export function problemText({ key, values }: Problem): string {
  return text(`check.${key}`, values);
}

/** How a property is called in its node's dialog. */
export function labelOf(node: EditorNode, property: string): string {
  const key = `label.${property}`;
  const own = node._def._(key);
  return own === key ? text(key) : own;
}
