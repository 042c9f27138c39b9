import { text } from "node:stream/consumers";
import { DocbridgeError } from "../../core/errors";
import { type ByteSource, base64Body } from "../http/base64-stream";
import { asList, asNumber, asObject, asText, isObject, type JsonObject, parseJson } from "../http/json";
import type { LimiterStatus } from "../http/limiter";
import { type CallOptions, type ConnectionOptions, Session } from "../http/session";
import { withAuth } from "../otds";
import { errorOfBody, readExstreamFailure } from "./errors";
import { type Artifact, artifactOf } from "./runtime";

export interface GatewayOptions extends ConnectionOptions {
  /** Root of the gateway, below which is `/v1`: seen as `https://host/{tenant}/sgw` and as bare `https://host`. */
  baseUrl: string;
}

export interface GatewaySubmit extends CallOptions {
  /** Name of the service. */
  service: string;
  /** Default `*`, any. */
  version?: string;
  /** The driver data itself. */
  data: Buffer | ByteSource;
  /** E.g. `text/xml`. */
  contentType: string;
  /** Further members of the request, which become attributes. */
  attributes?: Record<string, string>;
}

/** The job that an input made of what was submitted. */
export interface Tracker {
  id: string;
  /** `processingstate`: 5 is success, 6 failure; the codes of what has not ended are not public. */
  state: string;
  message?: string;
  service?: string;
  /** Of the last change, milliseconds since 1970; absent where the gateway does not give it. */
  updatedAt?: number;
}

export interface ListedTracker extends Tracker {
  /** In the list, from 0. */
  place: number;
}

/** A document in an output queue. */
export interface GatewayDocument {
  /** `processingattemptid`. */
  attemptId: string;
  /** `processingstate`, as that of a tracker. */
  state: string;
  message?: string;
  /** All columns but `storedvariables`, as they came. */
  columns: JsonObject;
  /** `storedvariables` where it holds a JSON object; what its form is else is not public. */
  variables: JsonObject;
}

/** `processingstate` of what has ended (wire/exstream.md 8.2). */
export const GATEWAY_STATE = { success: "5", failure: "6" } as const;

/** Large pages make gateways fail (wire/exstream.md, client rule 13). */
const PAGE = 50;
const OUTPUT_QUEUE = "where_typeid=outputqueueobject";

/** The service gateway of a Communications Server, on-premises (wire/exstream.md 8.2). Throws DocbridgeError. */
export class ExstreamGatewayClient {
  readonly #session: Session;

  /** Throws `configuration` when the base URL is no http address. */
  constructor(options: GatewayOptions) {
    this.#session = new Session(options.baseUrl, options, { readFailure: readExstreamFailure, hiddenFailure: errorOfBody });
  }

  get limiter(): LimiterStatus {
    return this.#session.limiter.status();
  }

  /** Proves that address and account are right; gives how many services there are. */
  async check({ signal }: CallOptions = {}): Promise<{ services: number }> {
    const { json } = await this.#session.json({ url: "/v1/services?where_servicename=&fields=id,servicename", signal });
    return { services: asList(json.data).length };
  }

  /**
   * Hands driver data to a service, which composes later; gives the id of the tracker. The request is made while it is sent.
   * An `ambiguous` failure may have started it: there is no key by which the gateway would know it again.
   */
  submit(request: GatewaySubmit): Promise<string> {
    return this.#renewing(() => this.#submit(request), request.signal);
  }

