import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import type { FlowNode } from "../../scripts/support/example-flow.ts";
import { records } from "../../scripts/support/sandbox-files.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { cmsInstances } from "./stored.ts";
import { until } from "./values.ts";

const ACCOUNT = "0816-1";
/** What a debug node shows goes into a file, so that it can be seen over restarts. */
function watched(file: string): FlowNode[] {
  const example: FlowNode[] = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../examples/Cold tiers and dispositions in CSS.json"), "utf8"),
  );
  return example.map((each) =>
    each.type === "debug" && ["dbg-now", "dbg-promise"].includes(each.id)
      ? {
          ...each,
          type: "function",
          name: "",
          outputs: 0,
          libs: [{ var: "fs", module: "fs" }],
          func: noting(file, each.id),
          initialize: "",
          finalize: "",
        }
      : each,
  );
}
const noting = (file: string, id: string) =>
  `fs.appendFileSync(${JSON.stringify(file)}, JSON.stringify({ at: ${JSON.stringify(id)}, recall: msg.recall, promise: msg.promise }) + "\\n");`;

interface Noted {
  at: string;
  recall?: { promiseId?: string; requestId: string; etaErrorSeconds: number; cost: number };
  promise?: { id: string; requestId: string; eta?: string };
}

describe("the example for cold tiers and dispositions in Node-RED 5, with its built-in sandbox", function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  let dir: string;
  const notes = () => join(dir, "noted.jsonl");
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "docbridge-tiers-"));
    nodeRed = await startNodeRed({ userDir: dir, flows: watched(notes()) });
  });
  after(async () => {
    await nodeRed?.dispose();
    rmSync(dir, { recursive: true, force: true });
  });

  const press = async (id: string) => (await fetch(`${nodeRed.adminUrl}/inject/${id}`, { method: "POST" })).status.should.equal(200);
  const dataDir = () => join(dir, "docbridge/sandbox");
  const statement = () => cmsInstances(dataDir()).find(({ values }) => values.account_number === ACCOUNT);
  const traits = () => statement()?.traits ?? {};
  const noted = (at: string): Noted[] => {
    try {
      return readFileSync(notes(), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Noted)
        .filter((each) => each.at === at);
    } catch {
      return [];
    }
  };

  it("puts an old statement into the cold tier, and promises a reprint at once", async () => {
    await press("dbg-run-store");
    await until("the cold tier", () => traits().def_lifecycle?.main?.tier === "cold");
    await press("dbg-run-reprint");
    await press("dbg-run-reprint");
    await until("two promises", () => noted("dbg-promise").length === 2);
  });

  it("keeps the promises over a kill while the restore is under way: each delivered, restored once", async () => {
    await nodeRed.kill();
    nodeRed = await startNodeRed({ userDir: dir });
    await until("both reprints", () => noted("dbg-now").length >= 2, 40_000);
    const [promised, delivered] = [noted("dbg-promise"), noted("dbg-now")];
    should(new Set(delivered.map(({ recall }) => recall?.promiseId))).eql(new Set(promised.map(({ promise }) => promise?.id)));
    should(new Set(delivered.map(({ recall }) => recall?.requestId)).size).equal(1);
    for (const { recall } of delivered) {
      should(recall?.cost).equal(1.5);
      // The stand-in was killed too, so the restore may be late.
      should(recall?.etaErrorSeconds).be.aboveOrEqual(0);
    }
    should(await events("recalled")).be.true();
    await press("dbg-run-reprint");
    await until("the third reprint", () => noted("dbg-now").length > delivered.length);
    should(noted("dbg-promise").length).equal(2);
    const asked = [...records(dataDir(), "cms", "history").values()].filter((row) => JSON.stringify(row).includes("def_recall"));
    should(asked.length).equal(1);
  });

  it("refuses the destruction for a hold that came after it was scheduled, and certifies it when the hold has ended", async () => {
    await press("dbg-run-schedule");
    await until("it is scheduled", () => events("disposition-scheduled"));
    await press("dbg-run-hold");
    await until("the hold", () => traits().def_legal_hold?.["M-2026-C"]);
    await press("dbg-run-approve");
    await until("it is stopped", () => events("disposition-stopped"));
    should(statement()).be.ok();
    await press("dbg-run-end");
    await until("the release", () => traits().def_legal_hold?.["M-2026-C"]?.released_at);
    const sha256 = statement()?.sha256;
    await press("dbg-run-approve");
    const evidence = await until("the certificate", () => cmsInstances(dataDir(), "def_evidence")[0]);
    should(statement()).be.undefined();
    const certificate = JSON.parse(readFileSync(evidence.path, "utf8"));
    should(certificate).match({ scheduledBy: "clerk", approvedBy: "auditor", policy: "statements", versions: [{ sha256 }] });
  });

  it("logs no warning and no error of a node", () => {
    nodeRed.logs.filter((line) => /\[(warn|error)\] \[/.test(line)).should.eql([]);
  });

  /** Is there such an event in the console's view of the statement's document? */
  async function events(type: string): Promise<boolean> {
    const documents = `${nodeRed.adminUrl}/docbridge/api/ledgers/dbg-ledger/documents`;
    const page = (await (await fetch(documents)).json()) as { documents: { id: string }[] };
    for (const { id } of page.documents) {
      const detail = (await (await fetch(`${documents}/${id}`)).json()) as { events: { type: string }[] };
      if (detail.events.some((event) => event.type === type)) return true;
    }
    return false;
  }
});
