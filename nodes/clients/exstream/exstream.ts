import type { Readable } from "node:stream";
import { DocbridgeError } from "../../core/errors";
import { asList, asNumber, asObject, asText, type JsonObject } from "../http/json";
import type { LimiterStatus } from "../http/limiter";
import { type CallOptions, type ConnectionOptions, Session, type SessionDownload } from "../http/session";
import { errorOfBody, readExstreamFailure } from "./errors";
import { ExstreamRuntime, queryOf } from "./runtime";

export interface ExstreamOptions extends ConnectionOptions {
  /** E.g. `https://communication.eu.api.opentext.com`. */
  baseUrl: string;
  /** Path of the orchestration service; default `/orchestration` (wire/exstream.md 2.1). */
  orchestrationPrefix?: string;
  domain: string;
  /** Header that carries the caller's own id into a batch job; default `externalId`. How a site does it is unknown. [OURS] */
  externalIdHeader?: string;
}

export interface SubmitOptions extends CallOptions {
  /** Default `application/json`. */
  contentType?: string;
  externalId?: string;
}

export interface Submitted {
  jobId: string;
  /** Behaves as the flow instance id (wire/exstream.md section 5). */
  flowInstanceId?: string;
}

export type JobStatus = "uninitialized" | "started" | "waiting" | "holding" | "complete" | "error" | "canceled" | "deleted";

export interface Job {
  id: string;
  /** One of JobStatus, or a word of a newer server. */
  status: string;
  mode?: string;
  channel?: string;
  externalId?: string;
  triggeredBy?: string;
  message?: string;
  /** ISO 8601. */
  startDate?: string;
  endDate?: string;
  expirationDate?: string;
  /** As the server gave it. */
  properties: JsonObject;
}

/** Filter keys of wire/exstream.md section 6; dates are `yyyy-MM-dd`, lists are joined. */
export interface JobQuery extends CallOptions {
  filter?: Record<string, string | string[]>;
  offset?: number;
  count?: number;
  /** E.g. `desc_startDate`. */
  sort?: string;
}

export interface JobPage {
  jobs: Job[];
  totalElements?: number;
  pageOffset?: number;
}

/** An event of event metrics. */
export interface MetricsEvent {
  /** When it was last changed, milliseconds since 1970, by the clock of the server. */
  updated?: number;
  /** As the server gave it. */
  properties: JsonObject;
}

export interface GenerateRequest extends CallOptions {
  /** The integrator's own service; default the built-in `generate`, which needs the next two. */
  service?: string;
  communicationId?: string;
  driverDataSource?: string;
  empowerUser?: string;
  /** The driver data itself. */
  body: string | Buffer;
  /** Default `application/json`. */
  contentType?: string;
  /** A specific media type asks for bare bytes of one output; without it the reply is an envelope of all of them. */
  accept?: string;
  externalId?: string;
}

export interface FulfilRequest extends CallOptions {
  communicationId: string;
  driverDataSource: string;
  /** Ids of documents in Empower. */
  documents: string[];
  /** False deletes them from Empower. */
  preserveDocuments: boolean;
  accept?: string;
}

/** What came back of a composition; to be read to its end or destroyed. */
export interface ComposeReply {
  /** `json`: an envelope, the id of an interactive document, or a failure in the disguise of a success; `soap`: of the engine service. */
  kind: "bytes" | "json" | "soap";
  status: number;
  /** As the server names it. */
  mediaType: string;
  stream: Readable;
}

/** Exstream's cloud-native orchestration service (wire/exstream.md 4 to 7), one domain. Throws DocbridgeError. */
export class ExstreamClient {
  readonly #session: Session;
  readonly #root: string;
  readonly #domain: string;
  readonly #externalIdHeader: string;
  /** What jobs left behind, and commands on them. */
  readonly runtime: ExstreamRuntime;

