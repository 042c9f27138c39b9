import type { Exchange } from "../../kernel/exchange";
import type { DocumentumSwitches } from "../switches";
import { JSON_TYPE, type Reply, type RequestBody } from "./call";
import { Failure, failureBody } from "./failures";
import { firstPartType } from "./first-part";

/** wire/documentum.md 10.5, on every reply. */
const SECURITY_HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "X-XSS-Protection": "1; mode=block",
  "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
  Pragma: "no-cache",
  Expires: "0",
  "X-Frame-Options": "DENY",
};

/** The body of a request on a connection. */
export function bodyOf(exchange: Exchange): RequestBody {
  return {
    mediaType: exchange.mediaType,
    bytes: (limit) => exchange.bytes(limit),
    stream: () => exchange.req,
    firstPartType: () => firstPartType(exchange.req),
    parts: (onPart) => exchange.parts(onPart),
  };
}

/** Sends a reply over a connection. */
export async function sendReply(exchange: Exchange, reply: Reply): Promise<void> {
  const { status, headers, text, file, mediaType } = reply;
  if (file) {
    await exchange.file(
      file.path,
      { ...SECURITY_HEADERS, ...headers, "Content-Type": mediaType ?? "application/octet-stream" },
      file.ranges,
    );
    return;
  }
  const type: Record<string, string> = text === undefined ? {} : { "Content-Type": `${mediaType ?? jsonTypeFor(exchange)};charset=UTF-8` };
  exchange.send(status, text, { ...type, ...SECURITY_HEADERS, ...headers });
}

/** Sends a failure in the shape of section 22. What is left of the request's body is read away. */
export function sendFailure(exchange: Exchange, failure: Failure, switches: DocumentumSwitches): void {
  const shown = switches.isOn("error-details") ? failure : new Failure(failure.status, failure.code, failure.message, "");
  exchange.req.resume();
  exchange.send(failure.status, failureBody(shown), {
    "Content-Type": `${JSON_TYPE};charset=UTF-8`,
    ...SECURITY_HEADERS,
    ...failure.headers,
  });
}

/** The vendor's type, unless the client asks for plain JSON and not for it (section 5). */
function jsonTypeFor(exchange: Exchange): string {
  const accept = exchange.header("accept") ?? "";
  return accept.includes("application/json") && !accept.includes(JSON_TYPE) ? "application/json" : JSON_TYPE;
}

/** Throws 406 when the client takes no JSON at all. Without `Accept` it gets JSON (wire/documentum.md section 5). */
export function demandAcceptable(exchange: Exchange, path: string): void {
  const accept = exchange.header("accept");
  if (accept === undefined || path.endsWith("/content-media") || /json|\*\/\*|application\/\*/i.test(accept)) return;
  throw new Failure(406, "E_NOT_ACCEPTABLE", "Only JSON representations are offered here.");
}
