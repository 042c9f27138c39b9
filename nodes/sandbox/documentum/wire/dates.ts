/** Dates have a resolution of one second and are written in UTC, so that texts compare like the dates they stand for. */
let lastSecond = Number.NaN;
let lastText = "";

/** wire/documentum.md 7.2: `2020-07-24T13:50:18.000+00:00`. `at` is in milliseconds since 1970. */
export function dateText(at: number): string {
  const second = Math.floor(at / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastText = `${new Date(second * 1000).toISOString().slice(0, 19)}.000+00:00`;
  }
  return lastText;
}

/** The same with milliseconds, as feeds carry it in `updated`. */
export function instantText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 23)}+00:00`;
}

const PROPERTY_DATE = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,3})?(Z|[+-]\d\d:?\d\d)$/;

/**
 * Reads a date property of a request: `yyyy-MM-dd'T'HH:mm:ss.SSS` with `+00:00`, `+0000` or `Z`
 * (wire/documentum.md 7.2). Undefined when it is something else. Returns it in the form it is stored and sent in.
 */
export function readDate(text: string): string | undefined {
  const found = PROPERTY_DATE.exec(text);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second, zone] = found as unknown as string[];
  const offset = zone === "Z" ? "Z" : `${zone?.slice(0, 3)}:${zone?.slice(-2)}`;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
  if (Number.isNaN(at) || !isRealDay(Number(year), Number(month), Number(day))) return undefined;
  return dateText(at);
}

/** False for a 31 April. */
export function isRealDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
