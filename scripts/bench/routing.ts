/** What routing costs: a document through 50 rules, and a dry run over 100,000 documents. */
import { createRequire } from "node:module";
import type { NodeAPI } from "node-red";
import type { RoutingFacts } from "../../dist/core/ledger/console.js";
import { compileTable } from "../../dist/core/routing/compile.js";
import { dryRun } from "../../dist/core/routing/dry-run.js";
import type { Condition, RouteRule, RouteTable } from "../../dist/core/routing/table.js";
import { routingView } from "../../dist/core/routing/view.js";
import { boundedExpressions } from "../../dist/runtime/expressions.js";

const RULES = 50;
const DOCUMENTS = 100_000;
const ROUNDS = 5;
const RED = createRequire(import.meta.url)("node-red") as Pick<NodeAPI, "util">;
const prepare = boundedExpressions(RED);

/** Absolute figures; beside them 50 rules of two comparisons each as one JSONata expression, as a Change node would have them. */
export async function benchRouting(): Promise<void> {
  const facts = Array.from({ length: DOCUMENTS }, (_, at) => factsOf(at));
  const table = compileTable(tableOf(0), { prepare });
  const views = facts.slice(0, 10_000).map((each) => ({ view: routingView(each), key: each.key, at: each.createdAt }));
  const ours = await median(async () => {
    for (const { view, key, at } of views) table.route(view, key, at);
  });
  const inJsonata = RED.util.prepareJSONataExpression(asJsonata(), undefined as never);
  const few = views.slice(0, 200);
  const jsonata = await median(async () => {
    for (const { view } of few) await inJsonata.evaluate(view);
  });
  const perDocument = (milliseconds: number, documents: number) => `${((milliseconds / documents) * 1000).toFixed(1)} us`;
  console.log(
    `${"a document through 50 rules".padEnd(32)}${perDocument(ours, views.length)}; as one JSONata expression ${perDocument(jsonata, few.length)}`,
  );
  const compared = await median(async () => {
    await dryRun(pagesOf(facts), table, compileTable(tableOf(1), { prepare }));
  });
  console.log(`${"dry run of 100,000 documents".padEnd(32)}${(compared / 1000).toFixed(2)} s, two tables of 50 rules`);
}

async function median(run: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const started = performance.now();
    await run();
    if (round > 0) times.push(performance.now() - started);
  }
  return times.sort((one, other) => one - other)[Math.floor(times.length / 2)] as number;
}

async function* pagesOf(facts: RoutingFacts[]): AsyncGenerator<RoutingFacts[]> {
  for (let at = 0; at < facts.length; at += 5_000) yield facts.slice(at, at + 5_000);
}

/** All operators in turn; the values match about one document in fifty, so that most documents see most rules. */
function conditionsOf(at: number): Condition[] {
  const region = `R${at % 50}`;
  const all: Condition[][] = [
    [{ op: "equals", path: "metadata.region", value: region }],
    [
      { op: "in", path: "source.queueName", values: ["archive", "print", `queue-${at}`] },
      { op: "equals", path: "metadata.region", value: region, ignoreCase: true },
    ],
    [{ op: "matches", path: "metadata.accountNumber", pattern: `^DE\\d{2}${String(at).padStart(2, "0")}\\d+$` }],
    [
      { op: "contains", path: "metadata.title", value: `letter ${at} ` },
      { op: "exists", path: "businessKey" },
    ],
    [
      { op: "between", path: "metadata.amount", from: at * 10, to: at * 10 + 5 },
      { op: "exists", path: "metadata.blocked", negate: true },
    ],
    [
      { op: "after", path: "metadata.statementDate", value: "2026-01-01" },
      { op: "equals", path: "metadata.region", value: region },
    ],
    [
      { op: "before", path: "metadata.statementDate", value: "2025-01-01T00:00:00+01:00" },
      { op: "equals", path: "variant.role", value: "pdf" },
    ],
    [{ op: "equals", path: "metadata.tags", value: `tag-${at}` }],
  ];
  return all[at % all.length] as Condition[];
}

function tableOf(shift: number): RouteTable {
  const rules = Array.from({ length: RULES }, (_, at): RouteRule => {
    const destinations = [`destination-${(at + shift) % 6}`];
    return { id: `r${at}`, name: `Rule ${at}`, enabled: true, match: "all", conditions: conditionsOf(at), destinations, settings: {} };
  });
  return { mode: "first", rules, default: ["destination-0"] };
}

function asJsonata(): string {
  const branches = Array.from(
    { length: RULES },
    (_, at) => `metadata.region = "R${at % 50}" and $number(metadata.amount) >= ${at} ? "r${at}"`,
  );
  return `${branches.join(" : ")} : "default"`;
}

function factsOf(at: number): RoutingFacts {
  const hash = at.toString(16).padStart(64, "0");
  return {
    id: `d${at}`,
    key: hash,
    businessKey: `K-${at}`,
    source: { system: "exstream", channel: "http", queueName: at % 3 === 0 ? "archive" : "mail", customerNumber: String(100_000 + at) },
    content: { sha256: hash, size: 50_000, mediaType: "application/pdf", fileName: `letter-${at}.pdf` },
    metadata: {
      region: `R${(at * 7) % 60}`,
      accountNumber: `DE${10 + (at % 80)}${String(at).padStart(18, "7")}`,
      title: `Yearly letter ${at % 200} to a customer`,
      amount: String(at % 700),
      statementDate: `2025-${String((at % 12) + 1).padStart(2, "0")}-15`,
      tags: ["statement", `tag-${at % 90}`],
    },
    variant: { role: "pdf" },
    createdAt: 1_770_000_000_000 + at * 1_000,
  };
}
