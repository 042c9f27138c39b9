import should from "should";
import { COMMUNICATION } from "../../dist/sandbox/exstream/seed.js";
import { CUSTOMERS, type Json, Receiver, RUNTIME, Sandbox, sha256 } from "./exstream-support.ts";

const FAST = { first: 5, longest: 20 };

describe("exstream output by HTTP submit", function () {
  this.timeout(60_000);
  let sandbox: Sandbox;
  let receiver: Receiver;

  before(async () => {
    sandbox = await Sandbox.start();
  });
  after(() => sandbox.close());
  afterEach(async () => {
    await sandbox.channels();
    await receiver?.stop();
  });

  const outputsOf = (jobId: string) => sandbox.records("output").filter((output) => output.jobId === jobId);
  const deliveriesOf = (jobId: string) => sandbox.records("delivery").filter((delivery) => delivery.jobId === jobId);

  it("sends raw bytes with the metadata in headers", async () => {
    receiver = await new Receiver().start();
    const headers = { "X-Team": "archive", "X-Our-Key": "{{keys.accountNumber}}/{{customerNumber}}" };
    const authorization = { type: "basic", user: "exstream", password: "s:cret" };
    await sandbox.channels({ name: "push", kind: "http", url: receiver.url, headers, authorization });
    const { jobId, id } = await sandbox.submit({ customers: CUSTOMERS }, { externalId: "run 7" });
    (await sandbox.ended(jobId)).status.should.equal("complete");
    receiver.got.should.have.length(2);
    const outputs = outputsOf(jobId);
    const first = receiver.got.find((each) => each.headers["x-exstream-customer-number"] === "C-1");
    const output = outputs.find((each) => each.customerNumber === "C-1") as Json;
    should.exist(first);
    sha256(first?.body as Buffer).should.equal(output.sha256);
    should(first?.method).equal("POST");
    const step = await sandbox.communicationStep(id);
    should(first?.headers).containDeep({
      "content-type": "application/pdf",
      "content-length": String(output.size),
      authorization: `Basic ${Buffer.from("exstream:s:cret").toString("base64")}`,
      "x-exstream-job-id": jobId,
      "x-exstream-flow-instance-id": id,
      "x-exstream-flow-step-id": step.id,
      "x-exstream-queue-name": "PDF",
      "x-exstream-file-name": "statement-000001-4711_1.pdf",
      "x-exstream-communication-id": COMMUNICATION.id,
      "x-exstream-communication-version": "3",
      "x-exstream-external-id": "run 7",
      "x-exstream-tracker-id": output.id,
      "x-exstream-meta-account-number": "4711/1",
      "x-exstream-meta-period": "2026-05",
      "x-exstream-meta-amount": "1234.5",
      "x-exstream-meta-currency": "EUR",
      "x-exstream-meta-file-sha256": output.sha256,
      "x-exstream-meta-batch-expected": "2",
      "x-team": "archive",
      "x-our-key": "4711/1/C-1",
    });
    const name = first?.headers["x-exstream-meta-recipient-name"] as string;
    name.should.match(/^[\x20-\x7e]+$/);
    decodeURIComponent(name).should.equal("Customer Größe & Söhne (1)");
    receiver.got
      .map((each) => each.headers["x-exstream-meta-batch-seq"])
      .sort()
      .should.deepEqual(["1", "2"]);
  });

  it("sends multipart: metadata, then the document", async () => {
    receiver = await new Receiver().start();
    await sandbox.channels({
      name: "push",
      kind: "http",
      url: receiver.url,
      mode: "multipart",
      method: "PUT",
      authorization: { type: "bearer", token: "abc" },
    });
    const { jobId, id } = await sandbox.submit({ customers: [CUSTOMERS[0]] });
    await sandbox.ended(jobId);
    const { headers, body, method } = receiver.only();
    method.should.equal("PUT");
    should(headers.authorization).equal("Bearer abc");
    const form = await new Response(new Uint8Array(body), { headers: { "content-type": headers["content-type"] as string } }).formData();
    [...form.keys()].should.deepEqual(["metadata", "document"]);
    const document = form.get("document") as File;
    document.name.should.equal("statement-000001-4711_1.pdf");
    document.type.should.equal("application/pdf");
    const output = outputsOf(jobId)[0];
    sha256(Buffer.from(await document.arrayBuffer())).should.equal(output.sha256);
    const metadata = JSON.parse(form.get("metadata") as string) as Json;
    metadata.should.deepEqual({
      schemaVersion: 1,
      jobId,
      flowInstanceId: id,
      flowStepId: output.flowStepId,
      communication: { id: COMMUNICATION.id, name: "Account Statement", version: 3 },
      queueName: "PDF",
      channel: "print",
      customerNumber: "C-1",
      file: { name: output.fileName, mimeType: "application/pdf", size: output.size, sha256: output.sha256, pages: 1 },
      recipient: { name: CUSTOMERS[0].name, address: CUSTOMERS[0].address, email: "c1@example.com", language: "de" },
      keys: { accountNumber: "4711/1", period: "2026-05", documentType: "Statement" },
      totals: { amount: 1234.5, currency: "EUR", transactions: 2 },
      batch: { seq: 1, expected: 1 },
      createdAt: output.createdAt,
    });
  });

  for (const size of [60_000, 5_000_000]) {
    it(`sends the on-demand envelope with metadata (${size} bytes)`, async () => {
      receiver = await new Receiver().start();
      await sandbox.channels(
        { name: "reply", kind: "http", url: receiver.url, mode: "envelope" },
        {
          name: "element",
          kind: "http",
          url: receiver.url,
          mode: "envelope",
          envelope: "element",
          authorization: { type: "header", name: "X-Key", value: "k" },
        },
      );
      const { jobId } = await sandbox.submit({ job: { size }, customers: [CUSTOMERS[1]] });
      await sandbox.ended(jobId);
      const bodies = receiver.got.map((each) => JSON.parse(each.body.toString()) as Json);
      const reply = bodies.find((body) => body.status === "success") as Json;
      const element = bodies.find((body) => body.content !== undefined) as Json;
      Object.keys(reply).should.deepEqual(["status", "data", "metadata"]);
      Object.keys(element).should.deepEqual(["content", "mimeType", "engineOutputContext", "metadata"]);
      for (const each of [reply.data[0], element]) {
        sha256(Buffer.from(each.content, "base64")).should.equal(outputsOf(jobId)[0].sha256);
        each.engineOutputContext.should.deepEqual({ queueName: "PDF", fileName: "statement-000001-4711_2", customerNumber: "C-2" });
      }
      reply.metadata.customerNumber.should.equal("C-2");
      receiver.got.filter((each) => each.headers["x-key"] === "k").should.have.length(1);
    });
  }

  it("gives each channel the variants it takes, and counts those", async () => {
    receiver = await new Receiver().start();
    await sandbox.channels(
      { name: "print", kind: "http", url: `${receiver.url}/print`, variants: ["pdf"] },
      { name: "mobile", kind: "http", url: `${receiver.url}/mobile`, variants: ["sms", "html"] },
    );
    const { jobId } = await sandbox.submit({ generate: { customers: 3, variants: ["pdf", "html", "sms"] } });
    await sandbox.ended(jobId);
    const at = (path: string) => receiver.got.filter((each) => each.url.endsWith(path));
    at("/print")
      .map((each) => each.headers["content-type"])
      .should.deepEqual(Array(3).fill("application/pdf"));
    at("/mobile").should.have.length(6);
    for (const each of at("/mobile")) should(each.headers["x-exstream-meta-batch-expected"]).equal("6");
  });

  it("tries again on 429, 503 and a lost reply, and repeats the same metadata", async () => {
    const answers: ("drop" | { status: number; headers?: Record<string, string> })[] = [
      { status: 503 },
      { status: 429, headers: { "Retry-After": "0" } },
      "drop",
      { status: 500 },
    ];
    receiver = await new Receiver((_request, number) => answers[number] ?? { status: 201 }).start();
    await sandbox.channels({ name: "push", kind: "http", url: receiver.url, backoffMs: FAST });
    const { jobId } = await sandbox.submit({ customers: [CUSTOMERS[0]] });
    (await sandbox.ended(jobId)).status.should.equal("complete");
    receiver.got.should.have.length(5);
    new Set(receiver.got.map((each) => each.sha256)).size.should.equal(1);
    for (const name of ["x-exstream-tracker-id", "x-exstream-meta-batch-seq", "x-exstream-meta-created-at"]) {
      new Set(receiver.got.map((each) => each.headers[name])).size.should.equal(1);
    }
    const [delivery] = deliveriesOf(jobId);
    delivery.should.containEql({ state: "delivered", attempts: 5, lastStatus: 201 });
  });

  it("waits as long as Retry-After says", async () => {
    const times: number[] = [];
    receiver = await new Receiver((_request, number) => {
      times.push(performance.now());
      return number === 0 ? { status: 503, headers: { "Retry-After": "1" } } : { status: 201 };
    }).start();
    await sandbox.channels({ name: "push", kind: "http", url: receiver.url, backoffMs: FAST });
    await sandbox.ended((await sandbox.submit({ customers: [CUSTOMERS[0]] })).jobId);
    ((times[1] as number) - (times[0] as number)).should.be.aboveOrEqual(990);
  });

  it("takes any other 4xx as final, and says so on the output, the step and the job", async () => {
    const refused = (headers: { [name: string]: unknown }) => headers["x-exstream-customer-number"] === "C-2";
    receiver = await new Receiver(({ headers }) => ({ status: refused(headers) ? 422 : 201 })).start();
    await sandbox.channels({ name: "push", kind: "http", url: receiver.url, backoffMs: FAST });
    const { jobId, id } = await sandbox.submit({ customers: CUSTOMERS });
    const job = await sandbox.ended(jobId);
    job.status.should.equal("error");
    job.msg.should.equal("2 outputs composed, 0 failed; 1 delivered, 1 rejected");
    receiver.got.should.have.length(2);
    const output = outputsOf(jobId).find((each) => each.customerNumber === "C-2") as Json;
    output.rejected.should.deepEqual([{ channel: "push", status: 422, reason: "the receiver answered 422" }]);
    const steps = (await sandbox.json(`${RUNTIME}/flow-steps?filter=flowInstanceId:${id};stepTypes:output`)).body.data;
    steps[0].status.should.equal("error");
    deliveriesOf(jobId)
      .map((each) => each.state)
      .sort()
      .should.deepEqual(["delivered", "rejected"]);
  });

  it("gives up after the configured number of tries", async () => {
    receiver = await new Receiver(() => ({ status: 503 })).start();
    await sandbox.channels({ name: "push", kind: "http", url: receiver.url, backoffMs: FAST, tries: 3 });
    const { jobId } = await sandbox.submit({ customers: [CUSTOMERS[0]] });
    (await sandbox.ended(jobId)).status.should.equal("error");
    receiver.got.should.have.length(3);
    outputsOf(jobId)[0].rejected[0].reason.should.equal("given up: the receiver answered 503");
  });

  it("delivers everything to a receiver that was killed and came back", async () => {
    receiver = await new Receiver().start();
    await sandbox.channels({ name: "push", kind: "http", url: receiver.url, backoffMs: FAST });
    const { jobId } = await sandbox.submit({ generate: { customers: 60, size: 30_000 } });
    await receiver.received(10);
    await receiver.stop();
    const before = receiver.got.length;
    before.should.be.below(60);
    (await sandbox.job(jobId)).status.should.equal("waiting");
    await receiver.start();
    (await sandbox.ended(jobId)).status.should.equal("complete");
    const hashes = new Set(receiver.got.map((each) => each.sha256));
    [...hashes].sort().should.deepEqual(
      outputsOf(jobId)
        .map((output) => output.sha256)
        .sort(),
    );
    hashes.size.should.equal(60);
  });

  it("times out on a silent receiver and tries again", async () => {
    const { createServer } = await import("node:http");
    let calls = 0;
    const silent = createServer((req, res) => {
      calls += 1;
      req.resume();
      if (calls > 1) res.writeHead(201).end();
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    await sandbox.channels({ name: "push", kind: "http", url: `http://127.0.0.1:${port}/`, timeoutMs: 60, backoffMs: FAST });
    const { jobId } = await sandbox.submit({ customers: [CUSTOMERS[0]] });
    (await sandbox.ended(jobId)).status.should.equal("complete");
    deliveriesOf(jobId)[0].attempts.should.equal(2);
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
  });

  it("takes an answer that comes before the body was sent", async () => {
    const { createServer } = await import("node:http");
    let calls = 0;
    const hasty = createServer((req, res) => {
      calls += 1;
      if (calls === 1) {
        res.writeHead(503, { Connection: "close", "Retry-After": "0" }).end();
        return;
      }
      req.resume().on("end", () => res.writeHead(201).end());
    });
    await new Promise<void>((resolve) => hasty.listen(0, "127.0.0.1", resolve));
    const { port } = hasty.address() as { port: number };
    await sandbox.channels({ name: "push", kind: "http", url: `http://127.0.0.1:${port}/`, backoffMs: FAST });
    const { jobId } = await sandbox.submit({ job: { size: 20_000_000 }, customers: [CUSTOMERS[0]] });
    (await sandbox.ended(jobId)).status.should.equal("complete");
    calls.should.be.aboveOrEqual(2);
    hasty.closeAllConnections();
    await new Promise((resolve) => hasty.close(resolve));
  });

  it("sends no more at a time than the channel allows", async () => {
    const { createServer } = await import("node:http");
    let now = 0;
    let most = 0;
    const slow = createServer((req, res) => {
      now += 1;
      most = Math.max(most, now);
      // Long enough for the others to come meanwhile.
      req.resume().on("end", () =>
        setTimeout(() => {
          now -= 1;
          res.writeHead(201).end();
        }, 20),
      );
    });
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    const { port } = slow.address() as { port: number };
    await sandbox.channels({ name: "push", kind: "http", url: `http://127.0.0.1:${port}/`, parallel: 3 });
    const jobs = await Promise.all([1, 2].map((seed) => sandbox.submit({ generate: { customers: 30, seed } })));
    for (const { jobId } of jobs) await sandbox.ended(jobId);
    most.should.equal(3);
    slow.closeAllConnections();
    await new Promise((resolve) => slow.close(resolve));
  });

  it("streams 300 MB to the receiver with bounded memory", async function () {
    this.timeout(120_000);
    receiver = await new Receiver(() => ({ status: 201 }), false).start();
    await sandbox.channels({ name: "push", kind: "http", url: receiver.url });
    const before = process.memoryUsage();
    let most = 0;
    const watch = setInterval(() => {
      const now = process.memoryUsage();
      most = Math.max(most, now.arrayBuffers + now.heapUsed - before.arrayBuffers - before.heapUsed);
    }, 5);
    const { jobId } = await sandbox.submit({ job: { size: 300_000_000 }, customers: [CUSTOMERS[0]] });
    const job = await sandbox.ended(jobId);
    clearInterval(watch);
    job.status.should.equal("complete");
    receiver.only().size.should.equal(300_000_000);
    receiver.only().sha256.should.equal(outputsOf(jobId)[0].sha256);
    most.should.be.within(1, 150_000_000);
    await sandbox.json(`${RUNTIME}/jobs/${jobId}`, { method: "DELETE" });
  });

  it("shows channels without their secrets and refuses what it cannot use", async () => {
    const path = `${sandbox.app.origin}/sandbox/exstream/channels`;
    const url = "http://127.0.0.1:1/";
    await sandbox.channels({ name: "push", kind: "http", url, authorization: { type: "basic", user: "u", password: "hidden-1" } });
    const shown = await fetch(path);
    should(shown.headers.get("x-sandbox-control")).equal("not a vendor API");
    const text = await shown.text();
    text.should.containEql('"user":"u"');
    text.should.not.containEql("hidden-1");
    const bad: [object, RegExp][] = [
      [{ channels: {} }, /must be a list/],
      [{ channels: [{ name: "a", kind: "mail" }] }, /channels\[0\]\.kind/],
      [{ channels: [{ name: "a", kind: "http", url: "file:///etc" }] }, /\.url must be an http/],
      [{ channels: [{ name: "a", kind: "http", url, mode: "fax" }] }, /\.mode must be one of/],
      [{ channels: [{ name: "a", kind: "http", url, headers: { "bad name": "x" } }] }, /headers/],
      [{ channels: [{ name: "a", kind: "folder", folder: "relative" }] }, /absolute/],
      [{ channels: [1, 2].map(() => ({ name: "a", kind: "http", url })) }, /twice/],
      [{ domain: "none", channels: [] }, /no domain/],
    ];
    for (const [body, message] of bad) {
      const response = await fetch(path, { method: "PUT", body: JSON.stringify(body) });
      response.status.should.equal(400);
      ((await response.json()) as Json).error.should.match(message);
    }
    (await (await fetch(path)).text()).should.equal(text);
  });

  it("answers the control route to this machine only, under its own name", async () => {
    const { request } = await import("node:http");
    const statusFor = (host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const call = request(`${sandbox.app.origin}/sandbox/exstream/channels`, { headers: { Host: host } }, (res) => {
          res.resume().on("end", () => resolve(res.statusCode));
        });
        call.on("error", reject).end();
      });
    should(await statusFor("evil.example:80")).equal(403);
    should(await statusFor("localhost:80")).equal(200);
  });
});
