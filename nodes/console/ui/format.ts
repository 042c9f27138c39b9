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
  /** The two largest units: `2 h 5 min`. */
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
/** With their signs, which are the same in all languages. */
const units = [
  ["day", day, "d"],
  ["hour", hour, "h"],
  ["minute", minute, "min"],
  ["second", second, "s"],
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
  const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
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
      const style = { style: "unit", unit: byteUnits[power] ?? "byte", unitDisplay: "short" } as const;
      return new Intl.NumberFormat(locale, { ...style, maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
    },
    duration(ms) {
      const at = units.findIndex(([, length]) => ms >= length);
      const [largest, next] = [units[at], units[at + 1]];
      if (!largest) return ms <= 0 ? "0 s" : "< 1 s";
      const whole = `${plain.format(Math.floor(ms / largest[1]))} ${largest[2]}`;
      const rest = next ? Math.floor((ms % largest[1]) / next[1]) : 0;
      return rest === 0 ? whole : `${whole} ${rest} ${next?.[2]}`;
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
