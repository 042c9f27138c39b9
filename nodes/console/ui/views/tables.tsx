import { TableList } from "../tables/table-list.tsx";
import { TablePage } from "../tables/table-page.tsx";
import type { ViewProps } from "./index.ts";

export function Tables({ item, query }: ViewProps) {
  return item === undefined ? <TableList /> : <TablePage key={item} name={item} query={query} />;
}
