import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { CUSTOMERS, type Json, type Reply, Sandbox, TICKET } from "./exstream-support.ts";

const SGW = "/test/sgw/v1";

describe("exstream service gateway", function () {
  this.timeout(60_000);
  let sandbox: Sandbox;
  let folder: string;

  before(async () => {
    sandbox = await Sandbox.start();
    folder = mkdtempSync(join(tmpdir(), "exstream-gateway-"));
  });
  after(async () => {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => sandbox.channels());

  const call = (method: string, path: string, body?: unknown, ticket = TICKET): Promise<Reply> =>
    sandbox.json(SGW + path, {
      method,
      headers: { OTDSTicket: ticket, "Content-Type": "application/json", Authorization: "" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  const base64 = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");
  const submit = (query: string, data: unknown, more: object = {}, contentType = "application/json"): Promise<Reply> =>
    call("POST", `/communications?${query}`, { content: { contentType, data: base64(data) }, ...more });
  const documents = async (filter: unknown, more = ""): Promise<Json[]> => {
    const where = encodeURIComponent(JSON.stringify(filter));
    const reply = await call("GET", `/documents?where_typeid=outputqueueobject&where_filter=${where}&guid_format=false${more}`);
    reply.status.should.equal(200);
    return reply.body.data;
  };
  const settle = (filter: unknown, processingstate: string): Promise<Reply> => {
    const where = encodeURIComponent(JSON.stringify(filter));
    const body = { processingstate, statusmessage: `set to ${processingstate}` };
    return call("PUT", `/documents?where_typeid=outputqueueobject&where_filter=${where}`, body);
  };

  it("composes at once, and gives the outputs in base64 with their attributes", async () => {
    const reply = await submit("name=statements&version=*&async=false", { customers: CUSTOMERS }, { source: "ERP" });
    reply.status.should.equal(200);
    const { id, attributeMap, result } = reply.body.data;
    attributeMap.should.deepEqual({ source: "ERP" });
    result.should.have.length(2);
    result[0]["Content-Disposition"].should.deepEqual(['attachment; filename="statement-000001-4711_1.pdf"']);
    const { data, ...content } = result[0].content;
    content.should.deepEqual({ contentType: "application/pdf", streamingFilePath: null, empty: false });
    Buffer.from(data, "base64")
      .toString("latin1")
      .should.match(/^%PDF-.*%%EOF\n$/s);
    const [tracker] = (await call("GET", `/trackers?where_trackerid=${id}&limit=1&guid_format=false`)).body.data;
    tracker.should.containEql({ trackerid: id, processingstate: "5", servicename: "statements", source: "ERP" });
    for (const value of Object.values(tracker)) should(value).be.a.String();
  });

  it("takes the flat spelling with XML, and composes later when asked", async () => {
    const xml =
      "<d><customers><customer><number>9</number><name>N</name><account>A</account><period>2026-01</period></customer></customers></d>";
    const body = { contentType: "text/xml", data: base64(xml), streamingFilePath: null, empty: false };
    const reply = await call("POST", "/communications?name=statements&version=1&async=true", body);
    reply.body.data.result.should.deepEqual([]);
    (await sandbox.ended(reply.body.data.id)).mode.should.equal("BATCH");
  });

  it("wants a ticket, and refuses what it does not know", async () => {
    const query = "/communications?name=statements&version=*&async=false";
    const refused = await call("POST", query, {}, "*OTDSSSO*other");
    refused.status.should.equal(401);
    refused.body.status.should.equal(401);
    (await sandbox.json(`${SGW}/trackers`)).status.should.equal(401);
    (await sandbox.json("/other/sgw/v1/trackers", { headers: { OTDSTicket: TICKET } })).status.should.equal(404);
    (await submit("name=other&version=*", { customers: CUSTOMERS })).status.should.equal(404);
    (await submit("name=statements&version=7", { customers: CUSTOMERS })).status.should.equal(404);
    (await submit("name=statements", "x", {}, "text/csv")).status.should.equal(415);
    (await submit("name=statements", {})).status.should.equal(400);
    for (const body of [[], {}, { content: { contentType: "text/xml" } }, { contentType: "text/xml", data: "no base64!" }]) {
      (await call("POST", query, body)).status.should.equal(400);
    }
    for (const filter of ["x", '["GT","a","1"]', '["EQ","a"]', "[1]"]) {
      const path = `/documents?where_typeid=outputqueueobject&where_filter=${encodeURIComponent(filter)}`;
      (await call("GET", path)).status.should.equal(400);
    }
    (await call("GET", "/documents?where_typeid=other")).status.should.equal(400);
    (await call("PUT", "/documents?where_typeid=outputqueueobject", { processingstate: "5" })).status.should.equal(400);
    (await settle(["EQ", "processingattemptid", "x"], "4")).status.should.equal(400);
  });

  it("lists documents and failures by filter, in pages that meet each row once", async () => {
    const { jobId } = await sandbox.submit({ generate: { customers: 60, variants: ["sms"], fail: { share: 0.1 } } });
    await sandbox.ended(jobId);
    const ofJob = ["EQ", "originaltrackerid", jobId];
    (await documents([ofJob, ["EQ", "processingstate", "5"]])).should.have.length(54);
    const failed = await documents([ofJob, ["EQ", "processingstate", "6"]]);
    failed.should.have.length(6);
    failed[0].should.containEql({ retryqueue: "retry-statements", docinputid: jobId });
    for (const value of Object.values(failed[0])) should(value).be.a.String();
    (await documents([ofJob, ["LT", "customerinrun", "11"]])).should.have.length(10);
    const seen: string[] = [];
    for (let after = -1; ; after += 7) {
      const page = await documents(ofJob, `&after=${after}&limit=7`);
      if (page.length === 0) break;
      page.length.should.be.belowOrEqual(7);
      seen.push(...page.map((row) => row.processingattemptid));
    }
    seen.should.have.length(60);
    new Set(seen).size.should.equal(60);
  });

  it("runs failed customers again as a project's convention has it", async () => {
    const { jobId } = await sandbox.submit({ generate: { customers: 20, variants: ["sms"], fail: { share: 0.2 } } });
    await sandbox.ended(jobId);
    const failed = await documents([
      ["EQ", "originaltrackerid", jobId],
      ["EQ", "processingstate", "6"],
    ]);
    const customers = failed.map((row) => row.customerinrun).join(",");
    const xml = `<failures><customers>${customers}</customers><inputdocument>${failed[0].docinputid}</inputdocument></failures>`;
    const again = await submit(`name=${failed[0].retryqueue}&version=*&async=true`, xml, {}, "text/xml");
    (await sandbox.ended(again.body.data.id)).msg.should.equal("4 outputs composed, 0 failed");
    const numbers = (await documents(["EQ", "originaltrackerid", again.body.data.id])).map(
      (row) => JSON.parse(row.storedvariables).CustomerNumber,
    );
    numbers.should.deepEqual(failed.map((row) => JSON.parse(row.storedvariables).CustomerNumber));
    const wrong = `<failures><customers>99</customers><inputdocument>${jobId}</inputdocument></failures>`;
    (await submit("name=retry-statements", wrong, {}, "text/xml")).status.should.equal(400);
    (await submit("name=retry-statements", "<failures/>", {}, "text/xml")).status.should.equal(404);
  });

  it("holds documents until each is settled, then ends the job as they were settled", async () => {
    await sandbox.channels({ name: "mail", kind: "folder", folder, assured: true });
    for (const last of ["5", "6"]) {
      const { jobId } = await sandbox.submit({ generate: { customers: 3, variants: ["sms"] } });
      await sandbox.until(jobId, "holding");
      const rows = await documents(["EQ", "originaltrackerid", jobId]);
      rows.map((row) => `${row.connectorname} ${row.processingstate}`).should.deepEqual(Array(3).fill("mail 4"));
      rows[0].statusmessage.should.match(/simulated/);
      const [tracker] = (await call("GET", `/trackers?where_trackerid=${jobId}`)).body.data;
      tracker.processingstate.should.equal("4");
      const [first, second, third] = rows.map((row) => ["EQ", "processingattemptid", row.processingattemptid]);
      (await settle(first, "5")).body.should.deepEqual({ data: 1 });
      (await settle(second, "5")).body.should.deepEqual({ data: 1 });
      (await settle(["EQ", "processingattemptid", "none"], "5")).body.should.deepEqual({ data: 0 });
      (await sandbox.job(jobId)).status.should.equal("holding");
      (await settle(third, last)).body.should.deepEqual({ data: 1 });
      const job = await sandbox.ended(jobId);
      job.status.should.equal(last === "5" ? "complete" : "error");
      job.msg.should.equal(`3 outputs composed, 0 failed; 3 delivered, 0 rejected${last === "6" ? ", 1 undeliverable" : ""}`);
      const settled = await documents([
        ["EQ", "originaltrackerid", jobId],
        ["EQ", "processingstate", last],
      ]);
      settled.should.have.length(last === "5" ? 3 : 1);
      settled[0].statusmessage.should.equal(`set to ${last}`);
    }
  });

  it("keeps documents of a gateway channel, gives their bytes, and lets the job end once they are settled", async () => {
    await sandbox.channels({ name: "archive", kind: "gateway", assured: true });
    const { jobId } = await sandbox.submit({ generate: { customers: 2, variants: ["pdf"], size: 4_000 } });
    await sandbox.until(jobId, "holding");
    const rows = await documents(["EQ", "originaltrackerid", jobId]);
    rows.map((row) => `${row.connectorname} ${row.processingstate}`).should.deepEqual(Array(2).fill("archive 4"));
    for (const { processingattemptid, storedvariables } of rows) {
      const path = `${SGW}/documents/${encodeURIComponent(processingattemptid)}/content`;
      const reply = await sandbox.fetch(path, { headers: { OTDSTicket: TICKET } });
      reply.headers.get("content-type")?.should.equal("application/pdf");
      reply.headers.get("content-disposition")?.should.containEql(JSON.parse(storedvariables).FileName);
      Buffer.from(await reply.arrayBuffer())
        .toString("latin1")
        .should.match(/^%PDF-.*%%EOF\n$/s);
      (await settle(["EQ", "processingattemptid", processingattemptid], "5")).body.should.deepEqual({ data: 1 });
    }
    (await sandbox.ended(jobId)).status.should.equal("complete");
    (await call("GET", "/documents/nobody/content")).status.should.equal(404);
  });

  it("lists the services, with the fields asked for", async () => {
    const all = (await call("GET", "/services?where_servicename=&fields=id,servicename")).body.data;
    all.should.deepEqual([
      { id: "1", servicename: "statements" },
      { id: "2", servicename: "retry-statements" },
    ]);
    (await call("GET", "/services?where_servicename=statements")).body.data[0].state.should.equal("running");
  });
});