  /** Throws `configuration` when the base URL is no http address. */
  constructor(options: ExstreamOptions) {
    this.#session = new Session(options.baseUrl, options, { readFailure: readExstreamFailure, hiddenFailure: errorOfBody });
    this.#root = `${options.orchestrationPrefix ?? "/orchestration"}/api/v1`;
    this.#domain = encodeURIComponent(options.domain);
    this.#externalIdHeader = options.externalIdHeader ?? "externalId";
    this.runtime = new ExstreamRuntime(this.#session, this.#runtime());
  }

  get limiter(): LimiterStatus {
    return this.#session.limiter.status();
  }

  /** Version of the service; also proves that address and account are right. */
  async check(options: CallOptions = {}): Promise<{ version?: string }> {
    const { json } = await this.#session.json({ url: `${this.#root}/version`, signal: options.signal });
    await this.listJobs({ count: 1, signal: options.signal });
    return { version: asText(json.versionString) };
  }

  /** Starts a batch job. An `ambiguous` failure may have started it: find it by its external id before trying again. */
  async submitBatch(service: string, body: string | Buffer, options: SubmitOptions = {}): Promise<Submitted> {
    const { contentType = "application/json", externalId, signal } = options;
    const { json, status } = await this.#session.json({
      method: "POST",
      url: `${this.#root}/inputs/batch/${this.#domain}/${encodeURIComponent(service)}`,
      contentType,
      headers: this.#external(externalId),
      body,
      signal,
      measureLatency: false,
    });
    const data = firstOf(json.data);
    const jobId = asText(data.jobId);
    if (jobId) return { jobId, flowInstanceId: asText(data.id) };
    throw new DocbridgeError("unexpected-reply", {
      message: `The reply of service ${service} names no jobId. Check that it is a batch service of the domain.`,
      ambiguous: true,
      status,
    });
  }

  /** Throws `not-found` for a job that expired or never was. */
  async getJob(id: string, options: CallOptions = {}): Promise<Job> {
    const { json } = await this.#session.json({ url: `${this.#runtime()}/jobs/${encodeURIComponent(id)}`, signal: options.signal });
    const job = readJob(firstOf(json.data));
    if (job) return job;
    throw new DocbridgeError("unexpected-reply", { message: `Job ${id} came without its id or status.`, subject: id });
  }

  async listJobs(query: JobQuery = {}): Promise<JobPage> {
    const { filter = {}, offset, count, sort, signal } = query;
    const suffix = queryOf({ filter, offset, count, sort });
    const { json } = await this.#session.json({ url: `${this.#runtime()}/jobs${suffix}`, signal });
    const page = asObject(json.page);
    return {
      jobs: asList(json.data).flatMap((item) => readJob(asObject(item)) ?? []),
      totalElements: asNumber(page.totalElements),
      pageOffset: asNumber(page.pageOffset),
    };
  }

  /**
   * Delivery events last changed in a time, of a list of event metrics (wire/exstream.md 9.7; internal-use). `path` is that of
   * the list below the base URL, such as `/ei/api/v1/eventmetrics/email-event/<tenant>/<domain>/content`. Times are milliseconds
   * since 1970; whether the end belongs to it is unknown, so neighbours should be expected twice.
   */
  async eventMetrics(path: string, { from, until, signal }: CallOptions & { from: number; until?: number }): Promise<MetricsEvent[]> {
    const query = new URLSearchParams({ lastUpdateTimeStart: new Date(from).toISOString() });
    if (until !== undefined) query.set("lastUpdateTimeEnd", new Date(until).toISOString());
    const { value, json } = await this.#session.json({ url: `${path}?${query}`, signal });
    return asList(Array.isArray(value) ? value : json.data).map((item) => {
      const properties = asObject(item);
      const updated = isoDate(properties.lastUpdateTime);
      return { properties, ...(updated ? { updated: Date.parse(updated) } : {}) };
    });
  }

  /** Composes on demand. A failure that is `ambiguous` may have composed: there is no key to look it up by. */
  async generate(request: GenerateRequest): Promise<ComposeReply> {
    const { service = "generate", contentType = "application/json", accept = "*/*", externalId } = request;
    return this.#compose("inputs/ondemand", service, {
      headers: { Accept: accept, "Content-Type": contentType, ...compositionHeaders(request), ...this.#external(externalId) },
      body: Buffer.from(request.body),
      signal: request.signal,
    });
  }

  async #compose(input: string, service: string, call: Pick<SessionDownload, "headers" | "body" | "signal">): Promise<ComposeReply> {
    const url = `${this.#root}/${input}/${this.#domain}/${encodeURIComponent(service)}`;
    const { status, headers, stream } = await this.#session.open({ method: "POST", url, ...call });
    const mediaType = headers["content-type"] ?? "application/octet-stream";
    return { kind: /^application\/(.+\+)?json\b/i.test(mediaType) ? "json" : "bytes", status, mediaType, stream };
  }

  /** Makes the final outputs of documents that were edited in Empower; else as `generate` (wire/exstream.md 4.3). */
  async fulfil(request: FulfilRequest): Promise<ComposeReply> {
    const { communicationId, driverDataSource, documents, preserveDocuments, accept = "*/*" } = request;
    return this.#compose("inputs/fulfillment/ondemand", "fulfill", {
      headers: {
        Accept: accept,
        "Content-Type": "application/json",
        communicationId,
        driverDataSource,
        preserveDocuments: String(preserveDocuments),
      },
      body: Buffer.from(JSON.stringify({ documents })),
      signal: request.signal,
    });
  }

  close(): void {
    this.#session.close();
  }

  #external(externalId: string | undefined): Record<string, string> {
    return externalId === undefined ? {} : { [this.#externalIdHeader]: externalId };
  }

  #runtime(): string {
    return `${this.#root}/runtime/${this.#domain}`;
  }
}

function compositionHeaders({ communicationId, driverDataSource, empowerUser }: GenerateRequest): Record<string, string> {
  const given = Object.entries({ communicationId, driverDataSource, empowerUser });
  return Object.fromEntries(given.filter((header): header is [string, string] => header[1] !== undefined));
}

/** The same call answers with an object or an array (client rule 8). */
function firstOf(data: unknown): JsonObject {
  return asObject(asList(data)[0]);
}

function readJob(data: JsonObject): Job | undefined {
  const [id, status] = [asText(data.id), asText(data.status)];
  if (!id || !status) return undefined;
  return {
    id,
    status,
    mode: asText(data.mode),
    channel: asText(data.channel),
    externalId: asText(data.externalId),
    triggeredBy: asText(data.triggeredBy),
    message: asText(data.msg),
    startDate: isoDate(data.startDate),
    endDate: isoDate(data.endDate),
    expirationDate: isoDate(data.expirationDate),
    properties: data,
  };
}

/** Epoch milliseconds or an ISO string (client rule 9), as ISO 8601 in UTC. */
function isoDate(value: unknown): string | undefined {
  const date = new Date(typeof value === "string" && /^\d+$/.test(value) ? Number(value) : (value as string | number));
  const given = typeof value === "number" || (typeof value === "string" && value !== "");
  return given && !Number.isNaN(date.getTime()) ? date.toISOString() : undefined;
}
