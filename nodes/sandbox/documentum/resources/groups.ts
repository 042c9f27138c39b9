import { membersOf } from "../model/groups";
import type { ObjectRecord } from "../model/records";
import { merge, type Repository } from "../model/repository";
import { readProperties } from "../model/values";
import type { Router } from "../router";
import { type Call, demandMembers, flag, objectBody, type Reply, userOf } from "../wire/call";
import { badRequest, cause, notFound } from "../wire/failures";
import { type Link, LR } from "../wire/hrefs";
import { nameFromPath, nameToPath } from "../wire/names";
import { demandAdministrator, type PlainKind, plainFeed, plainReply } from "./plain-objects";
import { userKind } from "./users";

const R = "/repositories/:repository";
const MEMBERS = ["properties", "type", "name", "definition", "links"];

type Side = "users" | "groups";
const ATTRIBUTE = { users: "users_names", groups: "groups_names" } as const;

const kind: PlainKind = {
  name: "group",
  feedTitle: "Groups",
  type: "dm_group",
  titleOf: nameOfGroup,
  addressOf: (call, record) => call.hrefs.at(`/groups/${nameToPath(nameOfGroup(record))}`),
  linksOf(call, record): Link[] {
    const path = `/groups/${nameToPath(nameOfGroup(record))}`;
    const self = call.hrefs.at(path);
    return [
      { rel: "self", href: self },
      { rel: "edit", href: self },
      ...(userOf(call).superuser ? [{ rel: `${LR}delete`, href: self }] : []),
      { rel: "parent", href: call.hrefs.at("/groups") },
      { rel: `${LR}users`, href: call.hrefs.at(`${path}/users`) },
      { rel: `${LR}groups`, href: call.hrefs.at(`${path}/groups`) },
    ];
  },
};

/** Groups and their members (wire/documentum.md 16.8). */
export function mountGroups(router: Router, repository: Repository): void {
  router.on("GET", `${R}/groups`, (call) => list(repository, call));
  router.on("POST", `${R}/groups`, (call) => create(repository, call));
  router.on("GET", `${R}/groups/:group`, (call) => plainReply(repository, call, kind, groupOf(repository, call)));
  router.on("POST", `${R}/groups/:group`, async (call) => {
    const changes = await readGroup(repository, call);
    return plainReply(repository, call, kind, repository.save(groupOf(repository, call), changes, userOf(call)));
  });
  router.on("DELETE", `${R}/groups/:group`, (call) => {
    demandAdministrator(call);
    repository.objects.delete(groupOf(repository, call).id);
    return { status: 204 };
  });
  for (const side of ["users", "groups"] as const) {
    router.on("GET", `${R}/groups/:group/${side}`, (call) => members(repository, call, side));
    router.on("POST", `${R}/groups/:group/${side}`, (call) => addMember(repository, call, side));
    router.on("DELETE", `${R}/groups/:group/${side}/:member`, (call) => removeMember(repository, call, side));
  }
}

function nameOfGroup(record: ObjectRecord): string {
  return String(record.values.group_name ?? "");
}

function groupOf(repository: Repository, call: Call): ObjectRecord {
  const record = repository.groups.byName(nameFromPath(call.params.group ?? ""));
  if (!record) throw notFound("The group");
  return record;
}

/** `user-name` and `group-name` ask for the groups that contain it, `recursive` also through other groups. */
function list(repository: Repository, call: Call): Reply {
  const user = call.query.get("user-name");
  const group = call.query.get("group-name");
  const recursive = flag(call, "recursive", false);
  const holds = (record: ObjectRecord): boolean => {
    const name = nameOfGroup(record);
    const users = recursive ? [...repository.groups.usersIn(name)] : membersOf(record, "users_names");
    const groups = recursive ? [...repository.groups.subgroups(name)] : membersOf(record, "groups_names");
    return (!user || users.includes(user)) && (!group || groups.includes(group));
  };
  return plainFeed(repository, call, kind, [...repository.groups.all()].filter(holds));
}

