import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { Dicer } from "@fastify/busboy";
import { outliveBreak, takeParts } from "../../kernel/parts";

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
  return takeParts(request, parser, (announce) =>
    parser.on("part", (body) => {
      outliveBreak(body);
      body.on("header", (headers) => announce(body, (index) => onPart(partOf(headers as Headers, body), index)));
    }),
  );
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
