import { asDocbridgeError, type DocbridgeError } from "../../core/errors";
import type { GoodEntry, ListEntry } from "../../core/intake/list-entry";
import type { BatchFailure } from "./batch-event";

/** An entry of a list that could not be taken in. */
export type EntryFailure = BatchFailure & {
  /** From 1, in the order of the list. */
  entry: number;
  /** What the list says of it, as far as it could be read. */
  jobId?: string;
};

export interface EntryTaker {
  /** Entries up to this one were settled before. */
  settledBefore: number;
  stopping: AbortSignal;
  /** Enters a document in the ledger. */
  admit(entry: GoodEntry): Promise<void>;
  /** Whether no later try can mend this. */
  isFinal(error: DocbridgeError): boolean;
  /** Keeps how far it has come: all of these entries are in, but for the failures. */
  settle(slice: ListEntry[], failures: EntryFailure[]): Promise<void>;
}

/** Entries that are settled together. What is read and not settled grows old in memory, so these are few. */
const SLICE = 32;
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
      if (entry.number <= taker.settledBefore) continue;
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

async function takeEntry(entry: ListEntry, { stopping, admit, isFinal }: EntryTaker): Promise<EntryFailure | undefined> {
  stopping.throwIfAborted();
  try {
    if ("error" in entry) throw entry.error;
    await admit(entry);
    return undefined;
  } catch (thrown) {
    const error = asDocbridgeError(thrown);
    if (stopping.aborted || !isFinal(error)) throw error;
    const { jobId, customerNumber, queueName } = "error" in entry ? entry : entry.facts.source;
    const { code, message } = error;
    return { entry: entry.number, code, message, jobId, customerNumber, queueName, file: entry.path };
  }
}
