import { asList, asNumber, asObject, asText, type JsonObject } from "../http/json";
import { hrefOf, type Link, linksOf } from "./feed";

/** An object of the repository, as far as archiving needs to know it. */
export interface DocumentumObject {
  objectId: string;
  /** Stable over versions. */
  chronicleId?: string;
  type?: string;
  name?: string;
  versionLabels: string[];
  /** The numeric one of them, e.g. `1.0`. */
  versionLabel?: string;
  /** Bytes of the primary content, as the server reports them; absent when it says nothing. */
  size?: number;
  /** Documentum's format name of the primary content, e.g. `pdf`. */
  format?: string;
  /** Who has it checked out; absent when nobody has. */
  lockOwner?: string;
  /** As the server gave them. */
  properties: JsonObject;
  links: Link[];
  /** Address of the object. */
  href?: string;
}

const EMPTY_ID = /^0*$/;

/** Reads an object resource or a DQL row; undefined when it has no `r_object_id`. */
export function readObject(properties: JsonObject, links: Link[], href?: string): DocumentumObject | undefined {
  const objectId = idOf(properties.r_object_id);
  if (!objectId) return undefined;
  const versionLabels = asList(properties.r_version_label).flatMap((label) => asText(label) ?? []);
  return {
    objectId,
    chronicleId: idOf(properties.i_chronicle_id),
    type: asText(properties.r_object_type),
    name: asText(properties.object_name),
    versionLabels,
    versionLabel: versionLabels.find((label) => /^\d+(\.\d+)+$/.test(label)),
    size: asNumber(properties.r_full_content_size) ?? asNumber(properties.r_content_size),
    format: asText(properties.a_content_type),
    lockOwner: asText(properties.r_lock_owner),
    properties,
    links,
    href: href ?? hrefOf(links, "edit", "self", "canonical"),
  };
}

export function readResource(body: JsonObject): DocumentumObject | undefined {
  return readObject(asObject(body.properties), linksOf(body));
}

function idOf(value: unknown): string | undefined {
  const id = asText(value);
  return id !== undefined && !EMPTY_ID.test(id) ? id : undefined;
}
