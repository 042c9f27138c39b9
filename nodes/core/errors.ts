/**
 * Every failure of the pack is a DocbridgeError. Its `code` is stable and documented (docs/errors.md), so that flows
 * and operators can branch on it. No text of it may carry a secret or customer data: names of fields, files, types
 * and object ids are allowed, their values are not.
 */
export type ErrorCode =
  // what came in
  | "invalid-message"
  | "invalid-metadata"
  | "missing-metadata"
  | "unknown-attribute"
  | "value-too-long"
  | "wrong-type"
  | "not-repeating"
  | "sidecar-unreadable"
  | "sidecar-missing"
  | "document-missing"
  | "path-escape"
  | "list-unreadable"
  | "wrong-columns"
  | "wrong-encoding"
  | "content-damaged"
  | "wrong-media-type"
  | "not-composed"
  | "job-failed"
  | "job-overdue"
  | "body-too-large"
  | "body-consumed"
  | "body-unreadable"
  | "unsupported-media-type"
  | "unauthorized-intake"
  | "event-unreadable"
  | "event-unmatched"
  | "event-ambiguous"
  | "conflict"
  // our own stores
  | "spool-full"
  | "spool-io"
  | "content-missing"
  | "content-altered"
  | "ledger-io"
  | "ledger-unavailable"
  | "fenced"
  | "flow-timeout"
  | "changed-meanwhile"
  // the targets
  | "connection-refused"
  | "connection-lost"
  | "tls-failed"
  | "timeout"
  | "rate-limited"
  | "service-unavailable"
  | "server-error"
  | "authentication-failed"
  | "permission-denied"
  | "not-found"
  | "unknown-type"
  | "refused"
  | "ambiguous-key"
  | "locked"
  | "retained"
  | "on-hold"
  | "not-due"
  | "approval-needed"
  | "lifecycle-unreadable"
  | "being-deleted"
  | "not-online"
  | "recall-budget"
  | "recall-expired"
  | "recall-overdue"
  | "case-missing"
  | "case-closed"
  | "policy-unconfirmed"
  | "verification-failed"
  | "virus-found"
  | "unexpected-reply"
  | "aborted"
  // set-up
  | "configuration"
  | "unsupported-runtime"
  | "template"
  // the console's API
  | "invalid-request"
  | "invalid-table"
  | "foreign-request";

export interface ErrorDetails {
  /** What a person reads: names the field, file or object, and says what to do next. */
  message: string;
  /** May a later attempt succeed without anybody changing anything? Default false. */
  retryable?: boolean;
  /** Could the other side have carried out what it was asked to? Then the key is looked up before the next try. Default false. */
  ambiguous?: boolean;
  /** Earliest sensible time of the next attempt, in milliseconds from now (from `Retry-After`). */
  retryAfterMs?: number;
  /**
   * Somebody else has to do something first: the document is parked and comes again after this many milliseconds, and
   * no failed attempt is counted.
   */
  parkMs?: number;
  /** HTTP status of the other side's reply, where there was one. */
  status?: number;
  /** The other side's own code and message, kept as it gave them (Documentum's `E_...`, OTDS' `error`). */
  remote?: { code?: string; message?: string; id?: string };
  /** The attribute, metadata field, file or object concerned. */
  subject?: string;
  cause?: unknown;
}

/** The one error class of the pack. `code` and `cause` are own properties, so that Node-RED hands them to Catch nodes. */
export class DocbridgeError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly ambiguous: boolean;
  readonly retryAfterMs: number | undefined;
  readonly parkMs: number | undefined;
  readonly status: number | undefined;
  readonly remote: { code?: string; message?: string; id?: string } | undefined;
  readonly subject: string | undefined;

  constructor(code: ErrorCode, details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "DocbridgeError";
    this.code = code;
    this.retryable = details.retryable ?? false;
    this.ambiguous = details.ambiguous ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.parkMs = details.parkMs;
    this.status = details.status;
    this.remote = details.remote;
    this.subject = details.subject;
  }
}

/** Anything thrown, as a DocbridgeError; what is not one already gets `code` and the text of the original. */
export function asDocbridgeError(thrown: unknown, code: ErrorCode = "unexpected-reply"): DocbridgeError {
  if (thrown instanceof DocbridgeError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new DocbridgeError(code, { message, cause: thrown });
}

/** Failures of the set-up, not of a document: they end when a person mends the connection, and every document meets them. */
const SET_UP_CODES: readonly ErrorCode[] = ["authentication-failed", "configuration", "unsupported-runtime"];

/**
 * Whether a document that met this failure should wait for another attempt instead of being quarantined at once: an
 * expired password must not quarantine a whole job.
 */
export function deservesAnotherAttempt(error: DocbridgeError): boolean {
  return error.retryable || SET_UP_CODES.includes(error.code);
}
