import type { Condition, RouteRule, RouteTable } from "../../../core/routing/table";

/** Changes to a table that is being edited. Nothing is changed in place: each function gives a new table back. */

export function emptyTable(): RouteTable {
  return { mode: "first", rules: [], default: [] };
}

/** Random, because an id is never reused: not even one of a rule that an older version had. */
export function newRuleId(): string {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const random = crypto.getRandomValues(new Uint8Array(10));
  return `r-${Array.from(random, (byte) => letters[byte % letters.length]).join("")}`;
}

/** At the end: the rules before it keep their say. */
export function addRule(table: RouteTable, name: string): { table: RouteTable; id: string } {
  const id = newRuleId();
  const rule: RouteRule = { id, name, enabled: true, match: "all", conditions: [], destinations: [], settings: {} };
  return { table: { ...table, rules: [...table.rules, rule] }, id };
}

/** Right behind the original and switched off, so that nothing changes until its author has made it what it is to be. */
export function duplicateRule(table: RouteTable, id: string, name: string): { table: RouteTable; id: string } {
  const at = table.rules.findIndex((rule) => rule.id === id);
  const original = table.rules[at];
  if (!original) return { table, id };
  const copy: RouteRule = { ...structuredClone(original), id: newRuleId(), name, enabled: false };
  return { table: { ...table, rules: table.rules.toSpliced(at + 1, 0, copy) }, id: copy.id };
}

export function removeRule(table: RouteTable, id: string): RouteTable {
  return { ...table, rules: table.rules.filter((rule) => rule.id !== id) };
}

/** Puts a rule at a place, counted from 0; a place outside the list is its nearer end. */
export function moveRule(table: RouteTable, id: string, to: number): RouteTable {
  const at = table.rules.findIndex((rule) => rule.id === id);
  const place = Math.max(0, Math.min(to, table.rules.length - 1));
  const rule = table.rules[at];
  if (!rule || at === place) return table;
  return { ...table, rules: table.rules.toSpliced(at, 1).toSpliced(place, 0, rule) };
}

export function changeRule(table: RouteTable, id: string, change: Partial<Omit<RouteRule, "id">>): RouteTable {
  return { ...table, rules: table.rules.map((rule) => (rule.id === id ? { ...rule, ...change } : rule)) };
}

/** A setting without a value is none: it is left out, so that tables compare by what they mean. */
export function changeSettings(rule: RouteRule, change: Partial<RouteRule["settings"]>): RouteRule["settings"] {
  const window = change.window && withoutNothing(change.window);
  const changed = "window" in change ? { ...change, window } : change;
  return withoutNothing({ ...rule.settings, ...changed });
}

function withoutNothing<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => !isNothing(each))) as T;
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === "" || value === false) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

export function newCondition(): Condition {
  return { path: "", op: "equals", value: "" };
}

export function changeCondition(rule: RouteRule, at: number, condition: Condition): Condition[] {
  return rule.conditions.with(at, condition);
}

/** Takes the destination in or out; those that stay keep their order. */
export function toggleDestination(destinations: readonly string[], name: string, wanted: boolean): string[] {
  const others = destinations.filter((each) => each !== name);
  return wanted ? [...others, name] : others;
}

/** Do two tables say the same? The order of an object's properties does not count, nor do properties without a value. */
export function sameTable(a: RouteTable, b: RouteTable): boolean {
  return sameValue(a, b);
}

export function sameValue(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each !== "object" || each === null || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
