import { createHash } from "node:crypto";
import type { DeliveryType, DocumentState } from "../document";
import type { Admission, DocumentRecord } from "./ledger";

/** By what a delivery event names the document it is about. */
export const REFERENCE_KINDS = ["key", "communication", "job", "business-key"] as const;
export type ReferenceKind = (typeof REFERENCE_KINDS)[number];

/** The document a delivery event is about, as the event names it. All given terms must fit. */
export interface DocumentReference {
  by: ReferenceKind;
  /**
   * `key`: `documentKey` (the document's id, key, or place in its job); `communication`: `communicationId` and
   * `customerNumber`; `job`: `jobId` and at least one more; `business-key`: `businessKey`.
   */
  terms: Partial<Record<ReferenceTerm, string>>;
}

export type ReferenceTerm =
  | "documentKey"
  | "businessKey"
  | "communicationId"
  | "customerNumber"
  | "jobId"
  | "sequence"
  | "externalId"
  | "trackerId"
  | "queueName"
  | "fileName";

/** A released delivery event that looks for its document. */
export interface DeliveryArrival {
  id: string;
  fence: number;
  reference: DocumentReference;
  /** How long after it came in the event waits for its document, milliseconds. */
  waitMs: number;
  /** What is entered in the chain of the document. */
  entry: { event: string; type: DeliveryType; at: string; channel?: string; reason?: string; proof: string };
}

/** When each kind of event first happened to a document, ISO 8601; the order in which they came in does not matter. */
export type Deliveries = Partial<Record<DeliveryType, string>>;

export type DeliveryResult =
  /** Entered in the document's chain, once however often it is asked. */
  | { outcome: "found"; document: DocumentRecord; deliveries: Deliveries }
  /** It waits in the ledger for its document, at the latest until then (milliseconds since 1970). */
  | { outcome: "waiting"; until: number }
  /** The deadline is over. */
  | { outcome: "unknown" }
  /** Several documents fit; some of their ids. */
  | { outcome: "ambiguous"; candidates: string[] }
  /** The message is older than the ledger's state of the event: drop it. */
  | { outcome: "stale" }
  | { outcome: "ended"; state: DocumentState };

/** In a job these tell documents apart; the first that an event gives counts. */
export const JOB_TERMS = ["sequence", "externalId", "customerNumber", "fileName", "trackerId"] as const;

/** Under what an event waits: a document that may be meant is known by the same words. */
export function waitingWords({ by, terms }: DocumentReference): string {
  switch (by) {
    case "key":
      return words(by, terms.documentKey);
    case "business-key":
      return words(by, terms.businessKey);
    case "communication":
      return words(by, terms.communicationId, terms.customerNumber);
    case "job": {
      const term = JOB_TERMS.find((name) => terms[name] !== undefined);
      return words(by, terms.jobId, term, term && terms[term]);
    }
  }
}

/** All words under which an event may wait for this document. */
export function wordsOf({ key, sourceKey, businessKey, source, batch }: Admission): string[] {
  const { jobId, communicationId, customerNumber, externalId, trackerId, fileName } = source;
  const inJob = { sequence: batch?.seq?.toString(), externalId, trackerId, customerNumber, fileName };
  return [
    words("key", key),
    ...(sourceKey ? [words("key", sourceKey.slice(2))] : []),
    ...(businessKey ? [words("business-key", businessKey)] : []),
    ...(communicationId && customerNumber ? [words("communication", communicationId, customerNumber)] : []),
    ...(jobId ? JOB_TERMS.flatMap((term) => (inJob[term] ? [words("job", jobId, term, inJob[term])] : [])) : []),
  ];
}

/** Of one length, so that no words are the beginning of others. */
function words(...parts: (string | undefined)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** The earliest time of each kind, whatever the order. */
export function deliveriesOf(entries: Iterable<{ type: DeliveryType; at: string }>): Deliveries {
  const deliveries: Deliveries = {};
  for (const { type, at } of entries) {
    const known = deliveries[type];
    if (known === undefined || at < known) deliveries[type] = at;
  }
  return deliveries;
}
