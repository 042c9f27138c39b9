import type { TableSummary } from "../../api-types";
import { api } from "../api.ts";
import { Badge } from "../components/badge.tsx";
import { Empty, ErrorNote, Loading } from "../components/notes.tsx";
import { Table } from "../components/table.tsx";
import { Ago } from "../components/time.tsx";
import { useConsole } from "../console-context.ts";
import { useEvery, useLoad } from "../hooks.ts";
import { t } from "../i18n.ts";
import { ProblemBadge } from "./rule-card.tsx";

const lookEveryMs = 5000;

/** All route tables: what is in force, and what needs somebody's eye. */
export function TableList() {
  const { ledger, link } = useConsole();
  const { data, failure, reload } = useLoad((signal) => api.tables(ledger, signal), [ledger]);
  useEvery(lookEveryMs, reload);

  return (
    <>
      <div class="view-head">
        <h1 tabIndex={-1}>{t("tables.title")}</h1>
      </div>
      <p class="view-about">{t("tables.about")}</p>
      {failure && <ErrorNote failure={failure} onRetry={reload} />}
      {!data && !failure && <Loading />}
      {data?.length === 0 && (
        <Empty icon="tables" title={t("tables.none")}>
          {t("tables.none-about")}
        </Empty>
      )}
      {data && data.length > 0 && (
        <section class="card">
          <Table
            caption={t("tables.title")}
            rows={data}
            rowKey={({ table }) => table}
            columns={[
              {
                key: "table",
                head: t("tables.table"),
                heads: true,
                cell: ({ table, name }) => (
                  <>
                    <a href={link("tables", table)}>{name || table}</a>
                    {name && name !== table && <span class="muted mono"> {table}</span>}
                  </>
                ),
              },
              { key: "version", head: t("tables.in-force"), cell: (row) => <InForce row={row} /> },
              { key: "since", head: t("tables.since"), cell: (row) => <Since row={row} /> },
              { key: "state", head: t("tables.state"), cell: (row) => <State row={row} /> },
            ]}
          />
        </section>
      )}
    </>
  );
}

function InForce({ row: { activeVersion, inForce } }: { row: TableSummary }) {
  const version = inForce ?? activeVersion;
  return <>{version === undefined ? t("tables.no-version") : t("tables.version", { version })}</>;
}

function Since({ row: { activatedAt, author } }: { row: TableSummary }) {
  if (activatedAt === undefined) return <>–</>;
  return (
    <>
      <Ago at={activatedAt} /> <span class="muted">{t("tables.by", { who: author ?? "" })}</span>
    </>
  );
}

function State({ row }: { row: TableSummary }) {
  const isFine = row.name !== undefined && !row.hasDraft && row.problems.length === 0;
  return isFine ? <span class="muted">{t("tables.fine")}</span> : <TableBadges row={row} />;
}

/** What is to be known about a table at a glance. */
export function TableBadges({ row: { name, activeVersion, inForce, hasDraft, problems } }: { row: TableSummary }) {
  const isBehind = activeVersion !== undefined && inForce !== undefined && inForce < activeVersion;
  return (
    <div class="row">
      {isBehind && (
        <Badge tone="bad" icon="warning">
          {t("tables.not-in-force", { version: activeVersion })}
        </Badge>
      )}
      <ProblemBadge problems={problems} />
      {hasDraft && (
        <Badge tone="busy" icon="edit">
          {t("tables.draft")}
        </Badge>
      )}
      {name === undefined && (
        <Badge tone="wait" icon="offline">
          {t("tables.not-deployed")}
        </Badge>
      )}
    </div>
  );
}
