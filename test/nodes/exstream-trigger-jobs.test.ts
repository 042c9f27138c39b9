import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import should from "should";
import { type Fields, records } from "../../scripts/support/sandbox-files.ts";
import { control } from "../../scripts/support/sandbox-process.ts";
import { node } from "./flows.ts";
import { PolledJobs, submitters } from "./polled.ts";
import { rigOfSuite } from "./rig.ts";
import { until } from "./values.ts";

describe("exstream-trigger, job poll", () => {
  const rig = rigOfSuite();
  const jobs = new PolledJobs(rig, 60_000);
  const trigger = (values: Fields = {}) =>
    node("exstream-trigger", "trigger", {
      ledger: "ledger",
      server: "exstream",
      mode: "jobs",
      services: "",
      sinceDays: "0",
      jobPollSeconds: "0.2",
      deadlineMinutes: "0",
      fileTemplate: "{{fileName}}",
      keyNames: "CISNumber=customerNumber",
      fetchBy: "artifact",
      errorReport: "ErrorReport.csv",
      reportColumns: "CustomerNumber=customerNumber, DeliveryMethod=queueName, Status=status, Reason=message",
      doneWhen: "emitted",
      destinations: "",
      batchEvents: true,
      outputs: 2,
      maxInFlight: "256",
      wires: [["out"], ["events"]],
      ...values,
    });
  /** Starts the flow. Jobs that ended before its first poll are those of other tests. */
  const load = async (values: Fields = {}, others: Record<string, Fields> = {}) => {
    await rig.load([trigger(values), ...submitters], others);
    const begun = async () => (await (await rig.ledger()).bookmarks.get("trigger", "jobs")) ?? rig.errors().length > 0;
    await until("the first poll", begun);
  };

  beforeEach(() => control(rig.sandbox.description, "PUT", "/exstream/channels", { channels: [] }));

  it("takes every output of a job once, with what the delivery file says of it, and tells the end of its batch", async () => {
    await load();
    const job = await jobs.submit({ customers: 5, seed: 21, variants: ["pdf", "html"] });
    should(await jobs.ended(job)).match({ type: "complete", counts: { documents: 10, expected: 10, closed: 10, failed: 0 }, failures: [] });
    const composed = jobs.composed(job);
    const documents = jobs.documents(job);
    should(documents.map(({ content }) => content.sha256).sort()).eql(composed.map(({ sha256 }) => sha256).sort());
    for (const document of documents) {
      const output = composed.find(({ sha256 }) => sha256 === document.content.sha256);
      should(document.source).match({
        system: "exstream",
        channel: "jobs",
        jobId: job,
        flowInstanceId: output?.flowInstanceId,
        flowStepId: output?.flowStepId,
        queueName: output?.queueName,
        customerNumber: output?.customerNumber,
        fileName: output?.fileName,
      });
      should(document.content.mediaType).equal(output?.mimeType);
      should(document.metadata).have.property("AccountNumber");
    }
    should(
      jobs
        .events(job)
        .map(({ type }) => type)
        .filter((type) => type !== "progress"),
    ).eql(["opened", "complete"]);
  });

  it("names every customer that failed, and counts as Exstream counts", async function () {
    this.timeout(90_000);
    await load();
    const job = await jobs.submit({ customers: 500, seed: 22, fail: { share: 0.03 } });
    const end = await jobs.ended(job);
    should(end).match({ type: "complete", counts: { documents: 485, closed: 485, failed: 15 } });
    const failed = [...records(rig.dataDir, "exstream", "failure").values()].filter(({ jobId }) => jobId === job);
    should(end.failures.map(({ customerNumber }) => customerNumber).sort()).eql(failed.map(({ customerNumber }) => customerNumber).sort());
    for (const { code, message } of end.failures) should({ code, message }).match({ code: "not-composed", message: /\S/ });
    should(end.sources[0]?.messages?.length).equal(16);
    should(end.sources[0]?.messages?.[0]).match(/^EX\d{6}E Customer /);
    should(new Set(jobs.documents(job).map(({ content }) => content.sha256)).size).equal(485);
  });

  it("takes each output once when the poll is restarted, the clock is set back, and a job is listed twice", async () => {
    const proxy = await doubling(rig.sandbox.description.exstream.baseUrl);
    try {
      await load({ sinceDays: "1" }, { exstream: { baseUrl: proxy.url } });
      const first = await jobs.submit({ customers: 3, seed: 23 });
      await jobs.ended(first);
      await rig.redeploy({ out: { name: "restarted" } });
      Date.now = () => realNow() - HOUR_MS;
      proxy.setBack();
      const second = await jobs.submit({ customers: 3, seed: 24 });
      await jobs.ended(second);
      await rig.redeploy({ out: { name: "restarted again" } });
      const asked = proxy.asked();
      await until("two more polls", () => proxy.asked() > asked + 2);
      for (const job of [first, second]) {
        should(jobs.documents(job).length).equal(3);
        should(jobs.events(job).filter(({ type }) => type === "complete").length).equal(1);
      }
    } finally {
      Date.now = realNow;
      proxy.server.close();
      proxy.server.closeAllConnections();
    }
  });

  it("goes on where it was when it is restarted in the middle of a job", async function () {
    this.timeout(90_000);
    await load();
    const job = await jobs.submit({ customers: 300, seed: 25 });
    await until("some documents", () => jobs.documents(job).length > 20);
    await rig.redeploy({ out: { name: "restarted" } });
    should(await jobs.ended(job)).match({ type: "complete", counts: { documents: 300, closed: 300 } });
    const ids = jobs.documents(job).map(({ id }) => id);
    should(new Set(ids).size).equal(300);
  });

  it("takes the jobs of the services it is told, and no other", async () => {
    await load({ services: "letters, nothing" });
    const job = await jobs.submit({ customers: 2, seed: 26 });
    await until("the job has ended", () => records(rig.dataDir, "exstream", "job").get(job)?.status === "complete");
    await rig.redeploy({ trigger: { services: "statements" } });
    should(await jobs.ended(job)).match({ counts: { documents: 2 } });
  });

  it("fetches the artifacts of a customer in a zip, where outputs cannot be had by name", async () => {
    await load({ fetchBy: "customer" });
    const job = await jobs.submit({ customers: 3, seed: 27, variants: ["pdf", "html"] });
    await jobs.ended(job);
    jobs.cameWhole(job);
  });

  it("tries again while the server fails, and loses nothing", async () => {
    await load();
    rig.sandbox.app.faults.set([
      { service: "exstream", method: "GET", path: "/(artifact|delivery-file|flow-steps)", kind: "status", status: 503, rate: 0.3, seed: 1 },
    ]);
    const job = await jobs.submit({ customers: 10, seed: 43 });
    should(await jobs.ended(job)).match({ type: "complete", counts: { documents: 10, failed: 0 } });
    jobs.cameWhole(job);
  });

  it("lets one output that the server cannot give hold up no other", async () => {
    await load();
    const broken = {
      service: "exstream",
      method: "GET",
      path: "/artifact/statement-000002-",
      kind: "status",
      status: 500,
      rate: 1,
    } as const;
    rig.sandbox.app.faults.set([broken]);
    const job = await jobs.submit({ customers: 60, seed: 44 });
    await until("all but one", () => jobs.documents(job).length === 59);
    should(jobs.events(job).map(({ type }) => type)).not.containEql("complete");
    rig.sandbox.app.faults.set([]);
    should(await jobs.ended(job)).match({ type: "complete", counts: { documents: 60, failed: 0 } });
  });

  it("names outputs that are not there, and takes the others", async () => {
    await load({ fileTemplate: "{{fileName}}{{#isGone}}{{/isGone}}" });
    await control(rig.sandbox.description, "PUT", "/faults", {
      rules: [
        { service: "exstream", kind: "status", status: 404, method: "GET", path: "/artifact/.*-1\\.pdf|artifact/.*_1\\.pdf", rate: 1 },
      ],
    }).catch(() => undefined);
    const job = await jobs.submit({ customers: 3, seed: 28 });
    const end = await jobs.ended(job);
    should(end.counts.documents + end.counts.failed).equal(3);
    await control(rig.sandbox.description, "PUT", "/faults", { rules: [] });
  });

  it("tells that a job has not ended within its deadline, once, and takes it in should it end after all", async () => {
    await load({ deadlineMinutes: "0.005" });
    const job = await jobs.submit({ customers: 2, seed: 29, hold: true });
    should(await jobs.ended(job)).match({ type: "failed", error: { code: "job-overdue", subject: job }, counts: { documents: 0 } });
    const step = await until("the hold step", () =>
      [...records(rig.dataDir, "exstream", "step").values()].find(({ stepType, status, flowInstanceId }) => {
        const instance = records(rig.dataDir, "exstream", "instance").get(flowInstanceId as string);
        return stepType === "hold" && status === "holding" && instance?.jobId === job;
      }),
    );
    await jobs.call("POST", `flow-steps/${step.id}/release`);
    await until("complete", () => jobs.events(job).find(({ type }) => type === "complete"), 30_000);
    should(jobs.events(job).filter(({ type }) => type === "failed").length).equal(1);
    should(jobs.documents(job).length).equal(2);
  });

  it("tells a job that was stopped", async () => {
    await load();
    const job = await jobs.submit({ customers: 2, seed: 30, endless: true });
    await jobs.call("POST", `jobs/${job}/stop`);
    should(await jobs.ended(job)).match({ type: "failed", error: { code: "job-failed", message: /canceled/ }, counts: { documents: 0 } });
  });

  it("quarantines a PDF that broke off, keeps its bytes, and says which in the event", async () => {
    await load();
    const probe = await jobs.submit({ customers: 3, seed: 31 });
    await jobs.ended(probe);
    const [victim] = jobs.documents(probe).map(({ source }) => source.customerNumber as string);
    const job = await jobs.submit({ customers: 3, seed: 31, cut: [victim] });
    const end = await jobs.ended(job);
    should(end).match({ type: "complete", counts: { documents: 3, quarantined: 1, closed: 2 } });
    should(end.failures).match([{ code: "content-damaged", customerNumber: victim }]);
    const record = await (await rig.ledger()).get(end.failures[0]?.documentId as string);
    should(record).match({ state: "quarantined", error: { code: "content-damaged" } });
    rig.inSpool(record?.content.sha256 as string).should.equal(record?.content.sha256);
  });

  for (const hidden of [false, true]) {
    it(`renews its token when it is refused${hidden ? " inside a 200" : ""}`, async () => {
      await load();
      await jobs.runRefused(hidden);
    });
  }

  it("reads replies that have arrays, dates in text and nested delivery files", async () => {
    const switches = { "exstream.single-as-array": true, "exstream.iso-dates": true, "exstream.delivery-file-form": "nested" };
    await control(rig.sandbox.description, "PUT", "/switches", switches);
    try {
      await load();
      const job = await jobs.submit({ customers: 2, seed: 41 });
      should(await jobs.ended(job)).match({ type: "complete", counts: { documents: 2 } });
      jobs.cameWhole(job);
    } finally {
      const back = { "exstream.single-as-array": false, "exstream.iso-dates": false, "exstream.delivery-file-form": "flat" };
      await control(rig.sandbox.description, "PUT", "/switches", back);
    }
  });

  it("says that the server is away, and goes on when it is back", async () => {
    await load({}, { exstream: { baseUrl: "http://127.0.0.1:9" } });
    await rig.shown("trigger", "connection-refused");
    should(rig.errors().filter((text) => text.startsWith("The jobs of Exstream")).length).equal(1);
    await rig.redeploy({ exstream: { baseUrl: rig.sandbox.description.exstream.baseUrl } });
    const job = await jobs.submit({ customers: 1, seed: 42 });
    should(await jobs.ended(job)).match({ type: "complete", counts: { documents: 1 } });
  });

  it("asks for a server where none is chosen", async () => {
    await load({ server: "" });
    await until("an error that names the field", () => rig.errors().some((text) => text.includes("'server'")));
  });
});

