import { checkCondition } from "./check-condition";
import type { PrepareExpression } from "./compile";
import { Fields, Findings, isObject } from "./fields";
import type { TableProblem } from "./table";
import { instantOf } from "./values";
import { isTimeZone, neverOpens, TIME_OF_DAY } from "./window";

export const MOST_RULES = 500;
export const MOST_CONDITIONS = 100;
const MOST_DESTINATIONS = 100;
const RULE_ID = /^[\w.-]{1,64}$/;

/**
 * Everything that is wrong with a table, whatever the documents are. Takes anything, so that a broken import is
 * explained instead of failing, and never throws. `destinations`: what the routers offer; undefined while nobody knows.
 * A table without an `error` among its problems is a RouteTable that `compileTable` compiles.
 */
export function checkTable(content: unknown, destinations: readonly string[] | undefined, prepare: PrepareExpression): TableProblem[] {
  const findings = new Findings();
  if (!isObject(content)) {
    findings.add("error", "expected-object", { field: "content" }, {});
    return findings.problems;
  }
  const table = new Fields(content, "", findings, {});
  table.only("mode", "rules", "default");
  const mode = table.choice("mode", ["first", "all"]);
  const known = destinations && new Set(destinations);
  checkDestinations(table, "default", "default-missing", known, "error");
  const rules = table.list("rules") ?? [];
  if (rules.length > MOST_RULES) table.error("too-many-rules", { count: rules.length, limit: MOST_RULES });
  const seen: SeenRules = { ids: new Set(), names: new Set(), takesAll: undefined };
  for (const [at, rule] of rules.slice(0, MOST_RULES).entries()) {
    const path = `rules[${at}]`;
    if (isObject(rule)) checkRule(new Fields(rule, path, findings, placeOf(rule, at)), known, mode === "first", seen, prepare, findings);
    else findings.add("error", "expected-object", { field: path }, {});
  }
  return findings.problems;
}

interface SeenRules {
  ids: Set<string>;
  names: Set<string>;
  /** Label of an enabled rule that takes every document. */
  takesAll: string | undefined;
}

function placeOf(rule: Record<string, unknown>, at: number): { rule?: string; label: string } {
  const { id, name } = rule;
  const label = typeof name === "string" && name.trim() !== "" ? `"${name.slice(0, 100)}"` : String(at + 1);
  return typeof id === "string" ? { rule: id.slice(0, 100), label } : { label };
}

function checkRule(
  rule: Fields,
  known: ReadonlySet<string> | undefined,
  isFirst: boolean,
  seen: SeenRules,
  prepare: PrepareExpression,
  findings: Findings,
): void {
  rule.only("id", "name", "enabled", "match", "conditions", "destinations", "settings");
  checkNames(rule, seen);
  const enabled = rule.flag("enabled");
  rule.choice("match", ["all", "any"]);
  checkDestinations(rule, "destinations", "destination-missing", known, enabled === false ? "warning" : "error");
  const conditions = rule.list("conditions");
  const isAlways = checkSettings(rule, findings) && conditions?.length === 0;
  if (conditions && conditions.length > MOST_CONDITIONS) {
    rule.error("too-many-conditions", { count: conditions.length, limit: MOST_CONDITIONS });
  }
  for (const [at, condition] of (conditions ?? []).slice(0, MOST_CONDITIONS).entries()) {
    const path = rule.place(`conditions[${at}]`);
    const where = { ...rule.where, condition: at };
    if (isObject(condition)) checkCondition(new Fields(condition, path, findings, where), prepare);
    else findings.add("error", "expected-object", { field: path }, where);
  }
  if (!isFirst || enabled !== true) return;
  if (seen.takesAll !== undefined) rule.warning("rule-unreachable", { by: seen.takesAll });
  else if (isAlways) seen.takesAll = (rule.where.label ?? "").replaceAll('"', "");
}

