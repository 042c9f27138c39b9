import should from "should";
import type { JobEvent } from "../../dist/exstream/exstream-compose/following.js";
import { records } from "../../scripts/support/sandbox-files.ts";
import { node } from "./flows.ts";
import { rigOfSuite, type SeenMessage } from "./rig.ts";
import { until } from "./values.ts";

type Seen = SeenMessage & { payload: JobEvent & { released?: number }; topic?: string };

describe("exstream-compose, on jobs", () => {
  const rig = rigOfSuite();
  const compose = (id: string, values = {}) =>
    node("exstream-compose", id, {
      server: "exstream",
      service: "statements",
      data: "payload",
      dataType: "msg",
      jobId: "payload.jobId",
      jobIdType: "msg",
      pollSeconds: "0.1",
      followMinutes: "5",
      wires: [["out"], ["events"]],
      ...values,
    });
  const load = (...nodes: ReturnType<typeof compose>[]) => rig.load([...nodes, node("helper", "events")]);
  const events = () => rig.messages("events") as Seen[];
  const event = (name: JobEvent["event"], status?: string) =>
    until(`event ${name} ${status}; came: ${JSON.stringify(events().map(({ payload }) => payload))}`, () =>
      events().find(({ payload }) => payload.event === name && (!status || payload.status === status)),
    );
  const jobId = async () => ((await rig.received(1))[0] as Seen).payload.jobId;
  const statusOf = (id: string) => records(rig.dataDir, "exstream", "job").get(id)?.status;

  it("follows a batch to its end: the job at once, progress and the end beside it", async () => {
    await load(compose("compose", { follow: true, externalId: "run-9", externalIdType: "str" }));
    rig.send("compose", { payload: { generate: { customers: 3, slowMs: 100 } }, topic: "kept" });
    const id = await jobId();
    const last = await event("complete");
    should(events()[0]?.payload).match({ event: "opened", jobId: id });
    should(last.payload).match({ jobId: id, status: "complete", externalId: "run-9" });
    should(last.topic).equal("kept");
    should(Date.parse(String(last.payload.endDate))).be.aboveOrEqual(Date.parse(String(last.payload.startDate)));
    should(last.payload.steps?.ended).equal(last.payload.steps?.known);
    should(last.payload.steps?.known).be.above(0);
    should(events().filter(({ payload }) => payload.event === "complete").length).equal(1);
    should(rig.messages().length).equal(1);
    await rig.shown("compose", "job complete");
  });

  it("releases a job that is held, which then goes on to its end", async () => {
    await load(
      compose("compose", { follow: true }),
      compose("release", { operation: "release", wires: [["released"], []] }),
      node("helper", "released"),
    );
    rig.send("compose", { payload: { generate: { customers: 2, hold: true } } });
    const id = await jobId();
    await until("held", () => statusOf(id) === "holding");
    await event("progress", "holding");
    rig.send("release", { payload: { jobId: id } });
    should((await rig.received(1, "released"))[0]).match({ payload: { jobId: id, released: 1 } });
    await event("complete");
  });

  it("stops a job, which whoever follows it hears of", async () => {
    await load(
      compose("compose", { follow: true }),
      compose("stop", { operation: "stop", wires: [["stopped"], []] }),
      node("helper", "stopped"),
    );
    rig.send("compose", { payload: { generate: { customers: 2, endless: true } } });
    const id = await jobId();
    rig.send("stop", { payload: { jobId: id } });
    should((await rig.received(1, "stopped"))[0]).match({ payload: { jobId: id } });
    should((await event("canceled")).payload.jobId).equal(id);
    should(statusOf(id)).equal("canceled");
  });

  it("runs a job again and follows the new run, not the end of the old one", async () => {
    await load(compose("compose"), compose("again", { operation: "reprocess", follow: true, wires: [["out"], ["events"]] }));
    rig.send("compose", { payload: { generate: { customers: 2, slowMs: 200 } } });
    const id = await jobId();
    await until("complete", () => statusOf(id) === "complete");
    const firstEnd = records(rig.dataDir, "exstream", "job").get(id)?.endDate as number;
    rig.send("again", { payload: { jobId: id } });
    const { payload } = await event("complete");
    should(Date.parse(String(payload.endDate))).be.above(firstEnd);
    should((await rig.received(2))[1]).match({ payload: { jobId: id } });
  });

  it("follows a job that another message started, and then hands on its end", async () => {
    await load(
      compose("compose"),
      compose("follow", { operation: "follow", jobId: "job", wires: [["ended"], ["events"]] }),
      node("helper", "ended"),
    );
    rig.send("compose", { payload: { generate: { customers: 2 } } });
    const id = await jobId();
    rig.send("follow", { job: id });
    should((await rig.received(1, "ended"))[0]).match({ payload: { event: "complete", jobId: id } });
  });

  it("gives up on a job that does not end in time, and leaves it running", async () => {
    await load(compose("compose", { follow: true, followMinutes: "0.01" }));
    rig.send("compose", { payload: { generate: { customers: 1, endless: true } } });
    should((await rig.caught()).error).match({ code: "timeout", message: /has not ended/ });
    const id = await jobId();
    should(statusOf(id)).equal("started");
    rig.sandbox.app.switches.set("exstream.endless-jobs", false);
  });

  it("makes up for polls that fail, and gives every state once", async () => {
    await load(compose("compose", { follow: true }));
    rig.sandbox.app.faults.set([{ kind: "status", service: "exstream", method: "GET", path: "/jobs/", status: 503, times: 3 }]);
    rig.send("compose", { payload: { generate: { customers: 2 } } });
    await event("complete");
    const states = events().map(({ payload }) => `${payload.status} ${payload.steps?.ended}/${payload.steps?.known}`);
    should(states).eql([...new Set(states)]);
    should(rig.messages("caught")).eql([]);
  });

  it("lets a redeploy end the following without an error", async () => {
    await load(compose("compose", { follow: true }));
    rig.send("compose", { payload: { generate: { customers: 1, endless: true } } });
    await event("opened");
    await rig.redeploy();
    should(rig.messages("caught")).eql([]);
    should(rig.errors()).eql([]);
  });

  describe("hands a typed error to the Catch node", () => {
    const unknown = "00000000-0000-4000-8000-000000000000";
    const cases: [what: string, operation: string, payload: object, error: object][] = [
      ["no job id", "stop", {}, { code: "invalid-message", message: /'jobId'/ }],
      ["a job that is not there", "follow", { jobId: unknown }, { code: "not-found" }],
      ["stopping a job that is not there", "stop", { jobId: unknown }, { code: "not-found" }],
      ["running a job again that is not there", "reprocess", { jobId: unknown }, { code: "not-found" }],
      ["releasing where nothing is held", "release", { jobId: unknown }, { code: "refused", message: /held/ }],
    ];
    for (const [what, operation, payload, error] of cases) {
      it(`for ${what}`, async () => {
        await load(compose("compose", { operation }));
        rig.send("compose", { payload });
        should((await rig.caught()).error).match({ ...error, source: { id: "compose" } });
        should(rig.messages()).eql([]);
      });
    }
  });
});
