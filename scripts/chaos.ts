/**
 * `npm run chaos -- --documents 300 --kills 10 --seed 1 --json`: the demo job in a Node-RED that is killed (-9) again and
 * again, while the sandbox (another process) loses replies after committing, answers 503 and voids tokens. What became
 * of the documents is judged by a program of its own from the sandbox's files. Same seed, same faults and kill points.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, type NodeRed, startNodeRed } from "../test/support/node-red.ts";
import { readArguments } from "./support/arguments.ts";
import { change, exampleFlow, INJECT_ID, setJob, useSandbox } from "./support/example-flow.ts";
import { ledgerCounts, progressLine, untilEnded } from "./support/progress.ts";
import { control, startSandboxProcess } from "./support/sandbox-process.ts";

const options = readArguments({ documents: 300, kills: 10, seed: 1, size: 20_000, how: "kill", json: false, minutes: 10 });
const HOWS = ["kill", "term", "deploy", "mixed"];
if (!HOWS.includes(options.how)) {
  console.error(`--how must be one of ${HOWS.join(", ")}`);
  process.exit(2);
}

const random = (name: string, number: number) =>
  createHash("sha256").update(`${options.seed}/${name}/${number}`).digest().readUInt32BE(0) / 2 ** 32;

/** Faults of every kind on every target, a few per cent each; latency makes the job long enough to be killed in. */
const faults = (["documentum", "css", "cms"] as const).flatMap((service, index) => {
  const seed = options.seed * 10 + index;
  const creates = { service, method: "POST", seed };
  return [
    { ...creates, kind: "drop-reply", rate: 0.05 },
    { ...creates, kind: "reset", rate: 0.03 },
    { service, kind: "status", status: 503, rate: 0.03, seed: seed + 1 },
    { ...creates, kind: "latency", ms: 40 },
    ...(service === "documentum" ? [] : [{ service, kind: "expire-tokens", rate: 0.01, seed: seed + 2 }]),
  ];
});

const work = mkdtempSync(join(tmpdir(), "docbridge-chaos-"));
const dataDir = join(work, "sandbox");
const userDir = join(work, "node-red");
const sandbox = await startSandboxProcess(dataDir, "--token-lifetime", "20");
const port = await freePort();
const flows = exampleFlow();
setJob(flows, { customers: options.documents, size: options.size, seed: options.seed });
const credentials = useSandbox(flows, sandbox.description);
change(flows, "dbr-trigger", { sandboxDelivers: false, maxInFlight: "16" });
change(flows, "dbr-ledger", { leaseSeconds: "5", backoffSeconds: "0.2", backoffMaxSeconds: "3", maxAttempts: "200" });

await control(sandbox.description, "PUT", "/exstream/channels", {
  channels: [
    {
      name: "node-red",
      kind: "http",
      url: `http://127.0.0.1:${port}/exstream/documents`,
      mode: "multipart",
      backoffMs: { first: 100, longest: 1000 },
    },
  ],
});
await control(sandbox.description, "PUT", "/faults", { rules: faults });

const start = (): Promise<NodeRed> => startNodeRed({ userDir, port, flows, credentials });
let nodeRed = await start();
const show = progressLine();
let kills = 0;
try {
  const started = performance.now();
  await fetch(`${nodeRed.adminUrl}/inject/${INJECT_ID}`, { method: "POST" });
  const points = Array.from({ length: options.kills }, (_, kill) => Math.floor(random("point", kill) * options.documents * 0.95)).sort(
    (a, b) => a - b,
  );
  for (const [kill, point] of points.entries()) {
    await untilClosed(point);
    await sleep(random("pause", kill) * 250);
    await strike(options.how === "mixed" ? (HOWS[Math.floor(random("how", kill) * 3)] as string) : options.how);
    kills += 1;
  }
  const ended = await untilEnded(options.documents, () => nodeRed.adminUrl, options.minutes * 60_000, show);
  const suspectedOrphans = (await ledgerCounts(nodeRed.adminUrl))?.suspectedOrphans;
  const seconds = Number(((performance.now() - started) / 1000).toFixed(1));
  await nodeRed.stop("SIGTERM");
  await sandbox.stop();
  const verdict = JSON.parse(
    execFileSync(process.execPath, [join(import.meta.dirname, "support/judge.ts"), dataDir], { encoding: "utf8" }),
  );
  show("");
  const result = { ...verdict, kills, ...ended, suspectedOrphans, seconds, seed: options.seed };
  if (options.json) console.log(JSON.stringify(result));
  else for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(20)}${value}`);
  const isWhole = verdict.documents === options.documents && ended.quarantined === 0;
  process.exitCode = isWhole && verdict.lost + verdict.duplicates + verdict.altered === 0 ? 0 : 1;
} catch (error) {
  console.error(`${(error as Error).message}\n${nodeRed.logs.slice(-60).join("\n")}`);
  console.error(JSON.stringify(await ledgerCounts(nodeRed.adminUrl)));
  process.exitCode = 1;
} finally {
  await nodeRed.kill();
  await sandbox.stop();
  // A run that went wrong leaves its files for whoever looks into it.
  if (process.exitCode === 0) rmSync(work, { recursive: true, force: true });
  else console.error(`Sandbox and user directory are kept in ${work}`);
}

/** Waits until so many documents are closed; a job that ran ahead is not waited for. */
async function untilClosed(documents: number): Promise<void> {
  for (const end = Date.now() + options.minutes * 60_000; Date.now() < end; await sleep(20)) {
    const closed = (await ledgerCounts(nodeRed.adminUrl))?.byState.closed ?? 0;
    show(`closed ${closed} of ${options.documents}, kills ${kills}`);
    if (closed >= documents) return;
  }
  throw new Error(`not ${documents} documents were closed in time`);
}

async function strike(how: string): Promise<void> {
  if (how === "deploy") {
    const reply = await fetch(`${nodeRed.adminUrl}/flows`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Node-RED-Deployment-Type": "full" },
      body: JSON.stringify(await (await fetch(`${nodeRed.adminUrl}/flows`)).json()),
    });
    if (!reply.ok) throw new Error(`the deploy answered ${reply.status}`);
    return;
  }
  await nodeRed.stop(how === "term" ? "SIGTERM" : "SIGKILL");
  nodeRed = await start();
}
