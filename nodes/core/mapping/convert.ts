import type { AttributeScalar, AttributeValue } from "../document";
import type { DocbridgeError, ErrorCode } from "../errors";
import { type Coerced, coerce, coerceUntyped } from "./coerce";
import { problem } from "./problem";
import type { Conversion, MappingRow } from "./rules";
import type { TargetAttribute } from "./types";
import { isEmpty } from "./view";

/**
 * Unit of attribute lengths. Whether a Documentum string length counts characters or bytes depends on the database
 * below it and no source tells; so it is configurable. Characters are UTF-16 units, as Java counts them.
 */
export type LengthUnit = "characters" | "utf8-bytes";

export type Converted = { value: AttributeValue } | { empty: true } | { problems: DocbridgeError[] };

/**
 * What a row's raw value becomes in its attribute: split, translated by the code table, brought to the type, checked
 * for length and allowed values. `attribute` is undefined when the target's type is not known.
 */
export function convertValue(raw: unknown, row: MappingRow, attribute: TargetAttribute | undefined, unit: LengthUnit): Converted {
  const name = row.attribute;
  const pieces = splitText(raw, row.convert?.split);
  const translated = translate(pieces, row.convert?.codes);
  if (translated === undefined) {
    return {
      problems: [problem("invalid-metadata", name, "has a code that its code table does not translate. Add the code to the table.")],
    };
  }
  if (isEmpty(translated)) return { empty: true };
  if (!Array.isArray(translated)) return one(translated, row, attribute, unit);
  if (attribute && !attribute.repeating) return unwrap(translated, row, attribute, unit);
  return many(translated, row, attribute, unit);
}

function one(value: unknown, row: MappingRow, attribute: TargetAttribute | undefined, unit: LengthUnit): Converted {
  const found = checked(value, row, attribute, unit, "");
  if ("problem" in found) return { problems: [found.problem] };
  return { value: attribute?.repeating ? [found.value] : found.value };
}

/** A list of exactly one value fills a single attribute: readers cannot know which XML elements could have repeated. */
function unwrap(values: unknown[], row: MappingRow, attribute: TargetAttribute, unit: LengthUnit): Converted {
  if (values.length === 1) return isEmpty(values[0]) ? { empty: true } : one(values[0], row, attribute, unit);
  return { problems: [problem("not-repeating", row.attribute, `holds one value, and its source has ${values.length}.`)] };
}

function many(values: unknown[], row: MappingRow, attribute: TargetAttribute | undefined, unit: LengthUnit): Converted {
  const found = values.map((value, at) => checked(value, row, attribute, unit, ` (entry ${at + 1})`));
  const problems = found.flatMap((entry) => ("problem" in entry ? entry.problem : []));
  return problems.length > 0 ? { problems } : { value: found.flatMap((entry) => ("value" in entry ? entry.value : [])) };
}

type Checked = { value: AttributeScalar } | { problem: DocbridgeError };

function checked(raw: unknown, row: MappingRow, attribute: TargetAttribute | undefined, unit: LengthUnit, entry: string): Checked {
  const refuse = (code: ErrorCode, rule: string) => ({
    problem: problem(code, row.attribute, entry === "" ? rule : `${rule.slice(0, -1)}${entry}.`),
  });
  const coerced: Coerced = attribute ? coerce(raw, attribute.type, row.convert) : coerceUntyped(raw, row.convert);
  if ("rule" in coerced) return refuse("wrong-type", coerced.rule);
  const { value } = coerced;
  if (typeof value === "string") {
    const damage = textDamage(value);
    if (damage) return refuse("invalid-metadata", damage);
    const excess = attribute?.type === "string" ? lengthExcess(value, attribute.length, unit) : undefined;
    if (excess) return refuse("value-too-long", excess);
  }
  if (attribute?.allowedValues && !attribute.allowedValues.includes(String(value))) {
    return refuse(
      "invalid-metadata",
      `must be one of the ${attribute.allowedValues.length} values its type allows, and the value is none of them.`,
    );
  }
  return { value };
}

function lengthExcess(value: string, length: number | undefined, unit: LengthUnit): string | undefined {
  const actual = unit === "characters" ? value.length : Buffer.byteLength(value);
  if (!length || actual <= length) return undefined;
  const word = unit === "characters" ? "characters" : "bytes";
  return `holds at most ${length} ${word}, and the value has ${actual}.`;
}

/** Text that a target would alter or refuse; U+FFFD means that somebody before us read it with the wrong encoding. */
function textDamage(value: string): string | undefined {
  if (value.includes("\u0000")) return "contains a NUL character, which no target keeps.";
  if (/\p{Surrogate}/u.test(value)) return "is not valid Unicode: it has half of a surrogate pair.";
  if (value.includes("\uFFFD")) return "contains the replacement character U+FFFD: the source was read with the wrong encoding.";
  return undefined;
}

function splitText(raw: unknown, separator: string | undefined): unknown {
  if (!separator || typeof raw !== "string") return raw;
  return raw
    .split(separator)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== "");
}

/** Undefined when a code is not in the table; an empty value stays empty. */
function translate(value: unknown, codes: Conversion["codes"]): unknown {
  if (!codes || isEmpty(value)) return value ?? null;
  if (!Array.isArray(value)) return translated(value, codes);
  const entries = value.map((entry) => translated(entry, codes));
  return entries.includes(undefined) ? undefined : entries;
}

function translated(value: unknown, codes: Record<string, string>): string | undefined {
  const code = typeof value === "string" ? value.trim() : String(value);
  return Object.hasOwn(codes, code) ? codes[code] : undefined;
}
