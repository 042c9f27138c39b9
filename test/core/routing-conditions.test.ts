import should from "should";
import { compileCondition } from "../../dist/core/routing/conditions.js";
import type { PropertyCondition } from "../../dist/core/routing/table.js";
import { view } from "./routing-support.ts";

/** A condition without its path; `metadata.x` is looked at. */
type Operand<C> = C extends unknown ? Omit<C, "path"> : never;
const holds = (condition: Operand<PropertyCondition>, x?: unknown) =>
  compileCondition({ ...condition, path: "metadata.x" } as PropertyCondition)(view(x === undefined ? {} : { x }));

const NOTHING = [undefined, null, "", "   ", [], ["", null]];
const operands: Operand<PropertyCondition>[] = [
  { op: "equals", value: "a" },
  { op: "equals", value: 0 },
  { op: "equals", value: false },
  { op: "in", values: ["a", "0"] },
  { op: "matches", pattern: "" },
  { op: "contains", value: "a" },
  { op: "between", from: -1, to: 1 },
  { op: "before", value: "9999-01-01" },
  { op: "after", value: "0001-01-01" },
  { op: "exists" },
];

describe("conditions over a property", () => {
  it("do not hold where there is no value, and hold there when negated", () => {
    for (const operand of operands) {
      for (const nothing of NOTHING) {
        should(holds(operand, nothing)).equal(false, `${operand.op} ${JSON.stringify(nothing)}`);
        should(holds({ ...operand, negate: true }, nothing)).equal(true, `not ${operand.op} ${JSON.stringify(nothing)}`);
      }
    }
  });

  it("hold for a list when one of its values satisfies them; negated when none does", () => {
    should(holds({ op: "equals", value: "b" }, ["a", "b"])).equal(true);
    should(holds({ op: "equals", value: "b", negate: true }, ["a", "b"])).equal(false);
    should(holds({ op: "equals", value: "c", negate: true }, ["a", "b"])).equal(true);
    should(holds({ op: "between", from: 5, to: 6 }, ["x", "", "5.5"])).equal(true);
    should(holds({ op: "exists" }, ["", "a"])).equal(true);
  });

  it("of an object know only that it exists", () => {
    for (const operand of operands) should(holds(operand, { a: "a" })).equal(operand.op === "exists", operand.op);
  });

  it("compare texts as texts, and as numbers when one side is a number", () => {
    should(holds({ op: "equals", value: "007" }, "7")).equal(false);
    should(holds({ op: "equals", value: "007" }, "007")).equal(true);
    should(holds({ op: "equals", value: "7" }, 7)).equal(true);
    should(holds({ op: "equals", value: "7.0" }, 7)).equal(true);
    should(holds({ op: "equals", value: 7 }, "007")).equal(true);
    should(holds({ op: "equals", value: 7 }, "7,0")).equal(false);
    should(holds({ op: "equals", value: 0 }, false)).equal(false);
    should(holds({ op: "equals", value: true }, "true")).equal(true);
    should(holds({ op: "equals", value: "false" }, false)).equal(true);
    should(holds({ op: "equals", value: true }, 1)).equal(false);
    should(holds({ op: "in", values: ["007", "8"] }, "7")).equal(false);
    should(holds({ op: "in", values: ["007", "8"] }, 7)).equal(true);
    should(holds({ op: "in", values: ["yes", "true"] }, true)).equal(true);
  });

  it("pass over blanks around a text, and over case where asked to", () => {
    should(holds({ op: "equals", value: "ACME" }, "ACME      ")).equal(true);
    should(holds({ op: "in", values: [" b "] }, "  b")).equal(true);
    should(holds({ op: "equals", value: "Straße" }, "STRASSE")).equal(false);
    should(holds({ op: "equals", value: "ÄRGER", ignoreCase: true }, "ärger")).equal(true);
    should(holds({ op: "in", values: ["PDF"], ignoreCase: true }, "pdf")).equal(true);
    should(holds({ op: "contains", value: "LETTER", ignoreCase: true }, "a letter to")).equal(true);
    should(holds({ op: "contains", value: "LETTER" }, "a letter to")).equal(false);
    should(holds({ op: "matches", pattern: "^äB$", ignoreCase: true }, "Äb")).equal(true);
    should(holds({ op: "matches", pattern: "^äB$" }, "Äb")).equal(false);
  });

  it("take numbers and texts that are numbers between two others, both included", () => {
    const between = (x: unknown) => holds({ op: "between", from: -1, to: 2.5 }, x);
    for (const inside of [-1, 2.5, "2.5", " +1 ", "-1.0", ".5", "1."]) should(between(inside)).equal(true, String(inside));
    for (const outside of [-1.01, 3, "2,5", "1e0", "0x1", "one", true, Number.NaN, "Infinity", new Date(1)]) {
      should(between(outside)).equal(false, String(outside));
    }
  });

  it("compare dates by their moment, without the given one", () => {
    const before = (x: unknown) => holds({ op: "before", value: "2026-03-01T08:00:00+02:00" }, x);
    const after = (x: unknown) => holds({ op: "after", value: "2026-03-01T08:00:00+02:00" }, x);
    should([before("2026-03-01"), after("2026-03-01")]).eql([true, false]);
    should([before("2026-03-01T06:00:00Z"), after("2026-03-01T06:00:00Z")]).eql([false, false]);
    should([before("2026-03-01T06:00:01"), after(" 2026-03-01T06:00:01 ")]).eql([false, true]);
    should([before(new Date("2026-02-01")), after(new Date("2026-04-01"))]).eql([true, true]);
    for (const none of ["2026-02-30", "01.01.2020", "soon", 0, 20200101, true, new Date(Number.NaN), "2".repeat(100)]) {
      should([before(none), after(none)]).eql([false, false], String(none));
    }
  });

  it("search the beginning of a long text", () => {
    const long = `${"x".repeat(70_000)}end`;
    should(holds({ op: "matches", pattern: "end" }, long)).equal(false);
    should(holds({ op: "matches", pattern: "^x+$" }, long)).equal(true);
    should(holds({ op: "contains", value: "end" }, long)).equal(true);
  });

  it("finish with regular expressions that run for ever elsewhere", () => {
    const text = `${"a".repeat(60_000)}!`;
    for (const pattern of ["^(a+)+$", "^(a|aa)+$", "^(a*)*b", "(.*)*(.*)*(.*)*x$", "^(a?){100}a{100}$", "\\b(\\w+\\s?)+$\\b"]) {
      should(holds({ op: "matches", pattern }, text)).be.a.Boolean();
    }
  });

  it("reach only own members, and names with dots in them", () => {
    const at = (path: string, metadata: Record<string, unknown>) => compileCondition({ op: "exists", path })(view(metadata));
    should(at("metadata.constructor", {})).equal(false);
    should(at("metadata.__proto__.x", {})).equal(false);
    should(at("metadata.toString.name", {})).equal(false);
    should(at("metadata.a.b", { "a.b": 1 })).equal(true);
    should(at("metadata.a.b.c", { a: { "b.c": 1 } })).equal(true);
    should(at("metadata", { a: 1 })).equal(true);
    should(at("metadata.f", { f: () => 1 })).equal(false);
  });
});
