import type { NodeAPI, NodeDef } from "node-red";
import type { RouteTableNode } from "../../runtime/connections";
import { createNode } from "../../runtime/create-node";
import type { LedgerNode } from "../../runtime/ledger-service";
import { heldNode, text } from "../../runtime/settings";

interface Config extends NodeDef {
  ledger: string;
  /** Its name in the ledger. */
  table: string;
}

/** Config node: names a route table; its rules are in the ledger, where operators change them. */
export = function register(RED: NodeAPI): void {
  function RouteTable(this: RouteTableNode, stored: Config): void {
    const config = createNode(RED, this, stored);
    this.table = text(RED, this, config.table);
    this.ledgerNode = heldNode<LedgerNode>(RED, config.ledger, "ledger");
  }

  RED.nodes.registerType("route-table", RouteTable);
};
