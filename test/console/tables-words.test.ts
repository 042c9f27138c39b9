import { TABLE_PROBLEMS } from "../../dist/core/routing/problems.js";
import { isoOf, localOf } from "../../nodes/console/ui/tables/moments.ts";
import { changeOperator, operators } from "../../nodes/console/ui/tables/operators.ts";
import { anchorOf, fieldOf, hasErrors, inOrder, problemsAt } from "../../nodes/console/ui/tables/problems.ts";
import { changeSentence, totalBars } from "../../nodes/console/ui/tables/report.ts";
import { sentenceOf } from "../../nodes/console/ui/tables/words.ts";
import type { TableProblem } from "../../nodes/core/routing/table.ts";
import { rule, table, textsOf } from "./tables-support.ts";

describe("a rule in words", () => {
  const full = rule("a", {
    conditions: [
      { path: "source.customerNumber", op: "in", values: ["A", "B"] },
      { path: "metadata.pages", op: "between", from: 3, to: 9, negate: true },
    ],
    destinations: ["archive", "copy"],
    settings: {
      samplePercent: 10,
      window: { days: [1, 2, 3, 4, 5, 7], dailyFrom: "08:00", dailyUntil: "18:00", timeZone: "Europe/Berlin" },
      hold: true,
    },
  });

  it("says when it applies, where its documents go and what else is set", () => {
    sentenceOf(full, textsOf("en-US")).should.equal(
      "If source.customerNumber is one of A, B and metadata.pages is not from 3 to 9 → archive, copy. 10 % of them. " +
        "Mon–Fri, Sun 08:00–18:00 Europe/Berlin. Held until released.",
    );
    sentenceOf(full, textsOf("de")).should.equal(
      "Wenn source.customerNumber einer von A, B ist und metadata.pages nicht von 3 bis 9 liegt → archive, copy. 10 % davon. " +
        "Mo–Fr, So 08:00–18:00 Europe/Berlin. Angehalten bis zur Freigabe.",
    );
  });

  it("says moments in the reader's own time, and numbers as they are", () => {
    const window = { from: new Date(2030, 0, 1, 8, 30).toISOString(), until: "soon" };
    const words = sentenceOf(rule("a", { conditions: [], settings: { samplePercent: 12.5, window } }), textsOf("en-US"));
    words.should.equal("Every document → archive. 12.5 % of them. From 2030-01-01 08:30 Until soon.");
  });

  it("says so when a rule is off, takes every document or leads nowhere", () => {
    const empty = rule("a", { enabled: false, conditions: [], destinations: [] });
    sentenceOf(empty, textsOf("en-US")).should.equal("(Off) Every document → nowhere yet.");
  });

  it("has words for every operator, plain and negated, in both languages", () => {
    for (const language of ["en-US", "de"]) {
      const texts = textsOf(language);
      for (const op of operators) {
        const condition = changeOperator({ path: "source.jobId", op: "contains", value: "X1" }, op);
        const plain = sentenceOf(rule("a", { conditions: [condition] }), texts);
        const negated = sentenceOf(rule("a", { conditions: [{ ...condition, negate: true }] }), texts);
        negated.should.not.equal(plain);
        plain.should.containEql("source.jobId").and.not.containEql("undefined");
      }
    }
  });
});

