import { DocbridgeError } from "../../errors";
import type { Decided, Hold } from "../routing";
import { appendAudit } from "./audit";
import type { Context } from "./operations";
import { appendEvent } from "./records";

/** The first of these destinations that is held, if any. */
export function heldAmong({ db }: Context, destinations: readonly string[]): string | undefined {
  return destinations.find((destination) => db.one("SELECT 1 AS held FROM holds WHERE destination = ?", destination));
}

/** Takes a document out of the flow until the destination is released. */
export function holdDocument(context: Context, id: string, destination: string): void {
  context.db.run(
    `UPDATE documents SET state = 'held', held_by = ?, lease_session = NULL, lease_holder = NULL, lease_at = NULL WHERE id = ?`,
    destination,
    id,
  );
  appendEvent(context, id, "held", { destination });
}

export function hold(context: Context, destination: string, { who, why }: Decided): void {
  if (destination.trim() === "") {
    throw new DocbridgeError("configuration", { message: "Name the destination that is to be held.", subject: "destination" });
  }
  const { db, now } = context;
  const isNew = db.run(
    "INSERT INTO holds (destination, who, why, since) VALUES (?, ?, ?, ?) ON CONFLICT (destination) DO NOTHING",
    destination,
    who,
    why,
    now,
  );
  if (isNew) appendAudit(context, { who, action: "hold", why, data: { destination } });
}

/** Ends the hold; the documents that wait are let go by `releaseHeld`, slice by slice. Returns how many wait. */
export function endHold(context: Context, destination: string, { who, why }: Decided): number {
  const { db } = context;
  const documents = (db.one("SELECT documents FROM held_counts WHERE destination = ?", destination)?.documents as number | undefined) ?? 0;
  const ended = db.run("DELETE FROM holds WHERE destination = ?", destination);
  if (ended + documents > 0) appendAudit(context, { who, action: "release-hold", why, data: { destination, documents } });
  return documents;
}

export interface ReleaseSlice {
  destination: string;
  who: string;
  /** Documents held later than this stay: they belong to a hold that came after the release. */
  heldUntil: number;
  limit: number;
  /** When the first and each following document of the slice is due; `stepMs` 0: all at once, higher priority first. */
  firstAt: number;
  stepMs: number;
}

/** Returns how many documents were let go; fewer than `limit` when no more wait. */
export function releaseHeld(context: Context, slice: ReleaseSlice): number {
  const { destination, who, heldUntil, limit, firstAt, stepMs } = slice;
  const rows = context.db.all(
    "SELECT id, priority FROM documents WHERE held_by = ? AND state = 'held' AND updated_at <= ? ORDER BY priority DESC, seq LIMIT ?",
    destination,
    heldUntil,
    limit,
  );
  rows.forEach((row, place) => {
    context.db.run(
      `UPDATE documents SET held_by = NULL, next_at = ?,
         state = CASE WHEN EXISTS (SELECT 1 FROM receipts WHERE document_id = documents.id) THEN 'archiving'
                      WHEN route IS NOT NULL THEN 'routed' ELSE 'received' END
         WHERE id = ?`,
      // Documents that are due are taken in the order of this time.
      stepMs > 0 ? Math.round(firstAt + place * stepMs) : firstAt - (row.priority as number),
      row.id as string,
    );
    appendEvent(context, row.id as string, "hold-released", { destination, who });
  });
  return rows.length;
}

export function holds({ db }: Context): Hold[] {
  const waiting = db.all("SELECT * FROM held_counts WHERE documents > 0");
  const documents = new Map(waiting.map((row) => [row.destination as string, row.documents as number]));
  const inForce = db.all("SELECT * FROM holds ORDER BY since").map(
    (row): Hold => ({
      destination: row.destination as string,
      who: row.who as string,
      why: row.why as string,
      since: row.since as number,
      documents: documents.get(row.destination as string) ?? 0,
      inForce: true,
    }),
  );
  const known = new Set(inForce.map(({ destination }) => destination));
  const byRules = waiting
    .filter((row) => !known.has(row.destination as string))
    .map(
      (row): Hold => ({
        destination: row.destination as string,
        who: "",
        why: "",
        since: row.since as number,
        documents: row.documents as number,
        inForce: false,
      }),
    );
  return [...inForce, ...byRules];
}
