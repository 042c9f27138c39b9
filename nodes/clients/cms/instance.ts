import { createHash } from "node:crypto";
import { DocbridgeError } from "../../core/errors";
import { asBoolean, asList, asNumber, asObject, asText, isObject, type JsonObject } from "../http/json";

export type Category = "file" | "folder" | "object" | "case" | "any";

/** Where an instance is; `any` and `cms_any` name one of whatever category and type. */
export interface InstanceRef {
  category: Category;
  type: string;
  id: string;
}

/** By trait, instance name and attribute (wire/css.md 8). */
export type Traits = Record<string, Record<string, JsonObject>>;

/**
 * Name of an instance of a trait: the wanted one where it is plain, otherwise the prefix and its hash. What the service
 * allows in such a name is unknown.
 */
export function instanceName(wanted: string, prefix: string): string {
  if (/^[A-Za-z0-9][\w-]{0,63}$/.test(wanted)) return wanted;
  return `${prefix}_${createHash("sha256").update(wanted).digest("hex").slice(0, 16)}`;
}

/** A rendition of an instance; v3 content needs `source: "FILE_ID"` (wire/css.md 6.2). */
export interface Rendition {
  name: string;
  rendition_type: "primary" | "secondary";
  blob_id: string;
  mime_type?: string;
  content_size?: number;
  source?: "FILE_ID";
}

/** Body of a create and of a new version (wire/css.md 6.1). */
export interface NewInstance {
  name: string;
  description?: string;
  display_name?: string;
  parent_folder_id?: string;
  acl_id?: string;
  version_label?: string[];
  properties?: JsonObject;
  traits?: Traits;
  renditions?: Rendition[];
}

/** What a PATCH changes; traits merge down to the single attribute (wire/css.md 8). */
export type InstanceChanges = Pick<NewInstance, "name" | "description" | "display_name" | "properties" | "traits">;

export interface Instance {
  id: string;
  name?: string;
  description?: string;
  displayName?: string;
  category?: string;
  type?: string;
  parentFolderId?: string;
  aclId?: string;
  versionNo?: number;
  latest?: boolean;
  /** Who has it locked, as far as the service names them; absent when it is free. */
  lockOwner?: string;
  properties: JsonObject;
  traits: JsonObject;
  /** False when the reply left them out: then nothing is known of them, and `traits` is empty. */
  hasTraits: boolean;
  renditions: JsonObject[];
  /** By relation. */
  links: Record<string, string>;
}

export function readInstance(body: JsonObject): Instance | undefined {
  const id = asText(body.id);
  if (!id) return undefined;
  return {
    id,
    name: asText(body.name),
    description: asText(body.description),
    displayName: asText(body.display_name),
    category: asText(body.category),
    type: asText(body.type),
    parentFolderId: asText(body.parent_folder_id),
    aclId: asText(body.acl_id),
    versionNo: asNumber(body.version_no),
    latest: body.latest === undefined || body.latest === null ? undefined : asBoolean(body.latest),
    lockOwner: userName(body.lock_owner),
    properties: asObject(body.properties),
    traits: asObject(body.traits),
    hasTraits: isObject(body.traits),
    renditions: asList(body.renditions).map(asObject),
    links: halLinks(body),
  };
}

/** The instance of a reply to a create. Throws `unexpected-reply`, ambiguous, when there is none. */
export function createdInstance(body: JsonObject, status: number): Instance {
  const created = readInstance(body);
  if (created) return created;
  throw new DocbridgeError("unexpected-reply", {
    message: "The reply to the creation of a CMS instance names no id, so the instance is looked up by its key.",
    retryable: true,
    ambiguous: true,
    status,
  });
}

/** The instance of a reply to anything else. Throws `unexpected-reply`. */
export function knownInstance(body: JsonObject, id: string): Instance {
  const instance = readInstance(body);
  if (instance) return instance;
  throw new DocbridgeError("unexpected-reply", { message: `CMS instance ${id} came without its id.`, subject: id });
}

/** Users are shown by name or as objects (wire/css.md 6.3). */
export function userName(value: unknown): string | undefined {
  const { display_name, email, id } = asObject(value);
  return asText(value) ?? asText(display_name) ?? asText(email) ?? asText(id);
}

export function halLinks(body: JsonObject): Record<string, string> {
  const links = Object.entries(asObject(body._links)).map(([relation, link]) => [relation, asText(asObject(link).href)] as const);
  return Object.fromEntries(links.filter((link): link is readonly [string, string] => link[1] !== undefined));
}
