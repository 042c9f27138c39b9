import type { ObjectRecord } from "../model/records";
import { merge, type Repository } from "../model/repository";
import type { Value } from "../model/types";
import { readProperties } from "../model/values";
import type { Router } from "../router";
import { type Call, demandMembers, flag, json, jsonBody, type Reply, userOf } from "../wire/call";
import { accessDenied, badRequest, cause } from "../wire/failures";
import { LR, linksText } from "../wire/hrefs";
import { listObjects } from "./listings";
import { type PlainKind, plainFeed, plainReply, recordsOf } from "./plain-objects";

const R = "/repositories/:repository";
const MEMBERS = ["properties", "type", "name", "definition", "links"];

const kind: PlainKind = {
  name: "acl",
  feedTitle: "ACLs",
  type: "dm_acl",
  titleOf: (record) => String(record.values.object_name ?? ""),
  addressOf: (call, record) => call.hrefs.at(`/acls/${record.id}`),
  linksOf: (call, record) => {
    const href = call.hrefs.at(`/acls/${record.id}`);
    return [
      { rel: "self", href },
      { rel: `${LR}associations`, href: call.hrefs.at(`/acls/${record.id}/associations`) },
      { rel: "edit", href },
      { rel: `${LR}delete`, href },
    ];
  },
  entryId: (record) => record.id,
};

/** ACLs and what they allow (wire/documentum.md 16.5). */
export function mountAcls(router: Router, repository: Repository): void {
  router.on("GET", `${R}/acls`, (call) => plainFeed(repository, call, kind, recordsOf(repository, "dm_acl")));
  router.on("POST", `${R}/acls`, (call) => create(repository, call));
  router.on("GET", `${R}/acls/:id`, (call) => plainReply(repository, call, kind, aclOf(repository, call)));
  router.on("POST", `${R}/acls/:id`, (call) => update(repository, call));
  router.on("DELETE", `${R}/acls/:id`, (call) => remove(repository, call));
  router.on("GET", `${R}/acls/:id/associations`, (call) => {
    const acl = aclOf(repository, call);
    return listObjects(repository, call, usersOfAcl(repository, acl), { title: "Associations", kind: "objects", type: "dm_sysobject" });
  });
  router.on("GET", `${R}/objects/:id/permissions`, (call) => permissions(repository, call));
  router.on("GET", `${R}/objects/:id/permission-set`, (call) => permissionSet(repository, call));
}

function aclOf(repository: Repository, call: Call): ObjectRecord {
  return repository.object(call.params.id ?? "", "dm_acl");
}

async function create(repository: Repository, call: Call): Promise<Reply> {
  const values = merge({}, await readAcl(repository, call));
  values.owner_name ??= userOf(call).name;
  demandOwner(call, values);
  if (repository.permits.acl(String(values.object_name ?? ""), String(values.owner_name))) {
    throw badRequest("The ACL exists already.", cause("DM_ACL_E_UNIQUE_NAME", "An ACL of that name exists already in the domain."));
  }
  // What a server adds when a client names no accessors (capture of 16.7).
  values.r_accessor_name ??= ["dm_world", "dm_owner"];
  values.r_accessor_permit ??= [3, 7];
  const { length } = values.r_accessor_name as string[];
  const zeros = Array.from({ length }, () => 0);
  values.r_accessor_xpermit ??= zeros;
  values.r_permit_type ??= zeros;
  values.r_is_group ??= zeros.map(() => false);
  values.r_application_permit ??= zeros.map(() => "");
  return plainReply(repository, call, kind, repository.add("dm_acl", values), 201);
}

async function update(repository: Repository, call: Call): Promise<Reply> {
  const changes = await readAcl(repository, call);
  const acl = aclOf(repository, call);
  demandOwner(call, acl.values);
  return plainReply(repository, call, kind, repository.save(acl, changes, userOf(call)));
}

function remove(repository: Repository, call: Call): Reply {
  const acl = aclOf(repository, call);
  demandOwner(call, acl.values);
  for (const _user of usersOfAcl(repository, acl)) {
    if (flag(call, "force", false)) break;
    throw badRequest("The ACL is in use.", cause("DM_ACL_E_IN_USE", "The ACL is used by objects; force=true deletes it all the same."));
  }
  repository.objects.delete(acl.id);
  return { status: 204 };
}

async function readAcl(repository: Repository, call: Call) {
  const body = await jsonBody(call);
  demandMembers(body, MEMBERS);
  return readProperties(repository.types.known("dm_acl"), "acl", body.properties, repository.switches);
}

function demandOwner(call: Call, values: Readonly<Record<string, Value>>): void {
  const user = userOf(call);
  if (user.superuser || values.owner_name === user.name) return;
  throw accessDenied(cause("DM_ACL_E_NOT_OWNER", "Only its owner or a superuser may change an ACL."));
}

function* usersOfAcl(repository: Repository, acl: ObjectRecord): Iterable<string> {
  for (const id of repository.objects.lookup("acl_name", String(acl.values.object_name ?? ""))) {
    if (repository.objects.get(id)?.values.acl_domain === acl.values.owner_name) yield id;
  }
}

function sysobject(repository: Repository, call: Call): ObjectRecord {
  const record = repository.object(call.params.id ?? "", "dm_sysobject");
  repository.permits.demand(userOf(call), record, "browse");
  return record;
}

/** `basic-permission` is a number here as in the vendor's description; the Java client has it as a string. */
function permissions(repository: Repository, call: Call): Reply {
  const record = sysobject(repository, call);
  const accessor = call.query.get("accessor") || userOf(call).name;
  const level = repository.permits.levelOf(repository.accessor(accessor), record);
  return json(200, withSelf(call, permission(accessor, level)));
}

function permissionSet(repository: Repository, call: Call): Reply {
  const record = sysobject(repository, call);
  const permitted = repository.permits.accessorsOf(record).map(({ name, permit }) => permission(name, permit));
  return json(200, withSelf(call, { permitted, restricted: [], "required-group": [], "required-group-set": [] }));
}

function permission(accessor: string, level: number): object {
  return { accessor, "basic-permission": level, "extend-permissions": "", "application-permission": "" };
}

function withSelf(call: Call, members: object): string {
  return `${JSON.stringify(members).slice(0, -1)},"links":${linksText([{ rel: "self", href: call.hrefs.self }])}}`;
}
