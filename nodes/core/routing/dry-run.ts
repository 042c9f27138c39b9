import { setImmediate } from "node:timers/promises";
import type { RoutingFacts } from "../ledger/console";
import type { CompiledTable } from "./compile";
import type { DryRunChange, DryRunReport } from "./report";
import type { Decision } from "./table";
import { routingView } from "./view";

const MOST_SAMPLES = 20;
/** Evaluating goes on for so long before other work of Node-RED gets its turn. */
const SLICE_MS = 8;

/**
 * Compares, document by document, where two tables send it; changes nothing. Both decide as of the moment the document
 * came in, so that a rule with a time window takes the documents of that time; a window that lies wholly in the future
 * takes none. `active` undefined: no table is in force, and documents went nowhere before. Rejects when `pages` does.
 */
export async function dryRun(
  pages: AsyncIterable<readonly RoutingFacts[]>,
  active: CompiledTable | undefined,
  draft: CompiledTable,
): Promise<DryRunReport> {
  const started = performance.now();
  const report = new Report(draft);
  let sliceBegan = started;
  for await (const page of pages) {
    for (const facts of page) {
      const view = routingView(facts);
      const before = active?.route(view, facts.key, facts.createdAt);
      const after = draft.route(view, facts.key, facts.createdAt);
      report.add(facts.id, before instanceof Promise ? await before : before, after instanceof Promise ? await after : after);
      if (performance.now() - sliceBegan < SLICE_MS) continue;
      await setImmediate();
      sliceBegan = performance.now();
    }
  }
  return report.finish(performance.now() - started);
}

interface Counted {
  documents: number;
  samples: string[];
}

class Report {
  readonly #changes = new Map<string, DryRunChange>();
  readonly #totals = new Map<string, { destination: string; before: number; after: number }>();
  readonly #byRule: Map<string, { rule: string; documents: number }>;
  readonly #errors = new Map<string, { rule: string; message: string } & Counted>();
  readonly #unmatched: Counted = { documents: 0, samples: [] };
  #documents = 0;
  #changed = 0;

  constructor(draft: CompiledTable) {
    this.#byRule = new Map(draft.rules.map((rule) => [rule, { rule, documents: 0 }]));
  }

  add(id: string, before: Decision | undefined, after: Decision): void {
    this.#documents += 1;
    const from = before?.destinations ?? [];
    const to = after.destinations;
    for (const destination of from) this.#total(destination).before += 1;
    for (const destination of to) this.#total(destination).after += 1;
    for (const rule of after.rules) found(this.#byRule, rule, () => ({ rule, documents: 0 })).documents += 1;
    for (const { rule, message } of after.errors) {
      const error = found(this.#errors, `${rule}\n${message}`, () => ({ rule, message, documents: 0, samples: [] }));
      count(error, id);
    }
    if (after.rules.length === 0 && after.errors.length === 0) count(this.#unmatched, id);
    if (!isSame(from, to)) this.#change(id, from, to, after.rules.join(",") || "default");
  }

  finish(milliseconds: number): DryRunReport {
    const byCount = (one: { documents: number }, other: { documents: number }) => other.documents - one.documents;
    return {
      documents: this.#documents,
      changed: this.#changed,
      totals: [...this.#totals.values()].sort((one, other) => (one.destination < other.destination ? -1 : 1)),
      changes: [...this.#changes.values()].sort(byCount),
      unmatched: this.#unmatched,
      byRule: [...this.#byRule.values()],
      errors: [...this.#errors.values()].sort(byCount),
      milliseconds: Math.round(milliseconds),
    };
  }

  #change(id: string, from: string[], to: string[], rule: string): void {
    this.#changed += 1;
    count(
      found(this.#changes, JSON.stringify([from, to, rule]), () => ({ from, to, documents: 0, rule, samples: [] })),
      id,
    );
  }

  #total(destination: string): { before: number; after: number } {
    return found(this.#totals, destination, () => ({ destination, before: 0, after: 0 }));
  }
}

function found<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function count(counted: Counted, id: string): void {
  counted.documents += 1;
  if (counted.samples.length < MOST_SAMPLES) counted.samples.push(id);
}

/** The same destinations, in whatever order: each gets the document. */
function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((destination, at) => other[at] === destination || other.includes(destination));
}
