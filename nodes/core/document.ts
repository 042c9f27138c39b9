import type { ContentReference } from "./content/reference";
import type { VariantMember } from "./ledger/variants";

/** A value an attribute can hold once it is mapped: dates are ISO 8601 strings, repeating attributes are arrays. */
export type AttributeScalar = string | number | boolean | null;
export type AttributeValue = AttributeScalar | AttributeScalar[];
export type Attributes = Record<string, AttributeValue>;

/** Where a document came from, in Exstream's own words where it has them (wire/exstream.md section 9.6). */
export interface DocumentSource {
  /** Kind of source: `exstream` for anything Exstream delivered, `message` for a document made from `msg.payload`. */
  system: "exstream" | "message";
  /** How it reached us; `compose`: in the reply to our own call; `event`: it is a delivery event. */
  channel: "http" | "folder" | "jobs" | "gateway" | "compose" | "event" | "message";
  jobId?: string;
  flowInstanceId?: string;
  flowStepId?: string;
  queueName?: string;
  customerNumber?: string;
  communicationId?: string;
  communicationVersion?: string;
  externalId?: string;
  trackerId?: string;
  fileName?: string;
  /** The caller's own idempotency key, where it sent one. */
  idempotencyKey?: string;
}

/** The set in which a variant goes on, as `document-variants` released it. */
export interface ReleasedSet {
  /** Roles that it must have. */
  expected: string[];
  members: VariantMember[];
  /** Those of the expected that are not there. */
  missing: string[];
}

/** What can happen to a document on its way to its recipient. */
export const DELIVERY_TYPES = ["sent", "delivered", "undeliverable", "opened", "bounced"] as const;
export type DeliveryType = (typeof DELIVERY_TYPES)[number];

/** The document that a delivery event is about, as it was when the event was released. */
export interface AboutDocument
  extends Pick<DocbridgeDocument, "id" | "key" | "businessKey" | "batch" | "source" | "content" | "metadata" | "receipts"> {
  variant: { role: string; of?: string };
  state: DocumentState;
  /** When each kind of event first happened to it, ISO 8601, as far as it is known. */
  deliveries: Partial<Record<DeliveryType, string>>;
}

/** What a target gave back for a document. */
export interface Receipt {
  /** The target's id of the object: `r_object_id` in Documentum, the CMS instance id in CSS. */
  objectId: string;
  /** Stable over versions: `i_chronicle_id` in Documentum. */
  chronicleId?: string;
  /** Id of the bytes where the target keeps them apart from the object (CSS content id). */
  contentId?: string;
  version?: string;
  /** Bytes, as the target reports them. */
  size?: number;
  /** As the target reports it. */
  checksum?: { algorithm: "md5" | "sha256"; value: string };
  /** Folder path or folder id the object was filed under. */
  location?: string;
  /** How the bytes at the target were compared with ours; absent while they are not. */
  verified?: "read-back" | "server-checksum" | "size";
  /** The case the object was linked into. */
  caseId?: string;
  /** The record that holds the facts of a delivery, where the object itself could not take them. */
  recordId?: string;
  /** What shows on the object that it is under its policy, as it was read back: name and value. */
  policy?: string;
  /** Steps at the target that are still to be done, e.g. `case` for the link into a case; until then it is half-done. */
  pending?: string[];
  /** ISO 8601: since when a pending step waits for somebody else. */
  waitingSince?: string;
  /** ISO 8601. */
  at: string;
  /** True when the object was found at the target by its key, after a reply that never came. */
  recovered?: boolean;
  /** Uploads whose reply was lost and that the target offers no way to find again (CSS content). */
  suspectedOrphans?: number;
  /** ISO 8601: when each of these uploads began. */
  lostUploads?: string[];
}

/** Where a router sends a document and why; the document keeps it until an operator asks for another decision. */
export interface DocumentRoute {
  table: string;
  version: number;
  /** Id of the rule that decided, several joined by a comma; `default` when none matched. */
  rule: string;
  destinations: string[];
  retentionClass?: string;
  /** 0 to 9, larger is earlier. */
  priority?: number;
}

/** `msg.document`: a claim on a document, never its bytes. Plain data plus one content reference. */
export interface DocbridgeDocument {
  /** Id in the ledger. */
  id: string;
  /** Which ledger: the id of its config node. */
  ledger: string;
  /** Deterministic key, lower-case hex (see `documentKey`). */
  key: string;
  /** Customer, account, period and document type in one string: same business key with other bytes is a conflict. */
  businessKey?: string;
  batch?: { id: string; seq?: number; expected?: number };
  source: DocumentSource;
  content: ContentReference;
  /** As Exstream gave it. */
  metadata: Record<string, unknown>;
  /** As mapped, by destination. */
  attributes: Record<string, Attributes>;
  /** `of` is the communication it belongs to, `set` the variants it goes on with. */
  variant: { role: string; of?: string; set?: ReleasedSet };
  /** With a delivery event: the document it is about. */
  about?: AboutDocument;
  /** Absent until a router has seen the document. */
  route?: DocumentRoute;
  /** Names of the destinations this document owes a receipt. */
  targets: string[];
  receipts: Record<string, Receipt>;
  /** 1 on the first release into the flow. */
  attempt: number;
  /** Proof that the holder of this message may still write to the ledger (see ledger.ts). */
  fence: number;
}

/** Every state there is, in the order of a document's life; the side states last. */
export const DOCUMENT_STATES = [
  "received",
  "routed",
  "archiving",
  "archived",
  "closed",
  "parked",
  "held",
  "quarantined",
  "conflict",
  "rejected",
] as const;

export type DocumentState = (typeof DOCUMENT_STATES)[number];

/** States a document leaves only by a person's decision, or never. A batch closes when all its documents are in one. */
export const TERMINAL_STATES: readonly DocumentState[] = ["closed", "quarantined", "conflict", "rejected"];
