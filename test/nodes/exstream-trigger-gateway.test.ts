import should from "should";
import type { BatchEvent } from "../../dist/exstream/exstream-trigger/batch-event.js";
import { type Fields, records } from "../../scripts/support/sandbox-files.ts";
import { control } from "../../scripts/support/sandbox-process.ts";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { until } from "./values.ts";

const HOUR_MS = 3600_000;
const realNow = Date.now;

describe("exstream-trigger, service gateway", () => {
  const rig = rigOfSuite();
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
  const compose = node("exstream-compose", "compose", {
    server: "exstream",
    service: "statements",
    data: "payload",
    dataType: "msg",
    wires: [["submitted"]],
  });
  const mark = async () => (await rig.ledger()).bookmarks.get<{ place: number; from?: number }>("trigger", "trackers");
  /** Starts the flow. Trackers that ended before its first look are those of other tests. */
  const load = async (values: Fields = {}, others: Record<string, Fields> = {}) => {
    await rig.load([trigger(values), compose, node("helper", "submitted"), node("helper", "events")], others);
    await until("the first look", async () => {
      const found = await mark();
      return (found && found.from === undefined) || rig.errors().length > 0;
    });
  };
  const channels = (...list: Fields[]) => control(rig.sandbox.description, "PUT", "/exstream/channels", { channels: list });
  const archive = { name: "archive", kind: "gateway", assured: true };

  const submit = async (generate: Fields): Promise<string> => {
    const before = rig.messages("submitted").length;
    rig.send("compose", { payload: { generate: { variants: ["pdf"], size: 4_000, ...generate } } });
    const messages = await rig.received(before + 1, "submitted");
    return (messages[before] as { payload: { jobId: string } }).payload.jobId;
  };
  const events = (job: string) =>
    rig.messages("events").flatMap(({ payload }) => ((payload as BatchEvent).batchId === job ? [payload as BatchEvent] : []));
  const ended = (job: string) =>
    until(
      `the end of tracker ${job}; errors: ${rig.errors()}; statuses ${JSON.stringify(rig.statuses.slice(-3))}`,
      () => events(job).find(({ type }) => type === "complete" || type === "failed"),
      25_000,
    );
  const documentsOf = (job: string) =>
    rig.messages().flatMap((message) => (documentOf(message).source.jobId === job ? [documentOf(message)] : []));
  const composedFor = (job: string) => [...records(rig.dataDir, "exstream", "output").values()].filter((output) => output.jobId === job);
  const hashesOf = (job: string) =>
    documentsOf(job)
      .map(({ content }) => content.sha256)
      .sort();
  const composedHashes = (job: string) =>
    composedFor(job)
      .map(({ sha256 }) => sha256)
      .sort();
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
    const job = await submit({ customers: 5, seed: 21, variants: ["pdf", "html"] });
    should(await ended(job)).match({ type: "complete", counts: { documents: 10, closed: 10, failed: 0 }, failures: [] });
    should(hashesOf(job)).eql(composedHashes(job));
    for (const document of documentsOf(job)) {
      const output = composedFor(job).find(({ sha256 }) => sha256 === document.content.sha256);
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
    const types = events(job).map(({ type }) => type);
    should(types.filter((type) => type !== "progress")).eql(["opened", "complete"]);
    should(records(rig.dataDir, "exstream", "job").get(job)).match({ status: "complete" });
  });

  it("names every document that failed, as the gateway counts them", async () => {
    await load();
    const job = await submit({ customers: 100, seed: 22, fail: { share: 0.1 } });
    const end = await ended(job);
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
    const job = await submit({ customers: 20, seed: 43 });
    should(await ended(job)).match({ type: "complete", counts: { documents: 20, failed: 0 } });
    should(hashesOf(job)).eql(composedHashes(job));
    should(settledFor(job).map(({ state }) => state)).eql(Array(20).fill("5"));
    should(events(job).filter(({ type }) => type === "complete").length).equal(1);
  });

  it("goes on where it was when it is restarted in the middle of a tracker", async function () {
    this.timeout(90_000);
    await load();
    const job = await submit({ customers: 200, seed: 25 });
    await until("some documents", () => documentsOf(job).length > 20);
    await rig.redeploy({ out: { name: "restarted" } });
    should(await ended(job)).match({ type: "complete", counts: { documents: 200, closed: 200, failed: 0 } });
    should(hashesOf(job)).eql(composedHashes(job));
    should(settledFor(job).length).equal(200);
  });

  it("takes each document once when the clock is set back, the poll restarted, and the list has moved", async () => {
    await load({ sinceDays: "1" });
    const first = await submit({ customers: 3, seed: 23 });
    await ended(first);
    await until("the mark is at a tracker", async () => ((await mark())?.place ?? -1) >= 0);
    try {
      Date.now = () => realNow() - HOUR_MS;
      await rig.redeploy({ out: { name: "restarted" } });
      const second = await submit({ customers: 3, seed: 24 });
      await ended(second);
      // The gateway forgets a tracker, and all others get another place.
      const [oldest] = [...records(rig.dataDir, "exstream", "job").values()].filter(({ status }) => status !== "deleted");
      await call("DELETE", `jobs/${oldest?.id}`);
      await rig.redeploy({ out: { name: "restarted again" } });
      const third = await submit({ customers: 2, seed: 26 });
      await ended(third);
      for (const [job, count] of [
        [first, 3],
        [second, 3],
        [third, 2],
      ] as const) {
        should(documentsOf(job).length).equal(count);
        should(events(job).filter(({ type }) => type === "complete").length).equal(1);
      }
    } finally {
      Date.now = realNow;
    }
  });

  it("takes what waits for nobody when its tracker has ended, and of the connectors it is told only", async () => {
    await channels({ ...archive, assured: false, variants: ["pdf"] }, { name: "mail", kind: "gateway", variants: ["html"] });
    await load({ gatewayConnectors: "archive, nothing" });
    const job = await submit({ customers: 3, seed: 27, variants: ["pdf", "html"] });
    should(await ended(job)).match({ type: "complete", counts: { documents: 3, failed: 0 } });
    should(documentsOf(job).map(({ variant }) => variant.role)).eql(Array(3).fill("pdf"));
    should(settledFor(job)).eql([]);
  });

  it("settles as failed what was cut off, whose bytes it keeps, and what it cannot enter", async () => {
    await load({ businessKey: "{{metadata.Unheard}}{{source.customerNumber}}" });
    const refused = await submit({ customers: 2, seed: 31 });
    const end = await ended(refused);
    should(end).match({ counts: { documents: 0, failed: 2 } });
    for (const { code } of end.failures) should(code).equal("missing-metadata");
    for (const { state, message } of settledFor(refused)) {
      should(state).equal("6");
      should(message).match(/^Docbridge refused it \(missing-metadata\): /);
    }
    await rig.redeploy({ trigger: { businessKey: "" } });
    const probe = await submit({ customers: 3, seed: 32 });
    await ended(probe);
    const [victim] = documentsOf(probe).map(({ source }) => source.customerNumber as string);
    const job = await submit({ customers: 3, seed: 32, cut: [victim] });
    const cut = await ended(job);
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
    const job = await submit({ customers: 5, seed: 33 });
    should(await ended(job)).match({ type: "complete", counts: { documents: 5, failed: 0 } });
    should(rig.errors().filter((text) => text.startsWith("The documents of the service gateway")).length).be.above(0);
    should(settledFor(job).map(({ state }) => state)).eql(Array(5).fill("5"));
  });

  it("settles nothing where its own template of the address is wrong", async () => {
    await load({ gatewayAddress: "v1/{{Unheard}}" });
    const job = await submit({ customers: 2, seed: 34 });
    await rig.shown("trigger", "missing-metadata");
    should(settledFor(job)).eql([]);
    await rig.redeploy({ trigger: { gatewayAddress: "v1/documents/{{processingattemptid}}/content" } });
    should(await ended(job)).match({ type: "complete", counts: { documents: 2, failed: 0 } });
  });

  it("tells that a tracker has not ended within its deadline, once", async () => {
    await load({ deadlineMinutes: "0.005" });
    const job = await submit({ customers: 2, seed: 29, endless: true });
    should(await ended(job)).match({ type: "failed", error: { code: "job-overdue", subject: job } });
    await call("POST", `jobs/${job}/stop`);
    await until("the end", () => events(job).find(({ error }) => error?.code === "job-failed"), 30_000);
    should(events(job).filter(({ error }) => error?.code === "job-overdue").length).equal(1);
  });

  for (const hidden of [false, true]) {
    it(`gets a new ticket when its own is refused${hidden ? " inside a 200" : ""}`, async () => {
      await load();
      await control(rig.sandbox.description, "PUT", "/switches", { "exstream.errors-as-200": hidden });
      try {
        rig.sandbox.app.expireTokens();
        const job = await submit({ customers: 2, seed: 40 });
        should(await ended(job)).match({ type: "complete", counts: { documents: 2 } });
      } finally {
        await control(rig.sandbox.description, "PUT", "/switches", { "exstream.errors-as-200": false });
      }
    });
  }

  it("says that the gateway is away, and goes on when it is back", async () => {
    await load({}, { exstream: { gatewayUrl: "http://127.0.0.1:9/demo/sgw" } });
    await rig.shown("trigger", "connection-refused");
    await rig.redeploy({ exstream: { gatewayUrl: rig.sandbox.description.exstream.gatewayUrl } });
    const job = await submit({ customers: 1, seed: 42 });
    should(await ended(job)).match({ type: "complete", counts: { documents: 1 } });
  });

  it("names the field of a connection without a gateway", async () => {
    await load({}, { exstream: { gatewayUrl: "" } });
    await until("an error that names the field", () => rig.errors().some((text) => text.includes("'gatewayUrl'")));
  });

  /** A call of the runtime API, as an operator would make it. */
  async function call(method: string, path: string): Promise<void> {
    const { otds, exstream } = rig.sandbox.description;
    const form = new URLSearchParams({ grant_type: "client_credentials", client_id: otds.clientId, client_secret: otds.clientSecret });
    const { access_token } = (await (await fetch(otds.tokenUrl, { method: "POST", body: form })).json()) as { access_token: string };
    const url = `${exstream.baseUrl}/orchestration/api/v1/runtime/${exstream.domain}/${path}`;
    const reply = await fetch(url, { method, headers: { Authorization: `Bearer ${access_token}` } });
    should(reply.status).equal(200, await reply.text());
  }
});
