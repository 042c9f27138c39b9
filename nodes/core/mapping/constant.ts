import { DocbridgeError } from "../errors";
import { isoDate } from "./dates";
import type { ConstantType, MappingSource } from "./rules";

/**
 * The value a constant (or an environment variable's text) stands for. Throws DocbridgeError `configuration` when the
 * text is not written in its type.
 */
export function constantValue({ value, valueType = "str" }: Pick<MappingSource, "value" | "valueType">): unknown {
  switch (valueType) {
    case "str":
      return value;
    case "num":
      return value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : refuse(valueType, "a number");
    case "bool":
      return value === "true" || (value !== "false" && refuse(valueType, "true or false"));
    case "date":
      return isoDate(value.trim()) ?? refuse(valueType, "an ISO 8601 date");
    case "json":
      return parse(value);
  }
}

function parse(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch (cause) {
    return refuse("json", "JSON", cause);
  }
}

function refuse(valueType: ConstantType, expected: string, cause?: unknown): never {
  throw new DocbridgeError("configuration", { message: `A constant of the kind "${valueType}" is not ${expected}. Correct it.`, cause });
}
