import type { DocumentState } from "../document";

/** A document that has come to where the variants of its communication wait for each other. */
export interface VariantArrival {
  id: string;
  fence: number;
  /** Which set: the node that collects, and the key of the communication. */
  set: string;
  /** What this document is in the set, for example `pdf`. */
  role: string;
  /** Roles the set must have; counts when the set is begun. */
  expected: readonly string[];
  /** How long the first of them waits for the last, milliseconds. */
  deadlineMs: number;
}

export interface VariantSet {
  members: { role: string; id: string }[];
  /** Expected roles that are not there. */
  missing: string[];
}

export type VariantResult =
  /** All are there: this document goes on, and so do the others. */
  | ({ outcome: "complete" } & VariantSet)
  /** The deadline is over; the document goes on in an incomplete set. `late`: it came after the set was released. */
  | ({ outcome: "incomplete"; late: boolean } & VariantSet)
  /** It waits in the ledger, at the latest until then (milliseconds since 1970). */
  | { outcome: "waiting"; until: number; missing: string[] }
  /** The set expects no such role. */
  | { outcome: "unexpected" }
  /** Another document has this place in the set. */
  | { outcome: "taken"; by: string }
  /** The message is older than the ledger's state of the document: drop it. */
  | { outcome: "stale" }
  | { outcome: "ended"; state: DocumentState };
