import type { Exchange } from "../../kernel/exchange";
import type { Principal } from "../../kernel/identity";
import { type DriverData, DriverDataError, type Variant } from "../compose/customer";
import { DRIVER_DATA_LIMIT, readDriverData } from "../compose/driver-data";
import { behaviourNow } from "../jobs/behaviour";
import { openJob } from "../jobs/open";
import type { JobRecord, JobRun } from "../jobs/record-types";
import { COMMUNICATION, servicesOf } from "../seed";
import { type Desk, Refusal } from "./desk";

const MEDIA_TYPES = ["application/json", "application/xml"];
const LONGEST_EXTERNAL_ID = 400;

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
  const body = await exchange.bytes(DRIVER_DATA_LIMIT);
  try {
    return { body, mediaType, data: readDriverData(body, mediaType) };
  } catch (error) {
    if (error instanceof DriverDataError) throw new Refusal(400, error.message);
    throw error;
  }
}

/** Enters a job for a submission. The header `externalId` is the caller's own name for it (B9; how a real caller sets it is not public). */
export function enterJob(
  desk: Desk,
  exchange: Exchange,
  principal: Principal,
  submission: Submission,
  call: { service: string; mode: JobRecord["mode"]; variants: Variant[] },
): Promise<JobRecord> {
  const externalId = exchange.header("externalid");
  if (externalId && externalId.length > LONGEST_EXTERNAL_ID)
    throw new Refusal(400, `externalId may have up to ${LONGEST_EXTERNAL_ID} characters`);
  return openJob(desk.records, desk.app.now(), {
    domain: exchange.param("domain"),
    service: call.service,
    mode: call.mode,
    externalId,
    triggeredBy: principal.user,
    body: submission.body,
    mediaType: submission.mediaType,
    variants: call.variants,
    extent: { size: submission.data.options.size, pages: submission.data.options.pages },
    lazy: call.mode === "BATCH" && submission.data.options.lazy,
    communication: currentCommunication(desk),
    behaviour: behaviourNow(desk.app.switches, submission.data.options.behaviour),
  });
}

/** The communication a job composes from now on: the latest version that is approved. */
export function currentCommunication(desk: Desk): JobRun["communication"] {
  return { id: COMMUNICATION.id, version: desk.library.approved(COMMUNICATION.id)?.version ?? COMMUNICATION.version };
}

/** Name of the service a path calls. Throws `Refusal` 404 when the domain does not offer it (A5). */
export function serviceOf(exchange: Exchange): string {
  const service = exchange.param("service");
  if (servicesOf(exchange.param("domain"))?.includes(service)) return service;
  throw new Refusal(404, `the domain offers no service '${service}'`);
}
