import type { Receipt } from "../../../../core/document";
import type { DocumentRecord } from "../../../../core/ledger/ledger";
import { Badge } from "../../components/badge.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { Moment } from "../../components/time.tsx";
import { format, t } from "../../i18n.ts";

type Row = [target: string, receipt: Receipt | undefined];

/** What the document owes and what it has. */
export function Receipts({ document: { targets, receipts } }: { document: DocumentRecord }) {
  const rows = [...new Set([...targets, ...Object.keys(receipts)])].map((target): Row => [target, receipts[target]]);
  const columns: Column<Row>[] = [
    { key: "target", head: t("documents.receipt.target"), heads: true, cell: ([target]) => target },
    {
      key: "state",
      head: t("documents.receipt.verification"),
      cell: ([, receipt]) =>
        !receipt ? (
          <Badge>{t("documents.receipt.missing")}</Badge>
        ) : receipt.verified ? (
          <Badge tone="good" icon="check">
            {t(`documents.verified.${receipt.verified}`)}
          </Badge>
        ) : (
          <Badge tone="wait">{t("documents.receipt.unverified")}</Badge>
        ),
    },
    {
      key: "object",
      head: t("documents.receipt.object"),
      cell: ([, receipt]) =>
        receipt ? (
          <>
            <code>{receipt.objectId}</code>
            <span class="second">
              {[
                receipt.version && t("documents.receipt.version", { version: receipt.version }),
                receipt.size !== undefined && format.bytes(receipt.size),
                receipt.location,
                receipt.recovered && t("documents.receipt.recovered"),
              ]
                .filter(Boolean)
                .join(" · ")}
            </span>
          </>
        ) : (
          "–"
        ),
    },
    { key: "at", head: t("documents.receipt.at"), cell: ([, receipt]) => (receipt ? <Moment at={Date.parse(receipt.at)} /> : "–") },
  ];
  return (
    <section class="card" aria-labelledby="receipts">
      <h2 id="receipts">{t("documents.receipts")}</h2>
      {rows.length === 0 ? (
        <p class="muted">{t("documents.no-receipts")}</p>
      ) : (
        <Table caption={t("documents.receipts-caption")} columns={columns} rows={rows} rowKey={([target]) => target} />
      )}
    </section>
  );
}
