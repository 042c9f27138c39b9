import type { ContentInfo } from "../content/reference";
import type { DocumentRoute, DocumentSource, DocumentState, Receipt } from "../document";
import type { ErrorCode } from "../errors";
import type { LedgerBookmarks } from "./bookmarks";
import type { LedgerEvent } from "./chain";
import type { LedgerConsole } from "./console";
import type { DeliveryArrival, DeliveryResult } from "./deliveries";
import type { NoteType } from "./notes";
import type { LedgerRouting } from "./routing";
import type { RunAsset } from "./runs";
import type { VariantArrival, VariantResult } from "./variants";

/** Who opens the ledger. A session that stops renewing itself loses its leases to others. */
export interface SessionIdentity {
  host: string;
  pid: number;
  /** Unique for each start of the process, so that a re-used process id is not taken for the old process. */
  boot: string;
}

/** What intake knows of a document once its bytes are safe in the spool. */
export interface Admission {
  key: string;
  /** Idempotency key of the delivery (wire/exstream.md 13.4): same source key, other bytes is a conflict. */
  sourceKey?: string;
  businessKey?: string;
  /** Who releases the document into the flow: the id of the node that took it in. */
  origin: string;
  batch?: { id: string; seq?: number; expected?: number };
  source: DocumentSource;
  content: ContentInfo;
  metadata: Record<string, unknown>;
  variant: { role: string; of?: string };
  /** Destinations that owe a receipt. */
  targets: string[];
  /** `emitted`: closed as soon as it was handed to the flow; `route`: as `receipts`, of the destinations a router decides on. */
  doneWhen: "receipts" | "emitted" | "route";
  /** A new document needs a person at once: its bytes are kept, and it goes into no flow. */
  quarantine?: { code: ErrorCode; message: string };
  /** Leases a new document to this holder at once, for a node that goes on with the message in hand. */
  holder?: string;
}

export interface AdmitResult {
  outcome: "new" | "duplicate" | "conflict";
  id: string;
  state: DocumentState;
  /** The document whose key clashes, when the outcome is `conflict`. */
  conflictsWith?: string;
  /** The new document, when the entry named a holder for it. */
  record?: DocumentRecord;
}

/** A document as the ledger knows it. */
export interface DocumentRecord {
  id: string;
  key: string;
  sourceKey?: string;
  businessKey?: string;
  origin: string;
  state: DocumentState;
  batch?: { id: string; seq?: number; expected?: number };
  source: DocumentSource;
  content: ContentInfo;
  metadata: Record<string, unknown>;
  variant: { role: string; of?: string };
  targets: string[];
  receipts: Record<string, Receipt>;
  /** Releases into the flow so far. */
  attempt: number;
  /** Failed attempts so far. */
  failures: number;
  fence: number;
  /** Earliest time of the next release, milliseconds since 1970. */
  nextAt: number;
  error?: { code: string; message: string };
  route?: DocumentRoute;
  /** An operator asked for a new decision; `route` is the old one. */
  routeAgain?: boolean;
  /** Destination a held document waits for. */
  heldBy?: string;
  createdAt: number;
  updatedAt: number;
  closedAt?: number;
}

export interface LeaseRequest {
  origin: string;
  /** One running instance of the releasing node; a redeployed node is another holder. */
  holder: string;
  /** Documents this holder may have in the flow at a time; those it has already count. */
  maxInFlight: number;
}

/** What a target node may do with a document now. */
export type Intent =
  /** Nothing was tried, or what was tried is known not to have happened. */
  | { outcome: "create"; token: number; progress: IntentProgress }
  /** An earlier try may have been carried out: look the key up before creating. `since` is when it was begun. */
  | { outcome: "look-up"; token: number; since: number; progress: IntentProgress }
  /** The receipt is there: hand it on and do no work (verify it when it is not verified). */
  | { outcome: "receipt"; receipt: Receipt }
  /** Another live worker is at it; come back later. */
  | { outcome: "busy" }
  /** The message is older than the ledger's state of the document: drop it. */
  | { outcome: "stale" }
  /** The target is held by an operator: the document waits in the ledger now. */
  | { outcome: "held" }
  /** The document left the flow meanwhile (closed, quarantined, rejected, conflict). */
  | { outcome: "ended"; state: DocumentState };

/** Bytes that a target has taken, before an object points to them. */
export interface StoredFile {
  contentId: string;
  checksum?: Receipt["checksum"];
}

/** Facts about a half-done create that spare doing its first half again (CSS: the content that is already uploaded). */
export interface IntentProgress {
  contentId?: string;
  checksum?: Receipt["checksum"];
  /** Where an object has several contents: those that are uploaded, by their sha256. */
  parts?: Record<string, StoredFile>;
  /** Uploads begun whose reply never came. */
  suspectedOrphans?: number;
  /** ISO 8601: when each of these uploads began. */
  lostUploads?: string[];
  /** Object that was locked for a new version, or may have been, and is still to be checked in. */
  lockedId?: string;
  /** ISO 8601: since when the document waits for somebody else at this target. */
  waitingSince?: string;
}

export interface IntentRequest {
  id: string;
  fence: number;
  target: string;
}

/** The holder of an intent. */
export interface IntentClaim {
  id: string;
  target: string;
  token: number;
}

export interface Failure {
  id: string;
  fence: number;
  /** Settles the intent together with the failure. */
  target?: string;
  token?: number;
  error: { code: ErrorCode; message: string; retryable: boolean; ambiguous: boolean; retryAfterMs?: number; parkMs?: number };
}

