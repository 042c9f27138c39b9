/** Route tables as operators write them, as the ledger keeps them, and as they are exported. Plain data throughout. */

/** A condition over one property of `msg.document`; `path` as in `source.customerNumber`, without `msg.document.`. */
export type PropertyCondition = { path: string; negate?: boolean; ignoreCase?: boolean } & (
  | { op: "equals"; value: string | number | boolean }
  | { op: "in"; values: string[] }
  /** A regular expression, searched for anywhere in the text; it is run by an engine whose time is linear in the text. */
  | { op: "matches"; pattern: string }
  | { op: "contains"; value: string }
  /** Numbers, both ends included. */
  | { op: "between"; from: number; to: number }
  /** ISO 8601 date or date-time; a date without a time is its first moment in UTC. */
  | { op: "before"; value: string }
  | { op: "after"; value: string }
  /** The property has a value: not missing, null, blank or an empty list. */
  | { op: "exists" }
);

/** A JSONata expression over the same properties; holds when its result is truthy in JSONata's own sense. */
export interface ExpressionCondition {
  op: "jsonata";
  expression: string;
  negate?: boolean;
}

export type Condition = PropertyCondition | ExpressionCondition;
export type ConditionOperator = Condition["op"];

/** When a rule applies; outside of it the rule is passed over as if it were disabled. */
export interface RuleWindow {
  /** ISO 8601 date-times with zone. */
  from?: string;
  until?: string;
  /** `HH:MM` in `timeZone`; an end before its start goes over midnight. Both or neither. */
  dailyFrom?: string;
  dailyUntil?: string;
  /** ISO days of the week, 1 Monday to 7 Sunday; absent: every day. Over midnight the day is that of the start. */
  days?: number[];
  /** IANA name; absent: UTC. */
  timeZone?: string;
}

export interface RuleSettings {
  /** Kept on `msg.document.route.retentionClass`, for mapping. */
  retentionClass?: string;
  /** 0 to 9, larger is earlier: the order in which documents leave a hold. Default 0. */
  priority?: number;
  /** The rule takes only so many per cent of the documents it matches, always the same ones (by a hash of key and rule id). */
  samplePercent?: number;
  window?: RuleWindow;
  /** Documents of the rule are held at its first destination until an operator releases that destination. */
  hold?: boolean;
}

export interface RouteRule {
  /** Unique in its table and never reused, so that old decisions stay readable. */
  id: string;
  name: string;
  enabled: boolean;
  /** Must all conditions hold, or one of them? A rule without conditions matches every document. */
  match: "all" | "any";
  conditions: Condition[];
  /** At least one. */
  destinations: string[];
  settings: RuleSettings;
}

export interface RouteTable {
  /** `first`: the first rule that matches decides; `all`: the destinations of every rule that matches, in order. */
  mode: "first" | "all";
  rules: RouteRule[];
  /** Where documents go that no rule matches, or whose rules fail. At least one. */
  default: string[];
}

/** One thing that is wrong with a table. `error` keeps it from being activated, `warning` does not. */
export interface TableProblem {
  severity: "error" | "warning";
  /** Key of a text (`check.<code>` in the console's locales); `values` go into it. */
  code: string;
  values: Record<string, string | number>;
  /** English text, for the API and logs. */
  message: string;
  /** Where: rule id and, where it is one, the condition's place; neither for the table itself. */
  rule?: string;
  condition?: number;
}

/** What a router does with one document. */
export interface Decision {
  /** Ids of the rules that decided, in order; empty when the default did. */
  rules: string[];
  destinations: string[];
  settings: RuleSettings;
  /** Rules that failed while they were evaluated: the document then goes to the default. No values of the document in the text. */
  errors: { rule: string; message: string }[];
}

/** A destination that a document-router offers. */
export interface OfferedDestination {
  name: string;
  /** What the integrator calls it; empty: the name. */
  label: string;
  /** Names under which receipts are owed. */
  targets: string[];
}
