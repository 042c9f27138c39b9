import { xmlText } from "../xml";
import type { Listed } from "./plan";
import type { FailureRecord, JobRecord, StepRecord } from "./record-types";
import type { Result } from "./results";

/** Names under which a step's own files are offered as artifacts. */
export const DELIVERY_FILE = "_STDDELIVERYFILE.xml";
export const ERROR_REPORT = "ErrorReport.csv";

/** How the delivery file looks: as flat as it can be, or nested and in a namespace, since its schema is not public. */
export type DeliveryForm = "flat" | "nested";

const LINES_A_CHUNK = 500;

/**
 * The delivery file: one `customer` for every output, with `key name=""` and `queueName` as seen at a real site
 * (wire/exstream.md 9.2). The root and the elements about the file are ours, as the full schema is not public.
 * Made line by line, so that a million customers cost no memory.
 */
export function deliveryFile(job: JobRecord, step: StepRecord, result: Result, form: DeliveryForm): Iterable<Buffer> {
  return inChunks(form === "flat" ? flatLines(job, step, result.outputs()) : nestedLines(job, step, result.outputs()));
}

function* flatLines(job: JobRecord, step: StepRecord, outputs: Iterable<Listed>): Generator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>`;
  yield `<deliveryFile jobId="${job.id}" flowInstanceId="${step.flowInstanceId}" flowStepId="${step.id}">`;
  for (const output of outputs) {
    yield "  <customer>";
    for (const [name, value] of keysOf(output)) yield `    <key name="${name}">${xmlText(value)}</key>`;
    for (const [name, value] of fileOf(output)) yield `    <${name}>${xmlText(value)}</${name}>`;
    yield "  </customer>";
  }
  yield "</deliveryFile>";
}

function* nestedLines(job: JobRecord, step: StepRecord, outputs: Iterable<Listed>): Generator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>`;
  yield `<d:deliveryFile xmlns:d="urn:docbridge:sandbox:delivery" version="2">`;
  yield `  <d:run><d:job>${job.id}</d:job><d:flowStep>${step.id}</d:flowStep></d:run>`;
  yield "  <d:customers>";
  for (const output of outputs) {
    yield "    <d:customer>";
    yield "      <d:keys>";
    for (const [name, value] of keysOf(output)) yield `        <d:key name="${name}"><![CDATA[${value.replaceAll("]]>", "")}]]></d:key>`;
    yield "      </d:keys>";
    yield "      <d:deliveries><d:delivery>";
    for (const [name, value] of fileOf(output)) yield `        <d:${name}>${xmlText(value)}</d:${name}>`;
    yield "      </d:delivery></d:deliveries>";
    yield "    </d:customer>";
  }
  yield "  </d:customers>";
  yield "</d:deliveryFile>";
}

function keysOf(output: Listed): [string, string][] {
  return [
    ["AccountNumber", output.keys.accountNumber],
    ["CISNumber", output.customerNumber],
    ["Period", output.keys.period],
  ];
}

function fileOf({ queueName, fileName, mimeType, size, sha256 }: Listed): [string, string][] {
  const fields: [string, string | number | undefined][] = [
    ["queueName", queueName],
    ["fileName", fileName],
    ["mimeType", mimeType],
    ["size", size],
    ["sha256", sha256],
  ];
  return fields.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
}

/** Lines that begin with `EX`, six digits and a severity letter (wire/exstream.md 8.4); the numbers are ours. */
export function messageFile(job: JobRecord, { counts, failures }: Result): Iterable<Buffer> {
  function* lines(): Generator<string> {
    yield `EX001000I Job ${job.id}, service ${job.channel}, variants ${job.run.variants.join(", ")}`;
    for (const failure of failures()) {
      const queue = failure.queueName ? `, queue ${failure.queueName}` : "";
      yield `${failure.code} Customer ${failure.customerNumber}${queue}: ${failure.reason}`;
    }
    if (counts.outputs === 0) yield "EX003001S No output was composed";
    else if (counts.failures > 0) yield `EX002900W ${counts.failures} failures, see above`;
    yield `EX001900I Composition ended: ${counts.outputs} outputs, ${counts.failures} failures`;
  }
  return inChunks(lines());
}

/** Pipe-separated, as one site's project had it (wire/exstream.md 9.2): account, customer, queue or `*` for all, status, reason. */
export function errorReport({ failures }: Result): Iterable<Buffer> {
  function* lines(): Generator<string> {
    yield "AccountNumber|CustomerNumber|DeliveryMethod|Status|Reason";
    for (const failure of failures()) {
      yield [failure.accountNumber, failure.customerNumber, failure.queueName ?? "*", "FAILED", failure.reason]
        .map((value) => value.replace(/[|\r\n]/g, " "))
        .join("|");
    }
  }
  return inChunks(lines());
}

/** Outputs and failures in the success envelope. The form of `data` is ours (B7). */
export function outputList({ outputs, failures }: Result): Iterable<Buffer> {
  function* lines(): Generator<string> {
    yield `{"status":"success","data":{"outputs":[`;
    yield* asList(outputs(), shownOutput);
    yield `],"failures":[`;
    yield* asList(failures(), shownFailure);
    yield "]}}";
  }
  return inChunks(lines());
}

function* asList<T>(items: Iterable<T>, shown: (item: T) => object): Generator<string> {
  let separator = "";
  for (const item of items) {
    yield separator + JSON.stringify(shown(item));
    separator = ",";
  }
}

function shownOutput(output: Listed) {
  const { customerNumber, queueName, channel, fileName, mimeType, size, sha256, pages, keys, totals, rejected } = output;
  return { customerNumber, queueName, channel, fileName, mimeType, size, sha256, pages, keys, totals, rejected };
}

function shownFailure({ customerNumber, accountNumber, queueName, code, reason }: FailureRecord) {
  return { customerNumber, accountNumber, queueName, code, reason };
}

/** Lines as pieces of bytes of a size worth sending. */
export function* inChunks(lines: Iterable<string>): Generator<Buffer> {
  let pending: string[] = [];
  for (const line of lines) {
    pending.push(line);
    if (pending.length < LINES_A_CHUNK) continue;
    yield Buffer.from(`${pending.join("\n")}\n`);
    pending = [];
  }
  if (pending.length > 0) yield Buffer.from(`${pending.join("\n")}\n`);
}
