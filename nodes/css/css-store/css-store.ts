import type { Node, NodeAPI } from "node-red";
import { ArchivingNode } from "../../runtime/archiving-node";
import type { CssTenantNode } from "../../runtime/connections";
import { createNode } from "../../runtime/create-node";
import type { LedgerNode } from "../../runtime/ledger-service";
import { configNode, heldNode, number } from "../../runtime/settings";
import { type Config, readConfig } from "./config";
import { registerStoreRoutes } from "./routes";
import { CssTarget } from "./target";

/** Flow node: stores the bytes in CSS and what is known of them in CMS, as its operation says. */
export = function register(RED: NodeAPI): void {
  registerStoreRoutes(RED);

  function CssStore(this: Node, stored: Config): void {
    const config = createNode(RED, this, stored);
    const settings = readConfig(RED, this, config);
    const tenant = heldNode<CssTenantNode>(RED, config.tenant, "tenant");
    new ArchivingNode(
      RED,
      this,
      {
        ledger: config.ledger,
        connection: tenant,
        destination: settings.destination,
        lookUp: config.lookUp,
        parallel: Math.max(1, number(config.parallel, "parallel", 8)),
        doneStatus: "stored",
      },
      new CssTarget(tenant, settings, ({ ledger }) => configNode<LedgerNode>(RED, ledger, "msg.document.ledger").stores()),
    );
  }

  RED.nodes.registerType("css-store", CssStore);
};
