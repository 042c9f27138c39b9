import { randomBytes, randomUUID } from "node:crypto";
import type { Behaviour, Extent, Variant } from "../compose/customer";
import { COMMUNICATION, FLOW_CONTEXT_SNAPSHOT_ID, FLOW_MODEL_ID, FLOW_MODEL_SNAPSHOT_ID } from "../seed";
import type { InstanceRecord, JobRecord, JobRun, StepRecord } from "./record-types";
import { inputFile } from "./record-types";
import type { Records } from "./records";

/** How long a job and its artifacts are said to be kept; the stand-in removes nothing by itself. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** What a caller asked for. */
export interface JobRequest {
  domain: string;
  service: string;
  mode: JobRecord["mode"];
  externalId?: string;
  triggeredBy: string;
  body: Buffer;
  mediaType: string;
  variants: Variant[];
  extent: Extent;
  lazy: boolean;
  attributes?: Record<string, string>;
  communication: JobRun["communication"];
  behaviour: Behaviour;
}

/** Stores the driver data, then enters the job with its first flow instance. Once this returns, a restart carries on with it. */
export async function openJob(records: Records, now: number, request: JobRequest): Promise<JobRecord> {
  const id = randomUUID();
  await records.store.writeContent(inputFile(id), one(request.body));
  const job: JobRecord = {
    id,
    domainId: request.domain,
    channel: request.service,
    mode: request.mode,
    status: "started",
    flowModelType: "COMMUNICATION",
    msg: "",
    externalId: request.externalId,
    triggeredBy: request.triggeredBy,
    aggregatedFMCSnapshotId: FLOW_CONTEXT_SNAPSHOT_ID,
    startDate: now,
    expirationDate: now + KEPT_MS,
    traceId: randomBytes(16).toString("hex"),
    simulation: false,
    run: {
      instanceId: randomUUID(),
      inputType: request.mediaType,
      communication: request.communication,
      variants: request.variants,
      extent: request.extent,
      lazy: request.lazy,
      attributes: request.attributes,
      behaviour: request.behaviour,
    },
  };
  openInstance(records, now, job);
  // The job comes last: a kill before it leaves records without a job, which nobody asks for.
  return records.jobs.put(id, job);
}

/** Enters the flow instance that `job.run` names, with its input step done and its communication step started. */
export function openInstance(records: Records, now: number, job: JobRecord): void {
  const shared = { jobId: job.id, externalId: job.externalId, expirationDate: now + KEPT_MS, msg: "" };
  const instance: InstanceRecord = {
    id: job.run.instanceId,
    flowModelId: FLOW_MODEL_ID,
    flowModelSnapshotId: FLOW_MODEL_SNAPSHOT_ID,
    domainId: job.domainId,
    status: "started",
    flowModelType: "COMMUNICATION",
    startDate: now,
    inputRetrievable: true,
    executingLongRunningOp: false,
    ...shared,
  };
  records.putInstance(instance);
  const input = stepOf(instance, now, "input", job.channel);
  records.putStep({ ...input, status: "complete", executeDate: now, endDate: now });
  records.putStep({ ...stepOf(instance, now, "communication", COMMUNICATION.name), previousStepId: input.id });
}

/** Enters the hold step on which a composed job waits. */
export function openHoldStep(records: Records, now: number, instance: InstanceRecord, previousStepId: string): StepRecord {
  const step: StepRecord = { ...stepOf(instance, now, "hold", "Hold"), previousStepId, status: "holding" };
  records.putStep(step);
  return step;
}

/** Enters the output step of one output channel. */
export function openOutputStep(records: Records, now: number, instance: InstanceRecord, channel: string, previousStepId: string): void {
  records.putStep({ ...stepOf(instance, now, "output", channel), previousStepId, status: "waiting" });
}

function stepOf(instance: InstanceRecord, now: number, stepType: StepRecord["stepType"], displayName: string): StepRecord {
  return {
    id: randomUUID(),
    flowInstanceId: instance.id,
    stepName: `${stepType}_${displayName.replace(/[^A-Za-z0-9]/g, "_")}`,
    displayName,
    status: "started",
    stepType,
    queueDate: now,
    startDate: now,
    expirationDate: instance.expirationDate,
    msg: "",
    externalId: instance.externalId,
    deliveryFileRetrievable: false,
    messageFileRetrievable: false,
  };
}

async function* one(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}
