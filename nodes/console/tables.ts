import { asDocbridgeError } from "../core/errors";
import type { RouteTableDraft, RouteTableVersion } from "../core/ledger/routing";
import { checkTable } from "../core/routing/check";
import { problemsOfForm } from "../core/routing/exchange";
import type { RouteTable, TableProblem } from "../core/routing/table";
import type { TableDetail, TableSummary } from "./api-types";
import { tryOut } from "./dry-run";
import { apiErrorOf, Refusal, refuseTable } from "./replies";
import { bodyOf, query, queryWhole, whole, whyOf } from "./requests";
import { type LedgerCall, ledgerApi, type Route } from "./routes";
import { expressionsOf, offerOfTable, requireTable, tableSummaries } from "./table-summary";

export const tableRoutes: Route[] = [
  ledgerApi("get", "/tables", "docbridge.read", (call): Promise<TableSummary[]> => tableSummaries(call)),
  ledgerApi("get", "/tables/:table", "docbridge.read", (call): Promise<TableDetail> => requireTable(call)),
  ledgerApi("put", "/tables/:table/draft", "docbridge.write", saveDraft),
  ledgerApi("delete", "/tables/:table/draft", "docbridge.write", discardDraft),
  ledgerApi("post", "/tables/:table/check", "docbridge.read", check),
  // It changes nothing, but the expressions of whoever asks are run, and they can read the environment.
  ledgerApi("post", "/tables/:table/dry-run", "docbridge.write", tryOut),
  ledgerApi("post", "/tables/:table/activate", "docbridge.write", activate),
  ledgerApi("get", "/tables/:table/versions", "docbridge.read", versions),
];

/** A draft may have mistakes, but must have the form of a table, or nobody could open it to mend them. */
async function saveDraft(call: LedgerCall): Promise<RouteTableDraft> {
  const { table } = await requireTable(call);
  const { content, revision } = bodyOf(call.request);
  refuseTable(problemsOfForm(content));
  return orSeeMeanwhile(call, table, (routing) =>
    routing.saveDraft(table, content as RouteTable, whole(revision, "revision", 0), call.who),
  );
}

async function discardDraft(call: LedgerCall): Promise<void> {
  const { table } = await requireTable(call);
  const revision = whole(bodyOf(call.request).revision, "revision", 0);
  await orSeeMeanwhile(call, table, (routing) => routing.discardDraft(table, revision, call.who));
}

async function check(call: LedgerCall): Promise<TableProblem[]> {
  await requireTable(call);
  return problemsOf(call, bodyOf(call.request).content);
}

async function activate(call: LedgerCall): Promise<RouteTableVersion> {
  const { table } = await requireTable(call);
  const body = bodyOf(call.request);
  const expectedVersion = whole(body.expectedVersion, "expectedVersion", 0);
  const note = whyOf(body.note, "note");
  refuseTable(problemsOf(call, body.content));
  return orSeeMeanwhile(call, table, (routing) =>
    routing.activate(table, body.content as RouteTable, expectedVersion, { author: call.who, note }),
  );
}

async function versions(call: LedgerCall): Promise<RouteTableVersion[]> {
  const { table } = await requireTable(call);
  const before = query(call.request, "before");
  const limit = queryWhole(call.request, "limit", 20, 1, 100);
  return call.stores.ledger.routing.versions(table, limit, before === undefined ? undefined : whole(before, "before", 1));
}

/** Without a router every destination is unknown: a document sent there would have no way to go. */
function problemsOf(call: LedgerCall, content: unknown): TableProblem[] {
  const offered = offerOfTable(call).destinations.map(({ name }) => name);
  return checkTable(content, offered, expressionsOf(call));
}

/** When somebody else was faster, the answer shows what they did. */
async function orSeeMeanwhile<T>(
  { stores }: LedgerCall,
  table: string,
  change: (routing: LedgerCall["stores"]["ledger"]["routing"]) => Promise<T>,
): Promise<T> {
  const { routing } = stores.ledger;
  try {
    return await change(routing);
  } catch (thrown) {
    const error = asDocbridgeError(thrown);
    if (error.code !== "changed-meanwhile") throw error;
    const [draft, version] = await Promise.all([routing.draft(table), routing.active(table)]);
    throw new Refusal(409, { ...apiErrorOf(error), ...(draft ? { draft } : {}), ...(version ? { version } : {}) });
  }
}
