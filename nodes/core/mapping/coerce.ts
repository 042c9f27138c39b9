import { dateOfEpoch, formattedDate, isoDate } from "./dates";
import type { Conversion } from "./rules";
import type { AttributeType } from "./types";

/** The value in the attribute's type, or the rule it breaks (words that follow the attribute's name). */
export type Coerced = { value: string | number | boolean } | { rule: string };

/**
 * Brings one value to an attribute's type. The rules a user can rely on:
 * - string: text as it is; numbers in digits, booleans as `true` and `false`
 * - integer: a whole number of at most 2^53 - 1, also as text (`12`, `12.0`)
 * - double: a finite number, also as text; thousands separators only when the row names its decimal sign
 * - boolean: true, false, 1, 0, yes, no (any case)
 * - date: ISO 8601, epoch milliseconds as a number, or text in the row's date format; see dates.ts
 * - id: 16 hexadecimal digits (wire/documentum.md 7.2)
 */
export function coerce(value: unknown, type: AttributeType, convert: Conversion = {}): Coerced {
  switch (type) {
    case "string":
      return toText(value);
    case "integer":
      return toInteger(value, convert);
    case "double":
      return toDouble(value, convert);
    case "boolean":
      return toBoolean(value);
    case "date":
      return toDate(value, convert);
    case "id":
      return toId(value);
  }
}

/** A value for an attribute whose type nobody knows: kept as it is, unless the row says it is a date or a number. */
export function coerceUntyped(value: unknown, convert: Conversion = {}): Coerced {
  if (convert.dateFormat !== undefined || value instanceof Date) return coerce(value, "date", convert);
  if (convert.decimal !== undefined) return coerce(value, "double", convert);
  return typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value)) ? { value } : toText(value);
}

function toText(value: unknown): Coerced {
  if (value instanceof Date) return toDate(value, {});
  if (typeof value === "number" && Number.isFinite(value)) return { value: String(value) };
  if (typeof value === "boolean" || typeof value === "bigint") return { value: String(value) };
  return typeof value === "string" ? { value } : { rule: "must be text, and the value is neither text, number nor boolean." };
}

function toInteger(value: unknown, convert: Conversion): Coerced {
  const found = toDouble(value, convert);
  if ("value" in found && Number.isInteger(found.value)) {
    return Number.isSafeInteger(found.value) ? found : { rule: "must be a whole number, and the value has too many digits to be exact." };
  }
  return { rule: `must be a whole number, and the value is none${hint(value, convert)}.` };
}

function toDouble(value: unknown, convert: Conversion): Coerced {
  const number = typeof value === "string" ? parseNumber(value.trim(), convert.decimal) : Number(value);
  const isNumeric = typeof value === "number" || typeof value === "string" || typeof value === "bigint";
  if (isNumeric && Number.isFinite(number)) return { value: number };
  return { rule: `must be a number, and the value is none${hint(value, convert)}.` };
}

const PLAIN_NUMBER = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const WRITTEN_NUMBER = {
  ".": /^[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$/,
  ",": /^[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?$/,
};

function parseNumber(text: string, decimal: "," | "." | undefined): number {
  if (decimal === undefined) return PLAIN_NUMBER.test(text) ? Number(text) : Number.NaN;
  if (!WRITTEN_NUMBER[decimal].test(text)) return Number.NaN;
  const plain = decimal === "," ? text.replaceAll(".", "").replace(",", ".") : text.replaceAll(",", "");
  return Number(plain);
}

function hint(value: unknown, { decimal }: Conversion): string {
  if (typeof value !== "string") return "";
  return decimal === undefined ? "; set the row's decimal sign if people wrote it" : ` with the decimal sign "${decimal}"`;
}

function toBoolean(value: unknown): Coerced {
  const text = typeof value === "string" ? value.trim().toLowerCase() : String(value);
  const isScalar = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  if (isScalar && ["true", "1", "yes"].includes(text)) return { value: true };
  if (isScalar && ["false", "0", "no"].includes(text)) return { value: false };
  return { rule: "must be true or false (also 1, 0, yes, no), and the value is none of them; a code table can translate it." };
}

function toDate(value: unknown, { dateFormat }: Conversion): Coerced {
  const date = dateText(value, dateFormat);
  if (date !== undefined) return { value: date };
  const form = dateFormat === undefined ? "ISO 8601 (set the row's date format if it is written otherwise)" : `the form ${dateFormat}`;
  return { rule: `must be a date in ${form}, and the value is none.` };
}

function dateText(value: unknown, format: string | undefined): string | undefined {
  if (value instanceof Date) return dateOfEpoch(value.getTime());
  if (typeof value === "number") return dateOfEpoch(value);
  if (typeof value !== "string") return undefined;
  return format === undefined ? isoDate(value.trim()) : formattedDate(value.trim(), format);
}

function toId(value: unknown): Coerced {
  const text = typeof value === "string" ? value.trim().toLowerCase() : "";
  return /^[0-9a-f]{16}$/.test(text) ? { value: text } : { rule: "must be an object id of 16 hexadecimal digits, and the value is none." };
}
