import type { TableProblem } from "../../../core/routing/table";
import { known, type TextValues } from "../i18n.ts";
import type { Texts } from "./words.ts";

/** Texts of tables.json whose keys are put together. */
export const tableTexts: Texts = (key: string, values: TextValues = {}) => known("tables", key, values) ?? key;

/** What is wrong with a table, in the reader's language; fields are named as in a file: `rules[2].conditions[0].from`. */
export function fileProblemText({ code, values, message }: TableProblem): string {
  return known("tables", `check.${code}`, values) ?? message;
}

/** The same for a problem shown at its rule, where a field is called what stands above it. */
export function problemText(problem: TableProblem): string {
  const { rule, values } = problem;
  const label = rule === undefined || values.field === undefined ? undefined : known("tables", `field.${lastName(String(values.field))}`);
  return fileProblemText(label === undefined ? problem : { ...problem, values: { ...values, field: label } });
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
