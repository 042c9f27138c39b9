import { createHash } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { countStreamed } from "../../core/content/memory";
import { asDocbridgeError } from "../../core/errors";
import { Exchange, isSuccess } from "./exchange";
import { type FailureReader, replyFailure, transportFailure, unexpectedReply } from "./failures";
import type { Http } from "./http";
import { IDLE_TIMEOUT_MS } from "./upload";

/** A request's body that is made while it is sent, anew for every try. */
export interface StreamedBody {
  /** Bytes, where they are known; else the body goes out in chunked coding. */
  length?: number;
  open(): AsyncIterable<Buffer>;
}

export interface DownloadCall {
  /** Default GET. */
  method?: "GET" | "POST";
  url: string;
  headers: Record<string, string>;
  /** Of a POST. */
  body?: Buffer | StreamedBody;
  /** Replies beside 2xx whose bodies the caller reads itself, by status and media type. */
  takes?: (status: number, mediaType: string) => boolean;
  /** Milliseconds without a byte; default 120,000. There is no limit on the whole download. */
  idleTimeoutMs?: number;
  signal?: AbortSignal;
  readFailure?: FailureReader;
}

/** A reply whose body is still to be read. Whoever gets one reads it to its end or destroys it. */
export interface OpenReply {
  status: number;
  headers: IncomingHttpHeaders;
  stream: Readable;
}

export interface Digest {
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
  /** Lower-case hex; only when asked for. */
  md5?: string;
  /** As the server names it. */
  mediaType?: string;
}

/**
 * Opens a reply for reading. Resolves for 2xx, and for what `takes` names; throws DocbridgeError as failures.ts says, also
 * from the stream when it breaks off, and what reading a streamed body throws.
 */
export function downloadStream(http: Http, call: DownloadCall): Promise<OpenReply> {
  return http.run(() => openReply(http, call), call.signal, { measureLatency: false });
}

/** Reads a reply to its end and keeps nothing but its length and hashes. Throws as `downloadStream`. */
export function downloadHash(http: Http, call: DownloadCall & { md5?: boolean }): Promise<Digest> {
  const measure = async (): Promise<Digest> => {
    const { stream, headers } = await openReply(http, call);
    const sha256 = createHash("sha256");
    const md5 = call.md5 ? createHash("md5") : undefined;
    let bytes = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      sha256.update(chunk);
      md5?.update(chunk);
      bytes += chunk.length;
      countStreamed(chunk.length);
    }
    return { bytes, sha256: sha256.digest("hex"), md5: md5?.digest("hex"), mediaType: headers["content-type"] };
  };
  return http.run(measure, call.signal, { measureLatency: false });
}

async function openReply(http: Http, call: DownloadCall): Promise<OpenReply> {
  const { body } = call;
  const exchange = new Exchange(http, {
    method: call.method ?? "GET",
    url: call.url,
    // Bytes are compared by their hash: a gateway must not compress them on the way.
    headers: { ...call.headers, "Accept-Encoding": "identity", ...(body?.length === undefined ? {} : { "Content-Length": body.length }) },
    idleTimeoutMs: call.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
    signal: call.signal,
  });
  const { attempt, startedAt } = exchange;
  try {
    await sendBody(exchange, body);
    const message = await exchange.reply();
    const status = message.statusCode ?? 0;
    const isTaken = isSuccess(status) || call.takes?.(status, message.headers["content-type"] ?? "");
    if (!isTaken) throw replyFailure(attempt, await exchange.wholeReply(), call.readFailure);
    const encoding = message.headers["content-encoding"] ?? "identity";
    if (encoding !== "identity") {
      message.destroy();
      throw unexpectedReply(attempt, `is encoded as ${encoding} although identity was asked for`, status);
    }
    http.report(attempt, startedAt, { status });
    return { status, headers: message.headers, stream: withTypedErrors(message, exchange) };
  } catch (thrown) {
    exchange.close();
    const failure = transportFailure(thrown, attempt);
    http.report(attempt, startedAt, { status: failure.status, code: failure.code });
    throw failure;
  }
}

/** Returns when the body has left, or the reply came before it had. */
async function sendBody(exchange: Exchange, body: DownloadCall["body"]): Promise<void> {
  if (body === undefined || Buffer.isBuffer(body)) {
    await exchange.end(...(body ? [body] : []));
    return;
  }
  try {
    for await (const chunk of body.open()) if (!(await exchange.write(chunk))) return;
    await exchange.end();
  } catch (thrown) {
    exchange.cancel(asDocbridgeError(thrown, "spool-io"));
  }
}

/** The reply's bytes; what breaks them off reaches the reader as a DocbridgeError. */
function withTypedErrors(message: IncomingMessage, exchange: Exchange): Readable {
  async function* read(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of message as AsyncIterable<Buffer>) yield chunk;
      // A reply that was given up before anybody read it ends like one that is empty.
      if (exchange.failure || !message.complete) throw new Error("the reply broke off");
    } catch (thrown) {
      throw exchange.failure ?? transportFailure(thrown, exchange.attempt);
    }
  }
  const stream = Readable.from(read(), { objectMode: false, highWaterMark: 1024 * 1024 });
  stream.once("close", () => {
    message.destroy();
    exchange.close();
  });
  return stream;
}
