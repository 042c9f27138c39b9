import type { FailureGroup } from "../../console";
import type { Reading } from "../operations";

export function failures({ db }: Reading): FailureGroup[] {
  const groups = db.all(
    `SELECT state, error_code, count(*) AS n, min(closed_at) AS oldest, max(closed_at) AS newest
       FROM documents INDEXED BY documents_failed WHERE state IN ('quarantined', 'conflict') GROUP BY state, error_code`,
  );
  return groups
    .map((row): FailureGroup => {
      const message = db.one(
        `SELECT error_message FROM documents INDEXED BY documents_failed
           WHERE state IN ('quarantined', 'conflict') AND state = ? AND error_code IS ? AND closed_at = ? ORDER BY seq DESC LIMIT 1`,
        row.state as string,
        row.error_code as string | null,
        row.newest as number,
      );
      return {
        state: row.state as FailureGroup["state"],
        code: (row.error_code as string | null) ?? "",
        message: (message?.error_message as string | null) ?? "",
        documents: row.n as number,
        newestAt: row.newest as number,
        oldestAt: row.oldest as number,
      };
    })
    .sort((a, b) => b.documents - a.documents || b.newestAt - a.newestAt);
}
