/** Numbers, sizes and times as a person of the locale reads them. */
export interface Format {
  number(value: number): string;
  /** Short for large figures: `12.3K`. */
  compact(value: number): string;
  /** Share of 1 as a percentage. */
  percent(share: number): string;
  /** Events per second, or per minute where that is less than one a second. */
  rate(perSecond: number): { value: string; per: "second" | "minute" };
  bytes(count: number): string;
  /** The two largest units: `2 hr 5 min`. */
  duration(ms: number): string;
  /** `5 minutes ago`; days are calendar-free 24 hours. */
  relative(at: number, now: number): string;
  dateTime(at: number): string;
  /** Time of day, to the minute. */
  clock(at: number): string;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const units = [
  ["day", day],
  ["hour", hour],
  ["minute", minute],
  ["second", second],
] as const;
const byteUnits = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** A locale the engine knows; some systems report names it does not (`en-US@posix`). */
export function knownLocale(wanted: string, otherwise: string): string {
  try {
    return Intl.NumberFormat.supportedLocalesOf(wanted)[0] ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function createFormat(locale: string): Format {
  const plain = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const oneDigit = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const compact = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
  const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
  const inUnit = (value: number, unit: string, digits = 0) =>
    new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits }).format(value);

  return {
    number: (value) => plain.format(value),
    compact: (value) => (Math.abs(value) < 10_000 ? plain.format(value) : compact.format(value)),
    /** All but nothing is not nothing, and all but everything is not everything. */
    percent: (share) => percent.format(share > 0 && share < 0.01 ? 0.01 : share > 0.99 && share < 1 ? 0.99 : share),
    rate(perSecond) {
      const per = perSecond >= 1 || perSecond === 0 ? "second" : "minute";
      const value = per === "second" ? perSecond : perSecond * 60;
      return { value: (value < 10 ? oneDigit : plain).format(value), per };
    },
    bytes(count) {
      const power = Math.min(byteUnits.length - 1, count < 1000 ? 0 : Math.floor(Math.log10(count) / 3));
      const value = count / 1000 ** power;
      return inUnit(value, byteUnits[power] ?? "byte", value < 10 ? 1 : 0);
    },
    duration(ms) {
      if (ms < second) return inUnit(ms < 1 ? 0 : 1, "second");
      const at = units.findIndex(([, length]) => ms >= length);
      const [largest, next] = [units[at], units[at + 1]];
      if (!largest || !next) return inUnit(Math.floor(ms / second), "second");
      const whole = Math.floor(ms / largest[1]);
      const rest = Math.floor((ms % largest[1]) / next[1]);
      return rest === 0 ? inUnit(whole, largest[0]) : `${inUnit(whole, largest[0])} ${inUnit(rest, next[0])}`;
    },
    relative(at, now) {
      const gone = at - now;
      const [unit, length] = units.find(([, size]) => Math.abs(gone) >= size) ?? ["second", second];
      return relative.format(Math.trunc(gone / length), unit);
    },
    dateTime: (at) => dateTime.format(at),
    clock: (at) => clock.format(at),
  };
}
