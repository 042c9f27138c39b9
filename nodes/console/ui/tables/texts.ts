import type { TableProblem } from "../../../core/routing/table";
import { known, type TextValues } from "../i18n.ts";
import type { Texts } from "./words.ts";

/** Texts of tables.json whose keys are put together. */
export const tableTexts: Texts = (key: string, values: TextValues = {}) => known("tables", key, values) ?? key;

/** What is wrong, in the reader's language; in the editor a field is called what stands above it. */
export function problemText(problem: TableProblem): string {
  const { field } = problem.values;
  const label = problem.rule === undefined || field === undefined ? undefined : known("tables", `field.${lastName(String(field))}`);
  return known("tables", `check.${problem.code}`, { ...problem.values, ...(label ? { field: label } : {}) }) ?? problem.message;
}

/** `rules[2].conditions[0].from` → `from`; also of lists: `rules[2].destinations[0]` → `destinations`. */
function lastName(field: string): string {
  return (
    field
      .replace(/\[\d+\]$|\.\d+$/, "")
      .split(".")
      .at(-1) ?? field
  );
}
