/**
 * Dates leave the mapping as `yyyy-MM-ddTHH:mm:ss.SSS+hh:mm`, the form Documentum writes itself (wire/documentum.md
 * 7.2). A date without time is midnight, a time without offset is UTC; an offset that was given is kept.
 */
interface DateParts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
  offset: string;
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;
const TOKENS = ["yyyy", "MM", "dd", "HH", "mm", "ss"] as const;
type Token = (typeof TOKENS)[number];

/** An ISO 8601 date or date-time in the one form we hand on; undefined when it is none or not a day of the calendar. */
export function isoDate(text: string): string | undefined {
  const found = ISO.exec(text);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second, fraction, offset] = found;
  return written({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
    millisecond: Number((fraction ?? "").slice(0, 3).padEnd(3, "0")),
    offset: offsetOf(offset),
  });
}

/** Epoch milliseconds (how Exstream's runtime writes dates, wire/exstream.md 13.1 A6) as ISO 8601 in UTC. */
export function dateOfEpoch(milliseconds: number): string | undefined {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : isoDate(date.toISOString());
}

/** A date written in `format` (tokens yyyy MM dd HH mm ss) as ISO 8601 in UTC; undefined when it is not written so. */
export function formattedDate(text: string, format: string): string | undefined {
  const reader = readerOf(format);
  const found = reader?.pattern.exec(text);
  if (!reader || !found) return undefined;
  const part = (token: Token) => (reader.order.includes(token) ? Number(found[reader.order.indexOf(token) + 1]) : 0);
  return written({
    year: part("yyyy"),
    month: part("MM"),
    day: part("dd"),
    hour: part("HH"),
    minute: part("mm"),
    second: part("ss"),
    millisecond: 0,
    offset: "+00:00",
  });
}

/** True when a date format can be read: year, month and day once each, no letters but tokens, `T` and `Z`. */
export function isDateFormat(format: string): boolean {
  return readerOf(format) !== undefined;
}

interface FormatReader {
  pattern: RegExp;
  order: Token[];
}

const readers = new Map<string, FormatReader | undefined>();

function readerOf(format: string): FormatReader | undefined {
  if (!readers.has(format)) {
    if (readers.size >= 100) readers.clear();
    readers.set(format, makeReader(format));
  }
  return readers.get(format);
}

function makeReader(format: string): FormatReader | undefined {
  const order: Token[] = [];
  let pattern = "";
  for (const piece of format.split(/(yyyy|MM|dd|HH|mm|ss)/)) {
    const token = TOKENS.find((known) => known === piece);
    if (token === undefined) {
      if (/[^\P{L}TZ]/u.test(piece)) return undefined;
      pattern += escapePattern(piece);
    } else if (order.includes(token)) {
      return undefined;
    } else {
      order.push(token);
      pattern += `(\\d{${token.length}})`;
    }
  }
  const hasDay = (["yyyy", "MM", "dd"] as const).every((token) => order.includes(token));
  return hasDay ? { pattern: new RegExp(`^${pattern}$`), order } : undefined;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

function offsetOf(written: string | undefined): string {
  if (written === undefined || written === "Z") return "+00:00";
  return `${written.slice(0, 3)}:${written.length > 3 ? written.slice(-2) : "00"}`;
}

function written(parts: DateParts): string | undefined {
  const { year, month, day, hour, minute, second, millisecond, offset } = parts;
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  // A day that the month does not have moves the date into another month.
  const isDay = year > 0 && time.getUTCMonth() === month - 1;
  const isOffset = Number(offset.slice(1, 3)) <= 14 && Number(offset.slice(4)) < 60;
  if (!isDay || hour > 23 || minute > 59 || second > 59 || !isOffset) return undefined;
  time.setUTCHours(hour, minute, second, millisecond);
  return time.toISOString().replace("Z", offset);
}
