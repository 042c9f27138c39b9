import { once } from "node:events";
import { PassThrough, type Readable } from "node:stream";
import { DocbridgeError } from "../errors";

/** Takes a document's bytes as a stream and gives back what it made of them, for example a content reference. */
export type Store<T> = (bytes: Readable, index: number) => Promise<T>;

/** Bytes held between us and the store. */
const BUFFERED = 256 * 1024;

/** Hands bytes on to a store at the store's pace. */
export class ContentPipe<T> {
  readonly #stream = new PassThrough({ highWaterMark: BUFFERED });
  readonly #stored: Promise<T>;
  #settled = false;

  constructor(store: Store<T>, index: number) {
    // A store that fails destroys the stream; its own error, not the stream's, is what the caller gets.
    this.#stream.on("error", () => {});
    this.#stored = store(this.#stream, index).finally(() => {
      this.#settled = true;
      this.#stream.destroy();
    });
    this.#stored.catch(() => {});
  }

  /** Waits when the store is behind. Throws what the store throws. */
  async write(bytes: Buffer): Promise<void> {
    if (!this.#settled && this.#stream.write(bytes)) return;
    if (!this.#settled) await Promise.race([once(this.#stream, "drain").catch(() => {}), this.#stored]);
    if (this.#settled) await this.#endedEarly();
  }

  /** What the store made of the bytes. */
  end(): Promise<T> {
    this.#stream.end();
    return this.#stored;
  }

  /** Tells the store that the bytes end too early, and waits until it has cleaned up. */
  async abort(reason: Error): Promise<void> {
    this.#stream.destroy(reason);
    await this.#stored.catch(() => {});
  }

  async #endedEarly(): Promise<never> {
    await this.#stored;
    throw new DocbridgeError("spool-io", { message: "The spool stopped taking a document's bytes before the last one. Deliver it again." });
  }
}
