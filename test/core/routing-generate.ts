/** Random tables and documents for the properties of routing. */

import type { RoutingView } from "../../dist/core/routing/paths.js";
import type { Condition, RouteRule, RouteTable, RuleWindow } from "../../dist/core/routing/table.js";
import { type Random, rule, view } from "./routing-support.ts";

const PATHS = [
  "metadata.a",
  "metadata.b",
  "metadata.deep.c",
  "metadata.dotted.name",
  "source.queueName",
  "key",
  "businessKey",
  "variant.role",
  "batch",
];
const TEXTS = [
  "7",
  "007",
  "7.0",
  "seven",
  "SEVEN",
  "Straße",
  " padded ",
  "2026-03-01",
  "2026-03-01T08:00:00+02:00",
  "true",
  "-1.5",
  "1e3",
  "aaab",
  "",
];
const DATES = ["2026-03-01", "2026-03-01T06:00:00Z", "2026-02-28T23:30:00-05:00", "2025-12-31", "2026-03-01T08:00"];
const PATTERNS = ["^7", "a+b$", "[A-Z]{2,}", "\\d{4}-\\d{2}", "e.e", "(x|y)?", "ß"];

export const DESTINATIONS = ["archive", "mail", "print", "review"];

export function randomTable(random: Random): RouteTable {
  return {
    mode: random.pick(["first", "all"] as const),
    rules: random.list(6, (at) => randomRule(random, `r${at}`)),
    default: [random.pick(DESTINATIONS)],
  };
}

function randomRule(random: Random, id: string): RouteRule {
  return rule(id, {
    enabled: random.chance(85),
    match: random.pick(["all", "any"] as const),
    conditions: random.list(3, () => randomCondition(random)),
    destinations: [random.pick(DESTINATIONS), ...random.list(2, () => random.pick(DESTINATIONS))],
    settings: {
      ...(random.chance(20) ? { retentionClass: random.pick(["7y", "10y"]) } : {}),
      ...(random.chance(20) ? { priority: random.below(10) } : {}),
      ...(random.chance(10) ? { hold: random.chance(50) } : {}),
      ...(random.chance(10) ? { samplePercent: random.pick([0, 100]) } : {}),
      ...(random.chance(20) ? { window: randomWindow(random) } : {}),
    },
  });
}

export function randomWindow(random: Random): RuleWindow {
  const time = () => `${String(random.below(24)).padStart(2, "0")}:${random.pick(["00", "30", "59"])}`;
  return {
    ...(random.chance(30) ? { from: "2026-01-15T00:00:00Z" } : {}),
    ...(random.chance(30) ? { until: "2026-11-15T12:00:00+01:00" } : {}),
    ...(random.chance(60) ? { dailyFrom: time(), dailyUntil: time() } : {}),
    ...(random.chance(40) ? { days: [1, 2, 3, 4, 5, 6, 7].filter(() => random.chance(50)) } : {}),
    ...(random.chance(60) ? { timeZone: random.pick(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"]) } : {}),
  };
}

function randomCondition(random: Random): Condition {
  const negate = random.chance(25);
  if (random.chance(12)) {
    const word = random.pick(["yes", "no", "yes", "no", "fail"]);
    return { op: "jsonata", expression: random.chance(40) ? `later ${word}` : word, negate };
  }
  const common = { path: random.pick(PATHS), negate, ignoreCase: random.chance(30) };
  const text = () => random.pick(TEXTS.slice(0, -1));
  const from = random.below(10) - 3;
  return random.pick<() => Condition>([
    () => ({ ...common, op: "equals", value: random.pick<string | number | boolean>([text(), text(), 7, -1.5, true, false]) }),
    () => ({ ...common, op: "in", values: [text(), text()] }),
    () => ({ ...common, op: "matches", pattern: random.pick(PATTERNS) }),
    () => ({ ...common, op: "contains", value: text() }),
    () => ({ ...common, op: "between", from, to: from + random.below(8) }),
    () => ({ ...common, op: "before", value: random.pick(DATES) }),
    () => ({ ...common, op: "after", value: random.pick(DATES) }),
    () => ({ ...common, op: "exists" }),
  ])();
}

export function randomView(random: Random): RoutingView {
  const scalar = () => random.pick<unknown>([...TEXTS, ...DATES, 7, 0, -1.5, true, false, null, undefined, "   ", { x: 1 }]);
  const value = () => random.pick([scalar, () => random.list(3, scalar), () => new Date("2026-03-01T05:00:00Z")])();
  return view(
    {
      ...(random.chance(80) ? { a: value() } : {}),
      ...(random.chance(80) ? { b: scalar() } : {}),
      ...(random.chance(50) ? { deep: { c: value() } } : {}),
      ...(random.chance(50) ? { "dotted.name": value() } : { dotted: { name: scalar() } }),
    },
    {
      source: { queueName: random.pick(["7", "seven", undefined]) },
      businessKey: random.pick([undefined, "007"]),
      batch: random.pick([undefined, { id: "b" }]),
      variant: { role: random.pick(["pdf", "html"]) },
    },
  );
}

/** Some time of 2026, to the millisecond. */
export function randomTime(random: Random): number {
  return Date.parse("2026-01-01T00:00:00Z") + random.below(365) * 86_400_000 + random.below(86_400_000);
}
