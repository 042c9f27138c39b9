import type { DocumentumSwitches } from "../switches";
import { type Call, JSON_TYPE, type Reply } from "./call";
import { Failure, failureBody } from "./failures";

/** A reply in the representation the request asks for, with its media type (wire/documentum.md section 5). */
export function represented(reply: Reply, call: Pick<Call, "header">): Reply {
  if (reply.text === undefined || reply.mediaType !== undefined) return reply;
  return { ...reply, mediaType: jsonTypeFor(call) };
}

/** A failure in the shape of section 22. */
export function failureReply(failure: Failure, switches: DocumentumSwitches): Reply {
  const { status, code, message, headers } = failure;
  const shown = switches.isOn("error-details") ? failure : new Failure(status, code, message, "");
  return { status, headers, text: failureBody(shown), mediaType: JSON_TYPE };
}

/** The vendor's type, unless the client asks for plain JSON and not for it (section 5). */
function jsonTypeFor(call: Pick<Call, "header">): string {
  const accept = call.header("accept") ?? "";
  return accept.includes("application/json") && !accept.includes(JSON_TYPE) ? "application/json" : JSON_TYPE;
}
