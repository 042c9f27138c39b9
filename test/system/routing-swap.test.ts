import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import type { DocumentRow } from "../../dist/core/ledger/console.js";
import { SqliteLedger } from "../../dist/core/ledger/sqlite/sqlite-ledger.js";
import type { RouteTable } from "../../dist/core/routing/table.js";
import { exampleFlow, type FlowNode } from "../../scripts/support/example-flow.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";

const PER_SECOND = 300;
const SECONDS = 10;
const SWAP_MS = 200;
const DESTINATIONS = ["a", "b", "c"];

/** A trigger that leaves the decision to a router, whose destinations owe nobody a receipt. */
function flows(): FlowNode[] {
  const example = (type: string) => exampleFlow().find((node) => node.type === type) as FlowNode;
  const stored = DESTINATIONS.map((name) => ({ name, label: "", targets: "", way: "output" }));
  return [
    { id: "tab", type: "tab", label: "Routing" },
    { ...example("document-ledger"), id: "ledger" },
    { id: "table", type: "route-table", name: "", version: 1, ledger: "ledger", table: "routes" },
    {
      ...example("exstream-trigger"),
      id: "trigger",
      z: "tab",
      ledger: "ledger",
      server: "",
      path: "/in",
      doneWhen: "route",
      destinations: "",
      maxInFlight: "256",
      wires: [["router"]],
    },
    {
      id: "router",
      type: "document-router",
      z: "tab",
      name: "",
      version: 1,
      table: "table",
      destinations: stored,
      links: [],
      outputs: DESTINATIONS.length,
      wires: DESTINATIONS.map(() => []),
    },
  ];
}

/** Of version `version`: customer 1 goes to one destination, all others to the next, so that a mixture would show. */
function content(version: number): RouteTable {
  const [own = "", other = ""] = [DESTINATIONS[version % 3], DESTINATIONS[(version + 1) % 3]];
  const conditions: RouteTable["rules"][number]["conditions"] = [{ path: "source.customerNumber", op: "equals", value: "1" }];
  const rule = { id: `r${version}`, name: "", enabled: true, match: "all" as const, conditions, destinations: [own], settings: {} };
  return { mode: "first", rules: [rule], default: [other] };
}

describe("route tables swapped under load", function () {
  this.timeout(180_000);
  let nodeRed: NodeRed | undefined;
  let operator: SqliteLedger | undefined;
  after(async () => {
    await operator?.close();
    await nodeRed?.dispose();
  });

  it(`${PER_SECOND} documents a second while a new version comes every ${SWAP_MS} ms: none lost, none mixed, no deploy`, async () => {
    nodeRed = await startNodeRed({ flows: flows() });
    const { url, userDir } = nodeRed;
    const policy = { maxAttempts: 1, backoffMs: 1, backoffMaxMs: 1 };
    // The operator is another worker on the same ledger: the change has to reach the router's process.
    operator = await SqliteLedger.open({ dir: join(userDir, "docbridge"), policy, leaseMs: 15_000 });
    const { routing } = operator;
    const flowFile = join(userDir, "flows.json");
    const before = { text: readFileSync(flowFile, "utf8"), changedAt: statSync(flowFile).mtimeMs };

    let isDone = false;
    const activatedAt = new Map<number, number>();
    const swapping = (async () => {
      while (!(await routing.active("routes"))) await sleep(20);
      for (let version = 1; !isDone; await sleep(SWAP_MS)) {
        ({ version } = await routing.activate("routes", content(version + 1), version, { author: "operator", note: "" }));
        activatedAt.set(version, Date.now());
      }
    })();

    const began = performance.now();
    const ids: Promise<string>[] = [];
    for (let sent = 0; sent < PER_SECOND * SECONDS; ) {
      const due = Math.floor(((performance.now() - began) / 1000) * PER_SECOND);
      for (; sent < due && sent < PER_SECOND * SECONDS; sent += 1) ids.push(give(url, sent));
      await sleep(5);
    }
    const sentBy = (performance.now() - began) / 1000;
    const admitted = await Promise.all(ids);
    const admittedBy = (performance.now() - began) / 1000;
    isDone = true;
    await swapping;
    for (const end = Date.now() + 60_000; ((await operator.counts()).byState.closed ?? 0) < ids.length; await sleep(100)) {
      if (Date.now() > end) throw new Error(`not all documents were closed: ${JSON.stringify(await operator.counts())}`);
    }

    const documents = await allDocuments(operator);
    documents
      .map(({ id }) => id)
      .sort()
      .should.eql(admitted.sort());
    const firstAt = new Map<number, number>();
    for (const { customer, route, closedAt = 0 } of documents) {
      should.exist(route);
      const { version = 0, rule, destinations } = route ?? {};
      const { rules, default: fallback } = version === 1 ? { rules: [], default: ["a"] } : content(version);
      const isOwn = customer === "1" && rules[0] !== undefined;
      should(rule).equal(isOwn ? rules[0]?.id : "default");
      should(destinations).eql(isOwn ? rules[0]?.destinations : fallback);
      firstAt.set(version, Math.min(firstAt.get(version) ?? Number.POSITIVE_INFINITY, closedAt));
    }
    firstAt.size.should.be.above(5);
    should({ text: readFileSync(flowFile, "utf8"), changedAt: statSync(flowFile).mtimeMs }).eql(before);
    nodeRed.logs.filter((line) => /\[(warn|error)\] \[/.test(line)).should.eql([]);

    const delays = [...firstAt].flatMap(([version, at]) => (activatedAt.has(version) ? [at - (activatedAt.get(version) as number)] : []));
    delays.sort((one, other) => one - other);
    console.log(
      `      ${Math.round(ids.length / admittedBy)} documents/s admitted (${Math.round(ids.length / sentBy)} sent), ` +
        `${activatedAt.size} versions, ${firstAt.size} of them routed by; a version was in force after ` +
        `${delays[Math.floor(delays.length / 2)]} ms (median), ${delays.at(-1)} ms (longest)`,
    );
  });
});

async function give(url: string, number: number): Promise<string> {
  const headers = {
    "Content-Type": "text/plain",
    "X-Exstream-Job-Id": "swap",
    "X-Exstream-Customer-Number": String(number % 3),
    "X-Exstream-File-Name": `letter-${number}.txt`,
  };
  const reply = await fetch(`${url}/in`, { method: "POST", headers, body: `letter ${number}` });
  const body = (await reply.json()) as { documentId: string };
  reply.status.should.equal(201);
  return body.documentId;
}

async function allDocuments({ console }: SqliteLedger): Promise<DocumentRow[]> {
  const found: DocumentRow[] = [];
  for (let after: string | undefined; ; ) {
    const page = await console.documents({}, 500, after);
    found.push(...page.documents);
    after = page.next;
    if (after === undefined) return found;
  }
}
