import type { Condition, ConditionOperator, RouteRule, RouteTable } from "../../../core/routing/table";

/** What keeps a file from being a route table: a text (`file.<code>`) and where in the file. */
export interface FileProblem {
  code: string;
  values: Record<string, string | number>;
}

/** Larger than any table that people could still read. */
const largestFile = 2_000_000;

export function exportText(table: RouteTable): string {
  return `${JSON.stringify(table, null, 2)}\n`;
}

/**
 * Reads an exported table. Only its shape is judged here, so that every field of the editor has what it expects; what the
 * values mean is judged by the check, as for a table written by hand.
 */
export function readTable(text: string): { table: RouteTable } | { problems: FileProblem[] } {
  if (text.length > largestFile) return { problems: [{ code: "large", values: { megabytes: largestFile / 1_000_000 } }] };
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    return { problems: [{ code: "json", values: { reason: (error as Error).message } }] };
  }
  const problems = shapeProblems(content);
  return problems.length > 0 ? { problems } : { table: content as RouteTable };
}

/** What is wrong with a table's shape, as far as it can be told without knowing what the values mean. */
export function shapeProblems(content: unknown): FileProblem[] {
  const at = new Inspector();
  const table = at.object(content, "");
  if (!table) return at.problems;
  at.only(table, "", ["mode", "rules", "default"]);
  at.oneOf(table.mode, "mode", ["first", "all"]);
  at.texts(table.default, "default");
  at.list(table.rules, "rules").forEach((rule, place) => {
    inspectRule(at, rule, `rules[${place}]`);
  });
  const ids = (Array.isArray(table.rules) ? table.rules : []).map((rule) => rule?.id);
  ids.forEach((id, place) => {
    if (typeof id === "string" && ids.indexOf(id) < place) at.wrong("twice", `rules[${place}].id`, { id });
  });
  return at.problems;
}

const ruleFields: readonly (keyof RouteRule)[] = ["id", "name", "enabled", "match", "conditions", "destinations", "settings"];

function inspectRule(at: Inspector, value: unknown, where: string): void {
  const rule = at.object(value, where);
  if (!rule) return;
  at.only(rule, where, ruleFields);
  at.text(rule.id, `${where}.id`);
  at.text(rule.name, `${where}.name`);
  at.truth(rule.enabled, `${where}.enabled`);
  at.oneOf(rule.match, `${where}.match`, ["all", "any"]);
  at.texts(rule.destinations, `${where}.destinations`);
  at.list(rule.conditions, `${where}.conditions`).forEach((condition, place) => {
    inspectCondition(at, condition, `${where}.conditions[${place}]`);
  });
  inspectSettings(at, rule.settings, `${where}.settings`);
}

function inspectSettings(at: Inspector, value: unknown, where: string): void {
  const settings = at.object(value, where);
  if (!settings) return;
  at.only(settings, where, ["retentionClass", "priority", "samplePercent", "window", "hold"]);
  at.optional(settings, where, { retentionClass: "text", priority: "number", samplePercent: "number", hold: "truth" });
  if (settings.window === undefined) return;
  const window = at.object(settings.window, `${where}.window`);
  if (!window) return;
  at.only(window, `${where}.window`, ["from", "until", "dailyFrom", "dailyUntil", "days", "timeZone"]);
  at.optional(window, `${where}.window`, { from: "text", until: "text", dailyFrom: "text", dailyUntil: "text", timeZone: "text" });
  if (window.days !== undefined) {
    at.list(window.days, `${where}.window.days`).forEach((day, place) => {
      at.number(day, `${where}.window.days[${place}]`);
    });
  }
}

/** By operator: the fields of its own and what they hold. */
const operandOf: Record<ConditionOperator, Record<string, "text" | "texts" | "number" | "value">> = {
  equals: { value: "value" },
  in: { values: "texts" },
  matches: { pattern: "text" },
  contains: { value: "text" },
  between: { from: "number", to: "number" },
  before: { value: "text" },
  after: { value: "text" },
  exists: {},
  jsonata: { expression: "text" },
};

function inspectCondition(at: Inspector, value: unknown, where: string): void {
  const condition = at.object(value, where);
  if (!condition) return;
  const op = condition.op;
  if (!at.oneOf(op, `${where}.op`, Object.keys(operandOf))) return;
  const operands = operandOf[op as Condition["op"]];
  const common = op === "jsonata" ? ["op", "negate"] : ["op", "negate", "path", "ignoreCase"];
  at.only(condition, where, [...common, ...Object.keys(operands)]);
  if (op !== "jsonata") at.text(condition.path, `${where}.path`);
  at.optional(condition, where, { negate: "truth", ignoreCase: "truth" });
  for (const [field, kind] of Object.entries(operands)) at[kind](condition[field], `${where}.${field}`);
}

/** Walks through parsed JSON and notes each value that is not what its place asks for. */
class Inspector {
  readonly problems: FileProblem[] = [];

  wrong(code: string, where: string, values: Record<string, string | number> = {}): void {
    this.problems.push({ code, values: { where, ...values } });
  }

  object(value: unknown, where: string): Record<string, unknown> | undefined {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    this.wrong("object", where || "$");
    return undefined;
  }

  list(value: unknown, where: string): unknown[] {
    if (Array.isArray(value)) return value;
    this.wrong("list", where);
    return [];
  }

  /** A property nobody knows is most likely a misspelt one: left out in silence it would change what the table does. */
  only(object: Record<string, unknown>, where: string, known: readonly string[]): void {
    for (const name of Object.keys(object)) {
      if (!known.includes(name)) this.wrong("unknown", where === "" ? name : `${where}.${name}`);
    }
  }

  optional(object: Record<string, unknown>, where: string, kinds: Record<string, "text" | "number" | "truth">): void {
    for (const [name, kind] of Object.entries(kinds)) {
      if (object[name] !== undefined) this[kind](object[name], `${where}.${name}`);
    }
  }

  text(value: unknown, where: string): void {
    if (typeof value !== "string") this.wrong("text", where);
  }

  texts(value: unknown, where: string): void {
    this.list(value, where).forEach((each, place) => {
      this.text(each, `${where}[${place}]`);
    });
  }

  number(value: unknown, where: string): void {
    if (typeof value !== "number") this.wrong("number", where);
  }

  truth(value: unknown, where: string): void {
    if (typeof value !== "boolean") this.wrong("truth", where);
  }

  value(value: unknown, where: string): void {
    if (!["string", "number", "boolean"].includes(typeof value)) this.wrong("value", where);
  }

  oneOf(value: unknown, where: string, allowed: readonly string[]): boolean {
    const fits = typeof value === "string" && allowed.includes(value);
    if (!fits) this.wrong("oneOf", where, { allowed: allowed.join(", ") });
    return fits;
  }
}
