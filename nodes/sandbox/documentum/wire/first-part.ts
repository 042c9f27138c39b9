import { once } from "node:events";
import type { Readable } from "node:stream";

/** Part headers longer than this are not looked at. */
const HEAD_LIMIT = 16 * 1024;

/**
 * The media type the first part of a multipart body declares; empty when it declares none. The multipart parser says
 * `text/plain` for both, but on a check-in the difference decides what the part is (rule 8 of wire/documentum.md
 * section 2). Nothing is taken from the stream.
 */
export async function firstPartType(body: Readable): Promise<string> {
  const head = await peek(body);
  const [headers = ""] = head.slice(head.indexOf("\r\n") + 2).split("\r\n\r\n");
  return /^content-type:\s*([^\s;]+)/im.exec(headers)?.[1]?.toLowerCase() ?? "";
}

async function peek(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let head = "";
  while (!head.includes("\r\n\r\n") && head.length < HEAD_LIMIT && !body.readableEnded && !body.destroyed) {
    const chunk = body.read() as Buffer | null;
    if (chunk === null) await Promise.race([once(body, "readable"), once(body, "end"), once(body, "close")]);
    else {
      chunks.push(chunk);
      head += chunk.toString("latin1");
    }
  }
  if (chunks.length > 0) body.unshift(Buffer.concat(chunks));
  return head.slice(0, HEAD_LIMIT);
}
