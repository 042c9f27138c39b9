import type { TypeSpec } from "./types";

const ROOT = `
  i_is_replica boolean readonly
  i_vstamp integer readonly
  r_object_id id readonly`;

/** What workflows are made of (wire/documentum.md section 19); the attributes are those a review needs. */
export const workflowTypes: TypeSpec[] = [
  {
    name: "dm_process",
    label: "Workflow Template",
    super: "dm_sysobject",
    tag: "4b",
    attributes: "r_definition_state integer readonly",
  },
  {
    name: "dm_activity",
    label: "Activity",
    super: "dm_sysobject",
    tag: "4c",
    // How a server keeps the flows between activities is simplified: each names those it leads to.
    attributes: `
      process_id id readonly
      activity_type string(8) readonly
      performer_name string(255) readonly
      package_name string(32) readonly
      sign_off_required boolean readonly
      forward_names string(128)[] readonly
      reject_names string(128)[] readonly`,
  },
  {
    name: "dm_workflow",
    label: "Workflow",
    tag: "4d",
    attributes: `
      object_name string(255) readonly
      process_id id readonly
      r_runtime_state integer readonly
      r_start_date date readonly
      r_finish_date date readonly
      r_creator_name string(255) readonly
      supervisor_name string(255) readonly
      instructions string(2000) readonly
      priority integer readonly
      performers string(255)[] readonly ${ROOT}`,
  },
  {
    name: "dmi_workitem",
    label: "Work Item",
    tag: "4a",
    attributes: `
      r_workflow_id id readonly
      r_act_def_id id readonly
      r_act_name string(128) readonly
      r_queue_item_id id readonly
      r_performer_name string(255) readonly
      r_runtime_state integer readonly
      r_creation_date date readonly
      r_finish_date date readonly
      r_priority integer readonly
      r_sign_off_req boolean readonly
      sign_off_by string(255) readonly
      output string(16) readonly
      a_held_by string(255) ${ROOT}`,
  },
  {
    name: "dmi_queue_item",
    label: "Queue Item",
    tag: "1b",
    attributes: `
      name string(255) readonly
      sent_by string(255) readonly
      date_sent date readonly
      due_date date readonly
      event string(64) readonly
      item_id id readonly
      item_name string(255) readonly
      item_type string(32) readonly
      message string(2000) readonly
      router_id id readonly
      supervisor_name string(255) readonly
      task_name string(128) readonly
      task_state string(16) readonly
      queue_name string(255) readonly
      unsuspend_date date readonly
      priority integer readonly
      dequeued_by string(255) readonly
      dequeued_date date readonly
      delete_flag boolean readonly ${ROOT}`,
  },
  {
    name: "dmi_package",
    label: "Package",
    tag: "49",
    attributes: `
      r_workflow_id id readonly
      r_package_name string(32) readonly
      r_component_id id[] readonly ${ROOT}`,
  },
  {
    name: "dm_note",
    label: "Note",
    tag: "41",
    attributes: `
      package_id id readonly
      note_text string(2000) readonly
      writer string(255) readonly
      is_persistent boolean readonly
      r_creation_date date readonly ${ROOT}`,
  },
  {
    name: "dmi_wf_attachment",
    label: "Workflow Attachment",
    tag: "08",
    attributes: `
      r_workflow_id id readonly
      r_component_id id readonly
      r_component_type string(32) readonly
      r_component_name string(255) readonly
      r_creator_name string(255) readonly
      r_creation_date date readonly ${ROOT}`,
  },
  {
    name: "dm_work_queue",
    label: "Work Queue",
    tag: "08",
    attributes: `
      name string(255)
      description string(255)
      group_name string(255) ${ROOT}`,
  },
];
