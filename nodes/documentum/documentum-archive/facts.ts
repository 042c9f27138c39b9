import type { AttributeDefinition, TypeDefinition } from "../../clients/type-definition";
import type { Attributes } from "../../core/document";
import { DocbridgeError } from "../../core/errors";

type Values = Record<string, unknown>;

/**
 * What has to be written so that an object holds these facts: repeating attributes get a row more unless they have it, row
 * meaning the values at the same place of all of them; single ones are set while they are empty and left alone after that.
 * Undefined when there is nothing to write. Throws `unknown-attribute`.
 */
export function additions(facts: Attributes, now: Values, type: TypeDefinition): Values | undefined {
  const known = new Map(type.attributes.map((attribute) => [attribute.name, attribute]));
  const given = Object.entries(facts).map(([name, value]) => ({ attribute: known.get(name) ?? unknown(type, name), value }));
  const single = given.filter(({ attribute, value }) => !attribute.repeating && !isUnset(value) && isUnset(now[attribute.name]));
  const changes = [
    ...single.map(({ attribute, value }): [string, unknown] => [attribute.name, value]),
    ...rowsAdded(
      given.filter(({ attribute }) => attribute.repeating),
      now,
    ),
  ];
  return changes.length > 0 ? Object.fromEntries(changes) : undefined;
}

type Given = { attribute: AttributeDefinition; value: unknown };

function rowsAdded(given: Given[], now: Values): [string, unknown[]][] {
  const columns = given.map(({ attribute, value }) => ({ attribute, ours: listOf(value), theirs: listOf(now[attribute.name]) }));
  const height = Math.max(0, ...columns.map(({ theirs }) => theirs.length));
  const rows = Math.max(0, ...columns.map(({ ours }) => ours.length));
  const isThere = (row: number): boolean =>
    Array.from({ length: height }, (_, at) => at).some((at) =>
      columns.every(({ attribute, ours, theirs }) => same(attribute, ours[row], theirs[at])),
    );
  const missing = Array.from({ length: rows }, (_, row) => row).filter((row) => !isThere(row));
  if (missing.length === 0) return [];
  return columns.map(({ attribute, ours, theirs }) => {
    // Shorter attributes are filled up, so that what belongs together stays at the same place.
    const filled = [...theirs, ...Array.from({ length: height - theirs.length }, () => blank(attribute))];
    return [attribute.name, [...filled, ...missing.map((row) => ours[row] ?? blank(attribute))]];
  });
}

function same({ type }: AttributeDefinition, a: unknown, b: unknown): boolean {
  if (isUnset(a) || isUnset(b)) return isUnset(a) && isUnset(b);
  if (type === "date") return Date.parse(String(a)) === Date.parse(String(b));
  return type === "integer" || type === "double" ? Number(a) === Number(b) : String(a) === String(b);
}

/** How an empty value is written (wire/documentum.md 7.2). */
function blank({ type }: AttributeDefinition): unknown {
  if (type === "string") return "";
  if (type === "id") return "0000000000000000";
  if (type === "date") return null;
  return type === "boolean" ? false : 0;
}

/** A repository does not tell 0, false and an empty text from a value nobody has set. */
function isUnset(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) return true;
  return Array.isArray(value) ? value.length === 0 : typeof value === "string" && /^0{16}$/.test(value);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : isUnset(value) ? [] : [value];
}

function unknown(type: TypeDefinition, name: string): never {
  throw new DocbridgeError("unknown-attribute", {
    message: `The type ${type.name} has no attribute "${name}". Correct the mapping of the delivery facts.`,
    subject: name,
  });
}
