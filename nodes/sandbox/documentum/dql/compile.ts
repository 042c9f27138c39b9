import { parentsOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Attribute, ObjectType, Scalar, Value } from "../model/types";
import { fullText } from "../search/run";
import { dateText } from "../wire/dates";
import type { Comparison, Condition, Literal, Operand, SelectQuery } from "./ast";
import { dateByPatterns } from "./date-literal";
import { queryFailure } from "./errors";

export type Predicate = (record: ObjectRecord) => boolean;
type Test = (value: Scalar) => boolean;

/** What a condition is judged against. */
export interface Context {
  repository: Repository;
  user: User;
  /** The type in FROM: its attributes are the ones a condition may name. */
  type: ObjectType;
  /** The values that a query in brackets finds. */
  subselect?(query: SelectQuery): ReadonlySet<Scalar>;
  /** The XPath filter of listings knows no ANY: a repeating attribute matches by any of its values. */
  anyByDefault?: boolean;
}

/** Turns a condition into a function, with names and types checked beforehand. Throws DM_QUERY failures. */
export function compile(condition: Condition, context: Context): Predicate {
  switch (condition.kind) {
    case "and": {
      const parts = condition.parts.map((part) => compile(part, context));
      return (record) => parts.every((part) => part(record));
    }
    case "or": {
      const parts = condition.parts.map((part) => compile(part, context));
      return (record) => parts.some((part) => part(record));
    }
    case "not": {
      const inner = compile(condition.inner, context);
      return (record) => !inner(record);
    }
    case "folder":
      return inFolders(condition, context);
    case "type":
      return ofType(condition.name, context);
    case "full-text":
      return fullText(condition.text, context.repository);
    default:
      return onOperand(condition, context);
  }
}

function onOperand(condition: Extract<Condition, { operand: Operand }>, context: Context): Predicate {
  const { operand } = condition;
  const attribute = attributeOf(operand, context);
  const test = testOf(condition, attribute, context);
  const fold = foldOf(operand);
  const { repository } = context;
  const empty = emptyOf(attribute);
  return (record) => {
    const value: Value = repository.value(record, attribute) ?? empty;
    if (Array.isArray(value)) return condition.kind === "null" && value.length === 0 ? test(null) : value.some((one) => test(fold(one)));
    return test(fold(value));
  };
}

function emptyOf(attribute: Attribute): Value {
  if (attribute.repeating) return [];
  return { string: "", id: "0000000000000000", integer: 0, double: 0, boolean: false, date: null }[attribute.type];
}

/** The attribute an operand names. Throws when the type has none of that name, or ANY is missing. */
export function attributeOf(operand: Operand, context: Context): Attribute {
  const attribute = context.type.byName.get(operand.attribute);
  if (!attribute) throw noAttribute(operand.attribute);
  if (attribute.repeating && !operand.any && !context.anyByDefault) {
    throw queryFailure(
      "DM_QUERY_E_REPEATING_USED",
      `You have specified a repeating attribute (${attribute.name}) where it is not allowed.`,
    );
  }
  if (!attribute.repeating && operand.any) {
    throw queryFailure("DM_QUERY_E_NOT_REPEATING", `You have used ANY with the attribute (${attribute.name}), which is not repeating.`);
  }
  return attribute;
}

export function noAttribute(name: string): Error {
  return queryFailure("DM_QUERY_E_NOT_ATTR", `Your query names an attribute (${name}) that is not an attribute of the type.`);
}

function foldOf({ fold }: Operand): (value: Scalar) => Scalar {
  if (!fold) return (value) => value;
  return (value) => (typeof value !== "string" ? value : fold === "lower" ? value.toLowerCase() : value.toUpperCase());
}

function testOf(condition: Extract<Condition, { operand: Operand }>, attribute: Attribute, context: Context): Test {
  switch (condition.kind) {
    case "compare":
      return comparison(condition.op, literalFor(condition.value, attribute, context));
    case "in": {
      const values = new Set(condition.values.map((value) => literalFor(value, attribute, context)));
      return (value) => values.has(value);
    }
    case "in-select": {
      const values = context.subselect?.(condition.query) ?? new Set();
      return (value) => values.has(value);
    }
    case "like": {
      demandText(attribute);
      const pattern = likePattern(condition.pattern, condition.escape);
      return (value) => typeof value === "string" && pattern.test(value);
    }
    case "null":
      return isNull(condition.what);
    case "contains":
      demandText(attribute);
      return (value) => typeof value === "string" && value.includes(condition.text);
    case "starts-with":
      demandText(attribute);
      return (value) => typeof value === "string" && value.startsWith(condition.text);
  }
}

