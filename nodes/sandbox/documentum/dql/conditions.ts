import type { Comparison, Condition, Literal, Operand, SelectQuery } from "./ast";
import { readDateLiteral } from "./date-literal";
import type { TokenReader } from "./lexer";

const COMPARISONS: Record<string, Comparison> = { "=": "=", "<>": "<>", "!=": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">=" };
const NULLS = ["null", "nullstring", "nulldate", "nullint", "nullid"] as const;

/** Where a query has its attributes from: `alias` may stand before them. */
export interface Scope {
  alias?: string;
  /** Reads a query in brackets. */
  readSelect(): SelectQuery;
  /** For `DATE(TODAY)` and `DATE(NOW)`; milliseconds since 1970. */
  now: number;
}

/** `a OR b OR ...`, the loosest level of a WHERE clause. */
export function readCondition(reader: TokenReader, scope: Scope): Condition {
  const parts = [readConjunction(reader, scope)];
  while (reader.accept("or")) parts.push(readConjunction(reader, scope));
  return joined("or", parts);
}

function readConjunction(reader: TokenReader, scope: Scope): Condition {
  const parts = [readFactor(reader, scope)];
  while (reader.accept("and")) parts.push(readFactor(reader, scope));
  return joined("and", parts);
}

function joined(kind: "and" | "or", parts: Condition[]): Condition {
  return parts.length === 1 ? (parts[0] as Condition) : { kind, parts };
}

function readFactor(reader: TokenReader, scope: Scope): Condition {
  if (reader.accept("not")) return { kind: "not", inner: readFactor(reader, scope) };
  if (reader.accept("(")) {
    const inner = readCondition(reader, scope);
    reader.expect(")");
    return inner;
  }
  const { text } = reader.peek();
  const called = reader.peek(1).text === "(";
  if (called && (text === "folder" || text === "cabinet")) return readFolder(reader);
  if (called && text === "type") return readType(reader);
  return readPredicate(reader, scope);
}

/** `FOLDER('/a', '/b', ID('0b...'), DESCEND)`; CABINET is the same for a cabinet. */
function readFolder(reader: TokenReader): Condition {
  reader.next();
  reader.expect("(");
  const places: { path?: string; id?: string }[] = [];
  let descend = false;
  do {
    if (reader.accept("descend")) {
      descend = true;
      break;
    }
    if (reader.accept("id")) {
      reader.expect("(");
      places.push({ id: reader.expectKind("string") });
      reader.expect(")");
    } else places.push({ path: reader.expectKind("string") });
  } while (reader.accept(","));
  reader.expect(")");
  if (places.length === 0) throw reader.failure();
  return { kind: "folder", places, descend };
}

function readType(reader: TokenReader): Condition {
  reader.next();
  reader.expect("(");
  const name = reader.expectKind("word");
  reader.expect(")");
  return { kind: "type", name };
}

function readPredicate(reader: TokenReader, scope: Scope): Condition {
  const operand = readOperand(reader, scope);
  const { kind, text } = reader.peek();
  const comparison = kind === "sign" ? COMPARISONS[text] : undefined;
  if (comparison) {
    reader.next();
    return { kind: "compare", operand, op: comparison, value: readLiteral(reader, scope) };
  }
  if (reader.accept("is")) {
    const negated = reader.accept("not");
    const word = reader.expectKind("word");
    const what = NULLS.find((one) => one === word);
    if (!what) throw reader.failure();
    return negate(negated, { kind: "null", operand, what });
  }
  const negated = reader.accept("not");
  if (reader.accept("in")) return negate(negated, readIn(reader, scope, operand));
  if (reader.accept("like")) return negate(negated, readLike(reader, operand));
  if (reader.accept("between")) return negate(negated, readBetween(reader, scope, operand));
  throw reader.failure();
}

function negate(negated: boolean, inner: Condition): Condition {
  return negated ? { kind: "not", inner } : inner;
}

/** A list of values, or a query for them. */
function readIn(reader: TokenReader, scope: Scope, operand: Operand): Condition {
  if (reader.peek(1).text !== "select" || reader.peek(1).kind !== "word") return { kind: "in", operand, values: readList(reader, scope) };
  reader.expect("(");
  const query = scope.readSelect();
  reader.expect(")");
  return { kind: "in-select", operand, query };
}

function readList(reader: TokenReader, scope: Scope): Literal[] {
  reader.expect("(");
  const values = [readLiteral(reader, scope)];
  while (reader.accept(",")) values.push(readLiteral(reader, scope));
  reader.expect(")");
  return values;
}

function readLike(reader: TokenReader, operand: Operand): Condition {
  const pattern = reader.expectKind("string");
  return { kind: "like", operand, pattern, ...(reader.accept("escape") ? { escape: reader.expectKind("string") } : {}) };
}

function readBetween(reader: TokenReader, scope: Scope, operand: Operand): Condition {
  const low = readLiteral(reader, scope);
  reader.expect("and");
  const high = readLiteral(reader, scope);
  return {
    kind: "and",
    parts: [
      { kind: "compare", operand, op: ">=", value: low },
      { kind: "compare", operand, op: "<=", value: high },
    ],
  };
}

function readOperand(reader: TokenReader, scope: Scope): Operand {
  const any = reader.accept("any");
  const { text } = reader.peek();
  if ((text === "lower" || text === "upper") && reader.peek(1).text === "(") {
    reader.next();
    reader.next();
    const attribute = readAttribute(reader, scope);
    reader.expect(")");
    return { attribute, fold: text, any };
  }
  return { attribute: readAttribute(reader, scope), any };
}

/** An attribute name, with the alias cut off. */
export function readAttribute(reader: TokenReader, scope: Scope): string {
  const word = reader.expectKind("word");
  const [prefix, ...rest] = word.split(".");
  if (rest.length === 0) return word;
  if (rest.length > 1 || (scope.alias !== undefined && prefix !== scope.alias)) throw reader.failure();
  return rest[0] as string;
}

function readLiteral(reader: TokenReader, scope: Scope): Literal {
  const { kind, text } = reader.peek();
  if (kind === "string") return { kind, value: reader.next().text };
  if (kind === "number") return { kind, value: Number(reader.next().text) };
  if (reader.accept("true")) return { kind: "boolean", value: true };
  if (reader.accept("false")) return { kind: "boolean", value: false };
  if (reader.accept("user")) return { kind: "user" };
  if (text === "date" && reader.peek(1).text === "(") return readDateLiteral(reader, scope.now);
  throw reader.failure();
}
