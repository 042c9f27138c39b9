import { actionsFor } from "../action-rules.ts";
import { api } from "../api.ts";
import { Actions } from "../components/actions.tsx";
import { ChainBadge, State } from "../components/badge.tsx";
import { LinkButton } from "../components/button.tsx";
import { ErrorNote, Loading, Note } from "../components/notes.tsx";
import { useConsole } from "../console-context.ts";
import { useEvery, useLoad } from "../hooks.ts";
import { known, t } from "../i18n.ts";
import { Facts } from "./document/facts.tsx";
import { Preview } from "./document/preview.tsx";
import { Receipts } from "./document/receipts.tsx";
import { RunAssets } from "./document/run-assets.tsx";
import { Timeline } from "./document/timeline.tsx";

const refreshMs = 2000;

interface DocumentProps {
  id: string;
  /** The search it was found by. */
  back: Record<string, string>;
}

/** One document: what it is, where it went, what happened to it, and what it looks like. */
export function Document({ id, back }: DocumentProps) {
  const { ledger, link } = useConsole();
  const { data, failure, reload } = useLoad((signal) => api.document(ledger, id, signal), [ledger, id]);
  useEvery(refreshMs, reload);
  const document = data?.document;

  return (
    <>
      <div class="view-head">
        <div class="document-head">
          <LinkButton small icon="back" href={link("documents", undefined, back)}>
            {t("documents.title")}
          </LinkButton>
          <h1 tabIndex={-1}>{document?.content.fileName || id}</h1>
          {data && (
            <div class="row">
              <State state={data.document.state} />
              <ChainBadge brokenAt={data.brokenAt} />
            </div>
          )}
        </div>
        {document && <Actions actions={actionsFor([document.state])} selection={{ ids: [id] }} onDone={reload} />}
      </div>
      {failure && <ErrorNote failure={failure} onRetry={reload} />}
      {!data && !failure && <Loading />}
      {data && (
        <>
          {data.document.error && (
            <Note kind={data.document.state === "quarantined" || data.document.state === "conflict" ? "bad" : "warning"}>
              <strong>{known("codes", data.document.error.code) ?? data.document.error.code}</strong>
              <p>{known("advice", data.document.error.code)}</p>
              <p>{data.document.error.message}</p>
            </Note>
          )}
          {data.brokenAt !== undefined && <Note kind="bad">{t("documents.chain-broken-about")}</Note>}
          <div class="document">
            <div class="stack">
              <Facts document={data.document} />
              <Receipts document={data.document} />
              {data.document.batch && <RunAssets batch={data.document.batch.id} />}
              <Timeline events={data.events} brokenAt={data.brokenAt} />
            </div>
            <Preview key={id} document={data.document} hasBytes={data.hasBytes} />
          </div>
        </>
      )}
    </>
  );
}
