import { readFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import type { FlowNode } from "../../scripts/support/example-flow.ts";
import { ledgerCounts } from "../../scripts/support/progress.ts";
import { records } from "../../scripts/support/sandbox-files.ts";
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

  const restart = async () => {
    const { userDir, port } = nodeRed;
    await nodeRed.kill();
    nodeRed = await startNodeRed({ userDir, port });
  };
  /** Objects of sets in the sandbox, with what they list as present. */
  const sets = () =>
    [...records(join(nodeRed.userDir, "docbridge/sandbox"), "cms", "instance").values()]
      .filter(({ type }) => type === "def_communication")
      .map(({ traits }) => (traits as { def_variant_set: { main: { present: string[]; state: string } } }).def_variant_set.main);

  it("stores each set as one object over a kill in the middle, and keeps incomplete ones waiting over another", async () => {
    await press("dbv-run");
    await until("some are stored", async () => Number((await states()).closed) > 0);
    await restart();
    await until("15 variants are stored", async () => (await states()).closed === 15);
    const whole = { state: "complete", present: ["pdf", "html", "txt"] };
    should(sets()).match([whole, whole, whole, whole, whole]);
    await press("dbv-run-incomplete");
    await until("4 variants wait", async () => (await states()).parked === 4);
    await restart();
    should(await states()).eql({ closed: 15, parked: 4 });
  });
});
