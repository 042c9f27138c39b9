import { readFileSync } from "node:fs";
import { dateByPatterns } from "../dql/date-literal";
import { comparator, type SortKey } from "../dql/order";
import { parentsOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Attribute, Scalar, Value } from "../model/types";
import { dateText, readDate } from "../wire/dates";
import { badRequest, invalidAttribute } from "../wire/failures";
import { facetValuesOf } from "./facets";
import type { Expression, PropertyOperator, SearchQuery, TimeUnit } from "./query";
import { readSimple } from "./simple";

/** Text contents up to this many bytes are read for full-text terms. */
const READ_LIMIT = 256 * 1024;
const SECONDS = { MINUTE: 60, HOUR: 3600, DAY: 86400, WEEK: 7 * 86400 };

const LETTER = "[\\p{L}\\p{N}]";

type Predicate = (record: ObjectRecord) => boolean;

/**
 * The objects a search finds, in its order, among those the user may see. There is no engine behind it: words are looked
 * for in string values and in the text contents of each object, without case. Throws 400 before the first hit.
 */
export function runSearch(repository: Repository, user: User, query: SearchQuery): ObjectRecord[] {
  const types = new Set(query.types.flatMap((name) => familyOf(repository, name)));
  const context: Context = { repository, types };
  const tests: Predicate[] = [];
  if (query.locations.length > 0) tests.push(within(repository, query.locations));
  for (const facet of query.facets) {
    for (const name of facet.attributes) demandAttribute(context, name);
    const { constraint } = facet;
    if (constraint !== undefined) tests.push((record) => facetValuesOf(repository, record, facet).includes(constraint));
  }
  if (query.expression) tests.push(predicateOf(query.expression, context));
  const found: ObjectRecord[] = [];
  for (const type of types) {
    for (const id of repository.objects.idsOf(type)) {
      const record = repository.objects.get(id);
      if (!record || (!query.allVersions && !repository.versions.isCurrent(record))) continue;
      if (!query.hidden && record.values.a_is_hidden === true) continue;
      if (repository.permits.allows(user, record, "browse") && tests.every((test) => test(record))) found.push(record);
    }
  }
  if (query.sorts.length === 0) return found;
  const keys = query.sorts.map(
    ({ property, ascending }): SortKey => ({ attribute: demandAttribute(context, property), descending: !ascending }),
  );
  return found.sort(comparator(repository, keys));
}

/** The condition of `SEARCH DOCUMENT CONTAINS`. */
export function fullText(text: string, repository: Repository): Predicate {
  return predicateOf(readSimple(text), { repository, types: new Set() });
}

interface Context {
  repository: Repository;
  types: ReadonlySet<string>;
}

function familyOf(repository: Repository, name: string): string[] {
  if (!repository.types.isA(name, "dm_sysobject")) throw badRequest("A type of the query does not exist or cannot be searched.");
  return [...repository.types.family(name)];
}

/** The attribute, which at least one of the types must have. */
function demandAttribute({ repository, types }: Context, name: string): Attribute {
  for (const type of types) {
    const attribute = repository.types.known(type).byName.get(name);
    if (attribute) return attribute;
  }
  throw invalidAttribute(name, "object");
}

function within(repository: Repository, locations: SearchQuery["locations"]): Predicate {
  const places = locations.map(({ id, path, descend }) => ({ id: id ?? repository.folders.idAt(path ?? ""), descend }));
  const sets = places.map(({ id, descend }) =>
    id === undefined ? new Set<string>() : descend ? repository.folders.subtree(id) : new Set([id]),
  );
  return (record) => parentsOf(record).some((parent) => sets.some((set) => set.has(parent)));
}

function predicateOf(expression: Expression, context: Context): Predicate {
  switch (expression.kind) {
    case "set": {
      const parts = expression.parts.map((part) => predicateOf(part, context));
      if (parts.length === 0) return () => true;
      return (record) => (expression.operator === "AND" ? parts.every((part) => part(record)) : parts.some((part) => part(record)));
    }
    case "not": {
      const inner = predicateOf(expression.inner, context);
      return (record) => !inner(record);
    }
    case "fulltext":
      return holdingTerm(context.repository, expression.term);
    case "relative-date": {
      const at = before(context.repository.now(), expression.amount, expression.unit);
      return onProperty(expression.name, expression.operator, [dateText(at)], true, context);
    }
    case "property":
      return onProperty(expression.name, expression.operator, expression.values, expression.caseSensitive, context);
  }
}

/** So many units before a moment; months and years by the calendar. */
function before(now: number, amount: number, unit: TimeUnit): number {
  if (unit !== "MONTH" && unit !== "YEAR") return now - amount * SECONDS[unit] * 1000;
  const date = new Date(now);
  return date.setUTCMonth(date.getUTCMonth() - amount * (unit === "YEAR" ? 12 : 1));
}

