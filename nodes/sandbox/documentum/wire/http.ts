import { pipeline } from "node:stream/promises";
import type { Exchange } from "../../kernel/exchange";
import type { Reply, RequestBody } from "./call";
import { readParts } from "./multipart";

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
    parts: (onPart) =>
      readParts(exchange.req, async (part, index) => {
        await onPart(part, index);
        part.body.resume();
      }),
  };
}

/** Sends a reply over a connection, in the representation it has been put into. */
export async function sendReply(exchange: Exchange, reply: Reply): Promise<void> {
  const { status, headers, text, file, stream, mediaType } = reply;
  if (file) {
    await exchange.file(
      file.path,
      { ...SECURITY_HEADERS, ...headers, "Content-Type": mediaType ?? "application/octet-stream" },
      file.ranges,
    );
    return;
  }
  if (stream && !exchange.dropReply) {
    exchange.replied = true;
    exchange.res.writeHead(status, { ...SECURITY_HEADERS, ...headers, "Content-Type": mediaType ?? "application/octet-stream" });
    await pipeline(stream, exchange.res);
    return;
  }
  const type: Record<string, string> = text === undefined ? {} : { "Content-Type": `${mediaType};charset=UTF-8` };
  exchange.send(status, text, { ...type, ...SECURITY_HEADERS, ...headers });
}
