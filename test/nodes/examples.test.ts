import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import should from "should";
import { SqliteLedger } from "../../dist/core/ledger/sqlite/sqlite-ledger.js";
import type { RouteRule } from "../../dist/core/routing/table.js";
import { exampleFlow, type FlowNode, INJECT_ID } from "../../scripts/support/example-flow.ts";
import { judge } from "../../scripts/support/judge.ts";
import { ledgerCounts, untilEnded } from "../../scripts/support/progress.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { cmsInstances, documentumObjects } from "./stored.ts";
import { until } from "./values.ts";

const example = (name: string): FlowNode[] => JSON.parse(readFileSync(join(import.meta.dirname, `../../examples/${name}.json`), "utf8"));
const assets = example("Approved assets from Documentum and CSS");
/** Shared by both examples once they are in one Node-RED, as after two imports. */
const SHARED: Record<string, string> = { "dba-ledger": "dbr-ledger", "dba-documentum": "dbr-documentum", "dba-css": "dbr-css" };

/** The examples as one Node-RED has them, with the results of the second written to the log. */
function bothExamples(): FlowNode[] {
  const shared = assets
    .filter(({ id }) => !SHARED[id])
    .map((each) => Object.fromEntries(Object.entries(each).map(([name, value]) => [name, SHARED[String(value)] ?? value])) as FlowNode)
    .map((each) => (each.type === "debug" ? { ...each, console: true, complete: "asset", targetType: "msg" } : each));
  return [...exampleFlow(), ...shared];
}

// Node-RED 5.0 is the one of test/browser/example.test.ts, where a newcomer imports the example.
describe("the examples in Node-RED 4.1, with its built-in sandbox", function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ version: "4", flows: bothExamples() });
  });
  after(() => nodeRed?.dispose());

  const press = async (id: string) => (await fetch(`${nodeRed.adminUrl}/inject/${id}`, { method: "POST" })).status.should.equal(200);
  const dataDir = () => join(nodeRed.userDir, "docbridge/sandbox");

  it("archives 25 statements in both targets: nothing lost, nothing twice, nothing altered", async () => {
    await press(INJECT_ID);
    should(
      await untilEnded(
        25,
        () => nodeRed.adminUrl,
        30_000,
        () => {},
      ),
    ).eql({ closed: 25, quarantined: 0 });
    should(await judge(dataDir())).eql({ documents: 25, lost: 0, duplicates: 0, altered: 0, orphans: 0 });
    should(await ledgerCounts(nodeRed.adminUrl)).match({ byState: { closed: 25 }, leased: 0, waiting: 0, suspectedOrphans: 0 });
  });

  it("gives the approved asset of either source", async () => {
    const [object] = documentumObjects(dataDir(), "demo_asset");
    const instance = cmsInstances(dataDir(), "def_asset").find(({ values }) => values.asset_key === "terms-and-conditions");
    await press("dba-run-documentum");
    await press("dba-run-css");
    for (const stored of [object, instance]) {
      should(stored?.sha256).match(/^[0-9a-f]{64}$/);
      await until("the asset in the log", () => nodeRed.logs.some((line) => line.includes(String(stored?.sha256))));
    }
  });

  it("logs no warning and no error of a node", () => {
    nodeRed.logs.filter((line) => /\[(warn|error)\] \[/.test(line)).should.eql([]);
  });
});

describe("the example of routing, with the built-in sandbox", function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ flows: example("Routing that operators change") });
  });
  after(() => nodeRed?.dispose());

  const dataDir = () => join(nodeRed.userDir, "docbridge/sandbox");
  const press = async () => (await fetch(`${nodeRed.adminUrl}/inject/dbo-run`, { method: "POST" })).status.should.equal(200);
  const closed = (count: number) =>
    until(`${count} documents closed`, async () => (await ledgerCounts(nodeRed.adminUrl, "dbo-ledger"))?.byState.closed === count);
  /** Objects by target and channel. */
  const stored = () => {
    const count: Record<string, number> = {};
    const add = (target: string, channel: unknown) => {
      count[`${target} ${channel}`] = (count[`${target} ${channel}`] ?? 0) + 1;
    };
    for (const { values } of documentumObjects(dataDir())) add("documentum", values.channel);
    for (const { values } of cmsInstances(dataDir())) add("css", values.channel);
    return count;
  };
  const rule = (channel: string, destination: string): RouteRule => ({
    id: channel,
    name: channel,
    enabled: true,
    match: "all",
    conditions: [{ path: "metadata.channel", op: "equals", value: channel }],
    destinations: [destination],
    settings: {},
  });

  it("archives everything in both targets before anybody wrote a rule", async () => {
    await press();
    await closed(30);
    should(await judge(dataDir())).eql({ documents: 30, lost: 0, duplicates: 0, altered: 0, orphans: 0 });
  });

  it("follows the rules its text proposes once they are activated, without a deploy", async () => {
    const policy = { maxAttempts: 1, backoffMs: 1, backoffMaxMs: 1 };
    const ledger = await SqliteLedger.open({ dir: join(nodeRed.userDir, "docbridge"), policy, leaseMs: 5_000 });
    const rules = [rule("email", "css-only"), rule("sms", "notify")];
    const content = { mode: "first" as const, rules, default: ["archive"] };
    await ledger.routing.activate("routes", content, 1, { author: "test", note: "" });
    await ledger.close();
    let total = 30;
    // The router hears of it within a second, which may be in the middle of a job.
    await until("a job routed by the new rules", async () => {
      const before = stored();
      await press();
      total += 30;
      await closed(total);
      const after = stored();
      const added = Object.keys(after).filter((key) => after[key] !== before[key]);
      return isDeepStrictEqual(added.sort(), ["css html", "css pdf", "documentum pdf"]);
    });
    should(await judge(dataDir())).match({ documents: total, duplicates: 0, altered: 0 });
  });

  it("logs no warning and no error of a node", () => {
    nodeRed.logs.filter((line) => /\[(warn|error)\] \[/.test(line)).should.eql([]);
  });
});
