import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import should from "should";
import { BATCH, CUSTOMERS, type Json, logOf, Receiver, RUNTIME, Sandbox, sha256, unzip } from "./exstream-support.ts";

const ORCHESTRATION = join(import.meta.dirname, "../../../shared/wire/openapi/exstream-orchestration-v1.json");

const JOB_FIELDS =
  "id domainId channel mode status flowModelType msg externalId triggeredBy aggregatedFMCSnapshotId startDate endDate expirationDate traceId simulation";
const STEP_FIELDS =
  "id flowInstanceId previousStepId stepName displayName status stepType queueDate startDate executeDate endDate expirationDate msg externalId deliveryFileRetrievable messageFileRetrievable";

describe("exstream batch", function () {
  this.timeout(60_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await Sandbox.start();
  });
  after(() => sandbox.close());
  afterEach(async () => {
    sandbox.app.switches.set("exstream.failed-customers", 0);
    sandbox.app.switches.set("exstream.iso-dates", false);
    sandbox.app.switches.set("exstream.single-as-array", false);
    await sandbox.channels();
  });

  it("answers 201 with job and instance id, then composes every customer in every variant", async () => {
    const body = { generate: { customers: 25, seed: 3, variants: ["pdf", "html", "sms"], size: 20_000, pages: 2 } };
    const reply = await sandbox.post(BATCH, body, { externalId: "run-1" });
    reply.status.should.equal(201);
    Object.keys(reply.body).should.deepEqual(["status", "data"]);
    Object.keys(reply.body.data[0]).should.deepEqual(["jobId", "id"]);
    const { jobId, id } = reply.body.data[0];
    const job = await sandbox.ended(jobId);
    job.status.should.equal("complete");
    job.externalId.should.equal("run-1");
    job.msg.should.equal("75 outputs composed, 0 failed");
    const outputs = sandbox.records("output").filter((output) => output.flowInstanceId === id);
    outputs.should.have.length(75);
    for (const output of outputs) {
      const bytes = readFileSync(join(sandbox.dir, "exstream", output.id));
      bytes.length.should.equal(output.size);
      sha256(bytes).should.equal(output.sha256);
      if (output.mimeType !== "text/plain") output.size.should.equal(20_000);
      output.pages.should.equal(output.mimeType === "application/pdf" ? 2 : 1);
    }
    new Set(outputs.map((output) => output.fileName)).size.should.equal(75);
  });

  it("gives every customer a size of its own from a range", async () => {
    const { jobId, id } = await sandbox.submit({ generate: { customers: 40, size: { min: 5_000, max: 9_000 } } });
    await sandbox.ended(jobId);
    const sizes = sandbox
      .records("output")
      .filter((output) => output.flowInstanceId === id)
      .map((output) => output.size);
    Math.min(...sizes).should.be.aboveOrEqual(5_000);
    Math.max(...sizes).should.be.belowOrEqual(9_000);
    new Set(sizes).size.should.be.above(30);
  });

  it("takes driver data as JSON and XML", async () => {
    const { jobId } = await sandbox.submit({ job: { variants: ["pdf", "sms"] }, customers: CUSTOMERS });
    (await sandbox.ended(jobId)).msg.should.equal("4 outputs composed, 0 failed");
    const xml =
      "<d><customers><customer><number>9</number><name>N</name><account>A</account><period>2026-01</period></customer></customers></d>";
    const reply = await sandbox.json(BATCH, { method: "POST", headers: { "Content-Type": "application/xml" }, body: xml });
    reply.status.should.equal(201);
    (await sandbox.ended(reply.body.data[0].jobId)).msg.should.equal("1 outputs composed, 0 failed");
  });

  it("refuses what it cannot run", async () => {
    for (const body of [{}, { customers: [] }, { generate: { customers: 2_000_000 } }, { generate: { customers: 1, variants: ["fax"] } }]) {
      const reply = await sandbox.post(BATCH, body);
      reply.status.should.equal(400);
      reply.body.status.should.equal(400);
    }
    (await sandbox.post(BATCH.replace("statements", "other"), { generate: { customers: 1 } })).status.should.equal(404);
    (await sandbox.post(BATCH.replace("demo", "other"), { generate: { customers: 1 } })).status.should.equal(404);
    (await sandbox.post(BATCH, {}, { Authorization: "" })).status.should.equal(401);
    (await sandbox.post(BATCH, { generate: { customers: 1 } }, { externalId: "x".repeat(401) })).status.should.equal(400);
  });

  it("gives job, instances and steps the recorded fields, dates in milliseconds", async () => {
    const receiver = await new Receiver().start();
    await sandbox.channels({ name: "push", kind: "http", url: receiver.url });
    const { jobId, id } = await sandbox.submit({ generate: { customers: 2 } }, { externalId: "shape-1" });
    const job = await sandbox.ended(jobId);
    Object.keys(job).sort().should.deepEqual(JOB_FIELDS.split(" ").sort());
    for (const name of ["startDate", "endDate", "expirationDate"]) job[name].should.be.a.Number();
    job.mode.should.equal("BATCH");
    const instance = (await sandbox.json(`${RUNTIME}/flow-instances?filter=jobId:${jobId}`)).body.data[0];
    instance.id.should.equal(id);
    instance.jobId.should.equal(jobId);
    instance.externalId.should.equal("shape-1");
    const { data: steps } = (await sandbox.json(`${RUNTIME}/flow-steps?filter=flowInstanceId:${id}&sort=asc_stepType`)).body;
    steps
      .map((step: Json) => `${step.stepType} ${step.status}`)
      .should.deepEqual(["communication complete", "input complete", "output complete"]);
    for (const step of steps) for (const name of Object.keys(step)) STEP_FIELDS.split(" ").should.containEql(name);
    const output = steps.find((step: Json) => step.stepType === "output");
    output.displayName.should.equal("push");
    Object.keys(output).sort().should.deepEqual(STEP_FIELDS.split(" ").sort());
    (await sandbox.json(`${RUNTIME}/flow-steps/${output.id}`)).body.data.should.deepEqual(output);
    (await sandbox.json(`${RUNTIME}/flow-instances/${id}`)).body.data.should.deepEqual(instance);
    await receiver.stop();
  });

  it("answers as the vendor's description of the runtime says", async () => {
    if (!existsSync(ORCHESTRATION)) {
      console.log(`      ${ORCHESTRATION} is not there: replies were checked against the recorded shapes only`);
      return;
    }
    const ajv = new Ajv({
      strict: false,
      formats: { "date-time": /^\d{4}-\d\d-\d\dT[\d:.]+Z$/, uuid: /^[0-9a-f-]{36}$/, int32: true, int64: true },
    });
    ajv.addSchema({ $id: "orchestration", ...closed(JSON.parse(readFileSync(ORCHESTRATION, "utf8"))) });
    const check = (schema: string, value: unknown) => {
      const validate = ajv.getSchema(`orchestration#/components/schemas/${schema}`);
      should.exist(validate);
      if (!validate?.(value)) throw new Error(`${schema}: ${ajv.errorsText(validate?.errors)}`);
    };
    sandbox.app.switches.set("exstream.iso-dates", true);
    const { jobId, id } = await sandbox.submit({ generate: { customers: 3 } }, { externalId: "ajv" });
    await sandbox.ended(jobId);
    const step = await sandbox.communicationStep(id);
    // A live job carries two fields more than the description (wire/exstream.md 6).
    const bare = (job: Json) => Object.fromEntries(Object.entries(job).filter(([name]) => name !== "traceId" && name !== "simulation"));
    const one = (await sandbox.json(`${RUNTIME}/jobs/${jobId}`)).body;
    check("DataResponseJob", { ...one, data: bare(one.data) });
    const jobs = (await sandbox.json(`${RUNTIME}/jobs`)).body;
    check("PageResponseJob", { ...jobs, data: jobs.data.map(bare) });
    check("PageResponseFlowInstance", (await sandbox.json(`${RUNTIME}/flow-instances`)).body);
    check("DataResponseFlowInstance", (await sandbox.json(`${RUNTIME}/flow-instances/${id}`)).body);
    check("PageResponseFlowStep", (await sandbox.json(`${RUNTIME}/flow-steps`)).body);
    check("DataResponseFlowStep", (await sandbox.json(`${RUNTIME}/flow-steps/${step.id}`)).body);
    check("DataResponseJsonNode", (await sandbox.json(`${RUNTIME}/flow-steps/${step.id}/delivery-file/outputs`)).body);
    check("PageResponseString", (await sandbox.json(`${RUNTIME}/flow-steps/${step.id}/delivery-file/output-files`)).body);
    check("VersionConfig", (await sandbox.json("/orchestration/api/v1/version")).body);
    check("DataResponseJobDeleteStatus", (await sandbox.json(`${RUNTIME}/jobs?filter=ids:${jobId}`, { method: "DELETE" })).body);
    (() => check("DataResponseJob", one)).should.throw(/additional properties/);
  });

  it("filters, sorts and pages the lists", async () => {
    const ids: string[] = [];
    for (const externalId of ["list-a", "list-b", "list-c"]) {
      const { jobId } = await sandbox.submit({ generate: { customers: 1 } }, { externalId });
      ids.push(jobId);
      await sandbox.ended(jobId);
    }
    const list = async (query: string) => (await sandbox.json(`${RUNTIME}/jobs?${query}`)).body;
    const names = (body: Json) => body.data.map((job: Json) => job.externalId);
    names(await list(`filter=ids:${ids.join(",")};statuses:complete,error&sort=asc_externalId`)).should.deepEqual([
      "list-a",
      "list-b",
      "list-c",
    ]);
    const second = await list(`filter=ids:${ids.join(",")}&sort=desc_externalId&offset=1&count=1`);
    names(second).should.deepEqual(["list-b"]);
    second.page.should.deepEqual({ pageSize: 1, pageOffset: 1, totalElements: 3, totalPages: 3, currentPageNumber: 2 });
    names(await list("filter=externalId:list-c;mode:BATCH")).should.deepEqual(["list-c"]);
    names(await list("filter=externalId:list-c;mode:ONDEMAND")).should.deepEqual([]);
    const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
    names(await list(`filter=externalId:list-a;endDateStart:${day(-1)};endDateEnd:${day(2)}`)).should.deepEqual(["list-a"]);
    names(await list(`filter=externalId:list-a;endDateStart:${day(2)}`)).should.deepEqual([]);
    for (const query of ["filter=color:red", "filter=mode", "filter=endDateStart:today", "sort=newest", "count=-1"]) {
      (await sandbox.json(`${RUNTIME}/jobs?${query}`)).status.should.equal(400);
    }
  });

  it("wraps one record in an array, or gives ISO dates, when the switch says so", async () => {
    const { jobId } = await sandbox.submit({ generate: { customers: 1 } });
    await sandbox.ended(jobId);
    sandbox.app.switches.set("exstream.single-as-array", true);
    sandbox.app.switches.set("exstream.iso-dates", true);
    const { body } = await sandbox.json(`${RUNTIME}/jobs/${jobId}`);
    body.data.should.have.length(1);
    body.data[0].startDate.should.match(/^\d{4}-\d\d-\d\dT/);
  });

  it("offers delivery file, outputs, artifacts and message file of the composition", async () => {
    const { jobId, id } = await sandbox.submit({ job: { variants: ["pdf", "html"] }, customers: CUSTOMERS });
    await sandbox.ended(jobId);
    const step = await sandbox.communicationStep(id);
    step.deliveryFileRetrievable.should.equal(true);
    const files = `${RUNTIME}/flow-steps/${step.id}`;
    const xml = await (await sandbox.fetch(`${files}/delivery-file`)).text();
    (xml.match(/<customer>/g) ?? []).should.have.length(4);
    (xml.match(/<key name="AccountNumber">4711\/1<\/key>/g) ?? []).should.have.length(2);
    (xml.match(/<queueName>(PDF|HTML)<\/queueName>/g) ?? []).should.have.length(4);
    const names = (await sandbox.json(`${files}/delivery-file/output-files?offset=0&count=3`)).body;
    names.data.should.have.length(3);
    names.page.totalElements.should.equal(4);
    const { outputs, failures } = (await sandbox.json(`${files}/delivery-file/outputs`)).body.data;
    failures.should.have.length(0);
    for (const output of outputs) {
      xml.should.containEql(`<sha256>${output.sha256}</sha256>`);
      const response = await sandbox.fetch(`${files}/artifact/${output.fileName}`);
      should(response.headers.get("content-type")).equal(output.mimeType);
      sha256(Buffer.from(await response.arrayBuffer())).should.equal(output.sha256);
    }
    const messages = await (await sandbox.fetch(`${files}/message-file`)).text();
    for (const line of messages.trimEnd().split("\n")) line.should.match(/^EX\d{6}[ISWE] /);
    (await sandbox.fetch(`${files}/artifact/none.pdf`)).status.should.equal(404);
    (await sandbox.fetch(`${files}/artifact/..%2Fexstream.jsonl`)).status.should.equal(404);
    (await sandbox.fetch(`${RUNTIME}/flow-steps/none/delivery-file`)).status.should.equal(404);
  });

  it("zips the artifacts of one customer", async () => {
    const { jobId, id } = await sandbox.submit({ job: { variants: ["pdf", "html", "sms"] }, customers: CUSTOMERS });
    await sandbox.ended(jobId);
    const step = await sandbox.communicationStep(id);
    const response = await sandbox.fetch(`${RUNTIME}/flow-steps/${step.id}/customer-artifacts/C-2`);
    response.status.should.equal(200);
    const entries = unzip(Buffer.from(await response.arrayBuffer()));
    const expected = sandbox.records("output").filter((output) => output.flowInstanceId === id && output.customerNumber === "C-2");
    entries.size.should.equal(3);
    for (const output of expected) sha256(entries.get(output.fileName) as Buffer).should.equal(output.sha256);
    (await sandbox.fetch(`${RUNTIME}/flow-steps/${step.id}/customer-artifacts/none`)).status.should.equal(404);
  });

  it("completes with failed customers, and names them in message file, report and outputs", async () => {
    sandbox.app.switches.set("exstream.failed-customers", 0.3);
    const { jobId, id } = await sandbox.submit({ generate: { customers: 50 } });
    const job = await sandbox.ended(jobId);
    job.status.should.equal("complete");
    const failed = sandbox
      .records("failure")
      .filter((failure) => failure.flowInstanceId === id)
      .map((failure) => failure.customerNumber);
    failed.length.should.be.within(5, 30);
    const composed = sandbox
      .records("output")
      .filter((output) => output.flowInstanceId === id)
      .map((output) => output.customerNumber);
    [...failed, ...composed].sort().should.deepEqual(Array.from({ length: 50 }, (_, index) => String(index + 1).padStart(6, "0")));
    const files = `${RUNTIME}/flow-steps/${(await sandbox.communicationStep(id)).id}`;
    const messages = await (await sandbox.fetch(`${files}/message-file`)).text();
    const report = await (await sandbox.fetch(`${files}/artifact/ErrorReport.csv`)).text();
    const { failures } = (await sandbox.json(`${files}/delivery-file/outputs`)).body.data;
    failures
      .map((failure: Json) => failure.customerNumber)
      .sort()
      .should.deepEqual([...failed].sort());
    for (const number of failed) {
      messages.should.match(new RegExp(`^EX002001E Customer ${number}: `, "m"));
      report.should.match(new RegExp(`^[^|]+\\|${number}\\|\\*\\|FAILED\\|`, "m"));
    }
  });

  it("ends in error when nothing could be composed", async () => {
    const { jobId, id } = await sandbox.submit({ generate: { customers: 3, size: 200 } });
    (await sandbox.ended(jobId)).status.should.equal("error");
    const step = await sandbox.communicationStep(id);
    step.status.should.equal("error");
    const messages = await (await sandbox.fetch(`${RUNTIME}/flow-steps/${step.id}/message-file`)).text();
    messages.should.match(/^EX002002E Customer 000001, queue PDF: a size of 200 bytes is too small/m);
    messages.should.match(/^EX003001S /m);
  });

  it("runs a job again with the same bytes under a new instance", async () => {
    const { jobId, id } = await sandbox.submit({ generate: { customers: 10, size: 9_000 } });
    await sandbox.ended(jobId);
    (await sandbox.json(`${RUNTIME}/jobs/${jobId}/reprocessing`, { method: "POST" })).status.should.equal(200);
    await sandbox.ended(jobId);
    const instances = (await sandbox.json(`${RUNTIME}/flow-instances?filter=jobId:${jobId};statuses:complete`)).body.data;
    instances.should.have.length(2);
    const hashes = instances.map((instance: Json) =>
      sandbox
        .records("output")
        .filter((output) => output.flowInstanceId === instance.id)
        .map((output) => `${output.fileName} ${output.sha256}`)
        .sort(),
    );
    hashes[0].should.have.length(10);
    hashes[0].should.deepEqual(hashes[1]);
    instances.map((instance: Json) => instance.id).should.containEql(id);
  });

  it("stops a job that runs, and deletes only what has ended", async () => {
    const receiver = await new Receiver(() => ({ status: 503 })).start();
    await sandbox.channels({ name: "push", kind: "http", url: receiver.url });
    const { jobId, id } = await sandbox.submit({ generate: { customers: 5 } });
    await sandbox.until(jobId, "waiting");
    await receiver.received(1);
    (await sandbox.json(`${RUNTIME}/jobs/${jobId}`, { method: "DELETE" })).status.should.equal(409);
    const stopped = await sandbox.json(`${RUNTIME}/jobs/${jobId}/stop`, { method: "POST" });
    stopped.status.should.equal(200);
    stopped.body.should.equal("success");
    (await sandbox.job(jobId)).status.should.equal("canceled");
    const steps = (await sandbox.json(`${RUNTIME}/flow-steps?filter=flowInstanceId:${id};statuses:canceled`)).body.data;
    steps.map((step: Json) => step.stepType).should.deepEqual(["output"]);
    (await sandbox.json(`${RUNTIME}/jobs/${jobId}/stop`, { method: "POST" })).status.should.equal(409);
    const files = sandbox
      .records("output")
      .filter((output) => output.jobId === jobId)
      .map((output) => output.id);
    files.should.have.length(5);
    (await sandbox.json(`${RUNTIME}/jobs/${jobId}`, { method: "DELETE" })).status.should.equal(200);
    for (const file of [...files, `${jobId}.input`]) existsSync(join(sandbox.dir, "exstream", file)).should.be.false();
    sandbox
      .records("output")
      .filter((output) => output.jobId === jobId)
      .should.have.length(0);
    (await sandbox.json(`${RUNTIME}/jobs?filter=ids:${jobId}`)).body.data.should.have.length(0);
    (await sandbox.json(`${RUNTIME}/jobs?filter=ids:${jobId}&fetchDeleted=true`)).body.data[0].status.should.equal("deleted");
    await receiver.stop();
  });

  it("goes through started, waiting and complete", async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let refused = true;
    void gate.then(() => {
      refused = false;
    });
    const receiver = await new Receiver(() => ({ status: refused ? 503 : 201 })).start();
    await sandbox.channels({ name: "push", kind: "http", url: receiver.url, backoffMs: { first: 5, longest: 20 } });
    const { jobId } = await sandbox.submit({ generate: { customers: 20 } });
    await sandbox.until(jobId, "waiting");
    open();
    await sandbox.until(jobId, "complete");
    const states = logOf(sandbox.dir)
      .filter((line) => line.kind === "job" && line.id === jobId)
      .map((line) => line.value.status);
    states.should.deepEqual(["started", "waiting", "complete"]);
    await receiver.stop();
  });
});

/** The description's objects refuse properties it does not name, so a misspelt field shows. */
function closed(description: { components: { schemas: Record<string, { properties?: object; additionalProperties?: unknown }> } }) {
  for (const schema of Object.values(description.components.schemas)) {
    if (schema.properties && schema.additionalProperties === undefined) schema.additionalProperties = false;
  }
  return { components: description.components };
}