function checkNames(rule: Fields, { ids, names }: SeenRules): void {
  const id = rule.text("id");
  if (id !== undefined && (!RULE_ID.test(id) || id === "default")) rule.error("id-invalid", { id });
  else if (id !== undefined && ids.has(id)) rule.error("id-repeated", { id });
  if (id !== undefined) ids.add(id);
  const name = rule.text("name")?.trim();
  if (name === "") rule.warning("name-missing");
  else if (name !== undefined && names.has(name)) rule.warning("name-repeated", { name });
  if (name !== undefined) names.add(name);
}

function checkDestinations(
  fields: Fields,
  field: "default" | "destinations",
  missing: "default-missing" | "destination-missing",
  known: ReadonlySet<string> | undefined,
  severity: "error" | "warning",
): void {
  const names = fields.texts(field, MOST_DESTINATIONS);
  if (names?.length === 0) fields.error(missing);
  for (const [at, destination] of (names ?? []).entries()) {
    if (destination.trim() === "") fields.error("value-missing", { field: fields.place(`${field}[${at}]`) });
    else if (known && !known.has(destination)) fields[severity]("destination-unknown", { destination });
  }
}

/** Whether a rule with these settings takes every document it matches, at any time. */
function checkSettings(rule: Fields, findings: Findings): boolean {
  const object = rule.object("settings");
  if (!object) return false;
  const settings = new Fields(object, rule.place("settings"), findings, rule.where);
  settings.only("retentionClass", "priority", "samplePercent", "window", "hold");
  settings.text("retentionClass", { optional: true });
  settings.flag("hold", { optional: true });
  const priority = settings.number("priority", { optional: true });
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 9)) settings.error("priority-range");
  const percent = settings.number("samplePercent", { optional: true });
  if (percent !== undefined && !(percent >= 0 && percent <= 100)) settings.error("sample-range");
  const window = settings.object("window", { optional: true });
  if (window) checkWindow(new Fields(window, settings.place("window"), findings, rule.where));
  return settings.get("window") === undefined && (percent ?? 100) === 100;
}

function checkWindow(window: Fields): void {
  window.only("from", "until", "dailyFrom", "dailyUntil", "days", "timeZone");
  const [from, until] = (["from", "until"] as const).map((name) => windowDate(window, name));
  const [dailyFrom, dailyUntil] = (["dailyFrom", "dailyUntil"] as const).map((name) => timeOfDay(window, name));
  const isHalf = (window.get("dailyFrom") === undefined) !== (window.get("dailyUntil") === undefined);
  if (isHalf) window.error("window-half");
  const zone = window.text("timeZone", { optional: true });
  const isZone = zone === undefined || isTimeZone(zone);
  if (!isZone) window.error("window-zone", { zone });
  const days = window.list("days", { optional: true });
  const isDays = [...(days ?? [])].every((day) => Number.isInteger(day) && Number(day) >= 1 && Number(day) <= 7);
  if (!isDays) window.error("window-days");
  const isReversed = from !== undefined && until !== undefined && (instantOf(from) ?? 0) >= (instantOf(until) ?? 0);
  const isReadable = isZone && isDays && !isHalf;
  const read = { from, until, dailyFrom, dailyUntil, days: days as number[] | undefined, timeZone: zone };
  if (isReversed || (isReadable && neverOpens(read))) window.error("window-never-open");
}

/** A readable date of the window; undefined, with a problem, for any other. */
function windowDate(window: Fields, name: "from" | "until"): string | undefined {
  const date = window.text(name, { optional: true });
  if (date === undefined || (instantOf(date) !== undefined && /T.*(?:Z|[+-]\d{2}(?::?\d{2})?)$/.test(date.trim()))) return date;
  window.error("window-date", { date });
  return undefined;
}

function timeOfDay(window: Fields, name: "dailyFrom" | "dailyUntil"): string | undefined {
  const time = window.text(name, { optional: true });
  if (time === undefined || TIME_OF_DAY.test(time)) return time;
  window.error("window-time", { time });
  return undefined;
}
