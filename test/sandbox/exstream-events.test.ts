import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { type Answer, type Json, type Received, Receiver, Sandbox } from "./exstream-support.ts";

const EVENTS = "/sandbox/exstream/events";
const EMAIL = "/ei/api/v1/eventmetrics/email-event/test/demo/content";

describe("exstream events", function () {
  this.timeout(60_000);
  let sandbox: Sandbox;
  let receiver: Receiver | undefined;

  beforeEach(async () => {
    sandbox = await Sandbox.start();
  });
  afterEach(async () => {
    await sandbox.close();
    await receiver?.stop();
    receiver = undefined;
  });

  const listen = async (answer?: (request: Received, number: number) => Answer): Promise<Receiver> => {
    receiver = await new Receiver(answer).start();
    return receiver;
  };
  const setUp = async (settings: object): Promise<void> => {
    const reply = await sandbox.json(EVENTS, {
      method: "PUT",
      body: JSON.stringify({ backoffMs: { first: 5, longest: 20 }, ...settings }),
    });
    reply.status.should.equal(200);
  };
  const run = async (generate: object): Promise<string> => {
    const { jobId } = await sandbox.submit({ generate });
    await sandbox.ended(jobId);
    return jobId;
  };
  const bodies = (from: Receiver): Json[] => from.got.map((request) => JSON.parse(request.body.toString()));
  const settled = async (): Promise<Json> => {
    for (;;) {
      const { counts } = (await sandbox.json(EVENTS)).body;
      if (!counts.pending) return counts;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  it("posts signed events of each document, keyed as the document is", async () => {
    const to = await listen();
    await setUp({ url: to.url, secret: "key & more" });
    const jobId = await run({ customers: 2, variants: ["html"] });
    await to.received(4);
    for (const request of to.got) {
      const signature = createHmac("sha256", "key & more").update(request.body).digest("hex");
      should(request.headers["x-exstream-signature"]).equal(`sha256=${signature}`);
      request.method.should.equal("POST");
    }
    const [output] = sandbox.records("output");
    const own = bodies(to).filter((event) => event.trackerId === output.id);
    own.map((event) => event.type).should.deepEqual(["generated", "delivered"]);
    own[0].documentKey.should.equal([jobId, output.flowStepId, "HTML", output.customerNumber, output.fileName].join("|"));
    own[0].should.containEql({ jobId, channel: "email" });
    new Date(own[1].occurredAt).toISOString().should.equal(own[1].occurredAt);
    new Set(bodies(to).map((event) => event.eventId)).size.should.equal(4);
    (await settled()).should.deepEqual({ sent: 4 });
  });

  it("does nothing while events are not set up, and hides the secret once they are", async () => {
    await run({ customers: 1 });
    (await sandbox.json(EVENTS)).body.should.deepEqual({ settings: null, counts: {} });
    await setUp({ secret: "hidden" });
    const shown = await sandbox.json(EVENTS);
    JSON.stringify(shown.body).should.not.containEql("hidden");
    should(shown.headers.get("x-sandbox-control")).equal("not a vendor API");
  });

  it("gives each document a fate by share and seed, the same each time", async () => {
    const to = await listen();
    const fates = async (seed: number) => {
      const before = to.got.length;
      await setUp({ url: to.url, undeliverable: 0.2, bounced: 0.2, opened: 0.5, seed });
      await run({ customers: 60, seed: 3, variants: ["html", "sms"] });
      await settled();
      return bodies(to)
        .slice(before)
        .map((event) => `${event.documentKey.split("|").slice(2).join("|")} ${event.type} ${event.reason ?? ""}`);
    };
    const first = await fates(1);
    const count = (type: string, list: string[] = first) => list.filter((line) => line.includes(` ${type} `)).length;
    count("generated").should.equal(120);
    (count("delivered") + count("undeliverable") + count("bounced")).should.equal(120);
    for (const type of ["undeliverable", "bounced", "opened"]) count(type).should.be.above(0);
    first
      .filter((line) => line.startsWith("SMS"))
      .some((line) => / (bounced|opened) /.test(line))
      .should.be.false();
    first
      .filter((line) => / (undeliverable|bounced) /.test(line))
      .every((line) => line.endsWith("(simulated)"))
      .should.be.true();
    (await fates(1)).sort().should.deepEqual(first.sort());
    (await fates(2)).sort().should.not.deepEqual(first);
  });

  it("sends events twice, and in reverse, when asked", async () => {
    const to = await listen();
    await setUp({ url: to.url, duplicates: 1, reversed: true });
    await run({ customers: 1, variants: ["html"] });
    await to.received(4);
    await settled();
    bodies(to)
      .map((event) => event.type)
      .should.deepEqual(["delivered", "delivered", "generated", "generated"]);
    should(to.got[0]?.body).deepEqual(to.got[1]?.body);
  });

  it("tries again until the receiver takes an event, and gives up what is refused", async () => {
    const answers: Answer[] = [{ status: 503 }, "drop", { status: 429 }, { status: 202 }, { status: 422 }];
    const to = await listen((_request, number) => answers[number] ?? { status: 201 });
    await setUp({ url: to.url });
    await run({ customers: 1, variants: ["sms"] });
    (await settled()).should.deepEqual({ sent: 1, refused: 1 });
    to.got.should.have.length(5);
    new Set(
      bodies(to)
        .slice(0, 4)
        .map((event) => event.eventId),
    ).size.should.equal(1);
    await setUp({ url: to.url, tries: 2 });
    answers.push({ status: 500 }, { status: 500 }, { status: 201 });
    await run({ customers: 1, variants: ["sms"] });
    (await settled()).should.deepEqual({ sent: 2, refused: 2 });
  });

  it("sends after a restart what it could not send before", async () => {
    let open = false;
    const to = await listen(() => ({ status: open ? 200 : 503 }));
    await setUp({ url: to.url });
    await run({ customers: 3, variants: ["sms"] });
    await to.received(2);
    await sandbox.close(true);
    open = true;
    sandbox = await Sandbox.start(sandbox.dir);
    (await settled()).should.deepEqual({ sent: 6 });
  });

  it("raises events when a channel delivered a document, also one that is held, or before that when asked", async () => {
    const folder = mkdtempSync(join(tmpdir(), "exstream-events-"));
    try {
      await sandbox.channels({ name: "out", kind: "folder", folder, assured: true });
      const to = await listen();
      await setUp({ url: to.url });
      const held = await sandbox.submit({ generate: { customers: 1, hold: true } });
      await sandbox.until(held.jobId, "holding");
      sandbox.records("event").should.have.length(0);
      await sandbox.json(`/orchestration/api/v1/runtime/demo/flow-instances/${held.id}/release`, { method: "POST" });
      await to.received(2);
      (await sandbox.until(held.jobId, "holding")).status.should.equal("holding");
      await setUp({ url: to.url, when: "composed" });
      const early = await sandbox.submit({ generate: { customers: 1, hold: true } });
      await to.received(4);
      (await sandbox.until(early.jobId, "holding")).status.should.equal("holding");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("raises a single event of a document on request", async () => {
    const to = await listen();
    const jobId = await run({ customers: 1 });
    const [output] = sandbox.records("output");
    const raise = (body: object) => sandbox.json(EVENTS, { method: "POST", body: JSON.stringify(body) });
    (await raise({ type: "expired", trackerId: output.id })).status.should.equal(400);
    await setUp({ url: to.url });
    (await raise({ type: "expired", trackerId: output.id, reason: "too old" })).status.should.equal(201);
    (await raise({ type: "opened", jobId, fileName: output.fileName })).status.should.equal(201);
    for (const body of [{ trackerId: output.id }, { type: "eaten", trackerId: output.id }, { type: "opened", trackerId: "none" }]) {
      (await raise(body)).status.should.equal(400);
    }
    await to.received(2);
    bodies(to)
      .map((event) => `${event.type} ${event.reason ?? "-"} ${event.trackerId === output.id}`)
      .should.deepEqual(["expired too old true", "opened - true"]);
  });

  it("refuses settings it cannot use", async () => {
    const bad = [
      [],
      { url: "ftp://x" },
      { undeliverable: 2 },
      { undeliverable: 0.6, bounced: 0.6 },
      { when: "never" },
      { signatureHeader: "a b" },
      { secret: "" },
    ];
    for (const settings of bad) (await sandbox.json(EVENTS, { method: "PUT", body: JSON.stringify(settings) })).status.should.equal(400);
  });

  it("gives event metrics to a poller only when the switch is on, narrowed by connector and time", async () => {
    await setUp({ undeliverable: 0.5 });
    await run({ customers: 10, variants: ["html", "sms"] });
    (await sandbox.json(EMAIL)).status.should.equal(404);
    sandbox.app.switches.set("exstream.event-metrics", true);
    const list = async (query = "") => (await sandbox.json(EMAIL + query)).body.data as Json[];
    (await list()).should.have.length(40);
    const mails = await list("?connectorType=EMAIL");
    mails.should.have.length(20);
    mails[0].should.containEql({ connectorType: "EMAIL", domainId: "demo", tenantId: "test" });
    mails[0].eventType.should.be.a.Number();
    const [last] = mails.slice(-1);
    (await list(`?lastUpdateTimeStart=${Date.parse(last.lastUpdateTime) + 1}`)).should.have.length(0);
    (await list(`?lastUpdateTimeEnd=${new Date(Date.parse(last.lastUpdateTime) + 1).toISOString()}`)).should.have.length(40);
    (await sandbox.json(`${EMAIL}?lastUpdateTimeStart=soon`)).status.should.equal(400);
    (await sandbox.json(EMAIL.replace("test", "other"))).status.should.equal(404);
    const events = await sandbox.json("/ei/api/v1/eventmetrics/events/test/demo/content?eventType=3");
    const undeliverable = (await list()).filter((event) => event.eventStatus === "undeliverable");
    undeliverable.length.should.be.above(0);
    events.body.data.should.have.length(undeliverable.length);
    const [output] = sandbox.records("output");
    const metadata = await sandbox.json(`/ei/api/v1/eventmetrics/docgen-event/test/demo/${output.flowStepId}/metadata`);
    metadata.body.data.map((each: Json) => each.trackerId).should.containEql(output.id);
  });
});
