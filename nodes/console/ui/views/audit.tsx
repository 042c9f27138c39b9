import { useState } from "preact/hooks";
import type { AuditEntry } from "../../../core/ledger/console";
import { api } from "../api.ts";
import { auditText } from "../audit-text.ts";
import { ChainBadge } from "../components/badge.tsx";
import { Button } from "../components/button.tsx";
import { Empty, ErrorNote, Loading, Note } from "../components/notes.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Moment } from "../components/time.tsx";
import { useConsole } from "../console-context.ts";
import { format, known, t } from "../i18n.ts";
import { usePages } from "../pages.ts";

const pageSize = 50;

/** Who did what, when and why; the chain shows whether anybody has changed an entry since. */
export function Audit() {
  const { ledger } = useConsole();
  const [brokenAt, setBrokenAt] = useState<number>();
  const pages = usePages(
    async (before: number | undefined, signal) => {
      const page = await api.audit(ledger, { limit: pageSize, ...(before ? { before } : {}) }, signal);
      setBrokenAt(page.brokenAt);
      const last = page.entries.at(-1)?.seq ?? 0;
      return { rows: page.entries, next: page.entries.length === pageSize && last > 1 ? last : undefined };
    },
    [ledger],
  );
  return (
    <>
      <div class="view-head">
        <div class="row">
          <h1 tabIndex={-1}>{t("audit.title")}</h1>
          {pages.rows.length > 0 && <ChainBadge brokenAt={brokenAt} />}
        </div>
        <Button small icon="retry" onClick={pages.reload}>
          {t("audit.refresh")}
        </Button>
      </div>
      <p class="view-about">{t("audit.about")}</p>
      {brokenAt !== undefined && <Note kind="bad">{t("audit.broken-about", { seq: String(brokenAt) })}</Note>}
      <div class="card">
        {pages.rows.length > 0 && (
          <Table caption={t("audit.caption")} columns={columns} rows={pages.rows} rowKey={({ seq }) => String(seq)} />
        )}
        {pages.failure && <ErrorNote failure={pages.failure} onRetry={pages.reload} />}
        {pages.loading && <Loading />}
        {!pages.loading && !pages.failure && pages.rows.length === 0 && (
          <Empty icon="audit" title={t("audit.none")}>
            {t("audit.none-about")}
          </Empty>
        )}
        {pages.more && !pages.loading && (
          <div>
            <Button icon="down" onClick={pages.more}>
              {t("audit.more")}
            </Button>
          </div>
        )}
      </div>
    </>
  );
}

const columns: Column<AuditEntry>[] = [
  { key: "seq", head: t("audit.entry"), figures: true, cell: ({ seq }) => format.number(seq) },
  { key: "at", head: t("audit.when"), cell: ({ at }) => <Moment at={Date.parse(at)} /> },
  { key: "who", head: t("audit.who"), heads: true, cell: ({ who }) => who },
  {
    key: "what",
    head: t("audit.what"),
    cell: ({ action, data }) => (
      <>
        {known("audit", `action.${action}`) ?? action}
        <span class="second">{auditText(data)}</span>
      </>
    ),
  },
  { key: "why", head: t("audit.why"), cell: ({ why }) => why || "–" },
];
