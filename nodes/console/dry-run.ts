import type { LedgerConsole, RoutingFacts } from "../core/ledger/console";
import { checkTable } from "../core/routing/check";
import { type CompiledTable, compileTable, type PrepareExpression } from "../core/routing/compile";
import { dryRun } from "../core/routing/dry-run";
import type { DryRunReport } from "../core/routing/report";
import type { RouteTable } from "../core/routing/table";
import { Gate } from "../runtime/gate";
import { refuseTable } from "./replies";
import { bodyOf, whole } from "./requests";
import type { LedgerCall } from "./routes";
import { expressionsOf, requireTable } from "./table-summary";

const MOST_DOCUMENTS = 1_000_000;
const USUAL_DOCUMENTS = 1_000;
const PAGE = 5_000;

/** It takes a good part of a processor, which the flows need too. */
const gate = new Gate(1);

/** What a draft would do with documents that were here: the newest, or those of a period. */
export async function tryOut(call: LedgerCall): Promise<DryRunReport> {
  const { active, inForce } = await requireTable(call);
  const prepare = expressionsOf(call);
  const body = bodyOf(call.request);
  // A destination that is not deployed yet may well be tried out.
  refuseTable(checkTable(body.content, undefined, prepare));
  const draft = compileTable(body.content as RouteTable, { prepare });
  const period = periodOf(body);
  const { console: ledger, routing } = call.stores.ledger;
  const used = inForce === undefined || inForce === active?.version ? active : await routing.version(active?.table ?? "", inForce);
  const gone = () => call.response.closed;
  return gate.run(() => dryRun(recent(ledger, period, gone), used && compiled(used.content, prepare), draft));
}

type RecentPage = Awaited<ReturnType<LedgerConsole["recent"]>>;

interface Period {
  most: number;
  from?: number;
  until?: number;
}

function periodOf({ last, from, until }: Record<string, unknown>): Period {
  const times = {
    ...(from === undefined ? {} : { from: whole(from, "from", 0) }),
    ...(until === undefined ? {} : { until: whole(until, "until", 0) }),
  };
  const usual = Object.keys(times).length > 0 ? MOST_DOCUMENTS : USUAL_DOCUMENTS;
  return { most: whole(last ?? usual, "last", 1, MOST_DOCUMENTS), ...times };
}

/**
 * Pages until there are enough, or until nobody waits for the answer any more. The ledger's thread reads the next one while
 * this one is looked at.
 */
async function* recent(ledger: LedgerConsole, { most, ...period }: Period, gone: () => boolean): AsyncGenerator<RoutingFacts[]> {
  let left = most;
  const read = (after?: string): Promise<RecentPage> => {
    const page = ledger.recent({ ...period, limit: Math.min(PAGE, left), ...(after === undefined ? {} : { after }) });
    // It may fail before anybody waits for it, which Node.js would take for nobody's.
    page.catch(() => {});
    return page;
  };
  for (let coming: Promise<RecentPage> | undefined = read(); coming; ) {
    const { documents, next }: RecentPage = await coming;
    left -= documents.length;
    coming = next !== undefined && left > 0 && !gone() ? read(next) : undefined;
    yield documents;
  }
}

/** A version that no longer compiles decides nothing. */
function compiled(content: RouteTable, prepare: PrepareExpression): CompiledTable | undefined {
  const isUsable = checkTable(content, undefined, prepare).every(({ severity }) => severity !== "error");
  return isUsable ? compileTable(content, { prepare }) : undefined;
}
