import { readFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import type { FlowNode } from "../../scripts/support/example-flow.ts";
import { records } from "../../scripts/support/sandbox-files.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { cmsInstances } from "./stored.ts";
import { until } from "./values.ts";

const flows: FlowNode[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../examples/Retention and legal hold in CSS.json"), "utf8"),
);

describe("the example for retention and legal hold in Node-RED 5, with its built-in sandbox", function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ flows });
  });
  after(() => nodeRed?.dispose());

  const press = async (id: string) => (await fetch(`${nodeRed.adminUrl}/inject/${id}`, { method: "POST" })).status.should.equal(200);
  const dataDir = () => join(nodeRed.userDir, "docbridge/sandbox");
  const statement = (account: string) => cmsInstances(dataDir()).find(({ values }) => values.account_number === account);
  const traits = () => statement("0815-7")?.traits ?? {};
  const acl = () => {
    const object = records(dataDir(), "cms", "instance").get(statement("0815-7")?.id as string);
    return records(dataDir(), "cms", "acl").get(String(object?.acl_id))?.name;
  };

  it("stores a statement under retention, and holds it for two matters", async () => {
    await press("dbl-run-store");
    await until("retention", () => traits().def_retention?.main?.retain_until === "2036-12-31");
    for (const [button, matter] of [
      ["dbl-run-hold-a", "M-2026-A"],
      ["dbl-run-hold-b", "M-2026-B"],
    ] as const) {
      await press(button);
      await until(matter, () => traits().def_legal_hold?.[matter] && acl() === "record");
    }
  });

  it("refuses to delete it while it is held, and while it is retained", async () => {
    await press("dbl-run-delete");
    await press("dbl-run-end-a");
    await until("the first release", () => traits().def_legal_hold?.["M-2026-A"]?.released_at);
    await press("dbl-run-end-b");
    await until("the last release", () => traits().def_legal_hold?.["M-2026-B"]?.released_at && acl() === "default");
    await press("dbl-run-delete");
    await press("dbl-run-tier");
    await until("the tier", () => traits().def_lifecycle?.main?.tier === "cold");
    should(statement("0815-7")).be.ok();
  });

  it("deletes what has expired", async () => {
    await press("dbl-run-old");
    await until("retention", () => statement("0815-8")?.traits.def_retention?.main);
    await press("dbl-run-expire");
    await until("no old statement", () => !statement("0815-8"));
  });

  it("logs no warning and no error of a node", () => {
    nodeRed.logs.filter((line) => /\[(warn|error)\] \[/.test(line)).should.eql([]);
  });
});
