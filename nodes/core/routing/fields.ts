import { type ProblemPlace, type TableProblemCode, tableProblem } from "./problems";
import type { TableProblem } from "./table";

/** Of each severity, so that warnings never crowd out an error. */
const MOST_PROBLEMS = 250;
/** Longest text of a field without a limit of its own. */
const LONGEST_TEXT = 1_000;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The problems found so far; what comes after the first few hundred is of no use to anybody. */
export class Findings {
  readonly problems: TableProblem[] = [];

  add(severity: TableProblem["severity"], code: TableProblemCode, values: TableProblem["values"], where: ProblemPlace): void {
    const earlier = this.problems.filter((problem) => problem.severity === severity).length;
    if (earlier < MOST_PROBLEMS) this.problems.push(tableProblem(severity, code, values, where));
  }
}

/**
 * The members of an object of unknown form. Each reader gives the member when it has the form asked for, and otherwise
 * undefined and a problem that names it, such as `rules[3].conditions[0].path`; an `optional` one may be absent.
 */
export class Fields {
  readonly #object: Record<string, unknown>;
  readonly #path: string;
  readonly #findings: Findings;
  readonly where: ProblemPlace;

  constructor(object: Record<string, unknown>, path: string, findings: Findings, where: ProblemPlace) {
    this.#object = object;
    this.#path = path;
    this.#findings = findings;
    this.where = where;
  }

  error(code: TableProblemCode, values: TableProblem["values"] = {}): void {
    this.#findings.add("error", code, values, this.where);
  }

  warning(code: TableProblemCode, values: TableProblem["values"] = {}): void {
    this.#findings.add("warning", code, values, this.where);
  }

  place(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }

  get(name: string): unknown {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
  }

  /** Says of every other member that it has no effect. */
  only(...names: string[]): void {
    for (const name of Object.keys(this.#object)) {
      if (!names.includes(name)) this.warning("unknown-field", { field: this.place(name.slice(0, LONGEST_TEXT)) });
    }
  }

  text(name: string, options: { optional?: boolean; limit?: number } = {}): string | undefined {
    const value = this.#typed(name, "expected-text", (found) => typeof found === "string", options.optional);
    const limit = options.limit ?? LONGEST_TEXT;
    if (value === undefined || value.length <= limit) return value;
    this.error("too-long", { field: this.place(name), limit });
    return undefined;
  }

  number(name: string, options: { optional?: boolean } = {}): number | undefined {
    return this.#typed(name, "expected-number", (found) => typeof found === "number" && Number.isFinite(found), options.optional);
  }

  flag(name: string, options: { optional?: boolean } = {}): boolean | undefined {
    return this.#typed(name, "expected-boolean", (found) => typeof found === "boolean", options.optional);
  }

  object(name: string, options: { optional?: boolean } = {}): Record<string, unknown> | undefined {
    return this.#typed(name, "expected-object", isObject, options.optional);
  }

  list(name: string, options: { optional?: boolean } = {}): unknown[] | undefined {
    return this.#typed(name, "expected-list", Array.isArray, options.optional);
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const found = choices.find((choice) => choice === this.get(name));
    if (found === undefined) this.error("expected-choice", { field: this.place(name), choices: choices.join(", ") });
    return found;
  }

  /** A list of texts; undefined when the list or one of its entries has another form. */
  texts(name: string, limit: number): string[] | undefined {
    const list = this.list(name);
    if (list === undefined) return undefined;
    if (list.length > limit) {
      this.error("too-many-values", { field: this.place(name), count: list.length, limit });
      return undefined;
    }
    const entries = new Fields(Object.fromEntries(list.entries()), this.place(name), this.#findings, this.where);
    const texts = [...list.keys()].flatMap((at) => entries.text(String(at)) ?? []);
    return texts.length === list.length ? texts : undefined;
  }

  #typed<T>(name: string, code: TableProblemCode, isOne: (value: unknown) => value is T, optional?: boolean): T | undefined;
  #typed<T>(name: string, code: TableProblemCode, isOne: (value: unknown) => boolean, optional?: boolean): T | undefined;
  #typed<T>(name: string, code: TableProblemCode, isOne: (value: unknown) => boolean, optional = false): T | undefined {
    const value = this.get(name);
    if (isOne(value)) return value as T;
    if (value !== undefined || !optional) this.error(code, { field: this.place(name) });
    return undefined;
  }
}
