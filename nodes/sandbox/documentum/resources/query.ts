import { parseDql } from "../dql/parser";
import { type Row, runSelect } from "../dql/select";
import { nameOf } from "../model/folder-tree";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { type Call, type Reply, userOf } from "../wire/call";
import { dateText } from "../wire/dates";
import { type Entry, feed, readPage, slice } from "../wire/feed";

/** `{R}?dql=` (wire/documentum.md 15.1): a feed whose entries carry the selected values inline. */
export function runDql(repository: Repository, call: Call, dql: string): Reply {
  const page = readPage(call, repository.switches);
  const result = runSelect(repository, userOf(call), parseDql(dql, repository.now()));
  const found = slice(result.rows, page);
  const first = (page.page - 1) * page.items;
  const entries = found.items.map((row, index) => rowEntry(repository, call, row, result.hasObjectId, result.type, first + index));
  return feed(call, "DQL query results", page, found, entries, repository.now());
}

/** `edit` and `src` only when `r_object_id` is selected. */
function rowEntry(repository: Repository, call: Call, row: Row, hasObjectId: boolean, type: string, index: number): Entry {
  const { hrefs } = call;
  const { record } = row;
  const address = record && hasObjectId ? addressOf(repository, call, record) : undefined;
  const links = address === undefined ? [] : [{ rel: "edit", href: address }];
  const definition = JSON.stringify(hrefs.type(record && hasObjectId ? record.type : type));
  const content = `{"json-root":"query-result","definition":${definition},"properties":${row.properties}`;
  return {
    id: address ?? `${hrefs.self}&index=${index}`,
    title: record && hasObjectId ? nameOf(record) || record.id : `${index}`,
    updated: dateText(repository.now()),
    links,
    content: `${content}${address === undefined ? "" : `,"links":[{"rel":"edit","href":${JSON.stringify(address)}}],"src":${JSON.stringify(address)}`}}`,
  };
}

function addressOf(repository: Repository, call: Call, record: ObjectRecord): string {
  if (repository.types.isA(record.type, "dm_sysobject")) return call.hrefs.object("objects", record.id);
  const kind = { dm_acl: "acls", dm_relation: "relations" }[record.type];
  return kind ? call.hrefs.at(`/${kind}/${record.id}`) : call.hrefs.object("objects", record.id);
}
