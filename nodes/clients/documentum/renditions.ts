import { DocbridgeError } from "../../core/errors";
import { asList, asNumber, asObject, asText, type JsonObject, parseJson } from "../http/json";
import type { CallOptions } from "../http/session";
import { type Content, sourceOf } from "../http/source";
import type { Sent } from "../http/upload";
import { hrefOf, linksOf, withQuery } from "./feed";
import type { DocumentumObject } from "./objects";
import { missingLink, type Repository } from "./repository";

/** Where a rendition has its place on an object. */
export interface RenditionPlace {
  /** Documentum's format name; without it the server derives it from the media type. */
  format?: string;
  /** From 0. */
  page: number;
  modifier: string;
}

/** A content of an object, primary or rendition (wire/documentum.md 12.2). */
export interface StoredContent {
  contentId?: string;
  format?: string;
  mediaType?: string;
  pages: number[];
  modifier: string;
  /** Bytes. */
  size?: number;
  primary: boolean;
  /** Address of its resource. */
  href?: string;
}

export class DocumentumRenditions {
  readonly #repository: Repository;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** The rendition in a place of an object, or undefined. The object is as the server last showed it. */
  async find(
    object: DocumentumObject,
    place: RenditionPlace,
    mediaType: string,
    options: CallOptions = {},
  ): Promise<StoredContent | undefined> {
    const { format, page, modifier } = place;
    for await (const entry of this.#repository.entries(withQuery(contentsOf(object), { inline: true }), options)) {
      const inlined = Object.keys(entry.properties).length > 0 || !entry.href;
      const properties = inlined ? entry.properties : asObject((await this.#repository.get(entry.href as string, options)).properties);
      const stored = readContent(properties, entry.href);
      const sameFormat = format ? stored.format === format : stored.mediaType === mediaType;
      if (!stored.primary && sameFormat && stored.modifier === modifier && stored.pages.includes(page)) return stored;
    }
    return undefined;
  }

  /** Adds a rendition; one that is in its place already is never replaced (wire/documentum.md 12.4). */
  async add(
    object: DocumentumObject,
    { format, page, modifier }: RenditionPlace,
    content: Content,
    options: CallOptions = {},
  ): Promise<StoredContent & { sent: Sent }> {
    const query = { primary: false, overwrite: false, format, page, modifier: modifier || undefined };
    const reply = await this.#repository.upload({
      url: withQuery(contentsOf(object), query),
      headers: { "Content-Type": content.mediaType },
      file: await sourceOf(content),
      signal: options.signal,
    });
    const body = asObject(parseJson(reply.body));
    const stored = readContent(asObject(body.properties), hrefOf(linksOf(body), "self"));
    if (stored.href) return { ...stored, sent: reply.sent };
    throw new DocbridgeError("unexpected-reply", {
      message: `The reply to the rendition of object ${object.objectId} has no address, so the rendition is looked for.`,
      retryable: true,
      ambiguous: true,
      status: reply.status,
    });
  }
}

function contentsOf(object: DocumentumObject): string {
  const address = hrefOf(object.links, "contents");
  if (address) return address;
  throw missingLink(`Object ${object.objectId}`, "contents");
}

function readContent(properties: JsonObject, href: string | undefined): StoredContent {
  return {
    contentId: asText(properties.r_object_id),
    format: asText(properties.format_name) ?? asText(properties.full_format),
    mediaType: asText(properties.mime_type),
    pages: asList(properties.page).map((page) => asNumber(page) ?? 0),
    modifier: asText(asList(properties.page_modifier)[0]) ?? "",
    size: asNumber(properties.full_content_size) ?? asNumber(properties.content_size),
    primary: asNumber(properties.rendition) === 0,
    href,
  };
}
