import type { Node, NodeAPI, NodeDef } from "node-red";
import type { DocbridgeDocument } from "../../core/document";
import { applyMapping, combine } from "../../core/mapping/map";
import type { TargetType } from "../../core/mapping/types";
import type { CssTenantNode, DocumentumRepositoryNode } from "../../runtime/connections";
import { failDocument } from "../../runtime/fail-document";
import { onClose, onInput } from "../../runtime/input";
import { requireDocumentOf } from "../../runtime/message";
import { configNode, text } from "../../runtime/settings";
import { StatusLine } from "../../runtime/status";
import { type EditorRow, rowResolver, toMappingRow } from "./rows";

interface Config extends NodeDef {
  /** Destination the attributes are for. */
  destination: string;
  /** Where the type is read from; `none`: nothing is checked. */
  target: "documentum" | "css" | "none";
  repository: string;
  tenant: string;
  targetType: string;
  rows: EditorRow[];
}

/** Flow node: fills `msg.document.attributes[destination]` and checks it against the target's own type. */
export = function register(RED: NodeAPI): void {
  function MetadataMapper(this: Node, config: Config): void {
    RED.nodes.createNode(this, config);
    const status = new StatusLine(RED, this);
    const destination = text(RED, this, config.destination);
    const rows = config.rows.map(toMappingRow);
    const resolve = rowResolver(RED, this);
    status.show("idle", "ready");

    const readType = async (): Promise<TargetType | undefined> => {
      const name = text(RED, this, config.targetType);
      switch (config.target) {
        case "documentum":
          return configNode<DocumentumRepositoryNode>(RED, config.repository, "repository").targetType(name);
        case "css":
          return configNode<CssTenantNode>(RED, config.tenant, "tenant").targetType(name);
        case "none":
          return undefined;
      }
    };

    const map = async (document: DocbridgeDocument) => {
      const { attributes, problems } = await applyMapping(rows, resolve(document), await readType());
      if (problems.length > 0) throw combine(problems);
      return attributes;
    };

    onInput(this, async (message, send) => {
      const { document, stores, ledgerNode } = await status.showing(requireDocumentOf(RED, message));
      try {
        document.attributes = { ...document.attributes, [destination]: await map(document) };
      } catch (thrown) {
        await failDocument(document, { stores, ledgerNode, status }, thrown);
        return;
      }
      status.show("ok", "mapped");
      send(Object.assign(message, { document }));
    });
    onClose(this, async () => status.clear());
  }

  RED.nodes.registerType("metadata-mapper", MetadataMapper);
};
