import type { Context } from "./operations";

/** A batch is done when the expected number of documents is there and all of them have ended. */
export function closeBatchIfDone({ db, now }: Context, batchId: string): void {
  db.run(
    `UPDATE batches SET closed_at = ? WHERE id = ? AND closed_at IS NULL AND expected IS NOT NULL
       AND expected <= documents AND ended = documents`,
    now,
    batchId,
  );
}

export function expectNoMore(context: Context, id: string): void {
  context.db.run("UPDATE batches SET expected = documents WHERE id = ?", id);
  closeBatchIfDone(context, id);
}
