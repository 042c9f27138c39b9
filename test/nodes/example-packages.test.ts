import { readFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import type { FlowNode } from "../../scripts/support/example-flow.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { cmsInstances } from "./stored.ts";
import { until } from "./values.ts";
import { checkedManifest, communications, type StoredCommunication } from "./variant-sets.ts";

const read = (name: string): FlowNode[] => JSON.parse(readFileSync(join(import.meta.dirname, `../../examples/${name}.json`), "utf8"));

/** Runs an example in a Node-RED of its own; gives what presses its buttons. */
function running(name: string) {
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ flows: read(name) });
  });
  after(() => nodeRed?.dispose());
  return {
    complaints: () => nodeRed.logs.filter((line) => /\[(warn|error)\] \[/.test(line)),
    press: async (id: string) => (await fetch(`${nodeRed.adminUrl}/inject/${id}`, { method: "POST" })).status.should.equal(200),
    dataDir: () => join(nodeRed.userDir, "docbridge/sandbox"),
  };
}

describe("the example for packages with proof of delivery, in Node-RED 5", function () {
  this.timeout(60_000);
  const { press, dataDir, complaints } = running("Communications with proof of delivery");
  const packages = () => communications(dataDir(), "4711").filter(({ values }) => values.communication_key === "letter-1");

  it("stores letter, proof and metadata as one object, once all mandatory parts are there", async () => {
    for (const button of ["proof", "metadata"]) await press(`dbp-${button}`);
    should(packages()).be.empty();
    await press("dbp-letter");
    await until("the package", () => packages().length === 1);
    const [stored] = packages();
    should(stored?.main).match({ state: "complete", communication: "letter-1", missing: [] });
    should(checkedManifest(stored as StoredCommunication)).containDeep(["output", "proof"]);
  });

  it("adds a second proof by the next version", async () => {
    await press("dbp-second");
    await until("the version with both proofs", () => packages().some(({ latest, renditions }) => latest && renditions["proof-2"]));
    const last = packages().at(-1) as StoredCommunication;
    should(checkedManifest(last)).containDeep(["output", "proof", "proof-2"]);
    should(packages()[0]?.renditions).not.have.property("proof-2");
    should(complaints()).eql([]);
  });
});

describe("the example for a system of record in CSS, in Node-RED 5", function () {
  this.timeout(60_000);
  const { press, dataDir, complaints } = running("System of record in CSS");
  const retained = () => cmsInstances(dataDir()).filter(({ traits }) => traits.def_retention?.main?.retain_until === "2036-12-31");

  it("stores a job's statements under retention, and holds one of them", async () => {
    await press("dbsr-run");
    await until("ten retained statements", () => retained().length === 10);
    for (const { traits, sha256 } of retained()) should(traits.def_integrity?.primary?.sha256).equal(sha256);
    const held = () => retained().filter(({ traits }) => traits.def_legal_hold?.["M-2026-C"]).length;
    await until("a statement on hold", async () => {
      if (held() === 0) await press("dbsr-run-hold");
      return held() > 0;
    });
    should(complaints()).eql([]);
  });
});
