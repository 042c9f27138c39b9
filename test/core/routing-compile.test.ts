import should from "should";
import { compileTable } from "../../dist/core/routing/compile.js";
import type { Condition, RouteTable } from "../../dist/core/routing/table.js";
import { randomTable, randomTime, randomView } from "./routing-generate.ts";
import { referenceDecision } from "./routing-reference.ts";
import { Random, rule, table, view, withSettings, words } from "./routing-support.ts";

const compile = (content: RouteTable) => compileTable(content, { prepare: words });
const route = (content: RouteTable, metadata: Record<string, unknown> = {}, key = "k", now = 0) =>
  compile(content).route(view(metadata), key, now);
const says = (...expressions: string[]): Condition[] => expressions.map((expression) => ({ op: "jsonata", expression }));
const isA: Condition = { op: "equals", path: "metadata.x", value: "a" };
const isB: Condition = { op: "equals", path: "metadata.x", value: "b" };

describe("a compiled route table", () => {
  it("takes the first rule that matches, or all of them", () => {
    const rules = [
      rule("a", { conditions: [isA], destinations: ["one", "two"] }),
      rule("off", { enabled: false }),
      rule("any", { destinations: ["two", "three", "two"] }),
    ];
    should(route(table(rules), { x: "a" })).eql({ rules: ["a"], destinations: ["one", "two"], settings: {}, errors: [] });
    should(route(table(rules), { x: "b" })).eql({ rules: ["any"], destinations: ["two", "three"], settings: {}, errors: [] });
    should(route(table(rules, "all"), { x: "a" })).eql({
      rules: ["a", "any"],
      destinations: ["one", "two", "three"],
      settings: {},
      errors: [],
    });
    should(compile(table(rules)).rules).eql(["a", "any"]);
  });

  it("sends to the default what no rule matches", () => {
    for (const mode of ["first", "all"] as const) {
      should(route(table([rule("a", { conditions: [isA] })], mode))).eql({
        rules: [],
        destinations: ["fallback"],
        settings: {},
        errors: [],
      });
      should(route(table([], mode))).eql({ rules: [], destinations: ["fallback"], settings: {}, errors: [] });
    }
  });

  it("asks for all conditions of a rule, or for one", () => {
    const of = (match: "all" | "any", ...conditions: Condition[]) => route(table([rule("r", { match, conditions })]), { x: "a" });
    should(of("all", isA, isB)).have.property("rules", []);
    should(of("any", isA, isB)).have.property("rules", ["r"]);
    should(of("any", isB, isB)).have.property("rules", []);
    should(of("any")).have.property("rules", ["r"]);
    should(of("any", isB, ...says("no", "yes"))).have.property("rules", ["r"]);
    should(of("all", isA, ...says("yes", "no"))).have.property("rules", []);
  });

  it("gives settings of the first rule that has them, the highest priority and any hold", () => {
    const rules = [
      withSettings("a", { priority: 3 }),
      withSettings("b", { retentionClass: "7y", priority: 5, samplePercent: 100 }),
      withSettings("c", { retentionClass: "10y", priority: 1, hold: true, window: {} }),
    ];
    should(route(table(rules, "all"))).have.property("settings", { retentionClass: "7y", priority: 5, hold: true });
    should(route(table(rules))).have.property("settings", { priority: 3 });
  });

  it("decides at once, but waits for expressions that take their time", async () => {
    const rules = [rule("a", { conditions: [isA, ...says("later yes")] }), rule("b", { conditions: says("yes") })];
    should(route(table(rules), { x: "b" })).have.property("rules", ["b"]);
    const later = route(table(rules), { x: "a" });
    should(later).be.a.Promise();
    should(await later).have.property("rules", ["a"]);
  });

  it("sends a document to the default when a rule fails, and names the rule", async () => {
    for (const expression of ["fail", "later fail"]) {
      const failing = rule("f", { conditions: says(expression) });
      const failed = { rules: [], destinations: ["fallback"], settings: {}, errors: [{ rule: "f", message: "The word failed." }] };
      should(await route(table([failing, rule("b")]))).eql(failed);
      should(await route(table([withSettings("b", { hold: true }), failing], "all"))).eql(failed);
      should(await route(table([rule("b"), failing]))).have.property("rules", ["b"]);
      const twice = await route(table([failing, rule("b"), { ...failing, id: "g" }], "all"));
      twice.errors.map((error) => error.rule).should.eql(["f", "g"]);
    }
  });

  it("passes over what is outside of a rule's sample or window, also where the rule would fail", () => {
    for (const settings of [{ samplePercent: 0 }, { window: { from: "2026-03-01T00:00:00Z" } }]) {
      const passed = rule("f", { conditions: says("fail"), settings });
      should(route(table([passed, rule("b")]))).have.property("rules", ["b"]);
    }
  });

  it("asks an expression only where the properties leave it open", () => {
    const of = (match: "all" | "any", x: string) => route(table([rule("r", { match, conditions: [...says("fail"), isA] })]), { x });
    should(of("all", "b")).eql({ rules: [], destinations: ["fallback"], settings: {}, errors: [] });
    should(of("any", "a")).have.property("rules", ["r"]);
  });

  it("takes an expression's result as JSONata's $boolean would", () => {
    const results: [unknown, boolean][] = [
      [1, true],
      [0, false],
      ["a", true],
      ["", false],
      [[], false],
      [[0], false],
      [[0, 1], true],
      [{}, false],
      [{ a: 1 }, true],
      [null, false],
      [undefined, false],
      [() => 1, false],
      [[[]], false],
      [Number.NaN, false],
    ];
    for (const [result, expected] of results) {
      for (const negate of [false, true]) {
        const conditions: Condition[] = [{ op: "jsonata", expression: "any", negate }];
        const compiled = compileTable(table([rule("r", { conditions })]), { prepare: () => () => result });
        should(compiled.route(view({}), "k", 0)).have.property("rules", expected !== negate ? ["r"] : []);
      }
    }
  });

  it("hands out decisions that nobody shares", () => {
    const compiled = compile(table([withSettings("a", { priority: 1 })]));
    const decide = () => compiled.route(view({}), "k", 0) as Awaited<ReturnType<typeof compiled.route>>;
    const decision = decide();
    decision.destinations.push("elsewhere");
    decision.settings.priority = 9;
    decision.errors.push({ rule: "a", message: "" });
    should(decide()).eql({ rules: ["a"], destinations: ["to-a"], settings: { priority: 1 }, errors: [] });
  });

  it("decides as the reference does, for any table and document", async () => {
    let decidedByRule = 0;
    let failed = 0;
    for (let seed = 0; seed < 1_500; seed += 1) {
      const random = new Random(seed);
      const content = randomTable(random);
      const compiled = compile(content);
      for (let time = 0; time < 8; time += 1) {
        const seen = randomView(random);
        const now = randomTime(random);
        const decision = await compiled.route(seen, "k", now);
        should(decision).eql(referenceDecision(content, seen, now), `seed ${seed}, document ${time}: ${JSON.stringify(seen)}`);
        decision.destinations.length.should.be.above(0);
        if (decision.rules.length > 0) decidedByRule += 1;
        if (decision.errors.length > 0) failed += 1;
      }
    }
    // The comparison is worth something only while all outcomes occur.
    decidedByRule.should.be.within(2_000, 11_000);
    failed.should.be.above(50);
  });
});

