import type { Response } from "express";
import type { Ledger } from "../core/ledger/ledger";
import type { LedgerNode } from "../runtime/ledger-service";
import type { ConsoleFigures } from "./api-types";
import { figuresOf } from "./figures";
import { type LedgerCall, ledgerApi, type Route } from "./routes";

/** Figures go out at most this often, milliseconds. */
const LEAST_MS = 1000;
/** What other workers change is told to nobody here, so it is looked for. */
const LOOK_MS = 5000;
/** Proxies cut a connection on which nothing happens. */
const KEEP_ALIVE_MS = 15_000;
/** A listener that has fallen so far behind, in bytes, is passed over until it has caught up. */
const BEHIND = 256 * 1024;

export const streamRoutes: Route[] = [ledgerApi("get", "/stream", "docbridge.read", openStream)];

const streams = new WeakMap<LedgerNode, FiguresStream>();

/** Answers with server-sent events that end when the client goes or the ledger node is closed. */
async function openStream({ node, stores, response }: LedgerCall): Promise<void> {
  let stream = streams.get(node);
  if (!stream) {
    stream = new FiguresStream(stores.ledger);
    streams.set(node, stream);
    node.on("close", () => stream?.end());
  }
  // Proxies would collect events before they hand them on.
  response.set({ "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" }).flushHeaders();
  stream.add(response);
}

/** The figures of one ledger, computed once for all who listen. */
class FiguresStream {
  private readonly listeners = new Set<Response>();
  private timers: NodeJS.Timeout[] = [];
  private unsubscribe: (() => void) | undefined;
  private planned: NodeJS.Timeout | undefined;
  private computing = false;
  private changed = false;
  private computedAt = Number.NEGATIVE_INFINITY;
  private latest: ConsoleFigures | undefined;

  constructor(private readonly ledger: Ledger) {}

  add(listener: Response): void {
    this.listeners.add(listener);
    listener.once("close", () => this.remove(listener));
    if (this.latest) listener.write(eventOf(this.latest));
    if (this.listeners.size === 1) this.start();
    this.plan();
  }

  end(): void {
    for (const listener of this.listeners) listener.end();
    this.listeners.clear();
    this.stop();
  }

  private remove(listener: Response): void {
    this.listeners.delete(listener);
    if (this.listeners.size === 0) this.stop();
  }

  private start(): void {
    this.unsubscribe = this.ledger.onChange(() => this.plan());
    this.timers = [setInterval(() => this.plan(), LOOK_MS), setInterval(() => this.tell(": still here\n\n"), KEEP_ALIVE_MS)];
  }

  private stop(): void {
    this.unsubscribe?.();
    for (const timer of [...this.timers, this.planned]) clearTimeout(timer);
    this.timers = [];
    this.planned = undefined;
    // Whoever comes next must not see what was true a while ago.
    this.latest = undefined;
  }

  /** Many changes until the next computation cause one. */
  private plan(): void {
    if (this.computing) this.changed = true;
    else this.planned ??= setTimeout(() => void this.compute(), Math.max(0, this.computedAt + LEAST_MS - performance.now()));
  }

  private async compute(): Promise<void> {
    this.planned = undefined;
    this.computing = true;
    this.changed = false;
    this.computedAt = performance.now();
    try {
      const figures = await figuresOf(this.ledger);
      if (!same(figures, this.latest)) {
        this.latest = figures;
        this.tell(eventOf(figures));
      }
    } catch {
      // The page asks again, and is then told what is wrong.
      this.end();
    } finally {
      this.computing = false;
      if (this.changed && this.listeners.size > 0) this.plan();
    }
  }

  private tell(text: string): void {
    for (const listener of this.listeners) if (listener.writableLength < BEHIND) listener.write(text);
  }
}

/** Do they differ in more than the time they were taken? */
function same(one: ConsoleFigures, other: ConsoleFigures | undefined): boolean {
  return other !== undefined && JSON.stringify({ ...one, at: 0 }) === JSON.stringify({ ...other, at: 0 });
}

function eventOf(figures: ConsoleFigures): string {
  return `event: figures\ndata: ${JSON.stringify(figures)}\n\n`;
}
