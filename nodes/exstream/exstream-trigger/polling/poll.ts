import { asDocbridgeError, type DocbridgeError, deservesAnotherAttempt } from "../../../core/errors";
import type { Intake } from "../intake-loop";
import type { AccountDesk, JobMark } from "./job-account";

export const DAY_MS = 24 * 3600_000;

/** A server that is asked again and again for jobs, since nothing tells of their end. */
export abstract class Poll<Desk extends AccountDesk> implements Intake {
  protected readonly stopping = new AbortController();

  /** @param bookmark begin of the names of bookmarks of its jobs. */
  constructor(
    protected readonly desk: Desk,
    private readonly bookmark: string,
  ) {}

  /** Asks once. Throws what ends this look. */
  protected abstract ask(): Promise<void>;

  stop(): void {
    this.stopping.abort();
  }

  async look(): Promise<void> {
    try {
      await this.ask();
    } catch (thrown) {
      // What was given up because the node closes is taken up again after it.
      if (!this.stopping.signal.aborted) throw thrown;
    }
  }

  /** Takes one job, and gives what a later poll can mend. Other jobs are taken meanwhile, unless it `concernsAll`. */
  protected async attempt(take: () => Promise<void>): Promise<DocbridgeError | undefined> {
    this.stopping.signal.throwIfAborted();
    try {
      await take();
      return undefined;
    } catch (thrown) {
      if (this.stopping.signal.aborted) throw thrown;
      return asDocbridgeError(thrown);
    }
  }

  /** Takes away what is known of jobs that will not be listed any more. */
  protected async forget(isGone: (id: string, mark: JobMark) => boolean): Promise<void> {
    const { bookmarks } = this.desk.stores.ledger;
    const { origin } = this.desk.rules;
    for (const { name, value } of await bookmarks.list<JobMark>(origin, this.bookmark)) {
      if (isGone(name.slice(this.bookmark.length), value)) await bookmarks.set(origin, name, undefined);
    }
  }
}

/** A failure of the connection or of our own stores: the next job would meet it too. */
export function concernsAll(error: DocbridgeError): boolean {
  return (error.status === undefined && error.retryable) || (!error.retryable && deservesAnotherAttempt(error)) || error.status === 429;
}
