import type { Collection, Store } from "../../kernel/store";
import {
  type ChannelsRecord,
  type DeliveryRecord,
  type FailureRecord,
  type InstanceRecord,
  inputFile,
  type JobRecord,
  type OutputRecord,
  type StepRecord,
} from "./record-types";

/** The stand-in's records, with the look-ups by job and instance that the store itself does not have. */
export class Records {
  readonly jobs: Collection<JobRecord>;
  readonly channels: Collection<ChannelsRecord>;
  private readonly instances: Collection<InstanceRecord>;
  private readonly steps: Collection<StepRecord>;
  private readonly outputs: Collection<OutputRecord>;
  private readonly failures: Collection<FailureRecord>;
  private readonly deliveries: Collection<DeliveryRecord>;
  private readonly instanceIds = new Map<string, string[]>();
  private readonly stepIds = new Map<string, string[]>();
  /** Of every instance, its outputs by file name. */
  private readonly outputIds = new Map<string, Map<string, string>>();
  /** Of every instance, its outputs by customer number. */
  private readonly customerIds = new Map<string, Map<string, string[]>>();
  private readonly failureIds = new Map<string, string[]>();

  constructor(readonly store: Store) {
    this.jobs = store.collection("job");
    this.instances = store.collection("instance");
    this.steps = store.collection("step");
    this.channels = store.collection("channels");
    this.outputs = store.collection("output");
    this.failures = store.collection("failure");
    this.deliveries = store.collection("delivery");
    for (const instance of this.instances.values()) listFor(this.instanceIds, instance.jobId).push(instance.id);
    for (const step of this.steps.values()) listFor(this.stepIds, step.flowInstanceId).push(step.id);
    for (const output of this.outputs.values()) this.index(output);
    for (const failure of this.failures.values()) listFor(this.failureIds, failure.flowInstanceId).push(failure.id);
  }

  putInstance(instance: InstanceRecord): void {
    listFor(this.instanceIds, instance.jobId).push(instance.id);
    this.instances.put(instance.id, instance);
  }

  putStep(step: StepRecord): void {
    listFor(this.stepIds, step.flowInstanceId).push(step.id);
    this.steps.put(step.id, step);
  }

  /** Changes some fields of a job that exists. */
  updateJob(id: string, change: Partial<JobRecord>): JobRecord {
    return this.jobs.put(id, { ...(this.jobs.get(id) as JobRecord), ...change });
  }

  updateInstance(id: string, change: Partial<InstanceRecord>): void {
    this.instances.put(id, { ...(this.instances.get(id) as InstanceRecord), ...change });
  }

  updateStep(id: string, change: Partial<StepRecord>): void {
    this.steps.put(id, { ...(this.steps.get(id) as StepRecord), ...change });
  }

  instance(id: string): InstanceRecord | undefined {
    return this.instances.get(id);
  }

  step(id: string): StepRecord | undefined {
    return this.steps.get(id);
  }

  allInstances(): Iterable<InstanceRecord> {
    return this.instances.values();
  }

  allSteps(): Iterable<StepRecord> {
    return this.steps.values();
  }

  /** Instances of a job, the oldest first. */
  instancesOf(jobId: string): InstanceRecord[] {
    return (this.instanceIds.get(jobId) ?? []).map((id) => this.instances.get(id) as InstanceRecord);
  }

  /** Steps of an instance, the first one first. */
  stepsOf(instanceId: string): StepRecord[] {
    return (this.stepIds.get(instanceId) ?? []).map((id) => this.steps.get(id) as StepRecord);
  }

  /** The communication step of an instance; every instance has one. */
  communicationStep(instanceId: string): StepRecord {
    return this.stepsOf(instanceId).find((step) => step.stepType === "communication") as StepRecord;
  }

  output(id: string): OutputRecord | undefined {
    return this.outputs.get(id);
  }

  hasOutput(id: string): boolean {
    return this.outputs.has(id);
  }

  putOutput(output: OutputRecord): void {
    if (!this.outputs.has(output.id)) this.index(output);
    this.outputs.put(output.id, output);
  }

  putFailure(failure: FailureRecord): void {
    if (!this.failures.has(failure.id)) listFor(this.failureIds, failure.flowInstanceId).push(failure.id);
    this.failures.put(failure.id, failure);
  }

