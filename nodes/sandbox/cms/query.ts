import type { Exchange } from "../kernel/exchange";
import { badFilter, CmsError } from "./errors";
import { type Filter, parseFilter } from "./filter";
import { literalKeys } from "./value-index";

/** What a list request asks for (wire/css.md 6.1, 6.4). */
export interface Query {
  filter?: Filter;
  sort: { field: string; descending: boolean }[];
  /** From 1. */
  page: number;
  itemsPerPage: number;
  includeTotal: boolean;
}

export interface Page<T> {
  rows: T[];
  hasNext: boolean;
  /** Only counted when the query asks for it. */
  total?: number;
}

/** Value of a row's field; undefined when the row has none. */
export type FieldOf<T> = (row: T, field: string) => unknown;

/** The page size without `items-per-page` ([INF] in wire/css.md 6.4). */
const DEFAULT_ITEMS = 10;

/** Reads the list parameters of a request. `maximum` caps the page size. Throws CmsError 400. */
export function readQuery(exchange: Exchange, maximum: number): Query {
  const { query } = exchange;
  const filter = query.get("filter");
  const includeTotal = query.get("include-total");
  return {
    filter: filter ? parseFilter(filter) : undefined,
    sort: readSort(query.get("sortby") ?? ""),
    page: readCount(query.get("page"), 1, "page"),
    itemsPerPage: Math.min(maximum, readCount(query.get("items-per-page"), DEFAULT_ITEMS, "items-per-page")),
    includeTotal: includeTotal !== null && includeTotal !== "false",
  };
}

function readSort(text: string): Query["sort"] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const [, field, direction] = /^([A-Za-z0-9_.-]+)(?:\s+(asc|desc))?$/i.exec(part) ?? [];
      if (!field) throw new CmsError(400, "InvalidSortException", "sortby must be '<attribute> asc' or '<attribute> desc'");
      return { field, descending: direction?.toLowerCase() === "desc" };
    });
}

function readCount(text: string | null, initial: number, name: string): number {
  if (text === null) return initial;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new CmsError(400, "ValidationException", `${name} must be a whole number from 1`);
  return Number(text);
}

/** Every field a query names; for refusing those a type does not have. */
export function fieldsOf(query: Query): string[] {
  const fields = query.sort.map(({ field }) => field);
  const visit = (filter: Filter): void => {
    if ("terms" in filter) filter.terms.forEach(visit);
    else fields.push(filter.field);
  };
  if (query.filter) visit(query.filter);
  return fields;
}

/** Throws CmsError 400 when the query names a field that is not among `known`. */
export function checkFields(query: Query, known: { has(field: string): boolean }): void {
  for (const field of fieldsOf(query)) if (!known.has(field)) throw badFilter(`there is no attribute '${field}' to filter or sort by`);
}

/** Filters, sorts and cuts out one page; reads no more rows than it must. */
export function selectPage<T>(rows: Iterable<T>, query: Query, fieldOf: FieldOf<T>): Page<T> {
  const start = (query.page - 1) * query.itemsPerPage;
  const end = start + query.itemsPerPage;
  const needsAll = query.sort.length > 0 || query.includeTotal;
  const found: T[] = [];
  for (const row of rows) {
    if (query.filter && !matches(row, query.filter, fieldOf)) continue;
    found.push(row);
    if (!needsAll && found.length > end) break;
  }
  if (query.sort.length > 0) found.sort((a, b) => compareRows(a, b, query.sort, fieldOf));
  return { rows: found.slice(start, end), hasNext: found.length > end, ...(query.includeTotal ? { total: found.length } : {}) };
}

function matches<T>(row: T, filter: Filter, fieldOf: FieldOf<T>): boolean {
  switch (filter.kind) {
    case "and":
      return filter.terms.every((term) => matches(row, term, fieldOf));
    case "or":
      return filter.terms.some((term) => matches(row, term, fieldOf));
    default: {
      const value = fieldOf(row, filter.field);
      // A repeating attribute fits when one of its values does.
      const values = (Array.isArray(value) ? value : [value]).map((one) =>
        filter.lower && typeof one === "string" ? one.toLowerCase() : one,
      );
      if (filter.kind === "like") return values.some((one) => one !== null && one !== undefined && filter.pattern.test(String(one)));
      const equal = values.some((one) => filter.values.some((literal) => equals(one, literal)));
      return filter.kind === "equals" ? equal : !equal;
    }
  }
}

function equals(value: unknown, literal: string): boolean {
  if (typeof value === "string") return value === literal;
  if (typeof value === "number" || typeof value === "boolean") return literalKeys(literal).includes(String(value));
  return false;
}

function compareRows<T>(a: T, b: T, sort: Query["sort"], fieldOf: FieldOf<T>): number {
  for (const { field, descending } of sort) {
    const order = compareValues(fieldOf(a, field), fieldOf(b, field));
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

/** Nothing comes before something; numbers by size, the rest as text. */
function compareValues(a: unknown, b: unknown): number {
  const [left, right] = [a ?? null, b ?? null];
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  if (typeof left === "number" && typeof right === "number") return left - right;
  const [leftText, rightText] = [String(left), String(right)];
  return leftText < rightText ? -1 : Number(leftText > rightText);
}
