import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { hostname } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { DocumentState, Receipt } from "../../document";
import { DocbridgeError } from "../../errors";
import type { DeliveryArrival, DeliveryResult } from "../deliveries";
import type * as L from "../ledger";
import type { NoteType } from "../notes";
import type { RunAsset } from "../runs";
import type { VariantArrival, VariantResult } from "../variants";
import { SqliteBookmarks } from "./bookmarks";
import type { OperationName } from "./operations";
import type { Call, Reply, WorkerOptions } from "./protocol";
import { SqliteConsole } from "./sqlite-console";
import { type Asking, SqliteRouting } from "./sqlite-routing";

export interface SqliteLedgerOptions {
  /** Folder of `ledger.sqlite`. */
  dir: string;
  policy: L.RetryPolicy;
  /** A session that did not renew itself for this long may be taken over, milliseconds. */
  leaseMs: number;
  /** Extra milliseconds a commit takes; for tests of group commit. */
  commitDelayMs?: number;
}

interface Pending {
  call: Call;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** This process, for telling live sessions from dead ones. */
const BOOT = randomUUID();

/**
 * The embedded ledger: SQLite in a worker thread. Calls that come in while the thread is busy form the next group
 * and share one commit.
 */
export class SqliteLedger implements L.Ledger {
  readonly bookmarks: SqliteBookmarks;
  readonly routing: SqliteRouting;
  readonly console: SqliteConsole;
  private readonly changes = new EventEmitter();
  private queue: Pending[] = [];
  private running: Pending[] = [];
  private heartbeat: NodeJS.Timeout | undefined;
  private failure: DocbridgeError | undefined;
  private closing = false;
  private renewedAt = performance.now();
  private groups = 0;
  private lost = new AbortController();

  private constructor(
    private readonly worker: Worker,
    private readonly options: SqliteLedgerOptions,
  ) {
    this.changes.setMaxListeners(0);
    const asking: Asking = { ask: (name, ...values) => this.ask(name, ...values), tell: () => this.changes.emit("change") };
    this.bookmarks = new SqliteBookmarks(asking);
    this.routing = new SqliteRouting(asking);
    this.console = new SqliteConsole(options.dir, asking);
    worker.on("message", (replies: Reply[]) => this.settle(replies));
    worker.on("error", (error) => this.fault(error));
    worker.on("exit", (code) => this.fault(new Error(`the ledger thread ended with code ${code}`)));
  }

  /** Opens (and when needed makes) the ledger. Throws `unsupported-runtime` or `ledger-unavailable`. */
  static async open(options: SqliteLedgerOptions): Promise<SqliteLedger> {
    await requireSqlite();
    const workerData: WorkerOptions = {
      dir: options.dir,
      session: randomUUID(),
      policy: options.policy,
      commitDelayMs: options.commitDelayMs ?? 0,
    };
    const worker = new Worker(join(__dirname, "worker.js"), { workerData });
    try {
      await once(worker, "message");
    } catch (error) {
      throw new DocbridgeError("ledger-unavailable", {
        message: `The ledger in ${options.dir} cannot be opened: ${(error as Error).message}`,
        cause: error,
      });
    }
    const ledger = new SqliteLedger(worker, options);
    await ledger.openSession();
    ledger.heartbeat = setInterval(() => void ledger.renew(), options.leaseMs / 3);
    ledger.heartbeat.unref();
    return ledger;
  }

  admit(entry: L.Admission): Promise<L.AdmitResult> {
    return this.askAndTell("admit", entry);
  }
  lease(request: L.LeaseRequest): Promise<L.DocumentRecord[]> {
    return this.ask("lease", request);
  }
  releaseHolder(holder: string): Promise<number> {
    return this.askAndTell("releaseHolder", holder);
  }
  release(id: string, fence: number, delayMs: number): Promise<void> {
    return this.askAndTell("release", id, fence, delayMs);
  }
  touch(id: string, fence: number): Promise<void> {
    return this.ask("touch", id, fence);
  }
  failOverdue(holder: string, olderThanMs: number): Promise<string[]> {
    return this.askAndTell("failOverdue", holder, olderThanMs);
  }
  emitted(id: string, fence: number): Promise<void> {
    return this.askAndTell("emitted", id, fence);
  }
  async intent(request: L.IntentRequest): Promise<L.Intent> {
    const intent = await this.ask<L.Intent>("intent", request);
    // A held document has given its place in the flow free; so may one whose receipts were all there.
    if (intent.outcome === "held" || intent.outcome === "receipt") this.changes.emit("change");
    return intent;
  }
  progress(claim: L.IntentClaim, progress: L.IntentProgress): Promise<void> {
    return this.ask("progress", claim, progress);
  }
  receipt(claim: L.IntentClaim, receipt: Receipt): Promise<DocumentState> {
    return this.askAndTell("receipt", claim, receipt);
  }
  verified(id: string, target: string, receipt: Receipt): Promise<DocumentState> {
    return this.askAndTell("verified", id, target, receipt);
  }
  amended(id: string, target: string, receipt: Receipt): Promise<DocumentState> {
    return this.askAndTell("amended", id, target, receipt);
  }
  variantArrived(arrival: VariantArrival): Promise<VariantResult> {
    return this.askAndTell("variantArrived", arrival);
  }
  deliveryArrived(arrival: DeliveryArrival): Promise<DeliveryResult> {
    return this.askAndTell("deliveryArrived", arrival);
  }
  fail(failure: L.Failure): Promise<L.FailureResult> {
    return this.askAndTell("fail", failure);
  }
  note(id: string, type: NoteType, data: Record<string, unknown>): Promise<void> {
    return this.ask("note", id, type, data);
  }
  wake(id: string): Promise<DocumentState> {
    return this.askAndTell("wake", id);
  }
  get(id: string): Promise<L.DocumentRecord | undefined> {
    return this.ask("get", id);
  }
  byKey(key: string): Promise<L.DocumentRecord | undefined> {
    return this.ask("byKey", key);
  }
  events(id: string) {
    return this.ask<Awaited<ReturnType<L.Ledger["events"]>>>("events", id);
  }
  counts(): Promise<L.LedgerCounts> {
    return this.ask("counts");
  }
  batch(id: string): Promise<L.BatchRecord | undefined> {
    return this.ask("batch", id);
  }
  expectNoMore(batchId: string): Promise<void> {
    return this.askAndTell("expectNoMore", batchId);
  }
  keepRunAssets(batchId: string, assets: RunAsset[], by: { who: string; why: string }): Promise<number> {
    return this.ask("keepRunAssets", batchId, assets, by);
  }
  releasableContent(closedBefore: number, limit: number): Promise<string[]> {
    return this.ask("releasableContent", closedBefore, limit);
  }
  unknownContent(sha256: string[]): Promise<string[]> {
    return this.ask("unknownContent", sha256);
  }
  contentReleased(sha256: string[]): Promise<void> {
    return this.ask("contentReleased", sha256);
  }

