import type { RuleWindow } from "./table";
import { instantOf } from "./values";

const MINUTE = 60_000;
const DAY = 86_400_000;
/** No time zone changes its offset but at a quarter of an hour. */
const QUARTER = 15 * MINUTE;

export const TIME_OF_DAY = /^([01]\d|2[0-3]):([0-5]\d)$/;

/**
 * Whether a window is open at a time (milliseconds since 1970). Beginnings belong to it, ends do not. Days and times of
 * day are those of the clock in its time zone; where the clock is put back, an hour counts twice.
 */
export function compileWindow(window: RuleWindow): (now: number) => boolean {
  const { from, until, dailyFrom, dailyUntil, days } = window;
  const first = from === undefined ? Number.NEGATIVE_INFINITY : (instantOf(from) ?? Number.NaN);
  const end = until === undefined ? Number.POSITIVE_INFINITY : (instantOf(until) ?? Number.NaN);
  const isWithin = (now: number) => now >= first && now < end;
  if (dailyFrom === undefined && days === undefined) return isWithin;
  const opens = minuteOf(dailyFrom ?? "00:00");
  const closes = dailyUntil === undefined ? 24 * 60 : minuteOf(dailyUntil);
  const isOnDay = days === undefined ? () => true : (day: number) => days.includes(weekday(day));
  const offsetAt = offsetsOf(window.timeZone ?? "UTC");
  return (now) => {
    if (!isWithin(now)) return false;
    const local = now + offsetAt(now);
    const day = Math.floor(local / DAY);
    const minute = Math.floor((local - day * DAY) / MINUTE);
    if (opens <= closes) return minute >= opens && minute < closes && isOnDay(day);
    return (minute >= opens && isOnDay(day)) || (minute < closes && isOnDay(day - 1));
  };
}

/** True when a window between two dates has no moment at which its days and times of day are open. */
export function neverOpens(window: RuleWindow): boolean {
  const from = window.from === undefined ? undefined : instantOf(window.from);
  const until = window.until === undefined ? undefined : instantOf(window.until);
  if (window.days?.length === 0 || (window.dailyFrom !== undefined && window.dailyFrom === window.dailyUntil)) return true;
  if (from === undefined || until === undefined) return false;
  const isOpen = compileWindow(window);
  if (isOpen(from)) return false;
  // It opens at a full day or at `dailyFrom`, and that is within eight days or not at all.
  const step = Math.floor(from / QUARTER) * QUARTER + (minuteOf(window.dailyFrom ?? "00:00") % 15) * MINUTE;
  for (let now = step; now < Math.min(until, from + 9 * DAY); now += QUARTER) if (isOpen(now)) return false;
  return true;
}

/** True for a name that `Intl` knows. */
export function isTimeZone(name: string): boolean {
  try {
    return name !== "" && Boolean(new Intl.DateTimeFormat("en-US", { timeZone: name }));
  } catch {
    return false;
  }
}

function minuteOf(time: string): number {
  const [, hour, minute] = TIME_OF_DAY.exec(time) ?? [];
  return Number(hour) * 60 + Number(minute);
}

/** 1 Monday to 7 Sunday; day 0 (1 January 1970) was a Thursday. */
function weekday(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

const zones = new Map<string, (now: number) => number>();

/** What a zone's clock is ahead of UTC, in milliseconds. Asking Intl is slow, so the last quarter of an hour is remembered. */
function offsetsOf(timeZone: string): (now: number) => number {
  const known = zones.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  let quarter = Number.NaN;
  let offset = 0;
  const offsetAt = (now: number) => {
    const at = Math.floor(now / QUARTER);
    if (at !== quarter) {
      const parts = Object.fromEntries(format.formatToParts(at * QUARTER).map(({ type, value }) => [type, Number(value)]));
      const { year = 0, month = 1, day, hour, minute, second } = parts;
      offset = Date.UTC(year, month - 1, day, hour, minute, second) - at * QUARTER;
      quarter = at;
    }
    return offset;
  };
  zones.set(timeZone, offsetAt);
  return offsetAt;
}
