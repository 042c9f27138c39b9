import { readFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import type { FlowNode } from "../../scripts/support/example-flow.ts";
import { type Fields, records } from "../../scripts/support/sandbox-files.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { documentumObjects } from "./stored.ts";
import { until } from "./values.ts";

const NAMES = ["New versions in Documentum", "Renditions in Documentum", "Letters into a case file", "Find documents in Documentum"];

/** Results go to the log as well, where the test sees them, under the node's id. */
function withLog(each: FlowNode): FlowNode {
  return each.type === "debug" ? { ...each, name: each.id, console: true } : each;
}

/** Connections and ledgers are shared once the examples are in one Node-RED, as after several imports. */
function asImported(names: string[]): FlowNode[] {
  const flows = names.map((name): FlowNode[] => JSON.parse(readFileSync(join(import.meta.dirname, `../../examples/${name}.json`), "utf8")));
  const shared = new Map<string, string>();
  const kept: FlowNode[] = [];
  for (const each of flows.flat()) {
    const same = ["document-ledger", "documentum-repository"].includes(each.type) && kept.find(({ type }) => type === each.type);
    if (same) shared.set(each.id, same.id);
    else kept.push(each);
  }
  return kept
    .map(withLog)
    .map((each) =>
      Object.fromEntries(Object.entries(each).map(([name, value]) => [name, shared.get(String(value)) ?? value])),
    ) as FlowNode[];
}

const isLinked = ({ values }: { values: Fields }) => (values.i_folder_id as string[]).length === 2;

const isRetained = ({ values }: { values: Fields }) => ((values.i_retainer_id ?? []) as string[]).length > 0;

describe("the examples for Documentum in Node-RED 5, with its built-in sandbox", function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ flows: asImported(NAMES) });
  });
  after(() => nodeRed?.dispose());

  const press = async (id: string) => (await fetch(`${nodeRed.adminUrl}/inject/${id}`, { method: "POST" })).status.should.equal(200);
  const dataDir = () => join(nodeRed.userDir, "docbridge/sandbox");
  const objects = (attribute: string, value: string, type?: string) =>
    documentumObjects(dataDir(), type).filter(({ values }) => values[attribute] === value);

  it("New versions: creates the object, then checks in its next version", async () => {
    await press("dbnv-run-first");
    await until("the first version", () => objects("job_id", "versions").length === 1);
    await press("dbnv-run-next");
    await until("the next version", () => objects("job_id", "versions").length === 2);
    const [first, next] = objects("job_id", "versions");
    should(next?.values.i_antecedent_id).equal(first?.id);
    should(first?.sha256).not.equal(next?.sha256);
  });

  it("Renditions: lets the web page wait for its statement, and adds it", async () => {
    await press("dbn-run-web");
    await until("a parked document", () => nodeRed.logs.some((line) => /parked: .*business key/.test(line)));
    await press("dbn-run-statement");
    await until("two contents of one object", () => {
      const stored = [...records(dataDir(), "documentum", "objects").values()];
      return stored.some(({ values, contents }) => (values as Fields).job_id === "renditions" && (contents as unknown[]).length === 2);
    });
  });

  it("Letters into a case: opens the case with its first letter, and lets another letter wait for its own", async () => {
    await press("dbc-run-letter");
    await until("a letter in its new case", () => objects("account_number", "C-2026-1").some(isLinked));
    await press("dbc-run-early");
    await until("a parked letter", () => nodeRed.logs.some((line) => /parked: .*case key/.test(line)));
    should(objects("account_number", "C-2026-2")).eql([]);
    await press("dbc-run-opening");
    await until("both letters in their case", () => objects("account_number", "C-2026-2").filter(isLinked).length === 2);
  });

  it("Find: gives the letters of a case, and the rows of a statement", async () => {
    for (const id of ["dbf-run-first", "dbf-run-second"]) await press(id);
    await until("two letters", () => objects("account_number", "0815-3").length === 2);
    await press("dbf-run-case");
    await press("dbf-run-audit");
    for (const node of ["dbf-found", "dbf-rows", "dbf-count"]) {
      await until(`output of ${node}`, () => nodeRed.logs.some((line) => line.includes(`[debug:${node}]`)));
    }
  });

  it("logs no warning and no error of a node", () => {
    nodeRed.logs.filter((line) => /\[(warn|error)\] \[/.test(line)).should.eql([]);
  });
});

/** Two triggers in one Node-RED would both be given what the one Exstream makes. */
describe("the examples with a job for Documentum", function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  const start = async (name: string) => {
    nodeRed = await startNodeRed({ flows: asImported([name]) });
  };
  afterEach(() => nodeRed?.dispose());

  const press = async (id: string) => (await fetch(`${nodeRed.adminUrl}/inject/${id}`, { method: "POST" })).status.should.equal(200);
  const statements = () => documentumObjects(join(nodeRed.userDir, "docbridge/sandbox"));

  it("Controlled records: puts every statement of a job under retention", async () => {
    await start("Statements as controlled records");
    await press("dbk-run");
    await until("ten statements under retention", () => statements().filter(isRetained).length === 10);
  });

  it("High volume: archives 300 statements in batches, and counts them in Documentum", async () => {
    await start("Statement run at high volume");
    await press("dbh-run");
    await until("300 statements", () => statements().length === 300);
    should(new Set(statements().map(({ values }) => values.docbridge_key)).size).equal(300);
    await press("dbh-run-count");
    await until("the count", () => /statements: 300/.test(nodeRed.logs.join("\n")));
  });

  it("Delivery facts: adds to each statement what became of it, and the time of its first delivery", async () => {
    await start("Delivery facts in Documentum");
    await press("dbd-run");
    const dataDir = join(nodeRed.userDir, "docbridge/sandbox");
    await until("twelve statements", () => statements().length === 12);
    const events = () => [...records(dataDir, "exstream", "event").values()];
    await until("events, all of them sent", () => events().length >= 24 && events().every(({ state }) => state === "sent"));
    const rows = () => statements().flatMap(({ values }) => (values.keywords ?? []) as string[]);
    await until("a row for each event", () => rows().length === events().length);
    const expected = events().map(({ type, channel, occurredAt }) => `${type === "generated" ? "sent" : type} ${channel} ${occurredAt}`);
    should(rows().sort()).eql(expected.sort());
    for (const { values } of statements()) {
      const delivered = (values.keywords as string[]).find((text) => text.startsWith("delivered"));
      should(values.subject || undefined).equal(delivered?.split(" ")[2]);
    }
    await press("dbd-run-look");
    await until("what was found", () => /dbd-found/.test(nodeRed.logs.join("\n")));
    nodeRed.logs.filter((line) => /\[(warn|error)\] \[/.test(line)).should.eql([]);
  });
});
