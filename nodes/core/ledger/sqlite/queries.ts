import type { DocumentState } from "../../document";
import type { LedgerEvent } from "../chain";
import type { BatchRecord, DocumentRecord, LedgerCounts } from "../ledger";
import type { Row } from "./database";
import type { Context, Reading } from "./operations";
import { RELEASED_FROM, toRecord } from "./records";

export function get(context: Reading, id: string): DocumentRecord | undefined {
  const row = context.db.one("SELECT * FROM documents WHERE id = ?", id);
  return row && toRecord(context, row);
}

export function byKey(context: Context, key: string): DocumentRecord | undefined {
  const row = context.db.one("SELECT * FROM documents WHERE key = ?", key);
  return row && toRecord(context, row);
}

export function events({ db }: Reading, id: string): LedgerEvent[] {
  return db.all("SELECT * FROM events WHERE document_id = ? ORDER BY seq", id).map((row) => ({
    documentId: row.document_id as string,
    seq: row.seq as number,
    at: row.at as string,
    type: row.type as string,
    data: JSON.parse(row.data as string) as Record<string, unknown>,
    previous: row.previous as string,
    hash: row.hash as string,
  }));
}

export function counts({ db }: Reading): LedgerCounts {
  const number = (sql: string) => db.one(sql)?.n as number;
  // Few documents are in the flow, very many can be open.
  const leased = "SELECT count(*) AS n FROM documents INDEXED BY documents_leased WHERE lease_session IS NOT NULL";
  const open = number(`SELECT coalesce(sum(documents), 0) AS n FROM state_counts WHERE state IN ${RELEASED_FROM}`);
  return {
    byState: stateCounts(db.all("SELECT state, documents AS n FROM state_counts WHERE documents > 0")),
    leased: number(leased),
    waiting: open - number(`${leased} AND state IN ${RELEASED_FROM}`),
    suspectedOrphans:
      number("SELECT coalesce(sum(orphans), 0) AS n FROM target_counts") +
      number(`SELECT coalesce(sum(json_extract(progress, '$.suspectedOrphans')), 0) AS n FROM intents INDEXED BY intents_unsettled
        WHERE state IN ('doubt', 'clear')`),
  };
}

export function batch({ db }: Reading, id: string): BatchRecord | undefined {
  const row = db.one("SELECT * FROM batches WHERE id = ?", id);
  return row && toBatch({ db }, row);
}

export function toBatch({ db }: Pick<Reading, "db">, row: Row): BatchRecord {
  return {
    id: row.id as string,
    expected: (row.expected as number | null) ?? undefined,
    openedAt: row.opened_at as number,
    closedAt: (row.closed_at as number | null) ?? undefined,
    byState: stateCounts(db.all("SELECT state, documents AS n FROM batch_counts WHERE batch_id = ? AND documents > 0", row.id as string)),
  };
}

export function releasableContent({ db }: Context, closedBefore: number, limit: number): string[] {
  const rows = db.all(
    `SELECT DISTINCT sha256 FROM documents d INDEXED BY documents_releasable WHERE state = 'closed' AND bytes_gone = 0 AND closed_at < ?
       AND NOT EXISTS (SELECT 1 FROM documents o WHERE o.sha256 = d.sha256 AND (o.state <> 'closed' OR o.closed_at >= ?)) LIMIT ?`,
    closedBefore,
    closedBefore,
    limit,
  );
  return rows.map((row) => row.sha256 as string);
}

export function unknownContent({ db }: Context, sha256: string[]): string[] {
  return sha256.filter((hash) => !db.one("SELECT 1 AS known FROM documents WHERE sha256 = ? AND bytes_gone = 0", hash));
}

export function contentReleased({ db }: Context, sha256: string[]): void {
  for (const hash of sha256) {
    db.run("UPDATE documents INDEXED BY documents_sha256 SET bytes_gone = 1 WHERE sha256 = ? AND state = 'closed'", hash);
  }
}

function stateCounts(rows: Row[]): Partial<Record<DocumentState, number>> {
  return Object.fromEntries(rows.map((row) => [row.state, row.n]));
}
