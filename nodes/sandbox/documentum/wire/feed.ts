import type { DocumentumSwitches } from "../switches";
import { type Call, count, flag, JSON_TYPE, json, type Reply } from "./call";
import { instantText } from "./dates";
import { badRequest } from "./failures";
import { type Link, linksText } from "./hrefs";

/** wire/documentum.md section 8. */
const DEFAULT_ITEMS = 100;
const MAXIMUM_ITEMS = 1000;

export interface Page {
  page: number;
  items: number;
  includeTotal: boolean;
}

/** One entry; every collection has a title and an `edit` link for look-ups by name. */
export interface Entry {
  id: string;
  title: string;
  author?: { name: string; uri: string };
  summary?: string;
  updated: string;
  published?: string;
  links: Link[];
  /** Further members as JSON text that begins with a comma, for example a score. */
  more?: string;
  /** JSON text of the `content` member; the reference to `src` when absent. */
  content?: string;
  src?: string;
}

/** Reads the paging parameters of a request. */
export function readPage(call: Call, switches: DocumentumSwitches): Page {
  const items = count(call, "items-per-page", DEFAULT_ITEMS, 1);
  if (items > MAXIMUM_ITEMS && switches.text("items-above-maximum") === "refuse") {
    throw badRequest(`The query parameter 'items-per-page' must not exceed ${MAXIMUM_ITEMS}.`);
  }
  return { page: count(call, "page", 1, 1), items: Math.min(items, MAXIMUM_ITEMS), includeTotal: flag(call, "include-total", false) };
}

/** The items of one page, whether there are more, and (only when asked for) how many there are. */
export interface Slice<T> {
  items: T[];
  more: boolean;
  total?: number;
}

/** Takes a page out of a sequence and stops reading as soon as it can. */
export function slice<T>(all: Iterable<T>, page: Page): Slice<T> {
  const start = (page.page - 1) * page.items;
  const items: T[] = [];
  let at = 0;
  let more = false;
  for (const item of all) {
    if (at >= start && items.length < page.items) items.push(item);
    else if (at >= start) {
      more = true;
      if (!page.includeTotal) break;
    }
    at += 1;
  }
  return { items, more, ...(page.includeTotal ? { total: at } : {}) };
}

/** A feed as wire/documentum.md section 8 shows it: no `entries` when empty, paging links only when needed. */
export function feed(
  call: Call,
  title: string,
  page: Page,
  found: Slice<unknown>,
  entries: readonly Entry[],
  now: number,
  more = "",
): Reply {
  const { hrefs } = call;
  const [path = ""] = hrefs.self.split("?");
  let text = `{"id":${JSON.stringify(path)},"title":${JSON.stringify(title)},"author":[{"name":"Open Text Documentum"}],`;
  text += `"updated":"${instantText(now)}","page":${page.page},"items-per-page":${page.items},`;
  if (found.total !== undefined) text += `"total":${found.total},`;
  text += `"links":${linksText(pagingLinks(hrefs.self, page, found))}${more}`;
  if (entries.length > 0) text += `,"entries":[${entries.map(entryText).join(",")}]`;
  return json(200, `${text}}`);
}

function pagingLinks(self: string, page: Page, found: Slice<unknown>): Link[] {
  const links: Link[] = [{ rel: "self", href: self }];
  if (page.page === 1 && !found.more) return links;
  const at = (number: number): string => pageHref(self, page.items, number);
  if (found.more) links.push({ rel: "next", href: at(page.page + 1) });
  if (page.page > 1) links.push({ rel: "previous", href: at(page.page - 1) });
  links.push({ rel: "first", href: at(1) });
  if (found.total !== undefined) links.push({ rel: "last", href: at(Math.max(1, Math.ceil(found.total / page.items))) });
  return links;
}

/** The same address with another page; what else was asked for is kept as it was sent. */
function pageHref(self: string, items: number, page: number): string {
  const [path = "", query = ""] = self.split(/\?(.*)/s);
  const kept = query.split("&").filter((part) => part && !/^(?:page|items-per-page)=/.test(part));
  return `${path}?${[...kept, `items-per-page=${items}`, `page=${page}`].join("&")}`;
}

function entryText(entry: Entry): string {
  const { id, title, author, summary, updated, published, links, more, content, src } = entry;
  let text = `{"id":${JSON.stringify(id)},"title":${JSON.stringify(title)},`;
  if (author) text += `"author":[{"name":${JSON.stringify(author.name)},"uri":${JSON.stringify(author.uri)}}],`;
  if (summary !== undefined) text += `"summary":${JSON.stringify(summary)},`;
  text += `"updated":"${updated}",`;
  if (published !== undefined) text += `"published":"${published}",`;
  text += `"links":${linksText(links)}${more ?? ""}`;
  const shown = content ?? (src === undefined ? undefined : `{"type":"${JSON_TYPE}","src":${JSON.stringify(src)}}`);
  return `${text}${shown === undefined ? "" : `,"content":${shown}`}}`;
}
