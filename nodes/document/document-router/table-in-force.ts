import type { LedgerRouting, RouteTableVersion } from "../../core/ledger/routing";
import { checkTable } from "../../core/routing/check";
import { type CompiledTable, compileTable, type PrepareExpression } from "../../core/routing/compile";
import type { RouteTable, TableProblem } from "../../core/routing/table";

export interface TableInForceOptions {
  /** Its name in the ledger. */
  table: string;
  /** What the router offers, at least one. */
  destinations: string[];
  prepare: PrepareExpression;
  /** Called when another version came into force, or could not. */
  changed: () => void;
  report: (error: unknown) => void;
}

/** A version ready for use. */
export interface UsableTable extends CompiledTable {
  table: string;
  version: number;
}

/** After the ledger could not be asked it is asked again, milliseconds. */
const RETRY_MS = 1_000;
const PAGE = 20;

/**
 * The version of a route table that a router uses: the newest in the ledger, as soon as it is there. One that the router
 * cannot use (a destination of it is gone) does not come into force: the last good one stays, after a restart the newest
 * good one of the history.
 */
export class TableInForce {
  private table: UsableTable | undefined;
  private newest = 0;
  private found: TableProblem[] = [];
  private looking: Promise<void> | undefined;
  private again = false;
  private retry: NodeJS.Timeout | undefined;
  private stopped = false;
  private readonly unsubscribe: () => void;
  private readonly first: Promise<void>;

  constructor(
    private readonly routing: LedgerRouting,
    private readonly options: TableInForceOptions,
  ) {
    this.unsubscribe = routing.onTableChange((name) => {
      if (name === options.table) this.look();
    });
    this.first = this.look();
  }

  /** What documents are routed by from now on; undefined while no version is usable. A swap is one assignment. */
  async current(): Promise<UsableTable | undefined> {
    await this.first;
    return this.table;
  }

  /** The version in use, and what is wrong with the newest one. */
  get state(): { inForce?: number; rules: number; problems: TableProblem[] } {
    const { table, found: problems } = this;
    return table ? { inForce: table.version, rules: table.rules.length, problems } : { rules: 0, problems };
  }

  stop(): void {
    this.stopped = true;
    this.unsubscribe();
    clearTimeout(this.retry);
  }

  /** A change while the ledger is being asked causes one more question. */
  private look(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    clearTimeout(this.retry);
    if (this.looking) {
      this.again = true;
      return this.looking;
    }
    this.looking = this.load()
      .catch((error) => {
        if (this.stopped) return;
        this.options.report(error);
        this.retry = setTimeout(() => void this.look(), RETRY_MS);
        this.retry.unref();
      })
      .finally(() => {
        this.looking = undefined;
        if (!this.again) return;
        this.again = false;
        void this.look();
      });
    return this.looking;
  }

  private async load(): Promise<void> {
    const newest = (await this.routing.active(this.options.table)) ?? (await this.begin());
    if (newest.version === this.newest) return;
    const problems = this.check(newest);
    if (isUsable(problems)) this.table = this.compile(newest);
    else this.table ??= await this.lastGood(newest.version);
    this.newest = newest.version;
    this.found = problems;
    this.options.changed();
  }

  /** A new table has no version yet: the first router of it makes one by which everything goes to its first destination. */
  private async begin(): Promise<RouteTableVersion> {
    const { table, destinations } = this.options;
    const [first = ""] = destinations;
    const content: RouteTable = { mode: "first", rules: [], default: [first] };
    const note = `Made by the first router of this table: no rules yet, every document goes to '${first}'.`;
    try {
      return await this.routing.activate(table, content, 0, { author: "document-router", note });
    } catch (error) {
      // Another router was there first.
      const made = await this.routing.active(table);
      if (made) return made;
      throw error;
    }
  }

  private async lastGood(before: number): Promise<UsableTable | undefined> {
    for (let below = before; ; ) {
      const page = await this.routing.versions(this.options.table, PAGE, below);
      const good = page.find((version) => isUsable(this.check(version)));
      if (good) return this.compile(good);
      const oldest = page.at(-1);
      if (!oldest) return undefined;
      below = oldest.version;
    }
  }

  private check({ content }: RouteTableVersion): TableProblem[] {
    const { destinations, prepare } = this.options;
    return checkTable(content, destinations, prepare);
  }

  private compile({ table, version, content }: RouteTableVersion): UsableTable {
    return { table, version, ...compileTable(content, { prepare: this.options.prepare }) };
  }
}

function isUsable(problems: TableProblem[]): boolean {
  return problems.every(({ severity }) => severity !== "error");
}
