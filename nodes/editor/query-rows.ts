import { fieldProblem } from "./checks.ts";
import { type Problem, problem } from "./problem.ts";
import { messageTemplateProblem } from "./template.ts";

/** One row of documentum-find as it is saved: a condition on an attribute, or the value of a `:name` of the statement. */
export interface QueryRow {
  name: string;
  operator: Operator;
  valueKind: ValueKind;
  value: string;
}

export const OPERATORS = ["eq", "ne", "lt", "le", "gt", "ge", "begins", "contains", "in", "set", "empty"] as const;
export type Operator = (typeof OPERATORS)[number];
export type ValueKind = "str" | "num" | "bool" | "msg" | "template" | "jsonata" | "env";

export interface QueryProblem extends Problem {
  /** From 0. */
  row: number;
  field: "name" | "value";
}

/** A complete row from whatever was saved or is new. */
export function completeQueryRow(saved: Partial<QueryRow> = {}): QueryRow {
  return {
    name: saved.name ?? "",
    operator: saved.operator ?? "eq",
    valueKind: saved.valueKind ?? "str",
    value: saved.value ?? "",
  };
}

export function needsValue({ operator }: QueryRow): boolean {
  return operator !== "set" && operator !== "empty";
}

/** Everything that can be said to be wrong without knowing the repository's type. `kind`: of binds each name counts once. */
export function queryProblems(rows: readonly QueryRow[], kind: "conditions" | "binds"): QueryProblem[] {
  return rows.flatMap((row, at) => {
    const twice = kind === "binds" && rows.slice(0, at).some(({ name }) => name === row.name);
    const found: [QueryProblem["field"], Problem | undefined][] = [
      ["name", fieldProblem(row.name, { is: "identifier" }) ?? (twice ? problem("bindTwice", { name: row.name }) : undefined)],
      ["value", needsValue(row) ? valueProblem(row) : undefined],
    ];
    return found.flatMap(([field, wrong]) => (wrong ? [{ ...wrong, row: at, field }] : []));
  });
}

function valueProblem({ valueKind, value }: QueryRow): Problem | undefined {
  if (value.trim() === "") return problem("missing");
  if (valueKind === "num") return fieldProblem(value, { is: "number" });
  return valueKind === "template" ? messageTemplateProblem(value) : undefined;
}
