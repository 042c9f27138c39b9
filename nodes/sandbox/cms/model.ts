/** What the metadata stand-in keeps, as noted in `cms.jsonl`. Field names are those of wire/css.md where it has one. */

export const CATEGORIES = ["file", "folder", "object", "case"] as const;
export type Category = (typeof CATEGORIES)[number];

export const DATA_TYPES = ["string", "integer", "long", "bigint", "double", "float", "boolean", "date"] as const;
export type DataType = (typeof DATA_TYPES)[number];

/** wire/css.md section 8. */
export interface Attribute {
  name: string;
  display_name: string;
  data_type: DataType;
  /** Characters; strings only. */
  size?: number;
  repeating: boolean;
  required: boolean;
  unique: boolean;
  searchable: boolean;
  sortable: boolean;
  auditable: boolean;
  internal: boolean;
  read_only: boolean;
  /** A field of every instance, not of `properties`. */
  system: boolean;
  localizable: boolean;
  default_value: unknown;
  validators: unknown[];
}

interface Stamped {
  create_time: string;
  update_time: string;
  created_by: string;
  updated_by: string;
}

export interface Namespace extends Stamped {
  id: string;
  name: string;
  prefix: string;
  display_name: string;
  description: string;
}

export interface RequiredTrait {
  instance_name: string;
  trait_name: string;
}

export interface TypeDefinition extends Stamped {
  id: string;
  system_name: string;
  name: string;
  display_name: string;
  description: string;
  namespace: string;
  category: Category | "any";
  /** System name; absent only for `cms_any`. */
  parent?: string;
  attributes: Attribute[];
  required_traits: RequiredTrait[];
  indexes: unknown[];
  operations: unknown[];
  methods: unknown[];
  scripts: unknown[];
  non_auditable_actions: string[];
}

export interface TraitDefinition extends Stamped {
  id: string;
  system_name: string;
  name: string;
  display_name: string;
  description: string;
  namespace: string;
  attributes: Attribute[];
}

/** `traits.{trait_system_name}.{instance_name}.{attribute}` (wire/css.md section 8). */
export type Traits = Record<string, Record<string, Record<string, unknown>>>;

/** One version of an instance: every version has its own id. */
export interface Instance extends Stamped {
  id: string;
  /** Joins the versions of one object; never shown. */
  series: string;
  name: string;
  description: string;
  display_name: string;
  category: Category;
  type: string;
  parent_folder_id: string | null;
  linked_parent_folder_ids: string[];
  acl_id: string;
  properties: Record<string, unknown>;
  traits: Traits;
  version_no: number;
  version_label: string[];
  latest: boolean;
  lock_time: string | null;
  lock_owner: string | null;
  owner: string;
  /** When it was put into the recycle bin. */
  deleted_time?: string;
}

/** Fields of every instance that filters and sorts can name. */
export const SYSTEM_FIELDS: ReadonlySet<string> = new Set([
  "id",
  "name",
  "description",
  "display_name",
  "category",
  "type",
  "parent_folder_id",
  "acl_id",
  "mime_type",
  "content_size",
  "version_no",
  "version_label",
  "latest",
  "lock_time",
  "lock_owner",
  "owner",
  "create_time",
  "update_time",
  "created_by",
  "updated_by",
]);

/** A rendition (wire/css.md 6.2). */
export interface Content extends Stamped {
  id: string;
  /** The instance it belongs to. */
  owner_id: string;
  etag: number;
  owner: string;
  name: string;
  mime_type: string;
  content_size: number;
  /** Id as the content API takes it. */
  blob_id: string;
  /** `FILE_ID` for content of the v3 API. */
  source?: string;
  rendition_type: "PRIMARY" | "SECONDARY";
  /** Name of the blob inside the content service; never shown. */
  blob: string;
}

export interface Permit {
  identity: string;
  identity_type: "USER" | "GROUP";
  permissions: string[];
  group_name?: string;
  display_name: string;
}

export interface Acl extends Stamped {
  id: string;
  name: string;
  display_name: string;
  description: string;
  permits: Permit[];
}

/** An audit row (wire/css.md section 9). */
export interface HistoryRow {
  id: string;
  /** The instance it tells of; never shown. */
  object: string;
  action_name: string;
  object_category: Category;
  event_source: string;
  event_user: string;
  event_status: string;
  create_time: string;
  update_time: string;
  payload: { type: string; value: unknown };
}

/** wire/css.md section 8. */
export const PERMISSIONS = [
  "browse",
  "read_content",
  "modify",
  "attributes",
  "relate",
  "lock",
  "create_version",
  "add_move_items",
  "change_location",
  "delete_content",
  "edit_permissions",
  "change_owner",
] as const;
export type Permission = (typeof PERMISSIONS)[number];
