import should from "should";
import { checkTable, MOST_CONDITIONS, MOST_RULES } from "../../dist/core/routing/check.js";
import { compileTable } from "../../dist/core/routing/compile.js";
import { exportTable, parseTable } from "../../dist/core/routing/exchange.js";
import { TABLE_PROBLEMS } from "../../dist/core/routing/problems.js";
import type { RouteTable } from "../../dist/core/routing/table.js";
import { DESTINATIONS, randomTable, randomTime, randomView } from "./routing-generate.ts";
import { Random, rule, table, words } from "./routing-support.ts";

const check = (content: unknown, destinations?: string[]) => checkTable(content, destinations, words);
/** Problems in short: severity, code, rule id, condition. */
const inShort = (content: unknown, destinations?: string[]) =>
  check(content, destinations).map(({ severity, code, rule: id, condition }) =>
    [severity === "error" ? code : `(${code})`, id, condition].filter((part) => part !== undefined).join(" "),
  );
const ofRule = (more: object, destinations?: string[]) => inShort(table([rule("r", more)]), destinations);
const ofCondition = (condition: object) => ofRule({ conditions: [{ op: "exists", path: "key" }, condition] });
const ofSettings = (settings: object) => ofRule({ settings });

const PATH = { path: "metadata.x" };
/** Every way a table can be wrong, with what is found. */
const examples: [string, string[], string[]][] = [
  ["no table", inShort(null), ["expected-object"]],
  ["a list", inShort([]), ["expected-object"]],
  ["an empty object", inShort({}), ["expected-choice", "expected-list", "expected-list"]],
  ["an unknown mode", inShort({ ...table([]), mode: "best" }), ["expected-choice"]],
  ["rules that are none", inShort({ ...table([]), rules: [7, null] }), ["expected-object", "expected-object"]],
  ["no default", inShort({ ...table([]), default: [] }), ["default-missing"]],
  ["an unknown default", inShort(table([]), ["a"]), ["destination-unknown"]],
  ["an unknown member", inShort({ ...table([]), note: "x" }), ["(unknown-field)"]],
  [
    "too many rules",
    inShort(table(Array.from({ length: MOST_RULES + 1 }, (_, at) => rule(`r${at}`, { enabled: false })))),
    ["too-many-rules"],
  ],
  ["an id that is a number", ofRule({ id: 7 }), ["expected-text"]],
  ["an id that a comma would hide", ofRule({ id: "a,b" }), ["id-invalid a,b"]],
  ["an empty id", ofRule({ id: "" }), ["id-invalid "]],
  ["the id default", ofRule({ id: "default" }), ["id-invalid default"]],
  ["two rules of one id", inShort(table([rule("r"), rule("r", { name: "other" })], "all")), ["id-repeated r"]],
  ["two rules of one name", inShort(table([rule("a", { name: "n" }), rule("b", { name: "n " })], "all")), ["(name-repeated) b"]],
  ["a rule without a name", ofRule({ name: " " }), ["(name-missing) r"]],
  ["a long name", ofRule({ name: "x".repeat(2_000) }), ["too-long r"]],
  ["no destination", ofRule({ destinations: [] }), ["destination-missing r"]],
  ["an unknown destination", ofRule({ destinations: ["a", "b"] }, ["fallback", "a"]), ["destination-unknown r"]],
  ["an unknown destination, disabled", ofRule({ destinations: ["b"], enabled: false }, ["fallback"]), ["(destination-unknown) r"]],
  ["a blank destination", ofRule({ destinations: [" "] }), ["value-missing r"]],
  ["too many destinations", ofRule({ destinations: Array(200).fill("a") }), ["too-many-values r"]],
  ["a switch that is a text", ofRule({ enabled: "yes" }), ["expected-boolean r"]],
  ["an unknown match", ofRule({ match: "none" }), ["expected-choice r"]],
  ["conditions that are an object", ofRule({ conditions: {} }), ["expected-list r"]],
  ["a condition that is a text", ofRule({ conditions: ["x"] }), ["expected-object r 0"]],
  [
    "too many conditions",
    ofRule({ conditions: Array(MOST_CONDITIONS + 1).fill({ op: "exists", path: "key" }) }),
    ["too-many-conditions r"],
  ],
  ["an unknown operator", ofCondition({ op: "is", ...PATH }), ["expected-choice r 1"]],
  ["no path", ofCondition({ op: "exists" }), ["expected-text r 1"]],
  ["a blank path", ofCondition({ op: "exists", path: " " }), ["path-missing r 1"]],
  ["a path from elsewhere", ofCondition({ op: "exists", path: "payload.x" }), ["path-unknown r 1"]],
  ["a path with document before it", ofCondition({ op: "exists", path: "document.metadata.x" }), ["path-unknown r 1"]],
  ["a blank value", ofCondition({ op: "equals", ...PATH, value: " " }), ["value-missing r 1"]],
  ["a value that is a list", ofCondition({ op: "equals", ...PATH, value: [] }), ["expected-value r 1"]],
  ["an empty list of values", ofCondition({ op: "in", ...PATH, values: [] }), ["value-missing r 1"]],
  ["a number among texts", ofCondition({ op: "in", ...PATH, values: ["a", 7] }), ["expected-text r 1"]],
  ["too many values", ofCondition({ op: "in", ...PATH, values: Array(10_001).fill("a") }), ["too-many-values r 1"]],
  ["an empty text to contain", ofCondition({ op: "contains", ...PATH, value: "" }), ["value-missing r 1"]],
  ["a pattern that is none", ofCondition({ op: "matches", ...PATH, pattern: "(" }), ["pattern-invalid r 1"]],
  ["look-ahead", ofCondition({ op: "matches", ...PATH, pattern: "a(?=b)" }), ["pattern-invalid r 1"]],
  ["a back-reference", ofCondition({ op: "matches", ...PATH, pattern: "(a)\\1" }), ["pattern-invalid r 1"]],
  ["a huge pattern", ofCondition({ op: "matches", ...PATH, pattern: "(\\pL{1000}){1}".repeat(5) }), ["pattern-invalid r 1"]],
  ["a long pattern", ofCondition({ op: "matches", ...PATH, pattern: "a".repeat(2_001) }), ["too-long r 1"]],
  ["a reversed range", ofCondition({ op: "between", ...PATH, from: 2, to: 1 }), ["range-reversed r 1"]],
  ["a range of texts", ofCondition({ op: "between", ...PATH, from: "1", to: Number.NaN }), ["expected-number r 1", "expected-number r 1"]],
  ["a date that is none", ofCondition({ op: "before", ...PATH, value: "2026-02-30" }), ["date-invalid r 1"]],
  ["an empty date", ofCondition({ op: "after", ...PATH, value: "" }), ["value-missing r 1"]],
  ["a wrong expression", ofCondition({ op: "jsonata", expression: "maybe" }), ["expression-invalid r 1"]],
  ["an empty expression", ofCondition({ op: "jsonata", expression: "" }), ["value-missing r 1"]],
  ["a negation that is a number", ofCondition({ op: "exists", ...PATH, negate: 1 }), ["expected-boolean r 1"]],
  ["a value where none belongs", ofCondition({ op: "exists", ...PATH, value: 1 }), ["(unknown-field) r 1"]],
  ["settings that are a list", ofRule({ settings: [] }), ["expected-object r"]],
  ["a class that is a number", ofSettings({ retentionClass: 7 }), ["expected-text r"]],
  ["a hold that is a text", ofSettings({ hold: "yes" }), ["expected-boolean r"]],
  ["a priority of 10", ofSettings({ priority: 10 }), ["priority-range r"]],
  ["a broken priority", ofSettings({ priority: 1.5 }), ["priority-range r"]],
  ["a sample of 101", ofSettings({ samplePercent: 101 }), ["sample-range r"]],
  ["a sample below 0", ofSettings({ samplePercent: -1 }), ["sample-range r"]],
  ["half a window", ofSettings({ window: { dailyFrom: "08:00" } }), ["window-half r"]],
  ["a time that is none", ofSettings({ window: { dailyFrom: "24:00", dailyUntil: "06:00" } }), ["window-time r"]],
  ["a date without a zone", ofSettings({ window: { from: "2026-03-01T08:00" } }), ["window-date r"]],
  ["days that are none", ofSettings({ window: { days: [0, 1] } }), ["window-days r"]],
  ["a zone that is none", ofSettings({ window: { timeZone: "Berlin" } }), ["window-zone r"]],
  ["a window without a day", ofSettings({ window: { days: [] } }), ["window-never-open r"]],
  [
    "a window that ends first",
    ofSettings({ window: { from: "2026-03-02T00:00:00Z", until: "2026-03-01T00:00:00Z" } }),
    ["window-never-open r"],
  ],
];

