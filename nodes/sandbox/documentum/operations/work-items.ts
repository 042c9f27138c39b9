import { nameOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { activityNamed, ITEM_STATE, isPerformer, itemsOf, WORKFLOW_STATE } from "../model/workflows";
import { dateText } from "../wire/dates";
import { accessDenied, badRequest, cause, noObject } from "../wire/failures";
import { demandAccessors, enter, finish, packagedIn, setItem, stateRefusal } from "./workflow";

export type TaskAction = "acquire" | "forward" | "reject" | "delegate" | "repeat" | "signoff";

/** Parameters of the actions (wire/documentum.md section 19). */
export interface TaskOptions {
  delegateUser: string;
  repeatUsers: string[];
  /** Activities to go on to, out of those the activity leads to. */
  activities: string[];
  /** Performers of those. */
  performers: string[];
  /** Is the password given for a signing-off the user's? */
  isSigned: boolean;
}

/** Carries out what a user does with a task of theirs. */
export function actOnTask(repository: Repository, user: User, item: ObjectRecord, action: TaskAction, options: TaskOptions): ObjectRecord {
  const workflow = workflowOf(repository, item);
  demandMine(repository, user, item);
  if (workflow.values.r_runtime_state !== WORKFLOW_STATE.running || item.values.r_runtime_state === ITEM_STATE.paused) {
    throw stateRefusal(repository, "DM_WORKFLOW_E_NOT_RUNNING", `The workflow of task '${item.values.r_act_name}' is not running.`);
  }
  if (item.values.r_runtime_state === ITEM_STATE.finished) {
    throw stateRefusal(repository, "DM_WORKFLOW_E_ITEM_FINISHED", `Task '${item.values.r_act_name}' is finished.`);
  }
  switch (action) {
    case "acquire":
      return acquire(repository, user, item);
    case "delegate":
      return delegate(repository, user, item, options.delegateUser);
    case "signoff":
      return signOff(repository, user, item, options.isSigned);
    case "repeat":
      return repeat(repository, user, item, workflow, options.repeatUsers);
    case "forward":
    case "reject":
      return complete(repository, user, item, workflow, action, options);
  }
}

/** Sees the task who performs it, supervises its workflow, or is a superuser. */
export function demandVisible(repository: Repository, user: User, item: ObjectRecord): void {
  const workflow = workflowOf(repository, item);
  const performs = isPerformer(repository, user, String(item.values.r_performer_name));
  if (user.superuser || performs || workflow.values.supervisor_name === user.name) return;
  throw accessDenied(cause("DM_WORKFLOW_E_NOT_PERFORMER", "The task is somebody else's."));
}

export function workflowOf(repository: Repository, item: ObjectRecord): ObjectRecord {
  const id = String(item.values.r_workflow_id);
  const workflow = repository.objects.get(id);
  if (!workflow) throw noObject(id);
  return workflow;
}

function demandMine(repository: Repository, user: User, item: ObjectRecord): void {
  if (isPerformer(repository, user, String(item.values.r_performer_name))) return;
  throw accessDenied(cause("DM_WORKFLOW_E_NOT_PERFORMER", "The task is somebody else's."));
}

/** From then on a group's task is this user's. */
function acquire(repository: Repository, user: User, item: ObjectRecord): ObjectRecord {
  if (item.values.r_runtime_state === ITEM_STATE.acquired) {
    throw stateRefusal(repository, "DM_WORKFLOW_E_ALREADY_ACQUIRED", `Task '${item.values.r_act_name}' is acquired already.`);
  }
  const changes = { r_runtime_state: ITEM_STATE.acquired, r_performer_name: user.name };
  const acquired = setItem(repository, user, item, changes, "acquired", { name: user.name });
  noteFor(repository, user, acquired, "dm_acquiredworkitem");
  return acquired;
}

function delegate(repository: Repository, user: User, item: ObjectRecord, to: string): ObjectRecord {
  if (to === "") throw badRequest("The query parameter 'delegate-user' is needed.");
  demandAccessors(repository, [to]);
  demandAcquired(repository, item);
  const changes = { r_runtime_state: ITEM_STATE.dormant, r_performer_name: to, sign_off_by: undefined };
  const delegated = setItem(repository, user, item, changes, "dormant", { name: to, sent_by: user.name });
  noteFor(repository, user, delegated, "dm_delegatedworkitem");
  return delegated;
}

function signOff(repository: Repository, user: User, item: ObjectRecord, isSigned: boolean): ObjectRecord {
  demandAcquired(repository, item);
  if (!isSigned) throw accessDenied(cause("DM_WORKFLOW_E_SIGN_OFF", "The password given for signing off is wrong."));
  return setItem(repository, user, item, { sign_off_by: user.name }, "acquired");
}

/** The same task once more for others; this one is done. */
function repeat(repository: Repository, user: User, item: ObjectRecord, workflow: ObjectRecord, users: readonly string[]): ObjectRecord {
  if (users.length === 0) throw badRequest("The query parameter 'repeat-users' is needed.");
  demandAccessors(repository, users);
  demandAcquired(repository, item);
  const done = close(repository, user, item, "repeat");
  enter(repository, user, workflow, repository.object(String(item.values.r_act_def_id), "dm_activity"), users);
  return done;
}

/** Done; when it was the last one of its activity, the workflow goes on or ends. */
function complete(
  repository: Repository,
  user: User,
  item: ObjectRecord,
  workflow: ObjectRecord,
  action: "forward" | "reject",
  options: TaskOptions,
): ObjectRecord {
  demandAcquired(repository, item);
  const activity = repository.object(String(item.values.r_act_def_id), "dm_activity");
  const leads = (activity.values[action === "forward" ? "forward_names" : "reject_names"] as string[] | undefined) ?? [];
  if (action === "reject" && leads.length === 0) {
    throw stateRefusal(repository, "DM_WORKFLOW_E_NO_REJECT", `Task '${nameOf(activity)}' cannot be rejected.`);
  }
  if (item.values.r_sign_off_req === true && !item.values.sign_off_by) {
    throw stateRefusal(repository, "DM_WORKFLOW_E_SIGN_OFF_REQUIRED", `Task '${nameOf(activity)}' must be signed off.`);
  }
  const wrong = options.activities.find((name) => !leads.includes(name));
  if (wrong !== undefined)
    throw badRequest("The task does not lead to that activity.", cause("DM_WORKFLOW_E_ACTIVITY", "See the names it leads to."));
  demandAccessors(repository, options.performers);
  const done = close(repository, user, item, action);
  const waiting = itemsOf(repository, workflow, true).filter(({ values }) => values.r_act_def_id === activity.id);
  if (action === "forward" && waiting.length > 0) return done;
  // A rejection does not wait for the others who perform the activity.
  for (const other of waiting) close(repository, user, other, "void");
  const next = (options.activities.length > 0 ? options.activities : leads).map((name) =>
    activityNamed(repository, String(workflow.values.process_id), name),
  );
  for (const one of next) if (one) enter(repository, user, workflow, one, options.performers);
  if (itemsOf(repository, workflow, true).length === 0) finish(repository, user, workflow);
  return done;
}

function close(repository: Repository, user: User, item: ObjectRecord, output: string): ObjectRecord {
  const at = dateText(repository.now());
  const done = setItem(repository, user, item, { r_runtime_state: ITEM_STATE.finished, r_finish_date: at, output }, "finished", {
    delete_flag: true,
    dequeued_by: user.name,
    dequeued_date: at,
  });
  noteFor(repository, user, done, "dm_completedworkitem");
  return done;
}

function demandAcquired(repository: Repository, item: ObjectRecord): void {
  if (item.values.r_runtime_state === ITEM_STATE.acquired) return;
  throw stateRefusal(repository, "DM_WORKFLOW_E_NOT_ACQUIRED", `Task '${item.values.r_act_name}' must be acquired first.`);
}

function noteFor(
  repository: Repository,
  user: User,
  item: ObjectRecord,
  event: "dm_acquiredworkitem" | "dm_completedworkitem" | "dm_delegatedworkitem",
) {
  for (const object of packagedIn(repository, workflowOf(repository, item))) repository.audit.note(event, user, object);
}
