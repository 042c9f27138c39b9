import Papa from "papaparse";
import { completeRow, type Row } from "./mapping-rows.ts";
import { type Problem, problem } from "./problem.ts";

const KINDS: Row["sourceKind"][] = ["property", "constant", "template", "jsonata", "env"];
const EMPTY_RULES: Row["ifEmpty"][] = ["quarantine", "skip", "null", "default"];
const COLUMNS = ["attribute", "source", "sourceKind", "ifEmpty", "fallback", "dateFormat", "decimal", "codes", "split"] as const;

/**
 * Rows from a table with a header line; `attribute` and `source` must be there, the other columns are those of a row. The
 * separator is found out (comma, semicolon, tab). Gives every problem instead of part of the table.
 */
export function rowsFromCsv(text: string): { rows: Row[] } | { problems: Problem[] } {
  const { data, meta } = Papa.parse<Record<string, string>>(text.replace(/^\uFEFF/, ""), {
    header: true,
    skipEmptyLines: "greedy",
    transformHeader: (name) => COLUMNS.find((column) => column.toLowerCase() === name.trim().toLowerCase()) ?? name.trim(),
  });
  const missing = ["attribute", "source"].filter((column) => !meta.fields?.includes(column));
  if (missing.length > 0) return { problems: [problem("csvColumns", { columns: missing.join(", ") })] };
  const problems = data.flatMap((line, at) => lineProblems(line, at + 2));
  if (problems.length > 0) return { problems };
  return { rows: data.map((line) => completeRow(withoutBlanks(line))) };
}

function lineProblems(line: Record<string, string>, number: number): Problem[] {
  const wrong = (column: string, allowed: readonly string[]) => {
    const value = (line[column] ?? "").trim();
    return value === "" || allowed.includes(value) ? [] : [problem("csvValue", { line: number, column, allowed: allowed.join(", ") })];
  };
  return [...wrong("sourceKind", KINDS), ...wrong("ifEmpty", EMPTY_RULES), ...wrong("decimal", [",", "."])];
}

function withoutBlanks(line: Record<string, string>): Partial<Row> {
  const known = COLUMNS.map((column) => [column, line[column]?.trim()] as const);
  return Object.fromEntries(known.filter(([, value]) => value !== undefined && value !== ""));
}
