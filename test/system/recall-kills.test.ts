import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { ledgerCounts } from "../../scripts/support/progress.ts";
import { control, type SandboxProcess, startSandboxProcess } from "../../scripts/support/sandbox-process.ts";
import { CmsPerson } from "../nodes/cms-person.ts";
import { deliver } from "../nodes/deliveries.ts";
import { type FlowNode, node, row, surroundings } from "../nodes/flows.ts";
import { cmsInstances } from "../nodes/stored.ts";
import { someBytes, until } from "../nodes/values.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";

const OBJECTS = 8;
const LETTERS = 12;
const KILLS = 3;

/** use-cases.md C6: parked requests survive kills; each is delivered once, and each object restored once. */
describe("documents that wait for objects in a cold tier when Node-RED is killed", function () {
  this.timeout(120_000);
  let dir: string;
  let sandbox: SandboxProcess;
  let nodeRed: NodeRed;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "docbridge-recall-kills-"));
    sandbox = await startSandboxProcess(join(dir, "sandbox"));
    await control(sandbox.description, "PUT", "/switches", { "cms.restore-seconds": 6, "cms.restore-eta-seconds": 3 });
  });
  after(async () => {
    await nodeRed?.dispose();
    await sandbox?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  async function start(): Promise<void> {
    const { nodes, credentials } = surroundings(sandbox.description);
    const target = { destination: "css", target: "css", tenant: "css", targetType: "def_statement" };
    const flow: FlowNode[] = [
      ...nodes.map((each) => (each.id === "ledger" ? { ...each, leaseSeconds: "1" } : each)),
      node("exstream-trigger", "trigger", {
        ledger: "ledger",
        server: "",
        sandboxDelivers: false,
        secretMode: "none",
        doneWhen: "receipts",
        destinations: "css",
        wires: [["recall"]],
      }),
      node("css-lifecycle", "recall", {
        tenant: "css",
        ledger: "ledger",
        operation: "recall",
        findBy: "id",
        cmsType: "def_statement",
        objectId: "{{document.metadata.objectId}}",
        traitPrefix: "def",
        onlineTiers: "online",
        waitHours: "1",
        askAgainSeconds: "0.5",
        recallsPerMinute: "600",
        outputs: 2,
        wires: [["map"], []],
      }),
      node("metadata-mapper", "map", {
        ...target,
        rows: [row("customer_number", "property", "source.customerNumber")],
        wires: [["store"]],
      }),
      node("css-store", "store", { tenant: "css", ledger: "ledger", destination: "css", wires: [[]] }),
    ];
    nodeRed = await startNodeRed({ userDir: join(dir, "user"), flows: flow, credentials });
  }

  it("each is stored once, and each object restored once", async () => {
    await start();
    const person = new CmsPerson(sandbox.description);
    const objects: string[] = [];
    for (let at = 0; at < OBJECTS; at += 1) {
      const traits = { def_lifecycle: { main: { tier: "cold" } } };
      const body = { name: "old", properties: { customer_number: "old" }, traits };
      objects.push(String((await person.ask("POST", "/instances/file/def_statement", body)).id));
    }
    for (let at = 0; at < LETTERS; at += 1) {
      const metadata = { customerNumber: "4711", objectId: objects[at % OBJECTS] };
      const envelope = { content: someBytes().toString("base64"), mimeType: "application/pdf", metadata };
      const headers = { "Content-Type": "application/json" };
      should((await deliver(`${nodeRed.url}/exstream/documents`, headers, JSON.stringify(envelope))).status).equal(201);
    }
    const counts = () => ledgerCounts(nodeRed.adminUrl, "ledger");
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await until("some of them wait, or all are done", async () => {
        const { parked = 0, closed = 0 } = (await counts())?.byState ?? {};
        return parked > 0 || closed === LETTERS;
      });
      await nodeRed.kill();
      await start();
    }
    await until("all letters closed", async () => (await counts())?.byState.closed === LETTERS, 60_000);
    const stored = cmsInstances(join(dir, "sandbox")).filter(({ values }) => values.customer_number === "4711");
    should(new Set(stored.map(({ values }) => values.docbridge_key)).size).equal(LETTERS);
    should(stored.length).equal(LETTERS);
    const lines = readFileSync(join(dir, "sandbox/cms.jsonl"), "utf8").trim().split("\n");
    const restores = lines.map((line) => JSON.parse(line)).filter(({ kind, value }) => kind === "restore" && value);
    should(restores.map(({ id }) => id).sort()).eql([...objects].sort());
  });
});
