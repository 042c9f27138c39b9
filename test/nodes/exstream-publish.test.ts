import { buffer } from "node:stream/consumers";
import should from "should";
import type { ContentReference } from "../../dist/core/content/reference.js";
import type { RunAsset } from "../../dist/core/ledger/runs.js";
import { records } from "../../scripts/support/sandbox-files.ts";
import { node } from "./flows.ts";
import { rigOfSuite, type SeenMessage } from "./rig.ts";
import { sha256, someBytes, until } from "./values.ts";

type Shown = { id: string; name: string; version: number; state: string; type: string };
type Seen = SeenMessage & { payload: unknown; asset?: Shown & { content: ContentReference; source: string } };

const COMMUNICATION = "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c01";
const NOTICE = "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c08";
const UNKNOWN = "00000000-0000-4000-8000-000000000000";

describe("exstream-publish", () => {
  const rig = rigOfSuite();
  const publish = (values = {}, id = "publish") =>
    node("exstream-publish", id, {
      server: "exstream",
      ledger: "ledger",
      resource: "id",
      resourceType: "msg",
      title: "topic",
      titleType: "msg",
      kind: "image",
      commit: false,
      policy: "ERROR",
      packageType: "das",
      versions: "LATEST",
      wires: [["out"]],
      ...values,
    });
  async function send(values: object, message: Record<string, unknown>): Promise<void> {
    await rig.unload();
    await rig.load([publish(values)]);
    rig.send("publish", message);
  }
  /** Runs one operation and gives the message that comes out. */
  async function run(values: object, message: Record<string, unknown> = {}): Promise<Seen> {
    await send(values, message);
    return (await rig.received())[0] as Seen;
  }
  async function refused(values: object, message: Record<string, unknown> = {}) {
    await send(values, message);
    const { error } = await rig.caught();
    should(rig.messages()).eql([]);
    return error;
  }
  const create = async (name: string, bytes: Buffer = someBytes()) =>
    (await run({ operation: "create" }, { topic: name, payload: bytes, filename: `${name}.png` })).payload as Shown;
  const state = (id: string, toState: string) => run({ operation: "state", toState, comment: "seen" }, { id });

  it("lists by type and state, up to a limit", async () => {
    for (const at of [1, 2, 3]) await create(`listed ${at}`);
    const { payload, topic } = (await run({ operation: "list", types: "image", states: "DRAFT" }, { topic: "kept" })) as Seen & {
      topic: string;
    };
    should((payload as Shown[]).filter(({ name }) => name.startsWith("listed")).length).equal(3);
    should((payload as Shown[]).every(({ type, state }) => type === "image" && state === "DRAFT")).equal(true);
    should(topic).equal("kept");
    const two = await run({ operation: "list", types: "image", states: "DRAFT", limit: "2" });
    should((two.payload as Shown[]).length).equal(2);
  });

  it("fetches the wanted version and state, its bytes in the spool", async () => {
    const first = someBytes();
    const { id } = await create("versions", first);
    await state(id, "REVIEW");
    await state(id, "APPROVED");
    should(((await state(id, "DRAFT")).payload as Shown).version).equal(2);
    const second = someBytes();
    await run({ operation: "content" }, { id, payload: second, contentType: "image/png" });
    for (const [choice, bytes, version, shownState] of [
      [{}, second, "2", "DRAFT"],
      [{ ofState: "APPROVED" }, first, "1", "APPROVED"],
      [{ ofVersion: "1" }, first, "1", "APPROVED"],
    ] as const) {
      const { asset } = await run({ operation: "fetch", ...choice }, { id });
      should(asset).match({ id, version, state: shownState, name: "versions", source: "exstream" });
      should(asset?.content).match({ sha256: sha256(bytes), mediaType: "image/png" });
      should((await buffer(await (asset as NonNullable<typeof asset>).content.open())).equals(bytes)).equal(true);
    }
  });

  it("keeps the comment of a change of state where Exstream audits it", async () => {
    const { id } = await create("audited");
    should(((await state(id, "REVIEW")).payload as Shown).state).equal("REVIEW");
    const history = [...records(rig.dataDir, "exstream", "history").values()].filter((entry) => entry.id === id);
    should(history.some(({ auditedComment }) => auditedComment === "seen")).equal(true);
  });

  it("exports a package, and imports it elsewhere in the same way: a dry run first", async () => {
    const exported = await run({ operation: "export" }, { id: COMMUNICATION });
    const content = exported.payload as ContentReference;
    should(content).match({ mediaType: "application/zip", fileName: `${COMMUNICATION}.zip` });
    const bytes = await buffer(await content.open());
    should(bytes.subarray(0, 2).toString()).equal("PK");
    const dry = await run({ operation: "import", policy: "EXISTING" }, { payload: bytes, filename: "a.zip" });
    should(dry.payload).match({ committed: false, imported: [] });
    should(records(rig.dataDir, "exstream", "import").size).equal(0);
    const real = await run({ operation: "import", policy: "EXISTING", commit: true }, { payload: bytes, filename: "a.zip" });
    should(real.payload).match({ committed: true });
    should([...records(rig.dataDir, "exstream", "import").values()]).match([{ status: "SUCCESS" }]);
  });

  it("imports nothing when the dry run shows conflicts that the policy does not settle", async () => {
    const { id } = await create("conflicting");
    const exported = await run({ operation: "export", versions: "ALL" }, { id });
    const bytes = await buffer(await (exported.payload as ContentReference).open());
    await run({ operation: "content" }, { id, payload: someBytes(), contentType: "image/png" });
    const imports = records(rig.dataDir, "exstream", "import").size;
    const dry = await run({ operation: "import" }, { payload: bytes });
    should((dry.payload as { conflicted: object[] }).conflicted.length).equal(1);
    should(await refused({ operation: "import", commit: true }, { payload: bytes })).match({
      code: "conflict",
      message: /nothing was imported/,
    });
    should(records(rig.dataDir, "exstream", "import").size).equal(imports);
  });

  it("works from the export's content reference, without a copy of the bytes", async () => {
    await rig.load([
      publish({ operation: "export", wires: [["import"]] }),
      publish({ operation: "import", policy: "EXISTING", wires: [["out"]] }, "import"),
    ]);
    rig.send("publish", { id: COMMUNICATION });
    should((await rig.received())[0]).match({ payload: { committed: false } });
  });

  it("changes content in DRAFT only, and states along the documented table only", async () => {
    const { id } = await create("guarded");
    const content = { id, payload: someBytes(), contentType: "image/png" };
    for (const wanted of ["DRAFT", "REJECTED"]) {
      should(await refused({ operation: "state", toState: wanted }, { id })).match({ code: "refused", message: /DRAFT/ });
    }
    await state(id, "REVIEW");
    should(await refused({ operation: "content" }, content)).match({ code: "refused", message: /REVIEW.*only be changed in DRAFT/ });
    should(await refused({ operation: "state", toState: "DRAFT" }, { id })).match({ code: "refused", message: /APPROVED or REJECTED/ });
    await state(id, "REJECTED");
    should(await refused({ operation: "state", toState: "APPROVED" }, { id })).match({ code: "refused", message: /only become DRAFT/ });
    await state(id, "DRAFT");
    await run({ operation: "content" }, content);
  });

  it("asks which asset versions a run used, and keeps them with its batch", async () => {
    await rig.load([
      node("exstream-compose", "compose", {
        server: "exstream",
        service: "statements",
        data: "payload",
        dataType: "msg",
        wires: [["out"]],
      }),
      publish({ operation: "run", job: "job", jobType: "msg" }),
    ]);
    rig.send("compose", { payload: { generate: { customers: 2, seed: 61, variants: ["pdf"], size: 4_000 } } });
    const [submitted] = (await rig.received()) as { payload: { jobId: string } }[];
    const jobId = submitted?.payload.jobId ?? "";
    await until("the job has ended", () => records(rig.dataDir, "exstream", "job").get(jobId)?.status === "complete");
    rig.send("publish", { job: jobId, payload: "kept" });
    const { run, payload } = (await rig.received(2))[1] as Seen & { run: { jobId: string; assets: RunAsset[]; added: number } };
    should(payload).equal("kept");
    should(run.jobId).equal(jobId);
    should(run.assets.length).be.above(1);
    should(run.added).equal(run.assets.length);
    should(run.assets.find(({ id }) => id === COMMUNICATION)).match({ type: "exstrapplication", state: "APPROVED" });
    const { console } = await rig.ledger();
    const kept = await console.runAssets(jobId);
    should(kept?.isIntact).equal(true);
    const identities = (assets: RunAsset[] = []) => assets.map(({ id, version }) => `${id}@${version}`).sort();
    should(identities(kept?.assets)).eql(identities(run.assets));
    rig.send("publish", { job: jobId });
    should((await rig.received(3))[2]).match({ run: { added: 0 } });
  });

  it("keeps nothing of a run that Exstream does not know", async () => {
    should(await refused({ operation: "run", job: "id", jobType: "msg" }, { id: UNKNOWN })).match({ code: "not-found" });
    should(await (await rig.ledger()).console.runAssets(UNKNOWN)).be.undefined();
    should(await refused({ operation: "run", job: "id", jobType: "msg" })).match({ code: "invalid-message", message: /'job'/ });
  });

  it("leaves it to Exstream which workflow the domain has", async () => {
    const { id } = await create("simple");
    should(await refused({ operation: "state", toState: "APPROVED" }, { id })).match({ code: "refused", message: /409/ });
    rig.sandbox.app.switches.set("exstream.workflow", "SIMPLE");
    try {
      should(((await state(id, "APPROVED")).payload as Shown).state).equal("APPROVED");
    } finally {
      rig.sandbox.app.switches.set("exstream.workflow", "NORMAL");
    }
  });

  describe("hands a typed error to the Catch node", () => {
    const cases: [what: string, values: object, message: Record<string, unknown>, error: object][] = [
      ["a resource that is not there", { operation: "fetch" }, { id: UNKNOWN }, { code: "not-found" }],
      ["a version that is not there", { operation: "fetch", ofVersion: "9" }, { id: NOTICE }, { code: "not-found" }],
      ["no id", { operation: "state", toState: "REVIEW" }, {}, { code: "invalid-message", message: /'resource'/ }],
      ["no bytes", { operation: "create" }, { topic: "x" }, { code: "invalid-message" }],
      ["no name", { operation: "create" }, { payload: "x" }, { code: "invalid-message", message: /'title'/ }],
      ["a type that is none", { operation: "create", kind: "nope" }, { topic: "x", payload: "x" }, { code: "refused", message: /400/ }],
      ["a package that is no zip", { operation: "import" }, { payload: "no zip" }, { code: "refused", message: /400/ }],
      ["no connection", { operation: "list", server: "gone" }, {}, { code: "configuration", message: /'server'/ }],
      ["no ledger", { operation: "export", ledger: "gone" }, { id: COMMUNICATION }, { code: "configuration", message: /'ledger'/ }],
    ];
    for (const [what, values, message, error] of cases) {
      it(`for ${what}`, async () => {
        should(await refused(values, message)).match({ ...error, source: { id: "publish" } });
      });
    }

    it("for a refusal inside a 200", async () => {
      rig.sandbox.app.switches.set("exstream.errors-as-200", true);
      try {
        should(await refused({ operation: "fetch" }, { id: UNKNOWN })).match({ code: "not-found" });
      } finally {
        rig.sandbox.app.switches.set("exstream.errors-as-200", false);
      }
    });
  });
});
