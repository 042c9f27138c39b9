/** What the tests of the router share: its flow, its rules, and an operator who changes them. */
import type { RouteRule, RouteTable } from "../../dist/core/routing/table.js";
import { offerOf } from "../../dist/runtime/routing-registry.js";
import type { Fields } from "../../scripts/support/sandbox-files.ts";
import { deliver, httpTrigger, PDF_HEADERS } from "./deliveries.ts";
import { type FlowNode, node } from "./flows.ts";
import type { Rig } from "./rig.ts";
import { until } from "./values.ts";

/** Where the table of these tests lives. */
export const PLACE = { ledger: "ledger", table: "routes" };

export type Stored = { name: string; label?: string; targets?: string; way?: "output" | "link" };

export const tableNode: FlowNode = { id: "table", type: "route-table", name: "", version: 1, ledger: "ledger", table: "routes" };

/** A router whose destinations go to helper nodes of the same name, and owe nobody a receipt unless said otherwise. */
export function router(destinations: Stored[], values: Fields = {}): FlowNode {
  const stored = destinations.map((each) => ({ label: "", targets: "", way: "output", ...each }));
  const outputs = stored.filter(({ way }) => way === "output");
  return node("document-router", "router", {
    table: "table",
    destinations: stored,
    links: [],
    outputs: outputs.length,
    wires: outputs.map(({ name }) => [name]),
    ...values,
  });
}

export const trigger = (values: Fields = {}) => httpTrigger({ doneWhen: "route", wires: [["router"]], ...values });
export const ends = (...ids: string[]) => ids.map((id) => node("helper", id));

/** A rule for documents of a customer. */
export function rule(id: string, customer: string, destinations: string[], more: Partial<RouteRule> = {}): RouteRule {
  const conditions: RouteRule["conditions"] = [{ path: "source.customerNumber", op: "equals", value: customer }];
  return { id, name: id, enabled: true, match: "all", conditions, destinations, settings: {}, ...more };
}

export const table = (rules: RouteRule[], fallback = ["a"]): RouteTable => ({ mode: "first", rules, default: fallback });

/** An operator and a sender for the flow of a rig. */
export function routingOf(rig: Rig) {
  let count = 0;
  /** Delivers a document of a customer, and gives its id. */
  async function give(customer = "4711"): Promise<string> {
    count += 1;
    const headers = { ...PDF_HEADERS, "X-Exstream-Customer-Number": customer, "X-Exstream-File-Name": `letter-${count}.pdf` };
    const { status, body } = await deliver(`${rig.url}/in`, headers, `letter ${count}`);
    status.should.equal(201);
    return String(body.documentId);
  }

  /** Puts a table in force in the ledger, as the console does. */
  async function activate(content: RouteTable, seen?: number): Promise<number> {
    const { routing } = await rig.ledger();
    const expected = seen ?? (await routing.active("routes"))?.version ?? 0;
    return (await routing.activate("routes", content, expected, { author: "an operator", note: "test" })).version;
  }

  const inForce = (version: number) => until(`version ${version} in force`, () => offerOf(PLACE).inForce === version);
  const started = () => until("a table in force", () => offerOf(PLACE).inForce);
  const events = async (id: string, type: string) => (await (await rig.ledger()).events(id)).filter((event) => event.type === type);

  return { give, activate, inForce, started, events };
}
