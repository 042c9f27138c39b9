import type { Node, NodeAPI } from "node-red";
import { DocbridgeError } from "../core/errors";
import type { LedgerNode } from "../runtime/ledger-service";

/** The deployed document-ledger node of an id. Throws `not-found`. */
export function ledgerNode(RED: NodeAPI, id: string): LedgerNode {
  const node = RED.nodes.getNode(id) as LedgerNode | null;
  if (typeof node?.stores === "function") return node;
  throw new DocbridgeError("not-found", { message: "No deployed document-ledger node has this id.", subject: "ledger" });
}

/** All deployed nodes of a type. */
export function nodesOf<T extends Node>(RED: NodeAPI, type: string): T[] {
  const ids: string[] = [];
  RED.nodes.eachNode((each) => {
    if (each.type === type) ids.push(each.id);
  });
  return ids.map((id) => RED.nodes.getNode(id) as T | null).filter((node) => node !== null);
}

/** All deployed document-ledger nodes. */
export function ledgerNodes(RED: NodeAPI): LedgerNode[] {
  return nodesOf(RED, "document-ledger");
}

/** What a person knows a ledger by. */
export function ledgerName(node: LedgerNode): string {
  return node.name || node.id;
}
