import type { RouteRule, RouteTable, RuleSettings } from "../../../core/routing/table";
import { sameValue } from "./model.ts";

/** What differs between two tables: for the history, before activating, and when somebody else has saved meanwhile. */
export interface TableDiff {
  mode?: { before: RouteTable["mode"]; after: RouteTable["mode"] };
  default?: { before: string[]; after: string[] };
  /** Rules that differ, in the order of the table after; those taken out stand where they were. */
  rules: RuleDiff[];
}

export type RuleField = "name" | "enabled" | "match" | "conditions" | "destinations" | keyof RuleSettings;

/** Places are counted from 1, as people see them. */
export type RuleDiff =
  | { kind: "added"; after: RouteRule; place: number }
  | { kind: "removed"; before: RouteRule; place: number }
  | { kind: "kept"; before: RouteRule; after: RouteRule; place: number; fields: RuleField[]; moved?: { from: number; to: number } };

const plainFields = ["name", "enabled", "match", "conditions", "destinations"] as const;
const settingFields = ["retentionClass", "priority", "samplePercent", "window", "hold"] as const;

export function diffTables(before: RouteTable, after: RouteTable): TableDiff {
  const diff: TableDiff = { rules: ruleDiffs(before.rules, after.rules) };
  if (before.mode !== after.mode) diff.mode = { before: before.mode, after: after.mode };
  if (!sameValue(before.default, after.default)) diff.default = { before: before.default, after: after.default };
  return diff;
}

export function isEmptyDiff(diff: TableDiff): boolean {
  return !diff.mode && !diff.default && diff.rules.length === 0;
}

/** How much differs, for a summary in one line. */
export function countDiff(diff: TableDiff): { added: number; removed: number; changed: number; moved: number } {
  const kept = diff.rules.filter((rule) => rule.kind === "kept");
  return {
    added: diff.rules.filter(({ kind }) => kind === "added").length,
    removed: diff.rules.filter(({ kind }) => kind === "removed").length,
    changed: kept.filter(({ fields }) => fields.length > 0).length,
    moved: kept.filter(({ moved }) => moved).length,
  };
}

function ruleDiffs(before: readonly RouteRule[], after: readonly RouteRule[]): RuleDiff[] {
  const places = new Map(before.map((rule, at) => [rule.id, at]));
  const resting = restingIds(before, after);
  const found = after.flatMap((rule, at): RuleDiff[] => {
    const from = places.get(rule.id);
    const old = from === undefined ? undefined : before[from];
    if (from === undefined || !old) return [{ kind: "added", after: rule, place: at + 1 }];
    const fields = changedFields(old, rule);
    const moved = resting.has(rule.id) ? undefined : { from: from + 1, to: at + 1 };
    if (fields.length === 0 && !moved) return [];
    return [{ kind: "kept", before: old, after: rule, place: at + 1, fields, ...(moved && { moved }) }];
  });

  const left = new Set(after.map(({ id }) => id));
  const removed = before.flatMap((rule, at): RuleDiff[] => (left.has(rule.id) ? [] : [{ kind: "removed", before: rule, place: at + 1 }]));
  return [...found, ...removed].toSorted((a, b) => a.place - b.place);
}

function changedFields(before: RouteRule, after: RouteRule): RuleField[] {
  return [
    ...plainFields.filter((field) => !sameValue(before[field], after[field])),
    ...settingFields.filter((field) => !sameValue(before.settings[field], after.settings[field])),
  ];
}

/**
 * The largest set of rules whose order among themselves is the same in both tables: one rule dragged from top to bottom
 * is one rule moved, not all the others.
 */
function restingIds(before: readonly RouteRule[], after: readonly RouteRule[]): Set<string> {
  const places = new Map(before.map((rule, at) => [rule.id, at]));
  const kept = after.flatMap(({ id }) => places.get(id) ?? []);
  // By place in `kept`: length of the longest rising run that ends there, and the place before it in that run.
  const lengths: number[] = [];
  const previous: number[] = [];
  kept.forEach((place, at) => {
    const best = kept.slice(0, at).reduce((found, each, i) => (each < place && (lengths[i] ?? 0) > (lengths[found] ?? 0) ? i : found), -1);
    lengths.push((lengths[best] ?? 0) + 1);
    previous.push(best);
  });

  const ids = new Set<string>();
  for (let at = lengths.indexOf(Math.max(0, ...lengths)); at >= 0; at = previous[at] ?? -1) {
    const rule = before[kept[at] ?? -1];
    if (rule) ids.add(rule.id);
  }
  return ids;
}
