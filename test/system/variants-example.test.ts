import { readFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import type { FlowNode } from "../../scripts/support/example-flow.ts";
import { ledgerCounts } from "../../scripts/support/progress.ts";
import { until } from "../nodes/values.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";

const flow: FlowNode[] = JSON.parse(readFileSync(join(import.meta.dirname, "../../examples/Variants of a communication.json"), "utf8"));

describe("the example of variants", function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ flows: flow });
  });
  after(() => nodeRed?.dispose());
  const press = (id: string) => fetch(`${nodeRed.adminUrl}/inject/${id}`, { method: "POST" });
  const states = async () => (await ledgerCounts(nodeRed.adminUrl, "dbv-ledger"))?.byState ?? {};

  it("stores whole sets at once, and keeps incomplete ones waiting over a kill", async () => {
    await press("dbv-run");
    await until("15 variants are stored", async () => (await states()).closed === 15);
    await press("dbv-run-incomplete");
    await until("4 variants wait", async () => (await states()).parked === 4);
    const { userDir, port } = nodeRed;
    await nodeRed.kill();
    nodeRed = await startNodeRed({ userDir, port });
    should(await states()).eql({ closed: 15, parked: 4 });
  });
});
