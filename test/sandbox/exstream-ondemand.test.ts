import should from "should";
import { exstreamDescription } from "../../dist/sandbox/exstream/seed.js";
import { CUSTOMERS, type Json, RUNTIME, Sandbox, sha256 } from "./exstream-support.ts";

const GENERATE = "/orchestration/api/v1/inputs/ondemand/demo/generate";
const OWN = "/orchestration/api/v1/inputs/ondemand/demo/statements";

describe("exstream on-demand compose", function () {
  this.timeout(60_000);
  let sandbox: Sandbox;
  const { communicationId, driverDataSource } = exstreamDescription("http://x");
  const named = { communicationId, driverDataSource };

  before(async () => {
    sandbox = await Sandbox.start();
  });
  after(() => sandbox.close());
  afterEach(() => {
    sandbox.app.faults.set([]);
    sandbox.app.switches.set("exstream.failed-customers", 0);
    sandbox.app.switches.set("exstream.inner-status", "");
    sandbox.app.switches.set("exstream.several-matches", "first");
  });

  it("answers with the envelope by default", async () => {
    const { status, body } = await sandbox.post(GENERATE, { job: { variants: ["pdf", "html"] }, customers: CUSTOMERS }, named);
    status.should.equal(200);
    Object.keys(body).should.deepEqual(["status", "data"]);
    body.status.should.equal("success");
    body.data.should.have.length(4);
    for (const element of body.data) Object.keys(element).should.deepEqual(["content", "mimeType", "engineOutputContext"]);
    const pdf = body.data.find((element: Json) => element.mimeType === "application/pdf");
    should.exist(pdf);
    Buffer.from(pdf?.content ?? "", "base64")
      .toString("latin1")
      .should.startWith("%PDF-1.4");
    pdf?.engineOutputContext.should.deepEqual({ queueName: "PDF", fileName: "statement-000001-4711_1", customerNumber: "C-1" });
    const stored = sandbox.records("output").map((output) => output.sha256);
    for (const element of body.data) stored.should.containEql(sha256(Buffer.from(element.content, "base64")));
  });

  it("answers with bare bytes for a specific Accept", async () => {
    for (const type of ["application/pdf", "text/html", "text/plain"]) {
      const init = { method: "POST", body: JSON.stringify({ customers: [CUSTOMERS[0]] }) };
      const response = await sandbox.fetch(GENERATE, { ...init, headers: { ...named, "Content-Type": "application/json", Accept: type } });
      response.status.should.equal(200);
      should(response.headers.get("content-type")).equal(type);
      const bytes = Buffer.from(await response.arrayBuffer());
      sandbox
        .records("output")
        .map((output) => output.sha256)
        .should.containEql(sha256(bytes));
    }
  });

  it("gives the envelope to clients that take anything as well", async () => {
    const accept = { Accept: "application/json, text/plain, */*" };
    const { body } = await sandbox.post(OWN, { customers: [CUSTOMERS[0]] }, accept);
    body.data[0].mimeType.should.equal("application/pdf");
  });

  it("answers 406 when no output has the type", async () => {
    (await sandbox.post(OWN, { customers: CUSTOMERS }, { Accept: "image/png" })).status.should.equal(406);
    const onlyHtml = { job: { variants: ["html"] }, customers: CUSTOMERS };
    (await sandbox.post(OWN, onlyHtml, { Accept: "application/pdf" })).status.should.equal(406);
  });

  it("sends the first of several outputs of the type, or refuses, as the switch says", async () => {
    const headers = { Accept: "application/pdf", "Content-Type": "application/json" };
    const call = () => sandbox.fetch(OWN, { method: "POST", headers, body: JSON.stringify({ customers: CUSTOMERS }) });
    (await call()).status.should.equal(200);
    sandbox.app.switches.set("exstream.several-matches", "refuse");
    (await call()).status.should.equal(406);
  });

  it("takes XML driver data and an own service without communicationId", async () => {
    const customer =
      "<customers><customer><number>9</number><name>N</name><account>A</account><period>2026-01</period></customer></customers>";
    const headers = { "Content-Type": "application/xml; charset=utf-8" };
    const { status, body } = await sandbox.json(OWN, { method: "POST", headers, body: `<d>${customer}</d>` });
    status.should.equal(200);
    body.data[0].engineOutputContext.customerNumber.should.equal("9");
  });

  it("answers 400 in error shape 1 for wrong headers and wrong data", async () => {
    const wrong = [
      { driverDataSource },
      { communicationId },
      { communicationId: "5f0c7c1e-0000-4d52-9a51-6a1f0d2b7c01", driverDataSource },
      { communicationId, driverDataSource: "Other" },
    ];
    for (const headers of wrong) {
      const { status, body } = await sandbox.post(GENERATE, { customers: CUSTOMERS }, headers as Record<string, string>);
      status.should.equal(400);
      Object.keys(body).should.deepEqual(["timestamp", "status", "message", "error", "details", "errorCode", "path"]);
      body.status.should.equal(400);
      body.timestamp.should.be.a.Number();
      body.errorCode.should.be.a.Number();
      body.path.should.equal(GENERATE);
    }
    (await sandbox.post(GENERATE, { customers: [{}] }, named)).status.should.equal(400);
    (await sandbox.post(OWN, {}, { "Content-Type": "text/csv" })).status.should.equal(415);
  });

  it("answers 401 in error shape 1 without a known token, and 404 for an unknown domain or service", async () => {
    const unknown = await sandbox.post(OWN, { customers: CUSTOMERS }, { Authorization: "Bearer stale" });
    unknown.status.should.equal(401);
    unknown.body.status.should.equal(401);
    for (const path of [OWN.replace("demo", "none"), OWN.replace("statements", "none")]) {
      const { status, body } = await sandbox.post(path, { customers: CUSTOMERS });
      status.should.equal(404);
      body.status.should.equal(404);
    }
  });

  it("answers in error shape 2 when an output fails", async () => {
    sandbox.app.switches.set("exstream.failed-customers", 1);
    const failed = await sandbox.post(OWN, { customers: CUSTOMERS });
    failed.status.should.equal(500);
    failed.body.status.should.equal("error");
    failed.body.data.should.have.length(2);
    failed.body.data[0].statusCode.should.equal("500");
    failed.body.data[0].errorMessage.should.be.a.String();
    failed.body.data[0].engineOutputContext.customerNumber.should.equal("C-1");
    sandbox.app.switches.set("exstream.failed-customers", 0);
    const small = await sandbox.post(OWN, { job: { size: 100 }, customers: CUSTOMERS });
    small.body.data[0].errorMessage.should.match(/size of 100 bytes is too small/);
    sandbox.app.switches.set("exstream.inner-status", "401");
    const inner = await sandbox.post(OWN, { customers: [CUSTOMERS[0]] });
    inner.status.should.equal(401);
    inner.body.data[0].statusCode.should.equal("401");
    inner.body.data[0].engineOutputContext.queueName.should.equal("PDF");
  });

  it("answers fault switches in error shape 1", async () => {
    sandbox.app.faults.set([{ kind: "status", service: "exstream", status: 503, retryAfter: 2, times: 1 }]);
    const { status, body, headers } = await sandbox.post(OWN, { customers: CUSTOMERS });
    status.should.equal(503);
    body.status.should.equal(503);
    should(headers.get("retry-after")).equal("2");
    (await sandbox.post(OWN, { customers: CUSTOMERS })).status.should.equal(200);
  });

  it("leaves a job of mode ONDEMAND with its driver data and outputs", async () => {
    const sent = { customers: [CUSTOMERS[1]] };
    await sandbox.post(OWN, sent, { externalId: "order-77" });
    const { body } = await sandbox.json(`${RUNTIME}/jobs?filter=externalId:order-77;mode:ONDEMAND`);
    body.data.should.have.length(1);
    body.data[0].status.should.equal("complete");
    body.data[0].channel.should.equal("statements");
    body.data[0].triggeredBy.should.equal("demo");
    const instances = (await sandbox.json(`${RUNTIME}/flow-instances?filter=jobId:${body.data[0].id}`)).body.data;
    const input = await sandbox.fetch(`${RUNTIME}/flow-instances/${instances[0].id}/input`);
    (await input.json()).should.deepEqual(sent);
    const outputs = sandbox.records("output").filter((output) => output.jobId === body.data[0].id);
    outputs.should.have.length(1);
  });

  it("answers the version probes", async () => {
    for (const prefix of ["orchestration", "design", "empower"]) {
      const { status, body } = await sandbox.json(`/${prefix}/api/v1/version`);
      status.should.equal(200);
      Object.keys(body).should.deepEqual(["apiIdentifier", "major", "minor", "patch", "versionString", "details"]);
      should.exist(body.details.git);
    }
  });
});
