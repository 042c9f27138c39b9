import type { Definitions } from "./definitions";
import { invalid } from "./errors";
import type { Attribute, Traits } from "./model";

export type Values = Record<string, unknown>;

/**
 * The properties of an instance of a type, checked whole: defaults filled in, nulls left out. Throws CmsError 400 that
 * names the attribute, never its value.
 */
export function checkedProperties(definitions: Definitions, type: string, values: Values): Values {
  const attributes = definitions.allAttributes(type).filter(({ system }) => !system);
  return checkedValues(`type '${type}'`, attributes, values);
}

/**
 * The traits of an instance, checked whole. A trait the type requires is there at least with its defaults.
 * Throws CmsError 400.
 */
export function checkedTraits(definitions: Definitions, type: string, traits: Traits): Traits {
  const wanted: Traits = structuredClone(traits);
  for (const { trait_name: trait, instance_name: name } of definitions.allRequiredTraits(type)) {
    wanted[trait] = { [name]: {}, ...wanted[trait] };
  }
  const checked: Traits = {};
  for (const [trait, instances] of Object.entries(wanted)) {
    const definition = definitions.traits.get(trait);
    if (!definition) throw invalid(`trait '${trait}' does not exist`);
    const named: Record<string, Values> = {};
    for (const [name, values] of Object.entries(objectOf(instances, `traits.${trait}`))) {
      const where = `trait '${trait}', instance '${name}'`;
      named[name] = checkedValues(where, definition.attributes, objectOf(values, where));
    }
    checked[trait] = named;
  }
  return checked;
}

function checkedValues(where: string, attributes: Attribute[], values: Values): Values {
  const known = new Map(attributes.map((attribute) => [attribute.name, attribute]));
  const checked: Values = {};
  for (const [name, value] of Object.entries(values)) {
    const attribute = known.get(name);
    if (!attribute) throw invalid(`attribute '${name}' is not defined for ${where}`);
    if (value === null || value === undefined) continue;
    if (attribute.read_only) throw invalid(`attribute '${name}' of ${where} is read-only`);
    checkValue(where, attribute, value);
    checked[name] = value;
  }
  for (const { name, default_value: initial, required } of attributes) {
    if (checked[name] === undefined && initial !== null) checked[name] = initial;
    if (required && isEmpty(checked[name])) throw invalid(`attribute '${name}' of ${where} is required`);
  }
  return checked;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

function checkValue(where: string, attribute: Attribute, value: unknown): void {
  if (attribute.repeating !== Array.isArray(value)) {
    throw invalid(`attribute '${attribute.name}' of ${where} takes ${attribute.repeating ? "a list" : "one value"}`);
  }
  for (const one of Array.isArray(value) ? value : [value]) {
    const fault = faultOf(attribute, one);
    if (fault) throw invalid(`attribute '${attribute.name}' of ${where} ${fault}`);
  }
}

/** What is wrong with a single value, or undefined. */
function faultOf(attribute: Attribute, value: unknown): string | undefined {
  switch (attribute.data_type) {
    case "string":
      if (typeof value !== "string") return "must be a string";
      return [...value].length > (attribute.size ?? Number.POSITIVE_INFINITY) ? `is longer than ${attribute.size} characters` : undefined;
    case "integer":
      return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 31 - 1 ? undefined : "must be a 32-bit integer";
    case "long":
    case "bigint":
      return Number.isSafeInteger(value) ? undefined : "must be an integer";
    case "double":
    case "float":
      return Number.isFinite(value) ? undefined : "must be a number";
    case "boolean":
      return typeof value === "boolean" ? undefined : "must be true or false";
    case "date":
      return isDate(value) ? undefined : "must be a date such as 2026-01-31 or 2026-01-31T12:00:00.000Z";
  }
}

/** ISO date, or date and time with offset `Z`, `+00:00` or `+0000`. The vendor's form is [UNKNOWN]; it comes back as sent. */
function isDate(value: unknown): boolean {
  if (typeof value !== "string") return false;
  const found = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(value);
  if (!found) return false;
  const day = new Date(`${found[1]}T00:00:00Z`);
  // 31 February rolls over to March: no such day.
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(found[1] as string);
}

/** A JSON object, or CmsError 400. */
export function objectOf(value: unknown, name: string): Values {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(`${name} must be an object`);
  return value as Values;
}
