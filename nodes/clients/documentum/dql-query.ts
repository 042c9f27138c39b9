import { DocbridgeError } from "../../core/errors";
import type { AttributeKind } from "../type-definition";
import { dqlName, dqlQuote } from "./dql";

export type DqlOperator = "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "begins" | "contains" | "in" | "set" | "empty";

export interface DqlCondition {
  attribute: string;
  kind: AttributeKind;
  repeating: boolean;
  operator: DqlOperator;
  /** Not looked at for `set` and `empty`; a list, or texts joined by commas, for `in`. */
  value?: unknown;
}

export interface DqlSelect {
  columns: string[];
  type: string;
  /** Every version, not only the current one. */
  allVersions: boolean;
  match: "all" | "any";
  conditions: DqlCondition[];
  /** Path or id of a folder; `descend`: also what is below it. */
  folder?: { place: string; descend: boolean };
  orderBy: { attribute: string; descending: boolean }[];
}

const COMPARISONS: Partial<Record<DqlOperator, string>> = { eq: "=", lt: "<", le: "<=", gt: ">", ge: ">=" };
const EMPTY: Record<AttributeKind, string> = {
  string: "NULLSTRING",
  date: "NULLDATE",
  integer: "NULLINT",
  double: "NULL",
  boolean: "NULL",
  id: "NULLID",
};

/** A SELECT with every name checked and every value written for its kind. Throws `configuration` and `invalid-message`. */
export function buildDql({ columns, type, allVersions, match, conditions, folder, orderBy }: DqlSelect): string {
  const wanted = [...new Set([...columns, ...orderBy.map(({ attribute }) => attribute)])].map(dqlName);
  const tests = conditions.map(conditionText).join(match === "all" ? " and " : " or ");
  const place = folder && placeText(folder);
  const where = [place, place && conditions.length > 1 && match === "any" ? `(${tests})` : tests].filter(Boolean).join(" and ");
  const order = orderBy.map(({ attribute, descending }) => `${dqlName(attribute)}${descending ? " desc" : ""}`).join(", ");
  return [
    `select ${wanted.join(", ")} from ${dqlName(type)}${allVersions ? " (all)" : ""}`,
    ...(where ? [`where ${where}`] : []),
    ...(order ? [`order by ${order}`] : []),
  ].join(" ");
}

/**
 * A statement with values in the places of its `:names`. Texts, numbers, booleans, dates, and lists of them (for `IN
 * (:list)`); what stands in quotes is left alone. Throws `configuration` for anything but a SELECT, `invalid-message` for a
 * name without a value.
 */
export function bindDql(statement: string, values: Readonly<Record<string, unknown>>): string {
  if (!/^\s*select\s/i.test(statement)) {
    throw new DocbridgeError("configuration", {
      message: "Only SELECT statements can be sent to Documentum REST Services.",
      subject: "dql",
    });
  }
  return statement.replace(/'(?:[^']|'')*'|:([A-Za-z_]\w*)/g, (whole, name: string | undefined) => {
    if (name === undefined) return whole;
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    const list = Array.isArray(value) ? value : [value];
    if (list.length === 0) throw noValue(name);
    return list.map((each) => dqlLiteral(each, kindOf(each), name)).join(", ");
  });
}

function conditionText({ attribute, kind, repeating, operator, value }: DqlCondition): string {
  const name = dqlName(attribute);
  const test = (rest: string) => (repeating ? `any ${name} ${rest}` : `${name} ${rest}`);
  switch (operator) {
    case "empty":
      return repeating ? `not (any ${name} is not ${EMPTY[kind]})` : `${name} is ${EMPTY[kind]}`;
    case "set":
      return test(`is not ${EMPTY[kind]}`);
    case "ne":
      return repeating ? `not (any ${name} = ${dqlLiteral(value, kind, attribute)})` : test(`<> ${dqlLiteral(value, kind, attribute)}`);
    case "in":
      return test(
        `in (${listOf(value, attribute)
          .map((each) => dqlLiteral(each, kind, attribute))
          .join(", ")})`,
      );
    case "begins":
      return test(`like ${patternOf(value, attribute, "", "%")}`);
    case "contains":
      return test(`like ${patternOf(value, attribute, "%", "%")}`);
    default:
      return test(`${COMPARISONS[operator]} ${dqlLiteral(value, kind, attribute)}`);
  }
}

function placeText({ place, descend }: NonNullable<DqlSelect["folder"]>): string {
  const named = /^[0-9a-f]{16}$/i.test(place) ? `id(${dqlQuote(place)})` : dqlQuote(place);
  return `folder(${named}${descend ? ", descend" : ""})`;
}

function listOf(value: unknown, subject: string): unknown[] {
  const list = typeof value === "string" ? value.split(",").map((each) => each.trim()) : Array.isArray(value) ? value : [value];
  const values = list.filter((each) => each !== "");
  if (values.length === 0) throw noValue(subject);
  return values;
}

/** `%` and `_` of the value mean themselves. */
function patternOf(value: unknown, subject: string, before: string, after: string): string {
  if (value === undefined || value === null || value === "") throw noValue(subject);
  const text = String(value).replace(/[%_\\]/g, "\\$&");
  return `${dqlQuote(before + text + after)} escape '\\'`;
}

/** A value as DQL writes it for an attribute of this kind. Throws `invalid-message`, naming `subject`, never the value. */
export function dqlLiteral(value: unknown, kind: AttributeKind, subject: string): string {
  if (value === undefined || value === null || value === "") throw noValue(subject);
  switch (kind) {
    case "integer":
    case "double":
      return numberText(value, kind, subject);
    case "boolean":
      return /^(true|1)$/i.test(String(value)) ? "TRUE" : /^(false|0)$/i.test(String(value)) ? "FALSE" : unfit(subject, "true or false");
    case "date":
      return dateText(value, subject);
    case "id":
      return /^[0-9a-f]{16}$/i.test(String(value)) ? dqlQuote(String(value)) : unfit(subject, "an id of 16 hex digits");
    case "string":
      return dqlQuote(String(value));
  }
}

function numberText(value: unknown, kind: "integer" | "double", subject: string): string {
  const number = typeof value === "number" ? value : Number(String(value).trim() || Number.NaN);
  const fits = kind === "integer" ? Number.isSafeInteger(number) : Number.isFinite(number);
  return fits ? String(number) : unfit(subject, kind === "integer" ? "a whole number" : "a number");
}

/** In UTC: DQL knows no time zones, and what zone a server reads dates in is not documented (docs/conventions.md). */
function dateText(value: unknown, subject: string): string {
  const date = value instanceof Date ? value : new Date(typeof value === "number" ? value : String(value));
  if (Number.isNaN(date.getTime())) return unfit(subject, "a date such as 2026-01-31T12:00:00Z");
  const [day, time] = date.toISOString().split("T") as [string, string];
  return `date('${day.replaceAll("-", "/")} ${time.slice(0, 8)}', 'yyyy/mm/dd hh:mi:ss')`;
}

function kindOf(value: unknown): AttributeKind {
  if (typeof value === "number") return "double";
  if (typeof value === "boolean") return "boolean";
  return value instanceof Date ? "date" : "string";
}

function noValue(subject: string): DocbridgeError {
  return new DocbridgeError("invalid-message", {
    message: `The query needs a value for "${subject}", and the message gives none. A condition without a value is never left out.`,
    subject,
  });
}

function unfit(subject: string, wanted: string): never {
  throw new DocbridgeError("invalid-message", { message: `The value of "${subject}" in the query must be ${wanted}.`, subject });
}
