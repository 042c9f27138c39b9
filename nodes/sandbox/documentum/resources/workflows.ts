import { nameOf } from "../model/folder-tree";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { itemsOf, referring } from "../model/workflows";
import { demandVisible } from "../operations/work-items";
import { controlWorkflow, PRIORITIES, type StartOptions, startWorkflow } from "../operations/workflow";
import type { Router } from "../router";
import { type Call, choice, demandMembers, flag, json, objectBody, type Reply, userOf } from "../wire/call";
import { dateText } from "../wire/dates";
import { badRequest, noObject } from "../wire/failures";
import { type Link, LR, resourceText } from "../wire/hrefs";
import { homeKind } from "../wire/links";
import { entriesFeed } from "../wire/simple-feed";
import { type PlainKind, plainFeed, plainReply, recordsOf } from "./plain-objects";
import { workItemKind } from "./work-items";

const R = "/repositories/:repository";
const ACTIONS = ["none", "restart", "restart-all", "halt", "halt-all", "resume", "resume-all", "abort", "change-supervisor"] as const;
const MEMBERS = "href workflow-name activity note users groups object-ids instruction priority flags links".split(" ");

const kind: PlainKind = {
  name: "workflow",
  feedTitle: "Workflows",
  type: "dm_workflow",
  titleOf: nameOf,
  addressOf: (call, record) => call.hrefs.at(`/workflows/${record.id}`),
  linksOf(call, record): Link[] {
    const at = (path: string): string => call.hrefs.at(`/workflows/${record.id}${path}`);
    return [
      { rel: "self", href: at("") },
      { rel: `${LR}work-items`, href: at("/work-items") },
      { rel: `${LR}workflow-activity`, href: call.hrefs.at(`/workflow-templates/${record.values.process_id}/activities`) },
      { rel: `${LR}workflow-attachments`, href: at("/attachments") },
      { rel: `${LR}workflow-template`, href: call.hrefs.at(`/workflow-templates/${record.values.process_id}`) },
    ];
  },
};

/** Workflows: start, control, attachments (wire/documentum.md section 19). */
export function mountWorkflows(router: Router, repository: Repository): void {
  const workflow = `${R}/workflows/:workflow`;
  router.on("GET", `${R}/workflows`, (call) => plainFeed(repository, call, kind, recordsOf(repository, "dm_workflow")));
  router.on("POST", `${R}/workflows`, (call) => start(repository, call));
  router.on("GET", workflow, (call) => plainReply(repository, call, kind, workflowOf(repository, call)));
  router.on("PUT", workflow, (call) => control(repository, call));
  router.on("GET", `${workflow}/work-items`, (call) => {
    const items = itemsOf(repository, workflowOf(repository, call));
    for (const item of items) demandVisible(repository, userOf(call), item);
    return plainFeed(repository, call, workItemKind, items);
  });
  router.on("GET", `${workflow}/attachments`, (call) => {
    const { id } = workflowOf(repository, call);
    return entriesFeed(repository, call, "Workflow attachments", attachmentsOf(repository, id), (attachment) => ({
      src: call.hrefs.object("objects", String(attachment.values.r_component_id)),
      title: String(attachment.values.r_component_name),
      links: [deleteLink(call, attachment)],
      text: () => attachmentText(repository, call, attachment),
    }));
  });
  router.on("POST", `${workflow}/attachments`, (call) => attach(repository, call));
  router.on("DELETE", `${workflow}/attachments/:id`, (call) => {
    const { id } = workflowOf(repository, call);
    const found = attachmentsOf(repository, id).find((attachment) => attachment.id === call.params.id);
    if (!found) throw noObject(call.params.id ?? "");
    repository.objects.delete(found.id);
    return { status: 204 };
  });
}

function workflowOf(repository: Repository, call: Call): ObjectRecord {
  return repository.object(call.params.workflow ?? "", "dm_workflow");
}

/** `href` names the template; with `quick-flow=true` none is needed, but users or groups are. */
async function start(repository: Repository, call: Call): Promise<Reply> {
  const body = await objectBody(call);
  demandMembers(body, MEMBERS);
  const performers = [...namesIn(body, "users"), ...namesIn(body, "groups")];
  const quick = flag(call, "quick-flow", false);
  if (quick && performers.length === 0) throw badRequest("An ad-hoc workflow needs 'users' or 'groups'.");
  const template = quick ? templateNamed(repository, "dm_ad_hoc") : templateOf(repository, body.href);
  const options: StartOptions = {
    name: textIn(body, "workflow-name"),
    instruction: textIn(body, "instruction"),
    priority: priorityOf(body.priority),
    objects: namesIn(body, "object-ids").map((id) => readable(repository, call, id)),
    performers,
    ...(body.activity ? { activity: textIn(body, "activity") } : {}),
    ...noteIn(body),
  };
  return plainReply(repository, call, kind, startWorkflow(repository, userOf(call), template, options), 201);
}

