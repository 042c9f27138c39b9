import type { DocumentRecord, LeaseRequest } from "../ledger";
import type { Row } from "./database";
import type { Context } from "./operations";
import { fail } from "./outcome";
import { appendEvent, documentRow, end, hasEnded, RELEASED_FROM, toRecord } from "./records";
import { requireSession } from "./sessions";

export function lease(context: Context, { origin, holder, maxInFlight }: LeaseRequest): DocumentRecord[] {
  requireSession(context);
  const { db, now, session } = context;
  const held = db.one("SELECT count(*) AS n FROM documents WHERE lease_session = ? AND lease_holder = ?", session, holder)?.n as number;
  const due = db.all(
    `SELECT id FROM documents WHERE origin = ? AND next_at <= ? AND lease_session IS NULL AND state IN ${RELEASED_FROM}
       ORDER BY next_at, seq LIMIT ?`,
    origin,
    now,
    Math.max(0, maxInFlight - held),
  );
  return due.map(({ id }) => leaseOne(context, id as string, holder));
}

/** Gives a document to a holder under a new fence. */
export function leaseOne(context: Context, id: string, holder: string): DocumentRecord {
  context.db.run(
    "UPDATE documents SET lease_session = ?, lease_holder = ?, lease_at = ?, fence = fence + 1, attempt = attempt + 1 WHERE id = ?",
    context.session,
    holder,
    context.now,
    id,
  );
  const row = documentRow(context, id);
  appendEvent(context, id, "released", { attempt: row.attempt });
  return toRecord(context, row);
}

export function releaseHolder({ db, session }: Context, holder: string): number {
  return db.run(
    "UPDATE documents SET lease_session = NULL, lease_holder = NULL, lease_at = NULL WHERE lease_session = ? AND lease_holder = ?",
    session,
    holder,
  );
}

export function release(context: Context, id: string, fence: number, delayMs: number): void {
  requireSession(context);
  context.db.run(
    `UPDATE documents SET lease_session = NULL, lease_holder = NULL, lease_at = NULL, next_at = ?
       WHERE id = ? AND fence = ? AND lease_session = ?`,
    context.now + delayMs,
    id,
    fence,
    context.session,
  );
}

export function touch({ db, now, session }: Context, id: string, fence: number): void {
  db.run("UPDATE documents SET lease_at = ? WHERE id = ? AND fence = ? AND lease_session = ?", now, id, fence, session);
}

export function failOverdue(context: Context, holder: string, olderThanMs: number): string[] {
  requireSession(context);
  const rows = context.db.all(
    "SELECT id, fence FROM documents WHERE lease_session = ? AND lease_holder = ? AND lease_at < ?",
    context.session,
    holder,
    context.now - olderThanMs,
  );
  for (const row of rows) failOne(context, row);
  return rows.map((row) => row.id as string);
}

function failOne(context: Context, row: Row): void {
  fail(context, {
    id: row.id as string,
    fence: row.fence as number,
    error: {
      code: "flow-timeout",
      message:
        "The document went into the flow and no archiving node reported on it in time. Check that every way through the flow ends at all destinations the trigger names.",
      retryable: true,
      ambiguous: false,
    },
  });
}

export function emitted(context: Context, id: string, fence: number): void {
  requireSession(context);
  const row = documentRow(context, id);
  const owesNothing = row.done_when === "emitted" || (row.route !== null && row.targets === "[]");
  if (!owesNothing || row.fence !== fence || hasEnded(row)) return;
  appendEvent(context, id, "closed", { when: "emitted" });
  end(context, row, "closed");
}
