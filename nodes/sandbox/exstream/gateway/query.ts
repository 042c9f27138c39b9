import type { Exchange } from "../../kernel/exchange";
import { Refusal } from "../api/desk";
import type { Row } from "./rows";

/** A condition of `where_filter`: operator, field, value. */
type Condition = [operator: string, field: string, value: string];

const LONGEST_PAGE = 1000;
const PAGE = 100;

/** The conditions of a request: `where_<field>=value`, and `where_filter`, one triple or a list of them. Throws `Refusal` 400. */
export function conditionsOf(exchange: Exchange): Condition[] {
  const conditions: Condition[] = [];
  for (const [name, value] of exchange.query) {
    const field = /^where_([a-z]+)$/.exec(name)?.[1];
    if (field === "filter") conditions.push(...filterOf(value));
    else if (field && field !== "typeid" && value !== "") conditions.push(["EQ", field, value]);
  }
  return conditions;
}

function filterOf(text: string): Condition[] {
  let filter: unknown;
  try {
    filter = JSON.parse(text);
  } catch {
    throw new Refusal(400, "where_filter is not JSON");
  }
  const triples = Array.isArray(filter) && Array.isArray(filter[0]) ? filter : [filter];
  return triples.map((triple) => {
    const [operator, field, value, ...rest] = Array.isArray(triple) ? (triple as unknown[]) : [];
    if ((operator === "EQ" || operator === "LT") && typeof field === "string" && typeof value === "string" && rest.length === 0) {
      return [operator, field, value];
    }
    throw new Refusal(400, 'where_filter holds triples like ["EQ","field","value"] or ["LT", ...]');
  });
}

/** The value a field must have; undefined when the request does not say. */
export function demanded(conditions: Condition[], field: string): string | undefined {
  return conditions.find(([operator, name]) => operator === "EQ" && name === field)?.[2];
}

export function meets(row: Row, conditions: Condition[]): boolean {
  return conditions.every(([operator, field, value]) => {
    const own = row[field];
    if (own === undefined) return false;
    return operator === "EQ" ? own === value : less(own, value);
  });
}

function less(left: string, right: string): boolean {
  const numbers = left !== "" && right !== "" && Number.isFinite(Number(left)) && Number.isFinite(Number(right));
  return numbers ? Number(left) < Number(right) : left < right;
}

/** The rows behind the place `after` (-1: from the first one), at most `limit`. What `after` counts is not public: here, places. */
export function pageOf<T>(exchange: Exchange, rows: Iterable<T>): T[] {
  const after = numberOf(exchange, "after", -1);
  const limit = Math.min(LONGEST_PAGE, numberOf(exchange, "limit", PAGE));
  const page: T[] = [];
  let place = 0;
  for (const row of rows) {
    if (page.length >= limit) break;
    if (place > after) page.push(row);
    place += 1;
  }
  return page;
}

function numberOf(exchange: Exchange, name: string, initial: number): number {
  const value = exchange.query.get(name);
  if (value === null) return initial;
  if (!/^-?\d{1,9}$/.test(value)) throw new Refusal(400, `${name} must be a whole number`);
  return Number(value);
}
