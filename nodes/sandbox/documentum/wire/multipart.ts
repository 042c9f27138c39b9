import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { Dicer } from "@fastify/busboy";

/** One part of a multipart body, in the order of the wire. `body` must be read to its end before the next part comes. */
export interface Part {
  /** Lower case, without parameters; empty when the part declares none. */
  mediaType: string;
  /** As sent; may be empty, or a path: never use it as one. */
  fileName: string;
  /** `Content-ID`, with or without angle brackets on the wire; empty when there is none. */
  contentId: string;
  body: Readable;
}

type Headers = Record<string, string[] | undefined>;

/**
 * Hands on the parts of any multipart body (`form-data`, `mixed`, `related`) one after the other, whatever their
 * headers say, and returns how many there were. Throws when there is no boundary, the body breaks off, or `onPart`
 * throws; then no part is left open. The connection stays usable for the reply.
 */
export async function readParts(request: IncomingMessage, onPart: (part: Part, index: number) => Promise<void>): Promise<number> {
  const boundary = parameterOf(request.headers["content-type"] ?? "", "boundary");
  if (!boundary) throw new Error("the multipart body has no boundary");
  const parser = new Dicer({ boundary, partHwm: 1024 * 1024, highWaterMark: 1024 * 1024 } as Dicer.Config);
  const bodies: Readable[] = [];
  // Parts are taken strictly in turn: a stream that is not read holds back the parser, and so the next part.
  let chain: Promise<void> = Promise.resolve();
  parser.on("part", (body) => {
    // A part that breaks off while nobody reads it yet must not end the process.
    body.on("error", () => {});
    body.on("header", (headers) => {
      const index = bodies.push(body) - 1;
      chain = chain.then(() => onPart(partOf(headers as Headers, body), index));
      chain.catch((error) => parser.destroy(error));
    });
  });
  try {
    await feed(request, parser);
  } catch (error) {
    for (const body of bodies) body.destroy(error as Error);
    await chain.catch(() => {});
    throw error;
  }
  await chain;
  return bodies.length;
}

/** Not a pipeline: that would cut the connection on a bad body, and no reply could tell the client. */
async function feed(request: IncomingMessage, parser: Dicer): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      parser.once("finish", resolve).once("error", reject);
      request.once("error", reject).once("close", () => {
        // A request that is whole closes too, perhaps while its last part is still being written.
        if (!request.complete) reject(new Error("the request broke off"));
      });
      request.pipe(parser);
    });
  } catch (error) {
    request.unpipe(parser).resume();
    throw error;
  }
}

function partOf(headers: Headers, body: Readable): Part {
  const header = (name: string): string => Buffer.from(headers[name]?.[0] ?? "", "latin1").toString("utf8");
  return {
    mediaType: header("content-type").split(";")[0]?.trim().toLowerCase() ?? "",
    fileName: parameterOf(header("content-disposition"), "filename"),
    contentId: header("content-id")
      .trim()
      .replace(/^<(.*)>$/, "$1"),
    body,
  };
}

/** A parameter of a header, in quotes or not; empty when it is not there. */
function parameterOf(header: string, name: string): string {
  const found = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]*))`, "i").exec(header);
  return found?.[1]?.replace(/\\(.)/g, "$1") ?? found?.[2] ?? "";
}
