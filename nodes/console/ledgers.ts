import type { NodeAPI } from "node-red";
import { DocbridgeError } from "../core/errors";
import type { LedgerNode } from "../runtime/ledger-service";

/** The deployed document-ledger node of an id. Throws `not-found`. */
export function ledgerNode(RED: NodeAPI, id: string): LedgerNode {
  const node = RED.nodes.getNode(id) as LedgerNode | null;
  if (typeof node?.stores === "function") return node;
  throw new DocbridgeError("not-found", { message: "No deployed document-ledger node has this id.", subject: "ledger" });
}

/** All deployed document-ledger nodes. */
export function ledgerNodes(RED: NodeAPI): LedgerNode[] {
  const ids: string[] = [];
  RED.nodes.eachNode(({ id, type }) => {
    if (type === "document-ledger") ids.push(id);
  });
  return ids.map((id) => RED.nodes.getNode(id) as LedgerNode | null).filter((node) => node !== null);
}

/** What a person knows a ledger by. */
export function ledgerName(node: LedgerNode): string {
  return node.name || node.id;
}
