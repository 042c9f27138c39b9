import type { Node, NodeAPI } from "node-red";
import { ArchivingNode } from "../../runtime/archiving-node";
import type { DocumentumRepositoryNode } from "../../runtime/connections";
import { createNode } from "../../runtime/create-node";
import { heldNode, number } from "../../runtime/settings";
import { type Config, readConfig } from "./config";
import { DocumentumTarget } from "./target";

/** Flow node: archives the document in a Documentum repository, as its operation says. */
export = function register(RED: NodeAPI): void {
  function DocumentumArchive(this: Node, stored: Config): void {
    const config = createNode(RED, this, stored);
    const settings = readConfig(RED, this, config);
    const repository = heldNode<DocumentumRepositoryNode>(RED, config.repository, "repository");
    new ArchivingNode(
      RED,
      this,
      {
        ledger: config.ledger,
        connection: repository,
        destination: settings.destination,
        lookUp: config.lookUp,
        parallel: Math.max(1, number(config.parallel, "parallel", 8)),
        doneStatus: "archived",
      },
      new DocumentumTarget(() => repository().client(), settings),
    );
  }

  RED.nodes.registerType("documentum-archive", DocumentumArchive);
};
