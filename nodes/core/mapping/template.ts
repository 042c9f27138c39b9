import { Context, type RenderOptions, type TemplateCache, Writer } from "mustache";
import { DocbridgeError } from "../errors";
import { isEmpty, lookupPath } from "./view";

export interface TemplateOptions {
  /** What the template is called where a person set it up, for error messages. */
  name: string;
  /** What to do about a name without a value: `refuse` (default) or leave its place `empty`. */
  missing?: "refuse" | "empty";
  /** What becomes of values that are put in: `{{name}}` for a place that is part of something else. Default: nothing. */
  escape?: (value: string) => string;
}

/** Parsed templates kept; a flow has tens of them, only templates made from messages could ever be more. */
const CACHE_SIZE = 500;

/**
 * Renders a Mustache template over a view (see `documentView`). Values are metadata and not HTML, so nothing is escaped
 * unless `escape` says how; `{{{name}}}` never is. Undefined, null, blank text and empty lists count as missing; names inside a section are only looked at when the
 * section is rendered. Throws DocbridgeError `template` (bad syntax, a partial, an object where a value must be) and
 * `missing-metadata` (names without a value, all listed, never values).
 */
export function renderTemplate(template: string, view: unknown, options: TemplateOptions): string {
  checkTemplate(template, options.name);
  const missing = new Set<string>();
  const context = new OwnMembers(view, undefined, { template: options.name, missing });
  const text = writer.render(template, context, undefined, { escape: options.escape ?? String });
  if (missing.size > 0 && options.missing !== "empty") throw missingNames(options.name, [...missing]);
  return text;
}

/** Checks a template without data. Throws DocbridgeError `template` that names it and says where the mistake is. */
export function checkTemplate(template: string, name: string): void {
  if (partialOf(parseTemplate(template, name)) === undefined) return;
  throw new DocbridgeError("template", {
    message: `The template "${name}" uses a partial ({{> ...}}), which is not supported. Write its text into the template.`,
    subject: name,
  });
}

/** Tokens of mustache: kind, text, start, end, and for sections the tokens inside. */
type Token = [string, string, number, number, unknown?, unknown?, unknown?];

/** The parsed template (cached). Throws DocbridgeError `template`. */
export function parseTemplate(template: string, name: string): Token[] {
  try {
    return writer.parse(template) as Token[];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DocbridgeError("template", {
      message: `The template "${name}" has a mistake: ${reason}. Correct it where it is set up.`,
      subject: name,
      cause: error,
    });
  }
}

function partialOf(tokens: Token[]): Token | undefined {
  for (const token of tokens) {
    if (token[0] === ">") return token;
    const inner = Array.isArray(token[4]) ? partialOf(token[4] as Token[]) : undefined;
    if (inner) return inner;
  }
  return undefined;
}

function missingNames(template: string, names: string[]): DocbridgeError {
  return new DocbridgeError("missing-metadata", {
    message: `The template "${template}" needs a value for ${names.map((name) => `"${name}"`).join(", ")}, which the document does not have.`,
    subject: names.join(", "),
  });
}

interface Rendering {
  template: string;
  missing: Set<string>;
}

/** Looks names up in own members only, calls no functions, and keeps the names that had no value. */
class OwnMembers extends Context {
  readonly #rendering: Rendering;
  readonly #up: OwnMembers | undefined;

  constructor(view: unknown, parent: OwnMembers | undefined, rendering: Rendering) {
    super(view, parent);
    this.#up = parent;
    this.#rendering = rendering;
  }

  override push(view: unknown): Context {
    return new OwnMembers(view, this, this.#rendering);
  }

  override lookup(name: string): unknown {
    if (name === ".") return this.view;
    return lookupPath(this.view, name) ?? this.#up?.lookup(name);
  }

  /** The text to put in place of a name. */
  textOf(name: string): string {
    const value: unknown = this.lookup(name);
    if (isEmpty(value)) {
      this.#rendering.missing.add(name);
      return "";
    }
    if (value instanceof Date) return value.toISOString();
    if (Array.isArray(value) && value.every((entry) => typeof entry !== "object")) return value.join(", ");
    if (typeof value !== "object") return String(value);
    throw new DocbridgeError("template", {
      message: `The template "${this.#rendering.template}" puts "${name}", which has members, into text. Name one of its members instead.`,
      subject: name,
    });
  }
}

class PlainWriter extends Writer {
  readonly templateCache: TemplateCache = new BoundedCache();

  override escapedValue(token: string[], context: Context, config?: RenderOptions): string {
    const text = this.unescapedValue(token, context);
    const inPlace = Array.isArray(config) ? undefined : config?.escape;
    return inPlace ? inPlace(text) : text;
  }

  override unescapedValue(token: string[], context: Context): string {
    return (context as OwnMembers).textOf(String(token[1]));
  }
}

/** Keeps the youngest templates; mustache's own cache only grows. */
class BoundedCache implements TemplateCache {
  readonly #parsed = new Map<string, string>();

  set(key: string, value: string): void {
    const oldest = this.#parsed.size >= CACHE_SIZE ? this.#parsed.keys().next().value : undefined;
    if (oldest !== undefined) this.#parsed.delete(oldest);
    this.#parsed.set(key, value);
  }

  get(key: string): string | undefined {
    return this.#parsed.get(key);
  }

  clear(): void {
    this.#parsed.clear();
  }
}

const writer = new PlainWriter();
