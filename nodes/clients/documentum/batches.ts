import { createHash, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { asDocbridgeError, DocbridgeError } from "../../core/errors";
import { replyFailure } from "../http/failures";
import { asList, asNumber, asObject, asText, type JsonObject, parseJson } from "../http/json";
import { headerValue } from "../http/multipart";
import type { CallOptions } from "../http/session";
import { sourceOf } from "../http/source";
import { readDocumentumFailure } from "./errors";
import { withQuery } from "./feed";
import { readResource } from "./objects";
import { DOCUMENTUM_JSON, type Repository } from "./repository";
import type { CreatedDocument, ObjectWithContent } from "./send";

/** One create among those of a batch; `href` is where it is posted to. */
export interface BatchedCreate extends ObjectWithContent {
  href: string;
}

/** What became of one of them. */
export type BatchedResult = CreatedDocument | DocbridgeError;

/**
 * Creates documents in one request, each for itself: one that fails leaves the others alone (wire/documentum.md 21). Gives
 * a result for each, in their order. Throws what failed as a whole; it may then have been carried out for some or all.
 */
export async function createInBatch(repository: Repository, creates: BatchedCreate[], options: CallOptions): Promise<BatchedResult[]> {
  const address = await repository.address("batches", options);
  const loaded = await Promise.all(creates.map((create) => load(create).catch((thrown) => asDocbridgeError(thrown, "spool-io"))));
  const sent = loaded.filter((each): each is Loaded => !(each instanceof DocbridgeError));
  const replies = sent.length > 0 ? await send(repository, address, sent, options) : new Map<string, JsonObject>();
  return loaded.map((each) => (each instanceof DocbridgeError ? each : resultOf(each, replies.get(each.id))));
}

interface Loaded {
  id: string;
  create: BatchedCreate;
  bytes: Buffer;
}

/** Small documents only, so their bytes are read whole, and compared with what they must be. */
async function load(create: BatchedCreate): Promise<Loaded> {
  const { path, size, sha256 } = await sourceOf(create.content);
  const bytes = await readFile(path).catch((cause) => {
    throw new DocbridgeError(cause.code === "ENOENT" ? "content-missing" : "spool-io", {
      message: `The bytes of the document (sha256 ${sha256}) cannot be read from the spool.`,
      retryable: cause.code !== "ENOENT",
      subject: sha256,
      cause,
    });
  });
  if (bytes.length === size && createHash("sha256").update(bytes).digest("hex") === sha256) return { id: randomUUID(), create, bytes };
  throw new DocbridgeError("content-altered", {
    message: `The file of the document (sha256 ${sha256}) was changed after it was taken in. It was not sent; take the document in again.`,
    subject: sha256,
  });
}

async function send(repository: Repository, address: string, loaded: Loaded[], { signal }: CallOptions): Promise<Map<string, JsonObject>> {
  const boundary = `Batch_${randomUUID()}`;
  const { json } = await repository.session.json({
    method: "POST",
    url: address,
    accept: DOCUMENTUM_JSON,
    contentType: `multipart/related;type="application/jop+json";start="batch";start-info="${DOCUMENTUM_JSON}";boundary="${boundary}"`,
    body: bodyOf(loaded, boundary),
    signal,
    // Its time grows with what is in it, which says nothing about how busy the server is.
    measureLatency: false,
  });
  return new Map(asList(json.operations).map((item) => [asText(asObject(item).id) ?? "", asObject(item)]));
}

function bodyOf(loaded: Loaded[], boundary: string): Buffer {
  const batch = { transactional: false, sequential: true, "on-error": "CONTINUE", operations: loaded.map(operationOf) };
  const chunks = [
    part(boundary, `application/jop+json;type="${DOCUMENTUM_JSON}"`, "batch"),
    Buffer.from(`${JSON.stringify(batch)}\r\n`),
    ...loaded.flatMap(({ id, create, bytes }) => [part(boundary, headerValue(create.content.mediaType), id), bytes, Buffer.from("\r\n")]),
    Buffer.from(`--${boundary}--\r\n`),
  ];
  return Buffer.concat(chunks);
}

/** Bare ids, without angle brackets, as the official clients send them. */
function part(boundary: string, contentType: string, id: string): Buffer {
  return Buffer.from(
    `--${boundary}\r\nContent-Type: ${contentType}\r\nContent-ID: ${id}\r\nContent-Disposition: form-data; name=${id}\r\n\r\n`,
  );
}

function operationOf({ id, create: { href, properties, format } }: Loaded) {
  const headers = ["Accept", "Content-Type"].map((name) => ({ name, value: DOCUMENTUM_JSON }));
  const entity = JSON.stringify({ properties });
  return {
    id,
    request: { method: "POST", uri: withQuery(href, { format }), headers, entity, attachments: [{ Include: { href: `cid:${id}` } }] },
  };
}

function resultOf({ create, bytes }: Loaded, operation: JsonObject | undefined): BatchedResult {
  const response = asObject(operation?.response);
  const status = asNumber(response.status);
  if (status === undefined) {
    return new DocbridgeError("unexpected-reply", {
      message: "The reply to a batch says nothing about one of its documents, so the document is looked up by its key.",
      retryable: true,
      ambiguous: true,
    });
  }
  const entity = asText(response.entity) ?? "";
  if (status < 200 || status > 299) {
    const attempt = { method: "POST", url: new URL(create.href), sent: true };
    return replyFailure(attempt, { status, headers: headersOf(response), body: Buffer.from(entity) }, readDocumentumFailure);
  }
  const object = readResource(asObject(parseJson(entity)));
  if (object) return { ...object, sent: { bytes: bytes.length, sha256: create.content.sha256 } };
  return new DocbridgeError("unexpected-reply", {
    message: "The reply to the creation of a document in a batch names no r_object_id, so the document is looked up by its key.",
    retryable: true,
    ambiguous: true,
    status,
  });
}

function headersOf(response: JsonObject): Record<string, string> {
  const headers = asList(response.headers).map((item) => asObject(item));
  return Object.fromEntries(headers.map(({ name, value }) => [String(name).toLowerCase(), String(value)]));
}
