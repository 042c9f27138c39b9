import type { DeliveryRecord, JobRecord, OutputRecord, StepRecord } from "../jobs/record-types";
import type { Records } from "../jobs/records";

/** A row of the service gateway; all values are strings (wire/exstream.md 8.2). */
export type Row = Record<string, string>;

/**
 * Values of `processingstate`. 5 and 6 are the vendor's; the others are not public, so these are simulated, and every status
 * message of theirs says so.
 */
export const STATE = { processing: "1", waiting: "2", holding: "4", success: "5", failure: "6" } as const;

/** Service that takes the list of customers to run again (a project's convention, wire/exstream.md 8.2). */
export const RETRY_QUEUE = "retry-statements";

const JOB_STATES: Record<string, string> = {
  started: STATE.processing,
  waiting: STATE.waiting,
  holding: STATE.holding,
  complete: STATE.success,
};

/** The tracker of a job: the top of what an input made. */
export function trackerRow(job: JobRecord): Row {
  const processingstate = JOB_STATES[job.status] ?? STATE.failure;
  return {
    trackerid: job.id,
    processingstate,
    statusmessage: messageFor(processingstate, job.msg),
    servicename: job.channel,
    externaljobid: job.externalId ?? "",
    creationtime: timeOf(job.startDate),
    lastupdatetime: timeOf(job.endDate ?? job.startDate),
    ...job.run.attributes,
  };
}

/** A document of an output queue, and what settles it. */
export interface DocumentRow {
  row: Row;
  /** Absent: nothing was delivered, so nothing can be settled. */
  delivery?: { step: StepRecord; record: DeliveryRecord };
}

/**
 * Documents and failures of a job, over all its runs; of one output only where it is named. A document that no channel took is a
 * row of its queue.
 */
export function* documentRows(records: Records, job: JobRecord, only?: OutputRecord): Generator<DocumentRow> {
  for (const instance of records.instancesOf(job.id)) {
    const steps = records.stepsOf(instance.id).filter(({ stepType }) => stepType === "output");
    if (only && only.flowInstanceId !== instance.id) continue;
    for (const output of only ? [only] : records.outputsOf(instance.id)) {
      if (steps.length === 0) yield { row: documentRow(job, output, output.queueName, output.id, STATE.success, "", output.createdAt) };
      for (const step of steps) {
        const record = records.delivery(output.id, step.displayName);
        if (record) yield { row: deliveryRow(job, output, record, step.status === "holding"), delivery: { step, record } };
      }
    }
    if (only) continue;
    for (const { id, queueName = "", customerIndex, customerNumber, reason } of records.failuresOf(instance.id)) {
      const about = { id, customerIndex, customerNumber };
      yield { row: documentRow(job, about, queueName, id, STATE.failure, reason, timeOf(instance.endDate ?? instance.startDate)) };
    }
  }
}

function deliveryRow(job: JobRecord, output: OutputRecord, record: DeliveryRecord, held: boolean): Row {
  const { channel, id, reason = "", at, settled } = record;
  const state = settled?.state ?? stateOf(record, held);
  return documentRow(job, output, channel, id, state, settled?.message ?? reason, at);
}

function stateOf({ state }: DeliveryRecord, held: boolean): string {
  if (state === "delivered") return held ? STATE.holding : STATE.success;
  return state === "rejected" ? STATE.failure : STATE.waiting;
}

function documentRow(
  job: JobRecord,
  output: Pick<OutputRecord, "id" | "customerIndex" | "customerNumber"> & Partial<OutputRecord>,
  connectorname: string,
  processingattemptid: string,
  processingstate: string,
  message: string,
  lastupdatetime: string,
): Row {
  const { customerNumber, queueName, fileName, keys } = output;
  return {
    processingattemptid,
    trackerid: output.id,
    originaltrackerid: job.id,
    docinputid: job.id,
    retryqueue: RETRY_QUEUE,
    customerinrun: String(output.customerIndex + 1),
    connectorname,
    lastupdatetime,
    processingstate,
    statusmessage: messageFor(processingstate, message),
    storedvariables: JSON.stringify({
      CustomerNumber: customerNumber,
      QueueName: queueName,
      FileName: fileName,
      AccountNumber: keys?.accountNumber,
    }),
  };
}

function messageFor(state: string, message: string): string {
  if (state === STATE.success || state === STATE.failure) return message;
  return message ? `${message} (simulated state)` : "simulated state";
}

function timeOf(date: number): string {
  return new Date(date).toISOString();
}
