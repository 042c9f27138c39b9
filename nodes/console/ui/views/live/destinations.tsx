import type { DestinationFigures } from "../../../../core/ledger/console";
import type { ConsoleFigures } from "../../../api-types";
import { Badge } from "../../components/badge.tsx";
import { Empty } from "../../components/notes.tsx";
import { type Column, Table } from "../../components/table.tsx";
import { useConsole } from "../../console-context.ts";
import { counted, format, t } from "../../i18n.ts";

export function Destinations({ figures }: { figures: ConsoleFigures }) {
  const { link } = useConsole();
  const heldFor = (name: string) => figures.holds.find(({ destination }) => destination === name);
  const columns: Column<DestinationFigures>[] = [
    {
      key: "name",
      head: t("live.destination"),
      heads: true,
      cell({ name }) {
        const hold = heldFor(name);
        return (
          <span class="row">
            {name}
            {hold && (
              <a class="badge-link" href={link("holds")}>
                <Badge tone="wait" icon="holds">
                  {t("live.held-destination", { n: hold.documents })}
                </Badge>
              </a>
            )}
          </span>
        );
      },
    },
    { key: "backlog", head: t("live.backlog"), figures: true, cell: ({ backlog }) => format.number(backlog) },
    { key: "inFlight", head: t("live.in-flight"), figures: true, cell: ({ inFlight }) => format.number(inFlight) },
    {
      key: "oldest",
      head: t("live.oldest-short"),
      figures: true,
      cell: ({ oldestAt }) => (oldestAt === undefined ? "–" : format.duration(Math.max(0, figures.at - oldestAt))),
    },
    { key: "receipts", head: t("live.receipts"), figures: true, cell: ({ receipts }) => format.number(receipts) },
  ];
  return (
    <section class="card" aria-labelledby="destinations">
      <h2 id="destinations">{t("live.destinations")}</h2>
      {figures.destinations.length === 0 ? (
        <Empty title={t("live.no-destinations")}>{t("live.no-destinations-about")}</Empty>
      ) : (
        <Table caption={t("live.destinations-caption")} columns={columns} rows={figures.destinations} rowKey={({ name }) => name} />
      )}
      {figures.suspectedOrphans > 0 && <p class="hint">{counted("live.orphans", figures.suspectedOrphans)}</p>}
    </section>
  );
}
