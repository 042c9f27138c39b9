/** Dialogs that are open, by node id, with the prefix Node-RED gives to the ids of their fields. */
const prefixes = new Map<string, string>();

export function prefixOf(node: EditorNode): string {
  return node._def.category === "config" ? "node-config-input" : "node-input";
}

export function formOpened(node: EditorNode): void {
  prefixes.set(node.id, prefixOf(node));
}

export function formClosed(node: EditorNode): void {
  prefixes.delete(node.id);
}

export function isFormOpen(node: EditorNode): boolean {
  return prefixes.has(node.id);
}

export function fieldOf(node: EditorNode, property: string): HTMLInputElement | HTMLSelectElement | null {
  return document.getElementById(`${prefixOf(node)}-${property}`) as HTMLInputElement | HTMLSelectElement | null;
}

/**
 * What a property is at this moment: what its field shows while the node's dialog is open, else what the node holds.
 * `server.sandbox` is the property of the config node that `server` points at.
 */
export function currentValue(node: EditorNode, property: string): unknown {
  const [pointer = "", inner] = property.split(".");
  if (inner !== undefined) return RED.nodes.node(String(currentValue(node, pointer)))?.[inner];
  const field = prefixes.has(node.id) ? fieldOf(node, property) : null;
  if (!field) return node[property];
  if (field instanceof HTMLInputElement && field.type === "checkbox") return field.checked;
  return field.value === "_ADD_" ? "" : field.value;
}
