import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import type { DocumentRoute } from "../../dist/core/document.js";
import { SqliteLedger } from "../../dist/core/ledger/sqlite/sqlite-ledger.js";
import { offerOf } from "../../dist/runtime/routing-registry.js";
import { node, row } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { ends, PLACE, router, routingOf, rule, table, tableNode, trigger } from "./routing.ts";
import { cmsInstances } from "./stored.ts";
import { until } from "./values.ts";

const POLICY = { maxAttempts: 3, backoffMs: 10, backoffMaxMs: 100 };
const everything = (destination: string) => table([], [destination]);

describe("document-router, while its table changes", function () {
  this.timeout(60_000);
  const rig = rigOfSuite();
  const { give, activate, inForce, started, events } = routingOf(rig);
  const twoEnds = (values = {}) => [tableNode, trigger(), router([{ name: "a" }, { name: "b" }], values), ...ends("a", "b")];

  it("routes every document by exactly one version while versions follow each other, and loses none", async () => {
    await rig.load([tableNode, trigger(), router([{ name: "a" }, { name: "b" }, { name: "c" }]), ...ends("a", "b", "c")]);
    await started();
    // Odd versions send customer 1 to a and others to b, even ones both of them to c: mixed, a document would show it.
    const odd = table([rule("odd", "1", ["a"])], ["b"]);
    const even = table([rule("even", "1", ["c"])], ["c"]);
    const contents = new Map([[1, everything("a")]]);
    let isDone = false;
    const swapping = (async () => {
      for (let version = 1; !isDone; ) {
        const content = version % 2 === 0 ? odd : even;
        version = await activate(content);
        contents.set(version, content);
        await sleep(15);
      }
    })();
    const ids: string[] = [];
    for (let round = 0; round < 30; round += 1)
      ids.push(...(await Promise.all(["1", "2", "1", "2", "1"].map((customer) => give(customer)))));
    isDone = true;
    await swapping;
    const arrived = await until("all documents", () => {
      const all = ["a", "b", "c"].flatMap((end) => rig.messages(end).map((message) => ({ end, document: documentOf(message) })));
      return all.length >= ids.length ? all : undefined;
    });
    arrived
      .map(({ document }) => document.id)
      .sort()
      .should.eql([...ids].sort());
    const versions = new Set<number>();
    for (const { end, document } of arrived) {
      const route = document.route as DocumentRoute;
      const content = contents.get(route.version);
      const [match] = content?.rules ?? [];
      const isFirst = match !== undefined && document.source.customerNumber === "1";
      route.rule.should.equal(isFirst ? match.id : "default");
      route.destinations.should.eql(isFirst ? match.destinations : content?.default);
      route.destinations.should.eql([end]);
      versions.add(route.version);
    }
    versions.size.should.be.above(5);
    for (const id of ids) await rig.inState(id, "closed");
  });

  it("keeps a document's route when it comes again, whatever the table says by then", async () => {
    await rig.load([tableNode, trigger(), router([{ name: "a", targets: "documentum" }, { name: "b" }]), ...ends("a", "b")]);
    await started();
    const id = await give();
    await rig.received(1, "a");
    await activate(everything("b"));
    await inForce(2);
    await rig.redeploy();
    const again = documentOf((await rig.received(2, "a"))[1]);
    should(again).match({ id, attempt: 2, route: { version: 1, destinations: ["a"] }, targets: ["documentum"] });
    (await events(id, "routed")).length.should.equal(1);
    rig.messages("b").should.eql([]);
  });

  it("lets documents of a held destination wait, others go on, and release lets them go by their old decision", async () => {
    await rig.load(twoEnds());
    await started();
    await activate(table([rule("r1", "1", ["b"])]));
    await inForce(2);
    const { routing } = await rig.ledger();
    await routing.hold("b", { who: "an operator", why: "the printer is full" });
    const held = await give("1");
    await rig.inState(held, "held");
    await rig.shown("router", "held at b");
    const goes = await give("2");
    await rig.inState(goes, "closed");
    rig.messages("b").should.eql([]);
    await activate(everything("a"));
    await inForce(3);
    (await routing.releaseHold("b", { who: "an operator", why: "paper is there" })).should.equal(1);
    should(documentOf((await rig.received(1, "b"))[0]).route).match({ version: 2, rule: "r1" });
    await rig.inState(held, "closed");
  });

  it("holds the documents of a rule that says so, until its destination is released", async () => {
    await rig.load(twoEnds());
    await started();
    await activate(table([rule("r1", "1", ["b"], { settings: { hold: true } })]));
    await inForce(2);
    const id = await give("1");
    await rig.inState(id, "held");
    const { routing } = await rig.ledger();
    should(await routing.holds()).match([{ destination: "b", documents: 1, inForce: false }]);
    await routing.releaseHold("b", { who: "an operator", why: "checked" });
    await rig.received(1, "b");
    await rig.inState(id, "closed");
  });

  it("stays with the last good version when the newest names a destination it has not, also after a restart", async () => {
    await rig.load(twoEnds());
    await started();
    await activate(everything("b"));
    await inForce(2);
    await activate(table([rule("r1", "1", ["gone"])]));
    await rig.shown("router", "v2 kept destination-unknown");
    should(offerOf(PLACE)).match({ inForce: 2, problems: [{ severity: "error", code: "destination-unknown", rule: "r1" }] });
    await give("1");
    should(documentOf((await rig.received(1, "b"))[0]).route).match({ version: 2, rule: "default" });
    await rig.redeploy();
    await until("the problem after the restart", () => offerOf(PLACE).problems[0]?.code === "destination-unknown");
    offerOf(PLACE).should.have.property("inForce", 2);
    await give("1");
    should(documentOf((await rig.received(2, "b"))[1]).route?.version).equal(2);
    await activate(everything("a"));
    await inForce(4);
    should(offerOf(PLACE).problems).eql([]);
    await give("1");
    should(documentOf((await rig.received(1, "a"))[0]).route?.version).equal(4);
  });

  it("goes back in history for a version that does not need the destination that was deleted", async () => {
    await rig.load(twoEnds());
    await started();
    for (let version = 1; version < 25; ) version = await activate(everything("b"));
    await rig.redeploy({ router: { destinations: [{ name: "a", label: "", targets: "", way: "output" }], outputs: 1, wires: [["a"]] } });
    await rig.shown("router", "v1 kept destination-unknown");
    await give();
    should(documentOf((await rig.received(1, "a"))[0]).route).match({ version: 1, destinations: ["a"] });
  });

  it("lets documents wait while no version is usable, and routes them when one is", async () => {
    await rig.load(twoEnds());
    await started();
    await rig.redeploy({ router: { destinations: [{ name: "c", label: "", targets: "", way: "output" }], outputs: 1, wires: [["a"]] } });
    await rig.shown("router", "no usable table");
    offerOf(PLACE).should.not.have.property("inForce");
    const id = await give();
    await rig.shown("router", "retry configuration");
    should((await (await rig.ledger()).get(id))?.error).match({ code: "configuration", message: /operator console/ });
    await activate(everything("c"));
    await rig.inState(id, "closed");
    should(documentOf((await rig.received(1, "a"))[0]).route).match({ version: 2, destinations: ["c"] });
  });

  it("says so when a kept route leads to a destination that is gone, sends it nowhere, and decides anew when an operator asks for it", async () => {
    await rig.load([tableNode, trigger(), router([{ name: "a", targets: "documentum" }, { name: "b" }]), ...ends("a", "b")]);
    await started();
    const id = await give();
    await rig.received(1, "a");
    await rig.redeploy({ router: { destinations: [{ name: "b", label: "", targets: "", way: "output" }], outputs: 1, wires: [["b"]] } });
    await rig.shown("router", "retry configuration");
    should((await (await rig.ledger()).get(id))?.error).match({ code: "configuration", message: /'a'.*route the document again/ });
    await activate(everything("b"));
    await inForce(2);
    rig.messages("b").should.eql([]);
    const { console } = await rig.ledger();
    await until("the document to wait", async () => {
      const { documents } = await console.act("route-again", { ids: [id] }, { who: "an operator", why: "a is gone" });
      return documents === 1;
    });
    should(documentOf((await rig.received(1, "b"))[0])).match({ id, route: { version: 2, destinations: ["b"] }, targets: [] });
    await rig.inState(id, "closed");
    should((await events(id, "routed")).map(({ data }) => [data.version, data.again])).eql([
      [1, undefined],
      [2, true],
    ]);
  });

  it("follows a change that another worker on the same ledger made, and the other way round", async () => {
    await rig.load(twoEnds());
    await started();
    const other = await SqliteLedger.open({ dir: rig.ledgerDir, policy: POLICY, leaseMs: 5_000 });
    try {
      const heard: string[] = [];
      other.routing.onTableChange((name) => heard.push(name));
      await other.routing.activate("routes", everything("b"), 1, { author: "elsewhere", note: "" });
      await inForce(2);
      await give();
      should(documentOf((await rig.received(1, "b"))[0]).route?.version).equal(2);
      await activate(everything("a"));
      await until("the other worker to hear of it", async () => (await other.routing.active("routes"))?.version === 3 && heard.length >= 2);
    } finally {
      await other.close();
    }
  });

  for (const type of ["full", "nodes"] as const) {
    it(`stores every document once over ${type === "full" ? "full deploys" : "deploys of the router alone"} while the table changes`, async () => {
      const store = (id: string) => node("css-store", id, { tenant: "css", ledger: "ledger", wires: [["out"]] });
      const before = new Set(cmsInstances(rig.dataDir).map(({ id }) => id));
      await rig.load([
        tableNode,
        // A message on a wire to a node that a deploy restarts is lost; the time limit brings its document back.
        trigger({ wires: [["mapper"]], flowTimeoutSeconds: "1" }),
        node("metadata-mapper", "mapper", {
          destination: "css",
          target: "css",
          tenant: "css",
          targetType: "def_statement",
          rows: [row("customer_number", "property", "source.customerNumber")],
          wires: [["router"]],
        }),
        router([
          { name: "a", targets: "css" },
          { name: "b", targets: "css" },
        ]),
        store("a"),
        store("b"),
      ]);
      await started();
      const ids: string[] = [];
      for (let round = 0; round < 4; round += 1) {
        ids.push(...(await Promise.all(["1", "2", "3", "4", "5"].map((customer) => give(customer)))));
        await activate(everything(round % 2 === 0 ? "b" : "a"));
        await rig.redeploy({ router: { name: `Router ${round}` } }, {}, type);
      }
      for (const id of ids) {
        const { route } = await rig.inState(id, "closed");
        should((await events(id, "routed")).map(({ data }) => data.version)).eql([route?.version]);
      }
      cmsInstances(rig.dataDir)
        .filter(({ id }) => !before.has(id))
        .length.should.equal(ids.length);
    });
  }
});
