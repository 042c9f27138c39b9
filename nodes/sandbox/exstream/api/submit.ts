import type { Exchange } from "../../kernel/exchange";
import { type DriverData, DriverDataError, type Variant } from "../compose/customer";
import { DRIVER_DATA_LIMIT, readDriverData } from "../compose/driver-data";
import { behaviourNow } from "../jobs/behaviour";
import { openJob } from "../jobs/open";
import type { FailureRecord, JobRecord, JobRun, OutputRecord } from "../jobs/record-types";
import { COMMUNICATION, type Communication, servicesOf } from "../seed";
import { type Desk, Refusal } from "./desk";

const MEDIA_TYPES = ["application/json", "application/xml"];
const LONGEST_EXTERNAL_ID = 400;
/** Most customers of one synchronous call (ours). */
const MOST_CUSTOMERS = 1_000;

/** Driver data as it came and as it reads. */
export interface Submission {
  body: Buffer;
  mediaType: string;
  data: DriverData;
}

/** Reads the driver data of a request. Throws `Refusal` 415, 413 or 400. */
export async function readSubmission(exchange: Exchange): Promise<Submission> {
  const { mediaType } = exchange;
  if (!MEDIA_TYPES.includes(mediaType)) throw new Refusal(415, `Content-Type must be ${MEDIA_TYPES.join(" or ")}`);
  if (Number(exchange.header("content-length") ?? 0) > DRIVER_DATA_LIMIT) {
    throw new Refusal(413, `driver data may have up to ${DRIVER_DATA_LIMIT} bytes`);
  }
  return submissionOf(await exchange.bytes(DRIVER_DATA_LIMIT), mediaType);
}

/** Reads driver data that came within something else. Throws `Refusal` 400. */
export function submissionOf(body: Buffer, mediaType: string): Submission {
  try {
    return { body, mediaType, data: readDriverData(body, mediaType) };
  } catch (error) {
    if (error instanceof DriverDataError) throw new Refusal(400, error.message);
    throw error;
  }
}

/** What a job is entered with, besides its driver data. */
export interface Call {
  domain: string;
  service: string;
  mode: JobRecord["mode"];
  variants: Variant[];
  user: string;
  /** Absent: the one the service composes. */
  communication?: Communication;
  /** The caller's own name for the job (B9; how a real caller sets it is not public: here by the header `externalId`). */
  externalId?: string;
  attributes?: Record<string, string>;
}

/** Enters a job for a submission. Throws `Refusal` 400. */
export function enterJob(desk: Desk, { body, mediaType, data }: Submission, call: Call): Promise<JobRecord> {
  const { user, communication: _communication, ...rest } = call;
  if (call.externalId && call.externalId.length > LONGEST_EXTERNAL_ID)
    throw new Refusal(400, `externalId may have up to ${LONGEST_EXTERNAL_ID} characters`);
  return openJob(desk.records, desk.app.now(), {
    ...rest,
    triggeredBy: user,
    body,
    mediaType,
    extent: { size: data.options.size, pages: data.options.pages },
    lazy: call.mode === "BATCH" && data.options.lazy,
    communication: currentCommunication(desk, call.communication),
    behaviour: behaviourNow(desk.app.switches, data.options.behaviour),
  });
}

/** Enters a job, composes it, and gives what came of it. Throws `Refusal`. */
export async function composeOnDemand(
  desk: Desk,
  submission: Submission,
  call: Omit<Call, "mode">,
): Promise<{ job: JobRecord; outputs: OutputRecord[]; failures: FailureRecord[] }> {
  const { data } = submission;
  if (data.customers.count > MOST_CUSTOMERS) throw new Refusal(400, `an on-demand call takes up to ${MOST_CUSTOMERS} customers; use batch`);
  const job = await enterJob(desk, submission, { ...call, mode: "ONDEMAND" });
  await desk.engine.composeNow(job, data);
  const { instanceId } = job.run;
  return { job, outputs: desk.records.outputsOf(instanceId), failures: desk.records.failuresOf(instanceId) };
}

/** The communication a job composes from now on: the latest version that is approved. */
export function currentCommunication(desk: Desk, communication = COMMUNICATION): JobRun["communication"] {
  return { id: communication.id, version: desk.library.approved(communication.id)?.version ?? communication.version };
}

/** Name of the service a path calls. Throws `Refusal` 404 when the domain does not offer it (A5). */
export function serviceOf(exchange: Exchange): string {
  const service = exchange.param("service");
  if (servicesOf(exchange.param("domain"))?.includes(service)) return service;
  throw new Refusal(404, `the domain offers no service '${service}'`);
}
