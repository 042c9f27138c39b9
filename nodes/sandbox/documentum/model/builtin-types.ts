import type { TypeSpec } from "./types";

/** Attributes of a sysobject in the order of wire/documentum.md 7.3; `i_retention...` and the like are read-only (20.2). */
const SYSOBJECT = `
  object_name string(255)
  r_object_type string(32) readonly
  title string(400)
  subject string(192)
  authors string(48)[]
  keywords string(48)[]
  a_application_type string(32)
  a_status string(16)
  r_creation_date date readonly
  r_modify_date date readonly
  r_modifier string(255) readonly
  r_access_date date readonly
  a_is_hidden boolean
  i_is_deleted boolean readonly
  a_retention_date date
  a_archive boolean
  a_compound_architecture string(16)
  a_link_resolved boolean
  i_reference_cnt integer readonly
  i_has_folder boolean readonly
  i_folder_id id[] readonly
  r_composite_id id[] readonly
  r_composite_label string(32)[] readonly
  r_component_label string(32)[] readonly
  r_order_no integer[] readonly
  r_link_cnt integer readonly
  r_link_high_cnt integer readonly
  r_assembled_from_id id readonly
  r_frzn_assembly_cnt integer readonly
  r_has_frzn_assembly boolean readonly
  resolution_label string(32)
  r_is_virtual_doc integer readonly
  i_contents_id id readonly
  a_content_type string(32)
  r_page_cnt integer readonly
  r_content_size integer readonly
  a_full_text boolean = true
  a_storage_type string(64)
  i_cabinet_id id readonly
  owner_name string(255)
  owner_permit integer readonly
  group_name string(255)
  group_permit integer readonly
  world_permit integer readonly
  i_antecedent_id id readonly
  i_chronicle_id id readonly
  i_latest_flag boolean readonly
  r_lock_owner string(255) readonly
  r_lock_date date readonly
  r_lock_machine string(80) readonly
  log_entry string(120)
  r_version_label string(32)[] readonly
  i_branch_cnt integer readonly
  i_direct_dsc boolean readonly
  r_immutable_flag boolean readonly
  r_frozen_flag boolean readonly
  r_has_events boolean readonly
  acl_domain string(255)
  acl_name string(32)
  a_special_app string(32)
  i_is_reference boolean readonly
  r_creator_name string(255) readonly
  r_is_public boolean readonly = true
  r_policy_id id readonly
  r_resume_state integer readonly
  r_current_state integer readonly
  r_alias_set_id id readonly
  a_effective_date date[]
  a_expiration_date date[]
  a_publish_formats string(32)[]
  a_effective_label string(32)[]
  a_effective_flag string(8)[]
  a_category string(64)
  language_code string(5)
  a_is_template boolean
  a_controlling_app string(32)
  r_full_content_size double readonly
  a_extended_properties string(32)[]
  a_is_signed boolean
  a_last_review_date date
  i_retain_until date readonly
  r_aspect_name string(64)[] readonly
  i_retainer_id id[] readonly
  i_partition integer readonly
  i_is_replica boolean readonly
  i_vstamp integer readonly
  r_object_id id readonly`;

const ROOT = `
  i_is_replica boolean readonly
  i_vstamp integer readonly
  r_object_id id readonly`;

