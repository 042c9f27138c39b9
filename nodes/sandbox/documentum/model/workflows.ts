import { nameOf } from "./folder-tree";
import { NO_ID } from "./id-source";
import type { User } from "./permits";
import type { ObjectRecord } from "./records";
import type { Repository } from "./repository";

/** `r_runtime_state` of a workflow. */
export const WORKFLOW_STATE = { dormant: 0, running: 1, finished: 2, halted: 3, terminated: 4 } as const;
/** `r_runtime_state` of a work item. */
export const ITEM_STATE = { dormant: 0, acquired: 1, finished: 2, paused: 3 } as const;
/** `r_definition_state` of a template. */
export const TEMPLATE_STATE = { draft: 0, validated: 1, installed: 2 } as const;

/** A performer that stands for whoever supervises the workflow. */
export const SUPERVISOR = "$supervisor";

/** Records that refer to another one by an attribute, oldest first. */
export function referring(repository: Repository, type: string, attribute: string, id: string): ObjectRecord[] {
  const all = [...repository.objects.lookup(attribute, id)].map((one) => repository.objects.get(one));
  return all.filter((one) => one?.type === type) as ObjectRecord[];
}

/** The activities of a template. */
export function activitiesOf(repository: Repository, template: ObjectRecord): ObjectRecord[] {
  return referring(repository, "dm_activity", "process_id", template.id);
}

export function activityNamed(repository: Repository, templateId: string, name: string): ObjectRecord | undefined {
  return referring(repository, "dm_activity", "process_id", templateId).find((activity) => nameOf(activity) === name);
}

/** Work items of a workflow; only those not finished when `open`. */
export function itemsOf(repository: Repository, workflow: ObjectRecord, open = false): ObjectRecord[] {
  const all = referring(repository, "dmi_workitem", "r_workflow_id", workflow.id);
  return open ? all.filter(({ values }) => values.r_runtime_state !== ITEM_STATE.finished) : all;
}

/** Packages of a workflow in the order of their index. */
export function packagesOf(repository: Repository, workflowId: string): ObjectRecord[] {
  return referring(repository, "dmi_package", "r_workflow_id", workflowId);
}

/** Is the user the performer, or one of the group that is? */
export function isPerformer(repository: Repository, user: User, performer: string): boolean {
  return performer === user.name || repository.groups.usersIn(performer).has(user.name);
}

/** Tasks and notifications of a user that are still there. */
export function* inboxOf(repository: Repository, user: User): Iterable<ObjectRecord> {
  for (const id of repository.objects.idsOf("dmi_queue_item")) {
    const item = repository.objects.get(id);
    if (item && item.values.delete_flag !== true && isPerformer(repository, user, String(item.values.name))) yield item;
  }
}

/** A task, as opposed to a notification. */
export function isTask({ values }: ObjectRecord): boolean {
  return ((values.item_id as string | undefined) ?? NO_ID) !== NO_ID;
}
