import type { ObjectRecord } from "./model/records";
import type { Repository } from "./model/repository";
import { TEMPLATE_STATE } from "./model/workflows";
import { addSiteObject, once } from "./seed-records";

interface Step {
  name: string;
  performer: string;
  forward: string[];
  reject: string[];
  signOff?: boolean;
}

/** One reviewer, perhaps a round of rework; and a review by two, the second of whom signs. */
const TEMPLATES: Record<string, Step[]> = {
  demo_review: [
    { name: "Review", performer: "demo_reviewers", forward: [], reject: ["Rework"] },
    { name: "Rework", performer: "$supervisor", forward: ["Review"], reject: [] },
  ],
  demo_two_step_review: [
    { name: "Review", performer: "demo_reviewers", forward: ["Approve"], reject: ["Rework"] },
    { name: "Approve", performer: "dmadmin", forward: [], reject: ["Rework"], signOff: true },
    { name: "Rework", performer: "$supervisor", forward: ["Review"], reject: [] },
  ],
  // Behind POST /workflows?quick-flow=true.
  dm_ad_hoc: [{ name: "Ad hoc", performer: "$supervisor", forward: [], reject: [] }],
};

/** Templates for reviews, and a queue for those who review. */
export function seedWorkflows(repository: Repository): void {
  for (const [object_name, steps] of Object.entries(TEMPLATES)) {
    once(repository, "dm_process", { object_name, r_definition_state: TEMPLATE_STATE.installed });
    const template = named(repository, object_name) as ObjectRecord;
    for (const [index, { name, performer, forward, reject, signOff }] of steps.entries()) {
      if ([...repository.objects.lookup("process_id", template.id)].some((id) => repository.objects.get(id)?.values.object_name === name))
        continue;
      addSiteObject(repository, "dm_activity", {
        object_name: name,
        process_id: template.id,
        activity_type: index === 0 ? "begin" : "step",
        performer_name: performer,
        package_name: "document",
        ...(forward.length > 0 ? { forward_names: forward } : {}),
        ...(reject.length > 0 ? { reject_names: reject } : {}),
        ...(signOff ? { sign_off_required: true } : {}),
      });
    }
  }
  if (repository.objects.idsOf("dm_work_queue").size > 0) return;
  repository.add("dm_work_queue", { name: "demo_review_queue", description: "Documents to review", group_name: "demo_reviewers" });
}

function named(repository: Repository, name: string): ObjectRecord | undefined {
  for (const id of repository.objects.lookup("object_name", name)) {
    const record = repository.objects.get(id);
    if (record?.type === "dm_process") return record;
  }
  return undefined;
}