describe("check of a route table", () => {
  it("finds nothing wrong with good tables", () => {
    should(inShort(table([]))).eql([]);
    should(inShort(table([rule("a"), rule("b")], "all"), ["to-a", "to-b", "fallback"])).eql([]);
    for (let seed = 0; seed < 300; seed += 1) {
      const errors = check(randomTable(new Random(seed)), DESTINATIONS).filter(({ severity }) => severity === "error");
      // The windows of random tables may have no day, or begin and end at the same time.
      should(errors.filter(({ code }) => code !== "window-never-open")).eql([], `seed ${seed}`);
    }
  });

  for (const [name, found, expected] of examples) it(`finds ${name}`, () => should(found).eql(expected));

  it("finds a property that an expression cannot see", () => {
    const of = (expression: string) =>
      checkTable(table([rule("r", { conditions: [{ op: "jsonata", expression }] })]), undefined, () => () => true);
    should(of('document.metadata.x = "a"').map(({ severity, code }) => [severity, code])).eql([["warning", "expression-root"]]);
    should(of('msg.document.metadata.x = "a"')).have.length(1);
    should(of('metadata.document.x = "a" and $document.x')).eql([]);
  });

  it("finds rules behind one that takes every document", () => {
    const always = rule("a", { name: "All of it" });
    const [problem, ...others] = check(table([rule("z", { enabled: false }), always, rule("b"), rule("c", { enabled: false })]));
    should(others).eql([]);
    should(problem).containEql({ severity: "warning", code: "rule-unreachable", values: { by: "All of it" }, rule: "b" });
    should(inShort(table([always, rule("b")], "all"))).eql([]);
    const limits = [{ samplePercent: 99 }, { window: { days: [1] } }];
    for (const settings of limits) should(inShort(table([{ ...always, settings }, rule("b")]))).eql([]);
    should(inShort(table([{ ...always, conditions: [{ op: "exists", path: "key" }] }, rule("b")]))).eql([]);
  });

  it("says in words where and what", () => {
    const content = table([rule("r7", { name: "Letters", conditions: [{ op: "equals", path: "metadata.x", value: "" }] })]);
    const messageOf = (wrong: RouteTable) =>
      check(wrong)
        .map(({ message }) => message)
        .join("\n");
    messageOf(content).should.equal(
      'Rule "Letters", condition 1: rules[0].conditions[0].value is empty. To ask whether a property has a value, use exists.',
    );
    messageOf(table([rule("r", { conditions: [{ op: "exists", path: "x.y" }] })])).should.match(
      /must begin with one of: key, businessKey, batch, source, content, metadata, variant\.$/,
    );
    messageOf(table([rule("r", { conditions: [{ op: "matches", path: "key", pattern: "a(?!b)" }] })])).should.match(
      /`\(\?!`\. Look-ahead, look-behind and back-references are not supported\.$/,
    );
  });

  it("leaves no value out of its texts", () => {
    for (const content of [table([]), { rules: 7 }, ...Array.from({ length: 300 }, (_, seed) => damaged(new Random(seed)))]) {
      for (const { message } of check(content, ["archive"])) message.should.not.match(/\{\{|undefined/);
    }
  });

  it("finds every problem it knows, by these examples and those of the files", () => {
    const found = new Set(examples.flatMap(([, , codes]) => codes.map((code) => code.replace(/^\(?([a-z-]+)\)?.*$/, "$1"))));
    const elsewhere = ["expression-root", "rule-unreachable", "import-not-json", "import-format"];
    should([...found, ...elsewhere].sort()).eql([...TABLE_PROBLEMS].sort());
  });

  it("never throws, whatever it is given", () => {
    for (let seed = 0; seed < 3_000; seed += 1) {
      const random = new Random(seed);
      const content = random.chance(30) ? randomJson(random, 4) : damaged(random);
      const problems = check(content, random.chance(50) ? DESTINATIONS : undefined);
      for (const { code } of problems) should(TABLE_PROBLEMS.includes(code as never)).equal(true, code);
    }
    const cyclic: Record<string, unknown> = { ...table([]) };
    cyclic.self = cyclic;
    should(inShort(cyclic)).eql(["(unknown-field)"]);
    const huge = table(Array.from({ length: 500 }, (_, at) => rule(`r${at}`, { conditions: Array(100).fill({ op: 1 }) })));
    check(huge).length.should.be.within(100, 1_000);
  });

  it("lets pass only what compiles and routes every document", async () => {
    let passed = 0;
    for (let seed = 0; seed < 3_000; seed += 1) {
      const random = new Random(seed);
      const content = damaged(random, 1);
      if (check(content, DESTINATIONS).some(({ severity }) => severity === "error")) continue;
      passed += 1;
      const compiled = compileTable(content as RouteTable, { prepare: words });
      for (let time = 0; time < 3; time += 1) {
        const { destinations } = await compiled.route(randomView(random), "k", randomTime(random));
        destinations.length.should.be.above(0);
        for (const destination of destinations) DESTINATIONS.should.containEql(destination);
      }
    }
    passed.should.be.within(200, 2_900);
  });
});

describe("export and import of a route table", () => {
  const content = table([rule("a", { conditions: [{ op: "matches", path: "key", pattern: "^ü" }] })], "all");

  it("gives back what it took", () => {
    should(parseTable(exportTable("letters", content))).eql({ table: "letters", content });
  });

  it("leaves to the check what can be mended in the draft", () => {
    const broken = table([rule("a", { destinations: [], conditions: [{ op: "matches", path: "nowhere", pattern: "(" }] })]);
    should(parseTable(exportTable("letters", broken))).eql({ table: "letters", content: broken });
  });

  it("refuses what is no exported table", () => {
    const codes = (text: string) => {
      const result = parseTable(text);
      return "problems" in result ? result.problems.map(({ code }) => code) : ["none"];
    };
    should(codes("")).eql(["import-not-json"]);
    should(codes("{")).eql(["import-not-json"]);
    should(codes(JSON.stringify(content))).eql(["import-format"]);
    should(codes("null")).eql(["import-format"]);
    should(codes(exportTable("x", content).replace('"version": 1', '"version": 2'))).eql(["import-format"]);
    should(codes(exportTable("x", { ...content, mode: "best" } as never))).eql(["expected-choice"]);
    should(codes(exportTable("x", { ...content, rules: [{ id: 1 }] } as never))).containEql("expected-text");
  });

  it("never throws", () => {
    for (let seed = 0; seed < 500; seed += 1) {
      const random = new Random(seed);
      const text = exportTable("t", damaged(random) as RouteTable);
      parseTable(text.slice(0, random.chance(20) ? random.below(text.length) : text.length));
    }
  });
});

function randomJson(random: Random, depth: number): unknown {
  const kind = random.below(depth > 0 ? 7 : 5);
  if (kind === 5) return random.list(4, () => randomJson(random, depth - 1));
  const names = ["mode", "rules", "default", "id", "conditions", "op", "path", "settings", "window", "__proto__", "days", "toString"];
  if (kind === 6) return Object.fromEntries(random.list(5, () => [random.pick(names), randomJson(random, depth - 1)]));
  return [null, random.below(1_000) - 500, random.chance(50), random.pick(["", "first", "a", "2026-01-01", "("]), {}][kind];
}

/** A random table with some of its values replaced, removed or doubled. */
function damaged(random: Random, most = 5): unknown {
  const content = randomTable(random);
  const someRule = structuredClone(content.rules[0]);
  for (let times = random.below(most + 1); times > 0; times -= 1) {
    const holders: (Record<string, unknown> | unknown[])[] = [];
    const collect = (value: unknown) => {
      if (typeof value !== "object" || value === null) return;
      holders.push(value as Record<string, unknown>);
      Object.values(value).forEach(collect);
    };
    collect(content);
    const holder = random.pick(holders) as Record<string, unknown>;
    const name = random.pick([...Object.keys(holder), "extra"]);
    if (random.chance(25)) delete holder[name];
    else holder[name] = random.chance(20) ? structuredClone(someRule) : randomJson(random, 2);
  }
  return content;
}
