import type { Node } from "node-red";
import type { AdmissionRules } from "../../../core/intake/admission";
import type { Stores } from "../../../runtime/ledger-service";
import { type BatchFailure, TOLD_FAILURES } from "../batches/batch-event";
import type { BatchEvents } from "../batches/batch-events";
import type { Reason } from "../folder/folder-files";

/** How far a job has come; kept in the ledger. */
export interface JobMark {
  /** Of the job when it was listed: with another one it is taken anew. */
  status: string;
  /** When it ended (or began, while it runs), milliseconds since 1970. */
  endedAt: number;
  done: boolean;
  /** Its deadline has passed, and that was told. */
  overdue?: boolean;
  /** By the step of the job whose outputs are taken. */
  steps: Record<string, OutputsMark>;
  failures: BatchFailure[];
  failed: number;
  error?: Reason;
}

/** Status in the mark of a job that has not ended, whatever its own is. */
export const OPEN = "open";

/** How far the outputs that a list names have come. */
export interface OutputsMark {
  /** Hash of the list, in the spool. */
  file: string;
  /** Entries that are settled, but for the pending ones. */
  entries: number;
  /** Entries whose output the server could not give, by number. */
  pending: number[];
  /** When the first of them failed, milliseconds since 1970. */
  failingSince?: number;
  done: boolean;
}

export interface AccountDesk {
  node: Node;
  stores: Stores;
  rules: AdmissionRules;
  batches?: BatchEvents;
}

/** What is kept of one job while its outputs are taken, and told of it at the end. A job is a batch of the same id. */
export class JobAccount {
  mark: JobMark;

  /**
   * @param bookmark begin of the names of bookmarks of such jobs.
   * @param endedAt of the job, milliseconds since 1970.
   */
  constructor(
    private readonly desk: AccountDesk,
    private readonly bookmark: string,
    private readonly id: string,
    { status, endedAt }: Pick<JobMark, "status" | "endedAt">,
  ) {
    this.mark = { status, endedAt, done: false, steps: {}, failures: [], failed: 0 };
  }

  /** Goes on from what was kept, unless the job has got another status since; false when nothing was. */
  async resume(): Promise<boolean> {
    const kept = await this.desk.stores.ledger.bookmarks.get<JobMark>(this.desk.rules.origin, this.bookmark + this.id);
    const isSame = kept?.status === this.mark.status;
    if (isSame) this.mark = kept;
    return isSame;
  }

  keep(): Promise<void> {
    return this.desk.stores.ledger.bookmarks.set(this.desk.rules.origin, this.bookmark + this.id, this.mark);
  }

  fail(failures: readonly BatchFailure[]): void {
    this.mark.failures.push(...failures.slice(0, TOLD_FAILURES - this.mark.failures.length));
    this.mark.failed += failures.length;
  }

  giveUp(code: "job-failed" | "job-overdue", message: string): void {
    this.mark.error = { code, message, subject: this.id };
  }

  /** Nothing more comes of the job; the flow hears of it first. `messages` are asked for only where somebody hears them. */
  async close(messages?: () => Promise<string[]>): Promise<void> {
    const { batches, stores, node } = this.desk;
    const { failures, failed, error } = this.mark;
    if (batches) await batches.tell(this.id, { source: `job ${this.id}`, failures, failed, error, messages: await messages?.() });
    await stores.ledger.expectNoMore(this.id);
    if (!batches && error) node.warn(error.message);
    if (!batches && failed > 0) node.warn(`Job ${this.id}: no document came of ${failed} customers or outputs.`);
    this.mark.done = true;
    Object.assign(this.mark, { steps: {}, failures: [] });
    await this.keep();
  }

  /** Tells, once, that the job has not ended in time. It may still end. */
  async overdue(message: string): Promise<void> {
    if (this.mark.overdue) return;
    const error = { code: "job-overdue" as const, message, subject: this.id };
    await this.desk.batches?.tell(this.id, { source: `job ${this.id}`, failures: [], failed: 0, error });
    this.mark.overdue = true;
    await this.keep();
    this.desk.node.warn(message);
  }
}
