import { readFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import type { FlowNode } from "../../scripts/support/example-flow.ts";
import { records } from "../../scripts/support/sandbox-files.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { cmsInstances } from "./stored.ts";
import { until } from "./values.ts";

const flows: FlowNode[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../examples/Versions, renditions and evidence in CSS.json"), "utf8"),
);

describe("the example for CSS in Node-RED 5, with its built-in sandbox", function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ flows });
  });
  after(() => nodeRed?.dispose());

  const press = async (id: string) => (await fetch(`${nodeRed.adminUrl}/inject/${id}`, { method: "POST" })).status.should.equal(200);
  const dataDir = () => join(nodeRed.userDir, "docbridge/sandbox");
  const objects = (type?: string) => cmsInstances(dataDir(), type).filter(({ values }) => values.job_id === "css-operations");
  const contentsOf = (id: string | undefined) =>
    [...records(dataDir(), "cms", "content").values()].filter(({ owner_id }) => owner_id === id);

  it("lets the web page wait for its statement, and adds it as a rendition", async () => {
    await press("dbvr-run-web");
    await until("a parked document", () => nodeRed.logs.some((line) => /parked: .*business key/.test(line)));
    await press("dbvr-run-first");
    await until("two contents of one object", () => contentsOf(objects()[0]?.id).length === 2);
    should(objects().length).equal(1);
  });

  it("makes the corrected statement the next version", async () => {
    await press("dbvr-run-next");
    await until("the next version", () => objects().length === 2);
    const [first, next] = objects();
    should(first?.sha256).not.equal(next?.sha256);
    should(first?.values.account_number).equal(next?.values.account_number);
  });

  it("stores the proof of delivery beside it", async () => {
    await press("dbvr-run-proof");
    await until("the evidence", () => objects("def_evidence").length === 1);
    should(objects("def_evidence")[0]?.traits.def_evidence_of).eql({
      of: { document_key: "0815-3", object_id: objects()[1]?.id, role: "delivery-proof" },
    });
  });

  it("logs no warning and no error of a node", () => {
    nodeRed.logs.filter((line) => /\[(warn|error)\] \[/.test(line)).should.eql([]);
  });
});
