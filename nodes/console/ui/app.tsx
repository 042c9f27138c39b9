import { useCallback, useEffect, useState } from "preact/hooks";
import type { Session } from "../api-types";
import { type ApiFailure, api } from "./api.ts";
import { ErrorNote, Loading } from "./components/notes.tsx";
import { Frame } from "./frame.tsx";
import { asFailure } from "./hooks.ts";
import { refused } from "./refused.ts";
import { SignIn } from "./sign-in.tsx";

/** The whole page: who is there, or the sign-in. */
export function App() {
  const [session, setSession] = useState<Session>();
  const [failure, setFailure] = useState<ApiFailure>();

  /** Asks who is there; what the page shows stays until the answer says otherwise. */
  const begin = useCallback(() => {
    api.session().then(
      (now) => {
        setFailure(undefined);
        setSession((before) => (JSON.stringify(before) === JSON.stringify(now) ? before : now));
      },
      (thrown: unknown) => {
        const told = asFailure(thrown);
        setFailure(told);
        if (told.status === 401) setSession(undefined);
      },
    );
  }, []);

  useEffect(() => {
    refused.addEventListener("refused", begin);
    begin();
    return () => refused.removeEventListener("refused", begin);
  }, [begin]);

  if (session) return <Frame session={session} />;
  if (failure?.status === 401) return <SignIn onDone={begin} />;
  return <main class="alone">{failure ? <ErrorNote failure={failure} onRetry={begin} /> : <Loading />}</main>;
}
