import type { RouteTable } from "../../routing/table";
import type * as R from "../routing";
import type { OperationName } from "./operations";

/** Asks the ledger's thread; `tell` lets the releasing nodes look for due documents afterwards. */
export interface Asking {
  ask<T>(name: OperationName, ...values: unknown[]): Promise<T>;
  tell(): void;
}

/** Other workers' changes are looked for this often while somebody listens, milliseconds. */
const POLL_MS = 200;
const SLICE = 1000;

/** Route tables and holds of the embedded ledger. */
export class SqliteRouting implements R.LedgerRouting {
  private readonly listeners = new Set<(table: string) => void>();
  private known: Record<string, number> | undefined;
  private poll: NodeJS.Timeout | undefined;

  constructor(private readonly ledger: Asking) {}

  tables(): Promise<string[]> {
    return this.ledger.ask("tableNames");
  }
  active(table: string): Promise<R.RouteTableVersion | undefined> {
    return this.ledger.ask("activeTable", table);
  }
  versions(table: string, limit: number, before?: number): Promise<R.RouteTableVersion[]> {
    return this.ledger.ask("tableVersions", table, limit, before);
  }
  version(table: string, version: number): Promise<R.RouteTableVersion | undefined> {
    return this.ledger.ask("tableVersion", table, version);
  }
  draft(table: string): Promise<R.RouteTableDraft | undefined> {
    return this.ledger.ask("tableDraft", table);
  }
  saveDraft(table: string, content: RouteTable, revision: number, author: string): Promise<R.RouteTableDraft> {
    return this.ledger.ask("saveDraft", table, content, revision, author);
  }
  discardDraft(table: string, revision: number, who: string): Promise<void> {
    return this.ledger.ask("discardDraft", table, revision, who);
  }

  async activate(table: string, content: RouteTable, expectedVersion: number, by: { author: string; note: string }) {
    const version = await this.ledger.ask<R.RouteTableVersion>("activateTable", table, content, expectedVersion, by);
    this.notice(table, version.version);
    return version;
  }

  onTableChange(listener: (table: string) => void): () => void {
    this.listeners.add(listener);
    if (!this.poll) {
      this.poll = setInterval(() => void this.look(), POLL_MS);
      this.poll.unref();
      void this.look();
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop();
    };
  }

  async routed(entry: R.RoutedEntry): Promise<R.RoutedResult> {
    const result = await this.ledger.ask<R.RoutedResult>("routed", entry);
    // A held document has given its place in the flow free.
    if (result.outcome === "held") this.ledger.tell();
    return result;
  }

  hold(destination: string, by: R.Decided): Promise<void> {
    return this.ledger.ask("hold", destination, by);
  }

  async releaseHold(destination: string, by: R.Decided, perSecond = 0): Promise<number> {
    const heldUntil = Date.now();
    await this.ledger.ask("endHold", destination, by);
    const stepMs = perSecond > 0 ? 1000 / perSecond : 0;
    let released = 0;
    for (let last = SLICE; last === SLICE; released += last) {
      last = await this.ledger.ask<number>("releaseHeld", {
        destination,
        who: by.who,
        heldUntil,
        limit: SLICE,
        firstAt: heldUntil + released * stepMs,
        stepMs,
      });
      this.ledger.tell();
    }
    return released;
  }

  holds(): Promise<R.Hold[]> {
    return this.ledger.ask("holds");
  }

  /** Ends the looking for other workers' changes. */
  stop(): void {
    clearInterval(this.poll);
    this.poll = undefined;
    this.known = undefined;
  }

  private async look(): Promise<void> {
    // A ledger that cannot be read is reported by whoever needs it; the next look comes by itself.
    const versions = await this.ledger.ask<Record<string, number>>("activeVersions").catch(() => undefined);
    if (!versions || !this.poll) return;
    const before = this.known;
    this.known ??= versions;
    if (before) for (const [table, version] of Object.entries(versions)) this.notice(table, version);
  }

  private notice(table: string, version: number): void {
    if (this.known) {
      if ((this.known[table] ?? 0) >= version) return;
      this.known[table] = version;
    }
    for (const listener of this.listeners) listener(table);
  }
}
