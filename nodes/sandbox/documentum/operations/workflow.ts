import { nameOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Changes } from "../model/values";
import {
  activitiesOf,
  activityNamed,
  ITEM_STATE,
  itemsOf,
  packagesOf,
  referring,
  SUPERVISOR,
  TEMPLATE_STATE,
  WORKFLOW_STATE,
} from "../model/workflows";
import { dateText } from "../wire/dates";
import { accessDenied, badRequest, cause, notFound, refused } from "../wire/failures";

export const PRIORITIES = { LOW: 0, MEDIUM: 5, HIGH: 10 } as const;

/** What a request says about a workflow it starts (wire/documentum.md section 19). */
export interface StartOptions {
  name: string;
  instruction: string;
  priority: number;
  objects: ObjectRecord[];
  note?: { text: string; persistent: boolean };
  /** Users and groups who perform instead of those the template names; needed for an ad-hoc workflow. */
  performers: string[];
  /** Activity to begin with. */
  activity?: string;
}

export type WorkflowAction = "restart" | "restart-all" | "halt" | "halt-all" | "resume" | "resume-all" | "abort" | "change-supervisor";

/** Starts a workflow from a template. */
export function startWorkflow(repository: Repository, user: User, template: ObjectRecord, options: StartOptions): ObjectRecord {
  if (template.values.r_definition_state !== TEMPLATE_STATE.installed) {
    throw stateRefusal(repository, "DM_WORKFLOW_E_NOT_INSTALLED", `Template '${nameOf(template)}' is not installed.`);
  }
  demandAccessors(repository, options.performers);
  const first = options.activity
    ? activityNamed(repository, template.id, options.activity)
    : activitiesOf(repository, template).find(({ values }) => values.activity_type === "begin");
  if (!first) throw badRequest("The template has no such activity.", cause("DM_WORKFLOW_E_ACTIVITY", "The activity named does not exist."));
  const workflow = repository.add("dm_workflow", {
    object_name: options.name || nameOf(template),
    process_id: template.id,
    r_runtime_state: WORKFLOW_STATE.running,
    r_start_date: dateText(repository.now()),
    r_creator_name: user.name,
    supervisor_name: user.name,
    instructions: options.instruction,
    priority: options.priority,
    ...(options.performers.length > 0 ? { performers: options.performers } : {}),
  });
  const filled = repository.add("dmi_package", {
    r_workflow_id: workflow.id,
    r_package_name: String(first.values.package_name ?? "document"),
    ...(options.objects.length > 0 ? { r_component_id: options.objects.map(({ id }) => id) } : {}),
  });
  if (options.note) addNote(repository, user, filled, options.note.text, options.note.persistent);
  enter(repository, user, workflow, first, options.performers);
  for (const object of options.objects) repository.audit.note("dm_startworkflow", user, object);
  return workflow;
}

/** Makes the work items of an activity: one a performer; a group's is there for whoever takes it first. */
export function enter(
  repository: Repository,
  user: User,
  workflow: ObjectRecord,
  activity: ObjectRecord,
  named: readonly string[] = [],
): void {
  const performer = String(activity.values.performer_name ?? SUPERVISOR);
  const performers = named.length > 0 ? named : [performer === SUPERVISOR ? String(workflow.values.supervisor_name) : performer];
  for (const name of performers) createItem(repository, user, workflow, activity, name);
}

function createItem(repository: Repository, user: User, workflow: ObjectRecord, activity: ObjectRecord, performer: string): void {
  const at = dateText(repository.now());
  const priority = Number(workflow.values.priority ?? 0);
  const [filled] = packagesOf(repository, workflow.id);
  const components = (filled?.values.r_component_id as string[] | undefined) ?? [];
  const about = repository.objects.get(components[0] ?? "");
  const item = repository.add("dmi_workitem", {
    r_workflow_id: workflow.id,
    r_act_def_id: activity.id,
    r_act_name: nameOf(activity),
    r_performer_name: performer,
    r_runtime_state: ITEM_STATE.dormant,
    r_creation_date: at,
    r_priority: priority,
    ...(activity.values.sign_off_required === true ? { r_sign_off_req: true } : {}),
  });
  const queue = [...repository.objects.lookup("group_name", performer)].map((id) => repository.objects.get(id));
  const queueName = queue.find((one) => one?.type === "dm_work_queue")?.values.name;
  const queued = repository.add("dmi_queue_item", {
    name: performer,
    sent_by: user.name,
    date_sent: at,
    event: "dm_startedworkitem",
    item_id: item.id,
    item_name: about ? nameOf(about) : nameOf(workflow),
    item_type: "manual",
    message: String(workflow.values.instructions ?? ""),
    router_id: workflow.id,
    supervisor_name: String(workflow.values.supervisor_name),
    task_name: nameOf(activity),
    task_state: "dormant",
    priority,
    ...(queueName ? { queue_name: queueName } : {}),
  });
  repository.save(item, { r_queue_item_id: queued.id }, user);
}

