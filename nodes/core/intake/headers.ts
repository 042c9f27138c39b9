import { FactsBuilder } from "./facts";
import { decodeHeaderValue, dispositionFileName } from "./header-value";
import { mediaTypeOf } from "./media-types";
import type { IntakeContext, IntakeFacts } from "./metadata";
import type { KnownField } from "./well-known";

/**
 * Header names of raw mode (wire/exstream.md 13.4 H1; ours, so all of them can be changed). File size, hash, batch and
 * variant are additions of ours.
 */
export const DEFAULT_HEADERS: Readonly<Record<KnownField, string>> = {
  jobId: "X-Exstream-Job-Id",
  flowInstanceId: "X-Exstream-Flow-Instance-Id",
  flowStepId: "X-Exstream-Flow-Step-Id",
  queueName: "X-Exstream-Queue-Name",
  customerNumber: "X-Exstream-Customer-Number",
  communicationId: "X-Exstream-Communication-Id",
  communicationVersion: "X-Exstream-Communication-Version",
  externalId: "X-Exstream-External-Id",
  trackerId: "X-Exstream-Tracker-Id",
  idempotencyKey: "Idempotency-Key",
  fileName: "X-Exstream-File-Name",
  mediaType: "X-Exstream-Mime-Type",
  size: "X-Exstream-File-Size",
  sha256: "X-Exstream-File-Sha256",
  batchId: "X-Exstream-Batch-Id",
  batchSeq: "X-Exstream-Batch-Seq",
  batchExpected: "X-Exstream-Batch-Expected",
  variantRole: "X-Exstream-Variant",
};

export interface HeaderOptions {
  /** Other header names, by field; the rest keeps its default. */
  names?: Partial<Record<KnownField, string>>;
  /** Headers that start so become metadata; the rest of the name in camel case. Default `X-Exstream-Meta-`. */
  metadataPrefix?: string;
  /** Customer headers that become metadata: header name -> metadata name. */
  metadata?: Record<string, string>;
}

type Values = string | readonly string[] | undefined;

/** The parts of a request that raw mode reads, as `node:http` and Express give them. */
export interface HeaderRequest {
  headers: Record<string, Values>;
  query?: Record<string, unknown>;
}

/**
 * Reads metadata of raw mode from headers, with query-string values of the same names (or of the fields' own names:
 * `jobId`) as fallback. Case does not matter. Throws DocbridgeError `invalid-metadata`, `value-too-long` and
 * `path-escape`, each naming the header.
 */
export function factsFromHeaders(request: HeaderRequest, context: IntakeContext, options: HeaderOptions = {}): IntakeFacts {
  const headers = lowerCased(request.headers);
  const query = lowerCased(request.query ?? {});
  const builder = new FactsBuilder(withContentType(headers, context));
  for (const value of headers.get("content-disposition") ?? []) {
    builder.fallback("fileName", dispositionFileName(value), "Content-Disposition");
  }
  for (const [field, name] of Object.entries({ ...DEFAULT_HEADERS, ...options.names }) as [KnownField, string][]) {
    for (const value of headers.get(name.toLowerCase()) ?? []) builder.known(field, decodeHeaderValue(value, name), name);
    for (const value of query.get(name.toLowerCase()) ?? query.get(field.toLowerCase()) ?? []) builder.fallback(field, value, name);
  }
  addMetadata(builder, headers, query, options);
  return builder.build();
}

function withContentType(headers: Map<string, readonly string[]>, context: IntakeContext): IntakeContext {
  const told = mediaTypeOf(headers.get("content-type")?.[0]);
  return told === undefined ? context : { ...context, mediaType: told };
}

function addMetadata(
  builder: FactsBuilder,
  headers: Map<string, readonly string[]>,
  query: Map<string, readonly string[]>,
  options: HeaderOptions,
): void {
  const nameOf = metadataNamer(options);
  const ofHeaders = new Set<string>();
  for (const [header, values] of headers) {
    const name = nameOf(header);
    if (name === undefined) continue;
    ofHeaders.add(name);
    for (const value of values) builder.add(name, decodeHeaderValue(value, header));
  }
  for (const [header, values] of query) {
    const name = nameOf(header);
    if (name === undefined || ofHeaders.has(name)) continue;
    for (const value of values) builder.add(name, value);
  }
}

/** Gives the metadata name of a header in lower case; undefined for headers that carry no metadata. */
function metadataNamer({ metadata = {}, metadataPrefix = "X-Exstream-Meta-" }: HeaderOptions): (header: string) => string | undefined {
  const chosen = new Map(Object.entries(metadata).map(([header, name]) => [header.toLowerCase(), name]));
  const prefix = metadataPrefix.toLowerCase();
  return (header) => {
    const isPrefixed = prefix !== "" && header.startsWith(prefix) && header.length > prefix.length;
    return chosen.get(header) ?? (isPrefixed ? camelCase(header.slice(prefix.length)) || undefined : undefined);
  };
}

function camelCase(name: string): string {
  return name.replace(/-+([^-])/g, (_, letter: string) => letter.toUpperCase()).replace(/-+$/, "");
}

/** Only text values count: a query may hold nested objects, and those are nobody's metadata here. */
function lowerCased(values: Record<string, unknown>): Map<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [name, value] of Object.entries(values)) {
    const texts = [value].flat().filter((text) => typeof text === "string");
    if (texts.length > 0) found.set(name.toLowerCase(), [...(found.get(name.toLowerCase()) ?? []), ...texts]);
  }
  return found;
}
