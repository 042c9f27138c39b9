import { type Bytes, chunksOf } from "../chunks";

/** A record of an index file. */
export interface RawRecord {
  /** From 1; blank ones count, so that it is the number of the line where records are lines. */
  number: number;
  /** Without its separator; undefined: it is longer than the limit and was passed over. */
  bytes: Buffer | undefined;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Cuts bytes into records at a separator; without one, at line breaks of either kind. Never more than `limit` bytes of a
 * record are held. Throws what the bytes throw (see `chunksOf`).
 */
export async function* recordsOf(input: Bytes, name: string, separator: Buffer | undefined, limit: number): AsyncGenerator<RawRecord> {
  const cut = separator ?? Buffer.of(LINE_FEED);
  let number = 0;
  let rest: Buffer = Buffer.alloc(0);
  let isTooLong = false;
  const record = (bytes: Buffer): RawRecord => {
    number += 1;
    const passedOver = isTooLong || bytes.length > limit;
    isTooLong = false;
    const isLine = separator === undefined && bytes.at(-1) === CARRIAGE_RETURN;
    return { number, bytes: passedOver ? undefined : isLine ? bytes.subarray(0, -1) : bytes };
  };
  for await (const chunk of chunksOf(input, "list-unreadable", name)) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let from = 0;
    for (let at = bytes.indexOf(cut); at >= 0; at = bytes.indexOf(cut, from)) {
      yield record(bytes.subarray(from, at));
      from = at + cut.length;
    }
    // A copy: the chunk belongs to whoever reads the file.
    rest = Buffer.from(bytes.subarray(from));
    if (rest.length <= limit) continue;
    isTooLong = true;
    rest = rest.subarray(rest.length - cut.length + 1);
  }
  if (rest.length > 0 || isTooLong) yield record(rest);
}

/**
 * The fields of a record. A field that begins with the quote byte ends at the next single one; a double one in it stands
 * for itself. Undefined when a quoted field does not end, or ends before its separator.
 */
export function fieldsOf(record: Buffer, separator: Buffer, quote: number | undefined): Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let from = 0; ; ) {
    const quoted = quote !== undefined && record[from] === quote ? quotedField(record, from, quote) : undefined;
    if (quote !== undefined && record[from] === quote && !quoted) return undefined;
    const end = quoted?.end ?? record.indexOf(separator, from);
    const stop = end < 0 ? record.length : end;
    fields.push(quoted?.bytes ?? record.subarray(from, stop));
    if (stop === record.length) return fields;
    if (!record.subarray(stop, stop + separator.length).equals(separator)) return undefined;
    from = stop + separator.length;
  }
}

function quotedField(record: Buffer, from: number, quote: number): { bytes: Buffer; end: number } | undefined {
  const parts: Buffer[] = [];
  for (let begin = from + 1; ; ) {
    const at = record.indexOf(quote, begin);
    if (at < 0) return undefined;
    const isDouble = record[at + 1] === quote;
    parts.push(record.subarray(begin, isDouble ? at + 1 : at));
    if (!isDouble) return { bytes: Buffer.concat(parts), end: at + 1 };
    begin = at + 2;
  }
}