/** Ends a workflow and tells its supervisor. */
export function finish(repository: Repository, user: User, workflow: ObjectRecord): void {
  const at = dateText(repository.now());
  repository.save(workflow, { r_runtime_state: WORKFLOW_STATE.finished, r_finish_date: at }, user);
  repository.add("dmi_queue_item", {
    name: String(workflow.values.supervisor_name),
    sent_by: user.name,
    date_sent: at,
    event: "dm_finishedworkflow",
    item_name: nameOf(workflow),
    item_type: "notification",
    message: `Workflow '${nameOf(workflow)}' has finished.`,
    router_id: workflow.id,
  });
  for (const object of packagedIn(repository, workflow)) repository.audit.note("dm_finishworkflow", user, object);
}

/** The objects in the packages of a workflow. */
export function packagedIn(repository: Repository, workflow: ObjectRecord): ObjectRecord[] {
  const ids = packagesOf(repository, workflow.id).flatMap(({ values }) => (values.r_component_id as string[] | undefined) ?? []);
  return ids.map((id) => repository.objects.get(id)).filter((one) => one !== undefined);
}

/** What its supervisor may do with a workflow. `activity` limits halting, resuming and restarting to one. */
export function controlWorkflow(
  repository: Repository,
  user: User,
  workflow: ObjectRecord,
  action: WorkflowAction,
  options: { activity: string; supervisor: string },
): ObjectRecord {
  if (!user.superuser && workflow.values.supervisor_name !== user.name) {
    throw accessDenied(cause("DM_WORKFLOW_E_NOT_SUPERVISOR", "Only the supervisor of a workflow, or a superuser, may do that."));
  }
  if (action === "change-supervisor") {
    demandAccessors(repository, [options.supervisor]);
    return repository.save(workflow, { supervisor_name: options.supervisor }, user);
  }
  const state = workflow.values.r_runtime_state;
  const needed = action === "abort" || action.startsWith("halt") ? WORKFLOW_STATE.running : WORKFLOW_STATE.halted;
  const partly = options.activity !== "" && !action.endsWith("-all") && state === WORKFLOW_STATE.running;
  if (state !== needed && !partly && !(action === "abort" && state === WORKFLOW_STATE.halted)) {
    throw stateRefusal(repository, "DM_WORKFLOW_E_STATE", `Workflow '${nameOf(workflow)}' is in a state that does not allow ${action}.`);
  }
  const items = itemsOf(repository, workflow, true).filter(({ values }) => !partly || values.r_act_name === options.activity);
  const set = (runtime: number): ObjectRecord => (partly ? workflow : repository.save(workflow, { r_runtime_state: runtime }, user));
  switch (action) {
    case "halt":
    case "halt-all":
      for (const item of items) setItem(repository, user, item, { r_runtime_state: ITEM_STATE.paused }, "paused");
      return set(WORKFLOW_STATE.halted);
    case "resume":
    case "resume-all":
      for (const item of items) setItem(repository, user, item, { r_runtime_state: ITEM_STATE.dormant }, "dormant");
      return set(WORKFLOW_STATE.running);
    case "restart":
    case "restart-all":
      return restart(repository, user, set(WORKFLOW_STATE.running), items, options.activity);
    case "abort":
      for (const item of items) dropItem(repository, item);
      for (const object of packagedIn(repository, workflow)) repository.audit.note("dm_abortworkflow", user, object);
      return set(WORKFLOW_STATE.terminated);
  }
}

/** Begins again: at the activity named, or at the first. */
function restart(repository: Repository, user: User, workflow: ObjectRecord, items: readonly ObjectRecord[], name: string): ObjectRecord {
  const template = String(workflow.values.process_id);
  const all = referring(repository, "dm_activity", "process_id", template);
  const activity = name ? all.find((one) => nameOf(one) === name) : all.find(({ values }) => values.activity_type === "begin");
  if (!activity) throw notFound("The activity");
  for (const item of items) dropItem(repository, item);
  enter(repository, user, workflow, activity, (workflow.values.performers as string[] | undefined) ?? []);
  return workflow;
}

/** Changes a work item and shows it in its queue item. */
export function setItem(
  repository: Repository,
  user: User,
  item: ObjectRecord,
  changes: Changes,
  taskState: string,
  queued: Changes = {},
): ObjectRecord {
  const queueItem = repository.objects.get(String(item.values.r_queue_item_id));
  if (queueItem) repository.save(queueItem, { task_state: taskState, ...queued }, user);
  return repository.save(item, changes, user);
}

function dropItem(repository: Repository, item: ObjectRecord): void {
  repository.objects.delete(String(item.values.r_queue_item_id));
  repository.objects.delete(item.id);
}

export function addNote(repository: Repository, user: User, filled: ObjectRecord, text: string, persistent: boolean): ObjectRecord {
  return repository.add("dm_note", {
    package_id: filled.id,
    note_text: text,
    writer: user.name,
    is_persistent: persistent,
    r_creation_date: dateText(repository.now()),
  });
}

/** Throws when one of the names is neither a user nor a group. */
export function demandAccessors(repository: Repository, names: readonly string[]): void {
  if (names.every((name) => repository.userRecord(name) || repository.groups.byName(name))) return;
  throw badRequest("A performer does not exist.", cause("DM_WORKFLOW_E_PERFORMER", "A user or group named does not exist."));
}

/** The refusal of what the state of a workflow or a task forbids; its status is a switch. */
export function stateRefusal(repository: Repository, id: string, text: string): Error {
  return refused(repository.switches.number("workflow-refusal-status"), id, text);
}
