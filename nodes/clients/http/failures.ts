import type { IncomingHttpHeaders } from "node:http";
import { DocbridgeError, type ErrorCode } from "../../core/errors";
import { parseJson } from "./json";

/** One try of one request, as far as errors need to know it. */
export interface Attempt {
  method: string;
  url: URL;
  /** True from the moment a byte of the request may have reached the other side. */
  sent: boolean;
}

/** What a service's own error body says; the fields that are set win over what the status alone would say. */
export interface RemoteFailure {
  code?: string;
  message?: string;
  id?: string;
  /** Our code for it, where the service is more precise than its status. */
  as?: ErrorCode;
  retryable?: boolean;
  ambiguous?: boolean;
  subject?: string;
  /** Ids of causes below the code, which help to find it in the server's log and documentation. */
  causes?: string[];
  /** What to do next, for the message. */
  advice?: string;
}

/** A vendor client's reader of its service's error body. `body` is parsed JSON, or undefined where the body is none. */
export type FailureReader = (body: unknown, status: number) => RemoteFailure | undefined;

const UNREACHABLE = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH", "ENETDOWN"]);
const UNSENDABLE = new Set(["ERR_INVALID_CHAR", "ERR_INVALID_HTTP_TOKEN", "ERR_HTTP_INVALID_HEADER_VALUE", "ERR_UNESCAPED_CHARACTERS"]);
const TLS_CODE = /^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO$|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$|INVALID_CA$|PATH_LENGTH_)/;

/** Asking again does no harm: a lost reply leaves nothing to look up. */
export function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}

/** `POST /path`: never the query (it may hold a DQL statement or a signature), never headers or bodies. */
export function nameOf(attempt: Attempt): string {
  return `${attempt.method} ${attempt.url.pathname}`;
}

/** An error of the connection itself, as a DocbridgeError. Whether it is ambiguous depends on whether anything was sent. */
export function transportFailure(thrown: unknown, attempt: Attempt): DocbridgeError {
  if (thrown instanceof DocbridgeError) return thrown;
  const code = codeOf(thrown);
  const cause = new Error(code === "" ? "no error code" : code);
  if (UNSENDABLE.has(code)) {
    return new DocbridgeError("invalid-message", {
      message: `A header of ${nameOf(attempt)} holds characters a header cannot carry. Check the ids and media types of the request.`,
      cause,
    });
  }
  if (!attempt.sent) {
    if (TLS_CODE.test(code)) {
      return new DocbridgeError("tls-failed", {
        message: `No TLS connection to ${attempt.url.host} (${code}). Check the certificate authority in the TLS settings, and whether the address should begin with https.`,
        cause,
      });
    }
    const slow = code === "ETIMEDOUT" || code === "ESOCKETTIMEDOUT";
    const hint = UNREACHABLE.has(code) || slow ? "Check the address and whether the server runs." : "Check the server and the network.";
    return new DocbridgeError(slow ? "timeout" : "connection-refused", {
      message: `No connection to ${attempt.url.host}${code ? ` (${code})` : ""} for ${nameOf(attempt)}. ${hint}`,
      retryable: true,
      cause,
    });
  }
  return new DocbridgeError("connection-lost", {
    message: `The connection broke${code ? ` (${code})` : ""} before the reply to ${nameOf(attempt)} was complete.`,
    retryable: true,
    ambiguous: !isSafe(attempt.method),
    cause,
  });
}

function codeOf(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return "";
  return typeof thrown.code === "string" ? thrown.code : "";
}

/** Nothing came within the allowed time. */
export function timeoutFailure(attempt: Attempt, timeoutMs: number): DocbridgeError {
  return new DocbridgeError("timeout", {
    message: `No reply to ${nameOf(attempt)} within ${timeoutMs} ms. Raise the time-out of the connection if the server is only slow.`,
    retryable: true,
    ambiguous: attempt.sent && !isSafe(attempt.method),
  });
}