function readable(repository: Repository, call: Call, id: string): ObjectRecord {
  const record = repository.object(id, "dm_sysobject");
  repository.permits.demand(userOf(call), record, "read");
  return record;
}

function templateOf(repository: Repository, href: unknown): ObjectRecord {
  const id = /\/workflow-templates\/([0-9a-f]{16})(?:\.json|\.xml)?$/.exec(String(href ?? ""))?.[1];
  if (!id) throw badRequest("The member 'href' must be the address of a workflow template.");
  return repository.object(id, "dm_process");
}

function templateNamed(repository: Repository, name: string): ObjectRecord {
  for (const record of recordsOf(repository, "dm_process")) if (nameOf(record) === name) return record;
  throw noObject(name);
}

function textIn(body: Record<string, unknown>, name: string): string {
  const value = body[name] ?? "";
  if (typeof value !== "string") throw badRequest(`The member '${name}' is not a text.`);
  return value;
}

function namesIn(body: Record<string, unknown>, name: string): string[] {
  const value = body[name] ?? [];
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string"))
    throw badRequest(`The member '${name}' is not a list of names.`);
  return value;
}

function priorityOf(value: unknown): number {
  const word = Object.entries(PRIORITIES).find(([name]) => name === String(value ?? "LOW").toUpperCase());
  if (!word) throw badRequest("The member 'priority' must be LOW, MEDIUM or HIGH.");
  return word[1];
}

function noteIn(body: Record<string, unknown>): Pick<StartOptions, "note"> {
  if (body.note === undefined || body.note === null) return {};
  const { text, persistent = false } = body.note as Record<string, unknown>;
  if (typeof text !== "string") throw badRequest("The member 'note' has no text.");
  return { note: { text, persistent: persistent === true } };
}

function control(repository: Repository, call: Call): Reply {
  const action = choice(call, "action", ACTIONS, "none");
  if (action === "none") throw badRequest("The query parameter 'action' is needed.");
  const options = { activity: call.query.get("activity") ?? "", supervisor: call.query.get("supervisor") ?? "" };
  return plainReply(repository, call, kind, controlWorkflow(repository, userOf(call), workflowOf(repository, call), action, options));
}

function attachmentsOf(repository: Repository, workflowId: string): ObjectRecord[] {
  return referring(repository, "dmi_wf_attachment", "r_workflow_id", workflowId);
}

async function attach(repository: Repository, call: Call): Promise<Reply> {
  const body = await objectBody(call);
  demandMembers(body, ["component-id", "component-type", "links"]);
  const component = readable(repository, call, textIn(body, "component-id"));
  const attachment = repository.add("dmi_wf_attachment", {
    r_workflow_id: workflowOf(repository, call).id,
    r_component_id: component.id,
    r_component_type: component.type,
    r_component_name: nameOf(component),
    r_creator_name: userOf(call).name,
    r_creation_date: dateText(repository.now()),
  });
  return json(201, attachmentText(repository, call, attachment), { Location: deleteLink(call, attachment).href });
}

function deleteLink(call: Call, attachment: ObjectRecord): Link {
  return { rel: `${LR}delete`, href: call.hrefs.at(`/workflows/${attachment.values.r_workflow_id}/attachments/${attachment.id}`) };
}

function attachmentText(repository: Repository, call: Call, { id, values, type }: ObjectRecord): string {
  const component = repository.objects.get(String(values.r_component_id));
  const kindOf = component && repository.types.isA(component.type, "dm_sysobject") ? homeKind(repository, component) : "objects";
  const members = {
    "object-id": id,
    "component-id": values.r_component_id,
    "component-name": values.r_component_name,
    "component-type": values.r_component_type,
    "creator-name": values.r_creator_name,
    "creation-date": values.r_creation_date,
    "workflow-id": values.r_workflow_id,
  };
  return resourceText(members, [
    { rel: "self", href: call.hrefs.at(`/workflows/${values.r_workflow_id}/attachments`) },
    deleteLink(call, { id, values, type }),
    { rel: `${LR}document`, href: call.hrefs.object(kindOf, String(values.r_component_id)) },
  ]);
}
