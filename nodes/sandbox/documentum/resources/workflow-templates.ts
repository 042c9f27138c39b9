import { nameOf } from "../model/folder-tree";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { activitiesOf, TEMPLATE_STATE } from "../model/workflows";
import { demandChangeable } from "../operations/demands";
import { updateObject } from "../operations/update";
import { stateRefusal } from "../operations/workflow";
import type { Router } from "../router";
import { type Call, choice, demandMembers, objectBody, type Reply, userOf } from "../wire/call";
import { badRequest } from "../wire/failures";
import { LR } from "../wire/hrefs";
import { type PlainKind, plainFeed, plainReply, recordsOf } from "./plain-objects";

const R = "/repositories/:repository";
const ACTIONS = ["none", "validate", "install", "invalidate", "uninstall"] as const;

const templateKind: PlainKind = {
  name: "workflow-template",
  feedTitle: "Workflow templates",
  type: "dm_process",
  titleOf: nameOf,
  addressOf: (call, record) => call.hrefs.at(`/workflow-templates/${record.id}`),
  linksOf: (call, record) => [
    { rel: "self", href: call.hrefs.at(`/workflow-templates/${record.id}`) },
    { rel: `${LR}workflow-activity`, href: call.hrefs.at(`/workflow-templates/${record.id}/activities`) },
    { rel: `${LR}workflows`, href: call.hrefs.at("/workflows") },
  ],
};

const activityKind: PlainKind = {
  name: "workflow-activity",
  feedTitle: "Workflow activities",
  type: "dm_activity",
  titleOf: nameOf,
  addressOf: (call, record) => call.hrefs.at(`/workflow-activities/${record.id}`),
  linksOf: (call, record) => [
    { rel: "self", href: call.hrefs.at(`/workflow-activities/${record.id}`) },
    { rel: `${LR}workflow-template`, href: call.hrefs.at(`/workflow-templates/${record.values.process_id}`) },
  ],
};

/** Workflow templates and their activities (wire/documentum.md section 19). */
export function mountWorkflowTemplates(router: Router, repository: Repository): void {
  const template = `${R}/workflow-templates/:template`;
  router.on("GET", `${R}/workflow-templates`, (call) => plainFeed(repository, call, templateKind, recordsOf(repository, "dm_process")));
  router.on("GET", template, (call) => plainReply(repository, call, templateKind, templateOf(repository, call)));
  router.on("POST", template, async (call) => {
    const body = await objectBody(call);
    demandMembers(body, ["properties", "type", "name", "definition", "links"]);
    const changed = updateObject(repository, userOf(call), templateOf(repository, call), "workflow-template", body);
    return plainReply(repository, call, templateKind, changed);
  });
  router.on("PUT", template, (call) => act(repository, call));
  router.on("GET", `${template}/activities`, (call) =>
    plainFeed(repository, call, activityKind, activitiesOf(repository, templateOf(repository, call))),
  );
  router.on("GET", `${R}/workflow-activities/:activity`, (call) =>
    plainReply(repository, call, activityKind, repository.object(call.params.activity ?? "", "dm_activity")),
  );
}

function templateOf(repository: Repository, call: Call): ObjectRecord {
  return repository.object(call.params.template ?? "", "dm_process");
}

/** Draft, validated, installed, and back: a state at a time. */
function act(repository: Repository, call: Call): Reply {
  const action = choice(call, "action", ACTIONS, "none");
  if (action === "none") throw badRequest("The query parameter 'action' is needed.");
  const template = templateOf(repository, call);
  demandChangeable(repository, userOf(call), template);
  const { draft, validated, installed } = TEMPLATE_STATE;
  const [from, to] = {
    validate: [draft, validated],
    install: [validated, installed],
    invalidate: [validated, draft],
    uninstall: [installed, validated],
  }[action] as [number, number];
  if ((template.values.r_definition_state ?? draft) !== from) {
    throw stateRefusal(
      repository,
      "DM_WORKFLOW_E_TEMPLATE_STATE",
      `Template '${nameOf(template)}' is in a state that does not allow ${action}.`,
    );
  }
  return plainReply(repository, call, templateKind, repository.save(template, { r_definition_state: to }, userOf(call)));
}
