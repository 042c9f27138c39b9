import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import should from "should";
import type { DeliveryMessage } from "../../dist/exstream/exstream-trigger/events/event-release.js";
import { type Fields, records } from "../../scripts/support/sandbox-files.ts";
import { control } from "../../scripts/support/sandbox-process.ts";
import { httpTrigger } from "./deliveries.ts";
import { CREDENTIALS, eventTrigger, SECRET } from "./delivery-events.ts";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite, type SeenMessage } from "./rig.ts";
import { until } from "./values.ts";

const HOUR_MS = 3600_000;
const realNow = Date.now;

describe("exstream-trigger, delivery events of the sandbox", function () {
  this.timeout(60_000);
  const rig = rigOfSuite();
  const compose = node("exstream-compose", "compose", {
    server: "exstream",
    service: "statements",
    data: "payload",
    dataType: "msg",
    wires: [["submitted"]],
  });
  const load = (values: Fields = {}) =>
    rig.load(
      [
        eventTrigger(values),
        httpTrigger({ id: "documents", wires: [["came"]] }),
        node("helper", "came"),
        compose,
        node("helper", "submitted"),
      ],
      {},
      CREDENTIALS,
    );
  const setUp = (path: string, wish: Fields) => control(rig.sandbox.description, "PUT", `/exstream/${path}`, wish);
  const backoffMs = { first: 5, longest: 50 };
  const events = (settings: Fields) =>
    setUp("events", { secret: SECRET, bounced: 0.2, opened: 0.5, undeliverable: 0.2, backoffMs, ...settings });
  const documents = () =>
    setUp("channels", { channels: [{ name: "test", kind: "http", url: `${rig.url}/in`, mode: "multipart", backoffMs }] });
  const submit = async (generate: Fields): Promise<string> => {
    const before = rig.messages("submitted").length;
    rig.send("compose", { payload: { generate: { variants: ["html", "sms"], ...generate } } });
    const messages = await rig.received(before + 1, "submitted");
    return (messages[before] as { payload: { jobId: string } }).payload.jobId;
  };
  const deliveryOf = (message: SeenMessage) => (message as unknown as { deliveryEvent: DeliveryMessage }).deliveryEvent;
  const raised = (job: string) => [...records(rig.dataDir, "exstream", "event").values()].filter(({ jobId }) => jobId === job);
  const ofJob = (job: string) => rig.messages().filter((message) => documentOf(message).source.jobId === job);
  /** Every event of the job is in the chain of its document, once, and no other is. */
  const allEntered = async (job: string, count: number): Promise<void> => {
    await until(`${count} events of the job`, () => new Set(ofJob(job).map((message) => deliveryOf(message).id)).size === count);
    const ledger = await rig.ledger();
    const chains = new Map(
      ofJob(job)
        .map((message) => documentOf(message).about)
        .map((about) => [about?.id, about?.source]),
    );
    for (const [id, source] of chains) {
      const key = [source?.jobId, source?.flowStepId, source?.queueName, source?.customerNumber, source?.fileName].join("|");
      const entered = (await ledger.events(String(id))).filter(({ type }) => type === "delivery").map(({ data }) => String(data.event));
      const expected = raised(job).filter(({ documentKey }) => documentKey === key);
      should(entered.sort()).eql(expected.map(({ eventId }) => String(eventId)).sort());
    }
    should(chains.size).equal(new Set(raised(job).map(({ documentKey }) => documentKey)).size);
  };

  afterEach(async () => {
    Date.now = realNow;
    await setUp("channels", { channels: [] });
    await setUp("events", {});
    rig.sandbox.app.switches.set("exstream.event-metrics", false);
  });

  it("are entered once each, although they come before their documents, reversed, twice, with lost replies and restarts between", async () => {
    await load();
    const proxy = await losing(rig.url);
    try {
      await documents();
      await events({ url: `${proxy.url}/events`, when: "composed", reversed: true, duplicates: 0.5 });
      const job = await submit({ customers: 20, seed: 51 });
      await until("some events", () => ofJob(job).length > 10);
      await rig.redeploy({ out: { name: "restarted" } });
      await until(
        "the job's documents",
        () => rig.messages("came").filter((message) => documentOf(message).source.jobId === job).length >= 40,
      );
      await until("all events sent", () => raised(job).every(({ state }) => state === "sent"));
      await allEntered(job, raised(job).length);
      should(proxy.lost()).be.above(0);
      should(raised(job).length).be.above(80 - 1);
    } finally {
      proxy.server.close();
      proxy.server.closeAllConnections();
    }
  });

  it("are asked for where that is chosen, each taken once, also over a restart, with a clock that is set back, and beside the webhook", async () => {
    rig.sandbox.app.switches.set("exstream.event-metrics", true);
    const { otds, exstream } = rig.sandbox.description;
    const metricsPath = `/ei/api/v1/eventmetrics/email-event/${otds.tenant}/${exstream.domain}/content`;
    await load({ server: "exstream", pollEvents: true, sinceDays: "0", metricsPath });
    await documents();
    await events({});
    const first = await submit({ customers: 5, seed: 52 });
    await until("the first events", () => raised(first).length >= 20);
    await allEntered(first, raised(first).length);
    await rig.redeploy({ out: { name: "restarted" } });
    Date.now = () => realNow() - HOUR_MS;
    await events({ url: `${rig.url}/events` });
    const second = await submit({ customers: 5, seed: 53 });
    await until("the second events, sent", () => raised(second).length >= 20 && raised(second).every(({ state }) => state === "sent"));
    await allEntered(second, raised(second).length);
    const seen = rig.messages().map((message) => deliveryOf(message).id);
    should(seen.length).equal(new Set(seen).size);
    should(rig.errors()).eql([]);
  });

  it("tell by their own words that event metrics are off at the server, and are taken once they are on", async () => {
    const { otds, exstream } = rig.sandbox.description;
    const metricsPath = `/ei/api/v1/eventmetrics/email-event/${otds.tenant}/${exstream.domain}/content`;
    await load({ server: "exstream", pollEvents: true, sinceDays: "0", metricsPath });
    await until("an error", () => rig.errors().some((text) => text.includes("delivery events of Exstream")));
    rig.sandbox.app.switches.set("exstream.event-metrics", true);
    await documents();
    await events({});
    const job = await submit({ customers: 1, seed: 54 });
    await until("the events", () => raised(job).length >= 4);
    await allEntered(job, raised(job).length);
  });
});

/** The receiver behind it, but every third reply is lost. */
async function losing(target: string): Promise<{ url: string; server: Server; lost: () => number }> {
  let asked = 0;
  let lost = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { host: _, connection: __, "content-length": ___, ...headers } = request.headers;
    const reply = await fetch(target + request.url, {
      method: "POST",
      headers: headers as Record<string, string>,
      body: Buffer.concat(chunks),
    });
    const bytes = Buffer.from(await reply.arrayBuffer());
    asked += 1;
    if (asked % 3 === 0) {
      lost += 1;
      request.socket.destroy();
    } else response.writeHead(reply.status).end(bytes);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, lost: () => lost };
}
