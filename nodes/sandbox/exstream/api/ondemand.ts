import { readFile } from "node:fs/promises";
import type { Exchange } from "../../kernel/exchange";
import type { Collection } from "../../kernel/store";
import { outputContext } from "../channels/metadata";
import { empowerId } from "../compose/compose";
import { DRIVER_VARIANTS, VARIANTS, type Variant } from "../compose/customer";
import { readDriverData } from "../compose/driver-data";
import { type FailureRecord, inputFile, type JobRecord, type OutputRecord } from "../jobs/record-types";
import { COMMUNICATION, type Communication, INTERACTIVE } from "../seed";
import { type Desk, httpStatus, jsonOf, offer, Refusal, sendData } from "./desk";
import { type Call, composeOnDemand, readSubmission, type Submission, serviceOf, submissionOf } from "./submit";

/** Most bytes of outputs that go into one envelope as base64 (ours): larger ones are asked for by `Accept`. */
const ENVELOPE_LIMIT = 64 * 1024 * 1024;
const ONDEMAND = "/orchestration/api/v1/inputs/ondemand/:domain";

/** Store kind `empower`: a document in the interactive editor, with its id. */
interface EmpowerRecord {
  /** The on-demand job that made it, and its customer. */
  jobId: string;
  customerIndex: number;
  empowerUser: string;
}

/** On-demand compose, own services, and fulfilment of edited documents (wire/exstream.md 4.1 to 4.3; C1 to C10). */
export function offerOnDemand(desk: Desk): void {
  const documents = desk.records.store.collection<EmpowerRecord>("empower");
  offer(desk, "POST", `${ONDEMAND}/generate`, async (exchange, { user }) => {
    const communication = communicationOf(exchange);
    const submission = await readSubmission(exchange);
    if (communication === INTERACTIVE) await makeInteractive(desk, exchange, submission, user, documents);
    else await composeAsked(desk, exchange, submission, { user, service: "generate" });
  });
  offer(desk, "POST", `${ONDEMAND}/:service`, async (exchange, { user }) => {
    const service = serviceOf(exchange);
    await composeAsked(desk, exchange, await readSubmission(exchange), { user, service });
  });
  offer(desk, "POST", "/orchestration/api/v1/inputs/fulfillment/ondemand/:domain/fulfill", async (exchange, { user }) => {
    if (communicationOf(exchange) !== INTERACTIVE) throw new Refusal(400, "header communicationId names no interactive communication");
    const preserve = exchange.header("preservedocuments");
    if (preserve !== "true" && preserve !== "false") throw new Refusal(400, "header preserveDocuments must be true or false");
    const ids = await documentIds(exchange, documents);
    const submission = await editedData(desk, ids, documents);
    await composeAsked(desk, exchange, submission, { user, service: "fulfill", communication: INTERACTIVE });
    if (preserve === "false") for (const id of ids) documents.delete(id);
  });
}

/** C3. The wording is ours. */
function communicationOf(exchange: Exchange): Communication {
  const id = exchange.header("communicationid")?.toLowerCase();
  const communication = [COMMUNICATION, INTERACTIVE].find((each) => each.id === id);
  if (!communication) throw new Refusal(400, "header communicationId is missing or names no communication");
  if (exchange.header("driverdatasource") !== communication.driverDataSource) {
    throw new Refusal(400, "header driverDataSource is missing or is not a driver data source of the communication");
  }
  return communication;
}

async function composeAsked(
  desk: Desk,
  exchange: Exchange,
  submission: Submission,
  call: Pick<Call, "user" | "service" | "communication">,
) {
  const wanted = wantedVariant(exchange);
  const variants = submission.data.options.variants ?? [wanted ?? "pdf"];
  if (wanted && !variants.includes(wanted)) throw new Refusal(406, `no output of type ${VARIANTS[wanted].mimeType} is composed`);
  const { outputs, failures } = await composeOnDemand(desk, submission, { ...call, ...callerOf(exchange), variants });
  const inner = String(desk.app.switches.get("exstream.inner-status"));
  if (inner || failures.length > 0) sendFailures(desk, exchange, outputs, failures, inner);
  else if (wanted) await sendBytes(desk, exchange, outputs, wanted);
  else await sendEnvelope(desk, exchange, outputs);
}

/**
 * Makes documents for the interactive editor instead of finished ones. A user without rights there is an inner 401
 * (wire/exstream.md 7); who has none is a switch.
 */
async function makeInteractive(
  desk: Desk,
  exchange: Exchange,
  submission: Submission,
  user: string,
  documents: Collection<EmpowerRecord>,
): Promise<void> {
  const empowerUser = exchange.header("empoweruser");
  if (!empowerUser) throw new Refusal(400, "header empowerUser is missing; an interactive communication needs it");
  const call = { service: "generate", variants: ["mpw" as const], user, communication: INTERACTIVE, ...callerOf(exchange) };
  const { job, outputs, failures } = await composeOnDemand(desk, submission, call);
  const denied = String(desk.app.switches.get("exstream.empower-denied")).split(",").includes(empowerUser);
  if (denied || failures.length > 0) return sendFailures(desk, exchange, outputs, failures, denied ? "401" : "");
  for (const { customerIndex } of outputs) documents.put(empowerId(job.id, customerIndex), { jobId: job.id, customerIndex, empowerUser });
  const [first] = outputs;
  const bare = outputs.length === 1 && exchange.header("accept")?.toLowerCase() === "application/json";
  if (first && bare) await exchange.file(desk.records.store.contentPath(first.id), { "Content-Type": "application/json" });
  else await sendEnvelope(desk, exchange, outputs);
}

async function documentIds(exchange: Exchange, documents: Collection<EmpowerRecord>): Promise<string[]> {
  const ids = ((await jsonOf(exchange)) as { documents?: unknown } | null)?.documents;
  if (!Array.isArray(ids) || ids.length === 0) throw new Refusal(400, "documents must be a list of document ids");
  const unknown = ids.find((id) => !documents.has(String(id)));
  if (unknown !== undefined) throw new Refusal(404, `there is no interactive document '${unknown}'`);
  return ids.map(String);
}

/** The data the documents were made from: nobody edits anything in this stand-in. */
async function editedData(desk: Desk, ids: string[], documents: Collection<EmpowerRecord>): Promise<Submission> {
  const customers: object[] = [];
  for (const id of ids) {
    const { jobId, customerIndex } = documents.get(id) as EmpowerRecord;
    const { run } = desk.records.jobs.get(jobId) as JobRecord;
    const { customers: source } = readDriverData(await readFile(desk.records.store.contentPath(inputFile(jobId))), run.inputType);
    customers.push(source.at(customerIndex));
  }
  return submissionOf(Buffer.from(JSON.stringify({ customers })), "application/json");
}

function callerOf(exchange: Exchange): Pick<Call, "domain" | "externalId"> {
  return { domain: exchange.param("domain"), externalId: exchange.header("externalid") };
}

/**
 * The variant a specific `Accept` asks for; undefined for the envelope. `application/json` gives the envelope too: the contract
 * states it for interactive communications only, and this one is not. Throws `Refusal` 406 (C6).
 */
function wantedVariant(exchange: Exchange): Variant | undefined {
  const types = (exchange.header("accept") ?? "*/*").split(",").map((range) => range.split(";")[0]?.trim().toLowerCase());
  if (types.includes("*/*") || types.includes("application/json")) return undefined;
  const found = DRIVER_VARIANTS.find((variant) => types.includes(VARIANTS[variant].mimeType));
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
