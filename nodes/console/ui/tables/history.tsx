import { useState } from "preact/hooks";
import type { RouteTableVersion } from "../../../core/ledger/routing";
import type { TableDetail } from "../../api-types";
import { type ApiFailure, api } from "../api.ts";
import { Badge } from "../components/badge.tsx";
import { Button } from "../components/button.tsx";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { Empty, ErrorNote, Loading, Note } from "../components/notes.tsx";
import { Moment } from "../components/time.tsx";
import { useConsole } from "../console-context.ts";
import { asFailure, useLoad } from "../hooks.ts";
import { format, t } from "../i18n.ts";
import { DiffView } from "./diff-view.tsx";
import { emptyTable } from "./model.ts";

const pageSize = 20;

interface HistoryProps {
  detail: TableDetail;
  dirty: boolean;
  /** Puts the version's content in force as a new version. */
  onRollBack(version: RouteTableVersion, note: string): Promise<void>;
  onExport(version: RouteTableVersion): void;
}

/** Every version that was in force, what was new in it, and the way back to it. */
export function History({ detail, dirty, onRollBack, onExport }: HistoryProps) {
  const { ledger, session } = useConsole();
  const newest = useLoad(
    (signal) => api.versions(ledger, detail.table, { limit: pageSize }, signal),
    [ledger, detail.table, detail.active?.version],
  );
  const [older, setOlder] = useState<RouteTableVersion[]>([]);
  const [failure, setFailure] = useState<ApiFailure>();
  const [rollBack, setRollBack] = useState<RouteTableVersion>();

  if (newest.failure) return <ErrorNote failure={newest.failure} onRetry={newest.reload} />;
  if (!newest.data) return <Loading />;
  const oldestNew = newest.data.at(-1)?.version ?? 0;
  const versions = [...newest.data, ...older.filter(({ version }) => version < oldestNew)];
  const oldest = versions.at(-1)?.version ?? 1;
  if (versions.length === 0) return <Empty icon="history" title={t("tables.no-versions")} />;

  async function loadOlder(): Promise<void> {
    setFailure(undefined);
    await api
      .versions(ledger, detail.table, { limit: pageSize, before: oldest })
      .then((found) => setOlder((before) => [...before.filter(({ version }) => version > oldest), ...found]))
      .catch((thrown: unknown) => setFailure(asFailure(thrown)));
  }

  return (
    <section class="stack" aria-label={t("tables.tab.history")}>
      <ol class="versions">
        {versions.map((version, at) => (
          <Version
            key={version.version}
            version={version}
            previous={versions[at + 1]}
            active={detail.active}
            canWrite={session.canWrite}
            onRollBack={() => setRollBack(version)}
            onExport={() => onExport(version)}
          />
        ))}
      </ol>
      {failure && <ErrorNote failure={failure} />}
      {oldest > 1 && (
        <div>
          <Button onClick={loadOlder}>{t("tables.older")}</Button>
        </div>
      )}
      {rollBack && (
        <ConfirmDialog
          wide
          title={t("tables.roll-back-title", { version: rollBack.version })}
          confirmLabel={t("tables.roll-back-confirm")}
          whyLabel={t("tables.note")}
          whyHint={t("tables.note-hint")}
          onConfirm={async (note) => {
            await onRollBack(rollBack, note);
            setRollBack(undefined);
          }}
          onClose={() => setRollBack(undefined)}
        >
          <p>{t("tables.roll-back-about", { version: rollBack.version, next: (detail.active?.version ?? 0) + 1 })}</p>
          {detail.draft && (
            <Note kind="warning">
              {t("tables.roll-back-draft", { who: detail.draft.author, time: format.dateTime(detail.draft.updatedAt) })}
            </Note>
          )}
          {dirty && <Note kind="warning">{t("tables.roll-back-dirty")}</Note>}
          <section class="stack-tight">
            <h3>{t("tables.activate-changes")}</h3>
            <DiffView before={detail.active?.content ?? emptyTable()} after={rollBack.content} />
          </section>
        </ConfirmDialog>
      )}
    </section>
  );
}

interface VersionProps {
  version: RouteTableVersion;
  previous: RouteTableVersion | undefined;
  active: RouteTableVersion | undefined;
  canWrite: boolean;
  onRollBack(): void;
  onExport(): void;
}

type Comparison = "previous" | "active";

function Version({ version, previous, active, canWrite, onRollBack, onExport }: VersionProps) {
  const [shown, setShown] = useState<Comparison>();
  const isActive = version.version === active?.version;
  const toggle = (which: Comparison) => setShown((before) => (before === which ? undefined : which));

  return (
    <li class="card version">
      <div class="card-head">
        <h2>
          {t("tables.version", { version: version.version })} {isActive && <Badge tone="good">{t("tables.in-force")}</Badge>}
        </h2>
        <p class="muted">
          {version.author} · <Moment at={version.activatedAt} />
        </p>
      </div>
      <p class="version-note">{version.note}</p>
      <div class="row">
        <Button small expanded={shown === "previous"} onClick={() => toggle("previous")}>
          {t(version.version === 1 ? "tables.show-first" : "tables.compare-previous")}
        </Button>
        {!isActive && (
          <Button small expanded={shown === "active"} onClick={() => toggle("active")}>
            {t("tables.compare-active")}
          </Button>
        )}
        <Button small icon="download" onClick={onExport}>
          {t("tables.export")}
        </Button>
        {canWrite && !isActive && (
          <Button small icon="replay" onClick={onRollBack}>
            {t("tables.roll-back")}
          </Button>
        )}
      </div>
      {shown === "previous" && <Previous version={version} previous={previous} />}
      {shown === "active" && active && <DiffView before={version.content} after={active.content} />}
    </li>
  );
}

/** The version before may be on a page that is not loaded. */
function Previous({ version: { table, version, content }, previous }: Pick<VersionProps, "version" | "previous">) {
  const { ledger } = useConsole();
  const loaded = useLoad(
    async (signal) => previous ?? (await api.versions(ledger, table, { limit: 1, before: version }, signal))[0] ?? null,
    [ledger, table, version, previous?.version],
  );
  if (loaded.failure) return <ErrorNote failure={loaded.failure} onRetry={loaded.reload} />;
  if (loaded.data === undefined) return <Loading />;
  return <DiffView before={loaded.data?.content ?? emptyTable()} after={content} />;
}
