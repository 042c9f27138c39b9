import type { TypeSpec } from "./types";

/** Which offices a region has. */
const OFFICES = { north: ["Hamburg", "Bremen"], south: ["Munich", "Stuttgart", "Nuremberg"] };

/** What this stand-in's site added to the product's types. */
export const demoTypes: TypeSpec[] = [
  {
    name: "demo_record",
    label: "Record",
    super: "dm_document",
    labels: { docbridge_key: "Docbridge Key" },
    attributes: `
      docbridge_key string(64)
      retention_class string(32)
      source_system string(32)`,
  },
  {
    name: "demo_statement",
    label: "Customer Statement",
    super: "demo_record",
    assist: { document_type: { values: ["statement", "letter", "invoice", "notice", "policy"], allowUserValues: false } },
    labels: { is_final: "Final" },
    attributes: `
      customer_number string(32) required
      account_number string(32)
      document_type string(32)
      statement_date date
      total_amount double
      pages integer
      job_id string(64)
      channel string(16)
      template_version string(16)
      tags string(64)[]
      is_final boolean`,
  },
  {
    name: "demo_asset",
    label: "Approved Asset",
    super: "dm_document",
    attributes: `
      asset_key string(64) required
      approval_state string(16)
      effective_from date
      effective_to date
      language string(8)`,
  },
  {
    name: "demo_case",
    label: "Case Folder",
    super: "dm_folder",
    assist: {
      case_status: { values: ["open", "closed", "reopened"], allowUserValues: false },
      region: { values: Object.keys(OFFICES), allowUserValues: false },
      office: {
        values: Object.values(OFFICES).flat(),
        allowUserValues: false,
        dependsOn: { attribute: "region", lists: OFFICES },
      },
    },
    attributes: `
      case_number string(32) required
      customer_number string(32)
      case_status string(16)
      region string(16)
      office string(32)
      closed_on date`,
  },
  {
    // A governed folder (wire/documentum.md 20.5): what is filed in it, or below it, is retained.
    name: "demo_governed_folder",
    label: "Governed Folder",
    super: "dm_folder",
    attributes: `
      retention_policy string(64)
      retention_days integer = 3650
      does_not_age boolean
      retainer_id id readonly`,
  },
  {
    name: "demo_shared_notice",
    label: "Shared Notice",
    super: "dm_document",
    category: 2,
    attributes: `
      notice_code string(32)
      valid_from date`,
  },
  {
    // The same notice to many customers: only number and receiver differ.
    name: "demo_light_notice",
    label: "Notice to a Customer",
    super: "demo_shared_notice",
    category: 4,
    sharedParent: "demo_shared_notice",
    attributes: `
      customer_number string(32)
      i_sharing_parent id readonly
      is_materialized boolean readonly`,
  },
  {
    // What retains an object when no folder does; found by its name, the policy (wire/documentum.md 20.3).
    name: "demo_retainer",
    label: "Retainer",
    super: "dm_sysobject",
    attributes: `
      retention_days integer
      does_not_age boolean`,
  },
  {
    name: "demo_lifecycle",
    label: "Lifecycle with Retention",
    super: "dm_policy",
    // One a state; an empty one retains nothing.
    attributes: "state_retention string(64)[] readonly",
  },
];