  onChange(listener: () => void): () => void {
    this.changes.on("change", listener);
    return () => this.changes.off("change", listener);
  }

  async close(): Promise<void> {
    if (this.closing) return;
    clearInterval(this.heartbeat);
    this.routing.stop();
    await this.console.close();
    if (!this.failure) await this.ask("endSession");
    this.closing = true;
    const exited = once(this.worker, "exit");
    this.worker.postMessage("close");
    await exited;
  }

  /** Commits so far; calls that came in together share one. */
  get commits(): number {
    return this.groups;
  }

  get leaseLost(): AbortSignal {
    return this.lost.signal;
  }

  private async openSession(): Promise<void> {
    const identity: L.SessionIdentity = { host: hostname(), pid: process.pid, boot: BOOT };
    await this.ask("openSession", identity, this.options.leaseMs);
    this.renewedAt = performance.now();
  }

  /** Timers run before anything else after a stall, so a request of the old lease is cut before it can send more. */
  private async renew(): Promise<void> {
    if (performance.now() - this.renewedAt > this.options.leaseMs) {
      this.lost.abort();
      this.lost = new AbortController();
    }
    try {
      await this.ask("renewSession", this.options.leaseMs);
      this.renewedAt = performance.now();
    } catch (error) {
      if (!(error instanceof DocbridgeError && error.code === "fenced")) return;
      await this.openSession().catch((failed) => this.fault(failed));
      this.changes.emit("change");
    }
  }

  private async askAndTell<T>(name: OperationName, ...values: unknown[]): Promise<T> {
    const value = await this.ask<T>(name, ...values);
    this.changes.emit("change");
    return value;
  }

  private ask<T>(name: OperationName, ...values: unknown[]): Promise<T> {
    if (this.failure) return Promise.reject(this.failure);
    if (this.closing) return Promise.reject(unavailable("The ledger is closed"));
    return new Promise<T>((resolve, reject) => {
      this.queue.push({ call: { name, values }, resolve: resolve as (value: unknown) => void, reject });
      // After this turn, so that all callers of the turn share the group.
      if (this.running.length === 0 && this.queue.length === 1) setImmediate(() => this.send());
    });
  }

  private send(): void {
    if (this.running.length > 0 || this.queue.length === 0) return;
    this.running = this.queue;
    this.queue = [];
    this.groups += 1;
    this.worker.postMessage(this.running.map((pending) => pending.call));
  }

  private settle(replies: Reply[]): void {
    const settled = this.running;
    this.running = [];
    this.send();
    settled.forEach((pending, index) => {
      const reply = replies[index] as Reply;
      if ("value" in reply) pending.resolve(reply.value);
      else pending.reject(new DocbridgeError(reply.error.code, reply.error));
    });
  }

  private fault(cause: Error): void {
    if (this.closing || this.failure) return;
    this.failure = unavailable(`The ledger stopped working: ${cause.message}`, cause);
    clearInterval(this.heartbeat);
    for (const pending of [...this.running, ...this.queue]) pending.reject(this.failure);
    this.running = [];
    this.queue = [];
    this.changes.emit("change");
  }
}

function unavailable(message: string, cause?: unknown): DocbridgeError {
  return new DocbridgeError("ledger-unavailable", { message, retryable: true, cause });
}

/** `node:sqlite` came in Node.js 22.5 and needs no flag from 22.13. */
async function requireSqlite(): Promise<void> {
  try {
    await import("node:sqlite");
  } catch (error) {
    throw new DocbridgeError("unsupported-runtime", {
      message: `The embedded ledger needs Node.js 22.13 or newer; this is ${process.version}. Install a newer Node.js.`,
      cause: error,
    });
  }
}
