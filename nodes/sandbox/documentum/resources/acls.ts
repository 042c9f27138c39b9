import { PERMIT } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import { merge, type Repository } from "../model/repository";
import type { Value } from "../model/types";
import { readProperties } from "../model/values";
import { DEFAULT_ACL } from "../operations/create";
import { grant, readGrants } from "../operations/permissions";
import type { Router } from "../router";
import { type Call, demandMembers, flag, json, objectBody, type Reply, userOf } from "../wire/call";
import { accessDenied, badRequest, cause, notFound } from "../wire/failures";
import { type Link, LR, resourceText } from "../wire/hrefs";
import { nameFromPath } from "../wire/names";
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
  router.on("GET", `${R}/objects/:id/permission-set`, (call) => permissionSet(repository, call, sysobject(repository, call)));
  router.on("PUT", `${R}/objects/:id/permission-set`, (call) => changePermissionSet(repository, call));
  router.on("GET", `${R}/users/:user/permission-set`, (call) => permissionSet(repository, call, userOfPath(repository, call)));
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
  const body = await objectBody(call);
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

/** The user's own ACL: that of the objects they create, unless they name another. */
function userOfPath(repository: Repository, call: Call): ObjectRecord {
  const name = nameFromPath(call.params.user ?? "");
  const record = repository.userRecord(name);
  if (!record) throw notFound(`User '${name}'`);
  return { ...record, values: { acl_name: DEFAULT_ACL.name, acl_domain: DEFAULT_ACL.domain, ...record.values } };
}

function permissions(repository: Repository, call: Call): Reply {
  const record = sysobject(repository, call);
  const accessor = call.query.get("accessor") || userOf(call).name;
  const level = repository.permits.levelOf(repository.accessor(accessor), record);
  return json(200, resourceText(permission(repository, accessor, level), [{ rel: "self", href: call.hrefs.self }]));
}

function permissionSet(repository: Repository, call: Call, record: ObjectRecord): Reply {
  const { hrefs } = call;
  const permitted = repository.permits.accessorsOf(record).map(({ name, permit }) => permission(repository, name, permit));
  const acl = repository.permits.aclOf(record);
  const [self = ""] = hrefs.self.split("?");
  const links: Link[] = [
    { rel: "self", href: hrefs.self },
    ...(repository.types.isA(record.type, "dm_sysobject") ? [{ rel: "edit", href: self }] : []),
    ...(acl ? [{ rel: `${LR}acl`, href: hrefs.at(`/acls/${acl.id}`) }] : []),
  ];
  const members = { permitted, restricted: [], "required-group": [], "required-group-set": [] };
  return json(200, resourceText(members, links));
}

async function changePermissionSet(repository: Repository, call: Call): Promise<Reply> {
  const body = await objectBody(call);
  demandMembers(body, ["permitted", "restricted", "required-group", "required-group-set", "requiredGroup", "requiredGroupSet", "links"]);
  const grants = readGrants(repository, body);
  return permissionSet(repository, call, grant(repository, userOf(call), sysobject(repository, call), grants));
}

/** `basic-permission` is a number in the vendor's description and a string in the Java client: a switch decides. */
function permission(repository: Repository, accessor: string, level: number): object {
  const basic = repository.switches.isOn("permission-as-text") ? WORDS[level] : level;
  return { accessor, "basic-permission": basic, "extend-permissions": "", "application-permission": "" };
}

const WORDS = Object.fromEntries(Object.entries(PERMIT).map(([word, level]) => [level, word.charAt(0).toUpperCase() + word.slice(1)]));
