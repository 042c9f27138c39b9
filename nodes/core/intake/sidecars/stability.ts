export interface SeenFile {
  name: string;
  /** Bytes. */
  size: number;
  mtimeMs: number;
}

/**
 * Tells which files of a folder are no longer being written: those whose size and time of change were the same in so
 * many polls on end. Time of change is only compared, never read as a time, so clocks do not matter.
 */
export class StabilityTracker {
  readonly #polls: number;
  #seen = new Map<string, { size: number; mtimeMs: number; polls: number }>();

  /** @param polls polls on end that must have seen the same; 1 = at first sight. Throws RangeError below 1. */
  constructor(polls: number) {
    if (!Number.isInteger(polls) || polls < 1) throw new RangeError("polls must be a whole number of at least 1");
    this.#polls = polls;
  }

  /** Takes what one poll saw (all files of the folder) and gives the names that are stable; files not seen are forgotten. */
  observe(files: readonly SeenFile[]): string[] {
    const before = this.#seen;
    this.#seen = new Map();
    for (const { name, size, mtimeMs } of files) {
      const last = before.get(name);
      const isSame = last !== undefined && last.size === size && last.mtimeMs === mtimeMs;
      this.#seen.set(name, { size, mtimeMs, polls: isSame ? last.polls + 1 : 1 });
    }
    return [...this.#seen].filter(([, { polls }]) => polls >= this.#polls).map(([name]) => name);
  }
}
