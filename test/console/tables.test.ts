import should from "should";
import type { RouteRule, RouteTable } from "../../dist/core/routing/table.js";
import { PDF_HEADERS } from "../nodes/deliveries.ts";
import { someBytes, until } from "../nodes/values.ts";
import { ConsoleRig, consoleFlow, routerFlow, TABLE } from "./rig.ts";

const rule = (id: string, values: Partial<RouteRule> = {}): RouteRule => ({
  id,
  name: id,
  enabled: true,
  match: "all",
  conditions: [{ path: "source.customerNumber", op: "equals", value: "1" }],
  destinations: ["notify"],
  settings: {},
  ...values,
});
const from = (customer: string) => ({ ...PDF_HEADERS, "X-Exstream-Customer-Number": customer });
const tableOf = (...rules: RouteRule[]): RouteTable => ({ mode: "first", rules, default: ["archive"] });

describe("The console's API for route tables", function () {
  this.timeout(60_000);
  const rig = new ConsoleRig(() => ({ flows: [...consoleFlow(), ...routerFlow()] }));
  const at = (path = "") => `/tables/${TABLE}${path}`;
  const put = (content: unknown, revision: number) => rig.api(at("/draft"), { method: "PUT", body: { content, revision } });
  const activate = (content: unknown, expectedVersion: number, note = "because") =>
    rig.post(at("/activate"), { content, expectedVersion, note });
  const inForce = (version: number) => until(`version ${version} is in force`, async () => (await rig.api(at())).json.inForce === version);
  // The first router of a table makes its first version.
  before(() => inForce(1));

  const routed = async (customer: string) => {
    const id = await rig.deliver("routed", from(customer), someBytes());
    return until("it is routed", async () => (await rig.api(`/documents/${id}`)).json.document.route);
  };

  it("lists the tables, with what their routers offer", async () => {
    const { json } = await rig.api("/tables");
    should(json).match([{ table: TABLE, name: "Where to", hasDraft: false, activeVersion: 1, inForce: 1, problems: [] }]);
    Object.keys(json[0]).should.not.containDeep(["active", "draft", "destinations"]);
    const { json: detail } = await rig.api(at());
    should(detail.destinations).eql([
      { name: "archive", label: "Archive", targets: ["archive"] },
      { name: "notify", label: "Notify only", targets: [] },
    ]);
    should((await rig.api("/tables/other")).status).equal(404);
    should((await rig.api("/tables/other/draft", { method: "PUT", body: { content: tableOf(), revision: 0 } })).status).equal(404);
    should((await rig.post("/tables/other/activate", { content: tableOf(), expectedVersion: 0, note: "x" })).status).equal(404);
  });

  it("takes a draft with mistakes, but not something that is no table", async () => {
    const bad = tableOf(rule("a", { destinations: [] }));
    const saved = await put(bad, 0);
    should(saved).match({ status: 200, json: { table: TABLE, content: bad, basedOn: 1, author: "anonymous" } });
    should((await rig.api(at())).json).match({ hasDraft: true, draft: { content: bad } });
    for (const content of [undefined, null, "x", [], {}, { ...bad, rules: "x" }, { ...bad, rules: [1] }]) {
      should(await put(content, saved.json.revision)).match({ status: 422, json: { code: "invalid-table" } });
    }
    should((await put(bad, saved.json.revision)).status).equal(200);
    // Made from what was read before that.
    const late = await put(tableOf(), saved.json.revision);
    should(late).match({ status: 409, json: { code: "changed-meanwhile", draft: { content: bad, author: "anonymous" } } });
    const { revision } = late.json.draft;
    should((await rig.api(at("/draft"), { method: "DELETE", body: { revision: revision - 1 } })).status).equal(409);
    should(await rig.api(at("/draft"), { method: "DELETE", body: { revision } })).match({ status: 200, json: {} });
    should((await rig.api(at())).json.hasDraft).equal(false);
    for (const wrong of [undefined, -1, 1.5, "x"]) {
      should(await rig.api(at("/draft"), { method: "PUT", body: { content: bad, revision: wrong } })).match({
        status: 400,
        json: { message: /'revision'/ },
      });
    }
  });

  it("checks a table against what the routers offer", async () => {
    const check = async (content: unknown) => (await rig.post(at("/check"), { content })).json;
    should(await check(tableOf(rule("a")))).eql([]);
    should(await check(tableOf(rule("a", { destinations: ["nowhere"] })))).match([
      { severity: "error", code: "destination-unknown", rule: "a", values: { destination: "nowhere" } },
    ]);
    should(await check(tableOf(rule("a", { conditions: [{ op: "jsonata", expression: "(" }] })))).match([{ severity: "error", rule: "a" }]);
    should(await check(undefined)).match([{ severity: "error" }]);
  });

  it("refuses to activate what has errors, and what was decided on an older version", async () => {
    const unknown = await activate(tableOf(rule("a", { destinations: ["nowhere"] })), 1);
    should(unknown).match({ status: 422, json: { code: "invalid-table", problems: [{ code: "destination-unknown" }] } });
    should((await activate(tableOf(), 1, " ")).json.message).match(/'note' must be a text of 1 to 500/);
    should((await rig.api(at("/versions"))).json.length).equal(1);
    const second = await activate(tableOf(), 1, "the second");
    should(second).match({ status: 200, json: { version: 2, author: "anonymous", note: "the second", content: tableOf() } });
    const late = await activate(tableOf(rule("late")), 1);
    should(late).match({ status: 409, json: { code: "changed-meanwhile", version: { version: 2, note: "the second" } } });
  });

  it("puts a table in force without a deploy, and shows which version routers use", async () => {
    await inForce(2);
    should(await routed("1")).match({ table: TABLE, version: 2, rule: "default", destinations: ["archive"] });
    should(
      (await activate(tableOf(rule("a", { conditions: [{ path: "source.customerNumber", op: "between", from: 2, to: 3 }] })), 2)).status,
    ).equal(200);
    await inForce(3);
    should(await routed("2")).match({ version: 3, rule: "a", destinations: ["notify"] });
    should(await routed("4")).match({ version: 3, rule: "default", destinations: ["archive"] });
    const versions = (await rig.api(at("/versions?limit=1"))).json;
    should(versions.map(({ version }: { version: number }) => version)).eql([3]);
    should((await rig.api(at("/versions?before=2"))).json).match([{ version: 1 }]);
    should((await rig.api("/tables")).json).match([{ activeVersion: 3, inForce: 3, author: "anonymous", problems: [] }]);
  });

  it("says what a draft would have done, and changes nothing", async () => {
    const before = (await rig.api("/audit")).json;
    const all = tableOf(rule("b", { conditions: [] }));
    const dryRun = async (body: object, content: unknown = all) => rig.post(at("/dry-run"), { content, ...body });
    should((await dryRun({})).json).match({
      documents: 3,
      changed: 2,
      changes: [{ from: ["archive"], to: ["notify"], documents: 2, rule: "b" }],
      unmatched: { documents: 0 },
      byRule: [{ rule: "b", documents: 3 }],
    });
    should((await dryRun({ last: 1 })).json.documents).equal(1);
    should((await dryRun({ from: 0, until: Date.now() + 60_000 })).json.documents).equal(3);
    should((await dryRun({ until: Date.now() - 3_600_000 })).json).match({ documents: 0, changed: 0 });
    // Destinations may be there only after the next deploy.
    should((await dryRun({}, tableOf(rule("b", { conditions: [], destinations: ["planned"] })))).json.changes).match([{ to: ["planned"] }]);

    const endless = tableOf(rule("b", { conditions: [{ op: "jsonata", expression: "($f := function() { $f() }; $f())" }] }));
    should((await dryRun({ last: 1 }, endless)).json).match({ errors: [{ rule: "b", documents: 1 }] });
    should(await dryRun({}, tableOf(rule("b", { conditions: [{ op: "jsonata", expression: "(" }] })))).match({
      status: 422,
      json: { code: "invalid-table" },
    });
    for (const wrong of [{ last: 0 }, { last: 1_000_001 }, { from: "monday" }, { until: -1 }]) {
      should(await dryRun(wrong)).match({
        status: 400,
        json: { code: "invalid-request", message: RegExp(Object.keys(wrong)[0] as string) },
      });
    }
    should((await rig.api("/audit")).json).eql(before);
    should((await rig.api(at())).json).match({ inForce: 3, hasDraft: false });
  });

  it("holds a router's destination while others go on, and lets it go", async () => {
    should((await rig.post("/holds", { destination: "archive", why: "the archive moves" })).status).equal(200);
    const [held, passed] = await Promise.all(["8", "3"].map((customer) => rig.deliver("routed", from(customer), someBytes())));
    should((await rig.inState(held as string, "held")).document).match({ heldBy: "archive", route: { destinations: ["archive"] } });
    await rig.inState(passed as string, "closed");
    should((await rig.api("/figures")).json.holds).match([{ destination: "archive", documents: 1, inForce: true }]);
    should((await rig.post("/holds/release", { destination: "archive", why: "moved" })).json).eql({ documents: 1 });
    await rig.inState(held as string, "quarantined");
  });

  it("shows what is wrong when a deploy takes away a destination that the table in force has", async () => {
    await rig.deploy((flow) =>
      flow.map((each) =>
        each.id === "router"
          ? { ...each, destinations: (each.destinations as object[]).slice(0, 1), outputs: 1, wires: [["archive"]] }
          : each,
      ),
    );
    const json = await until("the router has looked at the table", async () => {
      const { json } = await rig.api(at());
      return json.problems.length > 0 ? json : undefined;
    });
    should(json).match({ activeVersion: 3, destinations: [{ name: "archive" }] });
    should(json.problems).match([{ severity: "error", code: "destination-unknown", values: { destination: "notify" } }]);
    should(json.inForce).not.equal(3);
  });
});
