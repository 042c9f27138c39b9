import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiFailure } from "./api.ts";

export interface Loaded<T> {
  /** Stays what it was while it is loaded anew for the same question; undefined as soon as the question is another. */
  data?: T;
  failure?: ApiFailure;
  loading: boolean;
  reload(): void;
}

/** Asks the API when the view appears and whenever one of `question` changes; an answer to an older question is dropped. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, question: readonly unknown[]): Loaded<T> {
  const asked = JSON.stringify(question);
  const [state, setState] = useState<{ asked: string; data?: T; failure?: ApiFailure; loading: boolean }>({ asked, loading: true });
  const [round, setRound] = useState(0);
  const newest = useRef(load);
  newest.current = load;

  useEffect(() => {
    const abort = new AbortController();
    setState((before) => ({ asked, loading: true, ...(before.asked === asked ? { data: before.data as T } : {}) }));
    newest.current(abort.signal).then(
      (data) => setState({ asked, data, loading: false }),
      (thrown: unknown) => {
        if (abort.signal.aborted) return;
        const failure = asFailure(thrown);
        setState((before) => ({ ...before, asked, failure, loading: false }));
      },
    );
    return () => abort.abort();
  }, [asked, round]);

  const reload = useCallback(() => setRound((before) => before + 1), []);
  const current = state.asked === asked ? state : { loading: true };
  return { ...current, reload };
}

/** Anything thrown by a call of the API. */
export function asFailure(thrown: unknown): ApiFailure {
  return thrown instanceof ApiFailure ? thrown : new ApiFailure(0, { code: "unexpected", message: String(thrown) });
}

const clockListeners = new Set<(now: number) => void>();
let clock: ReturnType<typeof setInterval> | undefined;

/** The time, anew every two seconds. One timer serves the page. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    clockListeners.add(setNow);
    clock ??= setInterval(() => {
      const at = Date.now();
      for (const tell of clockListeners) tell(at);
    }, 2000);
    return () => {
      clockListeners.delete(setNow);
      if (clockListeners.size > 0) return;
      clearInterval(clock);
      clock = undefined;
    };
  }, []);
  return now;
}

/** Calls `tick` every so often while the view is there and the tab is looked at. */
export function useEvery(ms: number, tick: () => void): void {
  const newest = useRef(tick);
  newest.current = tick;
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) newest.current();
    }, ms);
    return () => clearInterval(timer);
  }, [ms]);
}
