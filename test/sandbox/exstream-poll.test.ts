import { SaxesParser } from "saxes";
import should from "should";
import { liveMemory } from "../support/live-memory.ts";
import { BATCH, CUSTOMERS, type Json, RUNTIME, Sandbox, sha256 } from "./exstream-support.ts";

const ONDEMAND = "/orchestration/api/v1/inputs/ondemand/demo/statements";

describe("exstream as a job poll reads it", function () {
  this.timeout(300_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await Sandbox.start();
  });
  after(() => sandbox.close());
  afterEach(() => {
    for (const each of sandbox.app.switches.all()) sandbox.app.switches.set(each.name, each.default);
  });

  const run = async (body: object): Promise<{ jobId: string; id: string; files: string }> => {
    const { jobId, id } = await sandbox.submit(body);
    await sandbox.ended(jobId);
    return { jobId, id, files: `${RUNTIME}/flow-steps/${(await sandbox.communicationStep(id)).id}` };
  };
  const listOf = async (files: string): Promise<{ outputs: Json[]; failures: Json[] }> =>
    (await sandbox.json(`${files}/delivery-file/outputs`)).body.data;

  it("leads from the list of jobs to every byte that was composed", async () => {
    const { jobId, id } = await run({ job: { variants: ["pdf", "html", "mobile", "sms"] }, customers: CUSTOMERS });
    const day = new Date().toISOString().slice(0, 10);
    const jobs = (await sandbox.json(`${RUNTIME}/jobs?filter=mode:BATCH;statuses:complete,error;endDateStart:${day}`)).body.data;
    jobs.map((job: Json) => job.id).should.containEql(jobId);
    const instances = (await sandbox.json(`${RUNTIME}/flow-instances?filter=jobId:${jobId}`)).body.data;
    instances.map((instance: Json) => instance.id).should.deepEqual([id]);
    const query = `filter=flowInstanceId:${id};deliveryFileRetrievable:true&checkArtifacts=true`;
    const steps = (await sandbox.json(`${RUNTIME}/flow-steps?${query}`)).body.data;
    steps.should.have.length(1);
    const files = `${RUNTIME}/flow-steps/${steps[0].id}`;
    const delivered = customersOf(await (await sandbox.fetch(`${files}/delivery-file`)).text());
    delivered.should.have.length(8);
    for (const customer of delivered) {
      const bytes = Buffer.from(await (await sandbox.fetch(`${files}/artifact/${customer.fileName}`)).arrayBuffer());
      sha256(bytes).should.equal(customer.sha256);
    }
    should(new Set(delivered.map((each) => each.queueName))).deepEqual(new Set(["PDF", "HTML", "MOBILE", "SMS"]));
    should(new Set(delivered.map((each) => each.CISNumber))).deepEqual(new Set(["C-1", "C-2"]));
  });

  it("gives each customer a set of variants of its own", async () => {
    const [first, second] = CUSTOMERS;
    const customers = [{ ...first, variants: ["html", "mobile"] }, second];
    const own = await listOf((await run({ job: { variants: ["pdf", "sms"] }, customers })).files);
    own.outputs
      .map((output) => `${output.customerNumber} ${output.channel} ${output.mimeType}`)
      .should.deepEqual(["C-1 email text/html", "C-1 mobile text/html", "C-2 print application/pdf", "C-2 sms text/plain"]);
    const sets = [["pdf"], ["html", "sms"], ["mobile"]];
    const inTurn = await listOf((await run({ generate: { customers: 5, variantSets: sets } })).files);
    inTurn.outputs.map((output) => output.queueName).should.deepEqual(["PDF", "HTML", "SMS", "MOBILE", "PDF", "HTML", "SMS"]);
    for (const variants of [[], ["fax"], "pdf"]) {
      (await sandbox.post(BATCH, { generate: { customers: 1, variantSets: [variants] } })).status.should.equal(400);
    }
  });

  it("gives the delivery file flat, or nested in a namespace with CDATA, with the same content", async () => {
    const { files } = await run({ customers: CUSTOMERS });
    const flat = await (await sandbox.fetch(`${files}/delivery-file`)).text();
    sandbox.app.switches.set("exstream.delivery-file-form", "nested");
    const response = await sandbox.fetch(`${files}/delivery-file?download=true`);
    should(response.headers.get("content-disposition")).equal('attachment; filename="_STDDELIVERYFILE.xml"');
    const nested = await response.text();
    nested.should.match(/<d:deliveries><d:delivery>/);
    nested.should.containEql("<![CDATA[4711/1]]>");
    customersOf(nested).should.deepEqual(customersOf(flat));
    (await (await sandbox.fetch(`${files}/artifact/_STDDELIVERYFILE.xml`)).text()).should.equal(nested);
  });

  it("streams the delivery file of 1,000,000 customers, of whom it stores none", async () => {
    const { jobId, files } = await run({ generate: { customers: 1_000_000, seed: 4, lazy: true, fail: { share: 0.03 } } });
    (await sandbox.job(jobId)).msg.should.equal("970000 outputs composed, 30000 failed");
    sandbox
      .records("output")
      .filter((output) => output.jobId === jobId)
      .should.have.length(0);
    const response = await sandbox.fetch(`${files}/delivery-file`);
    const before = liveMemory();
    let [count, size, peak, rest] = [0, 0, 0, ""];
    let lastName = "";
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const text = rest + Buffer.from(chunk).toString("latin1");
      const end = text.lastIndexOf("\n") + 1;
      rest = text.slice(end);
      const whole = text.slice(0, end);
      count += whole.split("</customer>").length - 1;
      lastName = /.*<fileName>(.*?)<\/fileName>/s.exec(whole)?.[1] ?? lastName;
      if (Math.floor(size / 16e6) !== Math.floor((size + chunk.length) / 16e6)) peak = Math.max(peak, liveMemory());
      size += chunk.length;
    }
    count.should.equal(970_000);
    // Far below what the records alone would take.
    size.should.be.above(250e6);
    (peak - before).should.be.below(64e6);

    const report = await (await sandbox.fetch(`${files}/artifact/ErrorReport.csv`)).text();
    report.trimEnd().split("\n").should.have.length(30_001);
    const page = (await sandbox.json(`${files}/delivery-file/output-files?offset=969999&count=10`)).body;
    page.data.should.deepEqual([lastName]);
    page.page.totalElements.should.equal(970_000);
  });

  it("composes an output of a lazy job when it is read, with the same bytes each time and as a job that stores", async () => {
    const generate = { customers: 200, seed: 9, variants: ["pdf", "html"], fail: { share: 0.1 }, pages: 2 };
    const lazy = await run({ generate: { ...generate, lazy: true } });
    const kept = await run({ generate });
    const bare = ({ size: _size, sha256: _sha256, pages: _pages, ...output }: Json) => output;
    const [made, stored] = [await listOf(lazy.files), await listOf(kept.files)];
    made.outputs.should.have.length(360);
    made.outputs.should.deepEqual(stored.outputs.map(bare));
    made.failures.should.deepEqual(stored.failures);
    const name = made.outputs[101].fileName;
    const read = async () => Buffer.from(await (await sandbox.fetch(`${lazy.files}/artifact/${name}`)).arrayBuffer());
    const bytes = await read();
    (await read()).equals(bytes).should.be.true();
    bytes.toString("latin1").should.match(/^%PDF-1\.4.*\/Count 2 .*%%EOF\n$/s);
    const zip = await sandbox.fetch(`${lazy.files}/customer-artifacts/${made.outputs[101].customerNumber}`);
    Buffer.from(await zip.arrayBuffer())
      .includes(bytes)
      .should.be.true();
    (await sandbox.fetch(`${lazy.files}/customer-artifacts/${made.failures[0].customerNumber}`)).status.should.equal(404);
    for (const other of ["statement-000999-1.pdf", "statement-x.pdf"]) {
      (await sandbox.fetch(`${lazy.files}/artifact/${other}`)).status.should.equal(404);
    }
    (await sandbox.post(BATCH, { generate: { customers: 1, lazy: true, size: 9_000 } })).status.should.equal(400);
  });

  it("lets outputs of named customers break off in the middle, and says their true size", async () => {
    const { files } = await run({ job: { cut: ["C-2"] }, customers: CUSTOMERS });
    const { outputs } = await listOf(files);
    const endings = await Promise.all(
      outputs.map(async (output) => {
        const bytes = Buffer.from(await (await sandbox.fetch(`${files}/artifact/${output.fileName}`)).arrayBuffer());
        bytes.length.should.equal(output.size);
        sha256(bytes).should.equal(output.sha256);
        return bytes.toString("latin1").endsWith("%%EOF\n");
      }),
    );
    endings.should.deepEqual([true, false]);
  });

  it("matches names in any case when the filter says so, and counts instances by day and status", async () => {
    const { jobId, id } = await sandbox.submit({ generate: { customers: 1 } }, { externalId: "Run-A" });
    await sandbox.ended(jobId);
    const steps = async (filter: string) =>
      (await sandbox.json(`${RUNTIME}/flow-steps?filter=flowInstanceId:${id};${filter}`)).body.data.length;
    (await steps("externalId:Run-A")).should.equal(2);
    (await steps("externalId:run-a")).should.equal(0);
    (await steps("caseSensitive:false;externalId:run-a;displayName:ACCOUNT STATEMENT")).should.equal(1);
    const counts = async (filter?: string) => sandbox.post(`${RUNTIME}/flow-instances/counts`, { filter });
    const all = (await sandbox.json(`${RUNTIME}/flow-instances?filter=statuses:complete`)).body.page.totalElements;
    const days: [string, Record<string, number>][] = Object.entries((await counts()).body.data);
    for (const [day] of days) day.should.match(/^\d{4}-\d\d-\d\d$/);
    days.reduce((sum, [, { complete = 0 }]) => sum + complete, 0).should.equal(all);
    (await counts(`startDateStart:${new Date(Date.now() + 60_000).toISOString()}`)).body.data.should.deepEqual({});
    (await counts("startDateStart:yesterday")).status.should.equal(400);
    const noJson = await sandbox.json(`${RUNTIME}/flow-instances/counts`, { method: "POST", body: "{" });
    noJson.status.should.equal(400);
  });

  it("refuses in shape 1, in shape 2, or in neither, and if asked with a status of 200", async () => {
    const path = `${RUNTIME}/jobs/none`;
    const plain = await sandbox.json(path);
    plain.status.should.equal(404);
    plain.body.should.containEql({ status: 404, error: "Not Found", path });
    sandbox.app.switches.set("exstream.error-shape", "2");
    (await sandbox.json(path)).body.should.deepEqual({
      status: "error",
      data: [{ errorMessage: "the domain has no job 'none'", statusCode: "404", engineOutputContext: {} }],
    });
    sandbox.app.switches.set("exstream.error-shape", "neither");
    const page = await sandbox.fetch(path);
    page.status.should.equal(404);
    should(page.headers.get("content-type")).equal("text/html");
    sandbox.app.switches.set("exstream.error-shape", "1");
    sandbox.app.switches.set("exstream.errors-as-200", true);
    const inside = await sandbox.json(path, { headers: { Authorization: "Bearer expired" } });
    inside.status.should.equal(200);
    inside.body.should.containEql({ status: 401, error: "Unauthorized" });
  });

  it("hides a 401 of an output in a 200, and sends an envelope that is no base64", async () => {
    sandbox.app.switches.set("exstream.inner-status", "401");
    sandbox.app.switches.set("exstream.errors-as-200", true);
    const inner = await sandbox.post(ONDEMAND, { customers: [CUSTOMERS[0]] });
    inner.status.should.equal(200);
    inner.body.status.should.equal("error");
    inner.body.data[0].statusCode.should.equal("401");
    sandbox.app.switches.set("exstream.inner-status", "");
    sandbox.app.switches.set("exstream.wrong-base64", true);
    const wrong = await sandbox.post(ONDEMAND, { customers: [CUSTOMERS[0]] });
    wrong.body.data[0].content.should.not.match(/^[A-Za-z0-9+/]*={0,2}$/);
  });
});

/** Entries of a delivery file as a tolerant reader takes them: whatever the nesting and the prefixes. */
function customersOf(xml: string): Record<string, string>[] {
  const parser = new SaxesParser();
  const customers: Record<string, string>[] = [];
  let name = "";
  let text = "";
  const collect = (part: string) => {
    text += part;
  };
  parser.on("opentag", (tag) => {
    const local = tag.name.replace(/^.*:/, "");
    if (local === "customer") customers.push({});
    name = local === "key" ? String((tag.attributes as Record<string, unknown>).name) : local;
    text = "";
  });
  parser.on("text", collect);
  parser.on("cdata", collect);
  parser.on("closetag", () => {
    const customer = customers.at(-1);
    if (customer && text.trim()) customer[name] = text;
    text = "";
  });
  parser.write(xml).close();
  return customers;
}
