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
  /** Roles the set may have besides; nobody waits for them. */
  optional?: readonly string[];
  /** Roles of which several documents may come: the second `proof` has the place `proof-2`. */
  several?: readonly string[];
  /** How long the first of them waits for the last, milliseconds. */
  deadlineMs: number;
}

/** A document in a set. */
export interface VariantMember {
  /** Its place in the set. */
  role: string;
  id: string;
  /** It came after the set was released. */
  late?: true;
}

export interface VariantSet {
  /** Roles that it must have, as they were when it was begun. */
  expected: string[];
  /** In the order in which they are expected, the others after them. */
  members: VariantMember[];
  /** Expected roles that are not there. */
  missing: string[];
}

export type VariantResult =
  /** All are there: this document goes on, and so do the others. `late`: it came after the set was released. */
  | ({ outcome: "complete"; late: boolean } & VariantSet)
  /** The deadline is over; the document goes on in an incomplete set. */
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
