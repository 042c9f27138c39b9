import type { DocumentState } from "../../document";
import type { VariantArrival, VariantResult, VariantSet } from "../variants";
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
  if (!expected.includes(role)) return { outcome: "unexpected" };
  const place = db.one("SELECT document_id FROM variant_members WHERE set_id = ? AND role = ?", arrival.set, role);
  if (place && place.document_id !== id && !OUT.includes(documentRow(context, place.document_id as string).state as string)) {
    return { outcome: "taken", by: place.document_id as string };
  }
  const isNew = place?.document_id !== id;
  if (isNew) {
    db.run("INSERT OR REPLACE INTO variant_members (set_id, role, document_id) VALUES (?, ?, ?)", arrival.set, role, id);
    appendEvent(context, id, "variant-arrived", { set: arrival.set, role });
  }
  const { members, missing } = contents(context, arrival.set, expected);
  if (set.state === "complete") return { outcome: "complete", members, missing };
  if (set.state === "incomplete") return { outcome: "incomplete", late: isNew, members, missing };
  if (missing.length === 0) return release(context, arrival, { members, missing }, "complete");
  if (now >= (set.deadline_at as number)) return release(context, arrival, { members, missing }, "incomplete");
  return wait(context, id, missing, set.deadline_at as number);
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

function contents({ db }: Context, set: string, expected: readonly string[]): VariantSet {
  const members = db
    .all("SELECT role, document_id FROM variant_members WHERE set_id = ?", set)
    .map((row) => ({ role: row.role as string, id: row.document_id as string }))
    .sort((a, b) => expected.indexOf(a.role) - expected.indexOf(b.role));
  return { members, missing: expected.filter((role) => !members.some((member) => member.role === role)) };
}

/** The others are due at once; they come by here again and find their set released. */
function release(context: Context, { set, id }: VariantArrival, found: VariantSet, state: "complete" | "incomplete"): VariantResult {
  const { db, now } = context;
  db.run("UPDATE variant_sets SET state = ? WHERE id = ?", state, set);
  for (const member of found.members) {
    appendEvent(context, member.id, "variants-released", { set, state, missing: found.missing });
    if (member.id !== id) db.run("UPDATE documents SET next_at = ? WHERE id = ? AND state = 'parked'", now, member.id);
  }
  return state === "complete" ? { outcome: state, ...found } : { outcome: state, late: false, ...found };
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
