import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { ApiFailure } from "./api.ts";
import { asFailure } from "./hooks.ts";

interface Pages<Row> {
  rows: Row[];
  failure?: ApiFailure;
  loading: boolean;
  /** Loads the next page; undefined when there is none. */
  more?: () => void;
  /** Begins at the first page again. */
  reload(): void;
}

type LoadPage<Row, Cursor> = (after: Cursor | undefined, signal: AbortSignal) => Promise<{ rows: Row[]; next?: Cursor | undefined }>;

/** A list that is loaded page by page; another question begins anew. */
export function usePages<Row, Cursor>(load: LoadPage<Row, Cursor>, question: readonly unknown[]): Pages<Row> {
  const [state, setState] = useState<{ rows: Row[]; next?: Cursor | undefined; failure?: ApiFailure; loading: boolean }>({
    rows: [],
    loading: true,
  });
  const newest = useRef(load);
  newest.current = load;
  const running = useRef<AbortController>(undefined);

  const fetchPage = useCallback((before: Row[], after: Cursor | undefined) => {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    setState((known) => ({ rows: known.rows, loading: true }));
    newest.current(after, abort.signal).then(
      ({ rows, next }) => setState({ rows: [...before, ...rows], next, loading: false }),
      (thrown: unknown) => {
        if (!abort.signal.aborted) setState((known) => ({ rows: known.rows, failure: asFailure(thrown), loading: false }));
      },
    );
  }, []);

  const asked = JSON.stringify(question);
  useEffect(() => {
    setState({ rows: [], loading: true });
    fetchPage([], undefined);
    return () => running.current?.abort();
  }, [asked, fetchPage]);

  const { rows, next, failure, loading } = state;
  return {
    rows,
    loading,
    ...(failure ? { failure } : {}),
    ...(next === undefined ? {} : { more: () => fetchPage(rows, next) }),
    reload: () => fetchPage([], undefined),
  };
}
