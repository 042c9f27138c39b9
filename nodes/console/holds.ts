import type { Hold } from "../core/ledger/routing";
import { bodyOf, invalid, text, whyOf } from "./requests";
import { type LedgerCall, ledgerApi, type Route } from "./routes";

export const holdRoutes: Route[] = [
  ledgerApi("get", "/holds", "docbridge.read", ({ stores }): Promise<Hold[]> => stores.ledger.routing.holds()),
  ledgerApi("post", "/holds", "docbridge.write", hold),
  ledgerApi("post", "/holds/release", "docbridge.write", release),
];

const MAX_PER_SECOND = 10_000;

async function hold({ request, stores, who }: LedgerCall): Promise<void> {
  const { destination, why } = bodyOf(request);
  await stores.ledger.routing.hold(text(destination, "destination"), { who, why: whyOf(why) });
}

async function release({ request, node, stores, who }: LedgerCall): Promise<{ documents: number }> {
  const { destination, why, perSecond } = bodyOf(request);
  const by = { who, why: whyOf(why) };
  // Many commits; a redeploy waits for them as long as it may.
  const released = stores.ledger.routing.releaseHold(text(destination, "destination"), by, rateOf(perSecond));
  return { documents: await node.lend(released) };
}

/** Less than one a second is allowed. */
function rateOf(perSecond: unknown): number | undefined {
  if (perSecond === undefined || perSecond === null) return undefined;
  if (typeof perSecond === "number" && perSecond > 0 && perSecond <= MAX_PER_SECOND) return perSecond;
  throw invalid("perSecond", `must be a number above 0, at most ${MAX_PER_SECOND}`);
}
