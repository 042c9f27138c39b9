/**
 * Routing once more, written from the contract alone (`nodes/core/routing/table.ts` and the docstrings) and as plainly as
 * possible, without a line of the code it is compared with.
 */

import type { RoutingView } from "../../dist/core/routing/paths.js";
import type { Condition, Decision, RouteRule, RouteTable, RuleWindow } from "../../dist/core/routing/table.js";

type Holds = boolean | "failed";

export function referenceDecision(table: RouteTable, view: RoutingView, now: number): Decision {
  const found: RouteRule[] = [];
  const errors: Decision["errors"] = [];
  for (const rule of table.rules) {
    if (!rule.enabled || rule.settings.samplePercent === 0) continue;
    if (rule.settings.window && !isOpen(rule.settings.window, now)) continue;
    const outcome = ruleHolds(rule, view);
    if (outcome === false) continue;
    if (outcome === "failed") errors.push({ rule: rule.id, message: "The word failed." });
    else found.push(rule);
    if (table.mode === "first") break;
  }
  if (errors.length > 0 || found.length === 0) return { rules: [], destinations: table.default, settings: {}, errors };
  const destinations: string[] = [];
  for (const { destinations: own } of found) for (const name of own) if (!destinations.includes(name)) destinations.push(name);
  const settings: Decision["settings"] = {};
  const classes = found.map((rule) => rule.settings.retentionClass).filter((name) => name !== undefined);
  if (classes.length > 0) settings.retentionClass = classes[0];
  const priorities = found.map((rule) => rule.settings.priority).filter((priority) => priority !== undefined);
  if (priorities.length > 0) settings.priority = Math.max(...priorities);
  if (found.some((rule) => rule.settings.hold)) settings.hold = true;
  return { rules: found.map(({ id }) => id), destinations, settings, errors };
}

function ruleHolds(rule: RouteRule, view: RoutingView): Holds {
  if (rule.conditions.length === 0) return true;
  const inOrder = [...rule.conditions.filter(({ op }) => op !== "jsonata"), ...rule.conditions.filter(({ op }) => op === "jsonata")];
  for (const condition of inOrder) {
    const holds = conditionHolds(condition, view);
    if (holds === "failed") return "failed";
    if (rule.match === "any" && holds) return true;
    if (rule.match === "all" && !holds) return false;
  }
  return rule.match === "all";
}

function conditionHolds(condition: Condition, view: RoutingView): Holds {
  if (condition.op === "jsonata") {
    if (condition.expression.endsWith("fail")) return "failed";
    return condition.expression.endsWith("yes") !== Boolean(condition.negate);
  }
  const found = at(view, condition.path.split("."));
  const values = (Array.isArray(found) ? found : [found]).filter((value) => !isNothing(value));
  return values.some((value) => satisfies(condition, value)) !== Boolean(condition.negate);
}

function satisfies(condition: Exclude<Condition, { op: "jsonata" }>, value: unknown): boolean {
  if (condition.op === "exists") return true;
  if (condition.op === "before") return time(value) < time(condition.value);
  if (condition.op === "after") return time(value) > time(condition.value);
  if (value instanceof Date) return satisfies(condition, value.toISOString());
  if (typeof value === "object") return false;
  const fold = (text: string) => (condition.ignoreCase ? text.toLowerCase() : text);
  const text = String(value).trim();
  switch (condition.op) {
    case "equals":
      return same(value, condition.value, fold);
    case "in":
      return condition.values.some((wanted) => same(value, wanted, fold));
    case "contains":
      return fold(text).includes(fold(condition.value));
    case "matches":
      return new RegExp(condition.pattern, condition.ignoreCase ? "iu" : "u").test(text);
    case "between":
      return typeof value !== "boolean" && isNumeric(text) && Number(text) >= condition.from && Number(text) <= condition.to;
  }
}

function same(value: unknown, wanted: unknown, fold: (text: string) => string): boolean {
  const [one, other] = [String(value).trim(), String(wanted).trim()];
  const asNumbers = (typeof value === "number" || typeof wanted === "number") && isNumeric(one) && isNumeric(other);
  return asNumbers ? Number(one) === Number(other) : fold(one) === fold(other);
}

function isNumeric(text: string): boolean {
  return /^[-+]?[0-9]+(\.[0-9]*)?$/.test(text);
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "string" && value.trim() === "");
}

function time(value: unknown): number {
  if (value instanceof Date) return value.getTime();
  if (typeof value !== "string" || !/^\d{4}-/.test(value.trim())) return Number.NaN;
  const text = value.trim();
  return Date.parse(text.includes("T") && !/(Z|[+-]\d\d:\d\d)$/.test(text) ? `${text}Z` : text);
}

/** Every way to cut the path into names is tried; a longer name goes before a shorter one's members only when it is the whole rest. */
function at(value: unknown, names: string[]): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const members = new Map<string, unknown>(Object.entries(value));
  if (members.has(names.join("."))) return members.get(names.join("."));
  for (let taken = 1; taken < names.length; taken += 1) {
    const found = at(members.get(names.slice(0, taken).join(".")), names.slice(taken));
    if (found !== undefined) return found;
  }
  return undefined;
}

const NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

export function isOpen(window: RuleWindow, now: number): boolean {
  if (window.from !== undefined && now < Date.parse(window.from)) return false;
  if (window.until !== undefined && now >= Date.parse(window.until)) return false;
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: window.timeZone ?? "UTC",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  const [weekday = "", time = ""] = clock.format(now).split(" ");
  const today = NAMES.indexOf(weekday) + 1;
  const yesterday = today === 1 ? 7 : today - 1;
  const isOn = (day: number) => window.days === undefined || window.days.includes(day);
  const { dailyFrom, dailyUntil } = window;
  if (dailyFrom === undefined || dailyUntil === undefined) return isOn(today);
  // Times of day in this form are in order as texts.
  if (dailyFrom <= dailyUntil) return isOn(today) && time >= dailyFrom && time < dailyUntil;
  return (isOn(today) && time >= dailyFrom) || (isOn(yesterday) && time < dailyUntil);
}
