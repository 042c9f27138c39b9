/** A value in a query. `at` of a date is in milliseconds since 1970. */
export type Literal =
  | { kind: "string"; value: string }
  | { kind: "number"; value: number }
  | { kind: "boolean"; value: boolean }
  | { kind: "date"; at: number }
  | { kind: "user" };

/** An attribute in a condition, perhaps in `lower(...)` or `upper(...)`. */
export interface Operand {
  attribute: string;
  fold?: "lower" | "upper";
  /** `ANY`: some value of a repeating attribute. */
  any: boolean;
}

export type Comparison = "=" | "<>" | "<" | ">" | "<=" | ">=";

export type Condition =
  | { kind: "and" | "or"; parts: Condition[] }
  | { kind: "not"; inner: Condition }
  | { kind: "compare"; operand: Operand; op: Comparison; value: Literal }
  | { kind: "in"; operand: Operand; values: Literal[] }
  | { kind: "in-select"; operand: Operand; query: SelectQuery }
  | { kind: "full-text"; text: string }
  | { kind: "like"; operand: Operand; pattern: string; escape?: string }
  | { kind: "null"; operand: Operand; what: "null" | "nullstring" | "nulldate" | "nullint" | "nullid" }
  | { kind: "folder"; places: { path?: string; id?: string }[]; descend: boolean }
  | { kind: "type"; name: string }
  | { kind: "contains" | "starts-with"; operand: Operand; text: string };

export interface Column {
  /** Name in the result. */
  name: string;
  /** Undefined for `count(*)`. */
  attribute?: string;
  aggregate?: Aggregate;
  /** `count(distinct attribute)`. */
  distinct?: boolean;
}

export const AGGREGATES = ["count", "min", "max", "sum", "avg"] as const;
export type Aggregate = (typeof AGGREGATES)[number];

export interface SelectQuery {
  distinct: boolean;
  /** Undefined for `*`. */
  columns?: Column[];
  type: string;
  /** `(ALL)`: every version, not only the current one. */
  allVersions: boolean;
  where?: Condition;
  groupBy: string[];
  orderBy: { column: string | number; descending: boolean }[];
  /** `ENABLE(RETURN_TOP n)`. */
  top?: number;
}
