import type { DocumentumSwitches } from "../switches";
import { readDate } from "../wire/dates";
import { badRequest, invalidAttribute, invalidValue } from "../wire/failures";
import { FROM_XML } from "../wire/xml/read";
import type { Attribute, ObjectType, Scalar, Value, ValueAssist } from "./types";

/** Values to store; undefined takes a value away. */
export type Changes = Record<string, Value | undefined>;

const ID = /^[0-9a-f]{16}$/;

/**
 * Turns the `properties` of a request into values to store. Throws the failures of wire/documentum.md 7.4: an unknown
 * attribute is E_INVALID_ATTR_NAME; wrong type, length and shape are 400 in a wording of our choice. Texts name
 * attributes, never values.
 */
export function readProperties(type: ObjectType, kind: string, properties: unknown, switches: DocumentumSwitches): Changes {
  if (properties === undefined) return {};
  if (typeof properties !== "object" || properties === null || Array.isArray(properties)) {
    throw badRequest("The member 'properties' is not a JSON object.");
  }
  const changes: Changes = {};
  const isXml = FROM_XML in properties;
  for (const [name, value] of Object.entries(properties)) {
    const attribute = type.byName.get(name);
    if (!attribute) throw invalidAttribute(name, kind);
    if (name === "r_object_type") continue;
    if (attribute.readonly) {
      throw invalidValue(name, "DM_OBJECT_E_READONLY_ATTR", `Attribute '${name}' is kept by the server and cannot be set.`);
    }
    changes[name] = readValue(attribute, isXml ? fromText(attribute, value) : value, switches);
  }
  return changes;
}

/** Data-dictionary rules for an object, or only for the attributes named; the server applies them only when asked (wire/documentum.md section 14). */
export function enforceDictionary(type: ObjectType, values: Readonly<Record<string, Value>>, only?: readonly string[]): void {
  for (const attribute of type.all) {
    if (only && !only.includes(attribute.name)) continue;
    const value = values[attribute.name];
    if (attribute.required && value === undefined) {
      throw invalidValue(attribute.name, "DM_VALIDATION_E_ATTR_REQUIRED", `Attribute '${attribute.name}' must have a value.`);
    }
    const { assist } = attribute;
    if (!assist || assist.allowUserValues || value === undefined) continue;
    const all = Array.isArray(value) ? value : [value];
    const allowed = assistedBy(assist, values) ?? [];
    if (!all.every((one) => allowed.includes(String(one)))) {
      throw invalidValue(
        attribute.name,
        "DM_VALIDATION_E_NOT_IN_LIST",
        `The value of '${attribute.name}' is not one of its value assistance.`,
      );
    }
  }
}

/** The values an attribute may take on an object with these values; undefined while the attribute it depends on has none. */
export function assistedBy({ values: all, dependsOn }: ValueAssist, values: Readonly<Record<string, unknown>>): string[] | undefined {
  if (!dependsOn) return all;
  const leading = values[dependsOn.attribute];
  return leading === undefined || leading === "" || leading === null ? undefined : (dependsOn.lists[String(leading)] ?? []);
}

/** A value that came as XML text, as JSON would have it; what does not fit stays a text, and is refused as one. */
function fromText(attribute: Attribute, value: unknown): unknown {
  if (value === null) return null;
  if (attribute.repeating) {
    const all = Array.isArray(value) ? value : value === "" ? [] : [value];
    return all.map((one) => typedText(attribute, String(one)));
  }
  return Array.isArray(value) ? value : typedText(attribute, String(value));
}

function typedText({ type }: Attribute, text: string): unknown {
  if (type === "integer" || type === "double") return text.trim() !== "" && !Number.isNaN(Number(text)) ? Number(text) : text;
  if (type === "boolean" && /^(?:true|false)$/.test(text)) return text === "true";
  return text === "" && type !== "string" ? null : text;
}

function readValue(attribute: Attribute, value: unknown, switches: DocumentumSwitches): Value | undefined {
  if (value === null) return undefined;
  if (!attribute.repeating) return blank(readScalar(attribute, value, switches));
  if (!Array.isArray(value)) throw wrongType(attribute, "an array: the attribute is repeating");
  return value.length === 0 ? undefined : value.map((one) => readScalar(attribute, one, switches));
}

/** Empty values are not stored, unless the attribute shows something else when it was never set. */
function blank(value: Scalar): Value | undefined {
  return value === "" ? undefined : value;
}

function readScalar(attribute: Attribute, value: unknown, switches: DocumentumSwitches): Scalar {
  switch (attribute.type) {
    case "string":
      if (typeof value !== "string") throw wrongType(attribute, "a string");
      if (attribute.name === "object_name") checkName(value);
      checkLength(attribute, value, switches);
      return value;
    case "integer":
      if (!Number.isInteger(value) || Math.abs(value as number) > 0x7fffffff) throw wrongType(attribute, "an integer of 32 bits");
      return value as number;
    case "double":
      if (typeof value !== "number") throw wrongType(attribute, "a number");
      return value;
    case "boolean":
      if (typeof value !== "boolean") throw wrongType(attribute, "true or false");
      return value;
    case "id":
      if (typeof value !== "string" || !ID.test(value)) throw wrongType(attribute, "an object id of 16 hex digits");
      return value;
    case "date":
      return readDateValue(attribute, value);
  }
}

function readDateValue(attribute: Attribute, value: unknown): Scalar {
  const date = typeof value === "string" ? readDate(value) : undefined;
  if (date === undefined) throw wrongType(attribute, "a date as yyyy-MM-dd'T'HH:mm:ss.SSSZZ");
  return date;
}

/** Control characters in a name are refused by this server; wire/documentum.md names no rule. */
function checkName(value: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (!/[\u0000-\u001f\u007f]/.test(value)) return;
  throw invalidValue("object_name", "DM_SYSOBJECT_E_BAD_NAME", "The name of an object must not contain control characters.");
}

function checkLength(attribute: Attribute, value: string, switches: DocumentumSwitches): void {
  if (value.length * 4 <= attribute.length) return;
  const length = switches.text("length-unit") === "bytes" ? Buffer.byteLength(value) : value.length;
  if (length <= attribute.length) return;
  throw invalidValue(
    attribute.name,
    "DM_OBJ_MGR_E_ATTR_VALUE_TOO_LONG",
    `The value of attribute '${attribute.name}' has ${length} ${switches.text("length-unit")}; its maximum is ${attribute.length}.`,
  );
}

function wrongType(attribute: Attribute, expected: string): Error {
  return invalidValue(attribute.name, "DM_OBJ_MGR_E_ATTR_WRONG_TYPE", `The value of attribute '${attribute.name}' must be ${expected}.`);
}
