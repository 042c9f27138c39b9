import { ALL_EVENTS, AUDIT_EVENTS, type AuditScope } from "../model/audit";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { readProperties } from "../model/values";
import type { Router } from "../router";
import { type Call, choice, demandMembers, json, objectBody, type Reply, userOf } from "../wire/call";
import { badRequest, invalidValue } from "../wire/failures";
import { type Link, LR, resourceText } from "../wire/hrefs";
import { demandAdministrator, type PlainKind, plainFeed, plainReply, recordsOf } from "./plain-objects";

const R = "/repositories/:repository";
const SCOPES = ["repository", "type", "object"] as const;

const trailKind: PlainKind = {
  name: "audit-trail",
  feedTitle: "Audit trails",
  type: "dm_audittrail",
  titleOf: (record) => `${record.values.event_name} ${record.values.object_name ?? ""}`,
  addressOf: (call, record) => call.hrefs.at(`/audit-trails/${record.id}`),
  linksOf(call, record): Link[] {
    const self = call.hrefs.at(`/audit-trails/${record.id}`);
    return [
      { rel: "self", href: self },
      { rel: `${LR}audited-object`, href: call.hrefs.object("objects", String(record.values.audited_obj_id)) },
      { rel: `${LR}author`, href: call.hrefs.user(String(record.values.user_name)) },
      ...(userOf(call).superuser ? [{ rel: `${LR}delete`, href: self }] : []),
    ];
  },
  more: (record) => `,"audit-data-list":${record.values.attribute_list ?? "null"}`,
};

const eventKind: PlainKind = {
  name: "audit-event",
  feedTitle: "Registered audit events",
  type: "dmi_registry",
  titleOf: (record) => String(record.values.event),
  addressOf: (call, record) => call.hrefs.at(`/registered-audit-events/${record.id}`),
  linksOf(call, record): Link[] {
    const self = call.hrefs.at(`/registered-audit-events/${record.id}`);
    return [
      { rel: "self", href: self },
      { rel: `${LR}delete`, href: self },
    ];
  },
};

/** The audit trail and what is registered for it (wire/documentum.md section 17). Changing it is for administrators. */
export function mountAudit(router: Router, repository: Repository): void {
  router.on("GET", `${R}/audit-trails`, (call) => plainFeed(repository, call, trailKind, newestFirst(repository)));
  router.on("GET", `${R}/audit-trails/:id`, (call) => plainReply(repository, call, trailKind, recordOf(repository, call, "dm_audittrail")));
  router.on("DELETE", `${R}/audit-trails/:id`, (call) => remove(repository, call, "dm_audittrail"));
  router.on("GET", `${R}/available-audit-events`, (call) => available(call));
  router.on("GET", `${R}/registered-audit-events`, (call) => registered(repository, call));
  router.on("POST", `${R}/registered-audit-events`, (call) => register(repository, call));
  router.on("DELETE", `${R}/registered-audit-events`, (call) => unregister(repository, call));
  router.on("GET", `${R}/registered-audit-events/:id`, (call) =>
    plainReply(repository, call, eventKind, recordOf(repository, call, "dmi_registry")),
  );
  router.on("DELETE", `${R}/registered-audit-events/:id`, (call) => remove(repository, call, "dmi_registry"));
}

function newestFirst(repository: Repository): ObjectRecord[] {
  return [...recordsOf(repository, "dm_audittrail")].reverse();
}

function recordOf(repository: Repository, call: Call, type: string): ObjectRecord {
  return repository.object(call.params.id ?? "", type);
}

function remove(repository: Repository, call: Call, type: string): Reply {
  demandAdministrator(call);
  repository.objects.delete(recordOf(repository, call, type).id);
  return { status: 204 };
}

function available(call: Call): Reply {
  const [, query = ""] = call.hrefs.self.split(/\?(.*)/s);
  const links: Link[] = [
    { rel: "self", href: call.hrefs.self },
    { rel: `${LR}registered-audit-events`, href: call.hrefs.at("/registered-audit-events", query) },
  ];
  return json(200, resourceText({ events: [ALL_EVENTS, ...AUDIT_EVENTS] }, links));
}

interface Target {
  scope: AuditScope;
  /** Name of a type, or id of an object. */
  name: string;
}

/** `audit-scope` with `object-type` or `object-id`; without any it is the repository. */
function targetOf(repository: Repository, call: Call): Target {
  const id = call.query.get("object-id") ?? "";
  const type = call.query.get("object-type") ?? "";
  const scope = choice(call, "audit-scope", SCOPES, id ? "object" : type ? "type" : "repository");
  if (scope === "object") return { scope, name: repository.object(id, "dm_sysobject").id };
  if (scope === "type" && !repository.types.get(type)) throw badRequest("The query parameter 'object-type' does not name a type.");
  return { scope, name: scope === "type" ? type : "" };
}

function registered(repository: Repository, call: Call): Reply {
  const target = targetOf(repository, call);
  const reply = plainFeed(repository, call, eventKind, repository.audit.registered(target.scope, target.name));
  const [, query = ""] = call.hrefs.self.split(/\?(.*)/s);
  const links = [
    { rel: `${LR}available-audit-events`, href: call.hrefs.at("/available-audit-events", query) },
    { rel: `${LR}unregister-all-audit-events`, href: call.hrefs.self },
  ];
  return { ...reply, text: reply.text?.replace('"links":[', `"links":${JSON.stringify(links).slice(0, -1)},`) };
}

async function register(repository: Repository, call: Call): Promise<Reply> {
  demandAdministrator(call);
  const { scope, name } = targetOf(repository, call);
  const body = await objectBody(call);
  demandMembers(body, ["properties", "type", "name", "definition", "links"]);
  const { event } = readProperties(repository.types.known("dmi_registry"), "audit-event", body.properties, repository.switches);
  if (event !== ALL_EVENTS && !AUDIT_EVENTS.some((one) => one === event)) {
    throw invalidValue("event", "DM_AUDIT_E_EVENT", "The event is not one that can be audited.");
  }
  const known = [...repository.audit.registered(scope, name)].find(({ values }) => values.event === event);
  const values = { event: String(event), user_name: userOf(call).name, audit_scope: scope, ...(name ? { target: name } : {}) };
  return plainReply(repository, call, eventKind, known ?? repository.add("dmi_registry", values), 201);
}

function unregister(repository: Repository, call: Call): Reply {
  demandAdministrator(call);
  const { scope, name } = targetOf(repository, call);
  for (const { id } of [...repository.audit.registered(scope, name)]) repository.objects.delete(id);
  return { status: 204 };
}
