import type { Exchange } from "../../kernel/exchange";
import { Refusal } from "./desk";

/** Page length when the caller names none (ours), and the longest one. */
const PAGE = 1000;

/** Tells whether a record passes one filter key with the value given; `loose` when case does not count. */
export type Test<T> = (record: T, value: string, loose: boolean) => boolean;

/** Filter keys of a list. */
export type Tests<T> = Record<string, Test<T>>;

/**
 * The records of a list request: `filter=key:value;key:a,b`, `sort=desc_<field>` or `asc_<field>`, `offset`, `count`
 * (wire/exstream.md 6). Throws `Refusal` 400 for a key the list does not know.
 */
export function pageOf<T extends object>(exchange: Exchange, records: Iterable<T>, tests: Tests<T>, dateField: keyof T & string) {
  const offset = wholeNumber(exchange, "offset", 0);
  const count = Math.max(1, Math.min(PAGE, wholeNumber(exchange, "count", PAGE)));
  const found = sorted(filtered(exchange.query.get("filter"), records, tests), exchange.query.get("sort") ?? `desc_${dateField}`);
  return { data: found.slice(offset, offset + count), page: pageInfo(offset, count, found.length) };
}

/** The `page` member of a list reply. Pages are counted from 1 (ours; the vendor does not say). */
export function pageInfo(offset: number, count: number, total: number): Record<string, number> {
  return {
    pageSize: count,
    pageOffset: offset,
    totalElements: total,
    totalPages: Math.ceil(total / count),
    currentPageNumber: Math.floor(offset / count) + 1,
  };
}

/** Keeps the records that pass every key of a filter. Throws `Refusal` 400 for a key that is not in `tests`. */
export function filtered<T>(filter: string | null, records: Iterable<T>, tests: Tests<T>): T[] {
  const loose = (filter ?? "").split(";").includes("caseSensitive:false");
  const checks = (filter ?? "")
    .split(";")
    .filter(Boolean)
    .map((pair): ((record: T) => boolean) => {
      const colon = pair.indexOf(":");
      const key = pair.slice(0, colon);
      const test = colon > 0 && Object.hasOwn(tests, key) ? tests[key] : undefined;
      if (!test) throw new Refusal(400, `the filter part '${pair}' is not one of ${Object.keys(tests).join(", ")} with a value`);
      const value = pair.slice(colon + 1);
      return (record) => test(record, value, loose);
    });
  return [...records].filter((record) => checks.every((check) => check(record)));
}

/** Matches a field that holds one of the values of a comma list. */
export function oneOf<T>(field: keyof T): Test<T> {
  return (record, value) => value.split(",").includes(String(record[field]));
}

/** Matches a field that is equal. */
export function equal<T>(field: keyof T): Test<T> {
  return (record, value) => String(record[field] ?? "") === value;
}

/** Matches a field that is equal, in any case where the filter says `caseSensitive:false`. */
export function named<T>(field: keyof T): Test<T> {
  return (record, value, loose) => {
    const name = String(record[field] ?? "");
    return loose ? name.toLowerCase() === value.toLowerCase() : name === value;
  };
}

/** Matches a date field on or after (`Start`), or before (`End`), a day given as `yyyy-MM-dd` in UTC. */
export function dateTests<T>(names: Record<string, keyof T>): Tests<T> {
  return Object.fromEntries(
    Object.entries(names).flatMap(([name, field]) => [
      [`${name}Start`, (record: T, value: string) => dateOf(record[field], value, (date, day) => date >= day)],
      [`${name}End`, (record: T, value: string) => dateOf(record[field], value, (date, day) => date < day)],
    ]),
  );
}

/** A whole number of the query. Throws `Refusal` 400. */
export function wholeNumber(exchange: Exchange, name: string, initial: number): number {
  const value = exchange.query.get(name);
  if (value === null) return initial;
  if (!/^\d{1,9}$/.test(value)) throw new Refusal(400, `${name} must be a whole number`);
  return Number(value);
}

function dateOf(date: unknown, value: string, test: (date: number, day: number) => boolean): boolean {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(day)) throw new Refusal(400, `'${value}' is not a day as yyyy-MM-dd`);
  return typeof date === "number" && test(date, day);
}

function sorted<T extends object>(records: T[], sort: string): T[] {
  const [, direction, field] = /^(asc|desc)_([A-Za-z]+)$/.exec(sort) ?? [];
  if (!direction || !field) throw new Refusal(400, "sort must look like desc_<field> or asc_<field>");
  const sign = direction === "asc" ? 1 : -1;
  return records.sort((a, b) => sign * compare((a as Record<string, unknown>)[field], (b as Record<string, unknown>)[field]));
}

/** Absent values come first. */
function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [String(a ?? ""), String(b ?? "")];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
