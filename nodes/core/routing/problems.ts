import type { TableProblem } from "./table";

/** English texts, as the API and logs show them; `{{name}}` stands for the value of that name. */
const TEXTS = {
  // the form of the data
  "expected-object": "{{field}} must be an object.",
  "expected-list": "{{field}} must be a list.",
  "expected-text": "{{field}} must be a text.",
  "expected-number": "{{field}} must be a number.",
  "expected-boolean": "{{field}} must be true or false.",
  "expected-choice": "{{field}} must be one of: {{choices}}.",
  "expected-value": "{{field}} must be a text, a number, true or false.",
  "unknown-field": "{{field}} is not known and has no effect.",
  "too-many-rules": "The table has {{count}} rules; at most {{limit}} are allowed.",
  "too-many-conditions": "The rule has {{count}} conditions; at most {{limit}} are allowed.",
  "too-many-values": "{{field}} has {{count}} entries; at most {{limit}} are allowed.",
  "too-long": "{{field}} is longer than {{limit}} characters.",
  // an exported file
  "import-not-json": "The file is not JSON.",
  "import-format": "The file is not an exported route table: it lacks docbridge, version 1, table or content.",
  // rules
  "id-invalid": 'The id "{{id}}" cannot be used: take letters, digits, "-", "_" and ".", at most 64, and not "default".',
  "id-repeated": 'Another rule has the id "{{id}}", too.',
  "name-missing": "The rule has no name.",
  "name-repeated": 'Another rule is called "{{name}}", too.',
  "destination-missing": "The rule has no destination.",
  "default-missing": "The table has no default destination: choose where documents go that no rule matches.",
  "destination-unknown": 'No router of this table offers the destination "{{destination}}".',
  "rule-unreachable": 'No document gets here: the rule "{{by}}" before it takes every document.',
  // conditions
  "path-missing": "The condition names no property.",
  "path-unknown": 'The property "{{path}}" is not one rules can use; it must begin with one of: {{roots}}.',
  "value-missing": "{{field}} is empty. To ask whether a property has a value, use exists.",
  "pattern-invalid": "The regular expression cannot be used: {{reason}}. Look-ahead, look-behind and back-references are not supported.",
  "expression-invalid": "The JSONata expression cannot be used: {{reason}}",
  "expression-root": "In a rule's JSONata, properties begin with one of: {{roots}} - without msg or document before it.",
  "range-reversed": "The range begins at {{from}} and ends before that, at {{to}}.",
  "date-invalid": '"{{date}}" is no ISO 8601 date or date-time, such as 2026-03-31 or 2026-03-31T08:00:00+02:00.',
  // settings
  "priority-range": "The priority must be a whole number from 0 to 9.",
  "sample-range": "The sample must be 0 to 100 per cent.",
  "window-date": '"{{date}}" is no ISO 8601 date-time with a time zone, such as 2026-03-31T08:00:00+02:00.',
  "window-half": "A daily time window needs both its beginning and its end.",
  "window-time": '"{{time}}" is no time of day, such as 08:30.',
  "window-days": "Days of the week are whole numbers from 1 (Monday) to 7 (Sunday).",
  "window-zone": '"{{zone}}" is no time zone, such as Europe/Berlin.',
  "window-never-open": "The time window is never open.",
} as const;

export type TableProblemCode = keyof typeof TEXTS;

/** Every code a problem can have: each needs a text `check.<code>` in the console's locales. */
export const TABLE_PROBLEMS = Object.keys(TEXTS) as TableProblemCode[];

export interface ProblemPlace {
  /** The rule's id, where it has one. */
  rule?: string;
  /** What a person calls the rule: its name, or its number. */
  label?: string;
  condition?: number;
}

export function tableProblem(
  severity: TableProblem["severity"],
  code: TableProblemCode,
  values: TableProblem["values"] = {},
  { rule, label, condition }: ProblemPlace = {},
): TableProblem {
  const text = TEXTS[code].replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name]));
  const where = [...(label === undefined ? [] : [`Rule ${label}`]), ...(condition === undefined ? [] : [`condition ${condition + 1}`])];
  return {
    severity,
    code,
    values,
    message: where.length === 0 ? text : `${where.join(", ")}: ${text}`,
    ...(rule === undefined ? {} : { rule }),
    ...(condition === undefined ? {} : { condition }),
  };
}
