import type { RunAsset } from "../../../../core/ledger/runs";
import { api } from "../../api.ts";
import { ErrorNote, Note } from "../../components/notes.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Moment } from "../../components/time.tsx";
import { useConsole } from "../../console-context.ts";
import { useLoad } from "../../hooks.ts";
import { format, t } from "../../i18n.ts";

/** What the run of a batch was composed with; nothing when nobody asked Exstream for it. */
export function RunAssets({ batch }: { batch: string }) {
  const { ledger } = useConsole();
  const { data: reply, failure, reload } = useLoad((signal) => api.runAssets(ledger, batch, signal), [ledger, batch]);
  const data = reply?.run;
  if (!data && !failure) return null;
  return (
    <section class="card" aria-labelledby="run-assets">
      <h2 id="run-assets">{t("documents.run-assets")}</h2>
      {failure && <ErrorNote failure={failure} onRetry={reload} />}
      {data && !data.isIntact && <Note kind="bad">{t("documents.run-assets-broken")}</Note>}
      {data?.assets.length === 0 && <p class="muted">{t("documents.no-run-assets")}</p>}
      {data && data.assets.length > 0 && (
        <Table
          caption={t("documents.run-assets-caption", { batch })}
          columns={columns}
          rows={data.assets}
          rowKey={({ id, version }) => `${id}@${version}`}
        />
      )}
      {data && (
        <p class="second">
          {t("documents.run-assets-kept")} <Moment at={Date.parse(data.at)} />
        </p>
      )}
    </section>
  );
}

const columns: Column<RunAsset>[] = [
  {
    key: "name",
    head: t("documents.asset.name"),
    heads: true,
    cell: ({ name, id, type }) => (
      <>
        {name || id}
        <span class="second">{type}</span>
      </>
    ),
  },
  { key: "version", head: t("documents.asset.version"), figures: true, cell: ({ version }) => format.number(version) },
  {
    key: "state",
    head: t("documents.asset.state"),
    cell: ({ state, approvedBy }) => (
      <>
        {state}
        {approvedBy && <span class="second">{t("documents.asset.approved-by", { who: approvedBy })}</span>}
      </>
    ),
  },
];
