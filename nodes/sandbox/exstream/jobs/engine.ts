import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { readFile } from "node:fs/promises";
import type { Deliverer, Tally } from "../channels/deliverer";
import { type Composed, composeStatement } from "../compose/compose";
import { type Customer, type CustomerSource, type DriverData, VARIANTS, type Variant } from "../compose/customer";
import { readDriverData } from "../compose/driver-data";
import { SizeTooSmall } from "../compose/pdf";
import { openInstance, openOutputStep } from "./open";
import { type FailureRecord, type InstanceRecord, inputFile, type JobRecord, type OutputRecord, type StepRecord } from "./record-types";
import type { Records } from "./records";
import { eachInParallel, Slots } from "./slots";

/** What one composition left behind. */
export interface Composition {
  outputs: OutputRecord[];
  failures: FailureRecord[];
}

interface Running {
  stop: AbortController;
  ended: Promise<void>;
}

const RUNNING: string[] = ["started", "waiting", "created"];

/**
 * Carries jobs out: composes every customer in every variant, then has the outputs delivered. The life cycle is
 * `started` while composing, `waiting` while delivering, then `complete`, `error` or `canceled` (wire/exstream.md 6; the
 * vendor does not state the transitions). All progress is in the records, so a restart goes on where it stopped.
 */
export class Engine {
  private readonly running = new Map<string, Running>();
  private readonly composing: Slots;
  private closed = false;

  constructor(
    private readonly records: Records,
    private readonly deliverer: Deliverer,
    private readonly now: () => number,
    private readonly composeParallel: number,
  ) {
    this.composing = new Slots(composeParallel);
  }

  /** Takes up the batch jobs that a stopped or killed sandbox left behind; what was on demand has lost its caller. */
  resume(): void {
    for (const job of [...this.records.jobs.values()]) {
      if (!RUNNING.includes(job.status)) continue;
      if (job.mode === "BATCH") this.start(job);
      else this.end(job, "error", "the sandbox stopped while it composed");
    }
  }

  /** Starts, or goes on with, a batch job in the background. While the sandbox stops this is left to its next start. */
  start(job: JobRecord): void {
    if (this.closed) return;
    const stop = new AbortController();
    // Every request under way listens for the stop.
    setMaxListeners(0, stop.signal);
    const ended = this.carryOut(job, stop.signal)
      // Not even its end could be noted (disk full, say): the next start takes it up again.
      .catch((error) => process.emitWarning(`exstream sandbox: job ${job.id} halted: ${error}`))
      .finally(() => this.running.delete(job.id));
    this.running.set(job.id, { stop, ended });
  }

  /** Composes an on-demand job and ends it. */
  async composeNow(job: JobRecord, data: DriverData): Promise<Composition> {
    const composition = await this.compose(job, data.customers, new AbortController().signal);
    this.endComposition(job, composition);
    this.end(job, composition.outputs.length > 0 ? "complete" : "error", summary(composition));
    return composition;
  }

  /** Cancels a job that runs. Returns false when it does not. */
  async stop(jobId: string): Promise<boolean> {
    const running = this.running.get(jobId);
    if (!running) return false;
    running.stop.abort(new Error("the job was stopped"));
    await running.ended;
    const job = this.records.jobs.get(jobId) as JobRecord;
    if (!RUNNING.includes(job.status)) return false;
    this.end(job, "canceled", "stopped on request");
    return true;
  }

  /** Runs an ended batch job again: same job, new flow instance, same bytes (the stand-in has only one flow model). */
  reprocess(job: JobRecord, instanceId: string): void {
    const renewed = { status: "started" as const, msg: "", endDate: undefined, run: { ...job.run, instanceId } };
    openInstance(this.records, this.now(), { ...job, ...renewed });
    this.start(this.records.updateJob(job.id, renewed));
  }

