import type { Attribute, AttributeType, Scalar, Value } from "../model/types";

/**
 * A double as Java prints it, because that is what the server's JSON carries: `9689.0`, and with an exponent from
 * ten million on, `1.048576E7` (wire/documentum.md 7.2; the exponent is [INF] from Java's `Double.toString`).
 */
export function doubleText(value: number): string {
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e7 || size < 1e-3)) {
    const [mantissa = "0", exponent = "0"] = value.toExponential().split("e");
    return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** What an attribute shows that nobody ever set (wire/documentum.md 7.2). */
export function emptyText(attribute: Attribute): string {
  if (attribute.repeating) return "null";
  return EMPTY[attribute.type];
}

const EMPTY: Record<AttributeType, string> = {
  string: '""',
  integer: "0",
  double: "0.0",
  boolean: "false",
  date: "null",
  id: '"0000000000000000"',
};

/** The JSON text of an attribute's value. */
export function valueText(value: Value, attribute: Attribute): string {
  if (!Array.isArray(value)) return scalarText(value, attribute.type);
  if (value.length === 0) return "null";
  let text = "[";
  for (let at = 0; at < value.length; at += 1) text += `${at > 0 ? "," : ""}${scalarText(value[at] as Scalar, attribute.type)}`;
  return `${text}]`;
}

function scalarText(value: Scalar, type: AttributeType): string {
  if (value === null) return EMPTY[type];
  if (typeof value === "string") return JSON.stringify(value);
  return type === "double" ? doubleText(value as number) : String(value);
}
