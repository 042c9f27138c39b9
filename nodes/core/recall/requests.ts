import { randomUUID } from "node:crypto";
import { DocbridgeError } from "../errors";
import type { LedgerBookmarks } from "../ledger/bookmarks";
import { OneAtATime } from "../one-at-a-time";
import type { RecallBudget, Reserved } from "./budget";
import { type Availability, factsOf, type GoverningService, phaseOf, type RecallRecord, type Restore, type Standing } from "./recall";

export interface RequestOptions {
  /** In the ledger: what shares it shares requests, budget and rate. */
  owner: string;
  budget: RecallBudget;
  /** What happens when the cost cap of the day is reached. */
  overBudget: "wait" | "refuse";
  /** Milliseconds since 1970. */
  clock: () => number;
}

/** A request that was sent shows after this time, or was not taken. */
const SHOWS_WITHIN_MS = 30_000;

/**
 * Requests one restore for an object, however many want it, on however many workers of one ledger. The id of a request is
 * in the ledger before it goes out, so after a crash or a lost reply the same request goes out again, never a second one;
 * a request that the governing service shows already, whoever made it, is taken over.
 */
export class RecallRequests {
  private readonly queue = new OneAtATime();

  constructor(
    private readonly bookmarks: LedgerBookmarks,
    private readonly service: GoverningService,
    private readonly options: RequestOptions,
  ) {}

  /** How it stands, asking for nothing: undefined when the object would have to be restored and is not. */
  async look(objectId: string): Promise<Standing | undefined> {
    const seen = await this.service.read(objectId);
    const phase = phaseOf(seen, this.options.clock());
    return phase === "online" || phase === "restored" ? this.available(objectId, seen) : undefined;
  }

  /** How it stands; requests the restore when it has to. Throws `recall-budget`, `recall-expired`, and what the service throws. */
  further(objectId: string): Promise<Standing> {
    return this.queue.run(objectId, () => this.step(objectId));
  }

  private async step(objectId: string): Promise<Standing> {
    const seen = await this.service.read(objectId);
    const known = await this.record(objectId);
    switch (phaseOf(seen, this.options.clock())) {
      case "online":
      case "restored":
        return this.available(objectId, seen);
      case "requested":
        return this.underWay(objectId, known, seen.restore as Restore);
      case "cold":
        return known ? this.send(objectId, known, false) : this.begin(objectId, undefined, false);
      case "expired": {
        if (!known) return this.begin(objectId, undefined, true);
        if (known.requestId !== seen.restore?.requestId) return this.resend(objectId, known);
        if (known.requests < 2) return this.begin(objectId, known, true);
        throw new DocbridgeError("recall-expired", {
          message: `CMS object ${objectId} was restored twice, and each copy was gone before it was picked up. Have restored copies kept for longer, or ask more often.`,
          subject: objectId,
        });
      }
    }
  }

  /** Nobody waits for it any more. */
  async forget(objectId: string): Promise<void> {
    const known = await this.record(objectId);
    if (known) await this.swap(objectId, known, undefined);
  }

  /**
   * A request that replaces another one and does not show yet. Another worker may be sending it, and sent again it would wipe
   * out what was answered in between, so it is given time to show.
   */
  private async resend(objectId: string, record: RecallRecord): Promise<Standing> {
    const { requestId, requestedAt } = record;
    if (this.options.clock() - Date.parse(requestedAt) < SHOWS_WITHIN_MS) return { outcome: "waiting", why: "requested", requestId };
    return this.send(objectId, record, true);
  }

  private async begin(objectId: string, before: RecallRecord | undefined, replaces: boolean): Promise<Standing> {
    const { clock, budget } = this.options;
    const now = clock();
    const reserved = await budget.reserve(now);
    if (reserved.outcome !== "reserved") return this.capped(objectId, reserved);
    const requests = (before?.requests ?? 0) + 1;
    const record: RecallRecord = { requestId: randomUUID(), requestedAt: new Date(now).toISOString(), requests };
    // Another worker was first: its request counts.
    return (await this.swap(objectId, before, record)) ? this.send(objectId, record, replaces) : this.step(objectId);
  }

  private capped(objectId: string, { outcome, notBefore }: Exclude<Reserved, { outcome: "reserved" }>): Standing {
    if (outcome === "budget" && this.options.overBudget === "refuse") {
      throw new DocbridgeError("recall-budget", {
        message: `CMS object ${objectId} is not recalled: the recalls of today cost as much as the field 'costPerDay' allows. Raise it, or send the message again tomorrow (UTC).`,
        subject: objectId,
      });
    }
    return { outcome: "waiting", why: outcome, notBefore };
  }

  private async send(objectId: string, record: RecallRecord, replaces: boolean): Promise<Standing> {
    const { requestId, requestedAt } = record;
    try {
      await this.service.request(objectId, { requestId, requestedAt, replaces });
    } catch (thrown) {
      // A request that was refused for good was none: whoever comes next begins anew.
      if (thrown instanceof DocbridgeError && !thrown.ambiguous && !thrown.retryable) await this.swap(objectId, record, undefined);
      throw thrown;
    }
    const { restore } = await this.service.read(objectId);
    return restore?.requestId === requestId
      ? this.underWay(objectId, record, restore)
      : { outcome: "waiting", why: "requested", requestId };
  }

  /** Takes over what others have requested, and keeps the first estimate. */
  private async underWay(objectId: string, known: RecallRecord | undefined, { requestId, eta }: Restore): Promise<Standing> {
    const own = known?.requestId === requestId ? known : undefined;
    if (!own || (eta && !own.eta)) {
      const requestedAt = own?.requestedAt ?? new Date(this.options.clock()).toISOString();
      await this.swap(objectId, known, { requestId, requestedAt, requests: known?.requests ?? 1, ...(eta ? { eta } : {}) });
    }
    return { outcome: "waiting", why: "requested", requestId, ...(eta ? { eta } : {}) };
  }

  private async available(objectId: string, seen: Availability): Promise<Standing> {
    const known = await this.record(objectId);
    const { requestId, availableFrom, cost } = seen.restore ?? {};
    if (known && known.requestId === requestId && !known.availableFrom && availableFrom) {
      const record = { ...known, availableFrom, ...(cost === undefined ? {} : { cost }) };
      // Once, by whoever notes it.
      const first = await this.swap(objectId, known, record);
      if (first && cost !== undefined) await this.options.budget.correct(this.options.clock(), cost);
    }
    return { outcome: "available", facts: factsOf(objectId, seen, known) };
  }

  private record(objectId: string): Promise<RecallRecord | undefined> {
    return this.bookmarks.get(this.options.owner, `object/${objectId}`);
  }

  private swap(objectId: string, read: RecallRecord | undefined, value: RecallRecord | undefined): Promise<boolean> {
    return this.bookmarks.swap(this.options.owner, `object/${objectId}`, read, value);
  }
}
