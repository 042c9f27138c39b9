import type { DeliveryType, DocumentState } from "../../document";
import {
  type DeliveryArrival,
  type DeliveryResult,
  type DocumentReference,
  deliveriesOf,
  type ReferenceTerm,
  waitingWords,
  wordsOf,
} from "../deliveries";
import type { Admission } from "../ledger";
import type { Row } from "./database";
import type { Context } from "./operations";
import { appendEvent, documentRow, hasEnded, toRecord } from "./records";
import { requireSession } from "./sessions";

/** Events that wait for their document stand in `meta`, apart from its other names. */
const WAITING = "awaited|";
const LAST = "\u{10ffff}";
/** Ids that an ambiguous reference names. */
const CANDIDATES = 3;

/** Finds the document of a released delivery event and enters the event in its chain, or lets the event wait for it. */
export function deliveryArrived(context: Context, arrival: DeliveryArrival): DeliveryResult {
  requireSession(context);
  const { db, now } = context;
  const { id, reference, entry } = arrival;
  const row = documentRow(context, id);
  if (row.fence !== arrival.fence) return { outcome: "stale" };
  if (hasEnded(row)) return { outcome: "ended", state: row.state as DocumentState };
  const waiting = `${WAITING}${waitingWords(reference)}|${id}`;
  const [found, ...others] = candidates(context, reference);
  if (!found) {
    const until = (row.created_at as number) + arrival.waitMs;
    if (until > now) return wait(context, id, waiting, until);
  }
  db.run("DELETE FROM meta WHERE name = ?", waiting);
  if (!found) return { outcome: "unknown" };
  if (others.length > 0) return { outcome: "ambiguous", candidates: [found, ...others].map((each) => each.id as string) };
  const known = entries(context, found.id as string);
  if (!known.some(({ document }) => document === id)) {
    appendEvent(context, found.id as string, "delivery", { ...entry, document: id });
    appendEvent(context, id, "correlated", { document: found.id, by: reference.by });
  }
  return { outcome: "found", document: toRecord(context, found), deliveries: deliveriesOf([...known, entry]) };
}

/** A new document: the events that wait for it are due. They look for themselves whether it is meant. */
export function wakeDeliveries({ db, now }: Context, entry: Admission): void {
  if (entry.source.channel === "event") return;
  const waits = db.one("SELECT 1 AS waits FROM meta WHERE name > ? AND name < ? LIMIT 1", WAITING, WAITING + LAST);
  if (!waits) return;
  for (const words of wordsOf(entry)) {
    const begin = `${WAITING}${words}|`;
    for (const { name } of db.all("SELECT name FROM meta WHERE name > ? AND name < ?", begin, begin + LAST)) {
      db.run("DELETE FROM meta WHERE name = ?", name as string);
      db.run("UPDATE documents SET next_at = ? WHERE id = ? AND state = 'parked'", now, (name as string).slice(begin.length));
    }
  }
}

function wait(context: Context, id: string, waiting: string, until: number): DeliveryResult {
  const { db } = context;
  db.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", waiting, String(until));
  // A hold of an operator stays.
  db.run(
    `UPDATE documents SET state = CASE state WHEN 'held' THEN 'held' ELSE 'parked' END, next_at = ?,
       lease_session = NULL, lease_holder = NULL, lease_at = NULL WHERE id = ?`,
    until,
    id,
  );
  appendEvent(context, id, "document-awaited", { nextAt: until });
  return { outcome: "waiting", until };
}

interface Entry {
  type: DeliveryType;
  at: string;
  document: string;
}

function entries({ db }: Context, id: string): Entry[] {
  const rows = db.all("SELECT data FROM events WHERE document_id = ? AND type = 'delivery'", id);
  return rows.map(({ data }) => JSON.parse(data as string) as Entry);
}

/** Where the terms of a reference stand. Job and customer have an index; within a job all its documents are looked at. */
const COLUMNS: Record<Exclude<ReferenceTerm, "documentKey">, string> = {
  businessKey: "business_key",
  customerNumber: "customer",
  jobId: "job",
  communicationId: "json_extract(facts, '$.source.communicationId')",
  sequence: "CAST(json_extract(facts, '$.batch.seq') AS TEXT)",
  externalId: "json_extract(facts, '$.source.externalId')",
  trackerId: "json_extract(facts, '$.source.trackerId')",
  queueName: "json_extract(facts, '$.source.queueName')",
  fileName: "json_extract(facts, '$.source.fileName')",
};

/** Documents that a person has put aside, or has to decide on, are not meant, and events are no documents in this sense. */
const COUNTS = "state NOT IN ('conflict', 'rejected') AND json_extract(facts, '$.source.channel') <> 'event'";

function candidates({ db }: Context, { terms: { documentKey, ...terms } }: DocumentReference): Row[] {
  const given = Object.entries(terms) as [keyof typeof COLUMNS, string][];
  const byKey = documentKey === undefined ? [] : ["(id = ? OR key = ? OR source_key IN (?, ?, ?))"];
  const keys = documentKey === undefined ? [] : [documentKey, documentKey, ...["k", "s", "a"].map((rule) => `${rule}|${documentKey}`)];
  const conditions = [...byKey, ...given.map(([name]) => `${COLUMNS[name]} = ?`), COUNTS];
  return db.all(
    `SELECT * FROM documents WHERE ${conditions.join(" AND ")} ORDER BY seq LIMIT ${CANDIDATES}`,
    ...keys,
    ...given.map(([, value]) => value),
  );
}
