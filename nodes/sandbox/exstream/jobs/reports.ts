import { xmlText } from "../xml";
import type { FailureRecord, JobRecord, OutputRecord, StepRecord } from "./record-types";
import { stepFiles } from "./record-types";
import type { Records } from "./records";

/** Names under which a step's own files are offered as artifacts. */
export const DELIVERY_FILE = "_STDDELIVERYFILE.xml";
export const ERROR_REPORT = "ErrorReport.csv";

/** Which file of a communication step. */
export type ReportKind = keyof ReturnType<typeof stepFiles>;

const LINES_A_CHUNK = 500;

/**
 * The files a composition leaves behind beside its outputs. They are written when first asked for and kept, since
 * what they tell does not change once the step has ended.
 */
export class Reports {
  private readonly writing = new Map<string, Promise<unknown>>();

  constructor(private readonly records: Records) {}

  /** Path of a report of an ended communication step. */
  async pathOf(job: JobRecord, step: StepRecord, kind: ReportKind): Promise<string> {
    const name = stepFiles(step.id)[kind];
    const under = this.writing.get(name) ?? this.records.store.writeContent(name, inChunks(this.lines(job, step, kind)));
    this.writing.set(name, under);
    try {
      await under;
    } catch (error) {
      this.writing.delete(name);
      throw error;
    }
    return this.records.store.contentPath(name);
  }

  private lines(job: JobRecord, step: StepRecord, kind: ReportKind): Iterable<string> {
    const outputs = this.records.outputsOf(step.flowInstanceId);
    const failures = this.records.failuresOf(step.flowInstanceId);
    if (kind === "delivery") return deliveryLines(job, step, outputs);
    if (kind === "messages") return messageLines(job, outputs, failures);
    return errorLines(failures);
  }
}

/**
 * The delivery file: one `customer` for every output, with `key name=""` and `queueName` as seen at a real site
 * (wire/exstream.md 9.2). The root and the elements about the file are ours, as the full schema is not public.
 */
function* deliveryLines(job: JobRecord, step: StepRecord, outputs: OutputRecord[]): Generator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>`;
  yield `<deliveryFile jobId="${job.id}" flowInstanceId="${step.flowInstanceId}" flowStepId="${step.id}">`;
  for (const output of outputs) {
    const keys = { AccountNumber: output.keys.accountNumber, CISNumber: output.customerNumber, Period: output.keys.period };
    yield "  <customer>";
    for (const [name, value] of Object.entries(keys)) yield `    <key name="${name}">${xmlText(value)}</key>`;
    yield `    <queueName>${xmlText(output.queueName)}</queueName>`;
    yield `    <fileName>${xmlText(output.fileName)}</fileName>`;
    yield `    <mimeType>${output.mimeType}</mimeType>`;
    yield `    <size>${output.size}</size>`;
    yield `    <sha256>${output.sha256}</sha256>`;
    yield "  </customer>";
  }
  yield "</deliveryFile>";
}

/** Lines that begin with `EX`, six digits and a severity letter (wire/exstream.md 8.4); the numbers are ours. */
function* messageLines(job: JobRecord, outputs: OutputRecord[], failures: FailureRecord[]): Generator<string> {
  yield `EX001000I Job ${job.id}, service ${job.channel}, variants ${job.run.variants.join(", ")}`;
  for (const failure of failures) {
    const queue = failure.queueName ? `, queue ${failure.queueName}` : "";
    yield `${failure.code} Customer ${failure.customerNumber}${queue}: ${failure.reason}`;
  }
  if (outputs.length === 0) yield "EX003001S No output was composed";
  else if (failures.length > 0) yield `EX002900W ${failures.length} failures, see above`;
  yield `EX001900I Composition ended: ${outputs.length} outputs, ${failures.length} failures`;
}

/** Pipe-separated, as one site's project had it (wire/exstream.md 9.2): account, customer, queue or `*` for all, status, reason. */
function* errorLines(failures: FailureRecord[]): Generator<string> {
  yield "AccountNumber|CustomerNumber|DeliveryMethod|Status|Reason";
  for (const failure of failures) {
    yield [failure.accountNumber, failure.customerNumber, failure.queueName ?? "*", "FAILED", failure.reason]
      .map((value) => value.replace(/[|\r\n]/g, " "))
      .join("|");
  }
}

async function* inChunks(lines: Iterable<string>): AsyncGenerator<Buffer> {
  let pending: string[] = [];
  for (const line of lines) {
    pending.push(line);
    if (pending.length < LINES_A_CHUNK) continue;
    yield Buffer.from(`${pending.join("\n")}\n`);
    pending = [];
  }
  if (pending.length > 0) yield Buffer.from(`${pending.join("\n")}\n`);
}
