import type { ExstreamClient } from "../../../clients/exstream/exstream";
import type { AdmissionRules } from "../../../core/intake/admission";
import type { DeliveryRules } from "../../../core/intake/delivery-event";
import type { Stores } from "../../../runtime/ledger-service";
import type { Intake } from "../intake-loop";
import { takeEvent } from "./event-webhook";

export interface EventPollOptions {
  client: () => Promise<ExstreamClient>;
  stores: Stores;
  admission: AdmissionRules;
  rules: DeliveryRules;
  /** Path of the list of events, below the base URL of the server, without a query. */
  path: string;
  /** At the first start, events changed within this time are taken too, milliseconds. */
  sinceMs: number;
}

/** How far the poll has come; kept in the ledger. */
interface EventMark {
  /** All events last changed before this are in, milliseconds since 1970, by the clock of Exstream. */
  since: number;
}

const BOOKMARK = "events";
/** A list has no pages: this much time is asked for at once, milliseconds. */
const WINDOW_MS = 6 * 3600_000;
/** Clocks are set back, and events show late: so much before the mark is listed again. */
const OVERLAP_MS = 2 * 3600_000;
const DAY_MS = 24 * 3600_000;
/** Events that are remembered, so that the overlap costs no writing. */
const REMEMBERED = 100_000;

/**
 * Delivery events from event metrics (wire/exstream.md 9.7, V2), asked for again and again. The vendor marks them as
 * internal, so this is off by default. Events are known by their id in the ledger: one that is listed again is taken once.
 */
export class EventPoll implements Intake {
  private readonly stopping = new AbortController();
  private readonly seen = new Set<string>();

  constructor(private readonly options: EventPollOptions) {}

  stop(): void {
    this.stopping.abort();
  }

  async look(): Promise<void> {
    try {
      await this.takeNew();
    } catch (thrown) {
      // What was given up because the node closes is taken up again after it.
      if (!this.stopping.signal.aborted) throw thrown;
    }
  }

  private async takeNew(): Promise<void> {
    const mark = (await this.mark()) ?? (await this.keep(Date.now() - this.options.sinceMs + OVERLAP_MS));
    let { since } = mark;
    for (let from = since - OVERLAP_MS; ; from += WINDOW_MS) {
      const until = from + WINDOW_MS;
      // The last one has no end: whose clock is right is not known here.
      const isLast = until >= Date.now();
      const newest = await this.takeWindow(from, isLast ? undefined : until);
      // A time in the future would leave out all that comes before it; a window of the day before yesterday fills no more.
      const settled = until < Date.now() - DAY_MS ? until : 0;
      since = Math.max(since, settled, Math.min(newest, Date.now() + DAY_MS));
      await this.keep(since);
      if (isLast) return;
    }
  }

  private mark(): Promise<EventMark | undefined> {
    return this.options.stores.ledger.bookmarks.get<EventMark>(this.options.admission.origin, BOOKMARK);
  }

  private async keep(since: number): Promise<EventMark> {
    await this.options.stores.ledger.bookmarks.set(this.options.admission.origin, BOOKMARK, { since } satisfies EventMark);
    return { since };
  }

  /** Gives the newest time of change. */
  private async takeWindow(from: number, until: number | undefined): Promise<number> {
    const { client, stores, path } = this.options;
    const { signal } = this.stopping;
    const events = await (await client()).eventMetrics(path, { from, until, signal });
    let newest = 0;
    for (const event of events) {
      signal.throwIfAborted();
      newest = Math.max(newest, event.updated ?? 0);
      const text = JSON.stringify(event.properties);
      if (this.seen.has(text)) continue;
      await takeEvent(Buffer.from(text), stores, this.options);
      if (this.seen.size >= REMEMBERED) this.seen.clear();
      this.seen.add(text);
    }
    return newest;
  }
}
