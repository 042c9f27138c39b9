import type { ActionName, FailureGroup } from "../../../core/ledger/console";
import { api } from "../api.ts";
import { Actions } from "../components/actions.tsx";
import { State } from "../components/badge.tsx";
import { LinkButton } from "../components/button.tsx";
import { Empty, ErrorNote, Loading } from "../components/notes.tsx";
import { Ago } from "../components/time.tsx";
import { useConsole } from "../console-context.ts";
import { useEvery, useLoad } from "../hooks.ts";
import { counted, known, t } from "../i18n.ts";
import { Orphans } from "./orphans.tsx";

const refreshMs = 5000;
const actions: Record<FailureGroup["state"], ActionName[]> = {
  quarantined: ["retry", "route-again", "reject"],
  conflict: ["accept", "reject"],
};

/** What needs a person, by its cause: one mended cause frees many documents. */
export function Failures() {
  const { ledger } = useConsole();
  const { data, failure, reload } = useLoad((signal) => api.failures(ledger, signal), [ledger]);
  useEvery(refreshMs, reload);
  return (
    <>
      <div class="view-head">
        <h1 tabIndex={-1}>{t("failures.title")}</h1>
      </div>
      <p class="view-about">{t("failures.about")}</p>
      {failure && <ErrorNote failure={failure} onRetry={reload} />}
      {!data && !failure && <Loading />}
      {data?.length === 0 && (
        <div class="card">
          <Empty icon="check" title={t("failures.none")}>
            {t("failures.none-about")}
          </Empty>
        </div>
      )}
      {data && data.length > 0 && (
        <ul class="failures">
          {data.map((group) => (
            <Group key={`${group.state} ${group.code}`} group={group} onDone={reload} />
          ))}
        </ul>
      )}
      <Orphans />
    </>
  );
}

function Group({ group: { state, code, message, documents, newestAt, oldestAt }, onDone }: { group: FailureGroup; onDone(): void }) {
  const { link } = useConsole();
  return (
    <li class="card failure">
      <div class="card-head">
        <h2>{known("codes", code) ?? code}</h2>
        <div class="row">
          <State state={state} />
          <code class="muted">{code}</code>
        </div>
      </div>
      <p class="failure-count">
        <strong>{counted("failures.documents", documents)}</strong>{" "}
        <span class="muted">
          · {t("failures.newest")} <Ago at={newestAt} /> · {t("failures.oldest")} <Ago at={oldestAt} />
        </span>
      </p>
      <p>{known("advice", code)}</p>
      <blockquote class="failure-message">{message}</blockquote>
      <div class="row failure-actions">
        <LinkButton icon="documents" href={link("documents", undefined, { state, code })}>
          {t("failures.see-documents")}
        </LinkButton>
        <Actions actions={actions[state]} selection={{ filter: { states: [state], code } }} onDone={onDone} />
      </div>
    </li>
  );
}
