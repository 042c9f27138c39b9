import { isRealDay } from "../wire/dates";
import type { Literal } from "./ast";
import { queryFailure } from "./errors";
import type { TokenReader } from "./lexer";

/** Patterns tried when a query names none. */
const DEFAULT_PATTERNS = [
  "yyyy-mm-ddThh:mi:ss",
  "yyyy-mm-dd hh:mi:ss",
  "yyyy/mm/dd hh:mi:ss",
  "mm/dd/yyyy hh:mi:ss",
  "yyyy-mm-dd",
  "yyyy/mm/dd",
  "mm/dd/yyyy",
  "dd.mm.yyyy",
];
const FIELDS: Record<string, string> = {
  yyyy: "(\\d{4})",
  mm: "(\\d{1,2})",
  dd: "(\\d{1,2})",
  hh: "(\\d{1,2})",
  mi: "(\\d{1,2})",
  ss: "(\\d{1,2})",
};

/** `DATE('2024-01-31')`, `DATE('31.01.2024', 'dd.mm.yyyy')`, `DATE(TODAY)`, `DATE(NOW)`, `DATE(YESTERDAY)`; in UTC. */
export function readDateLiteral(reader: TokenReader, now: number): Literal {
  reader.next();
  reader.expect("(");
  const at = readMoment(reader, now);
  reader.expect(")");
  return { kind: "date", at };
}

function readMoment(reader: TokenReader, now: number): number {
  const day = 24 * 60 * 60 * 1000;
  const today = now - (now % day);
  if (reader.accept("now")) return now;
  if (reader.accept("today")) return today;
  if (reader.accept("yesterday")) return today - day;
  if (reader.accept("tomorrow")) return today + day;
  const text = reader.expectKind("string");
  const patterns = reader.accept(",") ? [reader.expectKind("string")] : DEFAULT_PATTERNS;
  const found = dateByPatterns(text, patterns);
  if (found === undefined) throw queryFailure("DM_QUERY_E_BAD_DATE", "A date literal does not match its pattern.");
  return found;
}

/** Reads a date by the first pattern that fits; undefined when none does. */
export function dateByPatterns(text: string, patterns: readonly string[] = DEFAULT_PATTERNS): number | undefined {
  const inUtc = text.replace(/(?:\.\d{1,3})?(?:Z|\+00:?00)$/, "");
  for (const pattern of patterns) {
    const at = dateByPattern(inUtc, pattern);
    if (at !== undefined) return at;
  }
  return undefined;
}

function dateByPattern(text: string, pattern: string): number | undefined {
  const names: string[] = [];
  const source = pattern.replace(/yyyy|mm|dd|hh|mi|ss|[^A-Za-z0-9]/gi, (piece) => {
    const field = FIELDS[piece.toLowerCase()];
    if (!field) return `\\${piece}`;
    names.push(piece.toLowerCase());
    return field;
  });
  const found = new RegExp(`^${source}$`).exec(text);
  if (!found) return undefined;
  const part: Record<string, number> = {};
  names.forEach((name, index) => {
    part[name] = Number(found[index + 1]);
  });
  const { yyyy = 1970, mm = 1, dd = 1, hh = 0, mi = 0, ss = 0 } = part;
  if (!isRealDay(yyyy, mm, dd) || hh > 23 || mi > 59 || ss > 59) return undefined;
  return Date.UTC(yyyy, mm - 1, dd, hh, mi, ss);
}
