import { DocbridgeError } from "../../core/errors";
import { asBoolean, asList, asObject, asText, type JsonObject } from "../http/json";
import type { CallOptions } from "../http/session";
import { withQuery } from "./feed";
import type { DocumentumObject } from "./objects";
import { missingLink, type Repository } from "./repository";

/** Attributes that show retention and hold (wire/documentum.md 20.2); `a_retention_date` proves neither. */
const SHOWN = ["i_retainer_id", "r_immutable_flag", "r_frozen_flag"];

/**
 * Refuses an object that is retained or on hold, and one that does not show whether it is (wire/documentum.md 20.5).
 * `holdAttribute` is a site's own sign of a hold, if it has one. Throws `retained`.
 */
export async function demandUngoverned(
  repository: Repository,
  object: DocumentumObject,
  holdAttribute: string | undefined,
  options: CallOptions,
): Promise<void> {
  const { objectId } = object;
  const needed = [...SHOWN, ...(holdAttribute ? [holdAttribute] : [])];
  const properties = showsAll(object.properties, needed) ? object.properties : await readAll(repository, object, options);
  const hidden = needed.filter((name) => properties[name] === undefined);
  if (hidden.length > 0) {
    throw refusal(objectId, `does not show ${hidden.join(", ")}, so nobody can tell whether it is retained or on hold`);
  }
  const sign = signOf(properties, holdAttribute);
  if (sign) throw refusal(objectId, sign);
}

/** Values of attributes of an object as it is now, also of those that the default view does not show. */
export async function valuesOf(
  repository: Repository,
  object: DocumentumObject,
  attributes: string[],
  options: CallOptions,
): Promise<JsonObject> {
  const shown = asObject((await repository.get(addressOf(object), options)).properties);
  return showsAll(shown, attributes) ? shown : readAll(repository, object, options);
}

async function readAll(repository: Repository, object: DocumentumObject, options: CallOptions): Promise<JsonObject> {
  return asObject((await repository.get(withQuery(addressOf(object), { view: ":all" }), options)).properties);
}

function addressOf(object: DocumentumObject): string {
  if (object.href) return object.href;
  throw missingLink(`Object ${object.objectId}`, "self");
}

function showsAll(properties: JsonObject, attributes: string[]): boolean {
  return attributes.every((name) => properties[name] !== undefined);
}

/** The values of an attribute as texts; none for empty ones and for ids of zeros. */
export function textsOf(value: unknown): string[] {
  return asList(value).flatMap((one) => {
    const text = typeof one === "boolean" ? String(one) : asText(one);
    return text === undefined || /^0{16}$/.test(text) ? [] : [text];
  });
}

function signOf(properties: JsonObject, holdAttribute: string | undefined): string | undefined {
  const retainers = textsOf(properties.i_retainer_id);
  if (retainers.length > 0) {
    const until = asText(properties.i_retain_until);
    return `is under retention (${retainers.length === 1 ? "one retainer" : `${retainers.length} retainers`}${until ? `, until ${until}` : ""})`;
  }
  if (asBoolean(properties.r_immutable_flag)) return "is immutable (r_immutable_flag)";
  if (asBoolean(properties.r_frozen_flag)) return "is frozen (r_frozen_flag)";
  if (holdAttribute && says(properties[holdAttribute])) return `is on hold (${holdAttribute})`;
  return undefined;
}

/** Whether an attribute that stands for a hold says so: true, a number other than 0, a text, an entry. */
function says(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(says);
  if (typeof value === "boolean" || typeof value === "number") return Boolean(value);
  return typeof value === "string" && value !== "" && !/^(0+|false|f|no|n)$/i.test(value);
}

function refusal(objectId: string, sign: string): DocbridgeError {
  return new DocbridgeError("retained", {
    message: `Object ${objectId} ${sign}. It was not changed; have retention or hold ended, or file the document as a new object.`,
    subject: objectId,
  });
}
