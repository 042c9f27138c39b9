import type { TargetType } from "../core/mapping/types.ts";
import { completeRow, type Row } from "./mapping-rows.ts";

/** Paths to the plain values of a sample, as they are written in a row: `metadata.accountNumber`. */
export function pathsOf(sample: unknown, prefix = ""): string[] {
  if (typeof sample !== "object" || sample === null || Array.isArray(sample)) return prefix === "" ? [] : [prefix];
  return Object.entries(sample).flatMap(([name, value]) => pathsOf(value, prefix === "" ? name : `${prefix}.${name}`));
}

/**
 * Rows for attributes that no row fills: those whose name is that of a path of the sample (case, blanks and underscores
 * aside), and, with an empty source, those the type requires. An attribute that fits two different paths is left alone.
 */
export function suggestRows(type: TargetType, rows: readonly Row[], paths: readonly string[]): Row[] {
  const filled = new Set(rows.map(({ attribute }) => attribute));
  return type.attributes
    .filter(({ name, readOnly }) => !readOnly && !filled.has(name))
    .flatMap(({ name, required }) => {
      const fitting = fittingPaths(name, paths);
      const [only] = fitting;
      if (only !== undefined && fitting.length === 1) return [completeRow({ attribute: name, source: only, ifEmpty: emptyRule(required) })];
      return required ? [completeRow({ attribute: name })] : [];
    });
}

function emptyRule(required: boolean): Row["ifEmpty"] {
  return required ? "quarantine" : "skip";
}

/** A path fits by its last name, or by its last two names together (`account.number` for `account_number`). */
function fittingPaths(attribute: string, paths: readonly string[]): string[] {
  const wanted = plain(attribute);
  return paths.filter((path) => {
    const names = path.split(".");
    return plain(names.at(-1) ?? "") === wanted || plain(names.slice(-2).join("")) === wanted;
  });
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
