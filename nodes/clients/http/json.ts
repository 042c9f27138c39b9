/** Reading JSON that somebody else made: nothing here throws because a field is missing or of another type. */

export type JsonObject = Record<string, unknown>;

/** The object itself, or an empty one when the value is anything else. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The array's items; `null`, a missing field and a single value are tolerated. */
export function asList(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

/** Text of a string or a number; undefined for an empty string and everything else. */
export function asText(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A finite number, also from a string of digits (`"900"`); undefined for everything else. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** `true`, `"true"` and 1 are true. */
export function asBoolean(value: unknown): boolean {
  return value === true || value === 1 || (typeof value === "string" && value.toLowerCase() === "true");
}

/** Parsed JSON, or undefined where the bytes are none. */
export function parseJson(bytes: Buffer | string): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** A text of the other side, cut to what belongs in an error. */
export function excerpt(value: unknown, length = 300): string | undefined {
  const text = asText(value);
  return text !== undefined && text.length > length ? `${text.slice(0, length)}…` : text;
}