/** The caller, or the closing of the connection, gave the request up. */
export function abortedFailure(attempt?: Attempt): DocbridgeError {
  return new DocbridgeError("aborted", {
    message: attempt
      ? `${nameOf(attempt)} was given up before its reply came.`
      : "Given up while waiting for a free slot of the connection.",
    retryable: true,
    ambiguous: Boolean(attempt?.sent && !isSafe(attempt.method)),
  });
}

/** A reply that is no HTTP success, as a DocbridgeError; `reader` adds what the service's own error body says. */
export function replyFailure(
  attempt: Attempt,
  reply: { status: number; headers: IncomingHttpHeaders; body: Buffer },
  reader?: FailureReader,
): DocbridgeError {
  const { status } = reply;
  const remote = reader?.(parseJson(reply.body), status);
  const verdict = verdictOn(status);
  const named = [remote?.code, remote?.subject, ...(remote?.causes ?? [])].filter((part) => part !== undefined).join(", ");
  const advice = remote?.advice ?? verdict.advice;
  return new DocbridgeError(remote?.as ?? verdict.code, {
    message: `${nameOf(attempt)} was answered with ${status}${named ? ` (${named})` : ""}. ${advice}`,
    retryable: remote?.retryable ?? verdict.retryable,
    ambiguous: (remote?.ambiguous ?? verdict.ambiguous) && !isSafe(attempt.method),
    retryAfterMs: status === 429 || status === 503 ? retryAfterMs(reply.headers["retry-after"]) : undefined,
    status,
    subject: remote?.subject,
    remote: remote && definedOnly({ code: remote.code, message: remote.message, id: remote.id }),
  });
}

export interface Verdict {
  code: ErrorCode;
  retryable: boolean;
  ambiguous: boolean;
  advice: string;
}

/** What a status alone says. */
export function verdictOn(status: number): Verdict {
  if (status >= 500) {
    const gateway = status === 502 || status === 503 || status === 504;
    const advice = gateway ? "The service does not answer at present." : "The server failed; its log says why.";
    return { code: gateway ? "service-unavailable" : "server-error", retryable: true, ambiguous: true, advice };
  }
  const permanent = (code: ErrorCode, advice: string): Verdict => ({ code, retryable: false, ambiguous: false, advice });
  switch (status) {
    case 401:
      return permanent("authentication-failed", "Check the credentials of the connection.");
    case 403:
      return permanent("permission-denied", "The account of the connection lacks the right for this.");
    case 404:
    case 410:
      return permanent("not-found", "There is nothing at this address (any more).");
    case 408:
      return { code: "timeout", retryable: true, ambiguous: true, advice: "The server waited too long for the request." };
    case 429:
      return { code: "rate-limited", retryable: true, ambiguous: false, advice: "Too many requests; the connection slows down by itself." };
    default:
      if (status < 400) return permanent("unexpected-reply", "Redirects are not followed: check the address of the connection.");
      return permanent("refused", "The server will not accept this request as it is.");
  }
}

/** `Retry-After` in seconds or as an HTTP date, in milliseconds from now; undefined where it is neither. */
export function retryAfterMs(value: string | undefined, now = Date.now()): number | undefined {
  if (value === undefined || value.trim() === "") return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds < 0 ? undefined : Math.ceil(seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** A reply that arrived whole but is not what the contract says. */
export function unexpectedReply(attempt: Attempt, what: string, status?: number): DocbridgeError {
  return new DocbridgeError("unexpected-reply", {
    message: `The reply to ${nameOf(attempt)} ${what}. Check that the address of the connection leads to the right service.`,
    ambiguous: !isSafe(attempt.method),
    status,
  });
}

function definedOnly(remote: { code?: string; message?: string; id?: string }): { code?: string; message?: string; id?: string } {
  return Object.fromEntries(Object.entries(remote).filter(([, value]) => value !== undefined));
}
