import type { ExstreamClient, Job } from "../../clients/exstream";
import type { FlowStep } from "../../clients/exstream-runtime";
import { asDocbridgeError, type DocbridgeError, deservesAnotherAttempt } from "../../core/errors";
import { admissionOf } from "../../core/intake/admission";
import { damageOf } from "../../core/intake/damage";
import { readDelivery } from "../../core/intake/delivery-file";
import type { GoodEntry } from "../../core/intake/list-entry";
import { type BatchFailure, TOLD_FAILURES } from "./batch-event";
import { conflictOf } from "./conflict";
import type { Reason } from "./folder-files";
import { fetchOutput } from "./job-output";
import type { JobDesk } from "./job-poll";
import { failedCustomers, noteworthyMessages } from "./job-reports";
import { takeEntries } from "./take-entries";

/** How far a job has come; kept in the ledger. */
export interface JobMark {
  /** Of the job when it was listed: with another one it is taken anew. */
  status: string;
  /** When it ended (or began, while it runs), milliseconds since 1970. */
  endedAt: number;
  done: boolean;
  /** Its deadline has passed, and that was told. */
  overdue?: boolean;
  steps: Record<string, StepMark>;
  failures: BatchFailure[];
  failed: number;
  error?: Reason;
}

interface StepMark {
  /** Hash of its delivery file, in the spool. */
  file: string;
  /** Entries that are settled, but for the pending ones. */
  entries: number;
  /** Entries whose output the server could not give, by number. */
  pending: number[];
  /** When the first of them failed, milliseconds since 1970. */
  failingSince?: number;
  done: boolean;
}

/** Begin of the names of bookmarks of jobs. */
export const JOB_BOOKMARK = "job/";
const READ_BYTES = 4 * 1024;
/** Outputs of a step that the server cannot give, while it can give others; with more of them the server is in trouble. */
const MAX_PENDING = 100;
/** After so long an output that the server cannot give is given up, milliseconds. */
const GIVE_UP_MS = 24 * 3600_000;

/**
 * One ended job. The delivery file of each of its steps names the outputs; they are fetched one by one into the spool and
 * entered in the ledger. The delivery file itself is kept in the spool meanwhile, since nobody holds a connection open for
 * a million customers. Customers for whom Exstream composed nothing come from its error report and go into the batch
 * event with those whose output could not be had. A bookmark says how far it has come.
 */
export class JobWork {
  private mark: JobMark;

  constructor(
    private readonly desk: JobDesk,
    private readonly job: Job,
    private readonly client: ExstreamClient,
    private readonly stopping: AbortSignal,
  ) {
    const endedAt = Date.parse(job.endDate ?? "") || Date.now();
    this.mark = { status: job.status, endedAt, done: false, steps: {}, failures: [], failed: 0 };
  }

  /** Throws what a later try can mend. */
  async run(): Promise<void> {
    const kept = await this.desk.stores.ledger.bookmarks.get<JobMark>(this.desk.rules.origin, this.bookmark);
    if (kept?.status === this.job.status) this.mark = kept;
    if (this.mark.done) return;
    try {
      if (this.job.status === "complete") await this.takeOutputs();
      else this.giveUp("job-failed", `ended as ${this.job.status}`);
    } catch (thrown) {
      const error = asDocbridgeError(thrown);
      if (this.stopping.aborted || error.code !== "not-found") throw error;
      this.giveUp("job-failed", "or a file of it is not there any more");
    }
    await this.tell();
    this.mark.done = true;
    this.mark.steps = {};
    await this.keep();
    this.desk.status.show("ok", "polling");
  }

  private async takeOutputs(): Promise<void> {
    for (const step of await this.steps()) {
      if (step.hasDeliveryFile) await this.takeStep(step);
    }
  }

  private async steps(): Promise<FlowStep[]> {
    const { runtime } = this.client;
    const steps: FlowStep[] = [];
    for await (const instance of runtime.flowInstances(this.job.id, { signal: this.stopping })) {
      for await (const step of runtime.flowSteps(instance, { signal: this.stopping })) {
        if (step.hasDeliveryFile || step.hasMessageFile) steps.push(step);
      }
    }
    return steps;
  }

