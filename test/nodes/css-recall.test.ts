import should from "should";
import type { PromiseReport, RecallReport } from "../../dist/css/css-lifecycle/recall.js";
import type { Fields } from "../../scripts/support/sandbox-files.ts";
import { CmsPerson } from "./cms-person.ts";
import { deliver } from "./deliveries.ts";
import { node, row } from "./flows.ts";
import { rigOfSuite, type SeenMessage } from "./rig.ts";
import { someBytes, until } from "./values.ts";

const recall = (values: Fields = {}) =>
  node("css-lifecycle", "recall", {
    tenant: "css",
    ledger: "ledger",
    operation: "recall",
    findBy: "id",
    cmsType: "def_statement",
    objectId: "{{objectId}}",
    traitPrefix: "def",
    onlineTiers: "online,cool",
    waitHours: "48",
    askAgainSeconds: "0.1",
    recallsPerMinute: "1000",
    costPerDay: "",
    costEach: "0",
    overBudget: "wait",
    outputs: 2,
    wires: [["out"], ["promised"]],
    ...values,
  });
const NODES = (values: Fields = {}) => [recall(values), node("helper", "promised")];
const recallIn = (message: SeenMessage | undefined) => (message as unknown as { recall: RecallReport }).recall;
const promiseIn = (message: SeenMessage | undefined) => (message as unknown as { promise: PromiseReport }).promise;

