import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Attribute, ObjectType, Scalar, Value } from "../model/types";
import { doubleText, emptyText, valueText } from "../wire/literals";
import type { Column, SelectQuery } from "./ast";
import { noAttribute } from "./compile";
import { queryFailure } from "./errors";
import type { Row } from "./select";

/** One value of a row: what it is ordered by, and its JSON text. */
interface Cell {
  value: Scalar;
  text: string;
}

/** Rows of COUNT, MIN, MAX, SUM and AVG, one for every group. Throws before the first row. */
export function aggregated(
  repository: Repository,
  type: ObjectType,
  columns: readonly Column[],
  query: SelectQuery,
  records: Iterable<ObjectRecord>,
): Iterable<Row> {
  const attributes = new Map(
    [...query.groupBy, ...columns.map(({ attribute }) => attribute ?? "")].filter(Boolean).map((name) => [name, demand(type, name)]),
  );
  for (const { aggregate, attribute } of columns) checkAggregate(aggregate, attributes.get(attribute ?? ""));
  const order = query.orderBy.map(({ column, descending }) => {
    const at =
      typeof column === "number" ? column - 1 : columns.findIndex(({ name, attribute }) => name === column || attribute === column);
    if (!columns[at]) throw queryFailure("DM_QUERY_E_ORDER_BY", `The result cannot be ordered by (${column}).`);
    return { at, descending };
  });
  const groups = new Map<string, ObjectRecord[]>();
  for (const record of records) {
    const key = query.groupBy.map((name) => JSON.stringify(valueOfRecord(repository, record, attributes.get(name) as Attribute))).join();
    const group = groups.get(key);
    if (group) group.push(record);
    else groups.set(key, [record]);
  }
  // Without GROUP BY there is one row, of nothing too.
  const all = query.groupBy.length === 0 ? [[...groups.values()].flat()] : [...groups.values()];
  const rows = all.map((group) => columns.map((column) => cellOf(repository, column, attributes.get(column.attribute ?? ""), group)));
  rows.sort((a, b) => compareRows(a, b, order));
  return rows.map((cells) => ({
    properties: `{${cells.map(({ text }, at) => `${JSON.stringify(columns[at]?.name)}:${text}`).join(",")}}`,
  }));
}

function demand(type: ObjectType, name: string): Attribute {
  const attribute = type.byName.get(name);
  if (!attribute) throw noAttribute(name);
  if (attribute.repeating)
    throw queryFailure("DM_QUERY_E_REPEATING_USED", `You have specified a repeating attribute (${name}) where it is not allowed.`);
  return attribute;
}

function checkAggregate(aggregate: Column["aggregate"], attribute: Attribute | undefined): void {
  if ((aggregate !== "sum" && aggregate !== "avg") || !attribute || attribute.type === "integer" || attribute.type === "double") return;
  throw queryFailure("DM_QUERY_E_TYPE_MISMATCH", `The attribute (${attribute.name}) is no number.`);
}

function cellOf(repository: Repository, column: Column, attribute: Attribute | undefined, group: readonly ObjectRecord[]): Cell {
  if (!attribute) return numberCell(group.length, "integer");
  if (!column.aggregate) {
    const value = valueOfRecord(repository, group[0] as ObjectRecord, attribute);
    return { value: value as Scalar, text: value === undefined ? emptyText(attribute) : valueText(value, attribute) };
  }
  const values = group
    .map((record) => valueOfRecord(repository, record, attribute))
    .filter((one) => one !== undefined && one !== null) as Scalar[];
  switch (column.aggregate) {
    case "count":
      return numberCell(column.distinct ? new Set(values).size : values.length, "integer");
    case "sum":
      return numberCell(sumOf(values), attribute.type);
    case "avg":
      return numberCell(values.length === 0 ? 0 : sumOf(values) / values.length, "double");
    case "min":
    case "max": {
      const sorted = [...values].sort((a, b) => ((a as string) < (b as string) ? -1 : 1));
      const value = sorted.at(column.aggregate === "min" ? 0 : -1);
      return { value: value ?? null, text: value === undefined ? emptyText(attribute) : valueText(value, attribute) };
    }
  }
}

/** Numbers that were never set count as zero; unset texts and dates do not count. */
function valueOfRecord(repository: Repository, record: ObjectRecord, attribute: Attribute): Value | undefined {
  const value = repository.value(record, attribute);
  return value ?? (attribute.type === "integer" || attribute.type === "double" ? 0 : undefined);
}

function sumOf(values: readonly Scalar[]): number {
  return values.reduce<number>((sum, value) => sum + Number(value), 0);
}

function numberCell(value: number, type: string): Cell {
  return { value, text: type === "double" ? doubleText(value) : String(value) };
}

function compareRows(a: readonly Cell[], b: readonly Cell[], order: readonly { at: number; descending: boolean }[]): number {
  for (const { at, descending } of order) {
    const [left, right] = [a[at]?.value ?? "", b[at]?.value ?? ""];
    if (left !== right) return left < right === descending ? 1 : -1;
  }
  return 0;
}
