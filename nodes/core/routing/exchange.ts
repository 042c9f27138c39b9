import { checkTable } from "./check";
import { isObject } from "./fields";
import { tableProblem } from "./problems";
import type { RouteTable, TableProblem } from "./table";

/** An exported route table; `version` is that of the format. */
interface ExportedTable {
  docbridge: "route-table";
  version: 1;
  /** Name of the table it was taken from. */
  table: string;
  content: RouteTable;
}

/** A table as the text of a file that `parseTable` reads again. */
export function exportTable(table: string, content: RouteTable): string {
  const exported: ExportedTable = { docbridge: "route-table", version: 1, table, content };
  return `${JSON.stringify(exported, undefined, 2)}\n`;
}

/**
 * An exported table, or why it cannot become a draft: it is no such file, or parts of it have the wrong form. Whatever
 * else is wrong (an unknown destination, say) is for `checkTable` and can be mended in the draft. Never throws.
 */
export function parseTable(text: string): { table: string; content: RouteTable } | { problems: TableProblem[] } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { problems: [tableProblem("error", "import-not-json")] };
  }
  if (!isExported(parsed)) return { problems: [tableProblem("error", "import-format")] };
  const problems = problemsOfForm(parsed.content);
  return problems.length > 0 ? { problems } : { table: parsed.table, content: parsed.content };
}

/** Why something cannot be a draft: what of it has not even the form of a route table. */
export function problemsOfForm(content: unknown): TableProblem[] {
  const problems = checkTable(content, undefined, () => () => undefined);
  return problems.filter(({ code }) => code.startsWith("expected-") || code.startsWith("too-"));
}

function isExported(value: unknown): value is ExportedTable {
  return (
    isObject(value) && value.docbridge === "route-table" && value.version === 1 && typeof value.table === "string" && "content" in value
  );
}
