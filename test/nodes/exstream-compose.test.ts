import should from "should";
import { records } from "../../scripts/support/sandbox-files.ts";
import { control } from "../../scripts/support/sandbox-process.ts";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite, type SeenMessage } from "./rig.ts";

const compose = (values = {}) =>
  node("exstream-compose", "compose", {
    server: "exstream",
    service: "statements",
    data: "payload",
    dataType: "msg",
    wires: [["out"]],
    ...values,
  });
const customer = { number: "9", name: "A. Smith", account: "DE-0815", period: "2026-01" };
const xml =
  "<d><customers><customer><number>9</number><name>A. Smith</name><account>DE-0815</account><period>2026-01</period></customer></customers></d>";

interface Output {
  jobId: string;
  customerNumber: string;
  sha256: string;
}

describe("exstream-compose", () => {
  const rig = rigOfSuite();

  const inExstream = <T>(kind: string): T[] => [...records(rig.dataDir, "exstream", kind).values()] as T[];
  const outputsOf = (jobId: unknown) => inExstream<Output>("output").filter((output) => output.jobId === jobId);
  const jobOf = (message: SeenMessage | undefined) =>
    (message as unknown as { payload: { jobId: string; flowInstanceId: string } }).payload;

  it("starts a job, whose finished outputs come in at the trigger with the bytes that were composed", async () => {
    await rig.load(
      [
        compose({ externalId: "run", externalIdType: "msg" }),
        node("exstream-trigger", "trigger", {
          ledger: "ledger",
          server: "exstream",
          secretMode: "required",
          sandboxDelivers: false,
          doneWhen: "emitted",
          wires: [["documents"]],
        }),
        node("helper", "documents"),
      ],
      {},
      { trigger: { secret: "channel-secret" } },
    );
    const channel = {
      name: "node-red",
      kind: "http",
      url: `${rig.url}/exstream/documents`,
      mode: "multipart",
      authorization: { type: "bearer", token: "channel-secret" },
    };
    await control(rig.sandbox.description, "PUT", "/exstream/channels", { channels: [channel] });
    rig.send("compose", { payload: { generate: { customers: 5, seed: 3, variants: ["pdf", "html"], size: 20_000 } }, run: "run-77" });
    const { jobId, flowInstanceId } = jobOf((await rig.received())[0]);
    const documents = (await rig.received(10, "documents")).map(documentOf);
    const outputs = outputsOf(jobId);
    should(documents.map(({ content }) => content.sha256).sort()).eql(outputs.map((output) => output.sha256).sort());
    should(outputs.length).equal(10);
    for (const { content, source, batch } of documents) {
      const output = outputs.find((each) => each.sha256 === content.sha256);
      should(source).match({ system: "exstream", jobId, flowInstanceId, customerNumber: output?.customerNumber });
      should(batch?.id).equal(jobId);
    }
    const job = inExstream<{ id: string; externalId?: string }>("job").find(({ id }) => id === jobId);
    should(job?.externalId).equal("run-77");
    await rig.shown("compose", "job submitted");
    await control(rig.sandbox.description, "PUT", "/exstream/channels", { channels: [] });
  });

  for (const [what, payload] of [
    ["an object", { customers: [customer] }],
    ["JSON text", JSON.stringify({ customers: [customer] })],
    ["XML text", xml],
    ["XML in a Buffer", Buffer.from(xml)],
  ] as const) {
    it(`submits ${what} as driver data`, async () => {
      await rig.load([compose()]);
      rig.send("compose", { payload, topic: "kept" });
      const message = (await rig.received())[0];
      should(message).match({ topic: "kept" });
      const job = inExstream<{ id: string; mode: string }>("job").find(({ id }) => id === jobOf(message).jobId);
      should(job?.mode).equal("BATCH");
    });
  }

  describe("hands a typed error to the Catch node", () => {
    const cases: [what: string, values: object, payload: unknown, error: object, others?: object][] = [
      ["driver data Exstream refuses", {}, { customers: [] }, { code: "refused", message: /400/ }],
      ["a text that is neither JSON nor XML", {}, "no,driver;data", { code: "refused" }],
      ["XML that is cut off", {}, "<d><customers>", { code: "refused" }],
      ["a message without driver data", {}, undefined, { code: "invalid-message", message: /'data'/ }],
      ["a number", {}, 7, { code: "invalid-message", message: /'data'/ }],
      ["a service the domain does not offer", { service: "nope" }, { customers: [customer] }, { code: "not-found", message: /nope/ }],
      ["a missing connection", { server: "gone" }, { customers: [customer] }, { code: "configuration", message: /'server'/ }],
      [
        "a connection without its address",
        {},
        { customers: [customer] },
        { code: "configuration", message: /'baseUrl'/ },
        { exstream: { baseUrl: "" } },
      ],
    ];
    for (const [what, values, payload, error, others] of cases) {
      it(`for ${what}`, async () => {
        await rig.load([compose(values)], others as never);
        const jobs = inExstream("job").length;
        rig.send("compose", { payload });
        const caught = await rig.caught();
        should(caught.error).match({ ...error, source: { id: "compose" } });
        should(inExstream("job").length).equal(jobs);
        should(rig.messages()).eql([]);
      });
    }

    it("for a wrong client secret, without showing it", async () => {
      const { clientId } = rig.sandbox.description.otds;
      await rig.load([compose()], {}, { exstream: { clientId, clientSecret: "wrong-secret" } });
      rig.send("compose", { payload: { customers: [customer] } });
      const { error } = await rig.caught();
      should(error?.code).equal("authentication-failed");
      await rig.shown("compose", "authentication-failed");
      should(JSON.stringify([error, rig.statuses, rig.errors()])).not.match(/wrong-secret/);
    });
  });
});
