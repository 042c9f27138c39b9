import { Agent } from "node:http";
import { Agent as TlsAgent } from "node:https";
import type { CustomerSource } from "../compose/customer";
import type { JobRecord, OutputRecord, StepRecord } from "../jobs/record-types";
import type { Records } from "../jobs/records";
import { type DeliveryForm, deliveryFile, errorReport } from "../jobs/reports";
import type { Results } from "../jobs/results";
import { eachInParallel, Slots } from "../jobs/slots";
import { pauseAfter } from "../settings";
import type { Channel } from "./config";
import { closeFolder, deliverToFolder, type JobFiles } from "./folder";
import { type Agents, deliverByHttp } from "./http";
import { type Metadata, metadataOf } from "./metadata";
import type { Outcome, Parcel } from "./outcome";

/** How a job fared at one channel. */
export interface Tally {
  delivered: number;
  rejected: number;
  /** Of those delivered, how many were settled as failed afterwards. */
  undeliverable: number;
}

/** Most outputs of one job that wait for a slot of a channel at a time. */
const WAITING_FOR_A_SLOT = 256;
/** How often a job looks again for a channel that was taken away. */
const MISSING_CHANNEL_MS = 5_000;

/** Brings outputs to the output channels and keeps, per output and channel, how far it got. */
export class Deliverer {
  private readonly agents: Agents = { plain: new Agent({ keepAlive: true }), tls: new TlsAgent({ keepAlive: true }) };
  private readonly slots = new Map<string, Slots>();
  private readonly sleepers = new Set<() => void>();

  constructor(
    private readonly records: Records,
    private readonly results: Results,
    private readonly now: () => number,
    private readonly deliveryForm: () => DeliveryForm,
  ) {}

  /** The domain's channels as they are now. */
  channels(domain: string): Channel[] {
    return this.records.channels.get(domain)?.channels ?? [];
  }

  /** Replaces the domain's channels. Whatever waits for another try is tried at once. */
  configure(domain: string, channels: Channel[]): void {
    this.records.channels.put(domain, { channels });
    for (const wake of [...this.sleepers]) wake();
  }

  /**
   * Delivers what a job's instance composed to the channel of an output step. Returns once every output is delivered
   * or refused for good; what earlier runs settled is not sent again. Throws the signal's reason when it is aborted.
   */
  async deliver(job: JobRecord, step: StepRecord, customers: CustomerSource, signal: AbortSignal): Promise<Tally> {
    const outputs = outputsFor(await this.channel(job, step, signal), this.records.outputsOf(step.flowInstanceId));
    await eachInParallel(outputs.length, WAITING_FOR_A_SLOT, async (at) => {
      const output = outputs[at] as OutputRecord;
      const known = this.records.delivery(output.id, step.displayName)?.state;
      if (known !== "delivered" && known !== "rejected") {
        const metadata = () => metadataOf(job, output, customers.at(output.customerIndex), { seq: at + 1, expected: outputs.length });
        const slots = this.slotsOf(await this.channel(job, step, signal), job.domainId);
        await slots.run(() => this.untilSettled(job, step, output, metadata, signal));
      }
    });
    await this.closeJob(job, step, customers, signal);
    return this.tally(step);
  }

  /** How the outputs of an instance fared at the channel of an output step. */
  tally(step: StepRecord): Tally {
    const tally: Tally = { delivered: 0, rejected: 0, undeliverable: 0 };
    for (const output of this.records.outputsOf(step.flowInstanceId)) {
      const delivery = this.records.delivery(output.id, step.displayName);
      if (delivery?.state === "delivered" || delivery?.state === "rejected") tally[delivery.state] += 1;
      if (delivery?.settled?.state === "6") tally.undeliverable += 1;
    }
    return tally;
  }

  /** Whether a channel holds what it delivered until it is released or settled (assured delivery, wire/exstream.md 9.7). */
  holds(domain: string, step: StepRecord): boolean {
    return this.unsettled(step) && this.channels(domain).some((channel) => channel.name === step.displayName && channel.assured);
  }

  /** The outputs that a channel delivered. */
  deliveredAt(step: StepRecord): OutputRecord[] {
    return this.records
      .outputsOf(step.flowInstanceId)
      .filter((output) => this.records.delivery(output.id, step.displayName)?.state === "delivered");
  }

  /** Whether anything that was delivered waits for what became of it. */
  unsettled(step: StepRecord): boolean {
    return this.records.deliveriesAt(step).some(({ state, settled }) => state === "delivered" && !settled);
  }

  /** Ends the connections that are kept alive. */
  close(): void {
    this.agents.plain.destroy();
    this.agents.tls.destroy();
  }

