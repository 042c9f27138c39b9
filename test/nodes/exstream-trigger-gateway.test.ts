import should from "should";
import { type Fields, records } from "../../scripts/support/sandbox-files.ts";
import { control } from "../../scripts/support/sandbox-process.ts";
import { node } from "./flows.ts";
import { PolledJobs, submitters } from "./polled.ts";
import { rigOfSuite } from "./rig.ts";
import { until } from "./values.ts";

const HOUR_MS = 3600_000;
const realNow = Date.now;

describe("exstream-trigger, service gateway", () => {
  const rig = rigOfSuite();
  const jobs = new PolledJobs(rig, 25_000);
  const trigger = (values: Fields = {}) =>
    node("exstream-trigger", "trigger", {
      ledger: "ledger",
      server: "exstream",
      mode: "gateway",
      services: "",
      sinceDays: "0",
      jobPollSeconds: "0.2",
      deadlineMinutes: "0",
      keyNames: "",
      gatewayHeld: "4",
      gatewayConnectors: "",
      gatewayAddress: "v1/documents/{{processingattemptid}}/content",
      doneWhen: "emitted",
      destinations: "",
      batchEvents: true,
      outputs: 2,
      maxInFlight: "256",
      wires: [["out"], ["events"]],
      ...values,
    });
  const mark = async () => (await rig.ledger()).bookmarks.get<{ place: number; from?: number }>("trigger", "trackers");
  /** Starts the flow. Trackers that ended before its first look are those of other tests. */
  const load = async (values: Fields = {}, others: Record<string, Fields> = {}) => {
    await rig.load([trigger(values), ...submitters], others);
    await until("the first look", async () => {
      const found = await mark();
      return (found && found.from === undefined) || rig.errors().length > 0;
    });
  };
  const channels = (...list: Fields[]) => control(rig.sandbox.description, "PUT", "/exstream/channels", { channels: list });
  const archive = { name: "archive", kind: "gateway", assured: true };

  interface Settled {
    state: string;
    message: string;
  }
  const deliveriesOf = (job: string) =>
    [...records(rig.dataDir, "exstream", "delivery").values()].filter(({ jobId }) => jobId === job) as {
      id: string;
      outputId: string;
      settled?: Settled;
    }[];
  const settledFor = (job: string) => deliveriesOf(job).flatMap(({ settled }) => settled ?? []);

  beforeEach(() => channels(archive));

  it("takes every document that waits once, settles it by its id in the ledger, and tells the end of its batch", async () => {
    await load();
    const job = await jobs.submit({ customers: 5, seed: 21, variants: ["pdf", "html"] });
    should(await jobs.ended(job)).match({ type: "complete", counts: { documents: 10, closed: 10, failed: 0 }, failures: [] });
    jobs.cameWhole(job);
    for (const document of jobs.documents(job)) {
      const output = jobs.composed(job).find(({ sha256 }) => sha256 === document.content.sha256);
      should(document.source).match({
        system: "exstream",
        channel: "gateway",
        jobId: job,
        trackerId: output?.id,
        queueName: output?.queueName,
        customerNumber: output?.customerNumber,
        fileName: output?.fileName,
      });
      should(document.content.mediaType).equal(output?.mimeType);
      should(document.metadata).match({ connectorname: "archive", originaltrackerid: job, AccountNumber: /./ });
      should(document.metadata).not.have.property("processingstate");
      const { settled } = deliveriesOf(job).find(({ outputId }) => outputId === output?.id) ?? {};
      should(settled).eql({ state: "5", message: `Docbridge took document ${document.id}.` });
    }
    const types = jobs.events(job).map(({ type }) => type);
    should(types.filter((type) => type !== "progress")).eql(["opened", "complete"]);
    should(records(rig.dataDir, "exstream", "job").get(job)).match({ status: "complete" });
  });

  it("names every document that failed, as the gateway counts them", async () => {
    await load();
    const job = await jobs.submit({ customers: 100, seed: 22, fail: { share: 0.1 } });
    const end = await jobs.ended(job);
    should(end).match({ type: "complete", counts: { documents: 90, closed: 90, failed: 10 } });
    const failed = [...records(rig.dataDir, "exstream", "failure").values()].filter(({ jobId }) => jobId === job);
    should(end.failures.map(({ customerNumber }) => customerNumber).sort()).eql(failed.map(({ customerNumber }) => customerNumber).sort());
    for (const { code, message } of end.failures) should({ code, message }).match({ code: "not-composed", message: /\S/ });
  });

  it("takes each document once where replies to the settling are lost and the gateway fails", async () => {
    await load();
    rig.sandbox.app.faults.set([
      { service: "exstream", method: "PUT", path: "/sgw/v1/documents", kind: "drop-reply", rate: 0.3, seed: 1 },
      { service: "exstream", path: "/sgw/v1/(documents|trackers)", kind: "status", status: 503, rate: 0.1, seed: 2 },
    ]);
    const job = await jobs.submit({ customers: 20, seed: 43 });
    should(await jobs.ended(job)).match({ type: "complete", counts: { documents: 20, failed: 0 } });
    jobs.cameWhole(job);
    should(settledFor(job).map(({ state }) => state)).eql(Array(20).fill("5"));
    should(jobs.events(job).filter(({ type }) => type === "complete").length).equal(1);
  });

  it("goes on where it was when it is restarted in the middle of a tracker", async function () {
    this.timeout(90_000);
    await load();
    const job = await jobs.submit({ customers: 200, seed: 25 });
    await until("some documents", () => jobs.documents(job).length > 20);
    await rig.redeploy({ out: { name: "restarted" } });
    should(await jobs.ended(job)).match({ type: "complete", counts: { documents: 200, closed: 200, failed: 0 } });
    jobs.cameWhole(job);
    should(settledFor(job).length).equal(200);
  });

  it("takes each document once when the clock is set back, the poll restarted, and the list has moved", async () => {
    await load({ sinceDays: "1" });
    const first = await jobs.submit({ customers: 3, seed: 23 });
    await jobs.ended(first);
    await until("the mark is at a tracker", async () => ((await mark())?.place ?? -1) >= 0);
    try {
      Date.now = () => realNow() - HOUR_MS;
      await rig.redeploy({ out: { name: "restarted" } });
      const second = await jobs.submit({ customers: 3, seed: 24 });
      await jobs.ended(second);
      // The gateway forgets a tracker, and all others get another place.
      const [oldest] = [...records(rig.dataDir, "exstream", "job").values()].filter(({ status }) => status !== "deleted");
      await jobs.call("DELETE", `jobs/${oldest?.id}`);
      await rig.redeploy({ out: { name: "restarted again" } });
      const third = await jobs.submit({ customers: 2, seed: 26 });
      await jobs.ended(third);
      for (const [job, count] of [
        [first, 3],
        [second, 3],
        [third, 2],
      ] as const) {
        should(jobs.documents(job).length).equal(count);
        should(jobs.events(job).filter(({ type }) => type === "complete").length).equal(1);
      }
    } finally {
      Date.now = realNow;
    }
  });

  it("takes what waits for nobody when its tracker has ended, and of the connectors it is told only", async () => {
    await channels({ ...archive, assured: false, variants: ["pdf"] }, { name: "mail", kind: "gateway", variants: ["html"] });
    await load({ gatewayConnectors: "archive, nothing" });
    const job = await jobs.submit({ customers: 3, seed: 27, variants: ["pdf", "html"] });
    should(await jobs.ended(job)).match({ type: "complete", counts: { documents: 3, failed: 0 } });
    should(jobs.documents(job).map(({ variant }) => variant.role)).eql(Array(3).fill("pdf"));
    should(settledFor(job)).eql([]);
  });

  it("settles as failed what was cut off, whose bytes it keeps, and what it cannot enter", async () => {
    await load({ businessKey: "{{metadata.Unheard}}{{source.customerNumber}}" });
    const refused = await jobs.submit({ customers: 2, seed: 31 });
    const end = await jobs.ended(refused);
    should(end).match({ counts: { documents: 0, failed: 2 } });
    for (const { code } of end.failures) should(code).equal("missing-metadata");
    for (const { state, message } of settledFor(refused)) {
      should(state).equal("6");
      should(message).match(/^Docbridge refused it \(missing-metadata\): /);
    }
    await rig.redeploy({ trigger: { businessKey: "" } });
    const probe = await jobs.submit({ customers: 3, seed: 32 });
    await jobs.ended(probe);
    const [victim] = jobs.documents(probe).map(({ source }) => source.customerNumber as string);
    const job = await jobs.submit({ customers: 3, seed: 32, cut: [victim] });
    const cut = await jobs.ended(job);
    should(cut).match({ type: "complete", counts: { documents: 3, quarantined: 1, closed: 2, failed: 0 } });
    should(cut.failures).match([{ code: "content-damaged", customerNumber: victim }]);
    const record = await (await rig.ledger()).get(cut.failures[0]?.documentId as string);
    rig.inSpool(record?.content.sha256 as string).should.equal(record?.content.sha256);
    const failed = settledFor(job).filter(({ state }) => state === "6");
    should(failed.map(({ message }) => message)).match([new RegExp(`^Docbridge stopped document ${record?.id} \\(content-damaged\\): `)]);
    should(settledFor(job).length).equal(3);
  });

  it("leaves alone what the gateway does not give, takes the others, and that one once it is there", async () => {
    await load();
    rig.sandbox.app.faults.set([{ service: "exstream", path: "/documents/.*/content", kind: "status", status: 404, times: 3 }]);
    const job = await jobs.submit({ customers: 5, seed: 33 });
    should(await jobs.ended(job)).match({ type: "complete", counts: { documents: 5, failed: 0 } });
    should(rig.errors().filter((text) => text.startsWith("The documents of the service gateway")).length).be.above(0);
    should(settledFor(job).map(({ state }) => state)).eql(Array(5).fill("5"));
  });

  it("settles nothing where its own template of the address is wrong", async () => {
    await load({ gatewayAddress: "v1/{{Unheard}}" });
    const job = await jobs.submit({ customers: 2, seed: 34 });
    await rig.shown("trigger", "missing-metadata");
    should(settledFor(job)).eql([]);
    await rig.redeploy({ trigger: { gatewayAddress: "v1/documents/{{processingattemptid}}/content" } });
    should(await jobs.ended(job)).match({ type: "complete", counts: { documents: 2, failed: 0 } });
  });

  it("tells that a tracker has not ended within its deadline, once", async () => {
    await load({ deadlineMinutes: "0.005" });
    const job = await jobs.submit({ customers: 2, seed: 29, endless: true });
    should(await jobs.ended(job)).match({ type: "failed", error: { code: "job-overdue", subject: job } });
    await jobs.call("POST", `jobs/${job}/stop`);
    await until("the end", () => jobs.events(job).find(({ error }) => error?.code === "job-failed"), 30_000);
    should(jobs.events(job).filter(({ error }) => error?.code === "job-overdue").length).equal(1);
  });

  for (const hidden of [false, true]) {
    it(`gets a new ticket when its own is refused${hidden ? " inside a 200" : ""}`, async () => {
      await load();
      await jobs.runRefused(hidden);
    });
  }

  it("says that the gateway is away, and goes on when it is back", async () => {
    await load({}, { exstream: { gatewayUrl: "http://127.0.0.1:9/demo/sgw" } });
    await rig.shown("trigger", "connection-refused");
    await rig.redeploy({ exstream: { gatewayUrl: rig.sandbox.description.exstream.gatewayUrl } });
    const job = await jobs.submit({ customers: 1, seed: 42 });
    should(await jobs.ended(job)).match({ type: "complete", counts: { documents: 1 } });
  });

  it("names the field of a connection without a gateway", async () => {
    await load({}, { exstream: { gatewayUrl: "" } });
    await until("an error that names the field", () => rig.errors().some((text) => text.includes("'gatewayUrl'")));
  });
});
