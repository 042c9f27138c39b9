import type { DryRunChange, DryRunReport } from "../../../core/routing/report";

/** Destinations before and after, with the width of their bars: 1 is the longest bar of all. */
export interface TotalBar {
  destination: string;
  before: number;
  after: number;
  beforeShare: number;
  afterShare: number;
}

/** Those that change most come first. */
export function totalBars({ totals }: Pick<DryRunReport, "totals">): TotalBar[] {
  const longest = Math.max(1, ...totals.flatMap(({ before, after }) => [before, after]));
  return totals
    .toSorted((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before) || a.destination.localeCompare(b.destination))
    .map((total) => ({ ...total, beforeShare: total.before / longest, afterShare: total.after / longest }));
}

/** Text key and values of "412 documents would go to B instead of A". Without an active table they went nowhere. */
export function changeSentence({ from, to, documents }: Pick<DryRunChange, "from" | "to" | "documents">) {
  const gained = to.filter((name) => !from.includes(name));
  const lost = from.filter((name) => !to.includes(name));
  const values = { count: documents, from: lost.join(", "), to: gained.join(", ") };
  if (lost.length === 0) return { key: from.length === 0 ? "dryRun.goesTo" : "dryRun.goesToAlso", values };
  if (gained.length === 0) return { key: "dryRun.goesNoLonger", values };
  return { key: "dryRun.goesInstead", values };
}
