import type { Repository } from "./model/repository";
import type { Value } from "./model/types";
import { DEFAULT_ACL } from "./operations/create";
import { dateText } from "./wire/dates";

/** ACL of what the site itself owns. */
export const READ_ONLY_ACL = "demo_read_only";

/** name, title, days; none for a hold. */
const POLICIES = [
  ["records-10-years", "Business records", 3650],
  ["correspondence-6-years", "Correspondence", 2190],
  ["legal-hold", "Legal hold", undefined],
] as const;

const ASPECTS = [
  ["dm_annotatable", "Annotatable"],
  ["demo_retention", "Retains what it is attached to, under the policy in retention_class"],
] as const;

/** What a site has for its records: policies, aspects and a lifecycle with a retaining state. */
export function seedRecords(repository: Repository): void {
  for (const [object_name, title, days] of POLICIES) {
    once(repository, "demo_retainer", { object_name, title, ...(days === undefined ? { does_not_age: true } : { retention_days: days }) });
  }
  if (repository.objects.idsOf("dm_network_location_map").size === 0) {
    repository.add("dm_network_location_map", {
      netloc_identifier: "loopback",
      netloc_display_name: "Loopback",
      netloc_description: "This machine",
    });
  }
  for (const [object_name, title] of ASPECTS) once(repository, "dmc_aspect_type", { object_name, title });
  once(repository, "demo_lifecycle", {
    object_name: "demo_record_lifecycle",
    title: "Draft, active, closed; a closed record is retained",
    included_type: ["dm_document"],
    include_subtypes: [true],
    state_name: ["Draft", "Active", "Closed", "Disputed"],
    state_description: ["Being prepared", "In use", "Kept for ten years", "Suspended while it is disputed"],
    state_class: [0, 0, 0, 1],
    exceptional_state: ["", "Disputed", "", ""],
    allow_attach: [true, true, true, false],
    allow_schedule: [false, false, false, false],
    return_to_base: [true, true, false, false],
    allow_demote: [false, true, false, false],
    state_retention: ["", "", "records-10-years", ""],
  });
}

/** Adds an object in the site's own cabinet unless there is one of that type and name. */
export function once(repository: Repository, type: string, values: Record<string, Value>): void {
  const ids = [...repository.objects.lookup("object_name", String(values.object_name))];
  if (!ids.some((id) => repository.objects.get(id)?.type === type)) addSiteObject(repository, type, values);
}

/** Adds an object that belongs to the site and that everybody may read. */
export function addSiteObject(repository: Repository, type: string, values: Record<string, Value>): void {
  const at = dateText(repository.now());
  const cabinet = repository.folders.idAt("/System");
  const id = repository.ids.id(repository.types.known(type).tag);
  const kept = {
    ...values,
    i_chronicle_id: id,
    ...(cabinet ? { i_folder_id: [cabinet] } : {}),
    owner_name: DEFAULT_ACL.domain,
    acl_name: READ_ONLY_ACL,
    acl_domain: DEFAULT_ACL.domain,
    r_creation_date: at,
    r_modify_date: at,
    r_modifier: DEFAULT_ACL.domain,
    r_creator_name: DEFAULT_ACL.domain,
  };
  repository.objects.put({ id, type, values: kept });
}
