import { badRequest } from "../wire/failures";
import { type Expression, type FacetDefinition, NOTHING, type PropertyOperator, type SearchQuery, TIME_UNITS } from "./query";
import { readSimple } from "./simple";

type Members = Record<string, unknown>;

const KNOWN = [
  ..."types repositories columns collections sorts locations all-versions include-hidden-objects".split(" "),
  ..."max-results-for-facets expression-set facet-definitions".split(" "),
];
const OPERATORS: PropertyOperator[] = [
  ...(["EQUAL", "NOT_EQUAL", "GREATER_THAN", "LESS_THAN", "GREATER_EQUAL", "LESS_EQUAL"] as const),
  ...(["BEGINS_WITH", "CONTAINS", "DOES_NOT_CONTAIN", "ENDS_WITH", "IS_NULL", "IS_NOT_NULL"] as const),
];
const GROUPS = ["string", "range", "alpharange", "day", "week", "month", "quarter", "year", "relativeDate"];
const SORTS = ["FREQUENCY", "VALUE_ASCENDING", "VALUE_DESCENDING"];

/** A structured query that is kept as a text. Throws 400 when it is no JSON object. */
export function parseQuery(text: string): Members {
  try {
    return membersOf(JSON.parse(text), "query");
  } catch {
    throw badRequest("The query is not a JSON object.");
  }
}

/** Called for every expression that is a template; returns it with its variables filled in. */
export type FillIn = (expression: Members) => Members;

/** Reads a structured query (wire/documentum.md 15.3). Throws 400 for what it does not know. */
export function readAql(body: Members, fillIn: FillIn = asItIs): SearchQuery {
  const unknown = Object.keys(body).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) throw badRequest(`The query has the unknown member '${unknown}'.`);
  const set = body["expression-set"];
  const types = texts(body.types, "types");
  return {
    ...NOTHING,
    ...(types.length > 0 ? { types } : {}),
    columns: texts(body.columns, "columns"),
    sorts: listOf(body.sorts, "sorts").map((one) => {
      const { property, ascending = true } = membersOf(one, "sorts");
      return { property: text(property, "property"), ascending: ascending !== false };
    }),
    locations: listOf(body.locations, "locations").map(readLocation),
    allVersions: body["all-versions"] === true,
    hidden: body["include-hidden-objects"] === true,
    facets: listOf(body["facet-definitions"], "facet-definitions").map(readFacet),
    facetLimit: Number(body["max-results-for-facets"] ?? NOTHING.facetLimit),
    ...(set === undefined || set === null
      ? {}
      : { expression: readExpression({ "expression-type": "expression-set", ...membersOf(set, "expression-set") }, fillIn) }),
  };
}

function asItIs(expression: Members): Members {
  if (expression.template === true) throw badRequest("A variable of the query has no value.");
  return expression;
}

function readLocation(value: unknown): SearchQuery["locations"][number] {
  const { id, path, descendent = true } = membersOf(value, "locations");
  if (typeof id !== "string" && typeof path !== "string") throw badRequest("A location of the query has neither 'id' nor 'path'.");
  return { ...(typeof id === "string" ? { id } : { path: path as string }), descend: descendent !== false };
}

function readExpression(given: Members, fillIn: FillIn): Expression {
  const type = given["expression-type"];
  if (type === "expression-set") {
    const operator = given.operator ?? "AND";
    if (operator !== "AND" && operator !== "OR") throw badRequest("The operator of an expression set must be AND or OR.");
    const parts = listOf(given.expressions, "expressions").map((one) => readExpression(membersOf(one, "expressions"), fillIn));
    return { kind: "set", operator, parts };
  }
  const members = given.template === true ? fillIn(given) : asItIs(given);
  switch (type) {
    case "fulltext":
      return readSimple(text(members.value, "value"));
    case "property": {
      const operator = oneOf(members.operator, OPERATORS, "operator");
      const values = operator === "IS_NULL" || operator === "IS_NOT_NULL" ? [] : [scalar(members.value, "value")];
      const caseSensitive = members["case-sensitive"] !== false;
      return { kind: "property", name: text(members.name, "name"), operator, values, caseSensitive };
    }
    case "property-list": {
      const operator = oneOf(members.operator, ["IN", "NOT_IN"] as PropertyOperator[], "operator");
      const values = listOf(members.values, "values").map((one) => scalar(one, "values"));
      return { kind: "property", name: text(members.name, "name"), operator, values, caseSensitive: true };
    }
    case "property-range": {
      const values = [scalar(members.from, "from"), scalar(members.to, "to")];
      return { kind: "property", name: text(members.name, "name"), operator: "BETWEEN", values, caseSensitive: true };
    }
    case "relative-date": {
      const operator = oneOf(members.operator ?? "GREATER_EQUAL", OPERATORS, "operator");
      const unit = oneOf(members["time-unit"], TIME_UNITS, "time-unit");
      return { kind: "relative-date", name: text(members.name, "name"), operator, amount: Number(scalar(members.value, "value")), unit };
    }
    default:
      throw badRequest("An expression of the query has an unknown 'expression-type'.");
  }
}

function readFacet(value: unknown): FacetDefinition {
  const {
    id,
    attributes,
    "group-by": groupBy = "string",
    sort = "FREQUENCY",
    "max-values": maxValues = 10,
  } = membersOf(value, "facet-definitions");
  const names = texts(attributes, "attributes");
  if (names.length === 0) throw badRequest("A facet of the query has no attributes.");
  return {
    id: typeof id === "string" && id ? id : (names[0] as string),
    label: names.join(","),
    attributes: names,
    groupBy: oneOf(groupBy, GROUPS, "group-by"),
    sort: oneOf(sort, SORTS, "sort"),
    maxValues: Number(maxValues),
  };
}

function membersOf(value: unknown, name: string): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badRequest(`The member '${name}' of the query holds no object.`);
  return value as Members;
}

function listOf(value: unknown, name: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badRequest(`The member '${name}' of the query is not a list.`);
  return value;
}

function texts(value: unknown, name: string): string[] {
  return listOf(value, name).map((one) => text(one, name));
}

function text(value: unknown, name: string): string {
  if (typeof value !== "string" || value === "") throw badRequest(`The member '${name}' of the query is not a text.`);
  return value;
}

/** Values may come as texts, numbers or booleans. */
function scalar(value: unknown, name: string): string {
  if (!["string", "number", "boolean"].includes(typeof value)) throw badRequest(`The member '${name}' of the query has no value.`);
  return String(value);
}

function oneOf<T extends string>(value: unknown, words: readonly T[], name: string): T {
  const word = words.find((one) => one === value);
  if (word === undefined) throw badRequest(`The member '${name}' of the query must be one of ${words.join(", ")}.`);
  return word;
}
