import { randomUUID } from "node:crypto";

/**
 * A refusal in the shape of wire/documentum.md 22.1. Statuses and `E_` codes other than E_INVALID_ATTR_NAME and
 * E_BAD_CREDENTIALS_ERROR are [UNKNOWN] there: the ones below are our choice, and those that a client could be
 * tempted to depend on are switches (switches.ts).
 */
export class Failure extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** One string; causes with a message id are written by `cause`. */
    readonly details = "",
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

/** One cause as the server prints it: `(ID) [ID]error:  "text"`. */
export function cause(id: string, text: string): string {
  return `(${id}) [${id}]error:  "${text}"`;
}

/** The error body of wire/documentum.md 22.1, with a fresh id. */
export function failureBody(failure: Failure): string {
  const { status, code, message, details } = failure;
  return JSON.stringify({ status, code, message, details, id: randomUUID() });
}

/** wire/documentum.md 22.1, captured from a 16.7 server. */
export function invalidAttribute(attribute: string, kind: string): Failure {
  return new Failure(
    400,
    "E_INVALID_ATTR_NAME",
    "The operation failed because an invalid attribute name is provided.",
    cause("DM_API_E_BADATTRNAME", `Bad attribute name '${attribute}' for ${kind}/object.`),
  );
}

/** A value that its attribute cannot take. The message ids are our choice. */
export function invalidValue(attribute: string, id: string, text: string): Failure {
  return new Failure(400, "E_INVALID_ATTR_VALUE", `The value of attribute '${attribute}' is not accepted.`, cause(id, text));
}

export function badRequest(text: string, details = ""): Failure {
  return new Failure(400, "E_BAD_REQUEST", text, details);
}

export function notFound(what: string, details = ""): Failure {
  return new Failure(404, "E_RESOURCE_NOT_FOUND", `${what} does not exist.`, details);
}

/** No such object; wire/documentum.md 22.2 names the message id. */
export function noObject(id: string): Failure {
  return notFound("The resource", cause("DM_API_E_EXIST", `Document/object specified by ${id} does not exist.`));
}

export function accessDenied(details: string): Failure {
  return new Failure(403, "E_ACCESS_DENIED", "The user has no sufficient permission for the operation.", details);
}

/** The refusal of an operation that the state of the object forbids; its status is a switch. */
export function refused(status: number, id: string, text: string): Failure {
  return new Failure(status, "E_OPERATION_REFUSED", "The operation failed.", cause(id, text));
}
