import type { Condition, ConditionOperator, PropertyCondition } from "../../../core/routing/table";

/** In the order in which they are offered. */
export const operators: readonly ConditionOperator[] = [
  "equals",
  "in",
  "contains",
  "matches",
  "between",
  "before",
  "after",
  "exists",
  "jsonata",
];

/** Operators that compare text, so that upper and lower case can be told apart or not. */
export function knowsCase(op: ConditionOperator): boolean {
  return op === "equals" || op === "in" || op === "contains" || op === "matches";
}

/** Paths that are worth proposing before any document has been seen. */
const commonPaths: readonly string[] = [
  "source.customerNumber",
  "source.jobId",
  "source.queueName",
  "source.communicationId",
  "source.communicationVersion",
  "source.fileName",
  "source.system",
  "content.mediaType",
  "content.size",
  "content.fileName",
  "variant.role",
  "batch.id",
  "businessKey",
];

/** Paths to propose: the common ones, those the table already uses, and the metadata of documents that came in lately. */
export function pathSuggestions(used: readonly string[], metadata: readonly Record<string, unknown>[]): string[] {
  const seen = metadata.flatMap((each) => Object.keys(each)).map((name) => `metadata.${name}`);
  return [...new Set([...commonPaths, ...[...used, ...seen].filter((path) => path !== "").toSorted()])];
}

/** The condition with another operator; what was entered stays wherever the new operator has a place for it. */
export function changeOperator(condition: Condition, op: ConditionOperator): Condition {
  if (condition.op === op) return condition;
  const negate = condition.negate ? { negate: true } : {};
  if (op === "jsonata") return { op, expression: pathOf(condition), ...negate };
  const ignoreCase = "ignoreCase" in condition && condition.ignoreCase && knowsCase(op) ? { ignoreCase: true } : {};
  return { path: pathOf(condition), ...withOperator(op, valuesOf(condition)), ...negate, ...ignoreCase } as PropertyCondition;
}

/** An expression that is nothing but a path can become one. */
function pathOf(condition: Condition): string {
  if (condition.op !== "jsonata") return condition.path;
  return /^[A-Za-z_]\w*(\.\w+)*$/.test(condition.expression.trim()) ? condition.expression.trim() : "";
}

function valuesOf(condition: Condition): (string | number)[] {
  switch (condition.op) {
    case "equals":
      return [typeof condition.value === "boolean" ? String(condition.value) : condition.value];
    case "in":
      return condition.values;
    case "matches":
      return [condition.pattern];
    case "contains":
    case "before":
    case "after":
      return [condition.value];
    case "between":
      return [condition.from, condition.to].filter(Number.isFinite);
    default:
      return [];
  }
}

function withOperator(op: Exclude<ConditionOperator, "jsonata">, values: (string | number)[]) {
  const [first = "", second = first] = values;
  switch (op) {
    case "equals":
      return { op, value: first };
    case "in":
      return { op, values: values.map(String).filter((value) => value !== "") };
    case "matches":
      return { op, pattern: String(first) };
    case "contains":
      return { op, value: String(first) };
    case "before":
    case "after":
      return { op, value: isDate(String(first)) ? String(first) : "" };
    case "between":
      return { op, from: numberOf(first), to: numberOf(second) };
    case "exists":
      return { op };
  }
}

/** `NaN` stands for a number that is not entered yet; the check then asks for it. */
export function numberOf(text: string | number): number {
  return String(text).trim() === "" ? Number.NaN : Number(text);
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text));
}

export type ValueKind = "text" | "number" | "boolean";

export function kindOf(value: string | number | boolean): ValueKind {
  return typeof value === "string" ? "text" : (typeof value as "number" | "boolean");
}

/** The value as another kind; what cannot be read as it becomes that kind's own nothing. */
export function asKind(value: string | number | boolean, kind: ValueKind): string | number | boolean {
  if (kind === "text") return Number.isNaN(value) ? "" : String(value);
  if (kind === "number") return typeof value === "boolean" ? Number.NaN : numberOf(value);
  return value === true || value === "true";
}

/** One value per line, or cells pasted from a spreadsheet; each once, in order. A value may have commas. */
export function listFrom(text: string): string[] {
  const values = text.split(/[\n\r\t]/).map((value) => value.trim());
  return [...new Set(values.filter((value) => value !== ""))];
}
