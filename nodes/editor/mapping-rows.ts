import { parseCodes } from "../core/mapping/codes.ts";
import { fieldProblem } from "./checks.ts";
import { type Problem, problem } from "./problem.ts";
import { prefixProblem, templateProblem } from "./template.ts";

/** One row of metadata-mapper, as it is saved with the node. */
export interface Row {
  attribute: string;
  sourceKind: "property" | "constant" | "template" | "jsonata" | "env";
  source: string;
  ifEmpty: "quarantine" | "skip" | "null" | "default";
  fallback: string;
  dateFormat: string;
  decimal: "" | "," | ".";
  /** Code table, `code=value; code=value`. */
  codes?: string;
  /** Separator that makes a list of one text. */
  split?: string;
}

export interface RowProblem extends Problem {
  /** From 0. */
  row: number;
  field: keyof Row;
}

/** A complete row from whatever was saved or is new. */
export function completeRow(saved: Partial<Row> = {}): Row {
  return {
    attribute: saved.attribute ?? "",
    sourceKind: saved.sourceKind ?? "property",
    source: saved.source ?? "",
    ifEmpty: saved.ifEmpty ?? "quarantine",
    fallback: saved.fallback ?? "",
    dateFormat: saved.dateFormat ?? "",
    decimal: saved.decimal ?? "",
    ...(saved.codes ? { codes: saved.codes } : {}),
    ...(saved.split ? { split: saved.split } : {}),
  };
}

/** Does a row hold more than its closed form shows? */
export function hasDetails(row: Row): boolean {
  return row.ifEmpty === "default" || [row.dateFormat, row.decimal, row.codes, row.split].some(Boolean);
}

/** Everything that can be said to be wrong without knowing the repository's type. */
export function rowProblems(rows: readonly Row[]): RowProblem[] {
  return rows.flatMap((row, at) => {
    const found: [keyof Row, Problem | undefined][] = [
      ["attribute", attributeProblem(row, rows.slice(0, at))],
      ["source", sourceProblem(row)],
      ["fallback", row.ifEmpty === "default" && row.fallback === "" ? problem("rowFallback") : undefined],
      ["dateFormat", fieldProblem(row.dateFormat, { is: "dateFormat", optional: true })],
      ["codes", parseCodes(row.codes ?? "") ? undefined : problem("codes")],
    ];
    return found.flatMap(([field, wrong]) => (wrong ? [{ ...wrong, row: at, field }] : []));
  });
}

function attributeProblem({ attribute }: Row, before: readonly Row[]): Problem | undefined {
  const wrong = fieldProblem(attribute, { is: "identifier" });
  if (wrong) return wrong;
  const first = before.findIndex((row) => row.attribute === attribute);
  return first < 0 ? undefined : problem("rowTwice", { attribute, first: first + 1 });
}

function sourceProblem({ sourceKind, source }: Row): Problem | undefined {
  if (source.trim() === "") return problem("missing");
  if (sourceKind === "property") return prefixProblem(source);
  if (sourceKind === "template") return templateProblem(source);
  return undefined;
}
