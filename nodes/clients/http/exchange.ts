import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from "node:http";
import type { DocbridgeError } from "../../core/errors";
import { type Attempt, abortedFailure, timeoutFailure, transportFailure, unexpectedReply } from "./failures";
import { type Http, type Route, watchSent } from "./http";

export interface ExchangeOptions {
  method: string;
  url: string;
  headers: Record<string, string | number>;
  /** Milliseconds without a byte in either direction. */
  idleTimeoutMs: number;
  signal?: AbortSignal;
}

/** Largest reply to an upload, and largest error body, in bytes. */
const MAX_BODY = 1024 * 1024;

/**
 * One request by node:http, for bodies that are not held in memory. Every way it can fail ends in one DocbridgeError,
 * thrown by whatever is waiting at that moment.
 */
export class Exchange {
  readonly attempt: Attempt;
  readonly startedAt = performance.now();
  readonly #http: Http;
  readonly #request: ClientRequest;
  readonly #options: ExchangeOptions;
  readonly #reply: Promise<IncomingMessage>;
  #answered: (message: IncomingMessage) => void = () => undefined;
  #failed: (failure: DocbridgeError) => void = () => undefined;
  #failure: DocbridgeError | undefined;
  #replied = false;
  #ended = false;
  /** Settles the write under way: true when its bytes have left. */
  #settleWrite: ((flushed: boolean) => void) | undefined;

  constructor(http: Http, options: ExchangeOptions) {
    this.#http = http;
    this.#options = options;
    this.attempt = { method: options.method, url: http.resolve(options.url), sent: false };
    if (options.signal?.aborted || http.closing.aborted) throw abortedFailure(this.attempt);
    this.#reply = new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
    });
    // Whoever waits for the reply gets its failure; nobody may be waiting when it comes.
    this.#reply.catch(() => undefined);
    this.#request = this.#open();
    for (const signal of [options.signal, http.closing]) signal?.addEventListener("abort", this.#abort, { once: true });
  }

  /** Sends bytes; true when they have left and may be overwritten, false when the exchange is over (see `reply`). */
  write(...chunks: Buffer[]): Promise<boolean> {
    return this.#send(chunks, false);
  }

  /** As `write`, and ends the request. */
  end(...chunks: Buffer[]): Promise<boolean> {
    this.#ended = true;
    return this.#send(chunks, true);
  }

  /** Status and headers. Throws DocbridgeError. */
  reply(): Promise<IncomingMessage> {
    return this.#reply;
  }

  /** The whole reply, as far as it is no longer than 1 MiB. Throws DocbridgeError. */
  async wholeReply(): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
    const message = await this.reply();
    const status = message.statusCode ?? 0;
    const chunks: Buffer[] = [];
    let length = 0;
    try {
      for await (const chunk of message as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (length > MAX_BODY) throw unexpectedReply(this.attempt, "was too large", status);
        chunks.push(chunk);
      }
    } catch (thrown) {
      // A server that refuses a body it has not read often cuts the connection; its verdict has arrived all the same.
      if (isSuccess(status) || this.#failure) throw this.#failure ?? transportFailure(thrown, this.attempt);
    } finally {
      if (!this.#request.writableFinished) this.#request.destroy();
      this.close();
    }
    return { status, headers: message.headers, body: Buffer.concat(chunks) };
  }

  /** Gives the request up for a reason of ours; `reply` throws it. */
  cancel(failure: DocbridgeError): void {
    this.#fail(failure);
    this.#request.destroy();
  }

  /** Stops listening to the caller's signal; call when the reply has been read. */
  close(): void {
    for (const signal of [this.#options.signal, this.#http.closing]) signal?.removeEventListener("abort", this.#abort);
  }

  /** What went wrong, where something has. */
  get failure(): DocbridgeError | undefined {
    return this.#failure;
  }

  #open(): ClientRequest {
    const { method, url, headers, idleTimeoutMs } = this.#options;
    const route = this.#http.route(url);
    const request = this.#create(route, {
      method,
      timeout: idleTimeoutMs,
      ...route.options,
      headers: { ...headers, ...route.options.headers },
    });
    watchSent(request, this.attempt);
    request.on("error", (error) => this.#fail(transportFailure(error, this.attempt)));
    request.on("timeout", () => {
      this.#fail(timeoutFailure(this.attempt, idleTimeoutMs));
      request.destroy();
    });
    request.once("response", (message) => {
      this.#replied = true;
      message.on("error", () => undefined);
      this.#answered(message);
      // A success that overtakes the report of the last write: that write will be reported.
      if (!this.#ended || !isSuccess(message.statusCode ?? 0)) this.#settle(false);
    });
    request.once("close", () => this.#settle(false));
    return request;
  }

  /** Throws DocbridgeError for headers that cannot be sent. */
  #create(route: Route, options: RequestOptions): ClientRequest {
    try {
      return route.module.request(this.attempt.url, options);
    } catch (thrown) {
      throw transportFailure(thrown, this.attempt);
    }
  }

  readonly #abort = (): void => {
    this.#fail(abortedFailure(this.attempt));
    this.#request.destroy();
  };

  #send(parts: Buffer[], last: boolean): Promise<boolean> {
    const chunks = parts.filter((part) => part.length > 0);
    if (this.#failure || this.#replied || this.#request.destroyed) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#settleWrite = resolve;
      this.#request.cork();
      for (const [index, chunk] of chunks.entries()) {
        const flushed = index === chunks.length - 1 ? (error?: Error | null) => this.#settle(!error) : undefined;
        this.#request.write(chunk, flushed);
      }
      if (last) this.#request.end(chunks.length === 0 ? () => this.#settle(true) : undefined);
      this.#request.uncork();
    });
  }

  #settle(flushed: boolean): void {
    this.#settleWrite?.(flushed);
    this.#settleWrite = undefined;
  }

  #fail(failure: DocbridgeError): void {
    this.#failure ??= failure;
    this.#failed(this.#failure);
    this.#settle(false);
    this.close();
  }
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}
