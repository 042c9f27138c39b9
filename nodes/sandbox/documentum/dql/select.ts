import { PERMIT, type User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Attribute, ObjectType, Scalar } from "../model/types";
import { emptyText, valueText } from "../wire/literals";
import { aggregated } from "./aggregate";
import type { Column, SelectQuery } from "./ast";
import { type Context, compile, noAttribute, unknownType } from "./compile";
import { queryFailure } from "./errors";
import { comparator, type SortKey } from "./order";
import { candidatesFor } from "./plan";

/** One row of a result. */
export interface Row {
  /** JSON text of the `properties` member. */
  properties: string;
  /** The object the row stands for; none for an aggregate. */
  record?: ObjectRecord;
}

/** The rows of a query, one after the other; and whether rows can be linked to their objects (15.1). */
export interface Result {
  rows: Iterable<Row>;
  type: string;
  hasObjectId: boolean;
}

/**
 * Carries out a query for a user, who finds only what they may browse. Without an order rows come oldest first.
 * Throws DM_QUERY failures before the first row.
 */
export function runSelect(repository: Repository, user: User, query: SelectQuery): Result {
  const type = repository.types.get(query.type);
  if (!type) throw unknownType(query.type);
  const columns: Column[] = query.columns ?? type.all.map(({ name }) => ({ name, attribute: name }));
  const records = matching(contextFor(repository, user, type), query);
  const grouped = query.groupBy.length > 0 || columns.some(({ aggregate }) => aggregate);
  const hasObjectId = !grouped && columns.some(({ attribute }) => attribute === "r_object_id");
  const rows = grouped
    ? aggregated(repository, type, columns, query, records)
    : rowsOf(ordered(repository, type, columns, query, records), renderer(repository, type, columns));
  return {
    rows: query.top === undefined ? distinct(rows, query) : firstOf(distinct(rows, query), query.top),
    type: type.name,
    hasObjectId,
  };
}

function contextFor(repository: Repository, user: User, type: ObjectType): Context {
  return { repository, user, type, subselect: (query) => valuesOf(repository, user, query) };
}

/** What a query in brackets finds: the values of its one column. */
function valuesOf(repository: Repository, user: User, query: SelectQuery): ReadonlySet<Scalar> {
  const type = repository.types.get(query.type);
  if (!type) throw unknownType(query.type);
  const [column, ...others] = query.columns ?? [];
  const attribute = column && !column.aggregate ? type.byName.get(String(column.attribute)) : undefined;
  if (column && !column.aggregate && !attribute) throw noAttribute(String(column.attribute));
  if (!attribute || others.length > 0) throw queryFailure("DM_QUERY_E_SUBQUERY", "A query in brackets must select one attribute.");
  const found = new Set<Scalar>();
  for (const record of matching(contextFor(repository, user, type), query)) {
    const value = repository.value(record, attribute);
    for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value]) found.add(one);
  }
  return found;
}

/** Names and types are checked here and not at the first row: generators start late. */
function matching(context: Context, query: SelectQuery): Iterable<ObjectRecord> {
  const { repository, user, type } = context;
  const test = query.where ? compile(query.where, context) : () => true;
  const candidates = candidatesFor(query.where, context) ?? everyId(repository, type);
  const family = repository.types.family(type.name);
  const versioned = repository.types.isA(type.name, "dm_sysobject");
  return (function* () {
    for (const id of candidates) {
      const record = repository.objects.get(id);
      if (!record || !family.has(record.type) || !test(record)) continue;
      if (versioned && !query.allVersions && !repository.versions.isCurrent(record)) continue;
      if (!versioned || repository.permits.levelOf(user, record) >= PERMIT.browse) yield record;
    }
  })();
}

function* everyId(repository: Repository, type: ObjectType): Iterable<string> {
  for (const name of repository.types.family(type.name)) yield* repository.objects.idsOf(name);
}

function renderer(repository: Repository, type: ObjectType, columns: readonly Column[]): (record: ObjectRecord) => string {
  const fields: { key: string; attribute: Attribute }[] = [];
  for (const column of columns) {
    if (column.attribute === undefined) continue;
    const attribute = type.byName.get(column.attribute);
    if (!attribute) throw noAttribute(column.attribute);
    fields.push({ key: JSON.stringify(column.name), attribute });
  }
  return (record) => {
    const members = fields.map(({ key, attribute }) => {
      const value = repository.value(record, attribute);
      return `${key}:${value === undefined ? emptyText(attribute) : valueText(value, attribute)}`;
    });
    return `{${members.join(",")}}`;
  };
}

function* rowsOf(records: Iterable<ObjectRecord>, render: (record: ObjectRecord) => string): Iterable<Row> {
  for (const record of records) yield { properties: render(record), record };
}

function ordered(
  repository: Repository,
  type: ObjectType,
  columns: readonly Column[],
  query: SelectQuery,
  records: Iterable<ObjectRecord>,
): Iterable<ObjectRecord> {
  if (query.orderBy.length === 0) return records;
  const keys = query.orderBy.map(({ column, descending }): SortKey => {
    // A number is a place in the select list; a name may also be one given with AS.
    const named = typeof column === "number" ? columns[column - 1] : columns.find(({ name }) => name === column);
    const attribute = type.byName.get(named?.attribute ?? String(column));
    if (!attribute) throw queryFailure("DM_QUERY_E_ORDER_BY", `The result cannot be ordered by (${column}).`);
    return { attribute, descending };
  });
  return [...records].sort(comparator(repository, keys));
}

function* distinct(rows: Iterable<Row>, query: SelectQuery): Iterable<Row> {
  const seen = new Set<string>();
  for (const row of rows) {
    if (query.distinct && seen.has(row.properties)) continue;
    if (query.distinct) seen.add(row.properties);
    yield row;
  }
}

function* firstOf(rows: Iterable<Row>, top: number): Iterable<Row> {
  if (top === 0) return;
  let taken = 0;
  for (const row of rows) {
    yield row;
    taken += 1;
    if (taken >= top) return;
  }
}
