import type { IncomingHttpHeaders } from "node:http";
import type * as https from "node:https";
import { DocbridgeError } from "../../core/errors";
import { type AuthHeaders, type CredentialConfig, type CredentialSource, TokenSource, withAuth } from "../otds";
import { type Digest, type DownloadCall, downloadHash, downloadStream, type OpenReply } from "./download";
import { type FailureReader, unexpectedReply } from "./failures";
import { closeHttp, createHttp, type Http, type HttpCall, type HttpLogLine } from "./http";
import { asObject, isObject, type JsonObject, parseJson } from "./json";
import { AdaptiveLimiter } from "./limiter";
import type { Framing } from "./multipart";
import type { ProxySettings } from "./proxy";
import { IDLE_TIMEOUT_MS, type SourceFile, type UploadReply, uploadFile } from "./upload";

/** What every service connection is configured with. */
export interface ConnectionOptions {
  credentials: CredentialConfig;
  /** Of one conversation, in milliseconds; default 60,000. */
  timeoutMs?: number;
  /** Milliseconds without a byte during uploads and downloads; default 120,000. */
  idleTimeoutMs?: number;
  /** Requests at once; default 8. Ignored when `limiter` is given. */
  maxConcurrent?: number;
  /** Requests a second; 0 is unlimited, and so is the default (except for CMS). Ignored when `limiter` is given. */
  ratePerSecond?: number;
  /** Shared by connections that share a service's limit. It is then not closed with this one. */
  limiter?: AdaptiveLimiter;
  tls?: https.AgentOptions;
  proxy?: ProxySettings;
  log?: (line: HttpLogLine) => void;
  /** Origins (`https://host:port`) beside the service's own that credentials may be sent to, when its links lead there. */
  trustedOrigins?: string[];
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface JsonCall extends CallOptions {
  method?: string;
  url: string;
  accept?: string;
  contentType?: string;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  body?: string | Buffer;
  headers?: Record<string, string>;
  measureLatency?: boolean;
}

export interface JsonReply {
  status: number;
  headers: IncomingHttpHeaders;
  /** An object or an array; an empty object when the reply had no body. */
  value: unknown;
  /** The value where it is an object, else an empty one. */
  json: JsonObject;
}

export interface SessionUpload extends CallOptions {
  /** Default POST. */
  method?: "POST" | "PUT";
  url: string;
  headers?: Record<string, string>;
  file: SourceFile;
  framing?: Framing;
  md5?: boolean;
}

export interface SessionDownload extends CallOptions {
  method?: "GET" | "POST";
  url: string;
  headers?: Record<string, string>;
  body?: DownloadCall["body"];
  takes?: DownloadCall["takes"];
  /** `none` for pre-signed addresses: they get no credentials. */
  credentials?: "none" | "own";
}

/** How a service differs from the others. */
export interface ServiceHabits {
  readFailure: FailureReader;
  /** Puts something else in the place of the connection's own credentials, e.g. a session cookie made of them. */
  credentials?: (own: CredentialSource) => CredentialSource;
  /** A failure that came with a status of success, where the service has such. */
  hiddenFailure?: (body: JsonObject, status: number) => DocbridgeError | undefined;
  /** Sees the headers of every success. */
  observe?: (headers: IncomingHttpHeaders) => void;
}

/** One client's way to its service: credentials, limiter, error reading and closing in one place. */
export class Session {
  readonly limiter: AdaptiveLimiter;
  readonly credentials: CredentialSource;
  readonly #http: Http;
  readonly #tokenHttp: Http;
  readonly #ownLimiter: boolean;
  readonly #idleTimeoutMs: number;
  readonly #readFailure: FailureReader;
  readonly #hiddenFailure: NonNullable<ServiceHabits["hiddenFailure"]>;
  readonly #observe: (headers: IncomingHttpHeaders) => void;
  readonly #origins: Set<string>;

