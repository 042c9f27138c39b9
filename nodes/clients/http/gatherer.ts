export interface GathererOptions {
  /** Items of one load at most. */
  size: number;
  /** Loads under way at a time; while there are as many, items gather for the next one. Default 2. */
  parallel?: number;
  /** How long a load that is not full waits for company, milliseconds. Default 5. */
  lingerMs?: number;
}

/**
 * Gathers what many callers ask for at nearly the same time and has it done in loads. `work` gives a result for each item,
 * in their order; an Error among the results is thrown to its caller, one that it throws to all of them.
 */
export class Gatherer<Item, Result> {
  readonly #work: (items: Item[]) => Promise<(Result | Error)[]>;
  readonly #options: Required<GathererOptions>;
  #waiting: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[] = [];
  #running = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(work: (items: Item[]) => Promise<(Result | Error)[]>, options: GathererOptions) {
    this.#work = work;
    this.#options = { parallel: 2, lingerMs: 5, ...options };
  }

  run(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#waiting.length >= this.#options.size) this.#next();
      else this.#timer ??= setTimeout(() => this.#next(), this.#options.lingerMs);
    });
  }

  #next(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#running >= this.#options.parallel || this.#waiting.length === 0) return;
    void this.#carryOut(this.#waiting.splice(0, this.#options.size));
    // What is left over is a load of its own.
    if (this.#waiting.length > 0) this.#next();
  }

  async #carryOut(load: { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }[]): Promise<void> {
    this.#running += 1;
    try {
      const results = await this.#work(load.map(({ item }) => item));
      load.forEach(({ resolve, reject }, at) => {
        const result = results[at] as Result | Error;
        if (result instanceof Error) reject(result);
        else resolve(result);
      });
    } catch (thrown) {
      for (const { reject } of load) reject(thrown);
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }
}
