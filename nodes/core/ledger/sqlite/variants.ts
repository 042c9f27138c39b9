import type { DocumentState } from "../../document";
import type { VariantArrival, VariantMember, VariantResult, VariantSet } from "../variants";
import type { Row } from "./database";
import type { Context } from "./operations";
import { appendEvent, documentRow, hasEnded } from "./records";
import { requireSession } from "./sessions";

/** A document whose place in a set is given away: a person has decided that it does not count. */
const OUT: readonly string[] = ["rejected", "conflict"];

/** Enters a document in its set. The last one to come, or the first after the deadline, lets all of them go. */
export function variantArrived(context: Context, arrival: VariantArrival): VariantResult {
  requireSession(context);
  const { db, now } = context;
  const { id, role } = arrival;
  const row = documentRow(context, id);
  if (row.fence !== arrival.fence) return { outcome: "stale" };
  if (hasEnded(row)) return { outcome: "ended", state: row.state as DocumentState };
  const set = openSet(context, arrival);
  const expected = JSON.parse(set.expected as string) as string[];
  if (![...expected, ...(arrival.optional ?? [])].includes(role)) return { outcome: "unexpected" };
  const place = placeOf(context, arrival);
  if (place.by) return { outcome: "taken", by: place.by };
  if (place.isNew) {
    db.run("INSERT OR REPLACE INTO variant_members (set_id, role, document_id) VALUES (?, ?, ?)", arrival.set, place.role, id);
    appendEvent(context, id, "variant-arrived", { set: arrival.set, role: place.role });
  }
  const found = contents(context, arrival.set, expected);
  const late = set.state !== "open" && !wasReleased(context, arrival.set, id);
  if (set.state === "complete") return { outcome: "complete", late, ...found };
  if (set.state === "incomplete") return { outcome: "incomplete", late, ...found };
  if (found.missing.length === 0) return release(context, arrival, found, "complete");
  if (now >= (set.deadline_at as number)) return release(context, arrival, found, "incomplete");
  return wait(context, id, found.missing, set.deadline_at as number);
}

/** The place a document has in its set, or may take; `by` when another document has it. */
function placeOf(context: Context, { set, role, id, several = [] }: VariantArrival): { role: string; isNew: boolean; by?: string } {
  const rows = context.db.all("SELECT role, document_id FROM variant_members WHERE set_id = ?", set);
  const own = rows.find((row) => row.document_id === id);
  if (own) return { role: own.role as string, isNew: false };
  const holders = new Map(rows.map((row) => [row.role as string, row.document_id as string]));
  for (let number = 1; ; number += 1) {
    const place = number === 1 ? role : `${role}-${number}`;
    const by = holders.get(place);
    if (by === undefined || isOut(context, by)) return { role: place, isNew: true };
    if (!several.includes(role)) return { role: place, isNew: false, by };
  }
}

function isOut(context: Context, id: string): boolean {
  return OUT.includes(documentRow(context, id).state as string);
}

/** Whether a document was in its set when that was released. */
function wasReleased({ db }: Context, set: string, id: string): boolean {
  const events = db.all("SELECT data FROM events WHERE document_id = ? AND type = 'variants-released'", id);
  return events.some(({ data }) => (JSON.parse(data as string) as { set: string }).set === set);
}

function openSet({ db, now }: Context, { set, expected, deadlineMs }: VariantArrival): Row {
  db.run(
    "INSERT INTO variant_sets (id, expected, state, deadline_at) VALUES (?, ?, 'open', ?) ON CONFLICT (id) DO NOTHING",
    set,
    JSON.stringify([...new Set(expected)]),
    now + deadlineMs,
  );
  return db.one("SELECT * FROM variant_sets WHERE id = ?", set) as Row;
}

function contents(context: Context, set: string, expected: readonly string[]): VariantSet {
  const { db } = context;
  const isReleased = db.one("SELECT state FROM variant_sets WHERE id = ?", set)?.state !== "open";
  const order = (role: string) => (expected.includes(role) ? expected.indexOf(role) : expected.length);
  const members = db
    .all("SELECT role, document_id FROM variant_members WHERE set_id = ? ORDER BY role", set)
    .filter((row) => !isOut(context, row.document_id as string))
    .map((row): VariantMember => {
      const id = row.document_id as string;
      return { role: row.role as string, id, ...(isReleased && !wasReleased(context, set, id) ? { late: true } : {}) };
    })
    .sort((a, b) => order(a.role) - order(b.role));
  return { expected: [...expected], members, missing: expected.filter((role) => !members.some((member) => member.role === role)) };
}

/** The others are due at once; they come by here again and find their set released. */
function release(context: Context, { set, id }: VariantArrival, found: VariantSet, state: "complete" | "incomplete"): VariantResult {
  const { db, now } = context;
  db.run("UPDATE variant_sets SET state = ? WHERE id = ?", state, set);
  for (const member of found.members) {
    appendEvent(context, member.id, "variants-released", { set, state, missing: found.missing });
    if (member.id !== id) db.run("UPDATE documents SET next_at = ? WHERE id = ? AND state = 'parked'", now, member.id);
  }
  return { outcome: state, late: false, ...found };
}

function wait(context: Context, id: string, missing: string[], until: number): VariantResult {
  // A hold of an operator stays.
  context.db.run(
    `UPDATE documents SET state = CASE state WHEN 'held' THEN 'held' ELSE 'parked' END, next_at = ?,
       lease_session = NULL, lease_holder = NULL, lease_at = NULL WHERE id = ?`,
    until,
    id,
  );
  appendEvent(context, id, "variants-awaited", { missing, nextAt: until });
  return { outcome: "waiting", until, missing };
}