  private async takeStep(step: FlowStep): Promise<void> {
    const before = this.mark.steps[step.id];
    if (before?.done) return;
    const { spool } = this.desk.stores;
    const file = before && (await spool.keep(before.file)) ? before.file : await this.fetchDeliveryFile(step);
    const mark: StepMark = before?.file === file ? before : { file, entries: 0, pending: [], done: false };
    this.mark.steps[step.id] = mark;
    await this.keep();
    const { settings, status } = this.desk;
    const { externalId } = this.job;
    const around = { jobId: this.job.id, flowInstanceId: step.flowInstanceId, flowStepId: step.id, ...(externalId && { externalId }) };
    const rule = { file: settings.file, channel: "jobs" as const, names: settings.names };
    const input = await spool.read(file, { chunkSize: READ_BYTES });
    const entries = readDelivery(input, rule, { name: `delivery file of job ${this.job.id}`, around });
    const postponed = new Map<number, DocbridgeError>();
    const error = await takeEntries(entries, {
      wants: (number) => number > mark.entries || mark.pending.includes(number),
      stopping: this.stopping,
      admit: (entry) => this.admit(step, entry),
      isFinal: (failure) => isFinal(failure, mark),
      postpone: ({ number }, failure) => {
        const canWait = failure.retryable && (failure.status ?? 0) >= 500 && postponed.size < MAX_PENDING;
        if (canWait) postponed.set(number, failure);
        return canWait;
      },
      settle: async (slice, failures) => {
        const settled = new Set(slice.map(({ number }) => number));
        mark.pending = [
          ...mark.pending.filter((number) => !settled.has(number)),
          ...[...postponed.keys()].filter((number) => settled.has(number)),
        ];
        mark.entries = Math.max(mark.entries, ...settled);
        mark.failingSince = mark.pending.length > 0 ? (mark.failingSince ?? Date.now()) : undefined;
        this.fail(failures);
        await this.keep();
        status.show("busy", "entries", { count: mark.entries });
      },
    });
    if (error) this.mark.error = { code: error.code, message: error.message, subject: error.subject };
    const [waiting] = postponed.values();
    if (waiting) throw waiting;
    if (settings.errorReport !== "") await this.takeReport(step);
    mark.done = true;
    await this.keep();
  }

  private async fetchDeliveryFile(step: FlowStep): Promise<string> {
    const { stream } = await this.client.runtime.deliveryFile(step.id, { signal: this.stopping });
    return (await this.desk.stores.spool.put(stream)).sha256;
  }

  private async admit(step: FlowStep, { facts, path }: GoodEntry): Promise<void> {
    const { stores, rules, settings } = this.desk;
    const output = { stepId: step.id, name: path, customerNumber: facts.source.customerNumber, fetchBy: settings.fetchBy };
    const { content, mediaType = facts.mediaType } = await fetchOutput(this.client.runtime, stores.spool, output, this.stopping);
    const damage = await damageOf(content.sha256, facts.fileName, stores.spool);
    const known = { ...facts, mediaType: facts.mediaType === "application/octet-stream" ? mediaType : facts.mediaType };
    const { state, conflictsWith } = await stores.ledger.admit(
      admissionOf({ ...known, batch: { id: this.job.id } }, content, rules, damage),
    );
    if (state === "conflict") throw conflictOf(path, conflictsWith ?? "in the ledger");
  }

  private async takeReport(step: FlowStep): Promise<void> {
    const { settings } = this.desk;
    try {
      const { stream } = await this.client.runtime.artifact(step.id, settings.errorReport, { signal: this.stopping });
      for await (const failure of failedCustomers(stream, settings.errorReport, settings.reportColumns)) this.fail([failure]);
    } catch (thrown) {
      // Not every design writes one.
      if (asDocbridgeError(thrown).code !== "not-found") throw thrown;
    }
  }

  private fail(failures: readonly BatchFailure[]): void {
    this.mark.failures.push(...failures.slice(0, TOLD_FAILURES - this.mark.failures.length));
    this.mark.failed += failures.length;
  }

  private giveUp(code: "job-failed", what: string): void {
    const said = this.job.message ? ` Exstream says: ${this.job.message}` : "";
    const message = `Job ${this.job.id} of service ${this.job.channel ?? "?"} ${what}.${said} See its message file in Exstream.`;
    this.mark.error = { code, message, subject: this.job.id };
  }

  /** Nothing more comes of the job; the flow hears of it first. */
  private async tell(): Promise<void> {
    const { batches, stores, node } = this.desk;
    const { id } = this.job;
    const { failures, failed, error } = this.mark;
    if (batches) await batches.tell(id, { source: `job ${id}`, failures, failed, error, messages: await this.messages() });
    await stores.ledger.expectNoMore(id);
    if (batches) return;
    if (error) node.warn(error.message);
    if (failed > 0) node.warn(`Job ${id}: no document came of ${failed} customers or outputs.`);
  }

  /** What the message files say of trouble; a job whose message files are gone is told without. */
  private async messages(): Promise<string[]> {
    const messages: string[] = [];
    try {
      for (const { id } of (await this.steps()).filter(({ hasMessageFile }) => hasMessageFile)) {
        const { stream } = await this.client.runtime.messageFile(id, { signal: this.stopping });
        messages.push(...(await noteworthyMessages(stream)));
      }
    } catch (thrown) {
      if (asDocbridgeError(thrown).code !== "not-found") throw thrown;
    }
    return messages;
  }

  private keep(): Promise<void> {
    return this.desk.stores.ledger.bookmarks.set(this.desk.rules.origin, this.bookmark, this.mark);
  }

  private get bookmark(): string {
    return JOB_BOOKMARK + this.job.id;
  }
}

/** A server that fails again and again with one output must not hold up its job for ever. */
function isFinal(error: DocbridgeError, { failingSince = Number.POSITIVE_INFINITY }: StepMark): boolean {
  if (error.code === "permission-denied") return false;
  if (error.retryable) return error.status !== undefined && Date.now() - failingSince > GIVE_UP_MS;
  return !deservesAnotherAttempt(error);
}
