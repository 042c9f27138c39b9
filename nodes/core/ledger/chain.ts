import { createHash } from "node:crypto";

/** One entry of a document's event chain, as it is hashed. */
export interface LedgerEvent {
  documentId: string;
  /** 1 for the first event of the document. */
  seq: number;
  /** ISO 8601, by the clock of the worker that wrote it; order is by `seq`, never by time. */
  at: string;
  type: string;
  data: Record<string, unknown>;
  /** Hash of the event before; empty for the first. */
  previous: string;
  /** Lower-case hex sha256 over everything above. */
  hash: string;
}

/**
 * Hash of an event. The input is a JSON array with fixed places, so that an independent program can compute it from
 * the stored columns: `[documentId, seq, at, type, data as stored text, previous]`.
 */
export function eventHash(documentId: string, seq: number, at: string, type: string, dataText: string, previous: string): string {
  return createHash("sha256")
    .update(JSON.stringify([documentId, seq, at, type, dataText, previous]))
    .digest("hex");
}

/** The first event whose hash or link to its predecessor does not hold, or undefined when the whole chain holds. */
export function brokenLink(events: readonly LedgerEvent[]): LedgerEvent | undefined {
  let previous = "";
  let seq = 0;
  for (const event of events) {
    seq += 1;
    const hash = eventHash(event.documentId, event.seq, event.at, event.type, JSON.stringify(event.data), event.previous);
    if (event.seq !== seq || event.previous !== previous || event.hash !== hash) return event;
    previous = event.hash;
  }
  return undefined;
}
