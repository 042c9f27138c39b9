import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { BATCH, CUSTOMERS, type Json, logOf, RUNTIME, Sandbox } from "./exstream-support.ts";

describe("exstream jobs in trouble", function () {
  this.timeout(60_000);
  let sandbox: Sandbox;
  let folder: string;

  before(async () => {
    sandbox = await Sandbox.start();
    folder = mkdtempSync(join(tmpdir(), "exstream-trouble-"));
  });
  after(async () => {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    for (const each of sandbox.app.switches.all()) sandbox.app.switches.set(each.name, each.default);
    await sandbox.channels();
  });

  const command = (path: string) => sandbox.json(RUNTIME + path, { method: "POST" });

  const stepsOf = async (id: string): Promise<Json[]> =>
    (await sandbox.json(`${RUNTIME}/flow-steps?filter=flowInstanceId:${id}&sort=asc_startDate`)).body.data;

  const stepOf = async (id: string, type: string): Promise<Json> => {
    const found = (await stepsOf(id)).find((step) => step.stepType === type);
    should.exist(found);
    return found;
  };

  /** Everything that names or counts outputs and failures of an instance, as a client reads it. */
  const account = async (jobId: string, id: string) => {
    const files = `${RUNTIME}/flow-steps/${(await sandbox.communicationStep(id)).id}`;
    const text = async (path: string) => (await sandbox.fetch(files + path)).text();
    const { outputs, failures } = (await sandbox.json(`${files}/delivery-file/outputs`)).body.data;
    const messages = await text("/message-file");
    return {
      job: (await sandbox.job(jobId)).msg as string,
      step: (await sandbox.communicationStep(id)).msg as string,
      ending: /^EX001900I Composition ended: (.*)$/m.exec(messages)?.[1],
      errors: messages.match(/^EX002001E Customer \d+/gm)?.map((line) => line.slice(-6)) ?? [],
      report: (await text("/artifact/ErrorReport.csv"))
        .trimEnd()
        .split("\n")
        .slice(1)
        .map((line) => line.split("|")),
      delivered: (await text("/delivery-file")).match(/<customer>/g)?.length ?? 0,
      names: (await sandbox.json(`${files}/delivery-file/output-files?count=1`)).body.page.totalElements as number,
      outputs: outputs as Json[],
      failures: failures as Json[],
    };
  };

  it("fails exactly the share asked for, and every list, file and report agrees on who and how many", async () => {
    const { jobId, id } = await sandbox.submit({ generate: { customers: 1_000, fail: { share: 0.03 }, variants: ["sms"] } });
    (await sandbox.ended(jobId)).status.should.equal("complete");
    const all = await account(jobId, id);
    all.job.should.equal("970 outputs composed, 30 failed");
    all.step.should.equal(all.job);
    should(all.ending).equal("970 outputs, 30 failures");
    all.delivered.should.equal(970);
    all.names.should.equal(970);
    all.outputs.should.have.length(970);
    const failed = all.failures.map((failure) => failure.customerNumber);
    new Set(failed).size.should.equal(30);
    all.errors.should.deepEqual(failed);
    all.report.map((line) => line[1]).should.deepEqual(failed);
    for (const line of all.report) line.slice(2).should.deepEqual(["*", "FAILED", "the composition failed as the sandbox was asked"]);
    const numbers = [...failed, ...all.outputs.map((output) => output.customerNumber)].sort();
    numbers.should.deepEqual(Array.from({ length: 1_000 }, (_, index) => String(index + 1).padStart(6, "0")));
  });

  it("fails the same customers for the same seed, others for another, by switch as by driver data", async () => {
    const failed = async (fail: object) => {
      const { jobId, id } = await sandbox.submit({ generate: { customers: 200, variants: ["sms"], fail } });
      await sandbox.ended(jobId);
      return (await account(jobId, id)).failures.map((failure) => failure.customerNumber);
    };
    const first = await failed({ share: 0.1, seed: 5 });
    first.should.have.length(20);
    (await failed({ share: 0.1, seed: 5 })).should.deepEqual(first);
    (await failed({ share: 0.1, seed: 6 })).should.not.deepEqual(first);
    sandbox.app.switches.set("exstream.failed-customers", 0.1);
    sandbox.app.switches.set("exstream.failed-customers-seed", 5);
    (await failed({})).should.deepEqual(first);
    (await failed({ share: 0 })).should.deepEqual([]);
  });

  it("fails customers by number, wholly or in one queue", async () => {
    const body = { job: { variants: ["pdf", "html"], fail: { customers: ["C-2"], queues: ["HTML"] } }, customers: CUSTOMERS };
    const { jobId, id } = await sandbox.submit(body);
    await sandbox.ended(jobId);
    const partial = await account(jobId, id);
    partial.outputs
      .map((output) => `${output.customerNumber} ${output.queueName}`)
      .sort()
      .should.deepEqual(["C-1 HTML", "C-1 PDF", "C-2 PDF"]);
    partial.report.map((line) => line.slice(0, 4)).should.deepEqual([["4711/2", "C-2", "HTML", "FAILED"]]);
    sandbox.app.switches.set("exstream.failed-customer-numbers", "C-1, C-9");
    const whole = await sandbox.submit({ customers: CUSTOMERS });
    await sandbox.ended(whole.jobId);
    const account1 = await account(whole.jobId, whole.id);
    account1.failures.map((failure) => failure.customerNumber).should.deepEqual(["C-1"]);
    account1.job.should.equal("1 outputs composed, 1 failed");
    const xml = `<data><job><fail><customers><customer>9</customer></customers><queues><queue>SMS</queue></queues></fail></job><customers>
      <customer><number>9</number><name>N</name><account>A</account><period>2026-01</period>
      <variants><variant>pdf</variant><variant>sms</variant></variants></customer></customers></data>`;
    const reply = await sandbox.json(BATCH, { method: "POST", headers: { "Content-Type": "application/xml" }, body: xml });
    (await sandbox.ended(reply.body.data[0].jobId)).msg.should.equal("1 outputs composed, 1 failed");
  });

  it("refuses a trouble it does not know", async () => {
    for (const trouble of [{ fail: { share: 2 } }, { fail: { queues: ["FAX"] } }, { fail: 3 }, { slowMs: -1 }, { hold: "maybe" }]) {
      (await sandbox.post(BATCH, { generate: { customers: 1, ...trouble } })).status.should.equal(400);
    }
  });

  it("tells how far a slow job is, and can be stopped in the middle of it", async () => {
    const { jobId, id } = await sandbox.submit({ generate: { customers: 500, slowMs: 100, variants: ["sms"] } });
    let progress: string[] | null = null;
    while (!progress) {
      await sleep(20);
      progress = /^(\d+) of 500 customers composed$/.exec((await sandbox.communicationStep(id)).msg);
    }
    Number(progress[1]).should.be.within(1, 499);
    (await sandbox.job(jobId)).status.should.equal("started");
    (await command(`/flow-instances/${id}/stop`)).body.should.equal("success");
    (await sandbox.job(jobId)).status.should.equal("canceled");
    sandbox
      .records("output")
      .filter((output) => output.jobId === jobId)
      .length.should.be.below(500);
  });

  it("never ends an endless job until somebody stops it, also over a restart", async () => {
    const { jobId, id } = await sandbox.submit({ generate: { customers: 3, endless: true } });
    while (sandbox.records("output").filter((output) => output.jobId === jobId).length < 3) await sleep(5);
    await sandbox.close(true);
    sandbox = await Sandbox.start(sandbox.dir);
    const step = await sandbox.communicationStep(id);
    step.status.should.equal("started");
    step.deliveryFileRetrievable.should.equal(false);
    (await sandbox.fetch(`${RUNTIME}/flow-steps/${step.id}/delivery-file`)).status.should.equal(404);
    (await command(`/flow-steps/${step.id}/release`)).status.should.equal(409);
    (await command(`/flow-steps/${step.id}/stop`)).status.should.equal(200);
    (await sandbox.job(jobId)).status.should.equal("canceled");
    (await command(`/flow-steps/${step.id}/stop`)).status.should.equal(409);
    (await command(`/flow-instances/${id}/stop`)).status.should.equal(409);
  });

  it("holds a composed job until its step, or its instance, is released, also over a restart", async () => {
    for (const by of ["step", "instance"]) {
      await sandbox.channels({ name: "out", kind: "folder", folder: join(folder, by) });
      const { jobId, id } = await sandbox.submit({ generate: { customers: 4, hold: true } });
      await sandbox.until(jobId, "holding");
      await sandbox.close(true);
      sandbox = await Sandbox.start(sandbox.dir);
      const step = await stepOf(id, "hold");
      step.status.should.equal("holding");
      step.previousStepId.should.equal((await sandbox.communicationStep(id)).id);
      (await sandbox.json(`${RUNTIME}/flow-instances/${id}`)).body.data.status.should.equal("holding");
      (await sandbox.json(`${RUNTIME}/jobs?filter=ids:${jobId};statuses:holding`)).body.data.should.have.length(1);
      existsSync(join(folder, by)).should.be.false();
      (await command(by === "step" ? `/flow-steps/${step.id}/release` : `/flow-instances/${id}/release`)).body.should.equal("success");
      (await sandbox.ended(jobId)).msg.should.equal("4 outputs composed, 0 failed; 4 delivered, 0 rejected");
      readdirSync(join(folder, by)).should.have.length(8);
      (await stepOf(id, "hold")).status.should.equal("complete");
      (await stepOf(id, "output")).previousStepId.should.equal(step.id);
      (await command(`/flow-steps/${step.id}/release`)).status.should.equal(409);
    }
  });

  it("cancels a job that is held", async () => {
    sandbox.app.switches.set("exstream.hold-jobs", true);
    const { jobId, id } = await sandbox.submit({ generate: { customers: 1 } });
    await sandbox.until(jobId, "holding");
    (await command(`/jobs/${jobId}/stop`)).status.should.equal(200);
    (await stepOf(id, "hold")).status.should.equal("canceled");
    (await sandbox.job(jobId)).status.should.equal("canceled");
  });

  it("holds what an assured channel delivered until the output step is released, and delivers nothing twice", async () => {
    await sandbox.channels({ name: "out", kind: "folder", folder: join(folder, "assured"), assured: true, jobMarker: ".trigger" });
    const { jobId, id } = await sandbox.submit({ generate: { customers: 2 } });
    await sandbox.until(jobId, "holding");
    const marker = join(folder, "assured", `${jobId}.trigger`);
    rmSync(marker);
    await sandbox.close(true);
    sandbox = await Sandbox.start(sandbox.dir);
    const step = await stepOf(id, "output");
    step.status.should.equal("holding");
    step.msg.should.equal("2 delivered, 0 rejected");
    (await command(`/flow-steps/${step.id}/release`)).status.should.equal(200);
    (await sandbox.ended(jobId)).status.should.equal("complete");
    existsSync(marker).should.be.false();
  });

  it("runs a job again as it was, or with what the switches say now", async () => {
    sandbox.app.switches.set("exstream.failed-customers", 0.5);
    const { jobId } = await sandbox.submit({ generate: { customers: 10 } });
    (await sandbox.ended(jobId)).msg.should.equal("5 outputs composed, 5 failed");
    sandbox.app.switches.set("exstream.failed-customers", 0);
    (await command(`/jobs/${jobId}/reprocessing`)).status.should.equal(200);
    (await sandbox.ended(jobId)).msg.should.equal("5 outputs composed, 5 failed");
    (await command(`/jobs/${jobId}/reprocessing?useCurrentFlowModel=true`)).status.should.equal(200);
    (await sandbox.ended(jobId)).msg.should.equal("10 outputs composed, 0 failed");
    const instances = (await sandbox.json(`${RUNTIME}/flow-instances?filter=jobId:${jobId}`)).body.data;
    instances.should.have.length(3);
    (await sandbox.json(`${RUNTIME}/flow-instances/${instances[0].id}`, { method: "DELETE" })).status.should.equal(200);
    (await sandbox.json(`${RUNTIME}/flow-instances?filter=jobId:${jobId}`)).body.data.should.have.length(2);
    (await sandbox.json(`${RUNTIME}/flow-instances/${instances[0].id}`)).status.should.equal(404);
  });

  it("reports with 409 what it cannot delete, and with force deletes what it can", async () => {
    const { jobId, id } = await sandbox.submit({ generate: { customers: 2 } });
    await sandbox.ended(jobId);
    const file = join(sandbox.dir, "exstream", `${jobId}.input`);
    rmSync(file);
    mkdirSync(file);
    const single = await sandbox.json(`${RUNTIME}/jobs/${jobId}`, { method: "DELETE" });
    single.status.should.equal(409);
    single.body.status.should.equal("failure");
    const bulk = await sandbox.json(`${RUNTIME}/jobs?filter=ids:${jobId}`, { method: "DELETE" });
    bulk.status.should.equal(409);
    Object.keys(bulk.body.data.failedDeleteJobs).should.deepEqual([jobId]);
    (await sandbox.job(jobId)).status.should.equal("complete");
    (await sandbox.json(`${RUNTIME}/jobs/${jobId}?force=true`, { method: "DELETE" })).status.should.equal(200);
    (await sandbox.job(jobId)).status.should.equal("deleted");
    (await sandbox.json(`${RUNTIME}/flow-instances/${id}`)).status.should.equal(404);
    const many = Array.from({ length: 101 }, (_, index) => `id-${index}`).join(",");
    (await sandbox.json(`${RUNTIME}/jobs?filter=ids:${many}`, { method: "DELETE" })).status.should.equal(400);
  });

  it("goes through started, holding, waiting and complete when it is held", async () => {
    const { jobId } = await sandbox.submit({ generate: { customers: 1, hold: true } });
    await sandbox.until(jobId, "holding");
    const { id } = (await sandbox.json(`${RUNTIME}/flow-instances?filter=jobId:${jobId}`)).body.data[0];
    await command(`/flow-instances/${id}/release`);
    await sandbox.ended(jobId);
    const states = logOf(sandbox.dir)
      .filter((line) => line.kind === "job" && line.id === jobId)
      .map((line) => line.value.status);
    states.should.deepEqual(["started", "holding", "waiting", "complete"]);
  });
});
