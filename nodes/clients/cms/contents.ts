import { DocbridgeError } from "../../core/errors";
import { asNumber, asText, type JsonObject } from "../http/json";
import type { CallOptions } from "../http/session";
import type { InstanceRef, Rendition } from "./instance";
import { type CmsService, instancePath } from "./service";

/** A rendition as the service shows it (wire/css.md 6.2). */
export interface StoredRendition {
  id: string;
  name: string;
  primary: boolean;
  /** Content id in CSS. */
  blobId?: string;
  mediaType?: string;
  /** Bytes, as they were told to the service. */
  size?: number;
}

/** Renditions of instances (wire/css.md 6.1). */
export class CmsContents {
  readonly #service: CmsService;

  constructor(service: CmsService) {
    this.#service = service;
  }

  async list(ref: InstanceRef, options: CallOptions = {}): Promise<StoredRendition[]> {
    const found: StoredRendition[] = [];
    for await (const row of this.#service.pages(`${instancePath(ref)}/contents?page=1&items-per-page=200`, options)) {
      const rendition = readRendition(row);
      if (rendition) found.push(rendition);
    }
    return found;
  }

  /** Adds a rendition. An `ambiguous` failure may have been carried out: list them before trying again. */
  async add(ref: InstanceRef, rendition: Rendition, options: CallOptions = {}): Promise<StoredRendition> {
    const path = `${instancePath(ref)}/contents`;
    const { json, status } = await this.#service.call({ method: "POST", path, json: rendition, signal: options.signal });
    const added = readRendition(json);
    if (added) return added;
    throw new DocbridgeError("unexpected-reply", {
      message: `The reply to the rendition of CMS object ${ref.id} names no id, so the rendition is looked for.`,
      retryable: true,
      ambiguous: true,
      status,
    });
  }

  /** Takes a rendition away, and its bytes with it where nothing else refers to them. */
  async remove(ref: InstanceRef, renditionId: string, options: CallOptions = {}): Promise<void> {
    const path = `${instancePath(ref)}/contents/${encodeURIComponent(renditionId)}`;
    await this.#service.call({ method: "DELETE", path, signal: options.signal });
  }
}

function readRendition(row: JsonObject): StoredRendition | undefined {
  const id = asText(row.id);
  if (!id) return undefined;
  return {
    id,
    name: asText(row.name) ?? "",
    // Any case (wire/css.md 6.2).
    primary: String(row.rendition_type).toLowerCase() === "primary",
    blobId: asText(row.blob_id),
    mediaType: asText(row.mime_type),
    size: asNumber(row.content_size),
  };
}
