/** The flows of the node tests: nodes with the values their dialogs store, and what stands around them. */
import type { SandboxDescription } from "../../dist/sandbox/main.js";
import { connectionsTo, exampleFlow, type FlowNode } from "../../scripts/support/example-flow.ts";
import type { Fields } from "../../scripts/support/sandbox-files.ts";

export type { FlowNode };
export type Credentials = Record<string, Record<string, string>>;

/** Without a place in the editor a node counts as a config node. */
const PLACE = { z: "tab", x: 0, y: 0, wires: [[]] };
const example = exampleFlow();

/** A node with the values of the example's node of that type, other values put in. */
export function node(type: string, id: string, values: Fields = {}): FlowNode {
  const known = example.find((each) => each.type === type);
  return { ...known, id, type, ...(known && !known.wires ? {} : PLACE), ...values };
}

/** A row of a metadata-mapper as its dialog stores it. */
export function row(attribute: string, sourceKind: string, source: string, values: Fields = {}): Fields {
  return { attribute, sourceKind, source, ifEmpty: "quarantine", fallback: "", dateFormat: "", decimal: "", ...values };
}

/** Tab, connections to a sandbox in another process or thread, a ledger that tries again quickly. */
export function surroundings(sandbox: SandboxDescription): { nodes: FlowNode[]; credentials: Credentials } {
  const { exstream, documentum, css } = connectionsTo(sandbox);
  return {
    nodes: [
      { id: "tab", type: "tab", label: "Test" },
      node("document-ledger", "ledger", { backoffSeconds: "0.05", backoffMaxSeconds: "0.2" }),
      node("exstream-server", "exstream", exstream.fields),
      node("documentum-repository", "documentum", documentum.fields),
      node("css-tenant", "css", css.fields),
    ],
    credentials: { exstream: exstream.credentials, documentum: documentum.credentials, css: css.credentials },
  };
}

/** Puts other values into nodes of a flow, by id. */
export function changed(flow: FlowNode[], values: Record<string, Fields>): FlowNode[] {
  return flow.map((each) => ({ ...each, ...values[each.id] }));
}
