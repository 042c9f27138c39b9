import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { Busboy } from "@fastify/busboy";
import type { Request } from "express";
import type { Spool, SpooledContent } from "../../../core/content/spool";
import { DocbridgeError } from "../../../core/errors";
import { readEnvelope } from "../../../core/intake/envelope";
import { readEnvelopeStream } from "../../../core/intake/envelope-stream";
import { factsFromHeaders } from "../../../core/intake/headers";
import { mediaTypeOf } from "../../../core/intake/media-types";
import type { IntakeFacts } from "../../../core/intake/metadata";
import { readSidecarJson } from "../../../core/intake/sidecars/sidecar-json";
import { readSidecarXml } from "../../../core/intake/sidecars/sidecar-xml";

export type IntakeForm = "auto" | "raw" | "multipart" | "envelope";

/** Takes one document whose bytes are in the spool. */
export type Take = (facts: IntakeFacts, content: SpooledContent) => Promise<void>;

/** Metadata beside a document is small; more is a mistake or an attack. */
const METADATA_BYTES = 1024 * 1024;

/**
 * Reads the documents of a delivery (wire/exstream.md 13.4 H1 to H3), bytes straight into the spool. `take` is called
 * only when the whole body was read without fault. Throws `body-unreadable`, `body-consumed`, `body-too-large`,
 * `unsupported-media-type`, and what the readers of metadata and the spool throw.
 */
export async function readBody(request: Request, form: IntakeForm, spool: Spool, maxBytes: number, take: Take): Promise<void> {
  const put = (body: AsyncIterable<Uint8Array>) => spool.put(body, { maxBytes });
  switch (form === "auto" ? formOf(request) : form) {
    case "raw": {
      const facts = factsFromHeaders(request, { channel: "http", origin: "request headers" });
      await take(facts, await put(piecesOf(unread(request))));
      return;
    }
    case "multipart": {
      requireMultipart(request);
      const { facts, content } = await readMultipart(request, put);
      await take(facts, content);
      return;
    }
    default:
      for (const { facts, content } of await readEnvelopeForm(request, put)) await take(facts, content);
  }
}

/** A JSON body without any Exstream header is an envelope; with one it is a document that happens to be JSON. */
function formOf(request: Request): Exclude<IntakeForm, "auto"> {
  const mediaType = mediaTypeOf(request.headers["content-type"]);
  if (mediaType === "multipart/form-data") return "multipart";
  const hasHeaders = Object.keys(request.headers).some((name) => name.startsWith("x-exstream-"));
  return mediaType === "application/json" && !hasHeaders ? "envelope" : "raw";
}

/** Throws `unsupported-media-type`. */
function requireMultipart(request: Request): void {
  if (mediaTypeOf(request.headers["content-type"]) === "multipart/form-data") return;
  throw new DocbridgeError("unsupported-media-type", {
    message:
      'This trigger takes multipart/form-data only, and the header "Content-Type" says something else. Correct it at the sender, or choose another form at the trigger node.',
    subject: "Content-Type",
  });
}

/**
 * The body as a stream. Throws `body-consumed` when Node-RED parsed it before: with the editor at `/` its JSON and form
 * parsers see every request first, and the bytes as they were sent cannot be had any more.
 */
function unread(request: Request): Request {
  if (!wasParsed(request)) return request;
  throw new DocbridgeError("body-consumed", {
    message:
      "Node-RED parsed this body before the trigger could read it, so its bytes cannot be archived as they were sent. Send it with a media type other than JSON or form data, or as multipart, or set httpAdminRoot to a path of its own in Node-RED's settings.",
  });
}

/** A reader that gives up must not end the connection with it: its sender still has to get the reply. */
function piecesOf(request: Request): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false });
}

function wasParsed(request: Request): boolean {
  return (request as Request & { _body?: boolean })._body === true;
}

