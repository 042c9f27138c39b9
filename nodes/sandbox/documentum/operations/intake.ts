import type { Readable } from "node:stream";
import type { Part } from "../../kernel/exchange";
import type { Format } from "../model/formats";
import type { ContentRef } from "../model/records";
import type { Repository } from "../model/repository";
import { type Call, flag, list, parseObject } from "../wire/call";
import { badRequest, cause, Failure } from "../wire/failures";

/** Largest metadata part, in bytes. */
const METADATA_LIMIT = 8 * 1024 * 1024;

/** Contents that were written and still belong to no object. */
export interface Received {
  metadata: Record<string, unknown>;
  contents: ContentRef[];
}

export interface IntakeOptions {
  /** Is the first part metadata, or content like those after it? */
  metadataFirst: boolean;
  /** Called with the metadata before any content is written; throws to refuse the request. */
  check?(metadata: Record<string, unknown>): void;
}

/**
 * Receives a multipart body: metadata first, contents after it, whatever the names of the parts
 * (wire/documentum.md 12.1). When it throws, nothing of what it wrote is left. A refused request is read to its end,
 * so that its sender can read the answer.
 */
export async function receiveParts(repository: Repository, call: Call, options: IntakeOptions): Promise<Received> {
  const received: Received = { metadata: {}, contents: [] };
  let failure: unknown;
  const take = async (part: Part, index: number): Promise<void> => {
    if (index === 0 && options.metadataFirst) {
      received.metadata = parseObject(await readPart(part.body));
      options.check?.(received.metadata);
      return;
    }
    const number = index - (options.metadataFirst ? 1 : 0);
    const { format, ...place } = placeOf(repository, call, number, part.mediaType, received.metadata);
    received.contents.push({ ...(await writeContent(repository, call, part, format)), ...place });
  };
  try {
    await call.body.parts(async (part, index) => {
      try {
        if (failure === undefined) await take(part, index);
      } catch (error) {
        failure = error;
      }
      part.body.resume();
    });
  } catch (error) {
    // A body that breaks off, or no multipart body at all. What a part made of it is only a consequence.
    if (!(failure instanceof Failure))
      failure = badRequest("The multipart body is malformed or incomplete.", error instanceof Error ? error.message : "");
  }
  if (failure === undefined) return received;
  await repository.contents.discard(received.contents.map(({ id }) => id));
  throw failure;
}

/** Receives one content as the whole body of a request. */
export async function receiveBody(repository: Repository, call: Call): Promise<ContentRef> {
  const format = formatFor(repository, call.query.get("format") ?? "", call.body.mediaType, undefined);
  return writeContent(repository, call, { body: call.body.stream(), mediaType: call.body.mediaType, fileName: "" }, format);
}

interface PartPlace extends Pick<ContentRef, "page" | "modifier" | "rendition"> {
  format: Format;
}

/** Spreads `format`, `modifier` and `all-primary` of a request over its content parts (12.1). `number` is from 0. */
function placeOf(repository: Repository, call: Call, number: number, mediaType: string, metadata: Record<string, unknown>): PartPlace {
  const declared = (metadata.properties as Record<string, unknown> | undefined)?.a_content_type;
  const format = formatFor(repository, list(call, "format")[number] ?? "", mediaType, number === 0 ? declared : undefined);
  const allPrimary = flag(call, "all-primary", true);
  return {
    format,
    modifier: list(call, "modifier")[number] ?? "",
    page: allPrimary ? number : 0,
    rendition: allPrimary || number === 0 ? 0 : 2,
  };
}

/** The format a request names, else the object's, else that of the media type (12.1). */
function formatFor(repository: Repository, named: string, mediaType: string, declared: unknown): Format {
  const name = named || (typeof declared === "string" ? declared : "");
  const format = name ? repository.formats.byName(name) : repository.formats.byMediaType(mediaType);
  if (format) return format;
  if (name) throw badRequest("The content format is not known.", cause("DM_FORMAT_E_CANT_FIND", `There is no format of the name given.`));
  throw badRequest(
    "The content format cannot be determined.",
    cause("DM_SYSOBJECT_E_NO_CONTENT_TYPE", "Neither a format nor a media type with a format was given."),
  );
}

interface Incoming {
  body: AsyncIterable<Uint8Array>;
  mediaType: string;
  fileName: string;
}

async function writeContent(repository: Repository, call: Call, from: Incoming, format: Format): Promise<ContentRef> {
  const fileName = from.fileName.split(/[\\/]/).at(-1) ?? "";
  const intake = { format: format.name, mediaType: format.mediaType || from.mediaType, fileName, damage: call.damage };
  const { id } = await repository.contents.write(from.body, intake);
  return { id, format: format.name, page: 0, modifier: "", rendition: 0 };
}

async function readPart(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > METADATA_LIMIT) throw new Failure(413, "E_REQUEST_TOO_LARGE", `The metadata part is larger than ${METADATA_LIMIT} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
