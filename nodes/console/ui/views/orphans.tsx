import type { SuspectedOrphans } from "../../../core/ledger/console";
import { api } from "../api.ts";
import { Button } from "../components/button.tsx";
import { ErrorNote } from "../components/notes.tsx";
import { type Column, Table } from "../components/table.tsx";
import { Moment } from "../components/time.tsx";
import { useConsole } from "../console-context.ts";
import { format, t } from "../i18n.ts";
import { usePages } from "../pages.ts";

const pageSize = 50;

/** Uploads whose reply was lost; nothing is shown where there are none. */
export function Orphans() {
  const { ledger, link } = useConsole();
  const pages = usePages(
    async (after: string | undefined, signal) => {
      const page = await api.orphans(ledger, { limit: pageSize, ...(after ? { after } : {}) }, signal);
      return { rows: page.orphans, next: page.next };
    },
    [ledger],
  );
  if (pages.rows.length === 0 && !pages.failure) return null;
  const columns: Column<SuspectedOrphans>[] = [
    {
      key: "document",
      head: t("failures.orphan-document"),
      heads: true,
      cell: ({ document, key }) => (
        <>
          <a href={link("documents", document)}>{document.slice(0, 8)}</a>
          <span class="second">
            <code>{key.slice(0, 16)}</code>
          </span>
        </>
      ),
    },
    { key: "target", head: t("failures.orphan-target"), cell: ({ target }) => target },
    { key: "uploads", head: t("failures.orphan-uploads"), figures: true, cell: ({ uploads }) => format.number(uploads) },
    { key: "size", head: t("failures.orphan-size"), figures: true, cell: ({ size }) => format.bytes(size) },
    { key: "at", head: t("failures.orphan-at"), cell: ({ at }) => (at.length > 0 ? <Moment at={Date.parse(at.at(-1) ?? "")} /> : "–") },
  ];
  return (
    <section class="card" aria-labelledby="orphans">
      <h2 id="orphans">{t("failures.orphans")}</h2>
      <p class="view-about">{t("failures.orphans-about")}</p>
      {pages.failure && <ErrorNote failure={pages.failure} onRetry={pages.reload} />}
      <Table
        caption={t("failures.orphans")}
        columns={columns}
        rows={pages.rows}
        rowKey={({ document, target }) => `${document} ${target}`}
      />
      {pages.more && !pages.loading && (
        <div>
          <Button icon="down" onClick={pages.more}>
            {t("failures.orphans-more")}
          </Button>
        </div>
      )}
    </section>
  );
}
