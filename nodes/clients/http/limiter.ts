import { DocbridgeError } from "../../core/errors";
import { abortedFailure } from "./failures";

export interface LimiterOptions {
  /** Requests at once when the service is well; the limiter goes below it, never above. */
  maxConcurrent: number;
  /** Requests started in any second (CMS documents 5, wire/css.md section 5). Without it: no limit. */
  ratePerSecond?: number;
  /** Longest pause one `Retry-After` may cause, in milliseconds; default 5 minutes. */
  maxPauseMs?: number;
  /** Milliseconds of a clock that never goes back. */
  now?: () => number;
  /** Calls `fn` after `ms` milliseconds; the result cancels it. */
  schedule?: (fn: () => void, ms: number) => () => void;
}

export interface RunOptions {
  /** False when the duration says nothing about the server's load (an upload lasts as long as its file is big). */
  measureLatency?: boolean;
}

export interface LimiterStatus {
  /** Requests allowed at once at present. */
  limit: number;
  maxConcurrent: number;
  inFlight: number;
  waiting: number;
  /** True while the limiter, and not the flow, decides the speed. */
  bottleneck: boolean;
  /** Milliseconds until the service is asked again; 0 when it is not paused. */
  pausedMs: number;
}

interface Waiter {
  start(): void;
}

const BACK_OFF_MS = 250;
const BACK_OFF_MAX_MS = 30_000;
/** Latency counts as risen when it is this many times, and this many milliseconds, above what it was at its best. */
const RISE_FACTOR = 3;
const RISE_MS = 100;
/** How fast "at its best" forgets: 1 % a sample, so a server that stays slow is the new normal after some 100 calls. */
const FORGET = 1.01;
const SMOOTHING = 0.2;

/**
 * Limits how many requests a connection has under way and how many it starts a second. It halves the number when the
 * service says it has too much (`rate-limited`, `service-unavailable`), takes a fifth off when latency rises, and adds
 * one for every full round that went well. First come, first served.
 */
export class AdaptiveLimiter {
  readonly #max: number;
  readonly #starts: { times: number[]; count: number; windowMs: number } | undefined;
  readonly #maxPauseMs: number;
  readonly #now: () => number;
  readonly #schedule: (fn: () => void, ms: number) => () => void;
  readonly #queue = new Set<Waiter>();
  #limit: number;
  #inFlight = 0;
  #pausedUntil = 0;
  #refusals = 0;
  /** Changes at every decrease: only requests started after the last one may cause the next. */
  #epoch = 0;
  #latency: { recent: number; best: number } | undefined;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(options: LimiterOptions) {
    this.#max = Math.max(1, Math.floor(options.maxConcurrent));
    this.#limit = this.#max;
    this.#maxPauseMs = options.maxPauseMs ?? 300_000;
    this.#now = options.now ?? (() => performance.now());
    this.#schedule = options.schedule ?? afterTimeout;
    if (options.ratePerSecond !== undefined && options.ratePerSecond > 0) {
      const count = Math.max(1, Math.floor(options.ratePerSecond));
      this.#starts = { times: [], count, windowMs: (count / options.ratePerSecond) * 1000 };
    }
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  get bottleneck(): boolean {
    return this.#queue.size > 0;
  }

  status(): LimiterStatus {
    const pausedMs = Math.max(0, Math.ceil(this.#pausedUntil - this.#now()));
    const { limit, inFlight, waiting, bottleneck } = this;
    return { limit, maxConcurrent: this.#max, inFlight, waiting, bottleneck, pausedMs };
  }

  /** Runs `fn` in its turn. Throws what `fn` throws, and DocbridgeError `aborted` when given up while waiting. */
  async run<T>(fn: () => Promise<T>, signal?: AbortSignal, options: RunOptions = {}): Promise<T> {
    await this.#enter(signal);
    const epoch = this.#epoch;
    const full = this.#inFlight >= this.limit;
    const startedAt = this.#now();
    try {
      const result = await fn();
      this.#wentWell(full);
      if (options.measureLatency !== false) this.#noteLatency(this.#now() - startedAt, epoch);
      return result;
    } catch (thrown) {
      this.#wentBadly(thrown, epoch);
      throw thrown;
    } finally {
      this.#inFlight--;
      this.#startNext();
    }
  }

  /** Turns away everything that waits; what is under way is not touched. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    for (const waiter of [...this.#queue]) waiter.start();
  }

  async #enter(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted || this.#closed) throw abortedFailure();
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        this.#queue.delete(waiter);
        reject(abortedFailure());
      };
      const waiter: Waiter = {
        start: () => {
          signal?.removeEventListener("abort", giveUp);
          if (this.#closed) giveUp();
          else resolve();
        },
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#queue.add(waiter);
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#closed) return;
    for (const waiter of this.#queue) {
      if (this.#inFlight >= this.limit) return;
      const wait = this.#waitMs();
      if (wait > 0) {
        this.#wakeIn(wait);
        return;
      }
      this.#queue.delete(waiter);
      this.#starts?.times.push(this.#now());
      this.#inFlight++;
      waiter.start();
    }
  }

  /** Milliseconds until pause and rate allow the next start. */
  #waitMs(): number {
    const now = this.#now();
    const paused = this.#pausedUntil - now;
    if (!this.#starts) return paused;
    const { times, count, windowMs } = this.#starts;
    times.splice(0, times.length - count);
    const [oldest] = times;
    return Math.max(paused, times.length < count || oldest === undefined ? 0 : oldest + windowMs - now);
  }

  #wakeIn(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#schedule(() => {
      this.#cancelTimer = undefined;
      this.#startNext();
    }, Math.ceil(ms));
  }

  #wentWell(full: boolean): void {
    this.#refusals = 0;
    if (full) this.#limit = Math.min(this.#max, this.#limit + 1 / this.#limit);
  }

  #wentBadly(thrown: unknown, epoch: number): void {
    if (!(thrown instanceof DocbridgeError)) return;
    if (thrown.code !== "rate-limited" && thrown.code !== "service-unavailable") return;
    if (epoch === this.#epoch) {
      this.#decrease(0.5);
      this.#refusals++;
    }
    const backOff = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** Math.max(0, this.#refusals - 1));
    const pause = Math.min(this.#maxPauseMs, thrown.retryAfterMs ?? backOff);
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + pause);
  }

  #decrease(factor: number): void {
    this.#limit = Math.max(1, this.#limit * factor);
    this.#epoch++;
  }

  #noteLatency(ms: number, epoch: number): void {
    const last = this.#latency;
    if (!last) {
      this.#latency = { recent: ms, best: ms };
      return;
    }
    const recent = last.recent + SMOOTHING * (ms - last.recent);
    const best = Math.min(recent, last.best * FORGET);
    this.#latency = { recent, best };
    if (epoch === this.#epoch && recent > best * RISE_FACTOR && recent > best + RISE_MS) this.#decrease(0.8);
  }
}

function afterTimeout(fn: () => void, ms: number): () => void {
  const timer = setTimeout(fn, ms);
  return () => clearTimeout(timer);
}
