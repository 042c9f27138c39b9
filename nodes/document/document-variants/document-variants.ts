import type { Node, NodeAPI, NodeDef, NodeMessage } from "node-red";
import type { DocbridgeDocument } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import type { VariantMember, VariantResult } from "../../core/ledger/variants";
import { renderTemplate } from "../../core/mapping/template";
import { documentView, lookupPath } from "../../core/mapping/view";
import { createNode } from "../../runtime/create-node";
import { failDocument } from "../../runtime/fail-document";
import { inBackground, onClose, onInput } from "../../runtime/input";
import { type DocumentMessage, requireDocumentOf } from "../../runtime/message";
import { OwnDocuments } from "../../runtime/own-documents";
import { names, number, text } from "../../runtime/settings";
import { StatusLine } from "../../runtime/status";

interface Config extends NodeDef {
  /** For documents made from `msg.payload`; empty: there are none. */
  ledger: string;
  /** Destination that these owe a receipt. */
  destination: string;
  /** Mustache template: documents with the same value are variants of one communication. */
  key: string;
  /** Where the roles that must come are: written here, or at a path of the document. */
  expected: string;
  expectedType: "list" | "property";
  deadlineMinutes: string;
  /** Roles that are taken along but not waited for. */
  optional: string;
  /** Roles of which several documents may come. */
  several: string;
  /** Without this one a set that is over is of no use: its documents are quarantined. */
  main: string;
}

/** What `msg.variants` says of the set a document goes on in. */
interface VariantsNote {
  key: string;
  complete: boolean;
  /** It came after the set was released. */
  late: boolean;
  members: VariantMember[];
  missing: string[];
}

const MINUTE_MS = 60_000;
const OWN_FLOW_TIMEOUT_MS = 3_600_000;

/** Flow node: lets the variants of a communication wait for each other in the ledger, until all are there or the time is over. */
export = function register(RED: NodeAPI): void {
  function DocumentVariants(this: Node, stored: Config): void {
    const config = createNode(RED, this, stored);
    const status = new StatusLine(RED, this);
    const deadlineMs = number(config.deadlineMinutes, "deadlineMinutes", 60) * MINUTE_MS;
    const [optional, several] = [config.optional, config.several].map((field) => names(text(RED, this, field)));
    const main = text(RED, this, config.main);
    status.show("idle", "ready");

    const expectedOf = (document: DocbridgeDocument): string[] => {
      const given = config.expectedType === "list" ? text(RED, this, config.expected) : lookupPath(documentView(document), config.expected);
      const roles = Array.isArray(given) ? given.map(String) : names(String(given ?? ""));
      if (roles.length > 0) return roles;
      throw new DocbridgeError("missing-metadata", {
        message: "It is not known which variants belong to the communication: the field 'expected' has no value for this document.",
        subject: "expected",
      });
    };

    const keyOf = (document: DocbridgeDocument) => renderTemplate(config.key, documentView(document), { name: "key" });

    const show = (result: VariantResult) => {
      if (result.outcome === "waiting") status.show("idle", "variantsAwaited", { count: result.missing.length });
      if (result.outcome === "complete") status.show("ok", "variantsComplete");
      if (result.outcome === "incomplete") status.show("retry", "variantsMissing", { count: result.missing.length });
    };

    const own = new OwnDocuments(RED, this, {
      ledger: config.ledger,
      maxInFlight: 32,
      flowTimeoutMs: OWN_FLOW_TIMEOUT_MS,
      emit: (document) => this.receive({ document } as DocumentMessage),
    });
    // What a restart left waiting.
    if (config.ledger) inBackground(this, status.showing(own.open()));

    const take = async (message: NodeMessage) => {
      if ((message as Partial<DocumentMessage>).document || !config.ledger) return requireDocumentOf(RED, message);
      return own.admit(message, text(RED, this, config.destination));
    };

    onInput(this, async (message, send) => {
      const taken = await status.showing(take(message));
      if (!taken) return;
      const { document, stores, ledgerNode } = taken;
      Object.assign(message, { document });
      let result: VariantResult;
      let key = "";
      try {
        key = keyOf(document);
        const { id, fence, variant } = document;
        const set = `${this.id}/${key}`;
        const arrival = { id, fence, set, role: variant.role, expected: expectedOf(document), optional, several, deadlineMs };
        result = await ledgerNode.lend(stores.ledger.variantArrived(arrival));
        if (result.outcome === "taken") throw placeTaken(variant.role, result.by);
        if (result.outcome === "incomplete" && result.missing.includes(main)) throw withoutMain(main);
      } catch (thrown) {
        await failDocument(document, { stores, ledgerNode, status }, thrown);
        return;
      }
      show(result);
      switch (result.outcome) {
        case "unexpected":
          send([message, null]);
          return;
        case "complete":
        case "incomplete": {
          const complete = result.outcome === "complete";
          const { late, expected, members, missing } = result;
          document.variant = { ...document.variant, of: key, set: { expected, members, missing } };
          const variants: VariantsNote = { key, complete, late, members, missing };
          const index = members.findIndex(({ id }) => id === document.id);
          // What Node-RED's join node needs to make one message of the set.
          const parts = { id: `${this.id}/${key}`, index, count: members.length };
          Object.assign(message, { variants, parts });
          send(complete && !late ? [message, null] : [null, message]);
        }
      }
    });
    onClose(this, async () => {
      await own.stop();
      status.clear();
    });
  }

  RED.nodes.registerType("document-variants", DocumentVariants);
};

function placeTaken(role: string, by: string): DocbridgeError {
  return new DocbridgeError("conflict", {
    message: `Document ${by} is the variant "${role}" of this communication already, and has other bytes. A person has to decide which one counts: reject the other one and retry this one, or reject this one.`,
    subject: role,
  });
}

function withoutMain(main: string): DocbridgeError {
  return new DocbridgeError("document-missing", {
    message: `The time to wait is over, and the part "${main}" of this communication has not come: what this document belongs to is not known. Check its key; once "${main}" is there, try this document again.`,
    subject: main,
  });
}
