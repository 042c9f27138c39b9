import { DocbridgeError } from "../../../errors";
import type { OrphanPage, SuspectedOrphans } from "../../console";
import type { Reading } from "../operations";

/** Rows of a page, at most. */
const MAX_PAGE = 5000;

/**
 * Uploads whose reply was lost, of receipts and of documents that have none (yet); those at work at this moment are not
 * among them, because their upload may be under way.
 */
export function orphans({ db }: Reading, limit: number, after?: string): OrphanPage {
  const [, seq, target] = after === undefined ? ["", Number.MAX_SAFE_INTEGER, ""] : (/^(\d+):(.*)$/.exec(after) ?? noCursor());
  const size = Math.min(Math.max(1, limit), MAX_PAGE);
  const rows = db.all(
    `SELECT d.seq, d.id, d.key, json_extract(d.facts, '$.content.size') AS size, o.target, o.uploads, o.data FROM (
         SELECT document_id, target, orphans AS uploads, data FROM receipts INDEXED BY receipts_orphans WHERE orphans > 0
         UNION ALL
         SELECT document_id, target, json_extract(progress, '$.suspectedOrphans'), progress FROM intents INDEXED BY intents_unsettled
           WHERE state IN ('doubt', 'clear') AND json_extract(progress, '$.suspectedOrphans') > 0
       ) o JOIN documents d ON d.id = o.document_id
       WHERE (d.seq, o.target) < (?, ?) ORDER BY d.seq DESC, o.target DESC LIMIT ?`,
    Number(seq),
    target as string,
    size + 1,
  );
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return {
    orphans: shown.map((row): SuspectedOrphans => {
      const { lostUploads = [] } = JSON.parse(row.data as string) as { lostUploads?: string[] };
      return {
        document: row.id as string,
        key: row.key as string,
        target: row.target as string,
        size: row.size as number,
        uploads: row.uploads as number,
        at: lostUploads,
      };
    }),
    ...(last && rows.length > size ? { next: `${last.seq}:${last.target}` } : {}),
  };
}

function noCursor(): never {
  throw new DocbridgeError("invalid-message", {
    message: "The cursor is not one that a page gave. Begin with the first page.",
    subject: "after",
  });
}
