import { badRequest } from "../wire/failures";

/** One operation as a batch carries it (wire/documentum.md 21.1). */
export interface BatchOperation {
  id: string;
  description?: string;
  method: string;
  /** Absolute, or relative to the context root. */
  uri: string;
  headers: Header[];
  /** Empty when the operation has no body of its own. */
  entity: string;
  /** `Content-ID`s of the parts that are its contents. */
  attachments: string[];
  /** As it was sent, for `return-request`. */
  request: unknown;
}

export interface Header {
  name: string;
  value: string;
}

export interface BatchRequest {
  description: string;
  transactional: boolean;
  sequential: boolean;
  onError: "FAIL" | "CONTINUE";
  returnRequest: boolean;
  operations: BatchOperation[];
}

type Members = Record<string, unknown>;

const OF_BATCH = ["description", "transactional", "sequential", "on-error", "return-request", "operations"];
const OF_OPERATION = ["id", "description", "request"];
const OF_REQUEST = ["method", "uri", "headers", "entity", "attachment", "attachments"];

/** Reads the envelope. Throws 400 for what it cannot be. */
export function readBatch(body: Members): BatchRequest {
  demandKnown(body, OF_BATCH, "batch");
  const operations = listOf(body.operations, "operations").map(readOperation);
  if (operations.length === 0) throw badRequest("The batch has no operations.");
  const ids = new Set(operations.map(({ id }) => id));
  if (ids.size < operations.length) throw badRequest("Two operations of the batch have the same id.");
  const onError = textOf(body["on-error"], "on-error", "FAIL").toUpperCase();
  if (onError !== "FAIL" && onError !== "CONTINUE") throw badRequest("The member 'on-error' of the batch must be FAIL or CONTINUE.");
  return {
    description: textOf(body.description, "description", ""),
    transactional: flagOf(body.transactional, "transactional", true),
    sequential: flagOf(body.sequential, "sequential", true),
    onError,
    returnRequest: flagOf(body["return-request"], "return-request", false),
    operations,
  };
}

function readOperation(value: unknown, index: number): BatchOperation {
  const operation = membersOf(value, "operations");
  demandKnown(operation, OF_OPERATION, "operation");
  const request = membersOf(operation.request, "request");
  demandKnown(request, OF_REQUEST, "request");
  const method = textOf(request.method, "method", "").toUpperCase();
  if (!["GET", "POST", "PUT", "DELETE"].includes(method)) throw badRequest("The member 'method' of an operation is not a method.");
  return {
    id: textOf(operation.id, "id", `operation-${index + 1}`),
    ...(operation.description === undefined ? {} : { description: textOf(operation.description, "description", "") }),
    method,
    uri: textOf(request.uri, "uri", ""),
    headers: listOf(request.headers, "headers").map(readHeader),
    entity: textOf(request.entity, "entity", ""),
    // 7.2 had one `attachment`, 7.3 has the list.
    attachments: [...listOf(request.attachment, "attachment"), ...listOf(request.attachments, "attachments")].map(readAttachment),
    request: operation.request,
  };
}

function readHeader(value: unknown): Header {
  const header = membersOf(value, "headers");
  return { name: textOf(header.name, "name", ""), value: textOf(header.value, "value", "") };
}

/** `{"Include":{"href":"cid:..."}}`. */
function readAttachment(value: unknown): string {
  const include = membersOf(membersOf(value, "attachments").Include, "Include");
  const href = textOf(include.href, "href", "");
  if (!href.startsWith("cid:")) throw badRequest("The member 'href' of an attachment must begin with cid:.");
  return decodeURIComponent(href.slice(4));
}

function demandKnown(members: Members, known: readonly string[], what: string): void {
  const unknown = Object.keys(members).find((name) => !known.includes(name));
  if (unknown !== undefined) throw badRequest(`The ${what} has the unknown member '${unknown}'.`);
}

function membersOf(value: unknown, name: string): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badRequest(`The member '${name}' is not an object.`);
  return value as Members;
}

function listOf(value: unknown, name: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    if (name === "attachment") return [value];
    throw badRequest(`The member '${name}' is not a list.`);
  }
  return value;
}

function textOf(value: unknown, name: string, initial: string): string {
  if (value === undefined || value === null) return initial;
  if (typeof value !== "string") throw badRequest(`The member '${name}' is not a string.`);
  return value;
}

function flagOf(value: unknown, name: string, initial: boolean): boolean {
  if (value === undefined || value === null) return initial;
  if (typeof value !== "boolean") throw badRequest(`The member '${name}' must be true or false.`);
  return value;
}
