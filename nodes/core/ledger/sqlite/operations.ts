import { act } from "./actions";
import { admit } from "./admit";
import { expectNoMore } from "./batches";
import { bookmark, bookmarks, setBookmark, swapBookmark } from "./bookmarks";
import type { Database } from "./database";
import { deliveryArrived } from "./deliveries";
import { endHold, hold, holds, releaseHeld } from "./holds";
import { amended, intent, progress, receipt, verified } from "./intents";
import { emitted, failOverdue, lease, release, releaseHolder, touch } from "./leases";
import { note, wake } from "./notes";
import { fail } from "./outcome";
import { batch, byKey, contentReleased, counts, events, get, releasableContent, unknownContent } from "./queries";
import {
  activateTable,
  activeTable,
  activeVersions,
  discardDraft,
  saveDraft,
  tableDraft,
  tableNames,
  tableVersion,
  tableVersions,
} from "./route-tables";
import { routed } from "./routed";
import { keepRunAssets } from "./run-assets";
import { endSession, openSession, renewSession } from "./sessions";
import { variantArrived } from "./variants";

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

/** What reading needs: the reading thread has no more. */
export type Reading = Pick<Context, "db" | "now">;

/** What the worker thread can be asked for. All are synchronous and run inside the group's transaction. */
export const operations = {
  act,
  activateTable,
  activeTable,
  activeVersions,
  admit,
  amended,
  batch,
  bookmark,
  bookmarks,
  byKey,
  contentReleased,
  counts,
  deliveryArrived,
  discardDraft,
  emitted,
  endHold,
  endSession,
  events,
  expectNoMore,
  fail,
  failOverdue,
  get,
  hold,
  holds,
  intent,
  keepRunAssets,
  lease,
  note,
  openSession,
  progress,
  receipt,
  releasableContent,
  release,
  releaseHeld,
  releaseHolder,
  renewSession,
  routed,
  saveDraft,
  setBookmark,
  swapBookmark,
  tableDraft,
  tableNames,
  tableVersion,
  tableVersions,
  touch,
  unknownContent,
  variantArrived,
  verified,
  wake,
};

export type OperationName = keyof typeof operations;
