import { parseDql } from "../dql/parser";
import { type Row, runSelect } from "../dql/select";
import { nameOf } from "../model/folder-tree";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Router } from "../router";
import { type Call, flag, type Reply, userOf } from "../wire/call";
import { dateText } from "../wire/dates";
import { badRequest, Failure } from "../wire/failures";
import { type Entry, feed, readPage, slice } from "../wire/feed";
import { homeKind } from "../wire/links";
import { objectEntry } from "../wire/object-reply";
import { readView } from "../wire/render";

const R = "/repositories/:repository";

export function mountQuery(router: Router, repository: Repository): void {
  router.on("GET", `${R}/search`, (call) => search(repository, call));
}

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

/**
 * Simple search (15.2): objects that have every word of `q` in one of their string values. There is no engine behind
 * it: contents are not read, words are compared without case.
 */
function search(repository: Repository, call: Call): Reply {
  const { switches } = repository;
  if (!switches.isOn("full-text"))
    throw new Failure(switches.number("full-text-status"), "E_SERVICE_UNAVAILABLE", "The full-text engine is not available.");
  const words = (call.query.get("q") ?? "").toLowerCase().match(/[\p{L}\p{N}_.-]+/gu) ?? [];
  if (words.length === 0) throw badRequest("The query parameter 'q' is needed.");
  const page = readPage(call, switches);
  const inline = flag(call, "inline", false);
  const view = readView(call.query.get("view"));
  const found = slice(hits(repository, call, words), page);
  const entries = found.items.map((record) => ({
    ...objectEntry(repository, call, record, homeKind(repository, record), inline, view),
    more: `,"score":"1.0","terms":${JSON.stringify(words)}`,
  }));
  return feed(call, "Search results", page, found, entries, repository.now());
}

function* hits(repository: Repository, call: Call, words: readonly string[]): Iterable<ObjectRecord> {
  const user = userOf(call);
  const type = call.query.get("object-type") || "dm_sysobject";
  const folder = call.query.get("locations");
  const folders = folder ? repository.folders.subtree(repository.folders.idAt(folder) ?? folder) : undefined;
  for (const name of repository.types.family(type)) {
    for (const id of repository.objects.idsOf(name)) {
      const record = repository.objects.get(id);
      if (!record || !repository.versions.isCurrent(record) || !repository.permits.allows(user, record, "browse")) continue;
      if (folders && !((record.values.i_folder_id as string[] | undefined) ?? []).some((one) => folders.has(one))) continue;
      const text = Object.values(record.values)
        .flat()
        .filter((value) => typeof value === "string")
        .join("\n")
        .toLowerCase();
      if (words.every((word) => text.includes(word))) yield record;
    }
  }
}
