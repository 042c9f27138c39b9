import { readFile } from "node:fs/promises";
import type { Exchange } from "../../kernel/exchange";
import type { Principal } from "../../kernel/identity";
import { readDriverData } from "../compose/driver-data";
import { driverTree } from "../compose/driver-xml";
import { conditionsOf, demanded, meets, pageOf } from "../gateway/query";
import { type DocumentRow, documentRows, RETRY_QUEUE, type Row, STATE, trackerRow } from "../gateway/rows";
import { ENDED, inputFile, type JobRecord, type OutputRecord } from "../jobs/record-types";
import { DOMAIN, servicesOf } from "../seed";
import { asAttachment, type Desk, jsonOf, Refusal, SERVICE_NAME, sendRefusal } from "./desk";
import { type Call, composeOnDemand, enterJob, type Submission, submissionOf } from "./submit";

const GATEWAY = "/:tenant/sgw/v1";
const OUTPUT_QUEUE = "outputqueueobject";
/** Driver data comes as base64 within JSON. */
const BODY_LIMIT = 96 * 1024 * 1024;

/**
 * The service gateway of a Communications Server (wire/exstream.md 8.2; C11, V3, V4), as a second face of the same jobs: a tracker is
 * a job, a document is an output on its way through a channel.
 */
export function offerGateway(desk: Desk): void {
  offer(desk, "POST", "/communications", (exchange, { user }) => submit(desk, exchange, user));
  offer(desk, "GET", "/trackers", (exchange) => {
    const conditions = conditionsOf(exchange);
    const wanted = demanded(conditions, "trackerid");
    const jobs = wanted === undefined ? jobsOf(desk) : jobsOf(desk).filter(({ id }) => id === wanted);
    sendRows(
      exchange,
      jobs.map(trackerRow).filter((row) => meets(row, conditions)),
    );
  });
  offer(desk, "GET", "/documents", (exchange) => {
    checkType(exchange);
    sendRows(exchange, rowsIn(found(desk, exchange)));
  });
  offer(desk, "PUT", "/documents", async (exchange) => {
    checkType(exchange);
    const { state, message } = settlementOf(await jsonOf(exchange));
    if (conditionsOf(exchange).length === 0) throw new Refusal(400, "a change needs a where_filter");
    exchange.json(200, { data: settle(desk, [...found(desk, exchange)], state, message) });
  });
  // Whether a gateway gives the bytes of a document is not public; this address is ours.
  offer(desk, "GET", "/documents/:attempt/content", async (exchange) => {
    const output = desk.records.attempted(exchange.param("attempt"));
    if (!output) throw new Refusal(404, `there is no document '${exchange.param("attempt")}'`);
    await exchange.file(desk.records.store.contentPath(output.id), asAttachment(output.mimeType, output.fileName));
  });
  offer(desk, "GET", "/services", (exchange) => {
    const conditions = conditionsOf(exchange);
    const fields = exchange.query.get("fields")?.split(",");
    const rows = [...(servicesOf(DOMAIN) ?? []), RETRY_QUEUE].map(
      (servicename, index): Row => ({
        id: String(index + 1),
        servicename,
        serviceversion: "1",
        state: "running",
        servicetype: "communication",
      }),
    );
    const shown = rows.filter((row) => meets(row, conditions)).map((row) => (fields ? pick(row, fields) : row));
    sendRows(exchange, shown);
  });
}

/** The documents a request asks for; of all jobs, or of the one its conditions name. */
function* found(desk: Desk, exchange: Exchange): Generator<DocumentRow> {
  const conditions = conditionsOf(exchange);
  const attempt = demanded(conditions, "processingattemptid");
  const output = attempt === undefined ? undefined : desk.records.attempted(attempt);
  const wanted = demanded(conditions, "originaltrackerid") ?? output?.jobId;
  for (const job of jobsOf(desk)) {
    if (wanted !== undefined && job.id !== wanted) continue;
    for (const each of documentRows(desk.records, job, output)) if (meets(each.row, conditions)) yield each;
  }
}

/** Adds a route that wants a ticket of the tenant in its path. */
function offer(
  desk: Desk,
  method: string,
  path: string,
  handler: (exchange: Exchange, principal: Principal) => Promise<void> | void,
): void {
  desk.app.route(SERVICE_NAME, method, GATEWAY + path, async (exchange) => {
    const principal = desk.identity.byTicket(exchange.header("otdsticket"));
    try {
      if (!principal) throw new Refusal(401, "the ticket is missing, unknown or expired");
      if (exchange.param("tenant") !== principal.tenant) throw new Refusal(404, `there is no tenant '${exchange.param("tenant")}'`);
      await handler(exchange, principal);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      exchange.req.resume();
      sendRefusal(desk.app, exchange, error.status, error.message);
    }
  });
}

async function submit(desk: Desk, exchange: Exchange, user: string): Promise<void> {
  const service = exchange.query.get("name") ?? "";
  const version = exchange.query.get("version") ?? "*";
  const known = service === RETRY_QUEUE || servicesOf(DOMAIN)?.includes(service);
  if (!known || !["*", "1"].includes(version)) throw new Refusal(404, `there is no service '${service}' of version ${version}`);
  const { contentType, data, attributes } = communicationOf(await bodyOf(exchange));
  const submission = service === RETRY_QUEUE ? await retryOf(desk, data) : submissionOf(data, mediaTypeOf(contentType));
  const variants = submission.data.options.variants ?? ["pdf" as const];
  const call: Omit<Call, "mode"> = { domain: DOMAIN, service, variants, user, externalId: exchange.header("externalid"), attributes };
  if (exchange.query.get("async") === "true") {
    const job = await enterJob(desk, submission, { ...call, mode: "BATCH" });
    desk.engine.start(job);
    sendEnvelope(exchange, job, []);
    return;
  }
  const { job, outputs, failures } = await composeOnDemand(desk, submission, call);
  const [failure] = failures;
  if (failure) throw new Refusal(500, failure.reason);
  sendEnvelope(exchange, job, await Promise.all(outputs.map((output) => resultOf(desk, output))));
}

