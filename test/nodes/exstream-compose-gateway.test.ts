import should from "should";
import type { JobEvent } from "../../dist/exstream/exstream-compose/following.js";
import { type Fields, records } from "../../scripts/support/sandbox-files.ts";
import { control } from "../../scripts/support/sandbox-process.ts";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite, type SeenMessage } from "./rig.ts";
import { until } from "./values.ts";

type Seen = SeenMessage & { payload: JobEvent; topic?: string };

describe("exstream-compose, through a service gateway", () => {
  const rig = rigOfSuite();
  const compose = (id: string, values: Fields = {}) =>
    node("exstream-compose", id, {
      server: "exstream",
      via: "gateway",
      service: "statements",
      data: "payload",
      dataType: "msg",
      jobId: "payload.jobId",
      jobIdType: "msg",
      pollSeconds: "0.1",
      followMinutes: "5",
      follow: true,
      wires: [["out"], ["events"]],
      ...values,
    });
  const events = () => rig.messages("events") as Seen[];
  const ended = () =>
    until(`the end; came: ${JSON.stringify(events().map(({ payload }) => payload))}`, () =>
      events().find(({ payload }) => ["complete", "failed"].includes(payload.event)),
    );
  const jobOf = (id: string) => records(rig.dataDir, "exstream", "job").get(id);

  beforeEach(() => control(rig.sandbox.description, "PUT", "/exstream/channels", { channels: [] }));

  it("submits and follows to the end: the tracker at once, its states beside it", async () => {
    await rig.load([compose("compose", { externalId: 'run "9"', externalIdType: "str" }), node("helper", "events")]);
    rig.send("compose", { payload: { generate: { customers: 3, slowMs: 100 } }, topic: "kept" });
    const [job] = (await rig.received(1)) as Seen[];
    const last = await ended();
    should(last).match({ topic: "kept", payload: { event: "complete", jobId: job?.payload.jobId, status: "5" } });
    should(events()[0]?.payload).match({ event: "opened", status: "1" });
    should(events().filter(({ payload }) => payload.event === "complete").length).equal(1);
    should(jobOf(last.payload.jobId)).match({ mode: "BATCH", status: "complete", run: { attributes: { externalId: 'run "9"' } } });
    await rig.shown("compose", "job complete");
  });

  it("sends XML of a template, and tells a tracker that failed as an event, not as an error", async () => {
    const template =
      "<d><customers><customer><number>9</number><name>{{payload.name}}</name><account>A</account><period>2026-01</period></customer></customers></d>";
    await control(rig.sandbox.description, "PUT", "/exstream/channels", {
      channels: [{ name: "archive", kind: "gateway", assured: true }],
    });
    await rig.load([compose("compose", { dataFrom: "template", template }), node("helper", "events")]);
    rig.send("compose", { payload: { name: "A & B" } });
    const [job] = (await rig.received(1)) as Seen[];
    const id = job?.payload.jobId as string;
    await until("held", () => jobOf(id)?.status === "holding");
    const [delivery] = [...records(rig.dataDir, "exstream", "delivery").values()].filter(({ jobId }) => jobId === id);
    const { otds, exstream } = rig.sandbox.description;
    const sign = { method: "POST", body: JSON.stringify({ userName: otds.user, password: otds.password }) };
    const { ticket } = (await (await fetch(otds.ticketUrl, sign)).json()) as { ticket: string };
    const filter = encodeURIComponent(JSON.stringify(["EQ", "processingattemptid", delivery?.id]));
    const reply = await fetch(`${exstream.gatewayUrl}/v1/documents?where_typeid=outputqueueobject&where_filter=${filter}`, {
      method: "PUT",
      headers: { OTDSTicket: ticket },
      body: JSON.stringify({ processingstate: "6", statusmessage: "lost in the post" }),
    });
    should(await reply.json()).eql({ data: 1 });
    should(await ended()).match({ payload: { event: "failed", jobId: id, status: "6" } });
    should(rig.messages("caught")).eql([]);
  });

  it("streams driver data out of the spool", async () => {
    const channel = { name: "archive", kind: "gateway", assured: true };
    await control(rig.sandbox.description, "PUT", "/exstream/channels", { channels: [channel] });
    const trigger = node("exstream-trigger", "trigger", {
      ledger: "ledger",
      server: "exstream",
      mode: "gateway",
      gatewayHeld: "4",
      jobPollSeconds: "0.2",
      doneWhen: "emitted",
      destinations: "",
      wires: [["taken"], []],
    });
    const nodes = [compose("compose"), compose("again", { data: "document.content" }), trigger];
    await rig.load([...nodes, node("helper", "events"), node("helper", "taken")]);
    rig.send("compose", { payload: { generate: { customers: 1, variants: ["sms"] } } });
    const [message] = await rig.received(1, "taken");
    const { size } = documentOf(message).content;
    should(size).be.above(0);
    // No driver data of this sandbox; it refuses what it got, whole.
    rig.send("again", message as never);
    should((await rig.caught()).error).match({ code: "refused", source: { id: "again" } });
  });

  it("follows a tracker that was submitted before, and says when there is none", async () => {
    await rig.load([
      compose("compose", { follow: false, wires: [["submitted"], []] }),
      compose("follow", { operation: "follow" }),
      node("helper", "submitted"),
      node("helper", "events"),
    ]);
    rig.send("compose", { payload: { generate: { customers: 1 } } });
    const [submitted] = await rig.received(1, "submitted");
    rig.send("follow", { payload: submitted?.payload as object });
    await rig.received(1);
    should((rig.messages()[0] as Seen).payload).match({ event: "complete", status: "5" });
    rig.send("follow", { payload: { jobId: "nobody" } });
    should((await rig.caught()).error).match({ code: "not-found" });
  });

  it("gives what the gateway refuses to a Catch node", async () => {
    await rig.load([compose("compose", { service: "other" }), node("helper", "events")]);
    rig.send("compose", { payload: { generate: { customers: 1 } } });
    should((await rig.caught()).error).match({ code: "not-found", source: { id: "compose" } });
  });
});
