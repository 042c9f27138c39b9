import * as http from "node:http";
import * as https from "node:https";
import type { AxiosInstance, AxiosStatic } from "axios";
import { DocbridgeError } from "../../core/errors";
import {
  type Attempt,
  abortedFailure,
  type FailureReader,
  replyFailure,
  timeoutFailure,
  transportFailure,
  unexpectedReply,
} from "./failures";
import type { AdaptiveLimiter, RunOptions } from "./limiter";
import { forwardedOptions, isProxied, type ProxySettings, TunnelAgent, trustOf } from "./proxy";
import { stopper } from "./signals";

/** What may be logged of a request: no query, no header, no body. */
export interface HttpLogLine {
  method: string;
  host: string;
  path: string;
  /** Absent when no reply came; then `code` says why. */
  status?: number;
  code?: string;
  ms: number;
}

export interface HttpOptions {
  /** Put before request addresses that begin with `/`. */
  baseUrl?: string;
  /** Of a whole conversation, in milliseconds. Bodies from files have an idle time-out instead (see upload.ts). */
  timeoutMs: number;
  /** What Node-RED's TLS configuration node adds: CA, client certificate, `rejectUnauthorized`. */
  tls?: https.AgentOptions;
  proxy?: ProxySettings;
  /** Every request of this connection waits for it. */
  limiter?: AdaptiveLimiter;
  log?: (line: HttpLogLine) => void;
}

export interface HttpCall {
  method: string;
  /** Absolute, or beginning with `/` below `baseUrl`; sent exactly as it is. */
  url: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  signal?: AbortSignal;
  /** Default: the connection's. */
  timeoutMs?: number;
  /** Largest reply taken, in bytes; default 64 MiB. */
  maxBytes?: number;
  readFailure?: FailureReader;
  /** False for calls whose duration says nothing about the server's load (composing, long queries). */
  measureLatency?: boolean;
}

export interface HttpReply {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

/** How to reach a URL with node:http: which module, and what its request options need beside method and headers. */
export interface Route {
  module: typeof http | typeof https;
  options: http.RequestOptions & { headers?: Record<string, string> };
}

const MAX_REPLY = 64 * 1024 * 1024;
/** Idle sockets are closed after this: before most servers do, so that a request never goes out on a dying one. */
const FREE_SOCKET_MS = 4_000;

/** One connection to one service: axios for conversations, the same keep-alive agents for bodies from files. */
export class Http {
  readonly options: HttpOptions;
  readonly #httpAgent: http.Agent;
  readonly #httpsAgent: https.Agent;
  /** For a proxy that is itself reached by TLS. */
  readonly #gateAgent: https.Agent;
  readonly #closing = new AbortController();
  #axios: AxiosInstance | undefined;

  constructor(options: HttpOptions) {
    this.options = options;
    const keepAlive = { keepAlive: true, timeout: FREE_SOCKET_MS, scheduling: "lifo" as const };
    const secure = { ...options.tls, ...keepAlive };
    this.#httpAgent = new http.Agent(keepAlive);
    this.#gateAgent = new https.Agent({ ...trustOf(options.tls), ...keepAlive });
    this.#httpsAgent = options.proxy ? new TunnelAgent(options.proxy, secure) : new https.Agent(secure);
  }

  /** Aborted when the connection is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** The absolute URL of a call. Throws DocbridgeError `configuration` when it is none. */
  resolve(address: string): URL {
    const absolute = this.#absolute(address);
    const parsed = URL.canParse(absolute) ? new URL(absolute) : undefined;
    if (parsed?.protocol === "http:" || parsed?.protocol === "https:") return parsed;
    throw new DocbridgeError("configuration", {
      message: "The address of a service must begin with http:// or https://. Check the base URL of the connection.",
    });
  }