async function readEnvelopeForm(request: Request, put: (body: AsyncIterable<Uint8Array>) => Promise<SpooledContent>) {
  const context = { channel: "http", origin: "envelope" } as const;
  if (!wasParsed(request)) return readEnvelopeStream(piecesOf(request), context, put);
  const documents = readEnvelope(request.body, context);
  return Promise.all(documents.map(async ({ facts, content }) => ({ facts, content: await put(inOnePiece(content)) })));
}

async function* inOnePiece(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** Throws `body-unreadable` when the request names no boundary. */
function partReader(request: Request) {
  try {
    return new Busboy({
      headers: { ...request.headers, "content-type": request.headers["content-type"] ?? "" },
      isPartAFile: () => true,
      limits: { parts: 20 },
      fileHwm: 1024 * 1024,
    });
  } catch (error) {
    throw unreadable('names no boundary in "Content-Type"', error);
  }
}

interface MetadataPart {
  bytes: Buffer;
  mediaType: string;
}

/** Parts `document` and `metadata` in any order; a request without the part `metadata` may carry it in headers. */
async function readMultipart(request: Request, put: (body: AsyncIterable<Uint8Array>) => Promise<SpooledContent>) {
  let content: SpooledContent | undefined;
  let document: { fileName: string; mediaType: string } | undefined;
  let metadata: MetadataPart | undefined;
  let refused: unknown;
  const parts: Promise<void>[] = [];
  const bodies: Readable[] = [];
  const busboy = partReader(request);
  const onPart = async (name: string, body: Readable, fileName: string | undefined, mediaType: string) => {
    if (name === "metadata") metadata = { bytes: await collect(body), mediaType };
    else if (name === "document" && !document) {
      document = { fileName: fileName ?? "", mediaType };
      content = await put(body);
    } else throw unreadable(`has a part "${name}" that is neither the one document nor its metadata`);
  };
  busboy.on("file", (name, body, fileName, _encoding, mediaType) => {
    bodies.push(body as Readable);
    // A part that breaks off says so twice; the second time nobody listens, which would end the process.
    body.on("error", () => {});
    const part = onPart(name ?? "", body as Readable, fileName, mediaType ?? "").catch((error) => {
      refused ??= error;
      // Its rest has no reader any more, and the parser would wait for one for ever.
      busboy.destroy(error);
    });
    parts.push(part);
  });
  finished(request).catch((error) => busboy.destroy(error));
  unread(request).pipe(busboy);
  await finished(busboy).catch((error) => {
    refused ??= unreadable("broke off or is no valid multipart", error);
    // A part that was cut has no end of its own.
    for (const body of bodies) body.destroy(error as Error);
  });
  await Promise.all(parts);
  if (refused) throw refused;
  if (!content || !document) throw unreadable('has no part "document"');
  return { content, facts: await factsOf(request, document, metadata) };
}

function factsOf(
  request: Request,
  document: { fileName: string; mediaType: string },
  metadata: MetadataPart | undefined,
): Promise<IntakeFacts> {
  const context = {
    channel: "http" as const,
    origin: 'part "metadata"',
    ...(document.fileName ? { fileName: document.fileName } : {}),
    ...(document.mediaType ? { mediaType: document.mediaType } : {}),
  };
  if (!metadata) {
    const { "content-type": _ofTheWhole, ...headers } = request.headers;
    return Promise.resolve(factsFromHeaders({ headers, query: request.query }, { ...context, origin: "request headers" }));
  }
  const looksLikeXml = metadata.mediaType.includes("xml") || metadata.bytes.toString("utf8", 0, 64).trimStart().startsWith("<");
  return (looksLikeXml ? readSidecarXml : readSidecarJson)(metadata.bytes, context);
}

async function collect(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).length;
    if (size > METADATA_BYTES) throw unreadable(`has a part "metadata" of more than ${METADATA_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function unreadable(what: string, cause?: unknown): DocbridgeError {
  return new DocbridgeError("body-unreadable", {
    message: `The multipart body ${what}. Correct it at the sender.`,
    subject: "body",
    cause,
  });
}
