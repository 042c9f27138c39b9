import should from "should";
import { PDF_HEADERS } from "../nodes/deliveries.ts";
import { node } from "../nodes/flows.ts";
import { someBytes } from "../nodes/values.ts";
import { ConsoleRig, consoleFlow } from "./rig.ts";

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const LABEL = /([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;

/** Reads the text format 0.0.4 as Prometheus does; throws for anything else. */
function parse(text: string): { samples: Sample[]; types: Record<string, string> } {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const types: Record<string, string> = {};
  const helped = new Set<string>();
  const samples: Sample[] = [];
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, of = "", rest = ""] = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      if (helped.has(of)) throw new Error(`${of} is explained twice`);
      helped.add(of);
    } else if (kind === "TYPE") types[of] = rest;
    else {
      const [, name = "", labels = "", value] = /^([a-z_]+)\{(.*)\} (\d+(?:\.\d+)?)$/.exec(line) ?? [];
      if (!name || !helped.has(name) || !(name in types)) throw new Error(`not a sample of a known metric: ${line}`);
      const pairs = [...labels.matchAll(LABEL)];
      if (pairs.map(([all]) => all).join("") !== labels) throw new Error(`labels that cannot be read: ${line}`);
      const unescaped = pairs.map(([, label, raw = ""]) => [label, raw.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c))]);
      samples.push({ name, labels: Object.fromEntries(unescaped), value: Number(value) });
    }
  }
  return { samples, types };
}

describe("The console's metrics", function () {
  this.timeout(60_000);
  const strange = 'The "main" \\ ledger,\nnot="x"} 1';
  const ledgerNamed = (id: string, values: Record<string, unknown>) => node("document-ledger", id, { directory: `of-${id}`, ...values });
  const rig = new ConsoleRig(() => ({
    flows: [
      ...consoleFlow({ name: strange }),
      ledgerNamed("twin1", { name: "Twin", metrics: true }),
      ledgerNamed("twin2", { name: "Twin", metrics: "true" }),
      ledgerNamed("silent", { name: "Silent", metrics: false }),
      ledgerNamed("older", { name: "Older", metrics: undefined }),
    ],
  }));
  before(async () => {
    await rig.post("/holds", { destination: "later", why: "x" });
    const deliver = (path: string, customer: string) =>
      rig.deliver(path, { ...PDF_HEADERS, "X-Exstream-Customer-Number": customer }, someBytes());
    await rig.inState(await deliver("closed", "1"), "closed");
    await rig.inState(await deliver("quarantined", "2"), "quarantined");
    await rig.inState(await deliver("held", "3"), "held");
  });

  const metrics = async () => {
    const { status, headers, text } = await rig.ask("/metrics");
    status.should.equal(200);
    headers["content-type"]?.should.equal("text/plain; version=0.0.4; charset=utf-8");
    return parse(text);
  };

  it("give every ledger that has them switched on, each by a name of its own", async () => {
    const { samples } = await metrics();
    should([...new Set(samples.map(({ labels }) => labels.ledger))].sort()).eql([strange, "twin1", "twin2"].sort());
    const { json } = await rig.ask("/metrics.json");
    should(json.ledgers.map(({ ledger }: { ledger: string }) => ledger).sort()).eql([strange, "twin1", "twin2"].sort());
  });

  it("say in both forms what the ledger says", async () => {
    const { samples, types } = await metrics();
    const value = (name: string, more: Record<string, string> = {}) => {
      const wanted = JSON.stringify({ ledger: strange, ...more });
      const [sample, ...others] = samples.filter((each) => each.name === `docbridge_${name}` && JSON.stringify(each.labels) === wanted);
      others.should.eql([]);
      return sample?.value;
    };
    const { json: figures } = await rig.api("/figures");
    for (const state of ["closed", "quarantined", "held"]) should(value("documents", { state })).equal(figures.byState[state]);
    should(value("documents", { state: "closed" })).equal(1);
    should(value("documents_waiting")).equal(figures.waiting);
    should(value("documents_leased")).equal(figures.leased);
    should(value("documents_held")).equal(1);
    should(value("documents_quarantined", { code: "connection-refused" })).equal(1);
    should(value("target_backlog", { target: "later" })).equal(1);
    should(value("target_receipts_total", { target: "later" })).equal(0);
    should(value("batches_open")).equal(figures.openBatches);
    should(value("spool_bytes")).equal(6000);
    should(value("spool_limit_bytes")).equal(20 * 1024 ** 3);
    should(value("suspected_orphans")).equal(0);
    should(value("oldest_waiting_seconds")).be.aboveOrEqual(0);
    should(types).have.properties({ docbridge_target_receipts_total: "counter", docbridge_documents: "gauge" });

    const { json } = await rig.ask("/metrics.json");
    const [own] = json.ledgers.filter(({ ledger }: { ledger: string }) => ledger === strange);
    own.should.match({ documents: figures.byState, held: 1, quarantined: { "connection-refused": 1 }, spool: { usedBytes: 6000 } });
  });

  it("are not there while no ledger has them switched on", async () => {
    await rig.deploy((flow) => flow.map((each) => (each.type === "document-ledger" ? { ...each, metrics: false } : each)));
    for (const path of ["/metrics", "/metrics.json"]) {
      should(await rig.ask(path)).match({ status: 404, json: { code: "not-found", message: /'Metrics' switched on/ } });
    }
  });
});
