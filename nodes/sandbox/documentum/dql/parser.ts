import { AGGREGATES, type Column, type Condition, type SelectQuery } from "./ast";
import { readAttribute, readCondition, type Scope } from "./conditions";
import { queryFailure } from "./errors";
import { TokenReader } from "./lexer";

/** Hints that change nothing here. */
const HARMLESS_HINTS = new Set(["noftdql", "ftdql", "optimize_top", "fetch_all_results", "sql_def_result_set", "uncommitted_read"]);
/** Clauses of DQL this stand-in does not carry out. */
const BEYOND = ["having", "union", "with"];
/** Words that end the FROM clause; everything else after a type is its alias. */
const CLAUSES = /^(?:where|order|enable|group|having|union|with|search)$/;

/**
 * Reads a DQL SELECT. Only SELECT is carried out (wire/documentum.md 15.1); whatever cannot be read is refused with a
 * DM_QUERY_E message, never guessed at. `now` serves `DATE(NOW)`; milliseconds since 1970.
 */
export function parseDql(text: string, now: number): SelectQuery {
  const reader = new TokenReader(text);
  const first = reader.peek();
  if (first.kind !== "word" || first.text !== "select") {
    if (first.kind === "word" && /^(?:update|delete|create|insert|drop|alter|execute|change|register|unregister)$/.test(first.text)) {
      throw queryFailure("DM_QUERY_E_NOT_SELECT", "Only SELECT statements are allowed.");
    }
    throw reader.failure();
  }
  const query = readSelect(reader, now);
  if (reader.accept("enable")) query.top = readHints(reader);
  if (reader.peek().kind !== "end") throw reader.failure();
  return query;
}

/** A SELECT, also one in brackets after IN: up to where its clauses end. */
function readSelect(reader: TokenReader, now: number): SelectQuery {
  reader.expect("select");
  const scope: Scope = { now, alias: aliasAhead(reader), readSelect: () => readSelect(reader, now) };
  const distinct = !reader.accept("all") && reader.accept("distinct");
  const columns = readColumns(reader, scope);
  reader.expect("from");
  const { type, allVersions } = readSource(reader);
  const query: SelectQuery = { distinct, columns, type, allVersions, groupBy: [], orderBy: [] };
  const text = reader.accept("search") ? readSearch(reader) : undefined;
  if (reader.accept("where")) query.where = readCondition(reader, scope);
  if (text) query.where = query.where ? { kind: "and", parts: [query.where, text] } : text;
  if (reader.accept("group")) query.groupBy = readGroups(reader, scope);
  demandGrouped(query);
  const beyond = reader.peek();
  if (beyond.kind === "word" && BEYOND.includes(beyond.text)) {
    throw queryFailure("DM_QUERY_E_NOT_SUPPORTED", `The clause ${beyond.text.toUpperCase()} is not carried out by this server.`);
  }
  if (reader.accept("order")) query.orderBy = readOrder(reader, scope);
  return query;
}

/** `SEARCH DOCUMENT CONTAINS 'words'`. */
function readSearch(reader: TokenReader): Condition {
  reader.expect("document");
  reader.expect("contains");
  return { kind: "full-text", text: reader.expectKind("string") };
}

function readGroups(reader: TokenReader, scope: Scope): string[] {
  reader.expect("by");
  const names = [readAttribute(reader, scope)];
  while (reader.accept(",")) names.push(readAttribute(reader, scope));
  return names;
}

/** Beside an aggregate, and with GROUP BY, only what is grouped by can be selected. */
function demandGrouped({ columns, groupBy }: SelectQuery): void {
  if (!columns || (groupBy.length === 0 && !columns.some(({ aggregate }) => aggregate))) {
    if (groupBy.length > 0) throw queryFailure("DM_QUERY_E_NOT_GROUPED", "A grouped query cannot select *.");
    return;
  }
  const wrong = columns.find(({ aggregate, attribute }) => !aggregate && !groupBy.includes(String(attribute)));
  if (wrong)
    throw queryFailure("DM_QUERY_E_NOT_GROUPED", `The attribute (${wrong.attribute}) is selected beside an aggregate and not in GROUP BY.`);
}

/** The alias after the type, which attributes may carry already in the select list. */
function aliasAhead(reader: TokenReader): string | undefined {
  let ahead = 0;
  while (reader.peek(ahead).kind !== "end" && reader.peek(ahead).text !== "from") ahead += 1;
  let after = ahead + 2;
  if (reader.peek(after).text === "(") after += 3;
  const token = reader.peek(after);
  return token.kind === "word" && !CLAUSES.test(token.text) ? token.text : undefined;
}

function readColumns(reader: TokenReader, scope: Scope): Column[] | undefined {
  if (reader.accept("*")) return undefined;
  const columns = [readColumn(reader, scope)];
  while (reader.accept(",")) columns.push(readColumn(reader, scope));
  return columns;
}

function readColumn(reader: TokenReader, scope: Scope): Column {
  const aggregate = reader.peek(1).text === "(" ? AGGREGATES.find((one) => one === reader.peek().text) : undefined;
  if (!aggregate) {
    const attribute = readAttribute(reader, scope);
    return { attribute, name: nameOr(reader, attribute) };
  }
  reader.next();
  reader.next();
  const distinct = reader.accept("distinct");
  const attribute = aggregate === "count" && !distinct && reader.accept("*") ? undefined : readAttribute(reader, scope);
  reader.expect(")");
  const name = nameOr(reader, `${aggregate}(${distinct ? "distinct " : ""}${attribute ?? "*"})`);
  return { aggregate, name, ...(attribute ? { attribute } : {}), ...(distinct ? { distinct } : {}) };
}

function nameOr(reader: TokenReader, initial: string): string {
  return reader.accept("as") ? reader.expectKind("word") : initial;
}

function readSource(reader: TokenReader): { type: string; allVersions: boolean } {
  const type = reader.expectKind("word");
  let allVersions = false;
  if (reader.accept("(")) {
    reader.expect("all");
    reader.expect(")");
    allVersions = true;
  }
  const { kind, text } = reader.peek();
  if (kind === "word" && !CLAUSES.test(text)) reader.next();
  return { type, allVersions };
}

function readOrder(reader: TokenReader, scope: Scope): SelectQuery["orderBy"] {
  reader.expect("by");
  const keys: SelectQuery["orderBy"] = [];
  do {
    const column = reader.peek().kind === "number" ? Number(reader.next().text) : readAttribute(reader, scope);
    const descending = !reader.accept("asc") && reader.accept("desc");
    keys.push({ column, descending });
  } while (reader.accept(","));
  return keys;
}

/** `ENABLE(RETURN_TOP 10, ...)`; the number, if there is one. */
function readHints(reader: TokenReader): number | undefined {
  let top: number | undefined;
  reader.expect("(");
  do {
    const hint = reader.expectKind("word");
    if (hint === "return_top") top = Number(reader.expectKind("number"));
    else if (!HARMLESS_HINTS.has(hint)) throw reader.failure();
    else if (reader.peek().kind === "number") reader.next();
  } while (reader.accept(","));
  reader.expect(")");
  if (top !== undefined && (!Number.isInteger(top) || top < 0)) throw reader.failure();
  return top;
}
