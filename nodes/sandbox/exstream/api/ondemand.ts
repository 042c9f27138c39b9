import { readFile } from "node:fs/promises";
import type { Exchange } from "../../kernel/exchange";
import type { Principal } from "../../kernel/identity";
import { outputContext } from "../channels/metadata";
import { VARIANTS, type Variant } from "../compose/customer";
import type { FailureRecord, OutputRecord } from "../jobs/record-types";
import { COMMUNICATION } from "../seed";
import { type Desk, httpStatus, offer, Refusal, sendData } from "./desk";
import { enterJob, readSubmission, serviceOf } from "./submit";

/** Most bytes of outputs that go into one envelope as base64 (ours): larger ones are asked for by `Accept`. */
const ENVELOPE_LIMIT = 64 * 1024 * 1024;
/** Most customers of one synchronous call (ours). */
const MOST_CUSTOMERS = 1_000;

/** On-demand compose (wire/exstream.md 4.1, 4.2; C1 to C9). */
export function offerOnDemand(desk: Desk): void {
  offer(desk, "POST", "/orchestration/api/v1/inputs/ondemand/:domain/generate", (exchange, principal) => {
    checkHeaders(exchange);
    return composeNow(desk, exchange, principal, "generate");
  });
  offer(desk, "POST", "/orchestration/api/v1/inputs/ondemand/:domain/:service", (exchange, principal) =>
    composeNow(desk, exchange, principal, serviceOf(exchange)),
  );
}

/** C3. The wording is ours. */
function checkHeaders(exchange: Exchange): void {
  if (exchange.header("communicationid")?.toLowerCase() !== COMMUNICATION.id) {
    throw new Refusal(400, "header communicationId is missing or names no communication");
  }
  if (exchange.header("driverdatasource") !== COMMUNICATION.driverDataSource) {
    throw new Refusal(400, "header driverDataSource is missing or is not a driver data source of the communication");
  }
}

async function composeNow(desk: Desk, exchange: Exchange, principal: Principal, service: string): Promise<void> {
  const submission = await readSubmission(exchange);
  const { data } = submission;
  if (data.customers.count > MOST_CUSTOMERS) throw new Refusal(400, `an on-demand call takes up to ${MOST_CUSTOMERS} customers; use batch`);
  const wanted = wantedVariant(exchange);
  const variants = data.options.variants ?? [wanted ?? "pdf"];
  if (wanted && !variants.includes(wanted)) throw new Refusal(406, `no output of type ${VARIANTS[wanted].mimeType} is composed`);
  const job = await enterJob(desk, exchange, principal, submission, { service, mode: "ONDEMAND", variants });
  await desk.engine.composeNow(job, data);
  const outputs = desk.records.outputsOf(job.run.instanceId);
  const failures = desk.records.failuresOf(job.run.instanceId);
  const inner = String(desk.app.switches.get("exstream.inner-status"));
  if (inner || failures.length > 0) sendFailures(desk, exchange, outputs, failures, inner);
  else if (wanted) await sendBytes(desk, exchange, outputs, wanted);
  else await sendEnvelope(desk, exchange, outputs);
}

/**
 * The variant a specific `Accept` asks for; undefined for the envelope. `application/json` gives the envelope too: the contract
 * states it for interactive communications only, and this one is not. Throws `Refusal` 406 (C6).
 */
function wantedVariant(exchange: Exchange): Variant | undefined {
  const types = (exchange.header("accept") ?? "*/*").split(",").map((range) => range.split(";")[0]?.trim().toLowerCase());
  if (types.includes("*/*") || types.includes("application/json")) return undefined;
  const found = (Object.keys(VARIANTS) as Variant[]).find((variant) => types.includes(VARIANTS[variant].mimeType));
  if (!found) throw new Refusal(406, "the communication has no output of the type that Accept names");
  return found;
}

/** Bare bytes of the one output of the type. What several do is not public: switch `exstream.several-matches`. */
async function sendBytes(desk: Desk, exchange: Exchange, outputs: OutputRecord[], wanted: Variant): Promise<void> {
  const matching = outputs.filter((output) => output.mimeType === VARIANTS[wanted].mimeType);
  if (matching.length > 1 && desk.app.switches.get("exstream.several-matches") === "refuse") {
    throw new Refusal(406, `${matching.length} outputs are of the type that Accept names; ask for the envelope`);
  }
  const output = matching[0] as OutputRecord;
  await exchange.file(desk.records.store.contentPath(output.id), { "Content-Type": output.mimeType });
}

async function sendEnvelope(desk: Desk, exchange: Exchange, outputs: OutputRecord[]): Promise<void> {
  const total = outputs.reduce((sum, output) => sum + output.size, 0);
  if (total > ENVELOPE_LIMIT) throw new Refusal(413, `${total} bytes do not fit an envelope; ask for bytes with a specific Accept`);
  const wrong = desk.app.switches.isOn("exstream.wrong-base64");
  const data: object[] = [];
  for (const output of outputs) {
    const bytes = await readFile(desk.records.store.contentPath(output.id));
    const content = bytes.toString("base64");
    data.push({
      content: wrong ? `${content.slice(0, -3)}*~` : content,
      mimeType: output.mimeType,
      engineOutputContext: outputContext(output),
    });
  }
  sendData(exchange, data);
}

/** Error shape 2 (wire/exstream.md 7) with the HTTP status of the first failure (C7). */
function sendFailures(desk: Desk, exchange: Exchange, outputs: OutputRecord[], failures: FailureRecord[], inner: string): void {
  const data = inner
    ? outputs.map((output) => failureOf(inner, "the output was refused (switch exstream.inner-status)", outputContext(output)))
    : failures.map((failure) => failureOf("500", failure.reason, contextOf(failure)));
  exchange.json(httpStatus(desk.app, Number(data[0]?.statusCode ?? 500)), { status: "error", data });
}

function failureOf(statusCode: string, errorMessage: string, engineOutputContext: Record<string, string>) {
  return { errorMessage, statusCode, engineOutputContext };
}

function contextOf(failure: FailureRecord): Record<string, string> {
  return { queueName: failure.queueName ?? "", fileName: "", customerNumber: failure.customerNumber };
}