  /** How to reach an address, through the proxy where there is one. Throws as `resolve`. */
  route(address: string): Route {
    const url = this.resolve(address);
    const path = verbatimPath(this.#absolute(address)) ?? url.pathname + url.search;
    const secure = url.protocol === "https:";
    const { proxy } = this.options;
    if (secure) return { module: https, options: { agent: this.#httpsAgent, path } };
    if (!proxy || !isProxied(url.hostname, url.port || "80", proxy)) return { module: http, options: { agent: this.#httpAgent, path } };
    const viaTls = proxy.url.startsWith("https:");
    return {
      module: viaTls ? https : http,
      options: {
        ...forwardedOptions(url, path, proxy),
        protocol: viaTls ? "https:" : "http:",
        agent: viaTls ? this.#gateAgent : this.#httpAgent,
      },
    };
  }

  /** Runs `fn` when the limiter allows it; at once where there is none. */
  run<T>(fn: () => Promise<T>, signal?: AbortSignal, options?: RunOptions): Promise<T> {
    const { limiter } = this.options;
    return limiter ? limiter.run(fn, signal, options) : fn();
  }

  /**
   * One request with a small body and a small reply. Resolves for 2xx only; everything else is a DocbridgeError with
   * `retryable`, `ambiguous` and `retryAfterMs` set (see failures.ts).
   */
  request(call: HttpCall): Promise<HttpReply> {
    return this.run(() => this.#converse(call), call.signal, { measureLatency: call.measureLatency ?? true });
  }

  /** Tells the log about a finished request. */
  report(attempt: Attempt, startedAt: number, outcome: { status?: number; code?: string }): void {
    const { method, url } = attempt;
    this.options.log?.({ method, host: url.host, path: url.pathname, ms: Math.round(performance.now() - startedAt), ...outcome });
  }

  close(): void {
    this.#closing.abort();
    this.#httpAgent.destroy();
    this.#httpsAgent.destroy();
    this.#gateAgent.destroy();
  }

  #absolute(address: string): string {
    const { baseUrl } = this.options;
    return address.startsWith("/") && baseUrl ? baseUrl.replace(/\/+$/, "") + address : address;
  }

  async #converse(call: HttpCall): Promise<HttpReply> {
    const attempt: Attempt = { method: call.method, url: this.resolve(call.url), sent: false };
    const timeoutMs = call.timeoutMs ?? this.options.timeoutMs;
    const startedAt = performance.now();
    const stop = stopper([call.signal, this.closing], timeoutMs);
    try {
      const reply = await this.#send(call, attempt, stop.signal);
      if (reply.status < 200 || reply.status > 299) throw replyFailure(attempt, reply, call.readFailure);
      this.report(attempt, startedAt, { status: reply.status });
      return reply;
    } catch (thrown) {
      const failure = stop.timedOut() ? timeoutFailure(attempt, timeoutMs) : this.#failureOf(thrown, attempt, stop.signal);
      this.report(attempt, startedAt, { status: failure.status, code: failure.code });
      throw failure;
    } finally {
      stop.clear();
    }
  }

  async #send(call: HttpCall, attempt: Attempt, signal: AbortSignal): Promise<HttpReply> {
    if (signal.aborted) throw abortedFailure(attempt);
    const route = this.route(call.url);
    // axios would leave out what a header cannot carry, and send another value than was meant.
    for (const [name, value] of Object.entries(call.headers ?? {})) http.validateHeaderValue(name, value);
    const { status, headers, data } = await this.#talker().request<Buffer>({
      method: call.method,
      url: attempt.url.href,
      // Without a body axios would announce a form.
      headers: { Accept: "*/*", ...(call.body === undefined ? { "Content-Type": false } : {}), ...call.headers },
      data: call.body,
      maxContentLength: call.maxBytes ?? MAX_REPLY,
      signal,
      transport: {
        request: (options: http.RequestOptions, onReply: (reply: http.IncomingMessage) => void) => {
          const merged = { ...options, ...route.options, headers: { ...headersOf(options), ...route.options.headers } };
          const request = route.module.request(merged, onReply);
          watchSent(request, attempt);
          return request;
        },
      },
    });
    const given = headers instanceof loadAxios().AxiosHeaders ? (headers.toJSON() as http.IncomingHttpHeaders) : {};
    return { status, headers: given, body: data };
  }

  #talker(): AxiosInstance {
    this.#axios ??= loadAxios().create({
      httpAgent: this.#httpAgent,
      httpsAgent: this.#httpsAgent,
      // Routing through a proxy is ours, so that axios' conversations and bodies from files go the same way.
      proxy: false,
      maxRedirects: 0,
      maxBodyLength: Number.POSITIVE_INFINITY,
      responseType: "arraybuffer",
      validateStatus: null,
    });
    return this.#axios;
  }

  #failureOf(thrown: unknown, attempt: Attempt, signal: AbortSignal): DocbridgeError {
    if (thrown instanceof DocbridgeError) return thrown;
    if (signal.aborted) return abortedFailure(attempt);
    if (loadAxios().isAxiosError(thrown) && thrown.message.startsWith("maxContentLength")) return unexpectedReply(attempt, "was too large");
    return transportFailure(thrown, attempt);
  }
}

/** Loaded with the first request: it is the largest part of what the pack would add to the start of Node-RED. */
function loadAxios(): AxiosStatic {
  return require("axios") as AxiosStatic;
}

export function createHttp(options: HttpOptions): Http {
  return new Http(options);
}

/** Gives up what is under way (`aborted`) and closes every socket. */
export function closeHttp(connection: Http): void {
  connection.close();
}

/**
 * Path and query as the address has them. Signed addresses must arrive unchanged (wire/documentum.md, client rule 15),
 * and the URL class rewrites some characters; undefined where a request line could not carry them.
 */
function verbatimPath(address: string): string | undefined {
  const path = /^https?:\/\/[^/?#]*([^#]*)/i.exec(address)?.[1] ?? "";
  if (!/^[\x21-\x7e]*$/.test(path)) return undefined;
  return path.startsWith("/") ? path : `/${path}`;
}

function headersOf(options: http.RequestOptions): http.OutgoingHttpHeaders {
  return (options.headers ?? {}) as http.OutgoingHttpHeaders;
}

/** Marks the attempt as sent from the moment its bytes can leave: on a live socket at once, on a new one when it stands. */
export function watchSent(request: http.ClientRequest, attempt: Attempt): void {
  request.once("socket", (socket) => {
    const secure = "encrypted" in socket;
    if (request.reusedSocket || (!secure && !socket.connecting)) attempt.sent = true;
    else socket.once(secure ? "secureConnect" : "connect", () => (attempt.sent = true));
  });
}
