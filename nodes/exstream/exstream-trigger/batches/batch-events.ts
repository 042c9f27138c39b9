import { TERMINAL_STATES } from "../../../core/document";
import type { BatchRecord, Ledger } from "../../../core/ledger/ledger";
import { type BatchEvent, type BatchFailure, type BatchReport, TOLD_FAILURES } from "./batch-event";

export interface BatchEventsOptions {
  ledger: Ledger;
  /** Id of the trigger node. */
  origin: string;
  send: (event: BatchEvent) => void;
  report: (error: unknown) => void;
  /** Keeps the ledger open until the work has settled. */
  lend: <T>(work: Promise<T>) => Promise<T>;
  /** Least time between two events `progress` of one batch, milliseconds. */
  progressMs: number;
}

/** What is kept of a batch that is open, in the ledger. */
interface Kept {
  /** By what they are about. */
  reports: Record<string, BatchReport>;
}

interface Open extends Kept {
  /** What the last event said. */
  said: string;
  waitMs: number;
  lookAt: number;
}

const BOOKMARK = "batch/";
/** A batch that does not change is looked at less and less often, up to this long, milliseconds. */
const LONGEST_WAIT_MS = 60_000;
/** Nobody said how many documents a batch has, and all that came have ended: after this long nothing more is expected. */
const FORGOTTEN_AFTER_MS = 24 * 3600_000;

/**
 * Tells the flow about the batches of a trigger: `opened` with a batch's first document, `progress` while it changes, at
 * last `complete` or `failed`. Which batches are open is in the ledger, so that a restart tells the end of each; an event
 * may come twice when the process is killed while it is sent.
 */
export class BatchEvents {
  private readonly open = new Map<string, Open>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private work: Promise<void>;

  constructor(private readonly options: BatchEventsOptions) {
    this.work = this.resume();
    this.loop();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.work;
  }

  /** A document of this batch goes into the flow. */
  saw(batchId: string): void {
    const known = this.open.get(batchId);
    if (known) known.waitMs = this.options.progressMs;
    else if (!this.stopped) this.enqueue(() => this.begin(batchId)).catch(() => undefined);
  }

  /** What is known of a batch beside its documents. Kept when it resolves. A batch without any document ends with it. */
  tell(batchId: string, report: BatchReport): Promise<void> {
    return this.enqueue(async () => {
      const record = await this.options.ledger.batch(batchId);
      if (!record) {
        this.say(report.error || report.failed > 0 ? "failed" : "complete", batchId, undefined, [report]);
        return;
      }
      const open = this.open.get(batchId) ?? (await this.begin(batchId));
      open.reports[report.source] = report;
      await this.keep(batchId, open);
      open.lookAt = 0;
    });
  }

  /** One thing after the other: events of one batch must not overtake each other. */
  private enqueue(step: () => Promise<unknown>): Promise<void> {
    const done = this.options.lend(
      this.work.then(async () => {
        await step();
      }),
    );
    this.work = done.catch(this.options.report);
    return done;
  }

  private async resume(): Promise<void> {
    try {
      const bookmarks = await this.options.ledger.bookmarks.list<Kept>(this.options.origin, BOOKMARK);
      for (const { name, value } of bookmarks) this.open.set(name.slice(BOOKMARK.length), this.opened(value));
    } catch (error) {
      this.options.report(error);
    }
  }

  private opened(kept: Kept): Open {
    return { ...kept, said: "", waitMs: this.options.progressMs, lookAt: 0 };
  }

  private async begin(batchId: string): Promise<Open> {
    const known = this.open.get(batchId);
    if (known) return known;
    const open = this.opened({ reports: {} });
    await this.keep(batchId, open);
    this.open.set(batchId, open);
    open.said = this.say("opened", batchId, await this.options.ledger.batch(batchId), []);
    open.lookAt = performance.now() + open.waitMs;
    return open;
  }

