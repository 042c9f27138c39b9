import type { Node, NodeAPI } from "node-red";
import { compilePattern } from "../core/routing/pattern";

export interface ExpressionLimits {
  /** How long one evaluation may compute, in milliseconds; it is stopped between once and twice of that. Default 50. */
  computeMs?: number;
  /** How long it may take with waiting, for a context store that answers late. Default 1,000. */
  waitMs?: number;
}

/** Expressions within expressions, and calls within calls, at a time. */
const DEEPEST = 5_000;
const LONGEST_LIST = 100_000;
const LONGEST_TEXT = 1_000_000;
/** An expression that ran out of time so often in succession is not tried again for a while. */
const FAILURES_TO_REST = 3;
const REST_MS = 10_000;

type Prepared = ReturnType<NodeAPI["util"]["prepareJSONataExpression"]>;
type Message = Parameters<NodeAPI["util"]["evaluateJSONataExpression"]>[1];

/**
 * Node-RED's own JSONata, with all functions it adds, within bounds: an evaluation that computes or waits for too long,
 * nests too deeply or makes too much data fails instead of blocking Node-RED, and its regular expressions are run by an
 * engine whose time is linear (see `compilePattern`). Preparing throws an Error that says what is wrong with the
 * expression; evaluating gives a Promise, whose errors name no values. `node`: whose context and environment
 * `$flowContext`, `$globalContext` and `$env` read.
 */
export function boundedExpressions(
  RED: Pick<NodeAPI, "util">,
  node?: Node,
  { computeMs = 50, waitMs = 1_000 }: ExpressionLimits = {},
): (expression: string) => (input: object) => Promise<unknown> {
  return (expression) => {
    const prepared = prepare(RED, node, expression);
    const evaluate = async (input: object) => {
      const meter = new Meter(computeMs);
      const timer = setTimeout(() => meter.stop(), waitMs);
      try {
        return await Promise.race([evaluated(RED, prepared, input, meter), meter.stopped]);
      } finally {
        clearTimeout(timer);
      }
    };
    let failures = 0;
    let restsUntil = 0;
    return async (input) => {
      if (performance.now() < restsUntil) throw new OutOfTime();
      try {
        const result = await evaluate(input);
        failures = 0;
        return result;
      } catch (error) {
        failures = error instanceof OutOfTime ? failures + 1 : 0;
        if (failures >= FAILURES_TO_REST) restsUntil = performance.now() + REST_MS;
        throw error;
      }
    };
  };
}

class OutOfTime extends Error {
  readonly code = "timeout";

  constructor() {
    super("JSONata was stopped because it took too long");
  }
}

class OutOfBounds extends Error {
  readonly code = "too-large";
}

/** A node of a parsed expression. */
interface ExpressionNode {
  type: string;
  value?: unknown;
}

interface Environment {
  lookup(name: string): unknown;
  /** What belongs to the evaluation as a whole; `options.sequence` bounds the lists that `[1..n]` makes. */
  base?: { options?: { sequence?: number } };
}

/** What Node-RED binds for an evaluation: `$flowContext` and `$globalContext`. */
type ContextReader = (key: string, store?: string) => Promise<unknown>;

/** Name of the variable that leads from JSONata's hooks to their evaluation's meter; no expression can be written that uses it. */
const METER = "docbridge meter";

function prepare(RED: Pick<NodeAPI, "util">, node: Node | undefined, expression: string): Prepared {
  let prepared: Prepared;
  try {
    prepared = RED.util.prepareJSONataExpression(expression, node as Node);
  } catch (thrown) {
    const { message, position } = thrown as { message?: string; position?: number };
    throw new Error(`${message ?? "It cannot be read"}${position === undefined ? "" : ` (at position ${position})`}.`, { cause: thrown });
  }
  makeLinear(prepared.ast() as ExpressionNode, new Set());
  const assign = prepared.assign as (name: string | symbol, value: unknown) => void;
  const enter = (at: ExpressionNode, _: unknown, environment: Environment) => (environment.lookup(METER) as Meter).enter(at, environment);
  const leave = (_: unknown, __: unknown, environment: Environment, result: unknown) => (environment.lookup(METER) as Meter).leave(result);
  // JSONata 2.2 asks for its hooks by symbols, versions before it by names.
  for (const [name, hook] of Object.entries({ __evaluate_entry: enter, __evaluate_exit: leave })) {
    assign(Symbol.for(`jsonata.${name}`), hook);
    assign(name, hook);
  }
  return prepared;
}

