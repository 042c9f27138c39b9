/** The console's texts in the language of Node-RED's editor, or the browser's. */
import { createFormat, knownLocale } from "./format.ts";
import adviceDe from "./locales/de/advice.json";
import auditDe from "./locales/de/audit.json";
import codesDe from "./locales/de/codes.json";
import documentsDe from "./locales/de/documents.json";
import eventsDe from "./locales/de/events.json";
import failuresDe from "./locales/de/failures.json";
import frameDe from "./locales/de/frame.json";
import holdsDe from "./locales/de/holds.json";
import liveDe from "./locales/de/live.json";
import tablesDe from "./locales/de/tables.json";
import advice from "./locales/en-US/advice.json";
import audit from "./locales/en-US/audit.json";
import codes from "./locales/en-US/codes.json";
import documents from "./locales/en-US/documents.json";
import events from "./locales/en-US/events.json";
import failures from "./locales/en-US/failures.json";
import frame from "./locales/en-US/frame.json";
import holds from "./locales/en-US/holds.json";
import live from "./locales/en-US/live.json";
import tables from "./locales/en-US/tables.json";

const english = { advice, audit, codes, documents, events, failures, frame, holds, live, tables };
type Catalogue = typeof english;
const german: Catalogue = {
  advice: adviceDe,
  audit: auditDe,
  codes: codesDe,
  documents: documentsDe,
  events: eventsDe,
  failures: failuresDe,
  frame: frameDe,
  holds: holdsDe,
  live: liveDe,
  tables: tablesDe,
};

/** `<file>.<key in the file>`. */
export type TextKey = { [File in keyof Catalogue]: `${File}.${keyof Catalogue[File] & string}` }[keyof Catalogue];
/** A text that has a form for one and one for other numbers. */
export type CountedKey = TextKey extends infer Key ? (Key extends `${infer Base}.other` ? Base : never) : never;
export type TextValues = Record<string, string | number>;

const wanted = [localStorage.getItem("editor-language") ?? "", ...navigator.languages];
export const language = wanted.map((each) => each.slice(0, 2).toLowerCase()).find((each) => each === "de" || each === "en") ?? "en";
const catalogue: Record<string, Record<string, string>> = language === "de" ? german : english;

/** The person's own region, where its language is the page's. */
const locale = knownLocale(navigator.language.slice(0, 2) === language ? navigator.language : language, language);
export const format = createFormat(locale);
const plurals = new Intl.PluralRules(locale);

function lookUp(key: string): string | undefined {
  const dot = key.indexOf(".");
  const [texts, name] = [catalogue[key.slice(0, dot)], key.slice(dot + 1)];
  return texts && Object.hasOwn(texts, name) ? texts[name] : undefined;
}

function filled(text: string, values: TextValues): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? format.number(value) : value;
  });
}

/** A text with its `{placeholders}` filled in. */
export function t(key: TextKey, values: TextValues = {}): string {
  return filled(lookUp(key) ?? key, values);
}

/** The form of a text for a number; the number is its `{n}`. */
export function counted(key: CountedKey, n: number, values: TextValues = {}): string {
  const form = plurals.select(n) === "one" ? "one" : "other";
  return filled(lookUp(`${key}.${form}`) ?? key, { n, ...values });
}

/** A text for a name that comes from the server, or undefined when there is none (yet). */
export function known(file: keyof Catalogue, name: string, values: TextValues = {}): string | undefined {
  const text = lookUp(`${file}.${name}`);
  return text === undefined ? undefined : filled(text, values);
}
