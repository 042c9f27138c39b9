import { setMaxListeners } from "node:events";
import { readFile } from "node:fs/promises";
import type { Deliverer, Tally } from "../channels/deliverer";
import type { CustomerSource, DriverData } from "../compose/customer";
import { readDriverData } from "../compose/driver-data";
import type { Library } from "../design/library";
import type { Events } from "../events/events";
import type { Composer } from "./composer";
import { Gates } from "./gates";
import { openHoldStep, openInstance, openOutputStep } from "./open";
import { ENDED, type InstanceRecord, inputFile, type JobRecord, type JobRun, type StepRecord } from "./record-types";
import type { Records } from "./records";
import type { Result, Results } from "./results";

type Counts = Result["counts"];

interface Running {
  stop: AbortController;
  ended: Promise<void>;
}

/**
 * Carries jobs out: composes every customer in every variant, holds the job if it is to be held, then has the outputs
 * delivered. The life cycle is `started` while composing, `holding` on a hold step, `waiting` while delivering, `holding`
 * again while a channel's outputs wait for their events, then `complete`, `error` or `canceled` (wire/exstream.md 6; the
 * vendor does not state the transitions). All progress is in the records, so a restart goes on where it stopped.
 */
export class Engine {
  private readonly running = new Map<string, Running>();
  private readonly gates = new Gates();
  private closed = false;

  constructor(
    private readonly records: Records,
    private readonly composer: Composer,
    private readonly results: Results,
    private readonly deliverer: Deliverer,
    private readonly library: Library,
    private readonly events: Events,
    private readonly now: () => number,
  ) {}

