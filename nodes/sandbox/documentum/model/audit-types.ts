import type { TypeSpec } from "./types";

const ROOT = `
  i_is_replica boolean readonly
  i_vstamp integer readonly
  r_object_id id readonly`;

/** What the audit trail is made of (wire/documentum.md section 17). */
export const auditTypes: TypeSpec[] = [
  {
    name: "dm_audittrail",
    label: "Audit Trail",
    tag: "5f",
    attributes: `
      event_name string(64) readonly
      event_source string(64) readonly
      user_name string(255) readonly
      audited_obj_id id readonly
      chronicle_id id readonly
      time_stamp date readonly
      object_name string(255) readonly
      object_type string(32) readonly
      version_label string(32) readonly
      owner_name string(255) readonly
      event_description string(64) readonly
      attribute_list string(2000) readonly ${ROOT}`,
  },
  {
    name: "dmi_registry",
    label: "Registered Event",
    tag: "26",
    // How a server keeps the scope of a registration is not documented: both attributes are our choice.
    attributes: `
      event string(64)
      user_name string(255) readonly
      audit_scope string(16) readonly
      target string(64) readonly ${ROOT}`,
  },
  {
    name: "dm_audit_policy",
    label: "Audit Policy",
    tag: "08",
    attributes: `
      name string(64)
      accessor_name string(255)
      is_group boolean
      attribute_rules string(2000) ${ROOT}`,
  },
];
