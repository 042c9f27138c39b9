/** A search, however it was asked for (wire/documentum.md 15.2, 15.3). */
export interface SearchQuery {
  types: string[];
  /** Attributes to show of every hit; all when empty. */
  columns: string[];
  sorts: { property: string; ascending: boolean }[];
  /** Places to look in; everywhere when empty. */
  locations: { id?: string; path?: string; descend: boolean }[];
  allVersions: boolean;
  hidden: boolean;
  expression?: Expression;
  facets: FacetDefinition[];
  /** Hits that count for facets at most. */
  facetLimit: number;
}

export type PropertyOperator =
  | "EQUAL"
  | "NOT_EQUAL"
  | "GREATER_THAN"
  | "LESS_THAN"
  | "GREATER_EQUAL"
  | "LESS_EQUAL"
  | "BEGINS_WITH"
  | "CONTAINS"
  | "DOES_NOT_CONTAIN"
  | "ENDS_WITH"
  | "IS_NULL"
  | "IS_NOT_NULL"
  | "IN"
  | "NOT_IN"
  | "BETWEEN";

export type Expression =
  | { kind: "set"; operator: "AND" | "OR"; parts: Expression[] }
  | { kind: "not"; inner: Expression }
  /** One word or phrase; `*` stands for any letters. */
  | { kind: "fulltext"; term: string }
  | { kind: "property"; name: string; operator: PropertyOperator; values: string[]; caseSensitive: boolean }
  | { kind: "relative-date"; name: string; operator: PropertyOperator; amount: number; unit: TimeUnit };

export const TIME_UNITS = ["MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR"] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];

export interface FacetDefinition {
  id: string;
  label: string;
  attributes: string[];
  groupBy: string;
  sort: string;
  maxValues: number;
  /** Only hits with this value. */
  constraint?: string;
}

export const NOTHING: SearchQuery = {
  types: ["dm_sysobject"],
  columns: [],
  sorts: [],
  locations: [],
  allVersions: false,
  hidden: false,
  facets: [],
  facetLimit: 1000,
};

/** Every word and phrase of an expression that is looked for in texts. */
export function termsOf(expression: Expression | undefined): string[] {
  if (expression?.kind === "fulltext") return [expression.term];
  return expression?.kind === "set" ? expression.parts.flatMap(termsOf) : [];
}
