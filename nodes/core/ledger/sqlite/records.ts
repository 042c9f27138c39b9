import type { DocumentRoute, DocumentState, Receipt } from "../../document";
import { DocbridgeError } from "../../errors";
import { eventHash } from "../chain";
import type { DocumentRecord } from "../ledger";
import { closeBatchIfDone } from "./batches";
import type { Row } from "./database";
import type { Context, Reading } from "./operations";

/** States from which a document is released into the flow. The same list stands in the index `documents_ready`. */
export const RELEASED_FROM = "('received', 'routed', 'archiving', 'archived', 'parked')";

/** States that end a document's way; a late receipt is still noted, but does not bring it back. */
const ENDED: readonly string[] = ["closed", "quarantined", "rejected", "conflict"];

export function hasEnded(row: Row): boolean {
  return ENDED.includes(row.state as string);
}

/** The row of a document. Throws `ledger-io` when there is none: ids come from the ledger, so this is no user's mistake. */
export function documentRow({ db }: Context, id: string): Row {
  const row = db.one("SELECT * FROM documents WHERE id = ?", id);
  if (row) return row;
  throw new DocbridgeError("not-found", {
    message: `The ledger knows no document ${id}. It may belong to another ledger: check that all nodes of the flow name the same one.`,
    subject: id,
  });
}

export function toRecord(context: Reading, row: Row): DocumentRecord {
  const facts = JSON.parse(row.facts as string) as Pick<DocumentRecord, "batch" | "source" | "content" | "metadata" | "variant">;
  return {
    ...facts,
    id: row.id as string,
    key: row.key as string,
    sourceKey: (row.source_key as string | null) ?? undefined,
    businessKey: (row.business_key as string | null) ?? undefined,
    origin: row.origin as string,
    state: row.state as DocumentState,
    targets: JSON.parse(row.targets as string) as string[],
    receipts: receiptsOf(context, row.id as string),
    attempt: row.attempt as number,
    failures: row.failures as number,
    fence: row.fence as number,
    nextAt: row.next_at as number,
    error: row.error_code ? { code: row.error_code as string, message: row.error_message as string } : undefined,
    route: row.route ? (JSON.parse(row.route as string) as DocumentRoute) : undefined,
    routeAgain: row.route_again === 1,
    heldBy: (row.held_by as string | null) ?? undefined,
    createdAt: row.created_at as number,
    updatedAt: row.updated_at as number,
    closedAt: (row.closed_at as number | null) ?? undefined,
  };
}

export function receiptsOf({ db }: Reading, id: string): Record<string, Receipt> {
  const rows = db.all("SELECT target, data FROM receipts WHERE document_id = ?", id);
  return Object.fromEntries(rows.map((row) => [row.target, JSON.parse(row.data as string) as Receipt]));
}

/** Appends to the document's hash chain. */
export function appendEvent({ db, now }: Context, id: string, type: string, data: Record<string, unknown>): void {
  const chain = db.one("SELECT events, head FROM documents WHERE id = ?", id) as { events: number; head: string };
  const seq = chain.events + 1;
  const at = new Date(now).toISOString();
  const text = JSON.stringify(data);
  const hash = eventHash(id, seq, at, type, text, chain.head);
  db.run(
    "INSERT INTO events (document_id, seq, at, type, data, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
    id,
    seq,
    at,
    type,
    text,
    chain.head,
    hash,
  );
  db.run("UPDATE documents SET events = ?, head = ?, updated_at = ? WHERE id = ?", seq, hash, now, id);
}

/** Moves a document to a state that ends its way, and its batch with it when it was the last. */
export function end(context: Context, row: Row, state: "closed" | "quarantined" | "conflict" | "rejected"): void {
  const { db, now } = context;
  db.run(
    `UPDATE documents SET state = ?, closed_at = ?, held_by = NULL, lease_session = NULL, lease_holder = NULL, lease_at = NULL
       WHERE id = ?`,
    state,
    now,
    row.id as string,
  );
  if (row.batch_id) closeBatchIfDone(context, row.batch_id as string);
}