function evaluated(RED: Pick<NodeAPI, "util">, prepared: Prepared, input: object, meter: Meter): Promise<unknown> {
  const evaluate = (message: unknown, bindings: Record<string, ContextReader>) => {
    const readers = Object.entries(bindings).map(([name, read]) => [name, meter.waiting(read)]);
    return prepared.evaluate(message, { ...Object.fromEntries(readers), [METER]: meter });
  };
  const metered: Prepared = Object.create(prepared, { evaluate: { value: evaluate } });
  return new Promise((resolve, reject) => {
    // $eval wraps what stopped the expression within it, hence the look at the meter.
    RED.util.evaluateJSONataExpression(metered, input as Message, (error, value) =>
      error ? reject(meter.failure ?? withoutValues(error)) : resolve(value),
    );
  });
}

/** JSONata's errors quote the value they met, and a cause goes to the Catch node; its code and place are enough. */
function withoutValues(error: Error & { code?: string; position?: number }): Error {
  const { code = "", position } = error;
  return Object.assign(new Error(`JSONata failed${position === undefined ? "" : ` at position ${position}`}`), { code });
}

/** Whose turn it is, and since when: evaluations that run at the same time take turns at every step. */
let atWork: Meter | undefined;
let since = 0;

/** Watches one evaluation, at the beginning and the end of every expression within it. */
class Meter {
  /** Rejects when the evaluation is stopped from outside. */
  readonly stopped: Promise<never>;
  readonly #computeMs: number;
  #reject: (error: Error) => void = () => {};
  #spent = 0;
  /** What the process had computed when the time was up first. */
  #cpuBefore: NodeJS.CpuUsage | undefined;
  #open = 0;
  /** Why it was stopped. */
  failure: Error | undefined;

  constructor(computeMs: number) {
    this.#computeMs = computeMs;
    this.stopped = new Promise((_, reject) => {
      this.#reject = reject;
    });
  }

  stop(): void {
    this.failure = new OutOfTime();
    this.#reject(this.failure);
  }

  /** A reader whose time does not count as computing. */
  waiting(read: ContextReader): ContextReader {
    return (key, store) => {
      this.#tick();
      atWork = undefined;
      return read(key, store);
    };
  }

  enter(node: ExpressionNode, { base }: Environment): void {
    this.#tick();
    this.#open += 1;
    if (this.#open > DEEPEST) this.#fail(new OutOfBounds("JSONata was stopped because it is nested too deeply"));
    if (base && base.options === undefined) base.options = { sequence: LONGEST_LIST };
    // Those of the expression itself are linear already; this one comes from $eval.
    if (node.type === "regex") makeLinear(node, new Set());
  }

  leave(result: unknown): void {
    this.#tick();
    this.#open -= 1;
    const isLarge = typeof result === "string" ? result.length > LONGEST_TEXT : Array.isArray(result) && result.length > LONGEST_LIST;
    if (isLarge) this.#fail(new OutOfBounds("JSONata was stopped because it makes too much data"));
  }

  #tick(): void {
    const now = performance.now();
    if (atWork) atWork.#spent += now - since;
    atWork = this;
    since = now;
    if (this.#spent > this.#computeMs) this.#timeIsUp();
    if (this.failure) throw this.failure;
  }

  /** A pause of the machine is not the expression's fault: it may compute for the same time again, by the clock of the processor. */
  #timeIsUp(): void {
    this.#cpuBefore ??= process.cpuUsage();
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    if ((user + system) / 1000 > this.#computeMs) this.#fail(new OutOfTime());
  }

  /** What runs beside the expression that failed (the members of a list, say) fails at its next step, too. */
  #fail(error: Error): never {
    this.failure ??= error;
    throw this.failure;
  }
}

/** Puts functions in the place of the regular expressions of an expression, which JSONata takes for these everywhere. */
function makeLinear(node: ExpressionNode, seen: Set<object>): void {
  if (seen.has(node)) return;
  seen.add(node);
  if (node.type === "regex") {
    Object.assign(node, { type: "value", value: linearMatcher(node.value as RegExp) });
    return;
  }
  for (const child of Object.values(node)) if (typeof child === "object" && child !== null) makeLinear(child, seen);
}

interface Match {
  match: string;
  start: number;
  end: number;
  groups: (string | undefined)[];
  next: () => Match | undefined;
}

function linearMatcher({ source, flags }: RegExp): (text: unknown) => Match | undefined {
  const pattern = compilePattern(source, { ignoreCase: flags.includes("i"), multiline: flags.includes("m") });
  const matchFrom = (text: string, from: number): Match | undefined => {
    const matcher = pattern.matcher(text);
    if (!matcher.find(from)) return undefined;
    const end = matcher.end();
    const next = () => {
      const found = end < text.length ? matchFrom(text, end) : undefined;
      // As JSONata does: an empty match would be found here for ever.
      if (found?.match === "") throw Object.assign(new Error("empty match"), { code: "D1004" });
      return found;
    };
    const groups = Array.from({ length: pattern.groupCount() }, (_, at) => matcher.group(at + 1) ?? undefined);
    return { match: matcher.group() ?? "", start: matcher.start(), end, groups, next };
  };
  return (text) => matchFrom(String(text), 0);
}
