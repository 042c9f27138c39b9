import type { Condition, RouteRule, RuleWindow } from "../../../core/routing/table";
import { localOf } from "./moments.ts";

/** Gives a text of tables.json in the reader's language. */
export type Texts = (key: string, values?: Record<string, string | number>) => string;

/** A rule as one sentence: "If source.customerNumber is one of A, B → archive. 10 % of them. Mon–Fri 08:00–18:00 UTC." */
export function sentenceOf(rule: RouteRule, texts: Texts): string {
  const when = conditionsInWords(rule, texts);
  const to = rule.destinations.length > 0 ? rule.destinations.join(", ") : texts("words.nowhere");
  const extras = settingsInWords(rule, texts).map((setting) => ` ${setting}.`);
  const off = rule.enabled ? "" : `${texts("words.off")} `;
  return `${off}${texts("words.rule", { when, to })}.${extras.join("")}`;
}

export function conditionsInWords({ conditions, match }: Pick<RouteRule, "conditions" | "match">, texts: Texts): string {
  if (conditions.length === 0) return texts("words.always");
  const joined = conditions
    .map((condition) => conditionInWords(condition, texts))
    .join(` ${texts(match === "all" ? "words.and" : "words.or")} `);
  return texts("words.if", { conditions: joined });
}

export function conditionInWords(condition: Condition, texts: Texts): string {
  const not = condition.negate ? "not-" : "";
  const values = { path: "path" in condition ? condition.path || "…" : "", ...valuesInWords(condition) };
  return texts(`words.${not}${condition.op}`, values);
}

function valuesInWords(condition: Condition): Record<string, string | number> {
  switch (condition.op) {
    case "in":
      return { value: condition.values.length > 0 ? condition.values.join(", ") : "…" };
    case "matches":
      return { value: condition.pattern || "…" };
    case "between":
      return { from: shown(condition.from), to: shown(condition.to) };
    case "jsonata":
      return { value: condition.expression || "…" };
    case "exists":
      return {};
    default:
      return { value: shown(condition.value) };
  }
}

function shown(value: string | number | boolean | null): string {
  return value === null || value === "" || Number.isNaN(value) ? "…" : String(value);
}

/** Each setting that is not at its default, in words. */
export function settingsInWords({ settings }: Pick<RouteRule, "settings">, texts: Texts): string[] {
  const { retentionClass, priority, samplePercent, window, hold } = settings;
  return [
    samplePercent === undefined ? "" : texts("words.sample", { percent: String(samplePercent) }),
    window ? windowInWords(window, texts) : "",
    hold ? texts("words.hold") : "",
    priority ? texts("words.priority", { priority }) : "",
    retentionClass ? texts("words.retention", { retentionClass }) : "",
  ].filter((words) => words !== "");
}

export function windowInWords(window: RuleWindow, texts: Texts): string {
  const { from, until, days, dailyFrom, dailyUntil, timeZone } = window;
  const hours = dailyFrom || dailyUntil ? `${dailyFrom ?? "…"}–${dailyUntil ?? "…"}` : "";
  return [
    from ? texts("words.from", { from: momentInWords(from) }) : "",
    until ? texts("words.until", { until: momentInWords(until) }) : "",
    days && days.length > 0 ? daysInWords(days, texts) : "",
    hours,
    hours || (days && days.length > 0) ? (timeZone ?? "UTC") : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** In the reader's own time, as the fields show it. */
function momentInWords(iso: string): string {
  return localOf(iso).replace("T", " ") || iso;
}

/** "Mon–Wed, Sat": neighbours are drawn together from three days on. */
function daysInWords(days: readonly number[], texts: Texts): string {
  const runs: number[][] = [];
  for (const day of days.toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && run.at(-1) === day - 1) run.push(day);
    else runs.push([day]);
  }
  const name = (day: number | undefined) => texts(`day.${day}`);
  return runs.flatMap((run) => (run.length > 2 ? [`${name(run[0])}–${name(run.at(-1))}`] : run.map(name))).join(", ");
}
