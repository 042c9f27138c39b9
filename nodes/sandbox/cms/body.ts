import type { Exchange } from "../kernel/exchange";
import type { ContentDraft, Contents } from "./contents";
import { textOf } from "./definitions";
import { invalid } from "./errors";
import type { Traits } from "./model";
import { objectOf, type Values } from "./validate";

/** What a client says about an instance; undefined members were not sent. */
export interface InstanceDraft {
  name?: string;
  description?: string;
  displayName?: string;
  parentFolderId?: string;
  aclId?: string;
  versionLabel?: string[];
  properties?: Values;
  traits?: Traits;
  /** Undefined when the request has no `renditions`. */
  renditions?: ContentDraft[];
}

const WRITABLE = new Set([
  "name",
  "description",
  "display_name",
  "parent_folder_id",
  "acl_id",
  "version_label",
  "properties",
  "traits",
  "renditions",
]);

/** Members of replies that a client may send back unchanged; they are not looked at. */
const READ_ONLY = new Set([
  "id",
  "category",
  "type",
  "ancestor_ids",
  "linked_parent_folder_ids",
  "linked_ancestor_ids",
  "mime_type",
  "content_size",
  "version_no",
  "latest",
  "lock_time",
  "lock_owner",
  "create_time",
  "update_time",
  "created_by",
  "updated_by",
  "owner",
  "_links",
  "_embedded",
]);

/** The JSON object of a request. Throws CmsError 400. */
export async function readObject(exchange: Exchange): Promise<Values> {
  let body: unknown;
  try {
    body = await exchange.bodyJson();
  } catch {
    throw invalid("the request body is not JSON");
  }
  return objectOf(body, "the request body");
}

/** The body of create, update and nextVersion (wire/css.md 6.1). Unknown members are refused, which is ours. Throws CmsError 400. */
export async function readInstance(exchange: Exchange, contents: Contents): Promise<InstanceDraft> {
  const body = await readObject(exchange);
  const unknown = Object.keys(body).find((name) => !WRITABLE.has(name) && !READ_ONLY.has(name));
  if (unknown !== undefined) throw invalid(`'${unknown}' is not a member of an instance; attributes of its type go under properties`);
  return {
    name: optionalText(body, "name"),
    description: optionalText(body, "description"),
    displayName: optionalText(body, "display_name"),
    parentFolderId: optionalText(body, "parent_folder_id"),
    aclId: optionalText(body, "acl_id"),
    versionLabel: body.version_label === undefined || body.version_label === null ? undefined : labelsOf(body.version_label),
    properties: body.properties === undefined ? undefined : objectOf(body.properties, "properties"),
    traits: body.traits === undefined ? undefined : traitsOf(body.traits),
    renditions: body.renditions === undefined ? undefined : contents.read(body.renditions),
  };
}

function optionalText(body: Values, name: string): string | undefined {
  return body[name] === undefined || body[name] === null ? undefined : textOf(body, name, false);
}

function labelsOf(value: unknown): string[] {
  if (!Array.isArray(value) || value.some((label) => typeof label !== "string")) throw invalid("version_label must be a list of strings");
  return value as string[];
}

function traitsOf(value: unknown): Traits {
  for (const [trait, named] of Object.entries(objectOf(value, "traits"))) {
    for (const [name, values] of Object.entries(objectOf(named ?? {}, `traits.${trait}`))) {
      objectOf(values ?? {}, `traits.${trait}.${name}`);
    }
  }
  return value as Traits;
}
