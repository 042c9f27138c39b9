/** Progress of a run from the figures of the ledger, and the last word on when it is done. */
import { setTimeout as sleep } from "node:timers/promises";
import type { LedgerCounts } from "../../dist/core/ledger/ledger.js";
import { LEDGER_ID } from "./example-flow.ts";

const POLL_MS = 200;

export async function ledgerCounts(adminUrl: string, ledgerId = LEDGER_ID): Promise<LedgerCounts | undefined> {
  const reply = await fetch(`${adminUrl}/docbridge/ledgers/${ledgerId}`).catch(() => undefined);
  return reply?.ok ? ((await reply.json()) as LedgerCounts) : undefined;
}

export interface Ended {
  closed: number;
  quarantined: number;
}

/** Waits until so many documents have ended. `adminUrl` may change while a process is restarted. Throws after `limitMs`. */
export async function untilEnded(documents: number, adminUrl: () => string, limitMs: number, show: (text: string) => void): Promise<Ended> {
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(POLL_MS)) {
    const counts = await ledgerCounts(adminUrl());
    if (!counts) continue;
    const { closed = 0, quarantined = 0, conflict = 0, rejected = 0 } = counts.byState;
    show(`closed ${closed} of ${documents}, in the flow ${counts.leased}, waiting ${counts.waiting}, quarantined ${quarantined}`);
    if (closed + quarantined + conflict + rejected >= documents) return { closed, quarantined: quarantined + conflict + rejected };
  }
  throw new Error(`not all of ${documents} documents ended within ${limitMs / 1000} s`);
}

/** Shows one line that replaces itself, on a terminal only. */
export function progressLine(): (text: string) => void {
  return (text) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  };
}
