import { createRequire } from "node:module";
import type { NodeAPI } from "node-red";
import should from "should";
import { ContentReference } from "../../dist/core/content/reference.js";
import type { DocbridgeDocument } from "../../dist/core/document.js";
import type { RoutingFacts } from "../../dist/core/ledger/console.js";
import { checkTable } from "../../dist/core/routing/check.js";
import { compileTable } from "../../dist/core/routing/compile.js";
import { dryRun } from "../../dist/core/routing/dry-run.js";
import type { RouteTable } from "../../dist/core/routing/table.js";
import { routingView } from "../../dist/core/routing/view.js";
import { boundedExpressions } from "../../dist/runtime/expressions.js";
import { randomTable, randomTime, randomView } from "./routing-generate.ts";
import { referenceDecision } from "./routing-reference.ts";
import { Random, rule, table, words } from "./routing-support.ts";

const compile = (content: RouteTable) => compileTable(content, { prepare: words });

function factsOf(id: string, metadata: Record<string, unknown>, more: Partial<RoutingFacts> = {}): RoutingFacts {
  return {
    id,
    key: `key of ${id}`,
    source: { system: "exstream", channel: "folder" },
    content: { sha256: "a", size: 1, mediaType: "application/pdf", fileName: "a.pdf" },
    metadata,
    variant: { role: "pdf" },
    createdAt: 0,
    ...more,
  };
}

async function* pagesOf(facts: RoutingFacts[], size = 7): AsyncGenerator<RoutingFacts[]> {
  for (let at = 0; at < facts.length; at += size) yield facts.slice(at, at + size);
}

const kind = (id: string, value: string, ...destinations: string[]) =>
  rule(id, { conditions: [{ op: "equals", path: "metadata.kind", value }], destinations });
const ofKinds = (counts: Record<string, number>) =>
  Object.entries(counts).flatMap(([value, count]) => Array.from({ length: count }, (_, at) => factsOf(`${value}${at}`, { kind: value })));

describe("what rules see of a document", () => {
  it("is the same in a message and in the ledger, and no more than rules may use", () => {
    const facts = factsOf("d", { x: 1 }, { businessKey: "b", batch: { id: "j", seq: 1 } });
    const document = {
      ...facts,
      ledger: "l",
      content: new ContentReference(facts.content, { read: () => Promise.reject(), pathOf: () => Promise.reject() }),
      attributes: { css: { a: 1 } },
      targets: ["css"],
      receipts: {},
      attempt: 3,
      fence: 9,
    } satisfies DocbridgeDocument & RoutingFacts;
    const view = routingView(document);
    should(view).eql(routingView(facts));
    should(Object.keys(view)).eql(["key", "businessKey", "batch", "source", "content", "metadata", "variant"]);
    should(view.content).eql({ sha256: "a", size: 1, mediaType: "application/pdf", fileName: "a.pdf" });
    should(Object.getPrototypeOf(view.content)).equal(Object.prototype);
  });
});

