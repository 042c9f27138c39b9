import type { TypeSpec } from "./types";

const ROOT = `
  i_is_replica boolean readonly
  i_vstamp integer readonly
  r_object_id id readonly`;

/** What users keep for themselves: saved searches, comments, preferences (wire/documentum.md 15.4, 16.6, 16.7). */
export const personalTypes: TypeSpec[] = [
  {
    name: "dm_smart_list",
    label: "Saved Search",
    super: "dm_sysobject",
    // Where a server keeps query and results is not documented: these attributes are our choice.
    attributes: `
      query_document string(32000) readonly
      has_results boolean readonly
      result_ids id[] readonly`,
  },
  { name: "dm_search_template", label: "Search Template", super: "dm_sysobject", attributes: "query_document string(32000) readonly" },
  {
    name: "dmc_comment",
    label: "Comment",
    tag: "08",
    attributes: `
      object_id id readonly
      parent_comment_id id readonly
      owner_name string(255) readonly
      title string(400)
      content_value string(32000)
      r_creation_date date readonly
      r_modify_date date readonly ${ROOT}`,
  },
  {
    name: "dmc_preference",
    label: "Preference",
    tag: "08",
    attributes: `
      client_code string(64)
      owner_name string(255) readonly
      title string(400)
      subject string(192)
      keywords string(48)[]
      preference_content string(32000)
      r_creation_date date readonly
      r_modify_date date readonly ${ROOT}`,
  },
];
