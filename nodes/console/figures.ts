import type { BatchSummary, FailureGroup, ThroughputPoint } from "../core/ledger/console";
import type { Ledger, LedgerCounts } from "../core/ledger/ledger";
import type { ConsoleFigures } from "./api-types";
import { queryWhole } from "./requests";
import { type LedgerCall, ledgerApi, onLedger, type Route } from "./routes";

export const figuresRoutes: Route[] = [
  ledgerApi("get", "/figures", "docbridge.read", ({ stores }) => figuresOf(stores.ledger)),
  ledgerApi("get", "/throughput", "docbridge.read", throughput),
  ledgerApi("get", "/batches", "docbridge.read", batches),
  ledgerApi("get", "/failures", "docbridge.read", ({ stores }): Promise<FailureGroup[]> => stores.ledger.console.failures()),
  // The short form, for scripts that wait for a run to end.
  { method: "get", path: "/docbridge/ledgers/:ledger", permission: "docbridge.read", answer: onLedger(counts) },
];

const MINUTE_MS = 60_000;
const MAX_HOURS = 24 * 31;
/** More steps than a chart has room for say nothing more. */
const MAX_STEPS = 180;
const STEP_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360];

export async function figuresOf(ledger: Ledger): Promise<ConsoleFigures> {
  const [figures, holds] = await Promise.all([ledger.console.figures(), ledger.routing.holds()]);
  return { ...figures, holds };
}

/** The last hours up to now, in steps that a chart can show. */
async function throughput({ request, stores }: LedgerCall): Promise<ThroughputPoint[]> {
  const hours = queryWhole(request, "hours", 24, 1, MAX_HOURS);
  const step = STEP_MINUTES.find((minutes) => (hours * 60) / minutes <= MAX_STEPS) ?? 360;
  const until = Date.now();
  return stores.ledger.console.throughput(until - hours * 60 * MINUTE_MS, until, step);
}

async function batches({ request, stores }: LedgerCall): Promise<BatchSummary[]> {
  return stores.ledger.console.batches(queryWhole(request, "limit", 50, 1, 500));
}

async function counts({ stores }: LedgerCall): Promise<LedgerCounts & { spool: { usedBytes: number; maxBytes: number } }> {
  return { ...(await stores.ledger.counts()), spool: stores.spool.usage() };
}
