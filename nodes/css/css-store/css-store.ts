import type { Node, NodeAPI, NodeDef } from "node-red";
import { ArchivingNode } from "../../runtime/archiving-node";
import type { CssTenantNode } from "../../runtime/connections";
import { heldNode, number, text } from "../../runtime/settings";
import { CssTarget } from "./target";

interface Config extends NodeDef {
  tenant: string;
  ledger: string;
  destination: string;
  cmsType: string;
  /** Mustache template over the document. */
  objectName: string;
  /** CMS folder id; empty: the subscription's root. */
  parentFolder: string;
  /** Attribute of the type that holds the document's deterministic key. */
  keyAttribute: string;
  /** System name of the trait for sha256, md5 and size (our convention); empty: none is written. */
  integrityTrait: string;
  lookUp: "doubt" | "always";
  verify: "read-back" | "server-checksum";
  parallel: string;
}

/** Flow node: stores the bytes in CSS and one CMS object for the document that points to them. */
export = function register(RED: NodeAPI): void {
  function CssStore(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const destination = text(RED, this, config.destination);
    const tenant = heldNode<CssTenantNode>(RED, config.tenant, "tenant");
    const target = new CssTarget(tenant, {
      destination,
      cmsType: text(RED, this, config.cmsType),
      objectName: text(RED, this, config.objectName),
      parentFolder: text(RED, this, config.parentFolder),
      keyAttribute: text(RED, this, config.keyAttribute),
      integrityTrait: text(RED, this, config.integrityTrait),
      verify: config.verify,
    });
    new ArchivingNode(
      RED,
      this,
      {
        ledger: config.ledger,
        connection: tenant,
        destination,
        lookUp: config.lookUp,
        parallel: Math.max(1, number(config.parallel, "parallel", 8)),
        doneStatus: "stored",
      },
      target,
    );
  }

  RED.nodes.registerType("css-store", CssStore);
};
