import { abortedFailure } from "./failures";

/** A signal that follows any of the given ones and a time limit, without leaving listeners behind once cleared. */
export function stopper(signals: (AbortSignal | undefined)[], timeoutMs: number) {
  const controller = new AbortController();
  let late = false;
  const abort = (): void => controller.abort();
  const live = signals.filter((signal) => signal !== undefined);
  for (const signal of live) {
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  }
  const timer = setTimeout(() => {
    late = !controller.signal.aborted;
    abort();
  }, timeoutMs);
  return {
    signal: controller.signal,
    timedOut: () => late,
    clear: () => {
      clearTimeout(timer);
      for (const signal of live) signal.removeEventListener("abort", abort);
    },
  };
}

/** Waits for work that several share: one of them giving up does not end it for the others. */
export function unlessAborted<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return shared;
  if (signal.aborted) {
    shared.catch(() => undefined);
    return Promise.reject(abortedFailure());
  }
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(abortedFailure());
    signal.addEventListener("abort", giveUp, { once: true });
    shared.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
