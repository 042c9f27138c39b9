import type { PrepareExpression } from "./compile";
import type { Fields } from "./fields";
import { splitPath, VIEW_ROOTS } from "./paths";
import { compilePattern } from "./pattern";
import type { ConditionOperator } from "./table";
import { instantOf } from "./values";

/** Longest pattern or expression. */
export const LONGEST_PATTERN = 2_000;
export const MOST_VALUES = 10_000;
const ROOTS = VIEW_ROOTS.join(", ");

/** Every operator, with what it takes besides a path; `Record` keeps the list complete. */
const OPERANDS: Record<ConditionOperator, { fields: string[]; check: (condition: Fields, prepare: PrepareExpression) => void }> = {
  equals: { fields: ["value", "ignoreCase"], check: checkEquals },
  in: { fields: ["values", "ignoreCase"], check: checkIn },
  matches: { fields: ["pattern", "ignoreCase"], check: checkMatches },
  contains: { fields: ["value", "ignoreCase"], check: (condition) => void filled(condition, "value") },
  between: { fields: ["from", "to"], check: checkBetween },
  before: { fields: ["value"], check: checkDate },
  after: { fields: ["value"], check: checkDate },
  exists: { fields: [], check: () => {} },
  jsonata: { fields: ["expression"], check: checkExpression },
};
const OPERATORS = Object.keys(OPERANDS) as ConditionOperator[];

export function checkCondition(condition: Fields, prepare: PrepareExpression): void {
  const op = condition.choice("op", OPERATORS);
  if (op === undefined) return;
  const { fields, check } = OPERANDS[op];
  condition.only("op", "negate", ...(op === "jsonata" ? [] : ["path", "ignoreCase"]), ...fields);
  condition.flag("negate", { optional: true });
  condition.flag("ignoreCase", { optional: true });
  if (op !== "jsonata") checkPath(condition);
  check(condition, prepare);
}

function checkPath(condition: Fields): void {
  const path = condition.text("path");
  if (path === undefined) return;
  if (path.trim() === "") condition.error("path-missing");
  else if (splitPath(path).root === undefined) condition.error("path-unknown", { path, roots: ROOTS });
}

/** A text that is not blank; undefined, with a problem, for anything else. */
function filled(condition: Fields, name: string, limit?: number): string | undefined {
  const text = condition.text(name, { limit });
  if (text?.trim() !== "") return text;
  condition.error("value-missing", { field: condition.place(name) });
  return undefined;
}

function checkEquals(condition: Fields): void {
  const value = condition.get("value");
  if (typeof value === "string") filled(condition, "value");
  else if (typeof value !== "boolean" && !Number.isFinite(value)) condition.error("expected-value", { field: condition.place("value") });
}

function checkIn(condition: Fields): void {
  const values = condition.texts("values", MOST_VALUES);
  if (values?.length === 0 || values?.some((value) => value.trim() === "")) {
    condition.error("value-missing", { field: condition.place("values") });
  }
}

function checkMatches(condition: Fields): void {
  const pattern = filled(condition, "pattern", LONGEST_PATTERN);
  if (pattern === undefined) return;
  try {
    compilePattern(pattern);
  } catch (error) {
    condition.error("pattern-invalid", { reason: reasonOf(error) });
  }
}

function checkBetween(condition: Fields): void {
  const from = condition.number("from");
  const to = condition.number("to");
  if (from !== undefined && to !== undefined && from > to) condition.error("range-reversed", { from, to });
}

function checkDate(condition: Fields): void {
  const date = filled(condition, "value");
  if (date !== undefined && instantOf(date) === undefined) condition.error("date-invalid", { date });
}

function checkExpression(condition: Fields, prepare: PrepareExpression): void {
  const expression = filled(condition, "expression", LONGEST_PATTERN);
  if (expression === undefined) return;
  try {
    prepare(expression);
  } catch (error) {
    condition.error("expression-invalid", { reason: reasonOf(error) });
    return;
  }
  if (/(?<![\w.$])(?:msg|document)\./.test(expression)) condition.warning("expression-root", { roots: ROOTS });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : "it cannot be read";
}