  /** Takes up the batch jobs that a stopped or killed sandbox left behind; what was on demand has lost its caller. */
  resume(): void {
    for (const job of [...this.records.jobs.values()]) {
      if (ENDED.includes(job.status)) continue;
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
  async composeNow(job: JobRecord, data: DriverData): Promise<void> {
    this.library.noteUse(this.records.communicationStep(job.run.instanceId).id, job.run.communication);
    await this.composer.compose(job, data.customers, new AbortController().signal);
    const { counts } = await this.results.of(job, job.run.instanceId);
    this.endComposition(job, counts);
    this.raise(job);
    this.end(job, counts.outputs > 0 ? "complete" : "error", summary(counts));
  }

  /** Cancels a job that runs. Returns false when it does not. */
  async stop(jobId: string): Promise<boolean> {
    const running = this.running.get(jobId);
    if (!running) return false;
    running.stop.abort(new Error("the job was stopped"));
    await running.ended;
    const job = this.records.jobs.get(jobId) as JobRecord;
    if (ENDED.includes(job.status)) return false;
    this.end(job, "canceled", "stopped on request");
    return true;
  }

  /** Lets a step that is held go on. Returns false when it is not held. */
  release(step: StepRecord): boolean {
    if (step.status !== "holding") return false;
    const now = this.now();
    const status = step.stepType === "output" && failed(this.deliverer.tally(step)) ? "error" : "complete";
    this.records.updateStep(step.id, { status, executeDate: now, endDate: now });
    this.gates.open(step.id);
    return true;
  }

  /**
   * Runs an ended batch job again: same job, same driver data, new flow instance, same bytes. `current` is what takes the
   * place of how it ran before.
   */
  reprocess(job: JobRecord, instanceId: string, current: Partial<JobRun>): void {
    const run = { ...job.run, ...current, instanceId };
    const renewed = { status: "started" as const, msg: "", endDate: undefined, run };
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
      const counts = await this.composed(job, customers, signal);
      await this.held(job, signal);
      if (counts.outputs > 0 && !job.run.lazy) this.beginOutput(job);
      if (this.stepsOf(job, "output").length === 0) this.raise(job);
      const tallies = await this.deliverAll(job, customers, signal);
      const inError = counts.outputs === 0 || tallies.some(failed);
      this.end(job, inError ? "error" : "complete", summary(counts, tallies));
    } catch (error) {
      if (!signal.aborted) this.end(job, "error", error instanceof Error ? error.message : String(error));
    }
  }

  private async composed(job: JobRecord, customers: CustomerSource, signal: AbortSignal): Promise<Counts> {
    const step = this.records.communicationStep(job.run.instanceId);
    const open = step.status === "started";
    this.library.noteUse(step.id, job.run.communication);
    if (open && !job.run.lazy) await this.composer.compose(job, customers, signal);
    // No gate of a communication step is ever opened: only a stop ends this.
    if (open && job.run.behaviour.endless) await this.gates.wait(step.id, signal);
    const { counts } = await this.results.of(job, job.run.instanceId);
    if (open) this.endComposition(job, counts);
    this.events.raise(job.domainId, "composed", this.records.outputsOf(job.run.instanceId));
    return counts;
  }

  private endComposition(job: JobRecord, counts: Counts): void {
    const now = this.now();
    this.records.updateStep(this.records.communicationStep(job.run.instanceId).id, {
      status: counts.outputs > 0 ? "complete" : "error",
      executeDate: now,
      endDate: now,
      msg: summary(counts),
      deliveryFileRetrievable: true,
      messageFileRetrievable: true,
    });
  }

  /** Waits for the release of the job's hold step, if it has to have one. */
  private async held(job: JobRecord, signal: AbortSignal): Promise<void> {
    if (!job.run.behaviour.hold) return;
    const known = this.stepsOf(job, "hold")[0];
    const step =
      known ?? openHoldStep(this.records, this.now(), this.instanceOf(job), this.records.communicationStep(job.run.instanceId).id);
    if (step.status !== "holding") return;
    this.mark(job, "holding");
    await this.gates.wait(step.id, signal);
  }

  /** Every channel of this moment gets an output step; a restart in between finds the ones it made. */
  private beginOutput(job: JobRecord): void {
    const previous = this.stepsOf(job, "hold")[0] ?? this.records.communicationStep(job.run.instanceId);
    const known = new Set(this.stepsOf(job, "output").map((step) => step.displayName));
    for (const { name } of this.deliverer.channels(job.domainId)) {
      if (!known.has(name)) openOutputStep(this.records, this.now(), this.instanceOf(job), name, previous.id);
    }
    this.mark(job, "waiting");
  }

  private async deliverAll(job: JobRecord, customers: CustomerSource, signal: AbortSignal): Promise<Tally[]> {
    const results = await Promise.allSettled(this.stepsOf(job, "output").map((step) => this.deliverTo(job, step, customers, signal)));
    return results.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
  }

  private async deliverTo(job: JobRecord, step: StepRecord, customers: CustomerSource, signal: AbortSignal): Promise<Tally> {
    if (step.status === "waiting") {
      const tally = await this.deliverer.deliver(job, step, customers, signal);
      this.events.raise(job.domainId, "delivered", this.deliverer.deliveredAt(step));
      const now = this.now();
      const msg = `${tally.delivered} delivered, ${tally.rejected} rejected`;
      const held = this.deliverer.holds(job.domainId, step);
      const ended = failed(tally) ? "error" : "complete";
      this.records.updateStep(step.id, held ? { status: "holding", msg } : { status: ended, executeDate: now, endDate: now, msg });
    }
    if (this.records.step(step.id)?.status === "holding") {
      this.markHolding(job);
      await this.gates.wait(step.id, signal);
    }
    return this.deliverer.tally(step);
  }

  /** Events of a job whose documents no channel takes: composed is as far as they get here. */
  private raise(job: JobRecord): void {
    const outputs = this.records.outputsOf(job.run.instanceId);
    for (const when of ["composed", "delivered"] as const) this.events.raise(job.domainId, when, outputs);
  }

  /** A job is held once no step of it does anything any more, and at least one is held. */
  private markHolding(job: JobRecord): void {
    if (!this.records.stepsOf(job.run.instanceId).some(({ status }) => status === "started" || status === "waiting"))
      this.mark(job, "holding");
  }

  private mark(job: JobRecord, status: "waiting" | "holding"): void {
    this.records.updateInstance(job.run.instanceId, { status });
    this.records.updateJob(job.id, { status });
  }

  private stepsOf(job: JobRecord, stepType: StepRecord["stepType"]): StepRecord[] {
    return this.records.stepsOf(job.run.instanceId).filter((step) => step.stepType === stepType);
  }

  private instanceOf(job: JobRecord): InstanceRecord {
    return this.records.instance(job.run.instanceId) as InstanceRecord;
  }

  private end(job: JobRecord, status: "complete" | "error" | "canceled", msg: string): void {
    const endDate = this.now();
    for (const step of this.records.stepsOf(job.run.instanceId)) {
      if (!ENDED.includes(step.status)) this.records.updateStep(step.id, { status, endDate });
    }
    this.records.updateInstance(job.run.instanceId, { status, endDate, msg });
    this.records.updateJob(job.id, { status, endDate, msg });
  }
}

function failed({ rejected, undeliverable }: Tally): boolean {
  return rejected + undeliverable > 0;
}

function summary({ outputs, failures }: Counts, tallies: Tally[] = []): string {
  const delivered = tallies.reduce((sum, each) => sum + each.delivered, 0);
  const rejected = tallies.reduce((sum, each) => sum + each.rejected, 0);
  const undeliverable = tallies.reduce((sum, each) => sum + each.undeliverable, 0);
  const settled = undeliverable > 0 ? `, ${undeliverable} undeliverable` : "";
  const delivery = tallies.length > 0 ? `; ${delivered} delivered, ${rejected} rejected${settled}` : "";
  return `${outputs} outputs composed, ${failures} failed${delivery}`;
}