describe("a rule's sample", () => {
  const KEYS = Array.from({ length: 20_000 }, (_, at) => at.toString(16).padStart(64, "0"));
  const taken = (samplePercent: number, id = "canary") => {
    const compiled = compile(table([withSettings(id, { samplePercent })]));
    return new Set(KEYS.filter((key) => (compiled.route(view({}), key, 0) as { rules: string[] }).rules.length > 0));
  };

  it("takes about as many documents as it says", () => {
    should(taken(0).size).equal(0);
    should(taken(100).size).equal(KEYS.length);
    for (const percent of [0.25, 1, 12.5, 50, 99]) {
      const expected = (KEYS.length * percent) / 100;
      // Five standard deviations.
      const slack = 5 * Math.sqrt(expected * (1 - percent / 100));
      taken(percent).size.should.be.within(expected - slack, expected + slack);
    }
  });

  it("takes the same and more when it is raised", () => {
    let smaller = taken(0);
    for (const percent of [0.01, 0.5, 1, 5, 20, 20.01, 75, 100]) {
      const larger = taken(percent);
      should([...smaller].every((key) => larger.has(key))).equal(true);
      smaller = larger;
    }
  });

  it("is another one for another rule", () => {
    const [one, other] = [taken(50), taken(50, "canary-2")];
    [...one].filter((key) => other.has(key)).length.should.be.within(4_500, 5_500);
  });

  it("stays the same with every version of this package", () => {
    should([...taken(0.1)].slice(0, 4).map((key) => Number.parseInt(key, 16))).eql([1_671, 3_740, 4_134, 9_614]);
  });
});
