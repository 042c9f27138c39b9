import type { Node } from "node-red";
import { Spool } from "../core/content/spool";
import { asDocbridgeError, DocbridgeError } from "../core/errors";
import type { Ledger, RetryPolicy } from "../core/ledger/ledger";
import { SqliteLedger } from "../core/ledger/sqlite/sqlite-ledger";
import { Loans, RETURN_MS } from "./loans";

/** Ledger and spool, opened together. */
export interface Stores {
  ledger: Ledger;
  spool: Spool;
}

/** What a document-ledger config node offers to the other nodes. */
export interface LedgerNode extends Node {
  /** Ledger and spool once they are open. Throws `ledger-unavailable`, `spool-io` or `unsupported-runtime`. */
  stores(): Promise<Stores>;
  /** Keeps the stores open until `work` has settled, also over a redeploy. */
  lend<T>(work: Promise<T>): Promise<T>;
  /** May monitoring read the figures of this ledger? */
  metrics: boolean;
}

export interface LedgerServiceOptions {
  dir: string;
  spoolBytes: number;
  /** Bytes stay this long after their document was closed, milliseconds. */
  graceMs: number;
  leaseMs: number;
  policy: RetryPolicy;
}

const SWEEP_MS = 60_000;
const SWEEP_BATCH = 500;

/** Opens and closes a ledger with its spool, and lets bytes go when nobody owes anything for them any more. */
export class LedgerService {
  private readonly opening: Promise<Stores>;
  private readonly loans = new Loans();
  private readonly sweeper: NodeJS.Timeout;
  private closed = false;
  private sweeps = 0;

  constructor(
    private readonly options: LedgerServiceOptions,
    private readonly report: (error: DocbridgeError) => void,
  ) {
    this.opening = this.open();
    this.opening.catch((error) => report(asDocbridgeError(error, "ledger-unavailable")));
    this.sweeper = setInterval(() => void this.sweep(), SWEEP_MS);
    this.sweeper.unref();
  }

  stores(): Promise<Stores> {
    if (this.closed) {
      return Promise.reject(new DocbridgeError("ledger-unavailable", { message: "The ledger was closed by a redeploy.", retryable: true }));
    }
    return this.opening;
  }

  lend<T>(work: Promise<T>): Promise<T> {
    return this.loans.lend(work);
  }

  async close(): Promise<void> {
    clearInterval(this.sweeper);
    const stores = await this.opening.catch(() => undefined);
    await this.loans.returned(RETURN_MS);
    this.closed = true;
    await stores?.ledger.close();
  }

  private async open(): Promise<Stores> {
    const { dir, spoolBytes, leaseMs, policy } = this.options;
    const spool = await Spool.open({ dir: `${dir}/spool`, maxBytes: spoolBytes });
    return { ledger: await SqliteLedger.open({ dir, policy, leaseMs }), spool };
  }

  private async sweep(): Promise<void> {
    try {
      const { ledger, spool } = await this.stores();
      const before = Date.now() - this.options.graceMs;
      const gone: string[] = [];
      for (const sha256 of await ledger.releasableContent(before, SWEEP_BATCH)) {
        if (await spool.remove(sha256, before)) gone.push(sha256);
      }
      if (gone.length > 0) await ledger.contentReleased(gone);
      // One of the spool's 256 folders a sweep: bytes that no document came to have, such as those of refused deliveries.
      const shard = await spool.shard(this.sweeps % 256);
      this.sweeps += 1;
      for (const sha256 of await ledger.unknownContent(shard)) await spool.remove(sha256, before);
    } catch (error) {
      this.report(asDocbridgeError(error, "spool-io"));
    }
  }
}