export interface FailureResult {
  outcome: "retry" | "parked" | "quarantined" | "stale";
  /** When the next attempt is due, milliseconds since 1970. */
  nextAt?: number;
}

export interface LedgerCounts {
  byState: Partial<Record<DocumentState, number>>;
  /** Documents now in the flow. */
  leased: number;
  /** Documents that wait for a release. */
  waiting: number;
  /** Uploads that may have left bytes nobody refers to, also of documents that ended without a receipt. */
  suspectedOrphans: number;
}

export interface BatchRecord {
  id: string;
  expected?: number;
  openedAt: number;
  /** Set when the expected number of documents is there and all of them are in a terminal state. */
  closedAt?: number;
  byState: Partial<Record<DocumentState, number>>;
}

/** How failed attempts are planned again. */
export interface RetryPolicy {
  /** Failed attempts after which a document is quarantined. */
  maxAttempts: number;
  backoffMs: number;
  backoffMaxMs: number;
}

/**
 * The durable account of every document. Every method that writes resolves only when the change is on disk. A lost
 * session makes writing methods fail with `fenced`. All methods throw `ledger-io` or `ledger-unavailable`.
 */
export interface Ledger {
  /** Enters a document. The same key again is a `duplicate`; a known source or business key with other bytes a `conflict`. */
  admit(entry: Admission): Promise<AdmitResult>;
  /** Takes documents that are due, oldest first, and gives each a new fence. */
  lease(request: LeaseRequest): Promise<DocumentRecord[]>;
  /** Gives back all leases of a holder; the documents are due at once. Returns how many. */
  releaseHolder(holder: string): Promise<number>;
  /** Gives one document back without counting a failure, due after `delayMs`. */
  release(id: string, fence: number, delayMs: number): Promise<void>;
  /** Says that the holder of a document is still at work, so that the flow time-out starts anew. */
  touch(id: string, fence: number): Promise<void>;
  /** Fails (as retryable `flow-timeout`) the documents of a holder that have been in the flow longer than `olderThanMs`. */
  failOverdue(holder: string, olderThanMs: number): Promise<string[]>;
  /** Closes a document whose `doneWhen` is `emitted`, or whose route owes no receipt. */
  emitted(id: string, fence: number): Promise<void>;
  /** Declares that a target is about to be asked to create the document. */
  intent(request: IntentRequest): Promise<Intent>;
  /** Keeps what a half-done create has achieved. */
  progress(claim: IntentClaim, progress: IntentProgress): Promise<void>;
  /** Records what the target gave back; a verified receipt with nothing pending may close the document. */
  receipt(claim: IntentClaim, receipt: Receipt): Promise<DocumentState>;
  /** Records that the bytes at a target were compared. */
  verified(id: string, target: string, receipt: Receipt): Promise<DocumentState>;
  /** Records how far a half-done receipt has come; the last step of all may close the document. */
  amended(id: string, target: string, receipt: Receipt): Promise<DocumentState>;
  /** Enters a document in the set of variants it belongs to; it goes on with the others, or waits for them. */
  variantArrived(arrival: VariantArrival): Promise<VariantResult>;
  /** Finds the document of a delivery event and enters the event in its chain; an unknown one is waited for. */
  deliveryArrived(arrival: DeliveryArrival): Promise<DeliveryResult>;
  /** Records a failed attempt: plans the next one, parks the document or quarantines it. */
  fail(failure: Failure): Promise<FailureResult>;
  /** Appends an event to a document's chain, also of one that has ended; nothing when the last of this type says the same. */
  note(id: string, type: NoteType, data: Record<string, unknown>): Promise<void>;
  /** Makes a parked document due at once; gives the state it is in. */
  wake(id: string): Promise<DocumentState>;
  get(id: string): Promise<DocumentRecord | undefined>;
  byKey(key: string): Promise<DocumentRecord | undefined>;
  /** The event chain of a document, oldest first. */
  events(id: string): Promise<LedgerEvent[]>;
  counts(): Promise<LedgerCounts>;
  batch(id: string): Promise<BatchRecord | undefined>;
  /** Says that no more documents of this batch will come: it closes once those that are there have ended. */
  expectNoMore(batchId: string): Promise<void>;
  /**
   * Keeps which asset versions the run of a batch used, and enters it in the audit log; what was kept before stays. The batch
   * may have no documents. Returns how many are new.
   */
  keepRunAssets(batchId: string, assets: RunAsset[], by: { who: string; why: string }): Promise<number>;
  /** Content hashes whose documents are all closed since before `closedBefore` and whose bytes were not let go yet. */
  releasableContent(closedBefore: number, limit: number): Promise<string[]>;
  /** Those of the hashes that no document has: bytes of deliveries that were refused, or of fetched assets. */
  unknownContent(sha256: string[]): Promise<string[]>;
  /** Notes that the bytes of these hashes have left the spool. */
  contentReleased(sha256: string[]): Promise<void>;
  /** How far receiving nodes have come. */
  readonly bookmarks: LedgerBookmarks;
  /** Route tables and holds. */
  readonly routing: LedgerRouting;
  /** Figures, search and actions for operators. */
  readonly console: LedgerConsole;
  /** Aborted when this worker was stalled for longer than its lease: what it was sending then must not be sent on. */
  readonly leaseLost: AbortSignal;
  /** Called when a document left the flow or became due: time to lease again. Returns a function that unsubscribes. */
  onChange(listener: () => void): () => void;
  /** Stops renewing, gives back all leases of this session, turns its open intents into doubt, and closes the store. */
  close(): Promise<void>;
}
