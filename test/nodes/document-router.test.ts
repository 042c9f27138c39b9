import should from "should";
import type { RouteRule } from "../../dist/core/routing/table.js";
import { offerOf } from "../../dist/runtime/routing-registry.js";
import type { Fields } from "../../scripts/support/sandbox-files.ts";
import { node, row } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { ends, PLACE, router, routingOf, rule, type Stored, table, tableNode, trigger } from "./routing.ts";

describe("document-router", function () {
  this.timeout(60_000);
  const rig = rigOfSuite();

  const { give, activate, inForce, started, events } = routingOf(rig);

  it("makes the first version of a new table: no rules, everything to its first destination", async () => {
    await rig.load([tableNode, trigger(), router([{ name: "a" }, { name: "b" }]), ...ends("a", "b")]);
    const id = await give();
    const { route, targets } = documentOf((await rig.received(1, "a"))[0]);
    should(route).eql({ table: "routes", version: 1, rule: "default", destinations: ["a"] });
    targets.should.eql([]);
    await rig.inState(id, "closed");
    const { routing } = await rig.ledger();
    should(await routing.active("routes")).match({
      version: 1,
      author: "document-router",
      note: /every document goes to 'a'/,
      content: { mode: "first", rules: [], default: ["a"] },
    });
    rig.messages("b").should.eql([]);
    await rig.shown("router", "v1 · 1 routed");
  });

  it("makes it once, when two routers of a table start together", async () => {
    const second = { ...router([{ name: "a" }]), id: "second" };
    await rig.load([tableNode, trigger({ wires: [["router", "second"]] }), router([{ name: "a" }]), second, ...ends("a")]);
    await started();
    await rig.shown("second", "v1 · 0 rules");
    await rig.shown("router", "v1 · 0 rules");
    (await (await rig.ledger()).routing.versions("routes", 5)).length.should.equal(1);
    should(offerOf(PLACE)).match({ routers: ["router", "second"], inForce: 1, problems: [] });
    rig.errors().should.eql([]);
  });

  it("sends each document where the rules say, and records which rule of which version it was", async () => {
    await rig.load([tableNode, trigger(), router([{ name: "a" }, { name: "b" }, { name: "c" }]), ...ends("a", "b", "c")]);
    await started();
    const rules = [rule("r1", "1", ["b"], { settings: { retentionClass: "10y", priority: 7 } }), rule("r2", "2", ["c", "b"])];
    await activate(table(rules));
    await inForce(2);
    const ids = { one: await give("1"), two: await give("2"), other: await give("3") };
    await rig.received(1, "a");
    await rig.received(2, "b");
    await rig.received(1, "c");
    const routes = [...rig.messages("a"), ...rig.messages("b"), ...rig.messages("c")].map((message) => documentOf(message));
    const routeOf = (id: string) => routes.find((document) => document.id === id)?.route;
    should(routeOf(ids.one)).eql({
      table: "routes",
      version: 2,
      rule: "r1",
      destinations: ["b"],
      retentionClass: "10y",
      priority: 7,
    });
    should(routeOf(ids.two)).eql({ table: "routes", version: 2, rule: "r2", destinations: ["c", "b"] });
    should(routeOf(ids.other)?.rule).equal("default");
    for (const id of Object.values(ids)) await rig.inState(id, "closed");
    should((await events(ids.two, "routed"))[0]?.data).match({ version: 2, rule: "r2", destinations: ["c", "b"], targets: [] });
    // Two messages of one document are two objects: a change on one way does not reach the other.
    const [onB, onC] = ["b", "c"].map((end) => rig.messages(end).find((message) => documentOf(message).id === ids.two));
    should(documentOf(onB)).not.equal(documentOf(onC));
  });

  it("owes the receipts of all its destinations, and is closed when they are there", async () => {
    const map = (id: string, values: Fields, next: string) =>
      node("metadata-mapper", id, { rows: [row("customer_number", "property", "source.customerNumber")], ...values, wires: [[next]] });
    await rig.load([
      tableNode,
      trigger({ wires: [["mapDocumentum"]] }),
      map("mapDocumentum", { repository: "documentum" }, "mapCss"),
      map("mapCss", { destination: "css", target: "css", tenant: "css", targetType: "def_statement" }, "router"),
      router(
        [
          { name: "a", targets: "documentum" },
          { name: "b", targets: "css, documentum" },
        ],
        { wires: [["archive"], ["store"]] },
      ),
      node("documentum-archive", "archive", { repository: "documentum", ledger: "ledger", folderPath: "/Statements/x", wires: [["out"]] }),
      node("css-store", "store", { tenant: "css", ledger: "ledger", wires: [["out"]] }),
    ]);
    await started();
    await activate(table([rule("both", "1", ["a", "b"])]));
    await inForce(2);
    const [both, one] = [await give("1"), await give("2")];
    const { targets, receipts } = await rig.inState(both, "closed");
    targets.should.eql(["documentum", "css"]);
    Object.keys(receipts).sort().should.eql(["css", "documentum"]);
    Object.keys((await rig.inState(one, "closed")).receipts).should.eql(["documentum"]);
  });

  it("takes environment variables in names of destinations and of what they owe", async () => {
    process.env.DOCBRIDGE_TEST_SITE = "north";
    try {
      const name = `\${DOCBRIDGE_TEST_SITE}-archive`;
      const targets = `\${DOCBRIDGE_TEST_SITE}, css`;
      await rig.load([tableNode, trigger(), router([{ name, targets }], { wires: [["out"]] })]);
      await started();
      offerOf(PLACE).destinations.should.eql([{ name: "north-archive", label: "", targets: ["north", "css"] }]);
      await give();
      should(documentOf((await rig.received())[0])).match({ route: { destinations: ["north-archive"] }, targets: ["north", "css"] });
    } finally {
      delete process.env.DOCBRIDGE_TEST_SITE;
    }
  });

  it("says what it lacks: a table, a destination, a document", async () => {
    await rig.load([trigger(), router([{ name: "a" }], { table: "" }), { ...router([]), id: "empty", table: "table" }, tableNode]);
    await rig.shown("router", "configuration");
    await rig.shown("empty", "configuration");
    rig
      .errors()
      .some((text) => text.includes("'table' names no configuration node"))
      .should.equal(true);
    rig
      .errors()
      .some((text) => text.includes("no destination"))
      .should.equal(true);
    const id = await give();
    await rig.shown("router", "retry configuration");
    should((await (await rig.ledger()).get(id))?.state).equal("received");
    rig.send("router", { payload: "text" });
    should((await rig.caught()).error).match({ code: "invalid-message", message: /msg\.document/ });
  });

  it("sends to a link in node, and keeps the document back while it is disabled", async () => {
    const destinations: Stored[] = [{ name: "a" }, { name: "b", way: "link" }];
    await rig.load([
      tableNode,
      trigger(),
      router(destinations, { links: ["link"] }),
      node("link in", "link", { name: "", links: [], wires: [["linked"]] }),
      ...ends("a", "linked"),
    ]);
    await started();
    await activate(table([rule("both", "1", ["a", "b"])]));
    await inForce(2);
    await give("1");
    should(documentOf((await rig.received(1, "linked"))[0]).route?.rule).equal("both");
    (await rig.received(1, "a")).length.should.equal(1);
    await rig.redeploy({ link: { d: true } });
    const id = await give("1");
    await rig.shown("router", "retry configuration");
    should(await (await rig.ledger()).get(id)).match({ error: { code: "configuration", message: /'b'.*link in node/ } });
    rig.messages("a").length.should.equal(1);
    await rig.redeploy({ link: { d: false } });
    await rig.inState(id, "closed");
    rig.messages("a").length.should.equal(2);
    rig.messages("linked").length.should.equal(2);
  });

  describe("rules that fail", () => {
    const failing: [string, RouteRule["conditions"][number]][] = [
      ["a JSONata that throws", { op: "jsonata", expression: "$error('top secret ' & source.customerNumber)" }],
      ["a JSONata that never ends", { op: "jsonata", expression: "($f := function($x) { $f($x + 1) }; $f(1))" }],
      ["a JSONata that makes too much", { op: "jsonata", expression: "$count([1..10000000].($string($) & 'x')) > 0" }],
    ];
    for (const [what, condition] of failing) {
      it(`${what}: the document goes to the default, with the error on its timeline`, async () => {
        await rig.load([tableNode, trigger(), router([{ name: "a" }, { name: "b" }]), ...ends("a", "b")]);
        await started();
        await activate(table([rule("bad", "", ["b"], { conditions: [condition] })]));
        await inForce(2);
        const id = await give("471147114711");
        should(documentOf((await rig.received(1, "a"))[0]).route).match({ version: 2, rule: "default", destinations: ["a"] });
        await rig.inState(id, "closed");
        const [failed] = await events(id, "rule-failed");
        should(failed?.data).match({ rule: "bad", message: /\w/ });
        JSON.stringify(failed).should.not.containEql("471147114711");
        rig.messages("b").should.eql([]);
      });
    }

    it("a regular expression made to run for ever is decided at once", async () => {
      await rig.load([tableNode, trigger(), router([{ name: "a" }, { name: "b" }]), ...ends("a", "b")]);
      await started();
      const conditions: RouteRule["conditions"] = [{ op: "matches", path: "source.customerNumber", pattern: "^(a+)+$" }];
      await activate(table([rule("bomb", "", ["b"], { conditions })]));
      await inForce(2);
      const id = await give(`${"a".repeat(60)}!`);
      should(documentOf((await rig.received(1, "a"))[0]).route?.rule).equal("default");
      (await events(id, "rule-failed")).should.eql([]);
    });
  });
});
