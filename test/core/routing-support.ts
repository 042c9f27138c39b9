import type { PrepareExpression } from "../../dist/core/routing/compile.js";
import type { RoutingView } from "../../dist/core/routing/paths.js";
import type { RouteRule, RouteTable, RuleSettings } from "../../dist/core/routing/table.js";

export function rule(id: string, more: Partial<RouteRule> = {}): RouteRule {
  return { id, name: `Rule ${id}`, enabled: true, match: "all", conditions: [], destinations: [`to-${id}`], settings: {}, ...more };
}

export function table(rules: RouteRule[], mode: RouteTable["mode"] = "first"): RouteTable {
  return { mode, rules, default: ["fallback"] };
}

export function withSettings(id: string, settings: RuleSettings): RouteRule {
  return rule(id, { settings });
}

export function view(metadata: Record<string, unknown>, more: Partial<RoutingView> = {}): RoutingView {
  return {
    key: "k",
    businessKey: undefined,
    batch: undefined,
    source: { system: "exstream", channel: "http" },
    content: { sha256: "a", size: 1, mediaType: "application/pdf", fileName: "a.pdf" },
    metadata,
    variant: { role: "pdf" },
    ...more,
  };
}

/**
 * A language of three words in JSONata's place, to see what becomes of results and failures: `yes`, `no` and `fail`, each
 * also with `later ` before it. Anything else is a syntax error.
 */
export const words: PrepareExpression = (expression) => {
  const [, later, word] = /^(later )?(yes|no|fail)$/.exec(expression) ?? [];
  if (word === undefined) throw new Error("Unknown word.");
  const evaluate = () => {
    if (word === "fail") throw new Error("The word failed.");
    return word === "yes";
  };
  return later ? async () => evaluate() : evaluate;
};

/** The same numbers for the same seed: a property that fails can be looked at again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** At least 0, less than `limit`. */
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  list<T>(most: number, make: (at: number) => T): T[] {
    return Array.from({ length: this.below(most + 1) }, (_, at) => make(at));
  }
}
