import type { Node } from "node-red";
import { Spool } from "../core/content/spool";
import { asDocbridgeError, DocbridgeError } from "../core/errors";
import type { Ledger, RetryPolicy } from "../core/ledger/ledger";
import { SqliteLedger } from "../core/ledger/sqlite/sqlite-ledger";

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
/** Node-RED gives a node 15 s to close; the stores wait a little less for work they were lent to. */
const CLOSE_MS = 12_000;

/** Opens and closes a ledger with its spool, and lets bytes go when nobody owes anything for them any more. */
export class LedgerService {
  private readonly opening: Promise<Stores>;
  private readonly lent = new Set<Promise<unknown>>();
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
    this.lent.add(work);
    const back = () => this.lent.delete(work);
    work.then(back, back);
    return work;
  }

  async close(): Promise<void> {
    clearInterval(this.sweeper);
    const stores = await this.opening.catch(() => undefined);
    await Promise.race([this.drained(), new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref())]);
    this.closed = true;
    await stores?.ledger.close();
  }

  /** Work that ends may have lent again, so look until nothing is left. */
  private async drained(): Promise<void> {
    while (this.lent.size > 0) await Promise.allSettled(this.lent);
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
