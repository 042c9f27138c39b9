import type { DocumentRoute, DocumentState } from "../document";
import type { RouteTable } from "../routing/table";

/** A table that is or was in force. Versions begin at 1 and have no gaps. */
export interface RouteTableVersion {
  table: string;
  version: number;
  content: RouteTable;
  author: string;
  note: string;
  /** Milliseconds since 1970. */
  activatedAt: number;
}

/** The one draft a table can have. */
export interface RouteTableDraft {
  table: string;
  content: RouteTable;
  /** Counts up with every save; the next save must name it. */
  revision: number;
  /** Version the draft was begun from; 0 when the table had none. */
  basedOn: number;
  author: string;
  updatedAt: number;
}

/** What a router found out about a document. */
export interface RoutedEntry {
  id: string;
  fence: number;
  route: DocumentRoute;
  /** Names under which archiving nodes owe a receipt; replaces what the document owed before. */
  targets: string[];
  /** The rule asks for a hold (at the first destination). */
  hold: boolean;
  /** Rules that failed; noted on the timeline. */
  errors: { rule: string; message: string }[];
}

export type RoutedResult =
  /** The document goes on, by this route; it owes receipts to these targets. */
  | { outcome: "routed"; route: DocumentRoute; targets: string[] }
  /** It waits in the ledger until the destination is released. */
  | { outcome: "held"; destination: string }
  /** The message is older than the ledger's state of the document: drop it. */
  | { outcome: "stale" }
  | { outcome: "ended"; state: DocumentState };

export interface Hold {
  /** A router's destination, or an archiving node's. */
  destination: string;
  who: string;
  why: string;
  since: number;
  /** Documents that wait for it now. */
  documents: number;
  /** True while new documents are held too; false: only documents of rules with a hold wait here. */
  inForce: boolean;
}

/** Who does something, and why; goes into the audit log with it. */
export interface Decided {
  who: string;
  why: string;
}

/** Route tables and holds in the ledger. Methods throw what `Ledger` throws, and what they say. */
export interface LedgerRouting {
  /** Names of the tables that have a version or a draft. */
  tables(): Promise<string[]>;
  active(table: string): Promise<RouteTableVersion | undefined>;
  /** Newest first, at most `limit`, only versions below `before`. */
  versions(table: string, limit: number, before?: number): Promise<RouteTableVersion[]>;
  version(table: string, version: number): Promise<RouteTableVersion | undefined>;
  draft(table: string): Promise<RouteTableDraft | undefined>;
  /** `revision`: the one the author has seen, 0 for a new draft. Throws `changed-meanwhile` when somebody else saved. */
  saveDraft(table: string, content: RouteTable, revision: number, author: string): Promise<RouteTableDraft>;
  /** Throws `changed-meanwhile`. */
  discardDraft(table: string, revision: number, who: string): Promise<void>;
  /**
   * Puts a table in force as the next version; a draft with the same content has served its purpose and goes.
   * `expectedVersion`: the version the author has seen in force, 0 for none. Throws `changed-meanwhile`.
   */
  activate(table: string, content: RouteTable, expectedVersion: number, by: { author: string; note: string }): Promise<RouteTableVersion>;
  /** Called with the table's name when a version came into force, also by another worker (then within a quarter of a second). */
  onTableChange(listener: (table: string) => void): () => void;
  /**
   * Records a decision, or gives back the one the document has: a document that was routed once keeps its route until an
   * operator asks for `route-again`.
   */
  routed(entry: RoutedEntry): Promise<RoutedResult>;
  hold(destination: string, by: Decided): Promise<void>;
  /** Lets the destination's documents go, those of higher priority first; `perSecond` spreads them. Returns how many. */
  releaseHold(destination: string, by: Decided, perSecond?: number): Promise<number>;
  holds(): Promise<Hold[]>;
}