  /** Outputs of an instance in the order of the driver data. */
  outputsOf(instanceId: string): OutputRecord[] {
    const ids = [...(this.outputIds.get(instanceId)?.values() ?? [])].sort(compare);
    return ids.map((id) => this.outputs.get(id) as OutputRecord);
  }

  outputNamed(instanceId: string, fileName: string): OutputRecord | undefined {
    return this.outputs.get(this.outputIds.get(instanceId)?.get(fileName) ?? "");
  }

  outputsOfCustomer(instanceId: string, number: string): OutputRecord[] {
    return (this.customerIds.get(instanceId)?.get(number) ?? []).map((id) => this.outputs.get(id) as OutputRecord);
  }

  countsOf(instanceId: string): { outputs: number; failures: number } {
    return { outputs: this.outputIds.get(instanceId)?.size ?? 0, failures: this.failureIds.get(instanceId)?.length ?? 0 };
  }

  failuresOf(instanceId: string): FailureRecord[] {
    return [...(this.failureIds.get(instanceId) ?? [])].sort(compare).map((id) => this.failures.get(id) as FailureRecord);
  }

  delivery(outputId: string, channel: string): DeliveryRecord | undefined {
    return this.deliveries.get(deliveryId(outputId, channel));
  }

  /** The output behind the id of an attempt at a channel; behind an output's own id where no channel took it. */
  attempted(id: string): OutputRecord | undefined {
    return this.outputs.get(this.deliveries.get(id)?.outputId ?? id);
  }

  /** What was undertaken with the outputs of an instance at a channel. */
  deliveriesAt(step: StepRecord): DeliveryRecord[] {
    return this.outputsOf(step.flowInstanceId).flatMap((output) => this.delivery(output.id, step.displayName) ?? []);
  }

  putDelivery(delivery: Omit<DeliveryRecord, "id">): void {
    const id = deliveryId(delivery.outputId, delivery.channel);
    this.deliveries.put(id, { id, ...delivery });
  }

  /** Removes a job's instances, what they made, and the bytes of it. Throws when a file cannot be removed, unless `force`. */
  async removeInstances(jobId: string, force: boolean): Promise<void> {
    await this.removeFile(inputFile(jobId), force);
    for (const instance of this.instancesOf(jobId)) await this.removeInstance(instance, force);
    this.instanceIds.delete(jobId);
  }

  /** The same for one instance. The files go first: until the last one is gone, all records are there. */
  async removeInstance({ id, jobId }: InstanceRecord, force: boolean): Promise<void> {
    const outputs = this.outputsOf(id);
    const steps = this.stepsOf(id);
    for (const output of outputs) await this.removeFile(output.id, force);
    for (const output of outputs) {
      for (const step of steps) this.deliveries.delete(deliveryId(output.id, step.displayName));
      this.outputs.delete(output.id);
    }
    for (const failure of this.failuresOf(id)) this.failures.delete(failure.id);
    for (const step of steps) this.steps.delete(step.id);
    for (const ids of [this.stepIds, this.outputIds, this.customerIds, this.failureIds]) ids.delete(id);
    this.instanceIds.set(
      jobId,
      (this.instanceIds.get(jobId) ?? []).filter((each) => each !== id),
    );
    this.instances.delete(id);
  }

  private index({ id, flowInstanceId, fileName, customerNumber }: OutputRecord): void {
    mapFor(this.outputIds, flowInstanceId).set(fileName, id);
    listFor(mapFor(this.customerIds, flowInstanceId), customerNumber).push(id);
  }

  private async removeFile(name: string, force: boolean): Promise<void> {
    try {
      await this.store.deleteContent(name);
    } catch (error) {
      if (!force) throw error;
    }
  }
}

function deliveryId(outputId: string, channel: string): string {
  return `${outputId}@${channel}`;
}

function listFor(lists: Map<string, string[]>, key: string): string[] {
  const known = lists.get(key);
  if (known) return known;
  const list: string[] = [];
  lists.set(key, list);
  return list;
}

function mapFor<T>(maps: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const known = maps.get(key);
  if (known) return known;
  const map = new Map<string, T>();
  maps.set(key, map);
  return map;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
