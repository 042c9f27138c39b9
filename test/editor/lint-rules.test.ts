import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import "should";
import { type LintNode, lint } from "../../nodes/editor/lint-rules.ts";

const root = join(import.meta.dirname, "../..");
const node = (type: string, id: string, next: string[] = [], more: Partial<LintNode> = {}): LintNode => ({
  id,
  type,
  z: "tab",
  wires: [next],
  ...more,
});
const trigger = (next: string[], more: Partial<LintNode> = {}) =>
  node("exstream-trigger", "trigger", next, {
    mode: "http",
    secretMode: "required",
    doneWhen: "receipts",
    destinations: "documentum, css",
    ...more,
  });
const archive = (next: string[] = [], more: Partial<LintNode> = {}) =>
  node("documentum-archive", "archive", next, { destination: "documentum", retention: "folder", ...more });
const store = (next: string[] = [], more: Partial<LintNode> = {}) => node("css-store", "store", next, { destination: "css", ...more });
const caught = [node("catch", "catch", ["alarm"], { scope: null }), node("debug", "alarm")];
const good = [trigger(["archive"]), archive(["store"]), store(), ...caught];
const found = (nodes: LintNode[], disabled?: Set<string>) =>
  lint(nodes, disabled).map(({ node: id, kind, values }) => [id, kind, ...Object.values(values)]);

describe("flow linter", () => {
  it("has nothing to say about a good flow", () => found(good).should.eql([]));

  it("has nothing to say about the examples but what they say themselves", () => {
    for (const file of globSync("examples/*.json", { cwd: root })) {
      const flow = (JSON.parse(readFileSync(join(root, file), "utf8")) as LintNode[]).map((each) => ({ ...each, wires: each.wires ?? [] }));
      // Deliveries in the examples come from the sandbox on this machine, and the sandbox needs no policy.
      const serious = lint(flow).filter(({ kind }) => kind !== "openIntake" && kind !== "noRetention");
      serious.should.eql([], file);
    }
  });

  it("finds an intake that is open to anybody", () => {
    found([trigger(["archive"], { secretMode: "none" }), ...good.slice(1)]).should.eql([["trigger", "openIntake"]]);
    found([trigger(["archive"], { secretMode: "none", mode: "events" }), ...good.slice(1)]).should.eql([["trigger", "openIntake"]]);
    found([trigger(["archive"], { secretMode: "none", mode: "folder" }), ...good.slice(1)]).should.eql([]);
  });

  it("finds a destination that is owed and kept by nobody, also behind links", () => {
    found([trigger(["archive"]), archive(), ...caught]).should.eql([["trigger", "owedNowhere", "css"]]);
    const linked = [
      trigger(["out"]),
      node("link out", "out", [], { mode: "link", links: ["in"] }),
      node("link in", "in", ["archive"]),
      archive(["store"]),
      store(),
    ];
    found([...linked, ...caught]).should.eql([]);
  });

  it("does not guess where the flow does not show the way", () => {
    found([trigger(["call"]), node("link call", "call", ["archive"]), archive(), ...caught]).should.eql([]);
    found([trigger(["sub"]), node("subflow:1", "sub"), ...caught]).should.eql([]);
    found([trigger(["debug"], { doneWhen: "emitted" }), node("debug", "debug"), ...caught]).should.eql([]);
  });

  it("takes a node that composes on demand for a source of documents, and one that submits jobs for none", () => {
    const compose = (values: object) => node("exstream-compose", "compose", ["archive"], { destinations: "documentum,css", ...values });
    for (const operation of ["ondemand", "fulfil"]) {
      found([compose({ operation }), archive(["store"]), store(), ...caught]).should.eql([]);
      found([compose({ operation }), archive(), ...caught]).should.eql([["compose", "owedNowhere", "css"]]);
      found([compose({ operation, destinations: "documentum" }), archive(["store"]), store(), ...caught]).should.eql([
        ["store", "notOwed", "css"],
      ]);
    }
    for (const operation of [undefined, "batch", "follow"]) found([compose({ operation }), archive(), ...caught]).should.eql([]);
  });

  it("finds a receipt that nobody waits for", () => {
    found([trigger(["archive"], { destinations: "css" }), ...good.slice(1)]).should.eql([["archive", "notOwed", "documentum"]]);
    found([node("inject", "inject", ["archive"]), archive(), ...caught]).should.eql([]);
  });

  it("finds two nodes in a row that keep one receipt, not two on ways of their own", () => {
    found([
      trigger(["archive"], { destinations: "documentum" }),
      archive(["store"]),
      store([], { destination: "documentum" }),
      ...caught,
    ]).should.eql([["store", "sameDestination", "documentum"]]);
    const either = [
      trigger(["archive", "store"], { destinations: "documentum" }),
      archive(),
      store([], { destination: "documentum" }),
      ...caught,
    ];
    found(either).should.eql([]);
  });

  it("finds destinations of a router that lead nowhere, and takes its targets for what is owed", () => {
    const destinations = [
      { name: "records", targets: "documentum", way: "output" },
      { name: "store", targets: "css", way: "link" },
      { name: "mail", targets: "", way: "output" },
    ];
    const router = node("document-router", "router", [], { destinations, links: ["in"], wires: [["archive"], []] });
    const nodes = [
      trigger(["router"], { doneWhen: "route", destinations: "" }),
      router,
      archive(),
      node("link in", "in", ["store"]),
      store(),
      ...caught,
    ];
    found(nodes).should.eql([["router", "deadEnd", "mail"]]);
  });

  it("finds records without a policy", () => {
    for (const retention of [undefined, "none"])
      found([trigger(["archive"]), archive(["store"], { retention }), store(), ...caught]).should.eql([["archive", "noRetention"]]);
    found([trigger(["archive"]), archive(["store"], { operation: "rendition", retention: "none" }), store(), ...caught]).should.eql([]);
  });

  it("finds archiving nodes that keep no key at their target", () => {
    const keyless = { keyAttribute: "" };
    found([trigger(["archive"]), archive(["store"], keyless), store([], keyless), ...caught]).should.eql([
      ["archive", "noKey"],
      ["store", "noKey"],
    ]);
    // A rendition is an object's own, and is found by its hash.
    found([trigger(["archive"]), archive(["store"]), store([], { ...keyless, operation: "rendition" }), ...caught]).should.eql([]);
  });

  describe("finds nodes whose errors nobody sees", () => {
    const without = good.filter(({ type }) => type !== "catch");
    const both = [
      ["archive", "noCatch"],
      ["store", "noCatch"],
    ];
    it("without a Catch node, with one on another flow, with one that leads nowhere", () => {
      found(without).should.eql(both);
      found([...without, node("catch", "catch", ["alarm"], { z: "other", scope: null })]).should.eql(both);
      found([...without, node("catch", "catch", [], { scope: null })]).should.eql(both);
    });
    it("with one for other nodes or another group", () => {
      found([...without, node("catch", "catch", ["alarm"], { scope: ["archive"] })]).should.eql([["store", "noCatch"]]);
      const grouped = without.map((each) => (each.id === "store" ? { ...each, g: "g1" } : each));
      found([...grouped, node("catch", "catch", ["alarm"], { scope: "group", g: "g1" })]).should.eql([["archive", "noCatch"]]);
    });
    it("with one that is disabled, and not on a flow that is disabled itself", () => {
      found([...without, node("catch", "catch", ["alarm"], { scope: null, d: true })]).should.eql(both);
      found(without, new Set(["tab"])).should.eql([]);
    });
  });
});
