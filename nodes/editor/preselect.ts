import { fieldOf } from "./open-forms.ts";

/** Our own config nodes; Node-RED's TLS and proxy nodes are never chosen for the user. */
const ownTypes = new Set(["document-ledger", "exstream-server", "documentum-repository", "css-tenant", "route-table"]);

/** For `onadd`: a node that was just dropped uses the only ledger and the only connections there are. */
export function preselectAdded(node: EditorNode): void {
  for (const [property, type] of pointers(node)) {
    const only = onlyNodeOf(type, node.z);
    if (only && !node[property]) node[property] = only.id;
  }
}

/** For a dialog that opens: a needed config node that is not chosen yet is the only one there is. */
export function preselectInForm(node: EditorNode): void {
  for (const [property, type] of pointers(node)) {
    const field = fieldOf(node, property);
    const isNeeded = node._def.defaults[property]?.validate?.call(node, "", {}) !== true;
    const only = isNeeded && field && (field.value === "" || field.value === "_ADD_") ? onlyNodeOf(type, node.z) : undefined;
    if (field && only) $(field).val(only.id).trigger("change");
  }
}

function pointers(node: EditorNode): [property: string, type: string][] {
  return Object.entries(node._def.defaults).flatMap(([property, { type }]) => (type && ownTypes.has(type) ? [[property, type]] : []));
}

/** Config nodes that a node on flow `z` can use: global ones, and those of the same flow. */
function onlyNodeOf(type: string, z: string | undefined): EditorNode | undefined {
  const found: EditorNode[] = [];
  RED.nodes.eachConfig((node) => {
    if (node.type === type && !node.d && (!node.z || node.z === z)) found.push(node);
  });
  return found.length === 1 ? found[0] : undefined;
}
