import type { ObjectRecord } from "../model/records";
import { merge, type Repository } from "../model/repository";
import { readProperties } from "../model/values";
import type { Router } from "../router";
import { type Call, choice, demandMembers, objectBody, type Reply, userOf } from "../wire/call";
import { badRequest, cause, noObject } from "../wire/failures";
import { LR } from "../wire/hrefs";
import { nameToPath } from "../wire/names";
import { type PlainKind, plainFeed, plainReply, recordsOf } from "./plain-objects";

const R = "/repositories/:repository";

function kindOf(repository: Repository): PlainKind {
  // A subscription ends at a user, who has another address than objects.
  const addressOfEnd = (call: Call, id: string): string => {
    const record = repository.objects.get(id);
    return record?.type === "dm_user" ? call.hrefs.user(String(record.values.user_name)) : call.hrefs.object("objects", id);
  };
  return {
    name: "relation",
    feedTitle: "Relations",
    type: "dm_relation",
    titleOf: (record) => String(record.values.relation_name ?? ""),
    addressOf: (call, record) => call.hrefs.at(`/relations/${record.id}`),
    linksOf: (call, record) => [
      { rel: "self", href: call.hrefs.at(`/relations/${record.id}`) },
      { rel: `${LR}delete`, href: call.hrefs.at(`/relations/${record.id}`) },
      { rel: "parent", href: addressOfEnd(call, String(record.values.parent_id)) },
      { rel: `${LR}child`, href: addressOfEnd(call, String(record.values.child_id)) },
      { rel: `${LR}relation-type`, href: call.hrefs.at(`/relation-types/${nameToPath(String(record.values.relation_name))}`) },
    ],
  };
}

/** Relations between objects (wire/documentum.md 16.2). */
export function mountRelations(router: Router, repository: Repository): void {
  router.on("GET", `${R}/relations`, (call) => plainFeed(repository, call, kindOf(repository), chosen(repository, call)));
  router.on("POST", `${R}/relations`, (call) => create(repository, call));
  router.on("GET", `${R}/relations/:id`, (call) => plainReply(repository, call, kindOf(repository), relationOf(repository, call)));
  router.on("DELETE", `${R}/relations/:id`, (call) => {
    const relation = relationOf(repository, call);
    demandParent(repository, call, String(relation.values.parent_id));
    repository.objects.delete(relation.id);
    return { status: 204 };
  });
}

function relationOf(repository: Repository, call: Call): ObjectRecord {
  return repository.object(call.params.id ?? "", "dm_relation");
}

function* chosen(repository: Repository, call: Call): Iterable<ObjectRecord> {
  const id = call.query.get("related-object-id");
  const role = choice(call, "related-object-role", ["any", "parent", "child"], "any");
  const name = call.query.get("relation-name");
  for (const record of candidates(repository, id)) {
    const { parent_id, child_id, relation_name } = record.values;
    const asParent = parent_id === id && role !== "child";
    const asChild = child_id === id && role !== "parent";
    if ((!id || asParent || asChild) && (!name || relation_name === name)) yield record;
  }
}

function candidates(repository: Repository, id: string | null): Iterable<ObjectRecord> {
  if (!id) return recordsOf(repository, "dm_relation");
  const ids = new Set([...repository.objects.lookup("parent_id", id), ...repository.objects.lookup("child_id", id)]);
  return [...ids].map((one) => repository.objects.get(one)).filter((one) => one?.type === "dm_relation") as ObjectRecord[];
}

async function create(repository: Repository, call: Call): Promise<Reply> {
  const body = await objectBody(call);
  demandMembers(body, ["properties", "type", "name", "definition", "links"]);
  const values = merge({}, readProperties(repository.types.known("dm_relation"), "relation", body.properties, repository.switches));
  const name = String(values.relation_name ?? "");
  if (![...recordsOf(repository, "dm_relation_type")].some((type) => type.values.relation_name === name)) {
    throw badRequest("The relation type does not exist.", cause("DM_RELATION_E_NO_TYPE", "There is no relation type of the name given."));
  }
  demandParent(repository, call, String(values.parent_id ?? ""));
  if (!repository.objects.get(String(values.child_id ?? ""))) throw noObject(String(values.child_id ?? ""));
  return plainReply(repository, call, kindOf(repository), repository.add("dm_relation", values), 201);
}

/** A relation is the business of whoever may relate its parent. */
function demandParent(repository: Repository, call: Call, id: string): void {
  const parent = repository.objects.get(id);
  if (!parent) throw noObject(id);
  if (repository.types.isA(parent.type, "dm_sysobject")) repository.permits.demand(userOf(call), parent, "relate");
}
