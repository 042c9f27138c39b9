import { PERMIT, type User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Attribute, ObjectType } from "../model/types";
import { emptyText, valueText } from "../wire/literals";
import type { Column, SelectQuery } from "./ast";
import { type Context, compile, noAttribute, unknownType } from "./compile";
import { queryFailure } from "./errors";
import { comparator, type SortKey } from "./order";
import { candidatesFor } from "./plan";

/** One row of a result. */
export interface Row {
  /** JSON text of the `properties` member. */
  properties: string;
  /** The object the row stands for; none for `count(*)`. */
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
  const render = renderer(repository, type, columns);
  const records = matching({ repository, user, type }, query);
  const hasObjectId = columns.some(({ attribute }) => attribute === "r_object_id");
  const isCount = columns.some(({ count }) => count);
  const rows = isCount ? countRow(columns[0] as Column, records) : rowsOf(ordered(repository, type, columns, query, records), render);
  return {
    rows: query.top === undefined ? distinct(rows, query) : firstOf(distinct(rows, query), query.top),
    type: type.name,
    hasObjectId,
  };
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

function* countRow(column: Column, records: Iterable<ObjectRecord>): Iterable<Row> {
  let count = 0;
  for (const _record of records) count += 1;
  yield { properties: `{${JSON.stringify(column.name)}:${count}}` };
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
