import type { SQLInputValue } from "node:sqlite";
import { DOCUMENT_STATES } from "../../../document";
import { DocbridgeError } from "../../../errors";
import type { DocumentFilter } from "../../console";
import type { Reading } from "../operations";

interface Condition {
  sql: string;
  values: SQLInputValue[];
}

/** A stretch of an index whose columns are all given: its documents come in the order of arrival without sorting. */
interface Lane extends Condition {
  index: string;
}

/** Sequence numbers between which the documents lie, both included. */
interface Range {
  first: number;
  last: number;
}

export interface Matches {
  /** Newest first. */
  seqs: number[];
  next?: string;
}

const PRIORITIES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** To choose an index, the documents behind each are counted up to this. */
const PROBE = 1000;

/**
 * The documents a filter finds, newest first, in pages. The most selective condition leads through its index; the others
 * are tested on each document. Throws `invalid-message` for a cursor or a key that is none.
 */
export function search(reading: Reading, filter: DocumentFilter, limit: number, after?: string): Matches {
  const range = rangeOf(reading, filter, after);
  if (!range) return { seqs: [] };
  const rest = allOf(filter);
  const found = bestLanes(reading, filter, range).flatMap((lane) =>
    reading.db.all(
      `SELECT seq FROM documents ${lane.index} WHERE ${lane.sql} AND seq BETWEEN ? AND ? AND ${rest.sql} ORDER BY seq DESC LIMIT ?`,
      ...lane.values,
      range.first,
      range.last,
      ...rest.values,
      limit + 1,
    ),
  );
  const seqs = found
    .map((row) => row.seq as number)
    .sort((a, b) => b - a)
    .slice(0, limit + 1);
  return seqs.length > limit ? { seqs: seqs.slice(0, limit), next: String(seqs[limit - 1]) } : { seqs };
}

/** The way to the documents that leads past the fewest others. */
function bestLanes({ db }: Reading, filter: DocumentFilter, range: Range): Lane[] {
  const ways = waysTo(filter);
  if (ways.length === 1) return ways[0] as Lane[];
  const lengths = ways.map((lanes) =>
    lanes.reduce((sum, lane) => {
      const sql = `SELECT count(*) AS n FROM (SELECT 1 FROM documents ${lane.index} WHERE ${lane.sql} AND seq BETWEEN ? AND ? LIMIT ${PROBE})`;
      return sum + (db.one(sql, ...lane.values, range.first, range.last)?.n as number);
    }, 0),
  );
  return ways[lengths.indexOf(Math.min(...lengths))] as Lane[];
}

/** Each index that serves one of the conditions. With equal lengths the first is taken, so the most selective come first. */
function waysTo(filter: DocumentFilter): Lane[][] {
  const { states = DOCUMENT_STATES, code, customer, job, batch, key, businessKey, heldBy } = filter;
  const perState = (index: string, sql: string, ...values: string[]) =>
    [...new Set(states)].map((state): Lane => ({ index: `INDEXED BY ${index}`, sql: `${sql} AND state = ?`, values: [...values, state] }));
  if (key !== undefined) return [[keyLane(key)]];
  const ways: Lane[][] = [];
  if (businessKey !== undefined)
    ways.push([{ index: "INDEXED BY documents_business_key", sql: "business_key = ?", values: [businessKey] }]);
  if (customer !== undefined) ways.push([{ index: "INDEXED BY documents_customer", sql: "customer = ?", values: [customer] }]);
  if (batch !== undefined && code !== undefined)
    ways.push(perState("documents_batch_code", "batch_id = ? AND error_code = ?", batch, code));
  if (job !== undefined && code !== undefined) ways.push(perState("documents_job_code", "job = ? AND error_code = ?", job, code));
  if (heldBy !== undefined) {
    const sql = "state = 'held' AND held_by = ? AND priority = ?";
    ways.push(PRIORITIES.map((priority) => ({ index: "INDEXED BY documents_held", sql, values: [heldBy, priority] })));
  }
  if (batch !== undefined) ways.push(perState("documents_batch", "batch_id = ?", batch));
  if (job !== undefined) ways.push(perState("documents_job", "job = ?", job));
  if (code !== undefined) ways.push(perState("documents_code", "error_code = ?", code));
  if (filter.states) ways.push(perState("documents_state", "true"));
  return ways.length > 0 ? ways : [[{ index: "NOT INDEXED", sql: "true", values: [] }]];
}

/** By the whole id, or by the beginning of the key, which few documents share. */
function keyLane(key: string): Lane {
  const beginning = key.trim().toLowerCase();
  if (/^[0-9a-f]{8,64}$/.test(beginning)) {
    const sql = "seq IN (SELECT seq FROM documents WHERE key >= ? AND key < ?)";
    return { index: "NOT INDEXED", sql, values: [beginning, `${beginning}g`] };
  }
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(beginning)) {
    return { index: "NOT INDEXED", sql: "seq = (SELECT seq FROM documents WHERE id = ?)", values: [beginning] };
  }
  throw new DocbridgeError("invalid-message", {
    message: "Give at least the first 8 digits (0 to 9, a to f) of the document's key, or its whole id.",
    subject: "key",
  });
}

/** Everything the filter asks for, kept from choosing an index. */
function allOf(filter: DocumentFilter): Condition {
  const conditions: string[] = ["true"];
  const values: SQLInputValue[] = [];
  const add = (sql: string, value: SQLInputValue | undefined) => {
    if (value === undefined) return;
    conditions.push(sql);
    values.push(value);
  };
  add("+state IN (SELECT value FROM json_each(?))", filter.states && JSON.stringify(filter.states));
  add("+error_code = ?", filter.code);
  add("+customer = ?", filter.customer);
  add("+job = ?", filter.job);
  add("+batch_id = ?", filter.batch);
  add("+business_key = ?", filter.businessKey);
  add("+held_by = ?", filter.heldBy);
  add("+created_at >= ?", filter.from);
  add("+created_at < ?", filter.until);
  return { sql: conditions.join(" AND "), values };
}

/** Where documents of the period, older than the cursor, can lie at all; undefined when there can be none. */
function rangeOf({ db }: Reading, { from, until }: DocumentFilter, after: string | undefined): Range | undefined {
  if (after !== undefined && !/^[1-9]\d{0,15}$/.test(after)) {
    throw new DocbridgeError("invalid-message", {
      message: "The cursor of the page is none. Begin with the first page.",
      subject: "after",
    });
  }
  const range = { first: 1, last: after === undefined ? Number.MAX_SAFE_INTEGER : Number(after) - 1 };
  if (from === undefined && until === undefined) return range;
  const minutes = db.one(
    "SELECT min(first_seq) AS first, max(last_seq) AS last FROM minutes WHERE minute BETWEEN ? AND ?",
    Math.floor((from ?? 0) / 60_000),
    Math.floor((until ?? Number.MAX_SAFE_INTEGER) / 60_000),
  );
  if (minutes?.first == null) return undefined;
  return { first: minutes.first as number, last: Math.min(range.last, minutes.last as number) };
}
