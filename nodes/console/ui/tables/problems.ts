import type { RouteTable, TableProblem } from "../../../core/routing/table";

/** A place in the editor at which a problem is shown, and to which the summary leads. */
export type ProblemField =
  | "name"
  | "conditions"
  | "destinations"
  | "priority"
  | "samplePercent"
  | "window"
  | "rule"
  | "default"
  | "table"
  | "path"
  | "value";

/** By code, where it says more than the field that it may name. */
const fieldOfCode: Record<string, ProblemField> = {
  "name-missing": "name",
  "name-repeated": "name",
  "destination-missing": "destinations",
  "priority-range": "priority",
  "sample-range": "samplePercent",
  "too-many-conditions": "conditions",
  "path-missing": "path",
  "path-unknown": "path",
};

/** Where in the editor the problem belongs. */
export function fieldOf({ code, rule, condition, values }: TableProblem): ProblemField {
  if (rule === undefined)
    return code === "default-missing" || code === "destination-unknown" || isAbout(values.field, "default") ? "default" : "table";
  if (condition !== undefined) return fieldOfCode[code] ?? (isAbout(values.field, "path") ? "path" : "value");
  if (code === "destination-unknown" || isAbout(values.field, "destinations")) return "destinations";
  if (code.startsWith("window-") || isAbout(values.field, "window")) return "window";
  const named = (["priority", "samplePercent", "name"] as const).find((name) => isAbout(values.field, name));
  return fieldOfCode[code] ?? named ?? "rule";
}

function isAbout(field: unknown, name: string): boolean {
  return String(field ?? "")
    .split(/[.[\]]+/)
    .includes(name);
}

/** Id of the element that the problem is about. */
export function anchorOf(problem: TableProblem): string {
  return anchor(fieldOf(problem), problem.rule, problem.condition);
}

export function anchor(field: ProblemField, rule?: string, condition?: number): string {
  return ["at", rule, condition, field].filter((part) => part !== undefined).join("-");
}

/** The problems of one field. */
export function problemsAt(problems: readonly TableProblem[], field: ProblemField, rule?: string, condition?: number): TableProblem[] {
  return problems.filter((each) => each.rule === rule && each.condition === condition && fieldOf(each) === field);
}

/** Problems of rules in the order of the rules, those of the table last, as one meets them going down the page. */
export function inOrder(problems: readonly TableProblem[], table: RouteTable): TableProblem[] {
  const places = new Map(table.rules.map(({ id }, at) => [id, at]));
  const place = ({ rule }: TableProblem) => (rule === undefined ? Number.POSITIVE_INFINITY : (places.get(rule) ?? table.rules.length));
  return problems.toSorted((a, b) => place(a) - place(b) || (a.condition ?? -1) - (b.condition ?? -1));
}

export function hasErrors(problems: readonly TableProblem[]): boolean {
  return problems.some(({ severity }) => severity === "error");
}