/** The product's own types. */
export const builtinTypes: TypeSpec[] = [
  { name: "dm_sysobject", label: "Sysobject", tag: "08", attributes: SYSOBJECT },
  { name: "dm_document", label: "Document", super: "dm_sysobject", tag: "09", attributes: "" },
  {
    name: "dm_folder",
    label: "Folder",
    super: "dm_sysobject",
    tag: "0b",
    attributes: `
      r_folder_path string(740)[] readonly
      i_ancestor_id id[] readonly`,
  },
  { name: "dm_cabinet", label: "Cabinet", super: "dm_folder", tag: "0c", attributes: "is_private boolean" },
  {
    name: "dm_policy",
    label: "Lifecycle",
    super: "dm_sysobject",
    tag: "46",
    // The state lists run in parallel; how states are made is not part of REST, so all of it is read-only.
    attributes: `
      r_definition_state integer readonly = 2
      included_type string(32)[] readonly
      include_subtypes boolean[] readonly
      state_name string(64)[] readonly
      state_description string(128)[] readonly
      state_class integer[] readonly
      exceptional_state string(64)[] readonly
      allow_attach boolean[] readonly
      allow_schedule boolean[] readonly
      return_to_base boolean[] readonly
      allow_demote boolean[] readonly`,
  },
  { name: "dmc_aspect_type", label: "Aspect Type", super: "dm_sysobject", attributes: "copy_aspect boolean\n version_aspect boolean" },
  {
    name: "dm_acl",
    label: "Access Control List",
    tag: "45",
    // The accessor lists are writable here so that an ACL can be filled at creation: our choice.
    attributes: `
      object_name string(32)
      description string(128)
      owner_name string(255)
      r_is_internal boolean readonly
      r_accessor_name string(255)[]
      r_accessor_permit integer[]
      r_accessor_xpermit integer[]
      r_is_group boolean[]
      globally_managed boolean
      acl_class integer
      r_has_events boolean readonly
      r_permit_type integer[]
      r_application_permit string(128)[]
      i_has_required_groups boolean readonly
      i_has_required_group_set boolean readonly
      i_has_access_restrictions boolean readonly
      r_template_id id readonly
      r_alias_set_id id readonly
      i_partition integer readonly ${ROOT}`,
  },
  {
    name: "dm_user",
    label: "User",
    tag: "11",
    attributes: `
      user_name string(255)
      user_os_name string(255)
      user_address string(255)
      user_group_name string(255)
      user_privileges integer
      owner_def_permit integer
      world_def_permit integer
      group_def_permit integer
      default_folder string(200)
      description string(255)
      acl_domain string(255)
      acl_name string(32)
      user_login_name string(255)
      user_source string(16)
      user_state integer
      r_is_group boolean readonly
      r_modify_date date readonly ${ROOT}`,
  },
  {
    name: "dm_group",
    label: "Group",
    tag: "12",
    attributes: `
      group_name string(255)
      group_display_name string(255)
      group_address string(255)
      description string(255)
      users_names string(255)[]
      groups_names string(255)[]
      owner_name string(255)
      group_class string(32)
      is_private boolean
      r_has_events boolean readonly
      r_modify_date date readonly ${ROOT}`,
  },
  {
    name: "dm_format",
    label: "Format",
    tag: "27",
    attributes: `
      name string(64)
      description string(64)
      can_index boolean
      mime_type string(256)
      dos_extension string(10)
      default_storage id
      is_hidden boolean ${ROOT}`,
  },
  {
    name: "dm_network_location_map",
    label: "Network Location",
    tag: "08",
    attributes: `
      netloc_identifier string(80)
      netloc_display_name string(80)
      netloc_description string(255) ${ROOT}`,
  },
  {
    name: "dm_relation",
    label: "Relation",
    tag: "37",
    attributes: `
      relation_name string(255)
      parent_id id
      child_id id
      child_label string(32)
      permanent_link boolean
      order_no integer
      effective_date date
      expiration_date date
      description string(255) ${ROOT}`,
  },
  {
    name: "dmr_containment",
    label: "Containment",
    tag: "05",
    attributes: `
      parent_id id
      component_id id
      order_no double
      version_label string(32)
      use_node_ver_label boolean
      follow_assembly boolean
      copy_child integer ${ROOT}`,
  },
  {
    name: "dm_assembly",
    label: "Assembly",
    tag: "0d",
    attributes: `
      book_id id
      parent_id id
      component_id id
      order_no integer
      depth_no integer
      path_name string(740) ${ROOT}`,
  },
  {
    name: "dm_relation_type",
    label: "Relation Type",
    tag: "38",
    attributes: `
      relation_name string(255)
      description string(250)
      parent_type string(32)
      child_type string(32)
      security_type string(10)
      permanent_link boolean
      direction_kind integer
      integrity_kind integer ${ROOT}`,
  },
];
