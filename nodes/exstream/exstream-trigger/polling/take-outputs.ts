import { type DocbridgeError, deservesAnotherAttempt } from "../../../core/errors";
import type { GoodEntry, ListEntry } from "../../../core/intake/lists/list-entry";
import { type EntryFailure, takeEntries } from "../batches/take-entries";
import type { OutputsMark } from "./job-account";

export interface OutputTaker {
  mark: OutputsMark;
  stopping: AbortSignal;
  /** Brings an output in. */
  admit(entry: GoodEntry & Pick<ListEntry, "number">): Promise<void>;
  /** Keeps the mark, as it is now, and the failures. */
  keep(failures: EntryFailure[]): Promise<void>;
}

/** Outputs of a list that the server cannot give, while it can give others; with more of them the server is in trouble. */
const MAX_PENDING = 100;
/** After so long an output that the server cannot give is given up, milliseconds. */
const GIVE_UP_MS = 24 * 3600_000;

/**
 * Takes the outputs that a list of a server names, from where its mark is. One that the server cannot give holds up no other.
 * Gives the error of a list that cannot be read on, and one of an output that a later try may bring; throws what is in the way of
 * all of them.
 */
export async function takeOutputs(
  entries: AsyncIterable<ListEntry>,
  { mark, stopping, admit, keep }: OutputTaker,
): Promise<{ unreadable?: DocbridgeError; waiting?: DocbridgeError }> {
  const postponed = new Map<number, DocbridgeError>();
  const unreadable = await takeEntries(entries, {
    wants: (number) => number > mark.entries || mark.pending.includes(number),
    stopping,
    admit,
    isFinal: (failure) => isFinal(failure, mark),
    postpone: ({ number }, failure) => {
      const canWait = failure.retryable && (failure.status ?? 0) >= 500 && postponed.size < MAX_PENDING;
      if (canWait) postponed.set(number, failure);
      return canWait;
    },
    settle: async (slice, failures) => {
      const settled = new Set(slice.map(({ number }) => number));
      mark.pending = [
        ...mark.pending.filter((number) => !settled.has(number)),
        ...[...postponed.keys()].filter((number) => settled.has(number)),
      ];
      mark.entries = Math.max(mark.entries, ...settled);
      mark.failingSince = mark.pending.length > 0 ? (mark.failingSince ?? Date.now()) : undefined;
      await keep(failures);
    },
  });
  const [waiting] = postponed.values();
  return { unreadable, waiting };
}

/** A server that fails again and again with one output must not hold up its job for ever. */
function isFinal(error: DocbridgeError, { failingSince = Number.POSITIVE_INFINITY }: OutputsMark): boolean {
  if (error.code === "permission-denied") return false;
  if (error.retryable) return error.status !== undefined && Date.now() - failingSince > GIVE_UP_MS;
  return !deservesAnotherAttempt(error);
}
