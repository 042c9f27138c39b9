import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Router } from "../router";
import type { Call } from "../wire/call";
import { notFound } from "../wire/failures";
import { type Link, LR } from "../wire/hrefs";
import { nameFromPath, nameToPath } from "../wire/names";
import { type PlainKind, plainFeed, plainReply, recordsOf } from "./plain-objects";

const R = "/repositories/:repository";

/** Formats and relation types, both found by name (wire/documentum.md 12.6, section 9). */
export function mountFormats(router: Router, repository: Repository): void {
  const kinds = {
    formats: namedKind("format", "Formats", "dm_format", "name", "formats"),
    "relation-types": namedKind("relation-type", "Relation types", "dm_relation_type", "relation_name", "relation-types"),
  };
  for (const [path, { kind, attribute }] of Object.entries(kinds)) {
    router.on("GET", `${R}/${path}`, (call) => plainFeed(repository, call, kind, recordsOf(repository, kind.type)));
    router.on("GET", `${R}/${path}/:name`, (call) => {
      const name = nameFromPath(call.params.name ?? "");
      const record = [...recordsOf(repository, kind.type)].find(({ values }) => values[attribute] === name);
      if (!record) throw notFound(`The ${kind.name}`);
      return plainReply(repository, call, kind, record);
    });
  }
}

function namedKind(name: string, feedTitle: string, type: string, attribute: string, path: string): { kind: PlainKind; attribute: string } {
  const titleOf = (record: ObjectRecord): string => String(record.values[attribute] ?? "");
  const addressOf = (call: Call, record: ObjectRecord): string => call.hrefs.at(`/${path}/${nameToPath(titleOf(record))}`);
  const linksOf = (call: Call, record: ObjectRecord): Link[] => [
    { rel: "self", href: addressOf(call, record) },
    ...(name === "relation-type"
      ? [{ rel: `${LR}relations`, href: call.hrefs.at("/relations", `relation-name=${encodeURIComponent(titleOf(record))}`) }]
      : []),
  ];
  return { attribute, kind: { name, feedTitle, type, titleOf, addressOf, linksOf } };
}
