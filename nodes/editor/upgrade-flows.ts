/** Nodes whose settings another version of the pack stored. */
import { settingsVersion, upgrade } from "../core/upgrades.ts";
import { labelOf, text } from "./texts.ts";

/** For `validate` of a node's version: true, or why the node cannot be used. */
export function checkVersion(node: EditorNode, value: unknown): true | string {
  const known = settingsVersion(node.type);
  return Number(value ?? 1) <= known || `${labelOf(node, "version")}: ${text("upgrade.newer", { version: String(value), known })}`;
}

/** Brings nodes of older versions up to date as soon as they are in the editor, loaded or imported, and calls them changed. */
export function upgradeFlows(): void {
  let waiting: EditorNode[] = [];
  RED.events.on("nodes:add", (node: EditorNode) => {
    // While flows are loaded, nothing may be called changed: Node-RED takes that back at the end.
    if (waiting.length === 0) window.setTimeout(flush, 0);
    waiting.push(node);
  });
  function flush(): void {
    const added = waiting;
    waiting = [];
    const upgraded = added.flatMap((node) => upgradeNode(node) ?? []);
    if (upgraded.length === 0) return;
    RED.nodes.dirty(true);
    RED.view.redraw(true);
    const told = upgraded.flatMap(({ node, told: keys }) => keys.map((key) => tellingLine(node, key)));
    if (told.length > 0) tell(told);
  }
}

function upgradeNode(node: EditorNode): { node: EditorNode; told: string[] } | undefined {
  const { defaults } = node._def;
  const stored = Object.fromEntries(Object.keys(defaults).map((property) => [property, node[property]]));
  const done = upgrade(node.type, stored);
  if (done.outcome !== "upgraded") return undefined;
  for (const property of Object.keys(defaults)) node[property] = done.settings[property];
  node.changed = true;
  node.dirty = true;
  RED.editor.validateNode(node);
  RED.events.emit("nodes:change", node);
  return { node, told: done.told.map(({ key }) => key) };
}

function tellingLine(node: EditorNode, key: string): JQuery {
  return $("<p>").text(`${RED.utils.getNodeLabel(node, node.type)}: ${text(`upgrade.told.${key}`)}`);
}

/** Stays until somebody has closed it. */
function tell(lines: JQuery[]): void {
  const notice = RED.notify($("<div>").append($("<p>").text(text("upgrade.told.title")), ...lines), {
    type: "warning",
    fixed: true,
    buttons: [{ text: RED._("common.label.close"), click: () => notice.close() }],
  });
}
