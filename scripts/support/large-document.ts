/** Node-RED with the example and a sandbox, each in a process of its own, and how much Node-RED grows for one large document. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, startNodeRed } from "../../test/support/node-red.ts";
import { change, exampleFlow, type FlowNode, setJob, submitJob, useSandbox } from "./example-flow.ts";
import { judge, type Verdict } from "./judge.ts";
import { type Ended, ledgerCounts, untilEnded } from "./progress.ts";
import { control, startSandboxProcess } from "./sandbox-process.ts";

export interface LargeRun {
  /** Folder to work in; needs room for the document three times, and once more for each target. */
  work: string;
  /** Documents of 50 kB that go before, so that everything has been used once. */
  smallOnes: number;
  /** Bytes of the large one. */
  size: number;
  targets: "both" | "css";
  limitMs: number;
  show: (text: string) => void;
}

export interface LargeResult {
  ended: Ended;
  /** Resident memory of Node-RED before the large document, bytes. */
  idle: number;
  /** How much more it was at most while the document went through, bytes. */
  growth: number;
  /** From the submit of the large document to its end. */
  seconds: number;
  verdict: Verdict;
  suspectedOrphans: number | undefined;
}

const memory = (pid: number, field: "VmRSS" | "VmHWM") =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;

/** Runs it, and cleans its processes up. Linux only: memory is read from /proc. */
export async function runLargeDocument({ work, smallOnes, size, targets, limitMs, show }: LargeRun): Promise<LargeResult> {
  const sandbox = await startSandboxProcess(join(work, "sandbox"));
  const flows: FlowNode[] = exampleFlow();
  const credentials = useSandbox(flows, sandbox.description);
  setJob(flows, { customers: 1, size: 50_000 });
  change(flows, "dbr-trigger", { sandboxDelivers: false, maxMegabytes: "8192" });
  if (targets === "css") {
    change(flows, "dbr-trigger", { destinations: "css", wires: [["dbr-map-css"]] });
    change(flows, "dbr-map-css", { wires: [["dbr-store"]] });
  }
  const nodeRed = await startNodeRed({ userDir: join(work, "node-red"), port: await freePort(), flows, credentials });
  try {
    const channel = { name: "node-red", kind: "http", url: `${nodeRed.url}/exstream/documents`, mode: "multipart", timeoutMs: limitMs };
    await control(sandbox.description, "PUT", "/exstream/channels", { channels: [channel] });
    await submitJob(sandbox.description, { customers: smallOnes, size: 50_000 });
    await untilEnded(smallOnes, () => nodeRed.adminUrl, limitMs, show);
    await sleep(1_000);
    const idle = memory(nodeRed.pid, "VmRSS");
    // Makes the high-water mark start anew.
    writeFileSync(`/proc/${nodeRed.pid}/clear_refs`, "5");
    const startedAt = Date.now();
    await submitJob(sandbox.description, { customers: 1, size, seed: 2 });
    const ended = await untilEnded(smallOnes + 1, () => nodeRed.adminUrl, limitMs, show);
    const seconds = (Date.now() - startedAt) / 1000;
    const growth = memory(nodeRed.pid, "VmHWM") - idle;
    const suspectedOrphans = (await ledgerCounts(nodeRed.adminUrl))?.suspectedOrphans;
    return { ended, idle, growth, seconds, suspectedOrphans, verdict: await judge(join(work, "sandbox")) };
  } finally {
    await nodeRed.dispose();
    await sandbox.stop();
  }
}