async function create(repository: Repository, call: Call): Promise<Reply> {
  const changes = await readGroup(repository, call);
  const name = String(changes.group_name ?? "");
  if (name === "") throw badRequest("A group needs a name.", cause("DM_GROUP_E_MUST_HAVE_NAME", "The attribute group_name is empty."));
  if (repository.groups.byName(name)) {
    throw badRequest("The group exists already.", cause("DM_GROUP_E_UNABLE_TO_SAVE_EXISTING", "A group of that name exists already."));
  }
  const values = merge({ owner_name: userOf(call).name }, changes);
  return plainReply(repository, call, kind, repository.add("dm_group", values), 201);
}

async function readGroup(repository: Repository, call: Call) {
  demandAdministrator(call);
  const body = await objectBody(call);
  demandMembers(body, MEMBERS);
  return readProperties(repository.types.known("dm_group"), "group", body.properties, repository.switches);
}

function members(repository: Repository, call: Call, side: Side): Reply {
  const group = groupOf(repository, call);
  const recursive = flag(call, "recursive", false);
  const all = side === "users" ? repository.groups.usersIn(nameOfGroup(group)) : repository.groups.subgroups(nameOfGroup(group));
  const names = recursive ? [...all] : membersOf(group, ATTRIBUTE[side]);
  const records = names.map((name) => memberOf(repository, side, name)).filter((one) => one !== undefined);
  // Membership is ended by a link on the entry (section 8).
  const entryLinks = (inner: Call, record: ObjectRecord): Link[] => [
    { rel: `${LR}delete`, href: inner.hrefs.at(`/groups/${call.params.group}/${side}/${nameToPath(kindOf(side).titleOf(record))}`) },
  ];
  return plainFeed(repository, call, { ...kindOf(side), entryLinks }, records);
}

function kindOf(side: Side): PlainKind {
  return side === "users" ? userKind : kind;
}

function memberOf(repository: Repository, side: Side, name: string): ObjectRecord | undefined {
  return side === "users" ? repository.userRecord(name) : repository.groups.byName(name);
}

/** `{"href":"<address of a user or group>"}`. */
async function addMember(repository: Repository, call: Call, side: Side): Promise<Reply> {
  demandAdministrator(call);
  const body = await objectBody(call);
  demandMembers(body, ["href", "links", "name"]);
  const segment = new RegExp(`/${side}/([^/?]+?)(?:\\.json|\\.xml)?$`).exec(String(body.href ?? ""))?.[1];
  if (segment === undefined) throw badRequest(`The member 'href' must be the address of one of the ${side}.`);
  const name = nameFromPath(segment);
  const member = memberOf(repository, side, name);
  if (!member) throw badRequest("The member does not exist.", cause("DM_GROUP_E_NO_MEMBER", "The user or group named does not exist."));
  const group = groupOf(repository, call);
  const known = membersOf(group, ATTRIBUTE[side]);
  const circular = side === "groups" && (name === nameOfGroup(group) || repository.groups.subgroups(name).has(nameOfGroup(group)));
  if (circular) throw badRequest("A group cannot contain itself.", cause("DM_GROUP_E_CIRCULAR", "The group is already above the other."));
  if (!known.includes(name)) repository.save(group, { [ATTRIBUTE[side]]: [...known, name] }, userOf(call));
  return plainReply(repository, call, kindOf(side), member, 201);
}

function removeMember(repository: Repository, call: Call, side: Side): Reply {
  demandAdministrator(call);
  const group = groupOf(repository, call);
  const name = nameFromPath(call.params.member ?? "");
  const known = membersOf(group, ATTRIBUTE[side]);
  if (!known.includes(name)) throw notFound("The member");
  const left = known.filter((one) => one !== name);
  repository.save(group, { [ATTRIBUTE[side]]: left.length > 0 ? left : undefined }, userOf(call));
  return { status: 204 };
}
