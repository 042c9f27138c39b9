import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import type { FlowNode } from "../../scripts/support/example-flow.ts";
import { ledgerCounts } from "../../scripts/support/progress.ts";
import { control, type SandboxProcess, startSandboxProcess } from "../../scripts/support/sandbox-process.ts";
import { documentumObjects } from "../nodes/stored.ts";
import { until } from "../nodes/values.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";

const LETTERS = 12;
const example: FlowNode[] = JSON.parse(readFileSync(join(import.meta.dirname, "../../examples/Letters into a case file.json"), "utf8"));

/** use-cases.md D3: a kill between archive and link never gives two copies, nor a closed document that is not linked. */
describe("letters for cases when Node-RED is killed between archive and link", function () {
  this.timeout(120_000);
  let dir: string;
  let sandbox: SandboxProcess;
  let nodeRed: NodeRed;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "docbridge-case-kills-"));
    sandbox = await startSandboxProcess(join(dir, "sandbox"));
  });
  after(async () => {
    await nodeRed?.dispose();
    await sandbox?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** The example's flow on a sandbox that outlives Node-RED, with one button for many letters of three cases. */
  function flows(): FlowNode[] {
    const { contextUrl, repository } = sandbox.description.documentum;
    const letters = Array.from({ length: LETTERS }, (_, at) => ({
      id: `letter-${at}`,
      type: "inject",
      z: "dbc-tab",
      name: "",
      props: [
        { p: "payload", v: `Letter ${at}`, vt: "str" },
        { p: "filename", v: `letter-${at}.txt`, vt: "str" },
        { p: "attributes", v: JSON.stringify({ customer_number: "4711", account_number: `K-${at % 3}`, job_id: "kills" }), vt: "json" },
      ],
      repeat: "",
      crontab: "",
      once: false,
      x: 100,
      y: 400,
      wires: [["dbc-create"]],
    }));
    const changed: Record<string, object> = {
      "dbc-documentum": { sandbox: false, contextUrl, repository },
      "dbc-ledger": { leaseSeconds: "1", backoffSeconds: "0.1", backoffMaxSeconds: "0.5" },
    };
    return [...example.map((each) => ({ ...each, ...changed[each.id] })), ...letters];
  }
  const start = async (): Promise<void> => {
    const { user, password } = sandbox.description.documentum;
    nodeRed = await startNodeRed({ userDir: join(dir, "user"), flows: flows(), credentials: { "dbc-documentum": { user, password } } });
  };
  const stored = () => documentumObjects(join(dir, "sandbox")).filter(({ values }) => values.job_id === "kills");
  const linked = () => stored().filter(({ values }) => (values.i_folder_id as string[]).length === 2);

  it("every letter is there once and in its case, whenever the kill came", async () => {
    // Links take so long that a kill meets letters that are archived and not linked yet.
    await control(sandbox.description, "PUT", "/faults", {
      rules: [{ kind: "latency", service: "documentum", method: "POST", path: "/parent-links", ms: 400 }],
    });
    await start();
    for (let at = 0; at < LETTERS; at += 1) await fetch(`${nodeRed.adminUrl}/inject/letter-${at}`, { method: "POST" });
    for (let kill = 1; kill <= 3; kill += 1) {
      await until(`half-done letters before kill ${kill}`, () => stored().length > linked().length || linked().length === LETTERS);
      await nodeRed.kill();
      await start();
    }
    await until("all letters closed", async () => (await ledgerCounts(nodeRed.adminUrl, "dbc-ledger"))?.byState.closed === LETTERS, 60_000);
    should(stored().length).equal(LETTERS);
    should(linked().length).equal(LETTERS);
    should(new Set(stored().map(({ values }) => values.docbridge_key)).size).equal(LETTERS);
    const cases = documentumObjects(join(dir, "sandbox"), "demo_case").map(({ values }) => values.case_number);
    should([...cases].sort()).eql(["K-0", "K-1", "K-2"]);
  });
});
