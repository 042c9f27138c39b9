import { isoDate } from "../mapping/dates";

const NUMERIC = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;

/** The text of a text, number, boolean or Date, without the blanks around it; undefined for blank text and anything else. */
export function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value.trim() || undefined;
    case "number":
    case "boolean":
      return String(value);
    default:
      return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined;
  }
}

/** A number, or a text that is one in decimal notation with a point; undefined for anything else. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isNaN(value) ? undefined : value;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  return NUMERIC.test(text) ? Number(text) : undefined;
}

/** Reading a date is slow, and the rules of a table ask for the same few of a document again and again. */
const instants = new Map<string, number | undefined>();
const MOST_INSTANTS = 1_000;
const LONGEST_DATE = 40;

/** The time of an ISO 8601 date or date-time or of a Date, in milliseconds since 1970; undefined for anything else. */
export function instantOf(value: unknown): number | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime();
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (text.length > LONGEST_DATE) return undefined;
  const known = instants.get(text);
  if (known !== undefined || instants.has(text)) return known;
  const date = isoDate(text);
  const instant = date === undefined ? undefined : Date.parse(date);
  if (instants.size >= MOST_INSTANTS) instants.clear();
  instants.set(text, instant);
  return instant;
}

/** A value as JSONata's `$boolean` takes it: empty texts, lists and objects, 0, null, functions and nothing are false. */
export function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isTruthy);
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return typeof value !== "function" && Boolean(value);
}