describe("where a problem is shown", () => {
  function at(code: string, more: Partial<TableProblem> = {}): string {
    return fieldOf({ severity: "error", code, values: {}, message: "", ...more });
  }

  it("is the field it is about", () => {
    at("default-missing").should.equal("default");
    at("destination-unknown").should.equal("default");
    at("expected-list", { values: { field: "default" } }).should.equal("default");
    at("too-many-rules").should.equal("table");
    const ofRule = { rule: "a" };
    at("destination-unknown", ofRule).should.equal("destinations");
    at("destination-missing", ofRule).should.equal("destinations");
    at("name-missing", ofRule).should.equal("name");
    at("rule-unreachable", ofRule).should.equal("rule");
    at("sample-range", ofRule).should.equal("samplePercent");
    at("expected-number", { ...ofRule, values: { field: "rules[0].settings.priority" } }).should.equal("priority");
    at("too-long", { ...ofRule, values: { field: "rules[0].settings.window.timeZone" } }).should.equal("window");
    at("window-zone", ofRule).should.equal("window");
    const ofCondition = { rule: "a", condition: 1 };
    at("path-missing", ofCondition).should.equal("path");
    at("too-long", { ...ofCondition, values: { field: "rules[0].conditions[1].path" } }).should.equal("path");
    at("pattern-invalid", ofCondition).should.equal("value");
    at("value-missing", { ...ofCondition, values: { field: "rules[0].conditions[1].values" } }).should.equal("value");
  });

  it("is found by rule and condition, and led to in the order of the page", () => {
    const problem = (code: string, rule?: string, condition?: number): TableProblem => ({
      severity: "error",
      code,
      values: {},
      message: "",
      ...(rule === undefined ? {} : { rule }),
      ...(condition === undefined ? {} : { condition }),
    });
    const problems = [
      problem("default-missing"),
      problem("path-missing", "b", 1),
      problem("path-missing", "b", 0),
      problem("name-missing", "a"),
    ];
    problemsAt(problems, "path", "b", 1).should.eql([problems[1]]);
    problemsAt(problems, "path", "a", 1).should.eql([]);
    inOrder(problems, table(rule("a"), rule("b"))).should.eql([problems[3], problems[2], problems[1], problems[0]]);
    new Set(problems.map(anchorOf)).size.should.equal(4);
    hasErrors(problems).should.be.true();
    hasErrors(problems.map((each) => ({ ...each, severity: "warning" as const }))).should.be.false();
  });

  it("has a text of each code in both languages", () => {
    TABLE_PROBLEMS.length.should.be.aboveOrEqual(35);
    for (const language of ["en-US", "de"]) for (const code of TABLE_PROBLEMS) textsOf(language)(`check.${code}`).should.not.be.empty();
  });
});

describe("a moment", () => {
  it("is entered in local time and kept with its zone", () => {
    const iso = isoOf("2026-03-31T08:30");
    iso.should.equal(new Date(2026, 2, 31, 8, 30).toISOString());
    localOf(iso).should.equal("2026-03-31T08:30");
    localOf("2026-03-31T08:30:00+02:00").should.equal(localOf("2026-03-31T06:30:00Z"));
  });

  it("is nothing when nothing can be read", () => {
    isoOf("").should.equal("");
    localOf("").should.equal("");
    localOf("soon").should.equal("");
  });
});

describe("what a dry run says", () => {
  it("names only the destinations that come and go", () => {
    changeSentence({ from: ["A"], to: ["B"] }).should.eql({ key: "goesInstead", values: { from: "A", to: "B" } });
    changeSentence({ from: ["A", "C"], to: ["C", "B"] }).should.eql({ key: "goesInstead", values: { from: "A", to: "B" } });
    changeSentence({ from: ["A"], to: ["A", "B"] }).should.eql({ key: "goesToAlso", values: { from: "", to: "B" } });
    changeSentence({ from: ["A", "B"], to: ["A"] }).should.eql({ key: "goesNoLonger", values: { from: "B", to: "" } });
    changeSentence({ from: [], to: ["B"] }).should.eql({ key: "goesTo", values: { from: "", to: "B" } });
  });

  it("draws its bars against the longest, those that change most first", () => {
    const totals = [
      { destination: "same", before: 50, after: 50 },
      { destination: "b", before: 0, after: 100 },
      { destination: "a", before: 100, after: 0 },
    ];
    totalBars({ totals })
      .map(({ destination, beforeShare, afterShare }) => [destination, beforeShare, afterShare])
      .should.eql([
        ["a", 1, 0],
        ["b", 0, 1],
        ["same", 0.5, 0.5],
      ]);
    totalBars({ totals: [{ destination: "a", before: 0, after: 0 }] })[0]?.should.have.property("beforeShare", 0);
  });
});
