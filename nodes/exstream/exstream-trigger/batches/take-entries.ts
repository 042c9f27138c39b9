import { asDocbridgeError, type DocbridgeError } from "../../../core/errors";
import type { GoodEntry, ListEntry } from "../../../core/intake/lists/list-entry";
import type { BatchFailure } from "./batch-event";

/** An entry of a list that could not be taken in. */
export type EntryFailure = BatchFailure & {
  /** From 1, in the order of the list. */
  entry: number;
  /** What the list says of it, as far as it could be read. */
  jobId?: string;
};

export interface EntryTaker {
  /** Whether an entry of this number was not settled before. */
  wants(number: number): boolean;
  stopping: AbortSignal;
  /** Enters a document in the ledger. */
  admit(entry: GoodEntry & Pick<ListEntry, "number">): Promise<void>;
  /** Whether no later try can mend this. */
  isFinal(error: DocbridgeError): boolean;
  /** Whether an entry that a later try may mend is left for that, and the others go on. */
  postpone(entry: ListEntry, error: DocbridgeError): boolean;
  /** Keeps how far it has come: all of these entries are in, but for the failures. */
  settle(slice: ListEntry[], failures: EntryFailure[]): Promise<void>;
}

/** Entries that are settled together. What is read and not settled grows old in memory, so these are few. */
const SLICE = 8;
/** Documents taken in at a time: reading and syncing overlap, and the ledger commits them together. */
const PARALLEL = 8;

/**
 * Takes the entries of a list while it is read. One that cannot be taken in stops no other. Gives the error of a list
 * that cannot be read on, after what stood before the damage; throws what a later try can mend.
 */
export async function takeEntries(entries: AsyncIterable<ListEntry>, taker: EntryTaker): Promise<DocbridgeError | undefined> {
  let slice: ListEntry[] = [];
  const settle = async () => {
    if (slice.length > 0) await taker.settle(slice, await takeSlice(slice, taker));
    slice = [];
  };
  let unreadable: DocbridgeError | undefined;
  try {
    for await (const entry of entries) {
      if (!taker.wants(entry.number)) continue;
      slice.push(entry);
      if (slice.length === SLICE) await settle();
      taker.stopping.throwIfAborted();
    }
  } catch (thrown) {
    unreadable = asDocbridgeError(thrown);
    if (unreadable.code !== "list-unreadable" || unreadable.retryable) throw unreadable;
  }
  await settle();
  return unreadable;
}

async function takeSlice(slice: ListEntry[], taker: EntryTaker): Promise<EntryFailure[]> {
  const queue = [...slice];
  const failures: EntryFailure[] = [];
  let broken: DocbridgeError | undefined;
  const worker = async () => {
    for (let entry = queue.shift(); entry && !broken; entry = queue.shift()) {
      try {
        const failure = await takeEntry(entry, taker);
        if (failure) failures.push(failure);
      } catch (thrown) {
        broken ??= asDocbridgeError(thrown);
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  if (broken) throw broken;
  return failures.sort((one, other) => one.entry - other.entry);
}

async function takeEntry(entry: ListEntry, taker: EntryTaker): Promise<EntryFailure | undefined> {
  const { stopping } = taker;
  stopping.throwIfAborted();
  try {
    if ("error" in entry) throw entry.error;
    await taker.admit(entry);
    return undefined;
  } catch (thrown) {
    const error = asDocbridgeError(thrown);
    if (stopping.aborted) throw error;
    if (!taker.isFinal(error)) {
      if (taker.postpone(entry, error)) return undefined;
      throw error;
    }
    const { jobId, customerNumber, queueName } = "error" in entry ? entry : entry.facts.source;
    const { code, message } = error;
    return { entry: entry.number, code, message, jobId, customerNumber, queueName, file: entry.path };
  }
}
