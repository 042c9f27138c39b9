import { nameOf } from "../model/folder-tree";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { aspectsOf, aspectTypes, attachAspects, detachAspect, readAspects } from "../operations/aspects";
import type { Router } from "../router";
import { type Call, demandMembers, json, objectBody, type Reply, userOf } from "../wire/call";
import { notFound } from "../wire/failures";
import { type Link, LR, linksText } from "../wire/hrefs";
import { nameFromPath, nameToPath } from "../wire/names";
import { type PlainKind, plainFeed, plainReply } from "./plain-objects";

const R = "/repositories/:repository";

const kind: PlainKind = {
  name: "aspect-type",
  feedTitle: "Aspect types",
  type: "dmc_aspect_type",
  titleOf: nameOf,
  addressOf: (call, record) => typeAddress(call, nameOf(record)),
  linksOf: (call, record) => [{ rel: "self", href: typeAddress(call, nameOf(record)) }],
};

/** Aspects and their types (wire/documentum.md 16.4). */
export function mountAspects(router: Router, repository: Repository): void {
  const aspects = `${R}/objects/:id/aspects`;
  router.on("GET", `${R}/aspect-types`, (call) => plainFeed(repository, call, kind, aspectTypes(repository)));
  router.on("GET", `${R}/aspect-types/:name`, (call) => {
    const name = nameFromPath(call.params.name ?? "");
    const record = aspectTypes(repository).find((one) => nameOf(one) === name);
    if (!record) throw notFound("The aspect type");
    return plainReply(repository, call, kind, record);
  });
  router.on("GET", aspects, (call) => aspectsReply(call, objectOf(repository, call)));
  router.on("POST", aspects, async (call) => {
    const body = await objectBody(call);
    demandMembers(body, ["aspects", "links"]);
    const names = readAspects(repository, body);
    return aspectsReply(call, attachAspects(repository, userOf(call), objectOf(repository, call), names));
  });
  router.on("DELETE", `${aspects}/:name`, (call) => {
    detachAspect(repository, userOf(call), objectOf(repository, call), nameFromPath(call.params.name ?? ""));
    return { status: 204 };
  });
}

function objectOf(repository: Repository, call: Call): ObjectRecord {
  const record = repository.object(call.params.id ?? "", "dm_sysobject");
  repository.permits.demand(userOf(call), record, "browse");
  return record;
}

function typeAddress(call: Call, name: string): string {
  return call.hrefs.at(`/aspect-types/${nameToPath(name)}`);
}

/** One LR:delete link an aspect, with its name in `title`. */
function aspectsReply(call: Call, record: ObjectRecord): Reply {
  const names = aspectsOf(record.values);
  const self = `/objects/${record.id}/aspects`;
  const links: Link[] = [
    { rel: "self", href: call.hrefs.at(self) },
    ...names.map((name) => ({ rel: `${LR}aspect-type`, title: name, href: typeAddress(call, name) })),
    ...names.map((name) => ({ rel: `${LR}delete`, title: name, href: call.hrefs.at(`${self}/${nameToPath(name)}`) })),
  ];
  return json(200, `{"aspects":${JSON.stringify(names)},"links":${linksText(links)}}`);
}
