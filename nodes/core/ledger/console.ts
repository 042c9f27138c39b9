import type { DocumentRoute, DocumentSource, DocumentState } from "../document";
import type { LedgerEvent } from "./chain";
import type { BatchRecord, DocumentRecord, LedgerCounts } from "./ledger";
import type { RunAssets } from "./runs";

/** Times are milliseconds since 1970 throughout. */

export interface DestinationFigures {
  /** Name under which receipts are kept. */
  name: string;
  /** Documents that owe it a receipt and have not ended. */
  backlog: number;
  /** Of these, in the flow now. */
  inFlight: number;
  /** Receipts since the ledger was begun. */
  receipts: number;
  /** When the oldest of the backlog came in. */
  oldestAt?: number;
}

export interface Figures extends LedgerCounts {
  at: number;
  /** When the oldest document came in that waits for a release. */
  oldestWaitingAt?: number;
  destinations: DestinationFigures[];
  openBatches: number;
}

/** What happened in one step of time. */
export interface ThroughputPoint {
  /** Begin of the step. */
  at: number;
  received: number;
  closed: number;
  quarantined: number;
}

export interface BatchSummary extends BatchRecord {
  /** Documents that are there. */
  documents: number;
  /** Of these, in a terminal state. */
  ended: number;
  /** When the last of them changed. */
  updatedAt: number;
}

/** Quarantined and conflicting documents with the same cause. */
export interface FailureGroup {
  state: "quarantined" | "conflict";
  code: string;
  /** The text of the newest of them. */
  message: string;
  documents: number;
  newestAt: number;
  oldestAt: number;
}

/** All given conditions must hold. */
export interface DocumentFilter {
  /** An empty list finds nothing. */
  states?: DocumentState[];
  /** Error code. */
  code?: string;
  customer?: string;
  job?: string;
  batch?: string;
  /** Beginning of the key (8 digits or more), or the whole id. */
  key?: string;
  businessKey?: string;
  heldBy?: string;
  /** Came in at or after, before. */
  from?: number;
  until?: number;
}

export interface DocumentRow {
  id: string;
  key: string;
  state: DocumentState;
  customer?: string;
  job?: string;
  batch?: string;
  fileName: string;
  mediaType: string;
  size: number;
  variant: string;
  targets: string[];
  route?: DocumentRoute;
  heldBy?: string;
  error?: { code: string; message: string };
  attempt: number;
  createdAt: number;
  updatedAt: number;
  closedAt?: number;
}

export interface DocumentPage {
  /** Newest first. */
  documents: DocumentRow[];
  /** Give it back as `after` for the next page; absent on the last. */
  next?: string;
}

export interface DocumentDetail {
  document: DocumentRecord;
  events: LedgerEvent[];
  /** Sequence number of the first event that breaks the chain; absent when it holds. */
  brokenAt?: number;
  /** False when the spool has let the bytes go. */
  hasBytes: boolean;
}

/** Uploads of one document to one target whose replies were lost: bytes that may be there, and nobody can look up. */
export interface SuspectedOrphans {
  /** Its id. */
  document: string;
  key: string;
  target: string;
  /** Bytes of each of them. */
  size: number;
  uploads: number;
  /** ISO 8601: when they began; fewer than `uploads` where an older version of the pack did not note it. */
  at: string[];
}

export interface OrphanPage {
  /** Those of the newest documents first. */
  orphans: SuspectedOrphans[];
  /** Give it back as `after` for the next page; absent on the last. */
  next?: string;
}

/** A document as rules see it, for dry runs. */
export interface RoutingFacts {
  id: string;
  key: string;
  businessKey?: string;
  batch?: DocumentRecord["batch"];
  source: DocumentSource;
  content: DocumentRecord["content"];
  metadata: Record<string, unknown>;
  variant: DocumentRecord["variant"];
  route?: DocumentRoute;
  createdAt: number;
}

export type ActionName =
  /** Quarantined or parked documents are due again with fresh attempts. */
  | "retry"
  /** Closed documents go through their flow again; what has a receipt is not archived again. */
  | "replay"
  /** As retry, also for documents that wait or are held, and the active table decides anew. */
  | "route-again"
  /** Quarantined, conflicting, parked and held documents end here. */
  | "reject"
  /** A conflicting document counts: it goes into its flow. */
  | "accept";

/** Which documents an action is for: these, or all the filter finds. */
export type Selection = { ids: string[] } | { filter: DocumentFilter };

export interface ActionPreview {
  /** Documents the action will touch. */
  documents: number;
  /** Documents of the selection it passes over because of their state or because their bytes are gone. */
  passedOver: number;
}

export interface AuditEntry {
  seq: number;
  at: string;
  who: string;
  /** For example `retry`, `hold`, `release-hold`, `activate-table`. */
  action: string;
  why: string;
  data: Record<string, unknown>;
  previous: string;
  hash: string;
}

/** What the operator console asks of the ledger. Reading runs beside writing and never waits for it. */
export interface LedgerConsole {
  figures(): Promise<Figures>;
  /** Steps of whole minutes, oldest first, without gaps. */
  throughput(from: number, until: number, stepMinutes: number): Promise<ThroughputPoint[]>;
  /** Open ones first, then the newest. */
  batches(limit: number): Promise<BatchSummary[]>;
  /** Which asset versions the run of a batch used; undefined when nobody asked for it. */
  runAssets(batchId: string): Promise<RunAssets | undefined>;
  failures(): Promise<FailureGroup[]>;
  /** Throws `invalid-message` for a cursor that is none. */
  documents(filter: DocumentFilter, limit: number, after?: string): Promise<DocumentPage>;
  /** Suspected orphans one by one, for whoever can search the target's own store for them. Throws `invalid-message`. */
  orphans(limit: number, after?: string): Promise<OrphanPage>;
  detail(id: string): Promise<DocumentDetail | undefined>;
  /** The newest documents, page by page (at most 5,000 a page); of a period when it is given. */
  recent(query: { limit: number; from?: number; until?: number; after?: string }): Promise<{ documents: RoutingFacts[]; next?: string }>;
  /** How many documents an action would touch; changes nothing. */
  preview(action: ActionName, selection: Selection): Promise<ActionPreview>;
  /**
   * Carries it out, in one commit for each 1,000 documents. It is entered in the audit log with the last commit, and with the
   * first as begun where there are several.
   */
  act(action: ActionName, selection: Selection, by: { who: string; why: string }): Promise<ActionPreview>;
  /** Newest first. */
  audit(limit: number, before?: number): Promise<AuditEntry[]>;
  /** Sequence number of the first entry that breaks the chain, or undefined when all of it holds. */
  brokenAudit(): Promise<number | undefined>;
}
