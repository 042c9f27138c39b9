import { type Derivation, derivations } from "../model/derived";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Attribute } from "../model/types";
import { badRequest } from "./failures";
import { emptyText, valueText } from "./literals";

interface Field {
  attribute: Attribute;
  /** `"name":` */
  key: string;
  empty: string;
  derive?: Derivation;
}

/** Which attributes a reply shows: undefined for all of them. */
export type View = readonly string[] | undefined;

const fieldsOfType = new WeakMap<object, Field[]>();

/**
 * The `properties` member of an object, in the order of wire/documentum.md 7.3. Written by hand, not with
 * JSON.stringify: doubles need their fraction, and this runs for every reply and every row.
 */
export function propertiesText(repository: Repository, record: ObjectRecord, view?: View): string {
  const type = repository.types.known(record.type);
  let text = "{";
  for (const { attribute, key, empty, derive } of fieldsOf(type)) {
    if (view && !view.includes(attribute.name)) continue;
    const value = (derive ? derive(repository, record) : record.values[attribute.name]) ?? attribute.initial;
    if (text.length > 1) text += ",";
    text += key + (value === undefined ? empty : valueText(value, attribute));
  }
  return `${text}}`;
}

/** `:default` and `:all` show everything; otherwise the named attributes (wire/documentum.md section 9). */
export function readView(text: string | null): View {
  if (!text) return undefined;
  const names = text.split(",").map((name) => name.trim());
  if (names.includes(":all") || names.includes(":default")) return undefined;
  const unknown = names.find((name) => name.startsWith(":"));
  if (unknown) throw badRequest(`The view '${unknown}' is not defined.`);
  return names;
}

function fieldsOf(type: { all: Attribute[] }): Field[] {
  const known = fieldsOfType.get(type);
  if (known) return known;
  const fields = type.all.map((attribute) => ({
    attribute,
    key: `${JSON.stringify(attribute.name)}:`,
    empty: emptyText(attribute),
    derive: derivations.get(attribute.name),
  }));
  fieldsOfType.set(type, fields);
  return fields;
}
