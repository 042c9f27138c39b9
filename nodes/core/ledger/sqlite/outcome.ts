import type { Failure, FailureResult } from "../ledger";
import type { Context } from "./operations";
import { appendEvent, documentRow, end, hasEnded } from "./records";
import { requireSession } from "./sessions";

export function fail(context: Context, { id, fence, target, token, error }: Failure): FailureResult {
  requireSession(context);
  const { db, now, policy } = context;
  if (target !== undefined && token !== undefined) {
    db.run(
      "UPDATE intents SET state = ?, session = NULL WHERE document_id = ? AND target = ? AND token = ? AND state = 'open'",
      error.ambiguous ? "doubt" : "clear",
      id,
      target,
      token,
    );
  }
  const row = documentRow(context, id);
  if (row.fence !== fence || hasEnded(row)) return { outcome: "stale" };
  // A worker that was stopped in the middle is not the document's failure: it does not count and is due at once.
  const stopped = error.code === "aborted";
  const parked = error.parkMs !== undefined;
  const failures = (row.failures as number) + (stopped || parked ? 0 : 1);
  const retry = error.retryable && failures < policy.maxAttempts;
  db.run(
    `UPDATE documents SET failures = ?, error_code = ?, error_message = ?,
       lease_session = NULL, lease_holder = NULL, lease_at = NULL WHERE id = ?`,
    failures,
    error.code,
    error.message,
    id,
  );
  if (parked) return park(context, id, failures, target, error);
  if (!retry) {
    appendEvent(context, id, "quarantined", { code: error.code, message: error.message, target, failures });
    end(context, row, "quarantined");
    return { outcome: "quarantined" };
  }
  const nextAt = stopped ? now : now + Math.max(backoff(context, failures), error.retryAfterMs ?? 0);
  db.run("UPDATE documents SET next_at = ? WHERE id = ?", nextAt, id);
  appendEvent(context, id, "retry-planned", { code: error.code, message: error.message, target, failures, nextAt });
  return { outcome: "retry", nextAt };
}

/** Waits for somebody else: whoever it is must not find the attempts used up. */
function park(context: Context, id: string, failures: number, target: string | undefined, error: Failure["error"]): FailureResult {
  const nextAt = context.now + (error.parkMs as number);
  // A hold of an operator on another of its targets stays.
  context.db.run("UPDATE documents SET state = CASE state WHEN 'held' THEN 'held' ELSE 'parked' END, next_at = ? WHERE id = ?", nextAt, id);
  appendEvent(context, id, "parked", { code: error.code, message: error.message, target, failures, nextAt });
  return { outcome: "parked", nextAt };
}

/** Doubles with each failure up to the maximum; half of it is random, so that many documents do not come back at once. */
function backoff({ policy, random }: Context, failures: number): number {
  const full = Math.min(policy.backoffMaxMs, policy.backoffMs * 2 ** (failures - 1));
  return Math.round(full / 2 + (full / 2) * random());
}
