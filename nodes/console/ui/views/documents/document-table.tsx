import type { DocumentRow } from "../../../../core/ledger/console";
import { State } from "../../components/badge.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Ago } from "../../components/time.tsx";
import { useConsole } from "../../console-context.ts";
import { format, known, t } from "../../i18n.ts";

interface DocumentTableProps {
  rows: DocumentRow[];
  selection?: { isSelected(row: DocumentRow): boolean; toggle(row: DocumentRow): void; all: boolean; toggleAll(): void };
}

export function DocumentTable({ rows, selection }: DocumentTableProps) {
  const { link } = useConsole();
  const columns: Column<DocumentRow>[] = [
    {
      key: "file",
      head: t("documents.document"),
      heads: true,
      cell: ({ id, fileName, size, variant }) => (
        <>
          <a href={link("documents", id)}>{fileName || id}</a>
          <span class="second">
            {variant} · {format.bytes(size)}
          </span>
        </>
      ),
    },
    {
      key: "state",
      head: t("documents.state"),
      cell: ({ state, error, heldBy }) => (
        <>
          <State state={state} />
          {error && (
            <span class="second" title={error.message}>
              {known("codes", error.code) ?? error.code}
            </span>
          )}
          {heldBy && <span class="second">{t("documents.held-by", { destination: heldBy })}</span>}
        </>
      ),
    },
    { key: "customer", head: t("documents.customer"), cell: ({ customer }) => customer ?? "–" },
    {
      key: "job",
      head: t("documents.job"),
      cell: ({ job, batch }) => (
        <>
          {job ?? "–"}
          {batch !== undefined && batch !== job && <span class="second">{batch}</span>}
        </>
      ),
    },
    {
      key: "route",
      head: t("documents.route"),
      cell: ({ route, targets }) => (
        <>
          {(route?.destinations ?? targets).join(", ") || "–"}
          {route && <span class="second">{t("documents.by-table", { table: route.table, version: String(route.version) })}</span>}
        </>
      ),
    },
    { key: "received", head: t("documents.received"), cell: ({ createdAt }) => <Ago at={createdAt} /> },
  ];
  return (
    <Table
      caption={t("documents.caption")}
      columns={columns}
      rows={rows}
      rowKey={({ id }) => id}
      {...(selection
        ? {
            selection: {
              ...selection,
              label: ({ fileName, id }: DocumentRow) => t("documents.select", { document: fileName || id }),
              allLabel: t("documents.select-all"),
            },
          }
        : {})}
    />
  );
}
