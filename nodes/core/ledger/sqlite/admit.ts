import type { DocumentState } from "../../document";
import type { Admission, AdmitResult } from "../ledger";
import type { Row } from "./database";
import { wakeDeliveries } from "./deliveries";
import { leaseOne } from "./leases";
import type { Context } from "./operations";
import { appendEvent, end } from "./records";

export function admit(context: Context, entry: Admission): AdmitResult {
  const { db } = context;
  const same = db.one("SELECT id, state FROM documents WHERE key = ?", entry.key);
  if (same) return { outcome: "duplicate", id: same.id as string, state: same.state as DocumentState };
  const delivered = entry.sourceKey ? db.one("SELECT * FROM documents WHERE source_key = ? ORDER BY seq", entry.sourceKey) : undefined;
  // The same delivery can reach us under two keys only if something in the key is unstable; the bytes decide.
  if (delivered?.sha256 === entry.content.sha256) {
    return { outcome: "duplicate", id: delivered.id as string, state: delivered.state as DocumentState };
  }
  const clash = delivered ?? clashOfBusinessKey(context, entry);
  const row = insert(context, entry);
  wakeDeliveries(context, entry);
  if (!clash && entry.quarantine) {
    const { code, message } = entry.quarantine;
    appendEvent(context, row.id as string, "quarantined", { code, message });
    db.run("UPDATE documents SET error_code = ?, error_message = ? WHERE id = ?", code, message, row.id as string);
    end(context, row, "quarantined");
    return { outcome: "new", id: row.id as string, state: "quarantined" };
  }
  if (!clash) {
    const record = entry.holder ? leaseOne(context, row.id as string, entry.holder) : undefined;
    return { outcome: "new", id: row.id as string, state: "received", ...(record ? { record } : {}) };
  }
  const clashesOn = delivered ? "source key" : "business key";
  appendEvent(context, row.id as string, "conflict", { with: clash.id, on: clashesOn });
  db.run(
    "UPDATE documents SET error_code = 'conflict', error_message = ? WHERE id = ?",
    `Document ${clash.id} has the same ${clashesOn} but other bytes. A person has to decide which one counts.`,
    row.id as string,
  );
  end(context, row, "conflict");
  return { outcome: "conflict", id: row.id as string, state: "conflict", conflictsWith: clash.id as string };
}

function clashOfBusinessKey({ db }: Context, entry: Admission): Row | undefined {
  if (!entry.businessKey) return undefined;
  return db.one(
    "SELECT * FROM documents WHERE business_key = ? AND sha256 <> ? AND state NOT IN ('conflict', 'rejected') ORDER BY seq",
    entry.businessKey,
    entry.content.sha256,
  );
}

function insert(context: Context, entry: Admission): Row {
  const { db, now } = context;
  const id = context.newId();
  if (entry.batch) {
    db.run(
      `INSERT INTO batches (id, expected, opened_at) VALUES (?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET expected = coalesce(excluded.expected, expected), closed_at = NULL`,
      entry.batch.id,
      entry.batch.expected ?? null,
      now,
    );
  }
  const facts = JSON.stringify({
    batch: entry.batch,
    source: entry.source,
    content: entry.content,
    metadata: entry.metadata,
    variant: entry.variant,
  });
  db.run(
    `INSERT INTO documents (id, key, source_key, business_key, origin, batch_id, sha256, facts, targets, done_when, state,
       next_at, created_at, updated_at, customer, job) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'received', ?, ?, ?, ?, ?)`,
    id,
    entry.key,
    entry.sourceKey ?? null,
    entry.businessKey ?? null,
    entry.origin,
    entry.batch?.id ?? null,
    entry.content.sha256,
    facts,
    JSON.stringify(entry.targets),
    entry.doneWhen,
    now,
    now,
    now,
    entry.source.customerNumber ?? null,
    entry.source.jobId ?? null,
  );
  appendEvent(context, id, "received", {
    key: entry.key,
    sha256: entry.content.sha256,
    size: entry.content.size,
    channel: entry.source.channel,
    batch: entry.batch?.id,
  });
  return { id, batch_id: entry.batch?.id ?? null };
}
