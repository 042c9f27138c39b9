import type { LedgerBookmarks } from "../ledger/bookmarks";

export interface RecallCaps {
  /** Restores requested in a minute at most. */
  perMinute: number;
  /** What a restore is taken to cost until the governing service says what it does cost. */
  costEach: number;
  /** Infinity: no cap. */
  costPerDay: number;
}

export type Reserved = { outcome: "reserved" } | { outcome: "rate" | "budget"; notBefore: number };

interface Spent {
  minute: number;
  inMinute: number;
  /** Of 1970, UTC, as the minute. */
  day: number;
  cost: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const NAME = "budget";

/**
 * How many restores may be requested: counted in the ledger, so that all nodes and processes on it share the caps, and a
 * restart does not begin anew. A worker that dies after it has reserved is counted: the cap errs to the safe side.
 */
export class RecallBudget {
  /** The calls of this process queue here and do not have to try against each other in the ledger. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly bookmarks: LedgerBookmarks,
    private readonly owner: string,
    private readonly caps: RecallCaps,
  ) {}

  reserve(nowMs: number): Promise<Reserved> {
    const { perMinute, costEach, costPerDay } = this.caps;
    return this.change<Reserved>(nowMs, (spent) => {
      if (spent.cost + costEach > costPerDay) return { result: { outcome: "budget", notBefore: (spent.day + 1) * DAY_MS } };
      if (spent.inMinute >= perMinute) return { result: { outcome: "rate", notBefore: (spent.minute + 1) * MINUTE_MS } };
      return { result: { outcome: "reserved" }, next: { ...spent, inMinute: spent.inMinute + 1, cost: spent.cost + costEach } };
    });
  }

  /** The real cost of a restore in the place of the estimate. */
  async correct(nowMs: number, cost: number): Promise<void> {
    const difference = cost - this.caps.costEach;
    if (difference === 0) return;
    await this.change(nowMs, (spent) => ({ result: undefined, next: { ...spent, cost: Math.max(0, spent.cost + difference) } }));
  }

  private change<T>(nowMs: number, decide: (spent: Spent) => { result: T; next?: Spent }): Promise<T> {
    const work = this.last.then(async () => {
      for (;;) {
        const read = await this.bookmarks.get<Spent>(this.owner, NAME);
        const { result, next } = decide(inForce(read, nowMs));
        if (!next || (await this.bookmarks.swap(this.owner, NAME, read, next))) return result;
      }
    });
    this.last = work.catch(() => undefined);
    return work;
  }
}

/** What counts of it now. */
function inForce(read: Spent | undefined, nowMs: number): Spent {
  const [minute, day] = [Math.floor(nowMs / MINUTE_MS), Math.floor(nowMs / DAY_MS)];
  return {
    minute,
    inMinute: read?.minute === minute ? read.inMinute : 0,
    day,
    cost: read?.day === day ? read.cost : 0,
  };
}
