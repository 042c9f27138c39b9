import type { Digest, OpenReply } from "../http/download";
import { asNumber, asObject, asText } from "../http/json";
import type { CallOptions } from "../http/session";
import { hasRelation, type Link, linksOf, withQuery } from "./feed";
import { missingLink, type Repository } from "./repository";

/** Which addresses the server offers for downloads (wire/documentum.md 12.3). */
export type MediaUrlPolicy = "local" | "dc-pref" | "dc-only" | "all";

export interface ContentPlace {
  /** Short-lived and opaque where it leads to ACS or BOCS. */
  url: string;
  /** False for pre-signed addresses, which get no credentials. */
  withCredentials: boolean;
  mediaType?: string;
  /** Bytes. */
  size?: number;
  format?: string;
}

/** Where the content described at `resource` can be fetched now. Asked anew before each download: addresses expire (client rule 15). */
export async function locateContent(
  repository: Repository,
  resource: string,
  policy: MediaUrlPolicy,
  options: CallOptions,
): Promise<ContentPlace> {
  const body = await repository.get(withQuery(resource, { "media-url-policy": policy }), options);
  const enclosures = linksOf(body).filter((link) => link.href && (hasRelation(link, "enclosure") || hasRelation(link, "content-media")));
  const chosen = (policy === "local" ? enclosures.find((link) => isLocal(link, repository)) : undefined) ?? enclosures[0];
  if (!chosen?.href) throw missingLink("The content of the object", "enclosure");
  const properties = asObject(body.properties);
  return {
    url: chosen.href,
    withCredentials: isLocal(chosen, repository),
    mediaType: asText(properties.mime_type),
    size: asNumber(properties.full_content_size),
    format: asText(properties.format_name) ?? asText(properties.full_format),
  };
}

export async function hashContent(repository: Repository, content: ContentPlace, options: CallOptions): Promise<Digest> {
  return repository.session.hash(downloadOf(content, options));
}

export async function openContent(repository: Repository, content: ContentPlace, options: CallOptions): Promise<OpenReply> {
  return repository.session.open(downloadOf(content, options));
}

function downloadOf(content: ContentPlace, options: CallOptions) {
  return { url: content.url, credentials: content.withCredentials ? ("own" as const) : ("none" as const), signal: options.signal };
}

/** On the REST host itself. A link without title is judged by its address; ACS and BOCS are never below the context root. */
function isLocal(link: Link, repository: Repository): boolean {
  if (hasRelation(link, "content-media")) return true;
  if (link.title) return link.title.toUpperCase() === "LOCAL";
  return link.href?.startsWith(`${repository.contextUrl}/`) ?? false;
}