  /** Halts all jobs where they are; the next start goes on with them. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { stop } of this.running.values()) stop.abort(new Error("the sandbox stops"));
    await Promise.all([...this.running.values()].map(({ ended }) => ended));
  }

  private async carryOut(job: JobRecord, signal: AbortSignal): Promise<void> {
    try {
      const body = await readFile(this.records.store.contentPath(inputFile(job.id)));
      const { customers } = readDriverData(body, job.run.inputType);
      const composition = job.status === "started" ? await this.compose(job, customers, signal) : this.composition(job);
      if (job.status === "started") this.beginOutput(job, composition);
      const tallies = await this.deliverAll(job, customers, signal);
      const failed = composition.outputs.length === 0 || tallies.some(({ rejected }) => rejected > 0);
      this.end(job, failed ? "error" : "complete", summary(composition, tallies));
    } catch (error) {
      if (!signal.aborted) this.end(job, "error", error instanceof Error ? error.message : String(error));
    }
  }

  private async compose(job: JobRecord, customers: CustomerSource, signal: AbortSignal): Promise<Composition> {
    const step = this.records.communicationStep(job.run.instanceId);
    await eachInParallel(customers.count, this.composeParallel, async (index) => {
      signal.throwIfAborted();
      const customer = customers.at(index);
      const place = `${job.run.instanceId}-${String(index + 1).padStart(7, "0")}`;
      if (isChosen(job, index)) {
        this.fail(job, place, index, customer, undefined, "EX002001E", "composition failed (switch exstream.failed-customers)");
        return;
      }
      for (const variant of job.run.variants) {
        const id = `${place}-${variant}`;
        if (!this.records.hasOutput(id)) await this.composing.run(() => this.composeOne(job, step, id, index, customer, variant, signal));
      }
    });
    return this.composition(job);
  }

  private async composeOne(
    job: JobRecord,
    step: StepRecord,
    id: string,
    index: number,
    customer: Customer,
    variant: Variant,
    signal: AbortSignal,
  ) {
    const { queueName, channel, mimeType } = VARIANTS[variant];
    let composed: Composed;
    try {
      composed = composeStatement(job.id, index, customer, variant, job.run.options);
    } catch (error) {
      if (!(error instanceof SizeTooSmall)) throw error;
      this.fail(job, id, index, customer, queueName, "EX002002E", error.message);
      return;
    }
    const { size, sha256 } = await this.records.store.writeContent(id, untilStopped(composed, signal));
    const { account, period, balance, currency, transactions } = customer;
    this.records.putOutput({
      id,
      jobId: job.id,
      flowInstanceId: job.run.instanceId,
      flowStepId: step.id,
      customerIndex: index,
      customerNumber: customer.number,
      variant,
      queueName,
      channel,
      fileName: composed.fileName,
      mimeType,
      size,
      sha256,
      pages: composed.pages,
      keys: { accountNumber: account, period, documentType: "Statement" },
      totals: { amount: balance, currency, transactions: transactions.length },
      createdAt: new Date(this.now()).toISOString(),
    });
  }

  private fail(job: JobRecord, id: string, index: number, customer: Customer, queueName: string | undefined, code: string, reason: string) {
    this.records.putFailure({
      id,
      jobId: job.id,
      flowInstanceId: job.run.instanceId,
      customerIndex: index,
      customerNumber: customer.number,
      accountNumber: customer.account,
      queueName,
      code,
      reason,
    });
  }

  private composition(job: JobRecord): Composition {
    return { outputs: this.records.outputsOf(job.run.instanceId), failures: this.records.failuresOf(job.run.instanceId) };
  }

  private endComposition(job: JobRecord, composition: Composition): void {
    const now = this.now();
    this.records.updateStep(this.records.communicationStep(job.run.instanceId).id, {
      status: composition.outputs.length > 0 ? "complete" : "error",
      executeDate: now,
      endDate: now,
      msg: summary(composition),
      deliveryFileRetrievable: true,
      messageFileRetrievable: true,
    });
  }

  /** Every channel of this moment gets an output step; a restart in between finds the ones it made. */
  private beginOutput(job: JobRecord, composition: Composition): void {
    this.endComposition(job, composition);
    if (composition.outputs.length === 0) return;
    const { id } = this.records.communicationStep(job.run.instanceId);
    const instance = this.records.instance(job.run.instanceId) as InstanceRecord;
    const known = new Set(this.outputSteps(job).map((step) => step.displayName));
    for (const { name } of this.deliverer.channels(job.domainId)) {
      if (!known.has(name)) openOutputStep(this.records, this.now(), instance, name, id);
    }
    this.records.updateInstance(instance.id, { status: "waiting" });
    this.records.updateJob(job.id, { status: "waiting" });
  }

  private async deliverAll(job: JobRecord, customers: CustomerSource, signal: AbortSignal): Promise<Tally[]> {
    const results = await Promise.allSettled(
      this.outputSteps(job).map(async (step) => {
        const tally = await this.deliverer.deliver(job, step, customers, signal);
        const now = this.now();
        const msg = `${tally.delivered} delivered, ${tally.rejected} rejected`;
        this.records.updateStep(step.id, { status: tally.rejected > 0 ? "error" : "complete", executeDate: now, endDate: now, msg });
        return tally;
      }),
    );
    return results.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
  }

  private outputSteps(job: JobRecord): StepRecord[] {
    return this.records.stepsOf(job.run.instanceId).filter((step) => step.stepType === "output");
  }

  private end(job: JobRecord, status: "complete" | "error" | "canceled", msg: string): void {
    const endDate = this.now();
    for (const step of this.records.stepsOf(job.run.instanceId)) {
      if (RUNNING.includes(step.status)) this.records.updateStep(step.id, { status, endDate });
    }
    this.records.updateInstance(job.run.instanceId, { status, endDate, msg });
    this.records.updateJob(job.id, { status, endDate, msg });
  }
}

function summary({ outputs, failures }: Composition, tallies: Tally[] = []): string {
  const delivered = tallies.reduce((sum, each) => sum + each.delivered, 0);
  const rejected = tallies.reduce((sum, each) => sum + each.rejected, 0);
  const delivery = tallies.length > 0 ? `; ${delivered} delivered, ${rejected} rejected` : "";
  return `${outputs.length} outputs composed, ${failures.length} failed${delivery}`;
}

/** Whether a customer is among the share that fails: depends on the job and the customer only, so a restart chooses the same. */
function isChosen(job: JobRecord, index: number): boolean {
  if (job.run.failShare <= 0) return false;
  const number = createHash("sha256").update(`fail ${job.id} ${index}`).digest().readUInt32BE(0);
  return number / 2 ** 32 < job.run.failShare;
}

async function* untilStopped(composed: Composed, signal: AbortSignal): AsyncGenerator<Buffer> {
  for (const chunk of composed.chunks()) {
    signal.throwIfAborted();
    yield chunk;
  }
}
