import { useEffect, useState } from "preact/hooks";
import { accessToken, adminRoot, signIn, signInKind } from "./auth.ts";
import { Button, LinkButton } from "./components/button.tsx";
import { Field } from "./components/field.tsx";
import { Note } from "./components/notes.tsx";
import { t } from "./i18n.ts";

/** Signs in as Node-RED's editor does. `onDone`: try again with the new sign-in. */
export function SignIn({ onDone }: { onDone(): void }) {
  const [kind, setKind] = useState<"password" | "editor">();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    document.title = `${t("frame.sign-in")} – Docbridge`;
    signInKind().then(setKind, () => setKind("editor"));
  }, []);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setBusy(true);
    const taken = await signIn(username, password).catch(() => undefined);
    setBusy(false);
    if (taken) onDone();
    setWrong(taken === undefined ? t("frame.error.unreachable") : taken ? t("frame.no-permission") : t("frame.sign-in-wrong"));
  }

  return (
    <main class="alone">
      <form class="sign-in" onSubmit={submit}>
        <p class="brand">Docbridge</p>
        <h1>{t("frame.sign-in")}</h1>
        {kind === "password" && (
          <>
            <p>{t("frame.sign-in-about")}</p>
            <Field label={t("frame.username")}>
              {(control) => (
                <input
                  {...control}
                  type="text"
                  name="username"
                  autocomplete="username"
                  value={username}
                  onInput={(event) => setUsername(event.currentTarget.value)}
                />
              )}
            </Field>
            <Field label={t("frame.password")}>
              {(control) => (
                <input
                  {...control}
                  type="password"
                  name="password"
                  autocomplete="current-password"
                  value={password}
                  onInput={(event) => setPassword(event.currentTarget.value)}
                />
              )}
            </Field>
            {wrong && (
              <div role="alert">
                <Note kind="bad">{wrong}</Note>
              </div>
            )}
            <Button type="submit" kind="primary" disabled={busy}>
              {busy ? t("frame.working") : t("frame.sign-in")}
            </Button>
          </>
        )}
        {kind === "editor" && (
          <>
            <p>{t("frame.sign-in-editor")}</p>
            {accessToken() !== undefined && <Note kind="warning">{t("frame.no-permission")}</Note>}
            <div class="row">
              <LinkButton kind="primary" icon="editor" href={adminRoot.href}>
                {t("frame.open-editor")}
              </LinkButton>
              <Button icon="retry" onClick={onDone}>
                {t("frame.try-again")}
              </Button>
            </div>
          </>
        )}
      </form>
    </main>
  );
}