  private keep(batchId: string, { reports }: Open): Promise<void> {
    return this.options.ledger.bookmarks.set(this.options.origin, BOOKMARK + batchId, { reports } satisfies Kept);
  }

  private loop(): void {
    this.timer = setTimeout(async () => {
      await this.enqueue(() => this.look()).catch(() => undefined);
      if (!this.stopped) this.loop();
    }, this.options.progressMs);
  }

  private async look(): Promise<void> {
    for (const [batchId, open] of this.open) {
      if (this.stopped || performance.now() < open.lookAt) continue;
      await this.lookAt(batchId, open);
    }
  }

  private async lookAt(batchId: string, open: Open): Promise<void> {
    const record = await this.options.ledger.batch(batchId);
    if (record?.closedAt !== undefined) {
      await this.end(batchId, open, record);
      return;
    }
    const before = open.said;
    if (JSON.stringify(record?.byState ?? {}) !== before) open.said = this.say("progress", batchId, record, Object.values(open.reports));
    const hasChanged = open.said !== before;
    open.waitMs = hasChanged ? this.options.progressMs : Math.min(open.waitMs * 2, LONGEST_WAIT_MS);
    open.lookAt = performance.now() + open.waitMs;
    if (isForgotten(record)) await this.forget(batchId);
  }

  private async end(batchId: string, open: Open, record: BatchRecord): Promise<void> {
    const reports = Object.values(open.reports);
    const stopped = await this.options.ledger.console.documents(
      { batch: batchId, states: ["quarantined", "conflict", "rejected"] },
      TOLD_FAILURES,
    );
    const documents = stopped.documents.map(
      ({ id, customer, fileName, state, error }): BatchFailure => ({
        documentId: id,
        customerNumber: customer,
        file: fileName,
        code: error?.code ?? state,
        message: error?.message ?? state,
      }),
    );
    this.say(reports.some(({ error }) => error) ? "failed" : "complete", batchId, record, reports, documents);
    await this.forget(batchId);
  }

  private async forget(batchId: string): Promise<void> {
    this.open.delete(batchId);
    await this.options.ledger.bookmarks.set(this.options.origin, BOOKMARK + batchId, undefined);
  }

  /** Gives what the event says of the documents, to be compared with later. */
  private say(
    type: BatchEvent["type"],
    batchId: string,
    record: BatchRecord | undefined,
    reports: BatchReport[],
    documents: BatchFailure[] = [],
  ): string {
    const byState = record?.byState ?? {};
    const sum = (states: readonly string[]) =>
      Object.entries(byState).reduce((total, [state, count]) => (states.includes(state) ? total + count : total), 0);
    const all = sum(Object.keys(byState));
    const failures = [...reports.flatMap((report) => report.failures), ...documents];
    const failed = reports.reduce((total, report) => total + report.failed, 0);
    const isFinal = type === "complete" || type === "failed";
    this.options.send({
      type,
      batchId,
      at: new Date().toISOString(),
      counts: {
        documents: all,
        expected: record?.expected,
        open: all - sum(TERMINAL_STATES),
        closed: byState.closed ?? 0,
        quarantined: byState.quarantined ?? 0,
        conflict: byState.conflict ?? 0,
        rejected: byState.rejected ?? 0,
        failed,
      },
      failures: isFinal ? failures.slice(0, TOLD_FAILURES) : [],
      sources: reports.map(({ failures: _, failed: count, ...source }) => ({ ...source, failed: count })),
      error: reports.find(({ error }) => error)?.error,
    });
    return JSON.stringify(byState);
  }
}

function isForgotten(record: BatchRecord | undefined): boolean {
  if (!record) return true;
  const isEnded = Object.entries(record.byState).every(([state, count]) => count === 0 || (TERMINAL_STATES as string[]).includes(state));
  return record.expected === undefined && isEnded && Date.now() - record.openedAt > FORGOTTEN_AFTER_MS;
}
