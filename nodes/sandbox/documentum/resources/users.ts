import type { ObjectRecord } from "../model/records";
import { merge, type Repository, userValues } from "../model/repository";
import { readProperties } from "../model/values";
import type { Router } from "../router";
import { type Call, demandMembers, json, objectBody, type Reply, userOf } from "../wire/call";
import { badRequest, cause, notFound } from "../wire/failures";
import { type Link, LR, linksText } from "../wire/hrefs";
import { nameFromPath } from "../wire/names";
import { objectReply } from "../wire/object-reply";
import { propertiesText, readView } from "../wire/render";
import { demandAdministrator, type PlainKind, plainFeed, plainReply, recordsOf } from "./plain-objects";

const R = "/repositories/:repository";

/** Users as single resources and in feeds; groups list their members as such. */
export const userKind: PlainKind = {
  name: "user",
  feedTitle: "Users",
  type: "dm_user",
  titleOf: nameOfUser,
  addressOf: (call, record) => call.hrefs.user(nameOfUser(record)),
  linksOf: (call, record) => userLinks(call, record, call.hrefs.user(nameOfUser(record))),
};

/** Users and the one who asks (wire/documentum.md 16.8). */
export function mountUsers(router: Router, repository: Repository): void {
  router.on("GET", `${R}/currentuser`, (call) => currentUser(repository, call));
  router.on("GET", `${R}/users`, (call) => plainFeed(repository, call, userKind, recordsOf(repository, "dm_user")));
  router.on("POST", `${R}/users`, (call) => create(repository, call));
  router.on("GET", `${R}/users/:user`, (call) => plainReply(repository, call, userKind, userOfPath(repository, call)));
  router.on("POST", `${R}/users/:user`, (call) => change(repository, call));
  router.on("DELETE", `${R}/users/:user`, (call) => {
    demandAdministrator(call);
    repository.objects.delete(userOfPath(repository, call).id);
    return { status: 204 };
  });
  router.on("GET", `${R}/users/:user/home`, (call) => home(repository, call));
}

function nameOfUser(record: ObjectRecord): string {
  return String(record.values.user_name ?? "");
}

function userLinks(call: Call, record: ObjectRecord, self: string): Link[] {
  const address = call.hrefs.user(nameOfUser(record));
  return [
    { rel: "self", href: self },
    { rel: "edit", href: address },
    ...(userOf(call).superuser ? [{ rel: `${LR}delete`, href: address }] : []),
    { rel: "parent", href: call.hrefs.at("/users") },
    { rel: `${LR}default-folder`, href: call.hrefs.at(`${pathOf(address, call)}/home`) },
    { rel: `${LR}permission-set`, href: call.hrefs.at(`${pathOf(address, call)}/permission-set`) },
  ];
}

/** The address of a user below `{R}`, without suffix. */
function pathOf(address: string, { hrefs }: Call): string {
  return address.slice(hrefs.repository.length, address.length - hrefs.suffix.length);
}

function userOfPath(repository: Repository, call: Call): ObjectRecord {
  const name = nameFromPath(call.params.user ?? "");
  const record = repository.userRecord(name);
  if (!record) throw notFound(`User '${name}'`);
  return record;
}

/** `LR:recent-trails` is on this resource only (section 17). */
function currentUser(repository: Repository, call: Call): Reply {
  const record = repository.userRecord(userOf(call).name) as ObjectRecord;
  const properties = propertiesText(repository, record, readView(call.query.get("view")));
  const trails = `filter=${encodeURIComponent(`user_name='${nameOfUser(record).replaceAll("'", "''")}'`)}`;
  const links = [
    ...userLinks(call, record, call.hrefs.at("/currentuser")),
    { rel: `${LR}recent-trails`, href: call.hrefs.at("/audit-trails", trails) },
  ];
  const head = `{"name":"current-user","type":"dm_user","definition":${JSON.stringify(call.hrefs.type("dm_user"))}`;
  return json(200, `${head},"properties":${properties},"links":${linksText(links)}}`);
}

async function create(repository: Repository, call: Call): Promise<Reply> {
  const changes = await readUser(repository, call);
  const name = String(changes.user_name ?? "");
  if (name === "") throw badRequest("A user needs a name.", cause("DM_USER_E_MUST_HAVE_NAME", "The attribute user_name is empty."));
  if (repository.userRecord(name)) {
    throw badRequest("The user exists already.", cause("DM_USER_E_EXISTING_USER_NAME", "A user of that name exists already."));
  }
  return plainReply(repository, call, userKind, repository.add("dm_user", merge(userValues(name, 0), changes)), 201);
}

async function change(repository: Repository, call: Call): Promise<Reply> {
  const changes = await readUser(repository, call);
  return plainReply(repository, call, userKind, repository.save(userOfPath(repository, call), changes, userOf(call)));
}

async function readUser(repository: Repository, call: Call) {
  demandAdministrator(call);
  const body = await objectBody(call);
  demandMembers(body, ["properties", "type", "name", "definition", "links"]);
  return readProperties(repository.types.known("dm_user"), "user", body.properties, repository.switches);
}

/** The folder that `default_folder` names. */
function home(repository: Repository, call: Call): Reply {
  const path = String(userOfPath(repository, call).values.default_folder ?? "");
  const id = repository.folders.idAt(path);
  const folder = id && repository.objects.get(id);
  if (!folder) throw notFound("The default folder of the user");
  repository.permits.demand(userOf(call), folder, "browse");
  return objectReply(repository, call, folder, "folders");
}
