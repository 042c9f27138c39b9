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

export interface ChangeSentence {
  /** Text `tables.dryRun.<key>`. */
  key: "goesInstead" | "goesTo" | "goesToAlso" | "goesNoLonger";
  values: { from: string; to: string };
}

/** "412 documents would go to B instead of A": named is only what comes and goes. */
export function changeSentence({ from, to }: Pick<DryRunChange, "from" | "to">): ChangeSentence {
  const gained = to.filter((name) => !from.includes(name));
  const lost = from.filter((name) => !to.includes(name));
  const values = { from: lost.join(", "), to: gained.join(", ") };
  if (from.length === 0) return { key: "goesTo", values };
  if (lost.length === 0) return { key: "goesToAlso", values };
  return { key: gained.length === 0 ? "goesNoLonger" : "goesInstead", values };
}
