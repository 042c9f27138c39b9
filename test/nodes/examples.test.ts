import { readFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import { exampleFlow, type FlowNode, INJECT_ID } from "../../scripts/support/example-flow.ts";
import { judge } from "../../scripts/support/judge.ts";
import { ledgerCounts, untilEnded } from "../../scripts/support/progress.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { cmsInstances, documentumObjects } from "./stored.ts";
import { until } from "./values.ts";

const assets: FlowNode[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../examples/Approved assets from Documentum and CSS.json"), "utf8"),
);
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