function sendEnvelope(exchange: Exchange, { id, run }: JobRecord, result: object[]): void {
  exchange.json(200, { status: "success", data: { id, attributeMap: run.attributes ?? {}, result } });
}

async function resultOf(desk: Desk, { id, fileName, mimeType }: OutputRecord): Promise<object> {
  const data = (await readFile(desk.records.store.contentPath(id))).toString("base64");
  const content = { data, contentType: mimeType, streamingFilePath: null, empty: false };
  return { "Content-Disposition": [`attachment; filename="${fileName}"`], content };
}

async function bodyOf(exchange: Exchange): Promise<Record<string, unknown>> {
  try {
    const body = JSON.parse(await exchange.text(BODY_LIMIT));
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return body;
  } catch {
    // Falls through to the refusal.
  }
  throw new Refusal(400, "the body is no JSON object");
}

/** Both spellings of a body; further text members beside `content` become attributes. */
function communicationOf(body: Record<string, unknown>): { contentType: string; data: Buffer; attributes: Record<string, string> } {
  const { content, ...others } = body;
  const nested = typeof content === "object" && content !== null;
  const { contentType, data } = (nested ? content : body) as Record<string, unknown>;
  if (typeof contentType !== "string" || typeof data !== "string" || !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(data)) {
    throw new Refusal(400, "contentType and data (base64) are needed, in content or by themselves");
  }
  const attributes = nested ? Object.entries(others).filter((entry): entry is [string, string] => typeof entry[1] === "string") : [];
  return { contentType, data: Buffer.from(data, "base64"), attributes: Object.fromEntries(attributes) };
}

function mediaTypeOf(contentType: string): string {
  if (/^(text|application)\/xml\b/i.test(contentType)) return "application/xml";
  if (/^application\/json\b/i.test(contentType)) return "application/json";
  throw new Refusal(415, `contentType '${contentType}' is neither XML nor JSON`);
}

/** The driver data of the customers to run again: `<failures><customers>1,4,9</customers><inputdocument>...</inputdocument></failures>`. */
async function retryOf(desk: Desk, data: Buffer): Promise<Submission> {
  let tree: unknown;
  try {
    tree = driverTree(data.toString("utf8"));
  } catch (error) {
    throw new Refusal(400, (error as Error).message);
  }
  const { customers = "", inputdocument } = (tree ?? {}) as { customers?: string; inputdocument?: string };
  const job = desk.records.jobs.get(String(inputdocument));
  if (!job || !ENDED.includes(job.status) || job.status === "deleted")
    throw new Refusal(404, `there is no ended input document '${inputdocument}'`);
  const source = readDriverData(await readFile(desk.records.store.contentPath(inputFile(job.id))), job.run.inputType).customers;
  const places = String(customers)
    .split(",")
    .map((place) => Number(place) - 1);
  if (places.some((place) => !Number.isInteger(place) || place < 0 || place >= source.count))
    throw new Refusal(400, "customers lists places in the run");
  const body = { job: { variants: job.run.variants, ...job.run.extent }, customers: places.map((place) => source.at(place)) };
  return submissionOf(Buffer.from(JSON.stringify(body)), "application/json");
}

function settlementOf(body: unknown): { state: "5" | "6"; message: string } {
  const { processingstate, statusmessage = "" } = (body ?? {}) as Record<string, unknown>;
  const state = String(processingstate);
  if (state !== STATE.success && state !== STATE.failure) throw new Refusal(400, "processingstate must be 5 or 6");
  return { state, message: String(statusmessage) };
}

/** Settles documents, and lets go on what was held for them alone. Returns how many rows there were to settle. */
function settle(desk: Desk, rows: DocumentRow[], state: "5" | "6", message: string): number {
  const deliveries = rows.flatMap(({ delivery }) => (delivery?.record.state === "delivered" ? [delivery] : []));
  for (const { record } of deliveries)
    desk.records.putDelivery({ ...record, settled: { state, message }, at: new Date(desk.app.now()).toISOString() });
  for (const step of new Set(deliveries.map((delivery) => delivery.step))) {
    if (!desk.deliverer.unsettled(step)) desk.engine.release(step);
  }
  return deliveries.length;
}

function jobsOf(desk: Desk): JobRecord[] {
  return [...desk.records.jobs.values()].filter(({ status }) => status !== "deleted");
}

function checkType(exchange: Exchange): void {
  if (exchange.query.get("where_typeid") !== OUTPUT_QUEUE) throw new Refusal(400, `where_typeid must be ${OUTPUT_QUEUE}`);
}

function* rowsIn(documents: Iterable<DocumentRow>): Generator<Row> {
  for (const { row } of documents) yield row;
}

function sendRows(exchange: Exchange, rows: Iterable<Row>): void {
  exchange.json(200, { status: "success", data: pageOf(exchange, rows) });
}

function pick(row: Row, fields: string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => fields.includes(name)));
}
