import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { ITEM_STATE, isTask } from "../model/workflows";
import { demandAccessors, setItem, stateRefusal } from "../operations/workflow";
import type { Router } from "../router";
import { type Call, choice, list, type Reply, userOf } from "../wire/call";
import { readDate } from "../wire/dates";
import { accessDenied, badRequest, cause } from "../wire/failures";
import { type Link, LR } from "../wire/hrefs";
import { type PlainKind, plainFeed, plainReply, recordsOf } from "./plain-objects";

const R = "/repositories/:repository";
const FILTERS = ["all", "unassigned", "eligible-and-owned", "eligible"] as const;
const ACTIONS = ["none", "hold", "unhold", "reassign", "suspend", "unsuspend"] as const;

const queueKind: PlainKind = {
  name: "work-queue",
  feedTitle: "Work queues",
  type: "dm_work_queue",
  titleOf: ({ values }) => String(values.name),
  addressOf: (call, record) => call.hrefs.at(`/work-queues/${record.id}`),
  linksOf: (call, record): Link[] => [
    { rel: "self", href: call.hrefs.at(`/work-queues/${record.id}`) },
    { rel: `${LR}queue-tasks`, href: call.hrefs.at("/queue-tasks", `queue-names=${encodeURIComponent(String(record.values.name))}`) },
  ],
};

const taskKind: PlainKind = {
  name: "queue-task",
  feedTitle: "Queue tasks",
  type: "dmi_queue_item",
  titleOf: ({ values }) => String(values.task_name),
  addressOf: (call, record) => call.hrefs.at(`/queue-tasks/${record.id}`),
  linksOf: (call, { id, values }): Link[] => [
    { rel: "self", href: call.hrefs.at(`/queue-tasks/${id}`) },
    { rel: `${LR}inbox-item`, href: call.hrefs.at(`/inbox/${id}`) },
    { rel: `${LR}workflow`, href: call.hrefs.at(`/workflows/${values.router_id}`) },
  ],
};

/** Work queues: tasks that a group works off (wire/documentum.md section 19). */
export function mountWorkQueues(router: Router, repository: Repository): void {
  router.on("GET", `${R}/work-queues`, (call) => plainFeed(repository, call, queueKind, queuesOf(repository, userNamed(call))));
  router.on("GET", `${R}/work-queues/:queue`, (call) =>
    plainReply(repository, call, queueKind, repository.object(call.params.queue ?? "", "dm_work_queue")),
  );
  router.on("GET", `${R}/queue-tasks`, (call) => plainFeed(repository, call, taskKind, tasks(repository, call)));
  router.on("GET", `${R}/queue-tasks/:task`, (call) => plainReply(repository, call, taskKind, taskOf(repository, call)));
  router.on("PUT", `${R}/queue-tasks/:task`, (call) => act(repository, call));
}

/** `user-name`, or the one who asks. */
function userNamed(call: Call): string {
  return call.query.get("user-name") || userOf(call).name;
}

function queuesOf(repository: Repository, user: string): ObjectRecord[] {
  return [...recordsOf(repository, "dm_work_queue")].filter(({ values }) => repository.groups.usersIn(String(values.group_name)).has(user));
}

function tasks(repository: Repository, call: Call): ObjectRecord[] {
  const user = userNamed(call);
  const wanted = list(call, "queue-names");
  const filter = choice(call, "filter-type", FILTERS, "all");
  const queues = new Map(queuesOf(repository, user).map(({ values }) => [String(values.name), String(values.group_name)]));
  return [...recordsOf(repository, "dmi_queue_item")].filter((task) => {
    const { queue_name: queue, name, delete_flag: gone } = task.values;
    if (!isTask(task) || gone === true || !queues.has(String(queue)) || (wanted.length > 0 && !wanted.includes(String(queue))))
      return false;
    const unassigned = name === queues.get(String(queue));
    if (filter === "all") return true;
    return unassigned || (filter === "eligible-and-owned" && name === user);
  });
}

function taskOf(repository: Repository, call: Call): ObjectRecord {
  const task = repository.object(call.params.task ?? "", "dmi_queue_item");
  const mine = queuesOf(repository, userOf(call).name).some(({ values }) => values.name === task.values.queue_name);
  if (mine || userOf(call).superuser) return task;
  throw accessDenied(cause("DM_WORKFLOW_E_NOT_PERFORMER", "The task is in a queue of others."));
}

/** HOLD and UNHOLD note who works on it; REASSIGN gives it to a user; SUSPEND and UNSUSPEND put it aside and back. */
function act(repository: Repository, call: Call): Reply {
  const action = choice(call, "action", ACTIONS, "none");
  if (action === "none") throw badRequest("The query parameter 'action' is needed.");
  const user = userOf(call);
  const task = taskOf(repository, call);
  const item = repository.object(String(task.values.item_id), "dmi_workitem");
  const state = item.values.r_runtime_state;
  if (state === ITEM_STATE.finished || (action === "unsuspend" && state !== ITEM_STATE.paused)) {
    throw stateRefusal(repository, "DM_WORKFLOW_E_STATE", "The task is in a state that does not allow it.");
  }
  const show = (): Reply => plainReply(repository, call, taskKind, repository.object(task.id, "dmi_queue_item"));
  switch (action) {
    case "hold":
    case "unhold":
      repository.save(item, { a_held_by: action === "hold" ? user.name : undefined }, user);
      return show();
    case "reassign": {
      const to = call.query.get("user-name") ?? "";
      demandAccessors(repository, [to]);
      setItem(repository, user, item, { r_performer_name: to, r_runtime_state: ITEM_STATE.dormant }, "dormant", {
        name: to,
        unsuspend_date: undefined,
      });
      return show();
    }
    case "suspend":
      setItem(repository, user, item, { r_runtime_state: ITEM_STATE.paused }, "paused", { unsuspend_date: unsuspendTime(call) });
      return show();
    case "unsuspend":
      setItem(repository, user, item, { r_runtime_state: ITEM_STATE.dormant }, "dormant", { unsuspend_date: undefined });
      return show();
  }
}

/** Only noted: nothing wakes a task up here. */
function unsuspendTime(call: Call): string | undefined {
  const text = call.query.get("unsuspend-time");
  if (!text || text === "NULL") return undefined;
  const date = readDate(text);
  if (date === undefined) throw badRequest("The query parameter 'unsuspend-time' is not a date.");
  return date;
}
