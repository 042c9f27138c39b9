/** Settings from one of the sandbox's own routes that cannot be used. The text names the field. */
export class SettingsError extends Error {}

export type Fields = Record<string, unknown>;

/** The first choice is the default. */
export function choice<T extends string>(value: unknown, choices: [T, ...T[]], where: string): T {
  if (value === undefined) return choices[0];
  if (choices.includes(value as T)) return value as T;
  throw new SettingsError(`${where} must be one of ${choices.join(", ")}`);
}

export function number(value: unknown, initial: number, least: number, most: number, where: string): number {
  if (value === undefined) return initial;
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new SettingsError(`${where} must be a whole number from ${least} to ${most}`);
}

export function text(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  throw new SettingsError(`${where} must be text`);
}

/** What a header can hold as it is. */
export function headerText(value: unknown, where: string): string {
  return matching(value, /^[\x20-\x7e]+$/, where);
}

export function headerName(value: unknown, where: string): string {
  return matching(value, /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, where);
}

export function matching(value: unknown, pattern: RegExp, where: string): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  throw new SettingsError(`${where} is missing or holds characters it may not hold`);
}

/** An http or https address. */
export function addressOf(value: unknown, where: string): string {
  const url = String(value);
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new SettingsError(`${where} must be an http or https address`);
}

/** A share from 0 to 1; 0 when absent. */
export function shareOf(value: unknown, where: string): number {
  if (value === undefined) return 0;
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new SettingsError(`${where} must be a number from 0 to 1`);
}

/** First and longest pause between two tries, in milliseconds. */
export interface Backoff {
  first: number;
  longest: number;
}

export function backoffOf(value: unknown, where: string): Backoff {
  const fields = fieldsOf(value ?? {}, where);
  const first = number(fields.first, 200, 1, 3_600_000, `${where}.first`);
  return { first, longest: Math.max(first, number(fields.longest, 5_000, 1, 3_600_000, `${where}.longest`)) };
}

/** The pause after so many tries; it doubles from one to the next. */
export function pauseAfter({ first, longest }: Backoff, tries: number): number {
  return Math.min(longest, first * 2 ** Math.min(20, tries - 1));
}

export function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new SettingsError(`${where} must be an object`);
}
