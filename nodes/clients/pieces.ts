import { Exchange, isSuccess } from "./exchange";
import { type FailureReader, replyFailure, transportFailure } from "./failures";
import type { Http, HttpReply } from "./http";

/** A body that is made while it is sent, and made anew when the request is repeated. */
export interface BodyPieces {
  /** Bytes of all pieces. */
  length: number;
  pieces(): Iterable<Buffer>;
}

export interface PiecesCall {
  method: "POST" | "PUT";
  url: string;
  headers: Record<string, string>;
  body: BodyPieces;
  /** Milliseconds without a byte in either direction. There is no limit on the whole request. */
  idleTimeoutMs: number;
  signal?: AbortSignal;
  readFailure?: FailureReader;
}

/** Bytes of which base64 is made at a time: a multiple of three, so that the pieces fit together. */
const BASE64_BYTES = 768 * 1024;

/** `head`, then `bytes` in base64, then `tail`, without a copy of the whole. */
export function aroundBase64(head: string, bytes: Buffer, tail: string): BodyPieces {
  return {
    length: Buffer.byteLength(head) + Math.ceil(bytes.length / 3) * 4 + Buffer.byteLength(tail),
    *pieces() {
      yield Buffer.from(head);
      for (let at = 0; at < bytes.length; at += BASE64_BYTES) {
        yield Buffer.from(bytes.toString("base64", at, Math.min(bytes.length, at + BASE64_BYTES)), "latin1");
      }
      yield Buffer.from(tail);
    },
  };
}

/**
 * Sends a body piece by piece, the next one when the last has left. Resolves for 2xx only, with a reply of at most 1 MiB.
 * Throws DocbridgeError as failures.ts says.
 */
export function sendPieces(http: Http, call: PiecesCall): Promise<HttpReply> {
  return http.run(() => send(http, call), call.signal, { measureLatency: false });
}

async function send(http: Http, { method, url, headers, body, idleTimeoutMs, signal, readFailure }: PiecesCall): Promise<HttpReply> {
  const exchange = new Exchange(http, { method, url, headers: { ...headers, "Content-Length": body.length }, idleTimeoutMs, signal });
  const { attempt, startedAt } = exchange;
  try {
    let isOpen = true;
    for (const piece of body.pieces()) {
      isOpen = await exchange.write(piece);
      // The reply, or the failure, is there before the body has left.
      if (!isOpen) break;
    }
    if (isOpen) await exchange.end();
    const reply = await exchange.wholeReply();
    if (!isSuccess(reply.status)) throw replyFailure(attempt, reply, readFailure);
    http.report(attempt, startedAt, { status: reply.status });
    return reply;
  } catch (thrown) {
    const failure = transportFailure(thrown, attempt);
    http.report(attempt, startedAt, { status: failure.status, code: failure.code });
    throw failure;
  } finally {
    exchange.close();
  }
}
