import type { Channel } from "../channels/config";
import type { Behaviour, Extent, Variant } from "../compose/customer";

/** Values of Job.status, FlowInstance.status and FlowStep.status (wire/exstream.md 6). */
export type JobStatus = "started" | "waiting" | "holding" | "complete" | "error" | "canceled" | "deleted";
export type InstanceStatus = "started" | "waiting" | "holding" | "complete" | "error" | "canceled";
export type StepStatus = "started" | "waiting" | "holding" | "complete" | "error" | "canceled";

/** Values after which nothing happens any more. */
export const ENDED: string[] = ["complete", "error", "canceled", "deleted"];

/** Store kind `job`: the fields of wire/exstream.md 6, and under `run` what this stand-in needs to carry it out. */
export interface JobRecord {
  id: string;
  domainId: string;
  /** Name of the service that was called. */
  channel: string;
  mode: "BATCH" | "ONDEMAND";
  status: JobStatus;
  flowModelType: "COMMUNICATION";
  msg: string;
  externalId?: string;
  triggeredBy: string;
  aggregatedFMCSnapshotId: string;
  /** Milliseconds since 1970, like all dates here. */
  startDate: number;
  endDate?: number;
  expirationDate: number;
  traceId: string;
  simulation: boolean;
  run: JobRun;
}

export interface JobRun {
  /** The flow instance that is, or was last, carried out. */
  instanceId: string;
  /** Media type of the driver data, which lies in the content file `<job id>.input`. */
  inputType: string;
  /** The communication, and the version of it that was approved when the job came in. */
  communication: { id: string; version: number };
  variants: Variant[];
  extent: Extent;
  /** What a caller of the service gateway gave along. */
  attributes?: Record<string, string>;
  /** Nothing of the outputs is stored: they are composed when somebody reads them. */
  lazy: boolean;
  behaviour: Behaviour;
}

/** Store kind `instance`. */
export interface InstanceRecord {
  id: string;
  jobId: string;
  flowModelId: string;
  flowModelSnapshotId: string;
  domainId: string;
  status: InstanceStatus;
  flowModelType: "COMMUNICATION";
  msg: string;
  externalId?: string;
  startDate: number;
  endDate?: number;
  expirationDate: number;
  inputRetrievable: boolean;
  executingLongRunningOp: boolean;
}

/** Store kind `step`. An output step belongs to the output channel of the same `displayName`. */
export interface StepRecord {
  id: string;
  flowInstanceId: string;
  previousStepId?: string;
  stepName: string;
  displayName: string;
  status: StepStatus;
  stepType: "input" | "communication" | "hold" | "output";
  queueDate: number;
  startDate: number;
  executeDate?: number;
  endDate?: number;
  expirationDate: number;
  msg: string;
  externalId?: string;
  deliveryFileRetrievable: boolean;
  messageFileRetrievable: boolean;
}

/** Store kind `output`: one composed file. Its bytes lie in the content file of the same id. */
export interface OutputRecord {
  id: string;
  jobId: string;
  flowInstanceId: string;
  /** The communication step that made it. */
  flowStepId: string;
  /** Place of the customer in the driver data, from 0. */
  customerIndex: number;
  customerNumber: string;
  variant: Variant;
  queueName: string;
  channel: string;
  fileName: string;
  mimeType: string;
  size: number;
  sha256: string;
  pages: number;
  keys: { accountNumber: string; period: string; documentType: string };
  totals: { amount: number; currency: string; transactions: number };
  createdAt: string;
  /** Output channels whose receiver refused it for good. */
  rejected?: { channel: string; status?: number; reason: string }[];
}

/** Store kind `failure`: a customer, or one queue of a customer, for whom nothing was composed. */
export interface FailureRecord {
  id: string;
  jobId: string;
  flowInstanceId: string;
  customerIndex: number;
  customerNumber: string;
  accountNumber: string;
  /** Absent: the whole customer failed. */
  queueName?: string;
  /** Code of the message file, for example `EX002001E`. */
  code: string;
  reason: string;
}

/** Store kind `delivery`: how far one output got at one output channel. Written once something happened. */
export interface DeliveryRecord {
  id: string;
  outputId: string;
  jobId: string;
  channel: string;
  state: "pending" | "delivered" | "rejected";
  attempts: number;
  /** Status of the last reply; absent when none came. */
  lastStatus?: number;
  reason?: string;
  at: string;
  /** What became of a document that was held after its delivery: `5` success, `6` failure (wire/exstream.md 8.2). */
  settled?: { state: "5" | "6"; message: string };
}

/** Store kind `channels`: the output channels of one domain, with the domain as id. */
export interface ChannelsRecord {
  channels: Channel[];
}

/** Content file of a job's driver data. */
export function inputFile(jobId: string): string {
  return `${jobId}.input`;
}
