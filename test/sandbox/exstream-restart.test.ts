import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { BATCH, type Json, logOf, Receiver, replay, Sandbox, sha256, TOKEN } from "./exstream-support.ts";

const SANDBOX = join(import.meta.dirname, "../../dist/sandbox");

/** The stand-in in a process of its own, so that it can be killed. */
async function spawnSandbox(dir: string): Promise<{ child: ChildProcess; origin: string }> {
  const script = `
    const { SandboxApp } = require(${JSON.stringify(join(SANDBOX, "kernel/app.js"))});
    const { mountExstream } = require(${JSON.stringify(join(SANDBOX, "exstream/mount.js"))});
    const app = new SandboxApp(${JSON.stringify(dir)});
    mountExstream(app, { byToken: (token) => (token === ${JSON.stringify(TOKEN)} ? { user: "demo", tenant: "test" } : undefined) });
    app.listen(0).then(() => console.log(app.origin));`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [origin] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), "line")) as [string];
  return { child, origin };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

async function submitTo(origin: string, body: object): Promise<{ jobId: string; id: string }> {
  const headers = { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" };
  const response = await fetch(origin + BATCH, { method: "POST", headers, body: JSON.stringify(body) });
  return ((await response.json()) as Json).data[0];
}

/** Every output of the instance was entered once, lies there whole, and is what an undisturbed run composes. */
async function checkOutputs(sandbox: Sandbox, jobId: string, id: string, count: number): Promise<void> {
  const entered = logOf(sandbox.dir).filter((line) => line.kind === "output" && line.op === "put" && line.value.flowInstanceId === id);
  entered.should.have.length(count);
  new Set(entered.map((line) => line.id)).size.should.equal(count);
  for (const { value } of entered) sha256(readFileSync(join(sandbox.dir, "exstream", value.id))).should.equal(value.sha256);
  const reply = await sandbox.fetch(`/orchestration/api/v1/runtime/demo/jobs/${jobId}/reprocessing`, { method: "POST" });
  reply.status.should.equal(200);
  await sandbox.ended(jobId);
  const of = (each: (instance: string) => boolean) =>
    sandbox
      .records("output")
      .filter((output) => output.jobId === jobId && each(output.flowInstanceId))
      .map((output) => `${output.fileName} ${output.sha256}`)
      .sort();
  of((instance) => instance === id).should.deepEqual(of((instance) => instance !== id));
}

describe("exstream after a restart", function () {
  this.timeout(60_000);
  let dir: string;
  let receiver: Receiver | undefined;
  let sandbox: Sandbox | undefined;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "exstream-restart-"));
  });
  afterEach(async () => {
    await sandbox?.close(true);
    await receiver?.stop();
    sandbox = undefined;
    receiver = undefined;
    rmSync(dir, { recursive: true, force: true });
  });

  it("finishes a job that was killed while it composed, each output composed once", async () => {
    const { child, origin } = await spawnSandbox(dir);
    const { jobId, id } = await submitTo(origin, { generate: { customers: 800, size: 20_000, variants: ["pdf", "sms"] } });
    while (replay(dir, "output").size < 50) await new Promise((resolve) => setImmediate(resolve));
    await kill(child);
    const left = replay(dir, "output").size;
    left.should.be.within(50, 1_599);
    sandbox = await Sandbox.start(dir);
    (await sandbox.ended(jobId)).msg.should.equal("1600 outputs composed, 0 failed");
    await checkOutputs(sandbox, jobId, id, 1_600);
  });

  it("goes on delivering after a kill: everything arrives, what was confirmed is not sent again", async () => {
    receiver = await new Receiver().start();
    const first = await spawnSandbox(dir);
    const channels = [{ name: "push", kind: "http", url: receiver.url, parallel: 2, backoffMs: { first: 5, longest: 20 } }];
    await fetch(`${first.origin}/sandbox/exstream/channels`, { method: "PUT", body: JSON.stringify({ channels }) });
    const { jobId, id } = await submitTo(first.origin, { generate: { customers: 300, size: 20_000 } });
    await receiver.received(40);
    await kill(first.child);
    const confirmed = [...replay(dir, "delivery").values()].filter((delivery) => delivery.state === "delivered");
    confirmed.length.should.be.within(30, 299);
    const before = receiver.got.length;
    sandbox = await Sandbox.start(dir);
    (await sandbox.ended(jobId)).msg.should.equal("300 outputs composed, 0 failed; 300 delivered, 0 rejected");
    const again = receiver.got.slice(before).map((request) => request.headers["x-exstream-tracker-id"]);
    again.should.have.length(300 - confirmed.length);
    for (const { outputId } of confirmed) again.should.not.containEql(outputId);
    const outputs = sandbox.records("output").filter((output) => output.flowInstanceId === id);
    const arrived = new Map(receiver.got.map((request) => [request.headers["x-exstream-tracker-id"] as string, request.sha256]));
    arrived.size.should.equal(300);
    for (const output of outputs) arrived.get(output.id)?.should.equal(output.sha256);
    new Set(receiver.got.map((request) => request.headers["x-exstream-meta-batch-seq"])).size.should.equal(300);
  });

  it("goes on after an orderly stop in mid-delivery", async () => {
    let open = false;
    receiver = await new Receiver((_request, number) => ({ status: open || number < 5 ? 201 : 503 })).start();
    sandbox = await Sandbox.start(dir);
    await sandbox.channels({ name: "push", kind: "http", url: receiver.url, backoffMs: { first: 5, longest: 20 } });
    const { jobId } = await sandbox.submit({ generate: { customers: 20 } });
    await receiver.received(8);
    const refused = () => [...replay(dir, "delivery").values()].some((delivery) => delivery.state === "pending");
    while (!refused()) await new Promise((resolve) => setImmediate(resolve));
    await sandbox.close(true);
    open = true;
    sandbox = await Sandbox.start(dir);
    (await sandbox.ended(jobId)).msg.should.equal("20 outputs composed, 0 failed; 20 delivered, 0 rejected");
    const delivered = sandbox.records("delivery").filter((delivery) => delivery.jobId === jobId);
    delivered.should.have.length(20);
    Math.max(...delivered.map((delivery) => delivery.attempts)).should.be.above(1);
  });

  it("keeps the same share of failed customers", async () => {
    sandbox = await Sandbox.start(dir);
    sandbox.app.switches.set("exstream.failed-customers", 0.5);
    const { jobId, id } = await sandbox.submit({ generate: { customers: 400, size: 20_000 } });
    while (sandbox.records("output").length < 20) await new Promise((resolve) => setImmediate(resolve));
    await sandbox.close(true);
    sandbox = await Sandbox.start(dir);
    await sandbox.ended(jobId);
    const failed = sandbox.records("failure").map((failure) => failure.customerIndex);
    const composed = sandbox.records("output").map((output) => output.customerIndex);
    [...failed, ...composed].sort((a, b) => a - b).should.deepEqual(Array.from({ length: 400 }, (_, index) => index));
    await checkOutputs(sandbox, jobId, id, composed.length);
  });
});