  private async untilSettled(job: JobRecord, step: StepRecord, output: OutputRecord, metadata: () => Metadata, signal: AbortSignal) {
    const path = this.records.store.contentPath(output.id);
    for (;;) {
      const channel = await this.channel(job, step, signal);
      const parcel = { output, metadata: metadata(), path };
      const outcome = await this.deliverTo(channel, parcel, signal);
      // A try that was cut because the sandbox stops says nothing about the receiver.
      if (outcome.kind === "retry") signal.throwIfAborted();
      const attempts = (this.records.delivery(output.id, channel.name)?.attempts ?? 0) + 1;
      const settled = channel.tries > 0 && attempts >= channel.tries ? givenUp(outcome) : outcome;
      this.note(output, channel.name, settled, attempts);
      if (settled.kind !== "retry") return;
      await this.pause(settled.afterMs ?? pauseAfter(channel.backoffMs, attempts), signal);
    }
  }

  private async deliverTo(channel: Channel, parcel: Parcel, signal: AbortSignal): Promise<Outcome> {
    if (channel.kind === "http") return deliverByHttp(channel, parcel, this.agents, signal);
    return channel.kind === "folder" ? deliverToFolder(channel, parcel) : { kind: "delivered" };
  }

  private note(output: OutputRecord, channel: string, outcome: Outcome, attempts: number): void {
    this.records.putDelivery({
      outputId: output.id,
      jobId: output.jobId,
      channel,
      state: outcome.kind === "retry" ? "pending" : outcome.kind,
      attempts,
      lastStatus: outcome.status,
      reason: outcome.kind === "delivered" ? undefined : outcome.reason,
      at: new Date(this.now()).toISOString(),
    });
    if (outcome.kind !== "rejected") return;
    const others = (output.rejected ?? []).filter((each) => each.channel !== channel);
    this.records.putOutput({ ...output, rejected: [...others, { channel, status: outcome.status, reason: outcome.reason }] });
  }

  private async closeJob(job: JobRecord, step: StepRecord, customers: CustomerSource, signal: AbortSignal): Promise<void> {
    const communication = this.records.communicationStep(step.flowInstanceId);
    const result = await this.results.of(job, step.flowInstanceId);
    for (;;) {
      const channel = await this.channel(job, step, signal);
      if (channel.kind !== "folder") return;
      const outputs = outputsFor(channel, this.records.outputsOf(step.flowInstanceId));
      const run = { jobId: job.id, flowInstanceId: step.flowInstanceId, flowStepId: communication.id };
      const files: JobFiles = {
        deliveryFile: () => deliveryFile(job, communication, result, this.deliveryForm()),
        errorReport: () => errorReport(result),
        delivered: () => this.delivered(job, channel, outputs, customers),
      };
      const outcome = await closeFolder(channel, run, files);
      if (outcome.kind === "delivered") return;
      await this.pause(channel.backoffMs.longest, signal);
    }
  }

  private *delivered(job: JobRecord, channel: Channel, outputs: OutputRecord[], customers: CustomerSource): Generator<Metadata> {
    for (const [at, output] of outputs.entries()) {
      if (this.records.delivery(output.id, channel.name)?.state !== "delivered") continue;
      yield metadataOf(job, output, customers.at(output.customerIndex), { seq: at + 1, expected: outputs.length });
    }
  }

  /** The channel of an output step; waits for it while an administrator has taken it away. */
  private async channel(job: JobRecord, step: StepRecord, signal: AbortSignal): Promise<Channel> {
    for (;;) {
      signal.throwIfAborted();
      const found = this.channels(job.domainId).find((channel) => channel.name === step.displayName);
      if (found) return found;
      await this.pause(MISSING_CHANNEL_MS, signal);
    }
  }

  private slotsOf(channel: Channel, domain: string): Slots {
    const key = `${domain}/${channel.name}`;
    const slots = this.slots.get(key) ?? new Slots(channel.parallel);
    this.slots.set(key, slots);
    slots.setLimit(channel.parallel);
    return slots;
  }

  /** Waits, but no longer than until the channels change. Throws the signal's reason when it is aborted. */
  private async pause(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.sleepers.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.sleepers.add(wake);
      signal.addEventListener("abort", wake);
    });
    signal.throwIfAborted();
  }
}

function outputsFor({ variants }: Channel, outputs: OutputRecord[]): OutputRecord[] {
  return outputs.filter((output) => !variants || variants.includes(output.variant));
}

function givenUp(outcome: Outcome): Outcome {
  return outcome.kind === "retry" ? { kind: "rejected", status: outcome.status, reason: `given up: ${outcome.reason}` } : outcome;
}