describe("css-lifecycle, recall", () => {
  const rig = rigOfSuite();
  const other = () => new CmsPerson(rig.sandbox.description);
  const switched = (values: Record<string, number | string | boolean>) => {
    for (const [name, value] of Object.entries(values)) rig.sandbox.app.switches.set(name, value);
  };
  beforeEach(() =>
    switched({ "cms.restores": true, "cms.restore-seconds": 0.8, "cms.restore-eta-seconds": 0.5, "cms.restored-copy-seconds": 3600 }),
  );

  async function statement(tier?: string): Promise<string> {
    const traits = tier ? { def_lifecycle: { main: { tier } } } : {};
    const body = { name: "statement", properties: { customer_number: "4711" }, traits };
    return (await other().ask("POST", "/instances/file/def_statement", body)).id as string;
  }
  const asked = async (id: string) =>
    ((await other().ask("GET", other().statement(id))).traits as Record<string, Record<string, Fields>>).def_recall?.main ?? {};
  const requests = async (id: string) => {
    const { _embedded } = await other().ask("GET", other().statement(id, "/history?items-per-page=100"));
    return ((_embedded as { collection: Fields[] } | undefined)?.collection ?? []).filter((row) =>
      JSON.stringify(row).includes("def_recall"),
    ).length;
  };

  it("hands on at once what can be read: another tier, or none", async () => {
    await rig.load(NODES());
    for (const tier of [undefined, "cool"]) rig.send("recall", { objectId: await statement(tier), tier });
    const messages = await rig.received(2);
    for (const message of messages) should(recallIn(message)).match({ state: "online" });
    should(recallIn(messages[0])).not.have.property("promiseId");
    should(rig.messages("promised")).eql([]);
  });

  it("promises at once and delivers when it is available, to every caller, with one restore, its cost and the error of the estimate", async () => {
    await rig.load(NODES());
    const id = await statement("cold");
    for (const caller of [1, 2, 3])
      rig.send("recall", { objectId: id, caller, payload: Buffer.from(`letter ${caller}`), req: {}, res: {} });
    const promises = await rig.received(3, "promised");
    should(rig.messages()).eql([]);
    should(promises.map(promiseIn).map(({ requestId }) => requestId)).eql(Array(3).fill((await asked(id)).request_id));
    should(promises[0]).match({ statusCode: 202, req: {}, res: {}, promise: { state: "requested", eta: /^20\d\d-.*Z$/ } });
    const delivered = await rig.received(3);
    for (const message of delivered) {
      should(recallIn(message)).match({ state: "restored", tier: "cold", cost: 1.5, requests: 1 });
      const { eta, availableFrom, etaErrorSeconds } = recallIn(message);
      should(etaErrorSeconds).equal(Math.round((Date.parse(availableFrom as string) - Date.parse(eta as string)) / 1000));
      should(Date.parse(recallIn(message).deliveredAt)).be.aboveOrEqual(Date.parse(recallIn(message).availableFrom as string));
      const { caller, payload } = message as unknown as { caller: number; payload: Buffer };
      should(payload.equals(Buffer.from(`letter ${caller}`))).be.true();
    }
    should(new Set(delivered.map((message) => recallIn(message).promiseId))).eql(new Set(promises.map((message) => promiseIn(message).id)));
    should(await requests(id)).equal(1);
    // Later callers find the copy.
    rig.send("recall", { objectId: id });
    should(recallIn((await rig.received(4))[3]))
      .match({ state: "restored" })
      .and.not.have.property("promiseId");
    await until("nothing is left of it", async () => {
      const { bookmarks } = await rig.ledger();
      return (
        (await bookmarks.list("recall/css|recall", "")).length === 0 && (await bookmarks.get("recall/css", `object/${id}`)) === undefined
      );
    });
  });

  it("goes on after a redeploy, and looks at once when an event tells of the end", async () => {
    await rig.load(NODES({ askAgainSeconds: "3600" }));
    const id = await statement("cold");
    rig.send("recall", { objectId: id, run: "kept" });
    await rig.received(1, "promised");
    await rig.redeploy();
    await rig.shown("recall", "waiting 1");
    await until("the copy", async () => (await asked(id)).available_from);
    should(rig.messages()).eql([]);
    rig.send("recall", { restored: id });
    should((await rig.received(1))[0]).match({ run: "kept", recall: { state: "restored" } });
    should(await requests(id)).equal(1);
  });

  describe("of documents", () => {
    const trigger = node("exstream-trigger", "trigger", {
      ledger: "ledger",
      server: "",
      sandboxDelivers: false,
      doneWhen: "receipts",
      destinations: "css",
      wires: [["recall"]],
    });
    const rows = [row("customer_number", "property", "source.customerNumber")];
    const target = { destination: "css", target: "css", tenant: "css", targetType: "def_statement" };
    const map = node("metadata-mapper", "map", { ...target, rows, wires: [["store"]] });
    const store = node("css-store", "store", { tenant: "css", ledger: "ledger", destination: "css", wires: [["out"]] });
    const flow = (values: Fields = {}) => [
      trigger,
      ...NODES({ objectId: "{{document.metadata.objectId}}", wires: [["map"], ["promised"]], ...values }),
      map,
      store,
    ];
    async function give(objectId: string): Promise<string> {
      const metadata = { customerNumber: "4711", objectId };
      const envelope = { content: someBytes().toString("base64"), mimeType: "application/pdf", metadata };
      const headers = { "Content-Type": "application/json" };
      const { status, body } = await deliver(`${rig.url}/exstream/documents`, headers, JSON.stringify(envelope));
      status.should.equal(201);
      return String(body.documentId);
    }
    const events = async (id: string) => (await (await rig.ledger()).events(id)).map(({ type, data }) => ({ type, data }));

    it("parks a document with the estimate, lets it come again when its object is there, and notes both", async () => {
      await rig.load(flow());
      const objectId = await statement("cold");
      const id = await give(objectId);
      const [promise] = await rig.received(1, "promised");
      should(promise).not.have.property("document");
      should(promiseIn(promise)).match({ objectId, documentId: id, state: "requested" });
      should(await rig.inState(id, "parked")).match({
        failures: 0,
        error: { code: "not-online", message: new RegExp(promiseIn(promise).eta as string) },
      });
      await rig.received(1);
      await rig.inState(id, "closed");
      should(rig.messages("promised").length).equal(1);
      should(rig.messages().length).equal(1);
      const noted = await events(id);
      should(noted.find(({ type }) => type === "recall-promised")?.data).match({ objectId, eta: promiseIn(promise).eta });
      should(noted.filter(({ type }) => type === "recalled").map(({ data }) => data)).match([
        { state: "restored", promiseId: id, cost: 1.5 },
      ]);
      should(await requests(objectId)).equal(1);
    });

    it("quarantines a document whose object does not come in time, and forgets one that a person has rejected", async () => {
      switched({ "cms.restores": false });
      await rig.load(flow({ waitHours: "0.0003" }));
      const late = await give(await statement("cold"));
      should(await rig.inState(late, "quarantined")).match({ error: { code: "recall-overdue" } });
      await rig.redeploy({ recall: { waitHours: "1" } });
      const objectId = await statement("cold");
      const rejected = await give(objectId);
      await rig.inState(rejected, "parked");
      const ledger = await rig.ledger();
      await ledger.console.act("reject", { ids: [rejected] }, { who: "clerk", why: "not needed" });
      const promised = () => ledger.bookmarks.list("recall/css|recall", "");
      should((await promised()).length).equal(1);
      const there = { def_recall: { main: { available_from: new Date().toISOString() } } };
      await other().ask("PATCH", other().statement(objectId), { traits: there });
      await until("its promise is settled", async () => (await promised()).length === 0);
      should(rig.messages()).eql([]);
    });
  });

  it("says that it cannot keep the promise: refused for good, over the budget, too late", async () => {
    await rig.load([...NODES({ costPerDay: "1", costEach: "2", overBudget: "refuse" })]);
    const id = await statement("cold");
    rig.send("recall", { objectId: id });
    should(await rig.caught()).match({ error: { code: "recall-budget" } });
    await rig.redeploy({ recall: { costPerDay: "", waitHours: "0.0003" } });
    switched({ "cms.restores": false });
    rig.send("recall", { objectId: await statement("cold"), run: "late" });
    should((await rig.received(2, "caught"))[1]).match({ run: "late", error: { code: "recall-overdue" } });
    rig.sandbox.app.faults.set([{ kind: "status", service: "cms", method: "PATCH", path: "", status: 403 }]);
    rig.send("recall", { objectId: await statement("cold") });
    should((await rig.received(3, "caught"))[2]).match({ error: { code: "permission-denied" } });
    should((await rig.received(1, "promised")).length).equal(1);
  });
});