  /** Throws DocbridgeError `configuration` when `baseUrl` is no http address. */
  constructor(baseUrl: string, options: ConnectionOptions, service: ServiceHabits) {
    const { timeoutMs = 60_000, tls, proxy, log, maxConcurrent = 8, ratePerSecond } = options;
    this.#ownLimiter = options.limiter === undefined;
    this.limiter = options.limiter ?? new AdaptiveLimiter({ maxConcurrent, ratePerSecond });
    this.#http = createHttp({ baseUrl, timeoutMs, tls, proxy, log, limiter: this.limiter });
    this.#tokenHttp = createHttp({ timeoutMs, tls, proxy, log });
    const tokens = new TokenSource(options.credentials, this.#tokenHttp);
    this.credentials = service.credentials?.(tokens) ?? tokens;
    this.#hiddenFailure = service.hiddenFailure ?? (() => undefined);
    this.#observe = service.observe ?? (() => undefined);
    this.#idleTimeoutMs = options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
    this.#readFailure = service.readFailure;
    this.#origins = new Set([this.#http.resolve(baseUrl).origin, ...(options.trustedOrigins ?? []).map(originOf)]);
  }

  /** A conversation in JSON. Throws DocbridgeError; a 2xx reply whose body is not JSON is `unexpected-reply`. */
  async json(call: JsonCall): Promise<JsonReply> {
    const { method = "GET", accept = "application/json", json, signal, measureLatency } = call;
    const content = call.contentType ?? (json === undefined ? undefined : "application/json");
    const headers = { Accept: accept, ...(content ? { "Content-Type": content } : {}), ...call.headers };
    const body = json === undefined ? call.body : JSON.stringify(json);
    const request: HttpCall = { method, url: call.url, body, signal, measureLatency, readFailure: this.#readFailure };
    return this.#withCredentials(call.url, signal, async (auth) => {
      const reply = await this.#http.request({ ...request, headers: { ...headers, ...auth } });
      this.#observe(reply.headers);
      const value = reply.body.length === 0 ? {} : parseJson(reply.body);
      if (!isObject(value) && !Array.isArray(value)) {
        throw unexpectedReply({ method, url: this.#http.resolve(call.url), sent: true }, "is not JSON", reply.status);
      }
      const failure = this.#hiddenFailure(asObject(value), reply.status);
      if (failure) throw failure;
      return { status: reply.status, headers: reply.headers, value, json: asObject(value) };
    });
  }

  /** Sends a file (see upload.ts). */
  async upload(call: SessionUpload): Promise<UploadReply> {
    const reply = await this.#withCredentials(call.url, call.signal, (auth) =>
      uploadFile(this.#http, {
        ...call,
        headers: { ...call.headers, ...auth },
        idleTimeoutMs: this.#idleTimeoutMs,
        readFailure: this.#readFailure,
      }),
    );
    this.#observe(reply.headers);
    return reply;
  }

  /** Reads bytes for their length and hashes (see download.ts). */
  hash(call: SessionDownload & { md5?: boolean }): Promise<Digest> {
    return this.#download(call, (headers) => downloadHash(this.#http, { ...this.#downloadCall(call, headers), md5: call.md5 }));
  }

  /** Opens bytes for reading (see download.ts). */
  open(call: SessionDownload): Promise<OpenReply> {
    return this.#download(call, (headers) => downloadStream(this.#http, this.#downloadCall(call, headers)));
  }

  /** Gives up what is under way (`aborted`) and frees sockets and timers. */
  close(): void {
    closeHttp(this.#http);
    closeHttp(this.#tokenHttp);
    if (this.#ownLimiter) this.limiter.close();
  }

  #download<T>(call: SessionDownload, fn: (headers: AuthHeaders) => Promise<T>): Promise<T> {
    return call.credentials === "none" ? fn({}) : this.#withCredentials(call.url, call.signal, fn);
  }

  #downloadCall(call: SessionDownload, auth: AuthHeaders) {
    const { method, url, body, takes, signal } = call;
    const headers = { Accept: "*/*", ...call.headers, ...auth };
    return { method, url, body, takes, signal, headers, idleTimeoutMs: this.#idleTimeoutMs, readFailure: this.#readFailure };
  }

  /** Credentials go to the service's own origin only: a link that leads elsewhere must not carry them away. */
  #withCredentials<T>(url: string, signal: AbortSignal | undefined, fn: (headers: AuthHeaders) => Promise<T>): Promise<T> {
    const { origin } = this.#http.resolve(url);
    if (this.#origins.has(origin)) return withAuth(this.credentials, fn, signal);
    throw new DocbridgeError("configuration", {
      message: `The service's links lead to ${origin}, which is not the address of the connection. Configure that address, or add it to the trusted origins.`,
      subject: origin,
    });
  }
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
