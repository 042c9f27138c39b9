import { DocbridgeError } from "../core/errors";
import type { PrepareExpression } from "../core/routing/compile";
import type { RouteTableNode } from "../runtime/connections";
import { boundedExpressions } from "../runtime/expressions";
import { offerOf, routedTables, type TableOffer } from "../runtime/routing-registry";
import type { TableDetail, TableSummary } from "./api-types";
import { nodesOf } from "./ledgers";
import { type LedgerCall, parameter } from "./routes";

/** All tables of the ledger: those it has, and those its nodes name. */
export async function tableSummaries(call: LedgerCall): Promise<TableSummary[]> {
  const labels = tableLabels(call);
  const names = new Set([...(await call.stores.ledger.routing.tables()), ...routedTables(call.node.id), ...labels.keys()]);
  const details = await Promise.all([...names].sort().map((name) => tableDetail(call, name, labels)));
  return details.map(({ active, draft, destinations, ...summary }) => summary);
}

/** The table that the path names. Throws `not-found` when neither the ledger nor a node knows it. */
export async function requireTable(call: LedgerCall): Promise<TableDetail & { table: string }> {
  const name = parameter(call, "table");
  const labels = tableLabels(call);
  const detail = await tableDetail(call, name, labels);
  if (detail.active || detail.draft || labels.has(name) || routedTables(call.node.id).includes(name)) return detail;
  throw new DocbridgeError("not-found", {
    message: "This ledger has no route table of this name, and no deployed node names one.",
    subject: "table",
  });
}

/** What the running routers of the table that the path names offer. */
export function offerOfTable(call: LedgerCall): TableOffer {
  return offerOf({ ledger: call.node.id, table: parameter(call, "table") });
}

/** Expressions of that table, with the environment and the context that its router has. */
export function expressionsOf(call: LedgerCall): PrepareExpression {
  const [router] = offerOfTable(call).routers;
  return boundedExpressions(call.RED, (router && call.RED.nodes.getNode(router)) || call.node);
}

async function tableDetail({ node, stores }: LedgerCall, table: string, labels: Map<string, string>): Promise<TableDetail> {
  const { routing } = stores.ledger;
  const [active, draft] = await Promise.all([routing.active(table), routing.draft(table)]);
  const { inForce, problems, destinations } = offerOf({ ledger: node.id, table });
  const name = labels.get(table);
  return {
    table,
    ...(name === undefined ? {} : { name }),
    ...(active ? { active, activeVersion: active.version, activatedAt: active.activatedAt, author: active.author } : {}),
    ...(draft ? { draft } : {}),
    hasDraft: draft !== undefined,
    ...(inForce === undefined ? {} : { inForce }),
    problems,
    destinations,
  };
}

/** By table: what the integrator calls it. */
function tableLabels({ RED, node }: LedgerCall): Map<string, string> {
  const ofLedger = nodesOf<RouteTableNode>(RED, "route-table").filter((each) => {
    try {
      return each.ledgerNode().id === node.id;
    } catch {
      // The node names no ledger, and says so itself.
      return false;
    }
  });
  return new Map(ofLedger.map((each) => [each.table, each.name || each.table]));
}
