import type { RouteTable, TableProblem } from "../../../core/routing/table";

/** Largest file that can be an exported table. */
export const largestFile = 5_000_000;

/** Reading a table needs its check, with which nobody has to wait for the page who imports none. */
const exchange = () => import("../../../core/routing/exchange");

export async function readTable(file: File): Promise<{ table: string; content: RouteTable } | { problems: TableProblem[] }> {
  const { parseTable } = await exchange();
  return parseTable(await file.text());
}

/** Has the browser save the table as a file. */
export async function saveTable(name: string, content: RouteTable, version?: number): Promise<void> {
  const { exportTable } = await exchange();
  const url = URL.createObjectURL(new Blob([exportTable(name, content)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name.replace(/[^\w.-]+/g, "-")}${version === undefined ? "" : `-v${version}`}.json`;
  link.click();
  URL.revokeObjectURL(url);
}
