import { admit } from "./admit";
import type { Database } from "./database";
import { intent, progress, receipt, verified } from "./intents";
import { emitted, failOverdue, lease, release, releaseHolder, touch } from "./leases";
import { fail } from "./outcome";
import { batch, byKey, contentReleased, counts, events, get, releasableContent, unknownContent } from "./queries";
import { endSession, openSession, renewSession } from "./sessions";

/** Everything an operation knows besides its arguments. */
export interface Context {
  db: Database;
  /** Milliseconds since 1970; one reading for a whole operation. */
  now: number;
  session: string;
  policy: { maxAttempts: number; backoffMs: number; backoffMaxMs: number };
  /** Number in [0, 1) for jitter. */
  random: () => number;
  newId: () => string;
}

/** What the worker thread can be asked for. All are synchronous and run inside the group's transaction. */
export const operations = {
  admit,
  batch,
  byKey,
  contentReleased,
  counts,
  emitted,
  endSession,
  events,
  fail,
  failOverdue,
  get,
  intent,
  lease,
  openSession,
  progress,
  receipt,
  releasableContent,
  release,
  releaseHolder,
  renewSession,
  touch,
  unknownContent,
  verified,
};

export type OperationName = keyof typeof operations;
