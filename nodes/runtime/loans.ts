/** Work that uses something which must not be closed under it: a ledger, a connection. */
export class Loans {
  private readonly open = new Set<Promise<unknown>>();

  /** Counts the work as under way until it has settled. */
  lend<T>(work: Promise<T>): Promise<T> {
    this.open.add(work);
    const back = () => this.open.delete(work);
    work.then(back, back);
    return work;
  }

  /** Resolves when all work has settled, also what is lent meanwhile; after `limitMs` in any case. */
  async returned(limitMs: number): Promise<void> {
    const all = async () => {
      while (this.open.size > 0) await Promise.allSettled(this.open);
    };
    await Promise.race([all(), new Promise((resolve) => setTimeout(resolve, limitMs).unref())]);
  }
}

/** Node-RED gives a node 15 s to close; what was lent may take a little less, milliseconds. */
export const RETURN_MS = 12_000;
