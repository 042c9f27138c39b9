import type { Identity } from "../../kernel/identity";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { inboxOf, isPerformer, isTask } from "../model/workflows";
import { actOnTask, demandVisible, type TaskAction } from "../operations/work-items";
import type { Router } from "../router";
import { type Call, choice, list, type Reply, userOf } from "../wire/call";
import { accessDenied, badRequest, cause } from "../wire/failures";
import { type Link, LR } from "../wire/hrefs";
import { type PlainKind, plainFeed, plainReply } from "./plain-objects";

const PATH = "/repositories/:repository/inbox";
const ACTIONS = ["none", "acquire", "forward", "reject", "delegate", "repeat", "signoff"] as const;
/** Bits of `item-type`: the vendor's description counts notifications, queued ones and tasks. */
const NOTIFICATIONS = 0x0003;
const TASKS = 0x0004;

const kind: PlainKind = {
  name: "inbox-item",
  feedTitle: "Inbox",
  type: "dmi_queue_item",
  titleOf: ({ values }) => String(values.task_name ?? values.item_name ?? ""),
  addressOf: (call, record) => call.hrefs.at(`/inbox/${record.id}`),
  linksOf(call, record): Link[] {
    const self = call.hrefs.at(`/inbox/${record.id}`);
    const workflow = { rel: `${LR}workflow`, href: call.hrefs.at(`/workflows/${record.values.router_id}`) };
    if (!isTask(record)) return [{ rel: "self", href: self }, { rel: `${LR}delete`, href: self }, workflow];
    const item = `/work-items/${record.values.item_id}`;
    return [
      { rel: "self", href: self },
      { rel: `${LR}task-packages`, href: call.hrefs.at(`${item}/packages`) },
      workflow,
      { rel: `${LR}work-item`, href: call.hrefs.at(item) },
    ];
  },
};

/** The tasks and notifications of the current user, and what they do with them (wire/documentum.md section 19). */
export function mountInbox(router: Router, repository: Repository, identity: Identity): void {
  router.on("GET", PATH, (call) => plainFeed(repository, call, kind, chosen(repository, call)));
  router.on("GET", `${PATH}/:item`, (call) => itemReply(repository, call, itemOf(repository, call)));
  router.on("PUT", `${PATH}/:item`, (call) => act(repository, call, identity));
  router.on("DELETE", `${PATH}/:item`, (call) => {
    const item = itemOf(repository, call);
    if (isTask(item)) throw badRequest("A task cannot be deleted, only forwarded, rejected or delegated.");
    repository.objects.delete(item.id);
    return { status: 204 };
  });
}

function chosen(repository: Repository, call: Call): ObjectRecord[] {
  const types = Number(call.query.get("item-type") || "7");
  if (!Number.isInteger(types)) throw badRequest("The query parameter 'item-type' must be a number.");
  return [...inboxOf(repository, userOf(call))].filter((item) => (types & (isTask(item) ? TASKS : NOTIFICATIONS)) !== 0);
}

/** Own items; those of others only for who supervises them. */
function itemOf(repository: Repository, call: Call): ObjectRecord {
  const item = repository.object(call.params.item ?? "", "dmi_queue_item");
  const user = userOf(call);
  if (isTask(item)) demandVisible(repository, user, workItemOf(repository, item));
  else if (!user.superuser && !isPerformer(repository, user, String(item.values.name))) {
    throw accessDenied(cause("DM_WORKFLOW_E_NOT_PERFORMER", "The notification is somebody else's."));
  }
  return item;
}

function workItemOf(repository: Repository, item: ObjectRecord): ObjectRecord {
  return repository.object(String(item.values.item_id), "dmi_workitem");
}

function itemReply(repository: Repository, call: Call, item: ObjectRecord): Reply {
  return plainReply(repository, call, withActivity(repository, item), item);
}

/** The activity is known to the work item only. */
function withActivity(repository: Repository, item: ObjectRecord): PlainKind {
  if (!isTask(item)) return kind;
  const activity = workItemOf(repository, item).values.r_act_def_id;
  const link = (call: Call): Link => ({ rel: `${LR}workflow-activity`, href: call.hrefs.at(`/workflow-activities/${activity}`) });
  return { ...kind, linksOf: (call, record) => [...kind.linksOf(call, record), link(call)] };
}

function act(repository: Repository, call: Call, identity: Identity): Reply {
  const action = choice(call, "action", ACTIONS, "none");
  if (action === "none") throw badRequest("The query parameter 'action' is needed.");
  const item = itemOf(repository, call);
  if (!isTask(item)) throw badRequest("A notification is no task.");
  const user = userOf(call);
  actOnTask(repository, user, workItemOf(repository, item), action satisfies TaskAction, {
    delegateUser: call.query.get("delegate-user") ?? "",
    repeatUsers: list(call, "repeat-users"),
    activities: list(call, "activity"),
    performers: list(call, "assign-performers").map(decodeURIComponent),
    isSigned: identity.byPassword(user.name, call.query.get("signoff-password") ?? "") !== undefined,
  });
  return itemReply(repository, call, repository.object(item.id, "dmi_queue_item"));
}
