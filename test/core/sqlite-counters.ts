import { DatabaseSync } from "node:sqlite";

const ENDED = "('closed', 'quarantined', 'conflict', 'rejected')";

/** What the ledger counts as things happen, and the same counted from all documents, receipts and events. */
const FIGURES: Record<string, { kept: string; anew: string }> = {
  states: {
    kept: "SELECT state, documents AS n FROM state_counts WHERE documents <> 0 ORDER BY state",
    anew: "SELECT state, count(*) AS n FROM documents GROUP BY state ORDER BY state",
  },
  "states of batches": {
    kept: "SELECT batch_id, state, documents AS n FROM batch_counts WHERE documents <> 0 ORDER BY batch_id, state",
    anew: "SELECT batch_id, state, count(*) AS n FROM documents WHERE batch_id IS NOT NULL GROUP BY batch_id, state ORDER BY batch_id, state",
  },
  batches: {
    kept: "SELECT id, documents, ended, updated_at FROM batches ORDER BY id",
    anew: `SELECT b.id, count(*) AS documents, count(*) FILTER (WHERE state IN ${ENDED}) AS ended, max(d.updated_at) AS updated_at
             FROM batches b JOIN documents d ON d.batch_id = b.id GROUP BY b.id ORDER BY b.id`,
  },
  "received by the minute": {
    kept: "SELECT minute, received, first_seq, last_seq FROM minutes WHERE received > 0 ORDER BY minute",
    anew: `SELECT created_at / 60000 AS minute, count(*) AS received, min(seq) AS first_seq, max(seq) AS last_seq
             FROM documents GROUP BY minute ORDER BY minute`,
  },
  "ended by the minute": {
    kept: "SELECT minute, closed, quarantined FROM minutes WHERE closed + quarantined > 0 ORDER BY minute",
    anew: `SELECT unixepoch(at) / 60 AS minute, count(*) FILTER (WHERE type = 'closed') AS closed,
             count(*) FILTER (WHERE type = 'quarantined') AS quarantined
             FROM events WHERE type IN ('closed', 'quarantined') GROUP BY minute ORDER BY minute`,
  },
  receipts: {
    kept: "SELECT target, receipts, orphans FROM target_counts WHERE receipts > 0 ORDER BY target",
    anew: "SELECT target, count(*) AS receipts, sum(orphans) AS orphans FROM receipts GROUP BY target ORDER BY target",
  },
  owed: {
    kept: "SELECT target, seq FROM owed ORDER BY target, seq",
    anew: `SELECT DISTINCT value AS target, seq FROM documents, json_each(targets) WHERE state NOT IN ${ENDED}
             AND NOT EXISTS (SELECT 1 FROM receipts WHERE document_id = documents.id AND target = value) ORDER BY target, seq`,
  },
  backlog: {
    kept: "SELECT target, backlog FROM target_counts WHERE backlog <> 0 ORDER BY target",
    anew: "SELECT target, count(*) AS backlog FROM owed GROUP BY target ORDER BY target",
  },
  held: {
    kept: "SELECT destination, documents FROM held_counts WHERE documents <> 0 ORDER BY destination",
    anew: "SELECT held_by AS destination, count(*) AS documents FROM documents WHERE state = 'held' GROUP BY held_by ORDER BY held_by",
  },
};

/** Both sides of every figure; they must be equal. */
export function countersOf(file: string): { kept: Record<string, unknown[]>; anew: Record<string, unknown[]> } {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const side = (which: "kept" | "anew") =>
      Object.fromEntries(
        Object.entries(FIGURES).map(([name, sql]) => [
          name,
          db
            .prepare(sql[which])
            .all()
            .map((row) => ({ ...row })),
        ]),
      );
    return { kept: side("kept"), anew: side("anew") };
  } finally {
    db.close();
  }
}
