import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { change, exampleFlow, type FlowNode, setJob, submitJob, useSandbox } from "../../scripts/support/example-flow.ts";
import { judge } from "../../scripts/support/judge.ts";
import { ledgerCounts, untilEnded } from "../../scripts/support/progress.ts";
import { control, type SandboxProcess, startSandboxProcess } from "../../scripts/support/sandbox-process.ts";
import { freePort, type NodeRed, startNodeRed } from "../support/node-red.ts";

const MB = 1024 * 1024;
const memory = (pid: number, field: "VmRSS" | "VmHWM") =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;

describe("a job of many small documents, then one of a gigabyte", function () {
  this.timeout(300_000);
  let work: string;
  let sandbox: SandboxProcess;
  let nodeRed: NodeRed;

  before(async () => {
    work = mkdtempSync(join(tmpdir(), "docbridge-large-"));
    sandbox = await startSandboxProcess(join(work, "sandbox"));
    const port = await freePort();
    const flows: FlowNode[] = exampleFlow();
    const credentials = useSandbox(flows, sandbox.description);
    setJob(flows, { customers: 1, size: 50_000 });
    change(flows, "dbr-trigger", { sandboxDelivers: false });
    nodeRed = await startNodeRed({ userDir: join(work, "node-red"), port, flows, credentials });
    const channel = { name: "node-red", kind: "http", url: `${nodeRed.url}/exstream/documents`, mode: "multipart", timeoutMs: 240_000 };
    await control(sandbox.description, "PUT", "/exstream/channels", { channels: [channel] });
  });
  after(async () => {
    await nodeRed?.dispose();
    await sandbox?.stop();
    rmSync(work, { recursive: true, force: true });
  });

  it("closes all in both targets with equal bytes, and grows by at most 64 MB for the large one", async () => {
    await submitJob(sandbox.description, { customers: 200, size: 50_000 });
    should(
      await untilEnded(
        200,
        () => nodeRed.adminUrl,
        120_000,
        () => {},
      ),
    ).eql({ closed: 200, quarantined: 0 });
    await sleep(1_000);
    const idle = memory(nodeRed.pid, "VmRSS");
    // Makes the high-water mark start anew.
    writeFileSync(`/proc/${nodeRed.pid}/clear_refs`, "5");
    await submitJob(sandbox.description, { customers: 1, size: 1_000_000_000, seed: 2 });
    should(
      await untilEnded(
        201,
        () => nodeRed.adminUrl,
        240_000,
        () => {},
      ),
    ).eql({ closed: 201, quarantined: 0 });
    const growth = memory(nodeRed.pid, "VmHWM") - idle;
    console.log(`      idle ${Math.round(idle / MB)} MB, growth for 1 GB ${Math.round(growth / MB)} MB`);
    should(growth).be.belowOrEqual(64 * MB);
    should(await judge(join(work, "sandbox"))).match({ documents: 201, lost: 0, duplicates: 0, altered: 0 });
    should((await ledgerCounts(nodeRed.adminUrl))?.suspectedOrphans).equal(0);
  });
});