describe("dry run", () => {
  it("says which documents would go elsewhere, and what rules do", async () => {
    const active = compile(table([kind("letters", "letter", "A"), kind("bills", "bill", "C", "D")]));
    const draft = compile(table([kind("letters", "letter", "B"), kind("bills", "bill", "D", "C"), kind("idle", "none", "A")]));
    const report = await dryRun(pagesOf(ofKinds({ letter: 412, bill: 10, card: 3 })), active, draft);
    should(report).have.properties({
      documents: 425,
      changed: 412,
      totals: [
        { destination: "A", before: 412, after: 0 },
        { destination: "B", before: 0, after: 412 },
        { destination: "C", before: 10, after: 10 },
        { destination: "D", before: 10, after: 10 },
        { destination: "fallback", before: 3, after: 3 },
      ],
      unmatched: { documents: 3, samples: ["card0", "card1", "card2"] },
      byRule: [
        { rule: "letters", documents: 412 },
        { rule: "bills", documents: 10 },
        { rule: "idle", documents: 0 },
      ],
      errors: [],
    });
    should(report.changes).eql([
      { from: ["A"], to: ["B"], documents: 412, rule: "letters", samples: Array.from({ length: 20 }, (_, at) => `letter${at}`) },
    ]);
    report.milliseconds.should.be.aboveOrEqual(0);
  });

  it("keeps changes apart by rule, the largest first, and by all rules that decide", async () => {
    const active = compile(table([]));
    const draft = compile(table([kind("a", "x", "A"), kind("b", "x", "B"), kind("c", "y", "A", "B")], "all"));
    const { changes, byRule } = await dryRun(pagesOf(ofKinds({ x: 2, y: 3 })), active, draft);
    should(changes.map(({ from, to, rule: by, documents }) => [from, to, by, documents])).eql([
      [["fallback"], ["A", "B"], "c", 3],
      [["fallback"], ["A", "B"], "a,b", 2],
    ]);
    should(byRule.map(({ documents }) => documents)).eql([2, 2, 3]);
  });

  it("without a table in force, tells where documents would go for the first time", async () => {
    const { changed, changes, totals } = await dryRun(pagesOf(ofKinds({ x: 2 })), undefined, compile(table([])));
    should(changed).equal(2);
    should(changes).eql([{ from: [], to: ["fallback"], documents: 2, rule: "default", samples: ["x0", "x1"] }]);
    should(totals).eql([{ destination: "fallback", before: 0, after: 2 }]);
  });

  it("reports rules that fail, apart from documents that match nothing", async () => {
    const failing = rule("f", { conditions: [{ op: "jsonata", expression: "later fail" }] });
    const report = await dryRun(pagesOf(ofKinds({ x: 30 })), compile(table([])), compile(table([failing])));
    const samples = Array.from({ length: 20 }, (_, at) => `x${at}`);
    should(report.errors).eql([{ rule: "f", message: "The word failed.", documents: 30, samples }]);
    should(report.unmatched).eql({ documents: 0, samples: [] });
    should(report.changed).equal(0);
  });

  it("decides as of the time a document came in", async () => {
    const nights = rule("night", { settings: { window: { dailyFrom: "22:00", dailyUntil: "06:00" } } });
    const facts = ["2026-03-01T21:59:59Z", "2026-03-01T22:00:00Z", "2026-03-02T03:00:00Z"].map((at) =>
      factsOf(at, {}, { createdAt: Date.parse(at) }),
    );
    const { changes } = await dryRun(pagesOf(facts), compile(table([])), compile(table([nights])));
    should(changes.map(({ samples }) => samples)).eql([["2026-03-01T22:00:00Z", "2026-03-02T03:00:00Z"]]);
  });

  it("counts as the reference does, for any two tables", async () => {
    let changes = 0;
    for (let seed = 0; seed < 100; seed += 1) {
      const random = new Random(seed);
      const [one, other] = [randomTable(random), randomTable(random)];
      const facts = Array.from({ length: 30 }, (_, at) => {
        const { key: _key, ...seen } = randomView(random);
        return { ...factsOf(`d${at}`, {}), ...seen, createdAt: randomTime(random) } as RoutingFacts;
      });
      const report = await dryRun(pagesOf(facts), compile(one), compile(other));
      const decisions = facts.map((each) => {
        const seen = routingView(each);
        return [referenceDecision(one, seen, each.createdAt), referenceDecision(other, seen, each.createdAt)] as const;
      });
      const goes = ({ destinations }: { destinations: string[] }) => [...new Set(destinations)].sort().join();
      const changed = decisions.filter(([before, after]) => goes(before) !== goes(after)).length;
      should(report.changed).equal(changed, `seed ${seed}`);
      should(report.changes.reduce((sum, { documents }) => sum + documents, 0)).equal(changed);
      const unmatched = decisions.filter(([, after]) => after.rules.length === 0 && after.errors.length === 0).length;
      should(report.unmatched.documents).equal(unmatched);
      for (const { rule: id, documents } of report.byRule) {
        should(documents).equal(decisions.filter(([, after]) => after.rules.includes(id)).length);
      }
      changes += changed;
    }
    changes.should.be.above(500);
  });

  it("lets other work go on meanwhile", async () => {
    const rules = Array.from({ length: 50 }, (_, at) => kind(`r${at}`, `kind ${at}`, "A"));
    let turns = 0;
    const takeTurn = () => {
      turns += 1;
      turn = setImmediate(takeTurn);
    };
    let turn = setImmediate(takeTurn);
    const facts = Array.from({ length: 30_000 }, (_, at) => factsOf(`d${at}`, { kind: "none" }));
    await dryRun(pagesOf(facts, 5_000), compile(table(rules)), compile(table(rules)));
    clearImmediate(turn);
    turns.should.be.above(3);
  });

  it("fails when the ledger does", async () => {
    const broken = async function* (): AsyncGenerator<RoutingFacts[]> {
      yield [factsOf("d", {})];
      throw new Error("the disk is gone");
    };
    await dryRun(broken(), undefined, compile(table([]))).should.be.rejectedWith("the disk is gone");
  });
});

describe("rules with Node-RED's JSONata", () => {
  const prepare = boundedExpressions(createRequire(import.meta.url)("node-red") as Pick<NodeAPI, "util">);
  const withExpression = (expression: string) => table([rule("j", { conditions: [{ op: "jsonata", expression }], destinations: ["J"] })]);
  const route = (expression: string, metadata: Record<string, unknown>) =>
    compileTable(withExpression(expression), { prepare }).route(routingView(factsOf("d", metadata)), "k", 0);

  it("see the same properties as other conditions", async () => {
    should(await route('metadata.kind = "letter" and source.channel = "folder" and content.size < 10', { kind: "letter" })).have.property(
      "rules",
      ["j"],
    );
    should(await route("metadata.parts[pages > 3]", { parts: [{ pages: 1 }, { pages: 4 }] })).have.property("rules", ["j"]);
    should(await route("metadata.parts[pages > 5]", { parts: [{ pages: 1 }, { pages: 4 }] })).have.property("rules", []);
  });

  it("send a document to the default when they fail or do not end, without its values in the text", async () => {
    for (const expression of ["metadata.secret + 1", "($f := function($n) { $f($n + 1) }; $f(0))", "$error(metadata.secret)"]) {
      const { destinations, errors } = await route(expression, { secret: "top-secret" });
      should(destinations).eql(["fallback"]);
      should(errors).have.length(1);
      errors[0]?.message.should.match(/^JSONata (failed|was stopped)/);
      JSON.stringify(errors).should.not.match(/top-secret/);
    }
  });

  it("are checked before they are in force", () => {
    should(checkTable(withExpression("metadata.kind = "), undefined, prepare).map(({ message }) => message)).match([
      /^Rule "Rule j", condition 1: The JSONata expression cannot be used: .*at position \d+/,
    ]);
    should(checkTable(withExpression('metadata.kind = "a"'), undefined, prepare)).eql([]);
  });
});
