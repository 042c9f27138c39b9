import type { Request } from "express";
import { DOCUMENT_STATES, type DocumentState } from "../core/document";
import { DocbridgeError } from "../core/errors";
import type { DocumentFilter } from "../core/ledger/console";

/** Readers for what a request carries. All throw `invalid-request` and name the parameter or field. */

export type Fields = Record<string, unknown>;

/** The longest text of an operator: why, or a note. */
const MAX_WHY = 500;
const MAX_TEXT = 500;
/** As many documents as a person can have ticked one by one; more are chosen by a filter. */
const MAX_IDS = 10_000;

const FILTER_TEXTS = ["code", "customer", "job", "batch", "key", "businessKey", "heldBy"] as const;
const FILTER_TIMES = ["from", "until"] as const;

/** The JSON body, which Node-RED has parsed. */
export function bodyOf(request: Request): Fields {
  return object(request.body, "body");
}

export function object(value: unknown, field: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(field, "must be a JSON object");
}

/** A text that is not blank, without blanks around it. */
export function text(value: unknown, field: string, longest = MAX_TEXT): string {
  const trimmed = typeof value === "string" ? value.trim() : "";
  if (trimmed !== "" && trimmed.length <= longest) return trimmed;
  throw invalid(field, `must be a text of 1 to ${longest} characters`);
}

/** Why somebody does something, for the audit log. */
export function whyOf(value: unknown, field = "why"): string {
  return text(value, field, MAX_WHY);
}

/** A whole number in these bounds, from JSON or from a query. */
export function whole(value: unknown, field: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (Number.isSafeInteger(number) && (number as number) >= least && (number as number) <= most) return number as number;
  throw invalid(field, `must be a whole number from ${least} to ${most}`);
}

/** A value of the query, given once; undefined when it is absent or empty. */
export function query(request: Request, name: string): string | undefined {
  const value = request.query[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value === "string") return value;
  throw invalid(name, "must be given once");
}

export function queryWhole(request: Request, name: string, fallback: number, least: number, most: number): number {
  return whole(query(request, name) ?? fallback, name, least, most);
}

/** The filter of a list of documents. */
export function filterOfQuery(request: Request): DocumentFilter {
  const filter: Fields = {};
  for (const name of [...FILTER_TEXTS, ...FILTER_TIMES]) filter[name] = query(request, name);
  const states = query(request, "state")?.split(",");
  return filterOf({ ...filter, ...(states ? { states } : {}) }, "state");
}

/** A filter as JSON gives it. A condition nobody knows is refused: left out, it would widen what an action is for. */
export function filterOf(given: Fields, statesField = "filter.states"): DocumentFilter {
  const filter: DocumentFilter = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (name === "states") filter.states = statesOf(value, statesField);
    else if (isOneOf(FILTER_TIMES, name)) filter[name] = whole(value, name, 0);
    else if (isOneOf(FILTER_TEXTS, name)) filter[name] = text(value, name);
    else throw invalid(name, "is no condition that documents can be found by");
  }
  return filter;
}

/** Ids of documents. */
export function idsOf(value: unknown, field: string): string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_IDS) throw invalid(field, `must be a list of 1 to ${MAX_IDS} ids`);
  return [...new Set(value.map((id) => text(id, field)))];
}

export function isOneOf<T extends string>(known: readonly T[], value: unknown): value is T {
  return (known as readonly unknown[]).includes(value);
}

export function invalid(field: string, must: string): DocbridgeError {
  return new DocbridgeError("invalid-request", { message: `'${field}' ${must}.`, subject: field });
}

function statesOf(value: unknown, field: string): DocumentState[] {
  if (Array.isArray(value) && value.length > 0 && value.every((state) => isOneOf(DOCUMENT_STATES, state))) return value;
  throw invalid(field, `must be one or more of ${DOCUMENT_STATES.join(", ")}`);
}