function comparison(op: Comparison, expected: Scalar): Test {
  switch (op) {
    case "=":
      return (value) => value === expected;
    case "<>":
      // As in SQL: an unset date is neither equal nor unequal to one.
      return (value) => value !== null && value !== expected;
    case "<":
      return (value) => value !== null && expected !== null && value < expected;
    case ">":
      return (value) => value !== null && expected !== null && value > expected;
    case "<=":
      return (value) => value !== null && expected !== null && value <= expected;
    case ">=":
      return (value) => value !== null && expected !== null && value >= expected;
  }
}

/** The literal as values of the attribute are stored. Throws when it can never be one. */
export function literalFor(literal: Literal, attribute: Attribute, { user }: Pick<Context, "user">): Scalar {
  const mismatch = (): Error =>
    queryFailure("DM_QUERY_E_TYPE_MISMATCH", `The attribute (${attribute.name}) is compared with a value of another type.`);
  switch (attribute.type) {
    case "string":
    case "id":
      if (literal.kind === "user") return user.name;
      if (literal.kind !== "string") throw mismatch();
      return literal.value;
    case "integer":
    case "double":
      if (literal.kind !== "number") throw mismatch();
      return literal.value;
    case "boolean":
      if (literal.kind === "boolean") return literal.value;
      if (literal.kind === "number" && (literal.value === 0 || literal.value === 1)) return literal.value === 1;
      throw mismatch();
    case "date": {
      const at = literal.kind === "date" ? literal.at : literal.kind === "string" ? dateByPatterns(literal.value) : undefined;
      if (at === undefined) throw mismatch();
      return dateText(at);
    }
  }
}

function demandText(attribute: Attribute): void {
  if (attribute.type === "string" || attribute.type === "id") return;
  throw queryFailure("DM_QUERY_E_TYPE_MISMATCH", `The attribute (${attribute.name}) is no string.`);
}

/** `%` any text, `_` any character; the escape character takes the meaning from the one after it. */
function likePattern(text: string, escapeSign: string | undefined): RegExp {
  let source = "";
  for (let at = 0; at < text.length; at += 1) {
    let sign = text.charAt(at);
    const escaped = sign === escapeSign && at + 1 < text.length;
    if (escaped) {
      at += 1;
      sign = text.charAt(at);
    }
    if (!escaped && sign === "%") source += ".*";
    else if (!escaped && sign === "_") source += ".";
    else source += sign.replace(/[.*+?^${}()|[\]\\/]/, "\\$&");
  }
  return new RegExp(`^${source}$`, "s");
}

/** An empty string counts as NULL, as on most databases under the server. */
function isNull(what: string): Test {
  switch (what) {
    case "nullint":
      return (value) => value === null || value === 0;
    case "nullid":
      return (value) => value === null || value === "0000000000000000";
    default:
      return (value) => value === null || value === "";
  }
}

function ofType(name: string, { repository }: Context): Predicate {
  if (!repository.types.get(name)) throw unknownType(name);
  return (record) => repository.types.isA(record.type, name);
}

export function unknownType(name: string): Error {
  return queryFailure("DM_QUERY_E_TABLE_NOT_FOUND", `The type (${name}) in your query does not exist.`);
}

/** Ids of the folders a FOLDER condition names. An unknown path names none, as the server has it. */
export function foldersOf(condition: Extract<Condition, { kind: "folder" }>, repository: Repository): Set<string> {
  const ids = condition.places.map(({ id, path }) => id ?? repository.folders.idAt(path ?? ""));
  return new Set(ids.filter((id) => id !== undefined));
}

/** Looks up from the object, not down from the folder: the way up is short. */
function inFolders(condition: Extract<Condition, { kind: "folder" }>, { repository }: Context): Predicate {
  const targets = foldersOf(condition, repository);
  return (record) => parentsOf(record).some((id) => repository.folders.isWithin(id, targets, condition.descend));
}
