import { DocbridgeError } from "../core/errors";
import type { DestinationFigures } from "../core/ledger/console";
import type { LedgerNode } from "../runtime/ledger-service";
import { figuresOf } from "./figures";
import { ledgerName, ledgerNodes } from "./ledgers";
import { CONTENT_TYPE, expose, type Metric } from "./prometheus";
import type { Call, Route } from "./routes";

export const metricsRoutes: Route[] = [
  { method: "get", path: "/docbridge/metrics", permission: "docbridge.read", answer: asText },
  {
    method: "get",
    path: "/docbridge/metrics.json",
    permission: "docbridge.read",
    answer: async ({ RED }) => ({ ledgers: await measureAll(RED) }),
  },
];

/** Figures of one ledger for monitoring. */
interface LedgerMetrics {
  /** Its name, or its id where the name would not tell it from another. */
  ledger: string;
  documents: Record<string, number>;
  waiting: number;
  leased: number;
  held: number;
  oldestWaitingSeconds: number;
  targets: Omit<DestinationFigures, "oldestAt">[];
  /** By error code. */
  quarantined: Record<string, number>;
  openBatches: number;
  suspectedOrphans: number;
  spool: { usedBytes: number; maxBytes: number };
}

async function asText({ RED, response }: Call): Promise<void> {
  const text = expose(metricsOf(await measureAll(RED)));
  // Express would put the parameters of the type in an order of its own.
  response.setHeader("Content-Type", CONTENT_TYPE);
  response.end(text);
}

/** All ledgers whose metrics are switched on. Throws `not-found` when there is none. */
async function measureAll(RED: Call["RED"]): Promise<LedgerMetrics[]> {
  const nodes = ledgerNodes(RED).filter(({ metrics }) => metrics);
  if (nodes.length === 0) {
    throw new DocbridgeError("not-found", {
      message: "No document-ledger node has 'Metrics' switched on. Switch it on in its dialog and deploy.",
    });
  }
  const names = nodes.map(ledgerName);
  return Promise.all(nodes.map((node) => measure(node, names.filter((name) => name === ledgerName(node)).length > 1)));
}

async function measure(node: LedgerNode, ambiguous: boolean): Promise<LedgerMetrics> {
  const { ledger, spool } = await node.stores();
  const [figures, failures] = await Promise.all([figuresOf(ledger), ledger.console.failures()]);
  const quarantined: Record<string, number> = {};
  for (const { state, code, documents } of failures) {
    if (state === "quarantined") quarantined[code] = (quarantined[code] ?? 0) + documents;
  }
  return {
    ledger: ambiguous ? node.id : ledgerName(node),
    documents: figures.byState,
    waiting: figures.waiting,
    leased: figures.leased,
    held: figures.byState.held ?? 0,
    oldestWaitingSeconds: figures.oldestWaitingAt === undefined ? 0 : Math.max(0, (figures.at - figures.oldestWaitingAt) / 1000),
    targets: figures.destinations.map(({ name, backlog, inFlight, receipts }) => ({ name, backlog, inFlight, receipts })),
    quarantined,
    openBatches: figures.openBatches,
    suspectedOrphans: figures.suspectedOrphans,
    spool: spool.usage(),
  };
}

function metricsOf(ledgers: LedgerMetrics[]): Metric[] {
  /** One sample a ledger. */
  const each = (read: (of: LedgerMetrics) => number) => ledgers.map((of) => ({ labels: { ledger: of.ledger }, value: read(of) }));
  /** One sample a ledger and entry of a table in it. */
  const split = (label: string, read: (of: LedgerMetrics) => Record<string, number>) =>
    ledgers.flatMap((of) => Object.entries(read(of)).map(([name, value]) => ({ labels: { ledger: of.ledger, [label]: name }, value })));
  const byTarget = (field: "backlog" | "inFlight" | "receipts") =>
    split("target", ({ targets }) => Object.fromEntries(targets.map((target) => [target.name, target[field]])));
  const gauge = (name: string, help: string, samples: Metric["samples"]): Metric => ({ name, help, type: "gauge", samples });

  return [
    gauge(
      "docbridge_documents",
      "Documents in the ledger, by state.",
      split("state", ({ documents }) => documents),
    ),
    gauge(
      "docbridge_documents_waiting",
      "Documents that wait for a release into their flow.",
      each(({ waiting }) => waiting),
    ),
    gauge(
      "docbridge_documents_leased",
      "Documents in a flow now.",
      each(({ leased }) => leased),
    ),
    gauge(
      "docbridge_documents_held",
      "Documents held by an operator.",
      each(({ held }) => held),
    ),
    gauge(
      "docbridge_documents_quarantined",
      "Documents in quarantine, by error code.",
      split("code", ({ quarantined }) => quarantined),
    ),
    gauge(
      "docbridge_oldest_waiting_seconds",
      "Age of the oldest document that waits for a release.",
      each(({ oldestWaitingSeconds }) => oldestWaitingSeconds),
    ),
    gauge("docbridge_target_backlog", "Documents that owe the target a receipt and have not ended.", byTarget("backlog")),
    gauge("docbridge_target_in_flight", "Documents of the backlog that are in a flow now.", byTarget("inFlight")),
    {
      name: "docbridge_target_receipts_total",
      help: "Receipts of the target since the ledger was begun.",
      type: "counter",
      samples: byTarget("receipts"),
    },
    gauge(
      "docbridge_batches_open",
      "Batches that are not closed.",
      each(({ openBatches }) => openBatches),
    ),
    gauge(
      "docbridge_spool_bytes",
      "Bytes in the spool.",
      each(({ spool }) => spool.usedBytes),
    ),
    gauge(
      "docbridge_spool_limit_bytes",
      "Bytes the spool may hold.",
      each(({ spool }) => spool.maxBytes),
    ),
    gauge(
      "docbridge_suspected_orphans",
      "Uploads that may have left bytes nobody refers to.",
      each(({ suspectedOrphans }) => suspectedOrphans),
    ),
  ];
}