  async #submit({ service, version = "*", data, contentType, attributes = {}, signal }: GatewaySubmit): Promise<string> {
    const others = Object.entries(attributes).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)},`);
    const head = `{${others.join("")}"content":{"contentType":${JSON.stringify(contentType)},"data":"`;
    const { stream, status } = await this.#session.open({
      method: "POST",
      url: `/v1/communications?name=${encodeURIComponent(service)}&version=${encodeURIComponent(version)}&async=true`,
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: base64Body(head, '"}}', data),
      signal,
    });
    const reply = asObject(parseJson(await text(stream)));
    const failure = errorOfBody(reply, status);
    if (failure) throw failure;
    const id = asText(asObject(asList(reply.data)[0]).id);
    if (id) return id;
    throw new DocbridgeError("unexpected-reply", {
      message: `The gateway's reply for service ${service} names no tracker. Check that it is a service that works later.`,
      ambiguous: true,
      status,
    });
  }

  /** Throws `not-found` for a tracker that is gone or never was. */
  async tracker(id: string, { signal }: CallOptions = {}): Promise<Tracker> {
    const query = `where_trackerid=${encodeURIComponent(id)}&limit=1&guid_format=false`;
    const { json } = await this.#session.json({ url: `/v1/trackers?${query}`, signal });
    const tracker = readTracker(asObject(asList(json.data)[0]));
    if (tracker) return tracker;
    throw new DocbridgeError("not-found", { message: `The gateway has no tracker ${id} (any more).`, subject: id });
  }

  /** All trackers behind the place `after` (-1: from the first). What `after` counts is not public: here places in the list. */
  async *trackers({ after, signal }: CallOptions & { after: number }): AsyncGenerator<ListedTracker> {
    let place = after;
    for await (const row of this.#rows("trackers", "", after, signal)) {
      place += 1;
      const tracker = readTracker(row);
      if (tracker) yield { ...tracker, place };
    }
  }

  /** The documents of a tracker, those in all its output queues; of one state where `state` is given. */
  async *documents(trackerId: string, { state, signal }: CallOptions & { state?: string } = {}): AsyncGenerator<GatewayDocument> {
    const filter = [["EQ", "originaltrackerid", trackerId], ...(state === undefined ? [] : [["EQ", "processingstate", state]])];
    const query = `${OUTPUT_QUEUE}&where_filter=${encodeURIComponent(JSON.stringify(filter))}&`;
    for await (const row of this.#rows("documents", query, -1, signal)) {
      const document = readDocument(row);
      if (document) yield document;
    }
  }

  /**
   * The bytes at `address`: relative to the gateway's root, or absolute at the same host. Whether and where a gateway gives
   * the bytes of a document is not public. [OURS]
   */
  async content(address: string, { signal }: CallOptions = {}): Promise<Artifact> {
    const url = /^https?:/i.test(address) ? address : `/${address.replace(/^\/+/, "")}`;
    return this.#renewing(async () => artifactOf(await this.#session.open({ url, signal })), signal);
  }

  /** Says what became of a document; gives how many there were to settle. May be repeated. */
  async settle(attemptId: string, state: "5" | "6", message: string, { signal }: CallOptions = {}): Promise<number> {
    const filter = encodeURIComponent(JSON.stringify(["EQ", "processingattemptid", attemptId]));
    const { json } = await this.#session.json({
      method: "PUT",
      url: `/v1/documents?${OUTPUT_QUEUE}&where_filter=${filter}`,
      json: { statusmessage: message, processingstate: state },
      signal,
    });
    return asNumber(json.data) ?? 0;
  }

  close(): void {
    this.#session.close();
  }

  /** For bodies that the session does not read: a refused ticket may show only in them, with a status of success. */
  #renewing<T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return withAuth(this.#session.credentials, call, signal);
  }

  async *#rows(list: string, query: string, after: number, signal: AbortSignal | undefined): AsyncGenerator<JsonObject> {
    let first: string | undefined;
    for (let place = after; ; ) {
      const url = `/v1/${list}?${query}guid_format=false&after=${place}&limit=${PAGE}`;
      const { json } = await this.#session.json({ url, signal });
      const rows = asList(json.data).map(asObject);
      const head = JSON.stringify(rows[0]);
      // A gateway that knows no `after` gives the same page for ever; one that allows smaller pages only ends with an empty one.
      if (rows.length === 0 || head === first) return;
      first = head;
      yield* rows;
      place += rows.length;
    }
  }
}

function readTracker(row: JsonObject): Tracker | undefined {
  const [id, state] = [asText(row.trackerid), asText(row.processingstate)];
  if (!id || !state) return undefined;
  const updatedAt = Date.parse(asText(row.lastupdatetime) ?? "");
  return {
    id,
    state,
    message: asText(row.statusmessage),
    service: asText(row.servicename),
    updatedAt: Number.isNaN(updatedAt) ? undefined : updatedAt,
  };
}

function readDocument({ storedvariables, ...columns }: JsonObject): GatewayDocument | undefined {
  const [attemptId, state] = [asText(columns.processingattemptid), asText(columns.processingstate)];
  if (!attemptId || !state) return undefined;
  const stored = isObject(storedvariables) ? storedvariables : parseJson(asText(storedvariables) ?? "");
  const isRead = isObject(stored);
  return {
    attemptId,
    state,
    message: asText(columns.statusmessage),
    columns: isRead ? columns : { ...columns, ...(storedvariables === undefined ? {} : { storedvariables }) },
    variables: asObject(stored),
  };
}
