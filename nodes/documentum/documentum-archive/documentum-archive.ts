import type { Node, NodeAPI, NodeDef } from "node-red";
import { ArchivingNode } from "../../runtime/archiving-node";
import type { DocumentumRepositoryNode } from "../../runtime/connections";
import { heldNode, number, text } from "../../runtime/settings";
import { DocumentumTarget } from "./target";

interface Config extends NodeDef {
  repository: string;
  ledger: string;
  destination: string;
  objectType: string;
  /** Mustache template over the document. */
  folderPath: string;
  /** Mustache template over the document. */
  objectName: string;
  /** Attribute of the type that holds the document's deterministic key. */
  keyAttribute: string;
  /** Documentum format; empty: by media type, as the server maps it. */
  format: string;
  lookUp: "doubt" | "always";
  verify: "read-back" | "size";
  parallel: string;
}

/** Flow node: archives the document as a new object with content in a Documentum repository. */
export = function register(RED: NodeAPI): void {
  function DocumentumArchive(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const destination = text(RED, this, config.destination);
    const repository = heldNode<DocumentumRepositoryNode>(RED, config.repository, "repository");
    const target = new DocumentumTarget(() => repository().client(), {
      destination,
      objectType: text(RED, this, config.objectType),
      folderPath: text(RED, this, config.folderPath),
      objectName: text(RED, this, config.objectName),
      keyAttribute: text(RED, this, config.keyAttribute),
      format: text(RED, this, config.format),
      verify: config.verify,
    });
    new ArchivingNode(
      RED,
      this,
      {
        ledger: config.ledger,
        connection: repository,
        destination,
        lookUp: config.lookUp,
        parallel: Math.max(1, number(config.parallel, "parallel", 8)),
        doneStatus: "archived",
      },
      target,
    );
  }

  RED.nodes.registerType("documentum-archive", DocumentumArchive);
};
