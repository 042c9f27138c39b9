import type { Format } from "../model/formats";
import type { ContentRef } from "../model/records";
import type { Repository } from "../model/repository";
import { type BodyPart, type Call, flag, list } from "../wire/call";
import { badRequest, cause } from "../wire/failures";
import { readMetadata, takeParts } from "../wire/parts";

/** Contents that were written and still belong to no object. */
export interface Received {
  metadata: Record<string, unknown>;
  contents: ContentRef[];
}

export interface IntakeOptions {
  /** Is the first part metadata, or content like those after it? By the media type it declares; empty when it declares none. */
  metadataFirst(mediaType: string): boolean;
  /** Called with the metadata before any content is written; throws to refuse the request. */
  check?(metadata: Record<string, unknown>): void;
}

/**
 * Receives a multipart body: metadata first, contents after it, whatever the names of the parts
 * (wire/documentum.md 12.1). When it throws, nothing of what it wrote is left.
 */
export async function receiveParts(repository: Repository, call: Call, options: IntakeOptions): Promise<Received> {
  const received: Received = { metadata: {}, contents: [] };
  const take = async (part: BodyPart, index: number): Promise<void> => {
    if (index === 0 && options.metadataFirst(part.mediaType)) {
      received.metadata = await readMetadata(part);
      options.check?.(received.metadata);
      return;
    }
    // A part that declares no type is text, as in every multipart body.
    const incoming = { ...part, mediaType: part.mediaType || "text/plain" };
    const { format, ...place } = placeOf(repository, call, received.contents.length, incoming.mediaType, received.metadata);
    received.contents.push({ ...(await writeContent(repository, call, incoming, format)), ...place });
  };
  try {
    await takeParts(call, take);
    return received;
  } catch (error) {
    await repository.contents.discard(received.contents.map(({ id }) => id));
    throw error;
  }
}

/** Receives one content as the whole body of a request. */
export async function receiveBody(repository: Repository, call: Call): Promise<ContentRef> {
  const format = formatFor(repository, call.query.get("format") ?? "", call.body.mediaType, undefined);
  return writeContent(repository, call, { body: call.body.stream(), mediaType: call.body.mediaType, fileName: "", contentId: "" }, format);
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

async function writeContent(repository: Repository, call: Call, from: BodyPart, format: Format): Promise<ContentRef> {
  const fileName = from.fileName.split(/[\\/]/).at(-1) ?? "";
  const intake = { format: format.name, mediaType: format.mediaType || from.mediaType, fileName, damage: call.damage };
  const { id } = await repository.contents.write(from.body, intake);
  return { id, format: format.name, page: 0, modifier: "", rendition: 0 };
}
