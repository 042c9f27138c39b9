import { compileCondition } from "./conditions";
import type { RoutingView } from "./paths";
import { compileSample } from "./sample";
import type { Condition, Decision, RouteRule, RouteTable, RuleSettings } from "./table";
import { isTruthy } from "./values";
import { compileWindow } from "./window";

/**
 * Makes a JSONata expression ready; throws an Error that says what is wrong with it. What it gives evaluates the
 * expression over a document's view within bounds of time and memory; the errors of that name no values of the document.
 */
export type PrepareExpression = (expression: string) => (input: object) => unknown;

export interface CompileOptions {
  prepare: PrepareExpression;
}

export interface CompiledTable {
  /** Ids of the enabled rules, in order. */
  readonly rules: readonly string[];
  /**
   * Where a document goes. `key`: the document's, for samples; `now`: milliseconds since 1970, for windows. Never throws
   * and never rejects; a Promise only when a rule needs a JSONata expression that is asynchronous.
   */
  route(view: RoutingView, key: string, now: number): Decision | Promise<Decision>;
}

type Outcome = boolean | Promise<boolean>;

interface CompiledRule {
  id: string;
  destinations: readonly string[];
  settings: RuleSettings;
  isOpen: (now: number) => boolean;
  isInSample: (key: string) => boolean;
  matches: (view: RoutingView) => Outcome;
}

/**
 * Compiles the enabled rules of a table that `checkTable` finds no error in; throws for one that it does. What the
 * decisions mean, beyond `table.ts` and `conditions.ts`:
 *
 * - Outside its window, and for documents outside its sample, a rule is passed over and cannot fail.
 * - Of a rule, conditions over properties are looked at first, JSONata after them and only when they leave it open.
 * - A JSONata expression that fails or takes too long makes its rule fail. The document then goes to the default,
 *   whatever the other rules say, and the decision names the rules that failed.
 * - With `all`, a document goes to the destinations of every rule that matches, each once, in the order of the rules.
 *   Settings come from the first of these rules that has them, but the highest priority counts, and one hold holds.
 * - A decision's settings are those that go with the document: retention class, priority, hold.
 */
export function compileTable(content: RouteTable, { prepare }: CompileOptions): CompiledTable {
  const rules = content.rules.filter(({ enabled }) => enabled).map((rule) => compileRule(rule, prepare));
  const table: Rules = { rules, isFirst: content.mode === "first", fallback: [...new Set(content.default)] };
  return { rules: rules.map(({ id }) => id), route: (view, key, now) => new Passage(table, view, key, now).from(0) };
}

interface Rules {
  rules: readonly CompiledRule[];
  isFirst: boolean;
  fallback: readonly string[];
}

/** One document on its way through the rules. */
class Passage {
  readonly #table: Rules;
  readonly #view: RoutingView;
  readonly #key: string;
  readonly #now: number;
  readonly #found: CompiledRule[] = [];
  readonly #errors: Decision["errors"] = [];

  constructor(table: Rules, view: RoutingView, key: string, now: number) {
    this.#table = table;
    this.#view = view;
    this.#key = key;
    this.#now = now;
  }

  from(start: number): Decision | Promise<Decision> {
    const { rules } = this.#table;
    for (let at = start; at < rules.length; at += 1) {
      const rule = rules[at] as CompiledRule;
      if (!rule.isOpen(this.#now) || !rule.isInSample(this.#key)) continue;
      const outcome = attempt(rule, this.#view);
      if (outcome instanceof Promise) return outcome.then((settled) => (this.#ends(rule, settled) ? this.#decision() : this.from(at + 1)));
      if (this.#ends(rule, outcome)) break;
    }
    return this.#decision();
  }

  /** Enters what became of a rule; true when no other rule counts after that. */
  #ends(rule: CompiledRule, outcome: boolean | Error): boolean {
    if (outcome === false) return false;
    if (outcome === true) this.#found.push(rule);
    else this.#errors.push({ rule: rule.id, message: outcome.message });
    return this.#table.isFirst;
  }

  #decision(): Decision {
    const [found, errors] = [this.#found, this.#errors];
    if (found.length === 0 || errors.length > 0) return { rules: [], destinations: [...this.#table.fallback], settings: {}, errors };
    return { rules: found.map(({ id }) => id), destinations: destinationsOf(found), settings: settingsOf(found), errors };
  }
}

function attempt(rule: CompiledRule, view: RoutingView): boolean | Error | Promise<boolean | Error> {
  try {
    const outcome = rule.matches(view);
    return outcome instanceof Promise ? outcome.catch(asError) : outcome;
  } catch (error) {
    return asError(error);
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error("The expression failed.");
}

function destinationsOf(found: readonly CompiledRule[]): string[] {
  const [first, ...others] = found as [CompiledRule, ...CompiledRule[]];
  return others.length === 0 ? [...first.destinations] : [...new Set(found.flatMap(({ destinations }) => destinations))];
}

function settingsOf(found: readonly CompiledRule[]): RuleSettings {
  const settings: RuleSettings = {};
  for (const { settings: own } of found) {
    if (own.retentionClass && !settings.retentionClass) settings.retentionClass = own.retentionClass;
    if (own.priority !== undefined) settings.priority = Math.max(own.priority, settings.priority ?? 0);
    if (own.hold) settings.hold = true;
  }
  return settings;
}

function compileRule({ id, destinations, settings, match, conditions }: RouteRule, prepare: PrepareExpression): CompiledRule {
  return {
    id,
    destinations: [...new Set(destinations)],
    settings,
    isOpen: settings.window ? compileWindow(settings.window) : () => true,
    isInSample: compileSample(settings.samplePercent, id),
    matches: conditions.length === 0 ? () => true : compileConditions(conditions, match === "all", prepare),
  };
}

/** With `all` the first condition that does not hold decides, without it the first that does; the other outcome needs every one. */
function compileConditions(conditions: readonly Condition[], all: boolean, prepare: PrepareExpression): (view: RoutingView) => Outcome {
  const tests = conditions.flatMap((condition) => (condition.op === "jsonata" ? [] : [compileCondition(condition)]));
  const expressions = conditions.flatMap((condition) => (condition.op === "jsonata" ? [compileExpression(condition, prepare)] : []));
  const evaluateFrom = (start: number, view: RoutingView): Outcome => {
    for (let at = start; at < expressions.length; at += 1) {
      const holds = (expressions[at] as (view: RoutingView) => Outcome)(view);
      if (holds instanceof Promise) return holds.then((settled) => (settled === all ? evaluateFrom(at + 1, view) : settled));
      if (holds !== all) return holds;
    }
    return all;
  };
  return (view) => {
    for (let at = 0; at < tests.length; at += 1) {
      if ((tests[at] as (view: RoutingView) => boolean)(view) !== all) return !all;
    }
    return evaluateFrom(0, view);
  };
}

function compileExpression(condition: Extract<Condition, { op: "jsonata" }>, prepare: PrepareExpression): (view: RoutingView) => Outcome {
  const evaluate = prepare(condition.expression);
  const negate = condition.negate === true;
  return (view) => {
    const result = evaluate(view);
    return result instanceof Promise ? result.then((value) => isTruthy(value) !== negate) : isTruthy(result) !== negate;
  };
}
