import type { ExstreamClient, Job } from "../../../clients/exstream/exstream";
import type { FlowStep } from "../../../clients/exstream/runtime";
import { asDocbridgeError } from "../../../core/errors";
import { admissionOf } from "../../../core/intake/admission";
import { damageOf } from "../../../core/intake/damage";
import { readDelivery } from "../../../core/intake/lists/delivery-file";
import type { GoodEntry } from "../../../core/intake/lists/list-entry";
import { conflictOf } from "../conflict";
import { JobAccount, type OutputsMark } from "../polling/job-account";
import { takeOutputs } from "../polling/take-outputs";
import { fetchOutput } from "./job-output";
import type { JobDesk } from "./job-poll";
import { failedCustomers, noteworthyMessages } from "./job-reports";

/** Begin of the names of bookmarks of jobs. */
export const JOB_BOOKMARK = "job/";
const READ_BYTES = 4 * 1024;
/**
 * One ended job. The delivery file of each of its steps names the outputs; they are fetched one by one into the spool and
 * entered in the ledger. The delivery file itself is kept in the spool meanwhile, since nobody holds a connection open for
 * a million customers. Customers for whom Exstream composed nothing come from its error report and go into the batch
 * event with those whose output could not be had. A bookmark says how far it has come.
 */
export class JobWork {
  private readonly account: JobAccount;

  constructor(
    private readonly desk: JobDesk,
    private readonly job: Job,
    private readonly client: ExstreamClient,
    private readonly stopping: AbortSignal,
  ) {
    const endedAt = Date.parse(job.endDate ?? "") || Date.now();
    this.account = new JobAccount(desk, JOB_BOOKMARK, job.id, { status: job.status, endedAt });
  }

  /** Throws what a later try can mend. */
  async run(): Promise<void> {
    await this.account.resume();
    if (this.account.mark.done) return;
    try {
      if (this.job.status === "complete") await this.takeOutputs();
      else this.giveUp(`ended as ${this.job.status}`);
    } catch (thrown) {
      const error = asDocbridgeError(thrown);
      if (this.stopping.aborted || error.code !== "not-found") throw error;
      this.giveUp("or a file of it is not there any more");
    }
    await this.account.close(() => this.messages());
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
    const { account } = this;
    const before = account.mark.steps[step.id];
    if (before?.done) return;
    const { spool } = this.desk.stores;
    const file = before && (await spool.keep(before.file)) ? before.file : await this.fetchDeliveryFile(step);
    const mark: OutputsMark = before?.file === file ? before : { file, entries: 0, pending: [], done: false };
    account.mark.steps[step.id] = mark;
    await account.keep();
    const { settings, status } = this.desk;
    const { externalId } = this.job;
    const around = { jobId: this.job.id, flowInstanceId: step.flowInstanceId, flowStepId: step.id, ...(externalId && { externalId }) };
    const rule = { file: settings.file, channel: "jobs" as const, names: settings.names };
    const input = await spool.read(file, { chunkSize: READ_BYTES });
    const entries = readDelivery(input, rule, { name: `delivery file of job ${this.job.id}`, around });
    const { unreadable, waiting } = await takeOutputs(entries, {
      mark,
      stopping: this.stopping,
      admit: (entry) => this.admit(step, entry),
      keep: async (failures) => {
        account.fail(failures);
        await account.keep();
        status.show("busy", "entries", { count: mark.entries });
      },
    });
    if (unreadable) account.mark.error = { code: unreadable.code, message: unreadable.message, subject: unreadable.subject };
    if (waiting) throw waiting;
    if (settings.errorReport !== "") await this.takeReport(step);
    mark.done = true;
    await account.keep();
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
      for await (const failure of failedCustomers(stream, settings.errorReport, settings.reportColumns)) this.account.fail([failure]);
    } catch (thrown) {
      // Not every design writes one.
      if (asDocbridgeError(thrown).code !== "not-found") throw thrown;
    }
  }

  private giveUp(what: string): void {
    const said = this.job.message ? ` Exstream says: ${this.job.message}` : "";
    const message = `Job ${this.job.id} of service ${this.job.channel ?? "?"} ${what}.${said} See its message file in Exstream.`;
    this.account.giveUp("job-failed", message);
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
}
