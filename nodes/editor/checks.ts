import { isSeparator } from "../core/intake/lists/separator-text.ts";
import { isDateFormat } from "../core/mapping/dates.ts";
import { type Problem, problem } from "./problem.ts";
import { messageTemplateProblem, templateProblem } from "./template.ts";

/** What a field must be; `config`, `typed` and `rows` need the editor and are checked in validate.ts. */
export type Kind =
  | "text"
  | "url"
  | "number"
  | "integer"
  | "folder"
  | "route"
  | "prefix"
  | "segment"
  | "identifier"
  | "identifiers"
  | "order"
  | "header"
  | "mediaType"
  | "destination"
  | "destinations"
  | "suffix"
  | "separator"
  | "dateFormat"
  | "template"
  | "folderTemplate"
  | "messageTemplate"
  | "assignments";

export interface Rule<K = Kind> {
  is: K;
  /** The condition (conditions.ts) under which the field is used at all; otherwise anything goes. */
  when?: string;
  /** May it be left empty? */
  optional?: boolean;
  /** Of a number. */
  min?: number;
  max?: number;
}

/** Is the whole value an environment variable, `${NAME}`? It is replaced before the node starts, so nothing can be said about it here. */
export function isEnvironment(value: unknown): boolean {
  return typeof value === "string" && /^\$\{[^}]+\}$/.test(value);
}

/** What is wrong with `value`, or undefined. Conditions are the caller's. */
export function fieldProblem(value: unknown, rule: Rule): Problem | undefined {
  const text = String(value ?? "");
  if (isEnvironment(text)) return undefined;
  if (text.trim() === "") return rule.optional ? undefined : problem("missing");
  if (text !== text.trim()) return problem("blanks");
  return checkers[rule.is](withoutEnvironment(text, rule.is), rule);
}

/** Kinds whose beginning is fixed: what an environment variable at the beginning stands for. */
const beginnings: Partial<Record<Kind, string>> = { url: "https://env", folder: "/env", route: "/env", prefix: "/env" };

/** `${NAME}` inside a text is replaced at run time too (runtime/settings.ts): here something harmless stands for it. */
function withoutEnvironment(text: string, kind: Kind): string {
  return text.replace(/^\$\{[^}]+\}/, beginnings[kind] ?? "env").replace(/\$\{[^}]+\}/g, "env");
}

const checkers: Record<Kind, (text: string, rule: Rule) => Problem | undefined> = {
  text: () => undefined,
  url: urlProblem,
  number: numberProblem,
  integer: (text, rule) => (/^[+-]?\d+$/.test(text) ? numberProblem(text, rule) : problem("integer")),
  folder: (text) => unless(/^(\/|[A-Za-z]:[\\/]|\\\\)/.test(text), "folder"),
  route: (text) => unless(/^(\/[\w.~%-]+)+$/.test(text), "route"),
  prefix: (text) => unless(/^(\/[\w.~%-]+)+$/.test(text), "prefix"),
  segment: (text) => unless(/^[^\s/?#]+$/.test(text), "segment"),
  identifier: (text) => unless(/^[A-Za-z_]\w*$/.test(text), "identifier"),
  identifiers: (text) =>
    unless(
      text.split(",").every((name) => /^[A-Za-z_]\w*$/.test(name.trim())),
      "identifiers",
    ),
  order: (text) =>
    unless(
      text.split(",").every((key) => /^[A-Za-z_]\w*(\s+(asc|desc))?$/i.test(key.trim())),
      "order",
    ),
  header: (text) => unless(/^[\w!#$%&'*+.^`|~-]+$/.test(text), "header"),
  mediaType: (text) => unless(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(text), "mediaType"),
  destination: (text) => unless(isDestination(text), "destination"),
  destinations: (text) =>
    unless(
      text.split(",").every((name) => isDestination(name.trim())),
      "destinations",
    ),
  suffix: (text) => unless(/^[^\s/\\]+$/.test(text), "suffix"),
  separator: (text) => unless(isSeparator(text), "separator"),
  dateFormat: (text) => unless(isDateFormat(text), "dateFormat"),
  template: templateProblem,
  messageTemplate: messageTemplateProblem,
  assignments: (text) =>
    unless(
      text.split("\n").every((line) => line.trim() === "" || /^[^=]*[^=\s][^=]*=/.test(line)),
      "assignments",
    ),
  folderTemplate: (text) => templateProblem(text) ?? unless(text.startsWith("/"), "folderTemplate"),
};

function unless(good: boolean, key: string): Problem | undefined {
  return good ? undefined : problem(key);
}

function isDestination(name: string): boolean {
  return /^[A-Za-z][\w-]*$/.test(name);
}

function urlProblem(text: string): Problem | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || !/^https?:\/\//i.test(text)) return problem("url");
  if (url.username || url.password) return problem("urlSecret");
  return unless(url.search === "" && url.hash === "", "urlQuery");
}

function numberProblem(text: string, { min, max }: Rule): Problem | undefined {
  const value = Number(text);
  if (!Number.isFinite(value)) return problem("number");
  if (min !== undefined && value < min) return problem("min", { min });
  if (max !== undefined && value > max) return problem("max", { max });
  return undefined;
}
