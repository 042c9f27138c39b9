import { randomUUID } from "node:crypto";
import type { Exchange } from "../../kernel/exchange";
import type { JobRecord, OutputRecord, StepRecord } from "../jobs/record-types";
import { DELIVERY_FILE, ERROR_REPORT, type ReportKind } from "../jobs/reports";
import { type Desk, offer, Refusal, sendData } from "./desk";
import { pageInfo, wholeNumber } from "./lists";
import { stepOf } from "./runtime";
import { ZIP_LIMIT, type ZipEntry, zipLength, zipOf } from "./zip";

const STEP = "/orchestration/api/v1/runtime/:domain/flow-steps/:id";
const PAGE = 1000;

/** What a communication step left behind (wire/exstream.md 6, B7). The bodies of outputs and delivery file are ours. */
export function offerStepFiles(desk: Desk): void {
  const { records } = desk;
  offer(desk, "GET", `${STEP}/message-file`, (exchange) => sendReport(desk, exchange, "messages", "text/plain"));
  offer(desk, "GET", `${STEP}/delivery-file`, (exchange) => sendReport(desk, exchange, "delivery", "application/xml"));
  offer(desk, "GET", `${STEP}/delivery-file/outputs`, (exchange) => {
    const { flowInstanceId } = endedStep(desk, exchange);
    const outputs = records.outputsOf(flowInstanceId).map(shownOutput);
    const failures = records
      .failuresOf(flowInstanceId)
      .map(({ customerNumber, accountNumber, queueName, code, reason }) => ({ customerNumber, accountNumber, queueName, code, reason }));
    sendData(exchange, { outputs, failures });
  });
  offer(desk, "GET", `${STEP}/delivery-file/output-files`, (exchange) => {
    const names = records.outputsOf(endedStep(desk, exchange).flowInstanceId).map((output) => output.fileName);
    const offset = wholeNumber(exchange, "offset", 0);
    const count = Math.max(1, wholeNumber(exchange, "count", PAGE));
    exchange.json(200, { status: "success", data: names.slice(offset, offset + count), page: pageInfo(offset, count, names.length) });
  });
  offer(desk, "GET", `${STEP}/artifact/:name`, (exchange) => sendArtifact(desk, exchange));
  offer(desk, "GET", `${STEP}/customer-artifacts/:customer`, (exchange) => sendCustomer(desk, exchange));
}

async function sendArtifact(desk: Desk, exchange: Exchange): Promise<void> {
  const name = exchange.param("name");
  if (name === DELIVERY_FILE) return sendReport(desk, exchange, "delivery", "application/xml");
  if (name === ERROR_REPORT) return sendReport(desk, exchange, "errors", "text/csv");
  const output = desk.records.outputsOf(endedStep(desk, exchange).flowInstanceId).find((each) => each.fileName === name);
  if (!output) throw new Refusal(404, `the step has no artifact '${name}'`);
  await exchange.file(desk.records.store.contentPath(output.id), asAttachment(output.mimeType, name));
}

/** The zip of one customer number. */
async function sendCustomer(desk: Desk, exchange: Exchange): Promise<void> {
  const { store } = desk.records;
  const number = exchange.param("customer");
  const outputs = desk.records.outputsOf(endedStep(desk, exchange).flowInstanceId).filter((output) => output.customerNumber === number);
  if (outputs.length === 0) throw new Refusal(404, `nothing was composed for customer '${number}'`);
  const entries: ZipEntry[] = outputs.map((output) => ({ name: output.fileName, path: store.contentPath(output.id) }));
  const length = zipLength(
    entries,
    outputs.reduce((sum, output) => sum + output.size, 0),
  );
  if (length > ZIP_LIMIT) throw new Refusal(413, "the artifacts are too large for one archive; get them by name");
  // Through a file, so that the kernel's switches for replies apply here too.
  const id = `${randomUUID()}.zip`;
  await store.writeContent(id, zipOf(entries));
  try {
    await exchange.file(store.contentPath(id), asAttachment("application/zip", "artifacts.zip"));
  } finally {
    await store.deleteContent(id);
  }
}

async function sendReport(desk: Desk, exchange: Exchange, kind: ReportKind, mediaType: string): Promise<void> {
  const step = endedStep(desk, exchange);
  const job = desk.records.jobs.get(desk.records.instance(step.flowInstanceId)?.jobId ?? "") as JobRecord;
  await exchange.file(await desk.reports.pathOf(job, step, kind), { "Content-Type": mediaType });
}

/** The communication step a path names, once it has ended: before that its files would still grow. */
function endedStep(desk: Desk, exchange: Exchange): StepRecord {
  const step = stepOf(desk, exchange);
  if (step.deliveryFileRetrievable) return step;
  throw new Refusal(404, "the step has no delivery file: it is no communication step, or it has not ended");
}

function shownOutput(output: OutputRecord) {
  const { customerNumber, queueName, channel, fileName, mimeType, size, sha256, pages, keys, totals, rejected } = output;
  return { customerNumber, queueName, channel, fileName, mimeType, size, sha256, pages, keys, totals, rejected };
}

function asAttachment(mediaType: string, name: string): Record<string, string> {
  return { "Content-Type": mediaType, "Content-Disposition": `attachment; filename="${name}"` };
}
