import type * as C from "../console";
import type { RunAssets } from "../runs";
import type { ActionSlice } from "./actions";
import { ReaderThread } from "./reader-thread";
import type { Asking } from "./sqlite-routing";

/** Documents that an action touches in one commit. */
const SLICE = 1000;

/** What the operator console asks of the embedded ledger: questions go to the reading thread, actions to the writing one. */
export class SqliteConsole implements C.LedgerConsole {
  private readonly reader: ReaderThread;

  constructor(
    dir: string,
    private readonly ledger: Asking,
  ) {
    this.reader = new ReaderThread(dir);
  }

  figures(): Promise<C.Figures> {
    return this.reader.ask("figures");
  }
  throughput(from: number, until: number, stepMinutes: number): Promise<C.ThroughputPoint[]> {
    return this.reader.ask("throughput", from, until, stepMinutes);
  }
  batches(limit: number): Promise<C.BatchSummary[]> {
    return this.reader.ask("batches", limit);
  }
  runAssets(batchId: string): Promise<RunAssets | undefined> {
    return this.reader.ask("runAssets", batchId);
  }
  failures(): Promise<C.FailureGroup[]> {
    return this.reader.ask("failures");
  }
  documents(filter: C.DocumentFilter, limit: number, after?: string): Promise<C.DocumentPage> {
    return this.reader.ask("documents", filter, limit, after);
  }
  detail(id: string): Promise<C.DocumentDetail | undefined> {
    return this.reader.ask("detail", id);
  }
  recent(query: { limit: number; from?: number; until?: number; after?: string }): Promise<{ documents: C.RoutingFacts[]; next?: string }> {
    return this.reader.ask("recent", query);
  }
  orphans(limit: number, after?: string): Promise<C.OrphanPage> {
    return this.reader.ask("orphans", limit, after);
  }
  audit(limit: number, before?: number): Promise<C.AuditEntry[]> {
    return this.reader.ask("audit", limit, before);
  }
  brokenAudit(): Promise<number | undefined> {
    return this.reader.ask("brokenAudit");
  }

  async preview(action: C.ActionName, selection: C.Selection): Promise<C.ActionPreview> {
    const found: C.ActionPreview = { documents: 0, passedOver: 0 };
    let next: string | undefined;
    do {
      const slice = await this.reader.ask("slice", action, selection, SLICE, next);
      found.documents += slice.ids.length;
      found.passedOver += slice.passedOver;
      next = slice.next;
    } while (next !== undefined);
    return found;
  }

  async act(action: C.ActionName, selection: C.Selection, { who, why }: { who: string; why: string }): Promise<C.ActionPreview> {
    const sum: C.ActionPreview = { documents: 0, passedOver: 0 };
    const dueAt = Date.now();
    const carryOut = async (ids: string[], part: Pick<ActionSlice, "opens" | "closing">) => {
      const slice: ActionSlice = { action, ids, who, why, dueAt, selection, ...part };
      const done = await this.ledger.ask<C.ActionPreview>("act", slice);
      sum.documents += done.documents;
      sum.passedOver += done.passedOver;
      this.ledger.tell();
    };
    try {
      let next: string | undefined;
      do {
        const isFirst = next === undefined;
        const slice = await this.reader.ask("slice", action, selection, SLICE, next);
        sum.passedOver += slice.passedOver;
        next = slice.next;
        await carryOut(slice.ids, next === undefined ? { closing: { ...sum } } : { opens: isFirst });
      } while (next !== undefined);
      return sum;
    } catch (error) {
      // What was done is done, and has to be in the log; a ledger that fails altogether cannot take it.
      if (sum.documents > 0) await carryOut([], { closing: { ...sum, stopped: true } }).catch(() => undefined);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}
