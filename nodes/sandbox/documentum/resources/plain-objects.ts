import { filterOf } from "../dql/filter";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { type Call, flag, json, type Reply, userOf } from "../wire/call";
import { dateText } from "../wire/dates";
import { accessDenied, cause } from "../wire/failures";
import { feed, readPage, slice } from "../wire/feed";
import { type Link, linksText } from "../wire/hrefs";
import { propertiesText, readView, type View } from "../wire/render";

/** How objects that are no sysobjects (formats, relations, ACLs ...) are shown. */
export interface PlainKind {
  /** Word in `name`. */
  name: string;
  feedTitle: string;
  type: string;
  titleOf(record: ObjectRecord): string;
  addressOf(call: Call, record: ObjectRecord): string;
  linksOf(call: Call, record: ObjectRecord): Link[];
  /** Links of its entry in a feed, besides `edit`. */
  entryLinks?(call: Call, record: ObjectRecord): Link[];
  /** Further members as JSON text that begins with a comma. */
  more?(record: ObjectRecord): string;
  /** Entry id where it is not the address. */
  entryId?(record: ObjectRecord): string;
}

/** A single one. */
export function plainReply(repository: Repository, call: Call, kind: PlainKind, record: ObjectRecord, status = 200): Reply {
  const view = readView(call.query.get("view"));
  const headers: Record<string, string> = status === 201 ? { Location: kind.addressOf(call, record) } : {};
  return json(status, `{"name":"${kind.name}",${members(repository, call, kind, record, view)}}`, headers);
}

/** A feed of them, with paging, `inline`, `view` and `filter`. */
export function plainFeed(repository: Repository, call: Call, kind: PlainKind, records: Iterable<ObjectRecord>): Reply {
  const page = readPage(call, repository.switches);
  const view = readView(call.query.get("view"));
  const inline = flag(call, "inline", false);
  const text = call.query.get("filter");
  const matches = text ? filterOf(repository, userOf(call), kind.type, text) : undefined;
  const found = slice(matches ? [...records].filter(matches) : records, page);
  const entries = found.items.map((record) => {
    const src = kind.addressOf(call, record);
    const at = dateText(repository.now());
    return {
      id: kind.entryId?.(record) ?? src,
      title: kind.titleOf(record),
      updated: at,
      published: at,
      links: [{ rel: "edit", href: src }, ...(kind.entryLinks?.(call, record) ?? [])],
      src,
      ...(inline
        ? { content: `{"json-root":"${kind.name}",${members(repository, call, kind, record, view)},"src":${JSON.stringify(src)}}` }
        : {}),
    };
  });
  return feed(call, kind.feedTitle, page, found, entries, repository.now());
}

/** All objects of a type, oldest first. */
export function* recordsOf(repository: Repository, type: string): Iterable<ObjectRecord> {
  for (const id of repository.objects.idsOf(type)) {
    const record = repository.objects.get(id);
    if (record) yield record;
  }
}

function members(repository: Repository, call: Call, kind: PlainKind, record: ObjectRecord, view: View): string {
  const head = `"type":"${record.type}","definition":${JSON.stringify(call.hrefs.type(record.type))}`;
  const properties = `${head},"properties":${propertiesText(repository, record, view)}${kind.more?.(record) ?? ""}`;
  return flag(call, "links", true) ? `${properties},"links":${linksText(kind.linksOf(call, record))}` : properties;
}

/** Throws 403 for everybody but a superuser. */
export function demandAdministrator(call: Call): void {
  if (userOf(call).superuser) return;
  throw accessDenied(cause("DM_USER_E_NEED_SU_OR_SYS_PRIV", "The operation needs superuser or system administrator privileges."));
}
