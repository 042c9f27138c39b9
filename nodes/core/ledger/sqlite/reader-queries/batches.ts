import type { BatchSummary } from "../../console";
import type { Row } from "../database";
import type { Reading } from "../operations";
import { toBatch } from "../queries";

/** As in the index `batches_open`. */
export const OPEN_BATCH = "closed_at IS NULL AND (expected IS NOT NULL OR ended < documents)";

export function batches(reading: Reading, limit: number): BatchSummary[] {
  const newest = (index: string, condition: string, most: number) =>
    reading.db.all(`SELECT * FROM batches INDEXED BY ${index} WHERE ${condition} ORDER BY opened_at DESC LIMIT ?`, most);
  const open = newest("batches_open", OPEN_BATCH, limit);
  const others = newest("batches_opened", `NOT (${OPEN_BATCH})`, limit - open.length);
  return [...open, ...others].map((row) => summary(reading, row));
}

function summary(reading: Reading, row: Row): BatchSummary {
  return {
    ...toBatch(reading, row),
    documents: row.documents as number,
    ended: row.ended as number,
    updatedAt: row.updated_at as number,
  };
}
