import type { Node, NodeAPI, NodeDef } from "node-red";
import type { DocbridgeDocument } from "../../core/document";
import { driftOf, driftText, type TypeMarks } from "../../core/mapping/drift";
import { applyMapping, combine } from "../../core/mapping/map";
import type { MappingRow } from "../../core/mapping/rules";
import type { TargetType } from "../../core/mapping/types";
import { documentView } from "../../core/mapping/view";
import { createNode } from "../../runtime/create-node";
import { failDocument } from "../../runtime/fail-document";
import { inBackground, onClose, onInput } from "../../runtime/input";
import { requireDocumentOf } from "../../runtime/message";
import { text } from "../../runtime/settings";
import { StatusLine } from "../../runtime/status";
import { registerMapperRoutes } from "./routes";
import { type EditorRow, rowResolver, toMappingRow } from "./rows";
import { type MappingTarget, targetOf } from "./target";

interface Config extends NodeDef {
  /** Destination the attributes are for. */
  destination: string;
  /** Where the type is read from; `none`: nothing is checked. */
  target: MappingTarget;
  repository: string;
  tenant: string;
  targetType: string;
  rows: EditorRow[];
  /** The type's attributes when the rows were made; absent in flows of version 1. */
  typeMarks?: TypeMarks;
}

/** Flow node: fills `msg.document.attributes[destination]` and checks it against the target's own type. */
export = function register(RED: NodeAPI): void {
  registerMapperRoutes(RED);

  function MetadataMapper(this: Node, stored: Config): void {
    const config = createNode(RED, this, stored);
    const status = new StatusLine(RED, this);
    const destination = text(RED, this, config.destination);
    let parsed: MappingRow[] | undefined;
    const rows = (): MappingRow[] => {
      parsed ??= config.rows.map(toMappingRow);
      return parsed;
    };
    const resolve = rowResolver(RED, this);
    status.show("idle", "ready");
    let judged: TargetType | undefined;

    const readType = async (): Promise<TargetType | undefined> => {
      const target = targetOf(RED, config.target, config.target === "css" ? config.tenant : config.repository);
      const type = await target?.targetType(text(RED, this, config.targetType));
      if (type && type !== judged) alarmOfDrift(type);
      judged = type;
      return type;
    };

    const alarmOfDrift = (type: TargetType) => {
      const mapped = rows().map(({ attribute }) => attribute);
      const drift = driftOf(config.typeMarks ?? {}, mapped, type);
      if (drift.length === 0) return;
      status.show("retry", "typeChanged");
      this.warn(
        `The type ${type.name} has changed since it was mapped: ${drift.map(driftText).join("; ")}. Open the dialog and check the rows.`,
      );
    };

    const map = async (document: DocbridgeDocument) => {
      const { attributes, problems } = await applyMapping(rows(), resolve(documentView(document)), await readType());
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
    inBackground(
      this,
      status.showing(
        (async () => {
          rows();
          // A change of the type shows at deploy; a target that is not there yet is met by the first document.
          await readType().catch(() => undefined);
        })(),
      ),
    );
  }

  RED.nodes.registerType("metadata-mapper", MetadataMapper);
};
