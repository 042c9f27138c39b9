import { asList, asObject, asText, type JsonObject } from "../http/json";

/** Shapes of wire/documentum.md sections 6 to 8: links, feeds and objects, read tolerantly (client rule 6). */

export interface Link {
  rel: string;
  href?: string;
  hreftemplate?: string;
  title?: string;
}

export interface FeedEntry {
  title?: string;
  links: Link[];
  /** Address of the full object, where the entry has one. */
  href?: string;
  /** Of an inlined object or a DQL row; empty otherwise. */
  properties: JsonObject;
}

export interface Feed {
  entries: FeedEntry[];
  /** Address of the next page. */
  next?: string;
}

const RELATION_PREFIX = "http://identifiers.emc.com/linkrel/";

export function linksOf(resource: unknown): Link[] {
  return asList(asObject(resource).links).map((item) => {
    const link = asObject(item);
    const [href, hreftemplate, title] = [asText(link.href), asText(link.hreftemplate), asText(link.title)];
    return { rel: asText(link.rel) ?? "", href, hreftemplate, title };
  });
}

/** True for both spellings of a relation, short and with the vendor's prefix (client rule 3). */
export function hasRelation(link: Link, relation: string): boolean {
  return link.rel === relation || link.rel === RELATION_PREFIX + relation;
}

/** Address of the first of the relations that is there; a template is cut from its first brace (client rule 4). */
export function hrefOf(links: Link[], ...relations: string[]): string | undefined {
  for (const relation of relations) {
    const link = links.find((candidate) => hasRelation(candidate, relation));
    const href = link?.href ?? link?.hreftemplate?.replace(/\{.*$/s, "");
    if (href) return href;
  }
  return undefined;
}

/** The href with a query added; the href itself stays exactly as the server wrote it (client rule 2). */
export function withQuery(href: string, query: Record<string, string | number | boolean | undefined>): string {
  const added = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .join("&");
  if (added === "") return href;
  if (!href.includes("?")) return `${href}?${added}`;
  return /[?&]$/.test(href) ? href + added : `${href}&${added}`;
}

/** A page of a feed. `entries` is absent when nothing matches; `next` is absent on the last page. */
export function readFeed(body: JsonObject): Feed {
  return { entries: asList(body.entries).map(readEntry), next: hrefOf(linksOf(body), "next") };
}

function readEntry(item: unknown): FeedEntry {
  const entry = asObject(item);
  const content = asObject(entry.content);
  const links = linksOf(entry);
  const href = hrefOf(links, "edit") ?? asText(content.src) ?? hrefOf(linksOf(content), "edit", "self");
  return { title: asText(entry.title), links, href, properties: asObject(content.properties) };
}
