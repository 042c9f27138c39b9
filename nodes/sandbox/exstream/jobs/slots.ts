/** Lets at most `limit` callers through at a time; the others wait in turn. */
export class Slots {
  private taken = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private limit: number) {}

  /** Changes the limit; callers that are through stay so. */
  setLimit(limit: number): void {
    this.limit = limit;
    this.letIn();
  }

  /** Runs `work` once a slot is free. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      this.waiting.push(resolve);
      this.letIn();
    });
    try {
      return await work();
    } finally {
      this.taken -= 1;
      this.letIn();
    }
  }

  private letIn(): void {
    while (this.taken < this.limit) {
      const next = this.waiting.shift();
      if (!next) return;
      this.taken += 1;
      next();
    }
  }
}

/** Calls `work` for 0 to `count` - 1, at most `parallel` at a time. The first failure ends it. */
export async function eachInParallel(count: number, parallel: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      try {
        await work(index);
      } catch (error) {
        next = count;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(parallel, count) }, worker));
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}
