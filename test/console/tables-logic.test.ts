import should from "should";
import { countDiff, diffTables, isEmptyDiff } from "../../nodes/console/ui/tables/diff.ts";
import * as model from "../../nodes/console/ui/tables/model.ts";
import { asKind, changeOperator, knowsCase, listFrom, operators, pathSuggestions } from "../../nodes/console/ui/tables/operators.ts";
import { beginEdits, edit, redo, undo } from "../../nodes/console/ui/tables/undo.ts";
import { beginWorking, changedMeanwhile, isDirty, keepMine, takeTheirs } from "../../nodes/console/ui/tables/working.ts";
import type { Condition, RouteTable } from "../../nodes/core/routing/table.ts";
import { rule, table } from "./tables-support.ts";

const ids = ({ rules }: RouteTable) => rules.map(({ id }) => id);

/** Text and all that hangs on it, frozen: a change in place throws. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const each of Object.values(value)) frozen(each);
  }
  return value;
}

describe("a table that is edited", () => {
  const abc = frozen(table(rule("a"), rule("b"), rule("c")));

  it("takes a new rule at its end, without conditions and under an id of its own", () => {
    const { table: longer, id } = model.addRule(abc, "New rule");
    ids(longer).should.eql(["a", "b", "c", id]);
    longer.rules[3]?.should.eql({ id, name: "New rule", enabled: true, match: "all", conditions: [], destinations: [], settings: {} });
    const many = new Set(Array.from({ length: 2_000 }, () => model.newRuleId()));
    many.size.should.equal(2_000);
  });

  it("takes a copy behind the original, switched off, sharing nothing with it", () => {
    const { table: longer, id } = model.duplicateRule(abc, "b", "Copy of b");
    ids(longer).should.eql(["a", "b", id, "c"]);
    const copy = longer.rules[2];
    should(copy?.name).equal("Copy of b");
    should(copy?.enabled).equal(false);
    should(copy?.conditions).eql(abc.rules[1]?.conditions);
    should(copy?.conditions[0]).not.equal(abc.rules[1]?.conditions[0]);
  });

  it("moves rules to a place, and to an end when the place is outside", () => {
    ids(model.moveRule(abc, "c", 0)).should.eql(["c", "a", "b"]);
    ids(model.moveRule(abc, "a", 1)).should.eql(["b", "a", "c"]);
    ids(model.moveRule(abc, "a", 9)).should.eql(["b", "c", "a"]);
    ids(model.moveRule(abc, "b", -4)).should.eql(["b", "a", "c"]);
    model.moveRule(abc, "b", 1).should.equal(abc);
    model.moveRule(abc, "gone", 1).should.equal(abc);
  });

  it("removes and changes the rule that is meant, and leaves the others as they are", () => {
    ids(model.removeRule(abc, "b")).should.eql(["a", "c"]);
    const changed = model.changeRule(abc, "b", { enabled: false });
    should(changed.rules[1]?.enabled).equal(false);
    should(changed.rules[0]).equal(abc.rules[0]);
  });

  it("leaves a setting out that has no value", () => {
    const set = rule("a", { settings: { priority: 3, hold: true, window: { days: [1], timeZone: "UTC" } } });
    model.changeSettings(set, { priority: undefined, hold: false, retentionClass: "" }).should.eql({
      window: { days: [1], timeZone: "UTC" },
    });
    model.changeSettings(set, { window: { dailyFrom: "" } }).should.eql({ priority: 3, hold: true });
    model.changeSettings(rule("a"), { priority: 0, samplePercent: 10 }).should.eql({ priority: 0, samplePercent: 10 });
  });

  it("takes destinations in and out in the order in which they are chosen", () => {
    model.toggleDestination(["a", "b"], "c", true).should.eql(["a", "b", "c"]);
    model.toggleDestination(["a", "b"], "a", false).should.eql(["b"]);
    model.toggleDestination(["a", "b"], "b", true).should.eql(["a", "b"]);
  });

  it("compares by what it says, not by the order of properties or those without a value", () => {
    const other = { default: ["archive"], rules: [rule("a")], mode: "first" as const };
    model.sameTable(table(rule("a")), other).should.be.true();
    model.sameTable(table(rule("a", { settings: { priority: undefined } })), other).should.be.true();
    model.sameTable(table(rule("a"), rule("b")), table(rule("b"), rule("a"))).should.be.false();
    model.sameTable(table(rule("a")), { ...other, default: ["other"] }).should.be.false();
  });
});

describe("a condition that gets another operator", () => {
  const path = "source.customerNumber";

  it("keeps its path and its value where there is a place for them", () => {
    const equals: Condition = { path, op: "equals", value: "A", negate: true, ignoreCase: true };
    changeOperator(equals, "in").should.eql({ path, op: "in", values: ["A"], negate: true, ignoreCase: true });
    changeOperator(equals, "contains").should.eql({ path, op: "contains", value: "A", negate: true, ignoreCase: true });
    changeOperator(equals, "matches").should.eql({ path, op: "matches", pattern: "A", negate: true, ignoreCase: true });
    changeOperator(equals, "exists").should.eql({ path, op: "exists", negate: true });
    changeOperator({ path, op: "in", values: ["A", "B"] }, "equals").should.eql({ path, op: "equals", value: "A" });
    changeOperator({ path, op: "before", value: "2026-01-01" }, "after").should.eql({ path, op: "after", value: "2026-01-01" });
    changeOperator({ path, op: "equals", value: 7 }, "between").should.eql({ path, op: "between", from: 7, to: 7 });
    changeOperator({ path, op: "between", from: 1, to: 5 }, "equals").should.eql({ path, op: "equals", value: 1 });
    changeOperator(equals, "equals").should.equal(equals);
  });

  it("begins empty where the value does not fit", () => {
    changeOperator({ path, op: "equals", value: "A" }, "before").should.eql({ path, op: "before", value: "" });
    changeOperator({ path, op: "exists" }, "in").should.eql({ path, op: "in", values: [] });
    const between = changeOperator({ path, op: "exists" }, "between");
    should(between.op === "between" && Number.isNaN(between.from) && Number.isNaN(between.to)).be.true();
  });

  it("begins an expression with the path, and becomes a path again only from one that is nothing else", () => {
    changeOperator({ path, op: "equals", value: "A" }, "jsonata").should.eql({ op: "jsonata", expression: path });
    changeOperator({ op: "jsonata", expression: path }, "exists").should.eql({ path, op: "exists" });
    changeOperator({ op: "jsonata", expression: "$count(x) > 1" }, "exists").should.eql({ path: "", op: "exists" });
  });

  it("can become every operator from every other one, and says which of them know upper and lower case", () => {
    for (const from of operators) {
      const start = changeOperator({ path, op: "contains", value: "x" }, from);
      for (const to of operators) changeOperator(start, to).op.should.equal(to);
    }
    operators.filter(knowsCase).should.eql(["equals", "in", "contains", "matches"]);
  });

  it("reads values as text, number or truth", () => {
    asKind("12.5", "number").should.equal(12.5);
    should(asKind("twelve", "number")).be.NaN();
    should(asKind("", "number")).be.NaN();
    asKind(Number.NaN, "text").should.equal("");
    asKind(3, "text").should.equal("3");
    asKind("true", "boolean").should.equal(true);
    asKind("3", "boolean").should.equal(false);
  });

  it("reads a list from lines and cells of a spreadsheet", () => {
    listFrom(" A\nB, C\n\nD\tE\r\nA\n").should.eql(["A", "B, C", "D", "E"]);
    listFrom("  \n").should.eql([]);
  });

  it("is offered the common paths first, then those in use and those of documents, each once", () => {
    const paths = pathSuggestions(["source.jobId", "metadata.b", ""], [{ b: 1, a: 2 }, { a: 3 }]);
    should(paths[0]).equal("source.customerNumber");
    paths.slice(-2).should.eql(["metadata.a", "metadata.b"]);
    new Set(paths).size.should.equal(paths.length);
  });
});

describe("the comparison of two tables", () => {
  it("finds nothing between equal ones", () => {
    isEmptyDiff(diffTables(table(rule("a"), rule("b")), table(rule("a"), rule("b")))).should.be.true();
  });

  it("names the fields of a rule that changed, settings one by one", () => {
    const before = table(rule("a", { settings: { priority: 1, samplePercent: 10 } }));
    const after = table(rule("a", { name: "Other", enabled: false, settings: { priority: 1, hold: true } }));
    const [found] = diffTables(before, after).rules;
    should(found?.kind === "kept" && found.fields).eql(["name", "enabled", "samplePercent", "hold"]);
    should(found?.kind === "kept" && found.moved).be.undefined();
  });

  it("finds rules that came, went and moved, and takes one dragged rule for one that moved", () => {
    const before = table(rule("a"), rule("b"), rule("c"), rule("d"));
    const dragged = diffTables(before, table(rule("d"), rule("a"), rule("b"), rule("c")));
    dragged.rules.should.have.length(1);
    should(dragged.rules[0]?.kind === "kept" && dragged.rules[0].moved).eql({ from: 4, to: 1 });

    const other = diffTables(before, table(rule("a"), rule("new"), rule("c", { match: "any" }), rule("d")));
    other.rules
      .map(({ kind, place }) => [kind, place])
      .should.eql([
        ["added", 2],
        ["removed", 2],
        ["kept", 3],
      ]);
    countDiff(other).should.eql({ added: 1, removed: 1, changed: 1, moved: 0 });
  });

  it("calls no rule moved that only made way", () => {
    const found = diffTables(table(rule("a"), rule("b"), rule("c")), table(rule("c")));
    countDiff(found).should.eql({ added: 0, removed: 2, changed: 0, moved: 0 });
  });

  it("finds another mode and other default destinations", () => {
    const found = diffTables(table(), { mode: "all", rules: [], default: ["archive", "copy"] });
    found.should.eql({
      rules: [],
      mode: { before: "first", after: "all" },
      default: { before: ["archive"], after: ["archive", "copy"] },
    });
  });

  it("leads from the one table to the other, whatever was edited", () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    for (let round = 0; round < 300; round++) {
      const before = table(...["a", "b", "c", "d", "e", "f"].slice(0, random(7)).map((id) => rule(id)));
      let after = before;
      for (let step = random(5); step > 0; step--) {
        const id = after.rules[random(after.rules.length)]?.id ?? "";
        if (random(4) === 0) after = model.addRule(after, "New").table;
        else if (random(3) === 0) after = model.removeRule(after, id);
        else if (random(2) === 0) after = model.moveRule(after, id, random(6));
        else after = model.changeRule(after, id, { name: `Name ${random(3)}` });
      }
      const { rules } = diffTables(before, after);
      const moved = new Set(rules.flatMap((each) => (each.kind === "kept" && each.moved ? [each.after.id] : [])));
      const added = new Set(rules.flatMap((each) => (each.kind === "added" ? [each.after.id] : [])));
      const removed = new Set(rules.flatMap((each) => (each.kind === "removed" ? [each.before.id] : [])));
      // What neither came, went nor moved stands in the same order in both.
      const resting = (list: RouteTable) => ids(list).filter((id) => !moved.has(id) && !added.has(id) && !removed.has(id));
      resting(before).should.eql(resting(after));
      [...removed].should.eql(ids(before).filter((id) => !ids(after).includes(id)));
      [...added].should.eql(ids(after).filter((id) => !ids(before).includes(id)));
    }
  });
});

describe("steps that can be taken back", () => {
  it("go back and forth, and forget what was taken back once something else is edited", () => {
    let edits = edit(edit(beginEdits("a"), "b"), "c");
    edits = undo(edits);
    edits.present.should.equal("b");
    undo(undo(edits)).present.should.equal("a");
    redo(edits).present.should.equal("c");
    edits = edit(edits, "d");
    redo(edits).present.should.equal("d");
    undo(edits).present.should.equal("b");
  });

  it("take typing in one field for one step, and each field for its own", () => {
    let edits = beginEdits("");
    for (const text of ["n", "na", "nam"]) edits = edit(edits, text, "rule.name");
    edits = edit(edits, "nam!", "rule.path");
    undo(edits).present.should.equal("nam");
    undo(undo(edits)).present.should.equal("");
  });

  it("begin anew after a step was taken back, and keep a bounded number", () => {
    let edits = edit(edit(beginEdits("a"), "ab", "name"), "abc", "name");
    edits = edit(undo(edits), "ax", "name");
    undo(edits).present.should.equal("a");
    let many = beginEdits(0);
    for (let step = 1; step <= 1_000; step++) many = edit(many, step);
    many.past.length.should.equal(200);
  });
});

describe("work on a table that others work on, too", () => {
  const active = { table: "t", version: 2, content: table(rule("a")), author: "Anna", note: "", activatedAt: 1 };
  const draft = { table: "t", revision: 3, basedOn: 2, content: table(rule("a"), rule("b")), author: "Bert", updatedAt: 2 };

  it("begins with the draft, else with what is in force, else with nothing", () => {
    beginWorking({ active, draft }).should.containEql({ saved: draft.content, revision: 3, version: 2 });
    beginWorking({ active }).should.containEql({ saved: active.content, revision: 0, version: 2 });
    beginWorking({}).should.containEql({ saved: { mode: "first", rules: [], default: [] }, revision: 0, version: 0 });
    isDirty(beginWorking({ active, draft })).should.be.false();
  });

  it("notices each save, discard and activation of others, and nothing else", () => {
    const working = beginWorking({ active, draft });
    changedMeanwhile(working, { active, draft }).should.be.false();
    changedMeanwhile(working, { active, draft: { ...draft, revision: 4 } }).should.be.true();
    changedMeanwhile(working, { active }).should.be.true();
    changedMeanwhile(working, { active: { ...active, version: 3 } }).should.be.true();
  });

  const mine = table(rule("mine"));
  const begun = beginWorking({ active, draft });
  const changed = { ...begun, edits: edit(begun.edits, mine) };
  const theirs = { active: { ...active, version: 3 }, draft: { ...draft, revision: 7, content: table(rule("theirs")) } };

  it("goes on with theirs, from where undo leads back to mine", () => {
    const working = takeTheirs(changed, theirs);
    working.edits.present.should.equal(theirs.draft.content);
    working.should.containEql({ revision: 7, version: 3 });
    isDirty(working).should.be.false();
    const back = { ...working, edits: undo(working.edits) };
    back.edits.present.should.equal(mine);
    isDirty(back).should.be.true();
  });

  it("goes on with mine, which the next save puts in place of theirs", () => {
    const working = keepMine(changed, theirs);
    working.edits.present.should.equal(mine);
    working.should.containEql({ revision: 7, version: 3 });
    isDirty(working).should.be.true();
  });
});
