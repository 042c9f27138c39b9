import { randomUUID } from "node:crypto";
import type { DocumentRecord, Ledger } from "../core/ledger/ledger";

export interface ReleaserOptions {
  /** Documents of this origin are released: the id of the node that took them in. */
  origin: string;
  maxInFlight: number;
  /** A document nobody reported on for this long, in milliseconds, is taken back and tried again. */
  flowTimeoutMs: number;
  /** Hands a document to the flow. */
  emit: (record: DocumentRecord) => void;
  report: (error: unknown) => void;
}

const TICK_MS = 500;
const OVERDUE_MS = 5_000;

/**
 * Releases waiting documents of one origin into the flow, at most `maxInFlight` at a time: on start, when a place is
 * free, and when a planned attempt is due. The rest wait in the ledger.
 */
export class Releaser {
  /** A redeployed node is another holder than the one before it. */
  readonly holder = randomUUID();
  private readonly timers: NodeJS.Timeout[];
  private readonly unsubscribe: () => void;
  private pumping: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  constructor(
    private readonly ledger: Ledger,
    private readonly options: ReleaserOptions,
  ) {
    this.unsubscribe = ledger.onChange(() => this.pump());
    this.timers = [setInterval(() => this.pump(), TICK_MS), setInterval(() => void this.takeBackOverdue(), OVERDUE_MS)];
    this.pump();
  }

  /** Stops releasing and gives back what is in the flow. Nodes that are at it keep their intents and finish. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.unsubscribe();
    for (const timer of this.timers) clearInterval(timer);
    await this.pumping;
    await this.ledger.releaseHolder(this.holder);
  }

  /** Many changes while a lease request is under way cause one more request, not many. */
  private pump(): void {
    if (this.stopped) return;
    if (this.pumping) {
      this.again = true;
      return;
    }
    this.pumping = this.releaseDue().finally(() => {
      this.pumping = undefined;
      if (!this.again) return;
      this.again = false;
      this.pump();
    });
  }

  private async releaseDue(): Promise<void> {
    const { origin, maxInFlight, emit, report } = this.options;
    try {
      const due = await this.ledger.lease({ origin, holder: this.holder, maxInFlight });
      // After stop() these are given back with the holder.
      if (!this.stopped) for (const record of due) emit(record);
    } catch (error) {
      report(error);
    }
  }

  private async takeBackOverdue(): Promise<void> {
    try {
      await this.ledger.failOverdue(this.holder, this.options.flowTimeoutMs);
    } catch (error) {
      this.options.report(error);
    }
  }
}
