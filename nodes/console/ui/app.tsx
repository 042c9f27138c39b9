import { useCallback, useEffect, useState } from "preact/hooks";
import type { Session } from "../api-types";
import { type ApiFailure, api } from "./api.ts";
import { ErrorNote, Loading } from "./components/notes.tsx";
import { Frame } from "./frame.tsx";
import { asFailure } from "./hooks.ts";
import { signedOut } from "./session-end.ts";
import { SignIn } from "./sign-in.tsx";

/** The whole page: who is there, or the sign-in. */
export function App() {
  const [session, setSession] = useState<Session>();
  const [failure, setFailure] = useState<ApiFailure>();

  const begin = useCallback(() => {
    setFailure(undefined);
    api.session().then(setSession, (thrown: unknown) => setFailure(asFailure(thrown)));
  }, []);

  useEffect(() => {
    const end = () => setSession(undefined);
    signedOut.addEventListener("end", end);
    begin();
    return () => signedOut.removeEventListener("end", end);
  }, [begin]);

  if (session) return <Frame session={session} />;
  if (!failure)
    return (
      <main class="alone">
        <Loading />
      </main>
    );
  if (failure.status === 401) return <SignIn onDone={begin} />;
  return (
    <main class="alone">
      <ErrorNote failure={failure} onRetry={begin} />
    </main>
  );
}