const HOUR_MS = 3600_000;
const realNow = Date.now;

/** The server behind it, but its list of jobs has every job twice, and its clock can be set back by an hour. */
async function doubling(target: string): Promise<{ url: string; server: Server; asked: () => number; setBack: () => void }> {
  let asked = 0;
  let setBackAt = Number.POSITIVE_INFINITY;
  const setBack = (date: unknown) => (Number(date) > setBackAt ? Number(date) - HOUR_MS : date);
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { host: _, connection: __, "content-length": ___, ...headers } = request.headers;
    const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {};
    const reply = await fetch(target + request.url, { method: request.method, headers: headers as Record<string, string>, ...body });
    const type = reply.headers.get("content-type") ?? "text/plain";
    let bytes: Buffer = Buffer.from(await reply.arrayBuffer());
    if (/\/jobs\?/.test(request.url ?? "")) {
      asked += 1;
      const list = JSON.parse(bytes.toString());
      for (const job of list.data) Object.assign(job, { startDate: setBack(job.startDate), endDate: setBack(job.endDate) });
      list.data = list.data.flatMap((job: unknown) => [job, job]);
      bytes = Buffer.from(JSON.stringify(list));
    }
    response.writeHead(reply.status, { "Content-Type": type }).end(bytes);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    asked: () => asked,
    setBack: () => {
      setBackAt = realNow();
    },
  };
}
