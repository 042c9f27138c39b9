import { useEffect, useState } from "preact/hooks";
import type { OfferedDestination, RouteTable, TableProblem } from "../../../core/routing/table";
import { api } from "../api.ts";
import { useConsole } from "../console-context.ts";

const pauseMs = 350;

/** What the server says is wrong with a table, asked anew whenever typing pauses or the routers offer something else. */
export function useCheck(
  name: string,
  table: RouteTable,
  offered: readonly OfferedDestination[],
): { problems: TableProblem[]; checked: boolean } {
  const { ledger } = useConsole();
  const [answer, setAnswer] = useState<{ table: RouteTable; problems: TableProblem[] }>();

  const names = offered.map((each) => each.name).join("\n");

  useEffect(() => {
    let isNewest = true;
    const take = (problems: TableProblem[]) => isNewest && setAnswer({ table, problems });
    // Not being able to check is no problem of the table; saving and activating are checked by the server anyhow.
    const timer = setTimeout(() => api.check(ledger, name, table).then(take, () => {}), pauseMs);
    return () => {
      isNewest = false;
      clearTimeout(timer);
    };
  }, [ledger, name, table, names]);

  return { problems: answer?.problems ?? [], checked: answer?.table === table };
}
