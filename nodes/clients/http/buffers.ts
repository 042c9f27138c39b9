import { abortedFailure } from "./failures";

/** 1 MiB: smaller chunks cost a third of the speed of large bodies (design.md section 7). */
export const CHUNK_SIZE = 1024 * 1024;

/** A buffer on loan. `reusable: false` when the kernel may still read it (a write whose end was never reported). */
export interface Loan {
  buffer: Buffer;
  release(reusable: boolean): void;
}

type Use = "body" | "stream";

interface Waiter {
  use: Use;
  start(): void;
}

/**
 * Reused buffers, never more than `capacity` on loan. A body sent in one write borrows for milliseconds, a stream keeps
 * its buffer until it is through (so it never stalls half-way for want of one), and therefore streams leave some over:
 * a slow server that takes large files cannot keep small ones from another.
 */
export class BufferPool {
  readonly #size: number;
  readonly #capacity: number;
  readonly #forStreams: number;
  readonly #free: Buffer[] = [];
  readonly #queue = new Set<Waiter>();
  readonly #onLoan = { body: 0, stream: 0 };

  constructor(options: { size: number; capacity: number; forStreams: number }) {
    this.#size = options.size;
    this.#capacity = options.capacity;
    this.#forStreams = options.forStreams;
  }

  get onLoan(): number {
    return this.#onLoan.body + this.#onLoan.stream;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Waits for a buffer, first come, first served within a use. Throws DocbridgeError `aborted`. */
  async borrow(use: Use, signal?: AbortSignal): Promise<Loan> {
    if (signal?.aborted) throw abortedFailure();
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        this.#queue.delete(waiter);
        reject(abortedFailure());
      };
      const waiter: Waiter = {
        use,
        start: () => {
          signal?.removeEventListener("abort", giveUp);
          resolve();
        },
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#queue.add(waiter);
      this.#serve();
    });
    return this.#lend(use);
  }

  /** A second buffer for a stream that wants to read ahead; none while anybody waits for their first. */
  borrowSpare(): Loan | undefined {
    if (this.#queue.size > 0 || !this.#hasRoom("stream")) return undefined;
    this.#onLoan.stream++;
    return this.#lend("stream");
  }

  #lend(use: Use): Loan {
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#size);
    let lent = true;
    const release = (reusable: boolean): void => {
      if (!lent) return;
      lent = false;
      this.#onLoan[use]--;
      if (reusable) this.#free.push(buffer);
      this.#serve();
    };
    return { buffer, release };
  }

  #serve(): void {
    for (const waiter of this.#queue) {
      if (!this.#hasRoom(waiter.use)) continue;
      this.#queue.delete(waiter);
      this.#onLoan[waiter.use]++;
      waiter.start();
    }
  }

  #hasRoom(use: Use): boolean {
    return this.onLoan < this.#capacity && (use === "body" || this.#onLoan.stream < this.#forStreams);
  }
}

/** The one pool of the process: bytes in flight delay the event loop, and above some 8 MB it shows (baselines.md). */
export const sharedBuffers = new BufferPool({ size: CHUNK_SIZE, capacity: 8, forStreams: 6 });
