import { randomUUID } from "node:crypto";
import type { Exchange } from "../../kernel/exchange";
import type { Composed } from "../compose/compose";
import type { Listed } from "../jobs/plan";
import type { StepRecord } from "../jobs/record-types";
import { DELIVERY_FILE, type DeliveryForm, deliveryFile, ERROR_REPORT, errorReport, messageFile, outputList } from "../jobs/reports";
import type { Result } from "../jobs/results";
import { ZIP_LIMIT, zipLength, zipOf } from "../zip";
import { asAttachment, asked, type Desk, offer, Refusal } from "./desk";
import { pageInfo, wholeNumber } from "./lists";
import { RUNTIME, stepOf } from "./runtime";

const STEP = `${RUNTIME}/flow-steps/:id`;
const PAGE = 1000;

/** What a communication step left behind (wire/exstream.md 6, B7). The bodies of outputs and delivery file are ours. */
export function offerStepFiles(desk: Desk): void {
  offer(desk, "GET", `${STEP}/message-file`, async (exchange) => {
    const { job, result } = await desk.results.ofStep(endedStep(desk, exchange));
    await exchange.stream(messageFile(job, result), asked(exchange, "text/plain", "messages.txt"));
  });
  offer(desk, "GET", `${STEP}/delivery-file`, (exchange) => sendDeliveryFile(desk, exchange));
  offer(desk, "GET", `${STEP}/delivery-file/outputs`, async (exchange) => {
    const { result } = await desk.results.ofStep(endedStep(desk, exchange));
    await exchange.stream(outputList(result), { "Content-Type": "application/json" });
  });
  offer(desk, "GET", `${STEP}/delivery-file/output-files`, async (exchange) => {
    const { result } = await desk.results.ofStep(endedStep(desk, exchange));
    const offset = wholeNumber(exchange, "offset", 0);
    const count = Math.max(1, Math.min(PAGE, wholeNumber(exchange, "count", PAGE)));
    const data = namesOf(result, offset, count);
    exchange.json(200, { status: "success", data, page: pageInfo(offset, count, result.counts.outputs) });
  });
  offer(desk, "GET", `${STEP}/artifact/:name`, (exchange) => sendArtifact(desk, exchange));
  offer(desk, "GET", `${STEP}/customer-artifacts/:customer`, (exchange) => sendCustomer(desk, exchange));
}

function namesOf(result: Result, offset: number, count: number): string[] {
  const names: string[] = [];
  for (const { fileName } of result.outputs(offset)) {
    names.push(fileName);
    if (names.length === count) break;
  }
  return names;
}

async function sendDeliveryFile(desk: Desk, exchange: Exchange): Promise<void> {
  const step = endedStep(desk, exchange);
  const { job, result } = await desk.results.ofStep(step);
  const form = desk.app.switches.get("exstream.delivery-file-form") as DeliveryForm;
  await exchange.stream(deliveryFile(job, step, result, form), asked(exchange, "application/xml", DELIVERY_FILE));
}

async function sendArtifact(desk: Desk, exchange: Exchange): Promise<void> {
  const name = exchange.param("name");
  if (name === DELIVERY_FILE) return sendDeliveryFile(desk, exchange);
  const { result } = await desk.results.ofStep(endedStep(desk, exchange));
  if (name === ERROR_REPORT) return exchange.stream(errorReport(result), { "Content-Type": "text/csv" });
  const output = result.named(name);
  if (!output) throw new Refusal(404, `the step has no artifact '${name}'`);
  const headers = asAttachment(output.mimeType, name);
  const bytes = result.bytesOf(output);
  if (typeof bytes === "string") await exchange.file(bytes, headers);
  else await exchange.stream(bytes.chunks(), { ...headers, "Content-Length": String(bytes.size) });
}

/** The zip of one customer number. It goes through files, since an entry's checksum stands before its bytes. */
async function sendCustomer(desk: Desk, exchange: Exchange): Promise<void> {
  const { store } = desk.records;
  const number = exchange.param("customer");
  const { result } = await desk.results.ofStep(endedStep(desk, exchange));
  const outputs = result.ofCustomer(number);
  if (outputs.length === 0) throw new Refusal(404, `nothing was composed for customer '${number}'`);
  const made: string[] = [];
  const make = async (chunks: AsyncIterable<Buffer>): Promise<string> => {
    const id = `${randomUUID()}.tmp`;
    made.push(id);
    await store.writeContent(id, chunks);
    return store.contentPath(id);
  };
  const entryOf = async (output: Listed) => {
    const bytes = result.bytesOf(output);
    if (typeof bytes === "string") return { name: output.fileName, path: bytes, size: output.size ?? 0 };
    return { name: output.fileName, path: await make(inTurn(bytes)), size: bytes.size };
  };
  try {
    const entries = await Promise.all(outputs.map(entryOf));
    const size = entries.reduce((sum, entry) => sum + entry.size, 0);
    if (zipLength(entries, size) > ZIP_LIMIT) throw new Refusal(413, "the artifacts are too large for one archive; get them by name");
    await exchange.file(await make(zipOf(entries)), asAttachment("application/zip", "artifacts.zip"));
  } finally {
    for (const id of made) await store.deleteContent(id);
  }
}

/** The communication step a path names, once it has ended: before that its files would still grow. */
function endedStep(desk: Desk, exchange: Exchange): StepRecord {
  const step = stepOf(desk, exchange);
  if (step.deliveryFileRetrievable) return step;
  throw new Refusal(404, "the step has no delivery file: it is no communication step, or it has not ended");
}

async function* inTurn(composed: Composed): AsyncGenerator<Buffer> {
  yield* composed.chunks();
}
