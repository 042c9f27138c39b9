import { createHash } from "node:crypto";

export const FAULT_KINDS = ["drop-reply", "status", "reset", "latency", "flip", "truncate", "expire-tokens"] as const;

/**
 * One fault switch. It looks at requests of `service` whose method and path match, and acts on a share of them.
 * `kind`:
 * - `drop-reply`: the request is carried out, its reply is never sent (use-cases.md F5)
 * - `status`: answered with `status` (and `retryAfter` seconds) without being carried out (F3)
 * - `reset`: the connection is cut before the request is carried out (F4)
 * - `latency`: carried out after `ms` milliseconds (F6)
 * - `flip`, `truncate`: the bytes of this request are stored damaged (F7)
 * - `expire-tokens`: every token and ticket issued so far is void from now on (F8)
 */
export interface FaultRule {
  kind: (typeof FAULT_KINDS)[number];
  service: string;
  /** HTTP method; any when absent. */
  method?: string;
  /** Regular expression on the path; any when absent. */
  path?: string;
  /** Share of the matching requests that are hit, 0 to 1. Default 1. */
  rate?: number;
  /** Stop after this many hits. */
  times?: number;
  /** Let this many matching requests pass first. */
  after?: number;
  status?: number;
  retryAfter?: number;
  ms?: number;
  /** Same seed, same choice of requests (by their number among the matching ones). */
  seed?: number;
}

interface Armed {
  rule: FaultRule;
  path?: RegExp;
  seen: number;
  hits: number;
}

/** The armed fault switches, and which of them hit a request. */
export class Faults {
  private armed: Armed[] = [];

  /** Replaces all switches. */
  set(rules: FaultRule[]): void {
    this.armed = rules.map((rule) => ({ rule, path: rule.path ? new RegExp(rule.path) : undefined, seen: 0, hits: 0 }));
  }

  /** The switches with how often each matched and hit. */
  report(): { rule: FaultRule; seen: number; hits: number }[] {
    return this.armed.map(({ rule, seen, hits }) => ({ rule, seen, hits }));
  }

  /** The switches that hit this request. Counts it. */
  hitsFor(service: string, method: string, path: string): FaultRule[] {
    const hit: FaultRule[] = [];
    this.armed.forEach((armed, index) => {
      const { rule } = armed;
      if (rule.service !== service) return;
      if (rule.method && rule.method !== method) return;
      if (armed.path && !armed.path.test(path)) return;
      const number = armed.seen;
      armed.seen += 1;
      if (number < (rule.after ?? 0)) return;
      if (rule.times !== undefined && armed.hits >= rule.times) return;
      if (chance(rule.seed ?? 1, index, number) >= (rule.rate ?? 1)) return;
      armed.hits += 1;
      hit.push(rule);
    });
    return hit;
  }
}

/** A number in [0, 1) that depends on nothing but its arguments. */
function chance(seed: number, rule: number, number: number): number {
  return createHash("sha256").update(`${seed}:${rule}:${number}`).digest().readUInt32BE(0) / 2 ** 32;
}
