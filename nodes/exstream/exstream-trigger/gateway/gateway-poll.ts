import type { Node } from "node-red";
import type { ExstreamGatewayClient, ListedTracker, Tracker } from "../../../clients/exstream/gateway";
import type { DocbridgeError } from "../../../core/errors";
import type { AdmissionRules } from "../../../core/intake/admission";
import type { Stores } from "../../../runtime/ledger-service";
import type { StatusLine } from "../../../runtime/status";
import type { BatchEvents } from "../batches/batch-events";
import { concernsAll, Poll } from "../polling/poll";
import type { RowRule } from "./gateway-rows";
import { GatewayWork, TRACKER_BOOKMARK } from "./gateway-work";

export interface GatewaySettings extends RowRule {
  /** Mustache template of the address of a document's bytes over its columns and stored variables. */
  address: string;
  /** Names of services whose trackers are taken; empty: all. */
  services: string[];
  /** Names of connectors whose documents are taken; empty: all. */
  connectors: string[];
  /** At the first start, trackers that ended within this time are taken too, milliseconds. */
  sinceMs: number;
  /** A tracker that has not ended so long after it was first seen is told as failed, milliseconds; 0: never. */
  deadlineMs: number;
}

export interface GatewayDesk {
  node: Node;
  client: () => Promise<ExstreamGatewayClient>;
  stores: Stores;
  rules: AdmissionRules;
  settings: GatewaySettings;
  status: StatusLine;
  batches?: BatchEvents;
}

/** How far the poll has come; kept in the ledger. */
interface GatewayMark {
  /** Place in the list of trackers up to which all are done; -1: none. */
  place: number;
  /** The tracker at that place; another one is there once the gateway forgets old ones. */
  tracker?: string;
  /** Until the list was gone through once: trackers that ended before this are left alone, milliseconds since 1970. */
  from?: number;
}

const POLL_BOOKMARK = "trackers";

/**
 * Trackers of the service gateway, asked for again and again (wire/exstream.md 8.2). The list cannot be asked for what is new:
 * filters know `EQ` and `LT` only. So the mark is a place in it, which holds while the tracker that was there still is; else the
 * list is read anew. What is done is known by id and state in the ledger, and no clock decides what is taken but at the first
 * start. See GatewayWork for one tracker.
 */
export class GatewayPoll extends Poll<GatewayDesk> {
  constructor(desk: GatewayDesk) {
    super(desk, TRACKER_BOOKMARK);
  }

  protected async ask(): Promise<void> {
    const { bookmarks } = this.desk.stores.ledger;
    const { origin } = this.desk.rules;
    const before = (await bookmarks.get<GatewayMark>(origin, POLL_BOOKMARK)) ?? (await this.begin());
    const { trackers, isAnew } = await this.listed(before);
    let mark: GatewayMark = isAnew ? { ...before, place: -1, tracker: undefined } : before;
    const seen = new Set<string>();
    let isBehindOpen = false;
    let failure: DocbridgeError | undefined;
    for await (const tracker of trackers) {
      seen.add(tracker.id);
      let isDone = !this.isWanted(tracker);
      const error = await this.attempt(async () => {
        isDone ||= await new GatewayWork(this.desk, tracker, await this.desk.client(), this.stopping.signal).run(before.from);
      });
      failure ??= error;
      if (error && concernsAll(error)) break;
      isBehindOpen ||= !isDone;
      if (!isBehindOpen) mark = { ...mark, place: tracker.place, tracker: tracker.id };
    }
    const isThrough = !(failure && concernsAll(failure));
    if (isThrough) mark = { ...mark, from: undefined };
    await bookmarks.set(origin, POLL_BOOKMARK, mark);
    if (isAnew && isThrough) await this.forget((id) => !seen.has(id));
    if (failure) throw failure;
  }

  /** Kept at once, since the gateway may be away when the node is first deployed. */
  private async begin(): Promise<GatewayMark> {
    const mark: GatewayMark = { place: -1, from: Date.now() - this.desk.settings.sinceMs };
    await this.desk.stores.ledger.bookmarks.set(this.desk.rules.origin, POLL_BOOKMARK, mark);
    return mark;
  }

  private isWanted({ service }: Tracker): boolean {
    const { services } = this.desk.settings;
    return services.length === 0 || services.includes(service ?? "");
  }

  /** The trackers behind the mark; all anew when the one at the mark is not there any more. */
  private async listed({ place, tracker }: GatewayMark): Promise<{ trackers: AsyncGenerator<ListedTracker>; isAnew: boolean }> {
    const client = await this.desk.client();
    const { signal } = this.stopping;
    if (place < 0) return { trackers: client.trackers({ after: -1, signal }), isAnew: false };
    const behind = client.trackers({ after: place - 1, signal });
    const { value } = await behind.next();
    if (value?.id === tracker) return { trackers: behind, isAnew: false };
    await behind.return(undefined);
    return { trackers: client.trackers({ after: -1, signal }), isAnew: true };
  }
}
