import { nameOf } from "../model/folder-tree";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { isSubscribed } from "../model/subscriptions";
import { type Call, flag, JSON_TYPE, json, type Reply, userOf } from "./call";
import { dateText } from "./dates";
import { etagOf } from "./etag";
import type { Entry } from "./feed";
import { type Link, LR, linksText } from "./hrefs";
import { type Kind, NAME_OF_KIND, objectLinks } from "./links";
import { propertiesText, readView, type View } from "./render";

/** A sysobject as a single resource (wire/documentum.md 7.1). `self` when it is not the object's own address. */
export function objectReply(repository: Repository, call: Call, record: ObjectRecord, kind: Kind, status = 200, self?: string): Reply {
  const view = readView(call.query.get("view"));
  const text = `{"name":"${NAME_OF_KIND[kind]}",${objectMembers(repository, call, record, kind, view, self)}}`;
  return json(status, text, etagHeader(repository, record));
}

/** The ETag header of an object's reply; none while the switch is off. */
export function etagHeader(repository: Repository, record: ObjectRecord): Record<string, string> {
  return repository.switches.isOn("etag") ? { ETag: etagOf(record) } : {};
}

/** An object in the feed of a collection, with the object itself inside when `inline=true`. */
export function objectEntry(repository: Repository, call: Call, record: ObjectRecord, kind: Kind, inline: boolean, view: View): Entry {
  const address = call.hrefs.object(kind, record.id);
  const owner = (record.values.owner_name as string | undefined) ?? "";
  return {
    id: address,
    title: nameOf(record),
    author: { name: owner, uri: call.hrefs.user(owner) },
    summary: `${record.type} ${record.id}`,
    updated: dateOf(record, "r_modify_date"),
    published: dateOf(record, "r_creation_date"),
    links: [{ rel: "edit", href: address }],
    src: address,
    ...(inline ? { content: inlineContent(repository, call, record, kind, view, address) } : {}),
  };
}

function inlineContent(repository: Repository, call: Call, record: ObjectRecord, kind: Kind, view: View, address: string): string {
  return `{"json-root":"${NAME_OF_KIND[kind]}",${objectMembers(repository, call, record, kind, view)},"content-type":"${JSON_TYPE}","src":${JSON.stringify(address)}}`;
}

function objectMembers(repository: Repository, call: Call, record: ObjectRecord, kind: Kind, view: View, self?: string): string {
  const { hrefs } = call;
  const head = `"type":${JSON.stringify(record.type)},"definition":${JSON.stringify(hrefs.type(record.type))}`;
  const properties = `${head},"properties":${propertiesText(repository, record, view)}`;
  if (!flag(call, "links", true)) return properties;
  const links = objectLinks(repository, record, kind, hrefs, userOf(call), self);
  if (flag(call, "check-subscription", false)) links.push(subscriptionLink(repository, call, record));
  return `${properties},"links":${linksText(links)}`;
}

/** Subscribe, or unsubscribe, never both (16.9). */
function subscriptionLink(repository: Repository, call: Call, record: ObjectRecord): Link {
  const rel = isSubscribed(repository, record, userOf(call).name) ? "unsubscribe" : "subscribe";
  return { rel: LR + rel, href: call.hrefs.at(`/objects/${record.id}/subscription`) };
}

function dateOf(record: ObjectRecord, attribute: string): string {
  return (record.values[attribute] as string | undefined) ?? dateText(0);
}