/** A whole word or phrase. */
function holdingTerm(repository: Repository, term: string): Predicate {
  const pieces = term.split("*").map((piece) => piece.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  const pattern = new RegExp(`(?<!${LETTER})${pieces.join(`${LETTER}*`)}(?!${LETTER})`, "iu");
  return (record) => {
    for (const value of Object.values(record.values)) {
      for (const one of Array.isArray(value) ? value : [value]) if (typeof one === "string" && pattern.test(one)) return true;
    }
    return repository.switches.isOn("full-text-contents") && pattern.test(textOf(repository, record));
  };
}

/** What the object says, if that is a text: an index would have taken it in at filing. */
function textOf(repository: Repository, record: ObjectRecord): string {
  const first = record.contents?.find(({ rendition, page }) => rendition === 0 && page === 0);
  const content = first && repository.contents.get(first.id);
  if (!content || content.size > READ_LIMIT || !/^text\/|json|xml/.test(content.mediaType)) return "";
  const text = readFileSync(repository.contents.pathOf(content.id), "utf8");
  return /html|xml/.test(content.mediaType) ? text.replace(/<[^>]*>/g, " ") : text;
}

function onProperty(
  name: string,
  operator: PropertyOperator,
  texts: readonly string[],
  caseSensitive: boolean,
  context: Context,
): Predicate {
  const attribute = demandAttribute(context, name);
  const fold = (value: Scalar): Scalar => (typeof value === "string" && !caseSensitive ? value.toLowerCase() : value);
  const wanted = texts.map((text) => fold(literalOf(attribute, text)));
  const test = testOf(operator, wanted);
  const negative = operator === "NOT_EQUAL" || operator === "NOT_IN" || operator === "DOES_NOT_CONTAIN" || operator === "IS_NULL";
  return (record) => {
    if (!context.repository.types.known(record.type).byName.has(name)) return false;
    const value: Value | undefined = context.repository.value(record, attribute);
    const all = value === undefined ? [] : Array.isArray(value) ? value : [value];
    const values = all.length > 0 ? all : [emptyOf(attribute)];
    return negative ? values.every((one) => test(fold(one))) : values.some((one) => test(fold(one)));
  };
}

function emptyOf(attribute: Attribute): Scalar {
  return { string: "", id: "0000000000000000", integer: 0, double: 0, boolean: false, date: null }[attribute.type];
}

function literalOf(attribute: Attribute, text: string): Scalar {
  const wrong = (): Error => badRequest(`A value of the query does not fit attribute '${attribute.name}'.`);
  switch (attribute.type) {
    case "integer":
    case "double":
      if (text.trim() === "" || Number.isNaN(Number(text))) throw wrong();
      return Number(text);
    case "boolean":
      if (!/^(?:true|false)$/i.test(text)) throw wrong();
      return text.toLowerCase() === "true";
    case "date": {
      const at = dateByPatterns(text);
      const date = readDate(text) ?? (at === undefined ? undefined : dateText(at));
      if (date === undefined) throw wrong();
      return date;
    }
    default:
      return text;
  }
}

function testOf(operator: PropertyOperator, wanted: readonly Scalar[]): (value: Scalar) => boolean {
  const [first = null, second = null] = wanted;
  const text = String(first);
  const ordered = (compare: (value: string | number) => boolean) => (value: Scalar) =>
    value !== null && typeof value !== "boolean" && compare(value);
  switch (operator) {
    case "EQUAL":
      return (value) => value === first;
    case "NOT_EQUAL":
      return (value) => value !== first;
    case "GREATER_THAN":
      return ordered((value) => value > (first as string | number));
    case "LESS_THAN":
      return ordered((value) => value < (first as string | number));
    case "GREATER_EQUAL":
      return ordered((value) => value >= (first as string | number));
    case "LESS_EQUAL":
      return ordered((value) => value <= (first as string | number));
    case "BETWEEN":
      return ordered((value) => value >= (first as string | number) && value <= (second as string | number));
    case "BEGINS_WITH":
      return (value) => typeof value === "string" && value.startsWith(text);
    case "ENDS_WITH":
      return (value) => typeof value === "string" && value.endsWith(text);
    case "CONTAINS":
      return (value) => typeof value === "string" && value.includes(text);
    case "DOES_NOT_CONTAIN":
      return (value) => typeof value === "string" && !value.includes(text);
    case "IS_NULL":
      return (value) => value === null || value === "";
    case "IS_NOT_NULL":
      return (value) => value !== null && value !== "";
    case "IN":
      return (value) => wanted.includes(value);
    case "NOT_IN":
      return (value) => !wanted.includes(value);
  }
}
