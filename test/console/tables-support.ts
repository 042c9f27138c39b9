/** Tables and texts for the tests of what the views of route tables think. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RouteRule, RouteTable } from "../../nodes/core/routing/table.ts";

export function rule(id: string, more: Partial<RouteRule> = {}): RouteRule {
  return {
    id,
    name: `Rule ${id}`,
    enabled: true,
    match: "all",
    conditions: [{ path: "source.jobId", op: "equals", value: id }],
    destinations: ["archive"],
    settings: {},
    ...more,
  };
}

export function table(...rules: RouteRule[]): RouteTable {
  return { mode: "first", rules, default: ["archive"] };
}

const locales = join(import.meta.dirname, "../../nodes/console/ui/locales");

/** The texts of the page themselves, filled in as the page does it. */
export function textsOf(language: string) {
  const all = JSON.parse(readFileSync(join(locales, language, "tables.json"), "utf8"));
  return (key: string, values: Record<string, string | number> = {}): string => {
    const found: unknown = all[key];
    if (typeof found !== "string") throw new Error(`no text ${key}`);
    return found.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  };
}
