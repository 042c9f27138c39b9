import type { Damage } from "../../kernel/store";
import type { User } from "../model/permits";
import { badRequest, Failure } from "./failures";
import type { Hrefs } from "./hrefs";
import type { Part } from "./multipart";
import { readXml } from "./xml/read";

export const JSON_TYPE = "application/vnd.emc.documentum+json";
export const XML_TYPE = "application/vnd.emc.documentum+xml";

/** A part of a body; its bytes come over the connection, or are on disk already. */
export type BodyPart = Omit<Part, "body"> & { body: AsyncIterable<Uint8Array> };

/** Where a request's body comes from: the connection, or an operation of a batch. */
export interface RequestBody {
  /** Lower case, without parameters; empty when the request names none. */
  readonly mediaType: string;
  bytes(limit?: number): Promise<Buffer>;
  stream(): AsyncIterable<Uint8Array>;
  /** One after the other; what a handler leaves of a part is read away. Throws when the body is none of parts. */
  parts(onPart: (part: BodyPart, index: number) => Promise<void>): Promise<number>;
}

/** One operation as a handler sees it, independent of how it came in. */
export interface Call {
  method: string;
  /** Below the context root, without query and `.json`, as sent. */
  path: string;
  query: URLSearchParams;
  params: Record<string, string>;
  header(name: string): string | undefined;
  body: RequestBody;
  hrefs: Hrefs;
  /** Absent on resources that are open. */
  user?: User;
  damage?: Damage;
}

/** What a handler answers. At most one of `text`, `file` and `stream`. */
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  text?: string;
  mediaType?: string;
  file?: { path: string; ranges: boolean };
  stream?: AsyncIterable<Uint8Array>;
}

/** The caller; handlers of protected resources only. */
export function userOf(call: Call): User {
  if (!call.user) throw new Error(`${call.method} ${call.path} is handled without authentication`);
  return call.user;
}

/** A query parameter that is `true` or `false` in any case. */
export function flag(call: Call, name: string, initial: boolean): boolean {
  const text = call.query.get(name)?.toLowerCase();
  if (text === undefined || text === "") return initial;
  if (text !== "true" && text !== "false") throw badRequest(`The query parameter '${name}' must be true or false.`);
  return text === "true";
}

/** A query parameter with a fixed set of words. Case does not count, nor `_` for `-` (wire/documentum.md section 9). */
export function choice<T extends string>(call: Call, name: string, words: readonly T[], initial: T): T {
  const text = call.query.get(name)?.toLowerCase().replace(/_/g, "-");
  if (text === undefined || text === "") return initial;
  const word = words.find((one) => one === text);
  if (!word) throw badRequest(`The query parameter '${name}' must be one of ${words.join(", ")}.`);
  return word;
}

/** A query parameter that is a whole number. */
export function count(call: Call, name: string, initial: number, least: number): number {
  const text = call.query.get(name);
  if (text === null || text === "") return initial;
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) throw badRequest(`The query parameter '${name}' must be a number from ${least} on.`);
  return Number(text);
}

/** A query parameter that is a whole number and may be negative. */
export function wholeNumber(call: Call, name: string, initial: number): number {
  const text = call.query.get(name);
  if (text === null || text === "") return initial;
  if (!/^-?\d{1,9}$/.test(text)) throw badRequest(`The query parameter '${name}' must be a whole number.`);
  return Number(text);
}

/** A comma list in a query parameter, positions kept; empty when absent. */
export function list(call: Call, name: string): string[] {
  const text = call.query.get(name);
  return text ? text.split(",").map((one) => one.trim()) : [];
}

/** The object in a request's body, as JSON or XML. Throws 415 for other media types and 400 for what is no object. */
export async function objectBody(call: Call): Promise<Record<string, unknown>> {
  const { mediaType } = call.body;
  if (!isStructured(mediaType)) {
    throw new Failure(415, "E_UNSUPPORTED_MEDIA_TYPE", `Content type '${mediaType}' is not supported here.`);
  }
  return parseObject(await call.body.bytes(), mediaType);
}

/** `application/json`, the vendor's types and every other `+json`; other XML types are content, not metadata. */
export function isStructured(mediaType: string): boolean {
  return /^application\/(?:[\w.-]+\+)?json$/.test(mediaType) || isXml(mediaType);
}

function isXml(mediaType: string): boolean {
  return mediaType === XML_TYPE || mediaType === "application/xop+xml";
}

/** Without a media type it is taken for JSON. */
export function parseObject(bytes: Buffer, mediaType: string): Record<string, unknown> {
  if (isXml(mediaType)) return readXml(bytes.toString("utf8"));
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw badRequest("The request body is not well-formed JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badRequest("The request body is not a JSON object.");
  return value as Record<string, unknown>;
}

/** Refuses top-level members a resource does not know (wire/documentum.md 7.4, [INF]). */
export function demandMembers(body: Record<string, unknown>, known: readonly string[]): void {
  const unknown = Object.keys(body).find((name) => !known.includes(name));
  if (unknown !== undefined) throw badRequest(`The request body has the unknown member '${unknown}'.`);
}

/** A JSON reply. */
export function json(status: number, text: string, headers: Record<string, string> = {}): Reply {
  return { status, text, headers };
}
