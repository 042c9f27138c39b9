import { createHash } from "node:crypto";
import type { DocumentSource } from "./document";
import { renderTemplate } from "./mapping/template";

export interface DocumentKeyParts {
  tenant: string;
  /** Exstream's job id; "" for a document that no job made. */
  jobId: string;
  /** What tells documents of one job apart, see `documentIdOf`. */
  documentId: string;
  /** Role of the channel variant, for example `pdf`. */
  variant: string;
  /** Of the content, lower-case hex. */
  sha256: string;
}

/** The document's deterministic key, lower-case hex (use-cases.md 1.2). */
export function documentKey({ tenant, jobId, documentId, variant, sha256 }: DocumentKeyParts): string {
  return createHash("sha256")
    .update(joined([tenant, jobId, documentId, variant, sha256]))
    .digest("hex");
}

/** The deterministic key of a set of variants, lower-case hex, from the key of the communication. */
export function communicationKey(of: string): string {
  return createHash("sha256")
    .update(joined(["communication", of]))
    .digest("hex");
}

/**
 * The default `documentId`: the sender's idempotency key, else where in the job the document came from, else the file
 * name, else "" (the content hash alone then tells documents apart).
 */
export function documentIdOf(source: DocumentSource): string {
  if (source.idempotencyKey) return source.idempotencyKey;
  if (source.flowStepId || source.queueName || source.customerNumber) {
    return joined([source.flowStepId, source.queueName, source.customerNumber, source.fileName]);
  }
  return source.fileName ?? "";
}

/**
 * The key by which a repeated delivery is known before its bytes are: the sender's idempotency key, else the place in
 * the job (job id and at least one more name), else the service gateway's `processingattemptid`, else undefined: the
 * content hash decides (wire/exstream.md 13.4). The first letter says which rule made it, so that no two rules ever
 * give the same key.
 */
export function sourceKey(source: DocumentSource, metadata: Record<string, unknown> = {}): string | undefined {
  if (source.idempotencyKey) return `k|${source.idempotencyKey}`;
  const { jobId, flowStepId, queueName, customerNumber, fileName } = source;
  if (jobId && (flowStepId || queueName || customerNumber || fileName)) {
    return `s|${joined([jobId, flowStepId, queueName, customerNumber, fileName])}`;
  }
  const attempt = attemptId(metadata);
  return attempt === undefined ? undefined : `a|${attempt}`;
}

/**
 * A business key by a Mustache template over a view (see `documentView`), for example
 * `{{metadata.customer}}/{{metadata.period}}`. Throws DocbridgeError `missing-metadata` that lists the names without a
 * value, and `template`.
 */
export function keyOfTemplate(template: string, view: unknown): string {
  return renderTemplate(template, view, { name: "business key" });
}

/** Senders keep the gateway's column name or write it as a header, which comes out in camel case. */
function attemptId(metadata: Record<string, unknown>): string | undefined {
  const value = metadata.processingattemptid ?? metadata.processingAttemptId;
  return typeof value === "string" || typeof value === "number" ? String(value) || undefined : undefined;
}

/** Joins with `|`; the escapes make the string different for any two different lists. */
function joined(parts: readonly (string | undefined)[]): string {
  return parts.map((part) => (part ?? "").replace(/[\\|]/g, "\\$&")).join("|");
}
