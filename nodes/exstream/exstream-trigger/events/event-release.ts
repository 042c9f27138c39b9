import type { NodeMessage } from "node-red";
import { ContentReference } from "../../../core/content/reference";
import type { AboutDocument } from "../../../core/document";
import { DocbridgeError } from "../../../core/errors";
import { type DeliveryEvent, referenceOf } from "../../../core/intake/delivery-event";
import type { Deliveries, DocumentReference, ReferenceKind } from "../../../core/ledger/deliveries";
import type { DocumentRecord } from "../../../core/ledger/ledger";
import { renderTemplate } from "../../../core/mapping/template";
import { failDocument } from "../../../runtime/fail-document";
import type { LedgerNode, Stores } from "../../../runtime/ledger-service";
import { toDocument } from "../../../runtime/message";
import type { StatusLine } from "../../../runtime/status";

/** How the document of an event is found, and how long one that is not there yet is waited for. */
export interface Correlating {
  by: ReferenceKind;
  /** Mustache template over the event, for `business-key`. */
  businessKey: string;
  waitMs: number;
}

export interface ReleaseTools {
  stores: Stores;
  ledgerNode: LedgerNode;
  status: StatusLine;
}

/** `msg.deliveryEvent`. */
export interface DeliveryMessage {
  id: string;
  type: DeliveryEvent["type"];
  /** ISO 8601. */
  at: string;
  channel?: string;
  recipient?: string;
  recipientHash?: string;
  reason?: string;
  /** sha256 of the event's bytes, which `msg.document.content` opens. */
  proof: string;
  /** Id of the document it is about. */
  documentId: string;
}

/**
 * A released event on its way into the flow: finds its document, enters the event in the chain of it, and gives the
 * message. Undefined when the event waits for its document, which is no failure, or has left the flow meanwhile. Throws
 * (after the ledger has quarantined the event) when no document or several are meant.
 */
export async function eventMessage(
  record: DocumentRecord,
  correlating: Correlating,
  tools: ReleaseTools,
): Promise<NodeMessage | undefined> {
  const { stores, ledgerNode, status } = tools;
  const document = toDocument(record, stores, ledgerNode.id);
  try {
    const found = await find(record, correlating, stores);
    if (!found) return undefined;
    const about = aboutOf(found.document, found.deliveries, stores);
    const deliveryEvent = messageOf(record, about.id);
    return { topic: deliveryEvent.type, payload: record.metadata, document: { ...document, about }, deliveryEvent } as NodeMessage;
  } catch (thrown) {
    await failDocument(document, { stores, ledgerNode, status }, thrown);
    return undefined;
  }
}

async function find(record: DocumentRecord, { by, businessKey, waitMs }: Correlating, { ledger }: Stores) {
  const event = record.metadata as DeliveryEvent;
  const reference = by === "business-key" ? byBusinessKey(event, businessKey) : referenceOf(event, by);
  const { eventId, type, occurredAt, channel, reason } = event;
  const entry = { event: eventId, type, at: occurredAt, channel: text(channel), reason: text(reason), proof: record.content.sha256 };
  const result = await ledger.deliveryArrived({ id: record.id, fence: record.fence, reference, waitMs, entry });
  switch (result.outcome) {
    case "found":
      return result;
    case "unknown":
      throw new DocbridgeError("event-unmatched", {
        message:
          "No document came that this delivery event is about, and its deadline is over. Compare what the event names with the documents, or choose another rule at the trigger, then retry.",
        subject: Object.keys(reference.terms).join(", "),
      });
    case "ambiguous":
      throw new DocbridgeError("event-ambiguous", {
        message: `Several documents fit what this delivery event names: ${result.candidates.join(", ")}. Choose a rule at the trigger that tells them apart, then retry.`,
        subject: Object.keys(reference.terms).join(", "),
      });
    default:
      return undefined;
  }
}

function byBusinessKey(event: DeliveryEvent, template: string): DocumentReference {
  return referenceOf({ ...event, businessKey: renderTemplate(template, event, { name: "business key of the document" }) }, "business-key");
}

function aboutOf(record: DocumentRecord, deliveries: Deliveries, { spool }: Stores): AboutDocument {
  const { id, key, businessKey, batch, source, metadata, variant, state, receipts } = record;
  const content = new ContentReference(record.content, spool);
  return {
    id,
    key,
    ...(businessKey ? { businessKey } : {}),
    ...(batch ? { batch } : {}),
    source,
    content,
    metadata,
    variant,
    state,
    receipts,
    deliveries,
  };
}

function messageOf({ metadata, content }: DocumentRecord, documentId: string): DeliveryMessage {
  const { eventId, type, occurredAt, channel, recipient, recipientHash, reason } = metadata as DeliveryEvent;
  return { id: eventId, type, at: occurredAt, channel, recipient, recipientHash, reason, proof: content.sha256, documentId };
}

function text(value: unknown): string | undefined {
  return value === undefined ? undefined : String(value);
}
