import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import should from "should";
import { type RunningSandbox, startSandbox } from "../../dist/sandbox/main.js";
import { submitJob } from "../../scripts/support/example-flow.ts";
import { ledgerCounts } from "../../scripts/support/progress.ts";
import { records } from "../../scripts/support/sandbox-files.ts";
import { control } from "../../scripts/support/sandbox-process.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { node, surroundings } from "./flows.ts";
import { hashOfFile } from "./stored.ts";
import { until } from "./values.ts";

const CUSTOMERS = 20;

describe("exstream-trigger at a service gateway, in a real Node-RED", function () {
  this.timeout(60_000);
  let work: string;
  let sandbox: RunningSandbox;
  let nodeRed: NodeRed | undefined;
  before(async () => {
    work = mkdtempSync(join(tmpdir(), "docbridge-gateway-"));
    sandbox = await startSandbox({ port: 0, dataDir: join(work, "sandbox") });
  });
  afterEach(() => nodeRed?.dispose());
  after(async () => {
    await sandbox.close();
    rmSync(work, { recursive: true, force: true });
  });

  const settled = () => [...records(sandbox.app.dataDir, "exstream", "delivery").values()].filter((each) => each.settled);

  it("has on disk what it settles, and settles after kill -9 and lost replies what it has, each document once", async () => {
    await control(sandbox.description, "PUT", "/exstream/channels", { channels: [{ name: "archive", kind: "gateway", assured: true }] });
    const around = surroundings(sandbox.description);
    const trigger = node("exstream-trigger", "trigger", {
      ledger: "ledger",
      server: "exstream",
      mode: "gateway",
      sinceDays: "1",
      jobPollSeconds: "0.3",
      gatewayHeld: "4",
      doneWhen: "emitted",
      destinations: "",
      wires: [[]],
    });
    const flows = [...around.nodes, trigger].map((each) => (each.id === "ledger" ? { ...each, directory: "", leaseSeconds: "5" } : each));
    const userDir = join(work, "node-red");
    const start = async (more = {}) => {
      nodeRed = await startNodeRed({ userDir, flows, ...more });
      return nodeRed;
    };
    const closed = async ({ adminUrl }: NodeRed) => (await ledgerCounts(adminUrl, "ledger"))?.byState.closed;

    const settling = { service: "exstream", method: "PUT", path: "/sgw/v1/documents" };
    sandbox.app.faults.set([{ ...settling, kind: "status", status: 500 }]);
    const first = await start({ credentials: around.credentials });
    await submitJob(sandbox.description, { customers: CUSTOMERS, size: 4_000 });
    await until("all are in the ledger", async () => (await closed(first)) === CUSTOMERS);
    should(settled()).eql([]);
    await first.kill();

    const db = new DatabaseSync(join(userDir, "docbridge/ledger.sqlite"), { readOnly: true });
    const entered = db.prepare("SELECT id, sha256 FROM documents ORDER BY seq").all() as { id: string; sha256: string }[];
    db.close();
    should(entered.length).equal(CUSTOMERS);
    for (const { sha256 } of entered) hashOfFile(join(userDir, "docbridge/spool", sha256.slice(0, 2), sha256)).should.equal(sha256);

    sandbox.app.faults.set([{ ...settling, kind: "drop-reply", times: 5 }]);
    const second = await start();
    const job = () => [...records(sandbox.app.dataDir, "exstream", "job").values()][0];
    await until("the job has ended", () => job()?.status === "complete");
    should(await closed(second)).equal(CUSTOMERS);
    const messages = settled().map((each) => (each.settled as { message: string }).message);
    should(messages.sort()).eql(entered.map(({ id }) => `Docbridge took document ${id}.`).sort());
  });
});
