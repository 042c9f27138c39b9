import { asDocbridgeError, DocbridgeError } from "../../errors";
import type { Bytes } from "../chunks";
import { FactsBuilder } from "../facts";
import { namesOf, renamesOf } from "../names";
import { type IdentityField, knownField } from "../well-known";
import { badEntry, type ListContext, type ListEntry, lastPart, plainPath, unreadableList } from "./list-entry";
import { fieldsOf, recordsOf } from "./records";

/** Encodings of index files: all have the bytes of ASCII at their places, so that separators are found before decoding. */
export type IndexEncoding = "utf-8" | "windows-1252" | "iso-8859-15";

/** How an index file is written (Generic Archive, wire/exstream.md 9.3: separators and names are the site's). */
export interface IndexRule {
  separator: Buffer;
  /** Undefined: entries are lines. */
  recordSeparator?: Buffer;
  /** Character around fields, `"`; undefined: there is none. An entry is one record also with quotes. */
  quote?: string;
  /** Whether the first record names the columns. */
  header: boolean;
  /**
   * Without a header: names in the order of the columns, separated by commas, `-` for one to leave out. With a header:
   * `header=name` gives a column another name, `header=-` leaves it out.
   */
  columns: string;
  /** Name of the column with the path of the document; case does not matter. */
  pathColumn: string;
  encoding: IndexEncoding;
}

const MAX_RECORD_BYTES = 1024 * 1024;

/**
 * Reads an index file, an entry at a time: names of columns that mean a fact (jobId, queueName, fileName, sha256 ...)
 * fill it, all others are metadata. An entry that cannot be used is given with its error (`wrong-columns`,
 * `wrong-encoding`, and what FactsBuilder throws), and reading goes on. Throws `list-unreadable` for a first record that
 * does not name the columns, or bytes in UTF-16, and `configuration` for columns that do not fit together.
 */
export async function* readIndex(input: Bytes, rule: IndexRule, context: ListContext): AsyncGenerator<ListEntry> {
  const quote = rule.quote?.charCodeAt(0);
  let columns = rule.header ? undefined : checkedColumns(namesOf(rule.columns), rule);
  let number = 0;
  for await (const record of recordsOf(input, context.name, rule.recordSeparator, MAX_RECORD_BYTES)) {
    const bytes = record.number === 1 && record.bytes ? withoutMark(record.bytes, rule, context) : record.bytes;
    if (bytes && isBlank(bytes)) continue;
    const fields = bytes && fieldsOf(bytes, rule.separator, quote);
    if (!columns) {
      columns = headerColumns(fields, rule, context);
      continue;
    }
    number += 1;
    yield entryOf({ number, record: record.number, bytes, fields, columns, rule, context });
  }
}

const LEFT_OUT = "-";

function checkedColumns(names: string[], { pathColumn }: IndexRule): string[] {
  if (pathAt(names, pathColumn) >= 0 && !hasTwice(names)) return names;
  throw new DocbridgeError("configuration", {
    message: `The columns of the index file must have different names, and one of them must be '${pathColumn}', the column with the path. Correct 'columns' or 'pathColumn'.`,
    subject: "columns",
  });
}

/** Place of the column with the path; case does not matter. */
function pathAt(columns: readonly string[], pathColumn: string): number {
  return columns.findIndex((name) => name.toLowerCase() === pathColumn.toLowerCase());
}

function hasTwice(names: readonly string[]): boolean {
  const used = names.filter((name) => name !== LEFT_OUT);
  return new Set(used).size < used.length;
}

function headerColumns(fields: Buffer[] | undefined, rule: IndexRule, context: ListContext): string[] {
  const names = fields?.map((field) => decoded(field, rule.encoding)?.trim());
  if (!names || names.includes(undefined)) throw unreadableList(context, "has a first line that cannot be read as names of columns");
  const renamed = renamesOf(rule.columns);
  const columns = (names as string[]).map((name) => renamed.get(name) ?? (name || LEFT_OUT));
  if (pathAt(columns, rule.pathColumn) < 0) {
    throw unreadableList(context, `has no column "${rule.pathColumn}" for the path in its first line; check the separator and the names`);
  }
  if (hasTwice(columns)) throw unreadableList(context, "names a column twice in its first line");
  return columns;
}

interface Record {
  number: number;
  record: number;
  bytes: Buffer | undefined;
  fields: Buffer[] | undefined;
  columns: string[];
  rule: IndexRule;
  context: ListContext;
}

function entryOf({ number, record, bytes, fields, columns, rule, context }: Record): ListEntry {
  const bad = (code: "wrong-columns" | "wrong-encoding", what: string) => ({ number, error: badEntry(code, context, number, what) });
  if (!bytes) return bad("wrong-columns", `is longer than ${MAX_RECORD_BYTES} bytes; check the separators`);
  if (!fields) return bad("wrong-columns", "has a quote that does not end where its field does");
  const given = withoutTrailing(fields, columns.length);
  if (given.length !== columns.length) {
    const cut = given.length < columns.length ? "; the list may have been cut off" : "";
    return bad("wrong-columns", `has ${given.length} columns and not ${columns.length}${cut}`);
  }
  const values = given.map((field) => decoded(field, rule.encoding));
  if (values.includes(undefined)) return bad("wrong-encoding", `has bytes that are not ${rule.encoding}`);
  return filled({ number, record, columns, values: values as string[], rule, context });
}

interface Filled extends Pick<Record, "number" | "record" | "columns" | "rule" | "context"> {
  values: string[];
}

function filled({ number, record, columns, values, rule, context }: Filled): ListEntry {
  const origin = `list "${context.name}", record ${record},`;
  const place = pathAt(columns, rule.pathColumn);
  const path = plainPath(values[place] as string);
  const facts = new FactsBuilder({ channel: "folder", origin, fileName: lastPart(path) });
  try {
    if (path === "") throw badEntry("missing-metadata", context, number, `has nothing in the column "${rule.pathColumn}"`);
    for (const [field, value] of Object.entries(context.around ?? {})) facts.fallback(field as IdentityField, value, "folder of the list");
    columns.forEach((name, at) => {
      if (name !== LEFT_OUT && at !== place) take(facts, name, values[at] as string);
    });
    return { number, facts: facts.build(), path };
  } catch (thrown) {
    const known = { customerNumber: facts.value("customerNumber"), queueName: facts.value("queueName"), jobId: facts.value("jobId") };
    return { number, error: asDocbridgeError(thrown), path, ...known };
  }
}

function take(facts: FactsBuilder, name: string, value: string): void {
  const field = knownField(name);
  if (field) facts.known(field, value, name);
  else facts.add(name, value);
}

/** Writers that end every field with a separator leave an empty one at the end. */
function withoutTrailing(fields: Buffer[], wanted: number): Buffer[] {
  return fields.length === wanted + 1 && fields.at(-1)?.length === 0 ? fields.slice(0, -1) : fields;
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x0a || byte === 0x09);
}

/** UTF-16 cannot be cut at bytes; its mark, or a null beside a letter, gives it away. */
function withoutMark(bytes: Buffer, { separator }: IndexRule, context: ListContext): Buffer {
  const isMarked = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isMarked || (bytes.includes(0) && !separator.includes(0)))
    throw unreadableList(context, "is in UTF-16 or has null bytes; write it in UTF-8");
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

const decoders = new Map<IndexEncoding, TextDecoder>();

function decoded(bytes: Buffer, encoding: IndexEncoding): string | undefined {
  const decoder = decoders.get(encoding) ?? new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  decoders.set(encoding, decoder);
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
