import type { ComponentChildren } from "preact";
import type { DocumentRecord } from "../../../../core/ledger/ledger";
import { Moment } from "../../components/time.tsx";
import { useConsole } from "../../console-context.ts";
import { format, t } from "../../i18n.ts";

export function Facts({ document }: { document: DocumentRecord }) {
  const { link } = useConsole();
  const { source, content, route, batch, variant } = document;
  const found = (name: string, value: string | undefined) =>
    value === undefined ? undefined : <a href={link("documents", undefined, { [name]: value })}>{value}</a>;
  const rows: [string, ComponentChildren][] = [
    [t("documents.fact.customer"), found("customer", source.customerNumber)],
    [
      t("documents.fact.communication"),
      source.communicationId && [source.communicationId, source.communicationVersion].filter(Boolean).join(" · "),
    ],
    [t("documents.fact.job"), found("job", source.jobId)],
    [
      t("documents.fact.batch"),
      batch && (
        <>
          {found("batch", batch.id)}
          {batch.seq !== undefined &&
            ` · ${batch.expected === undefined ? format.number(batch.seq) : t("documents.fact.place", { place: batch.seq, of: batch.expected })}`}
        </>
      ),
    ],
    [
      t("documents.fact.route"),
      route && (
        <>
          {route.destinations.join(", ")}
          <span class="second">
            <a href={link("tables", route.table)}>{t("documents.by-table", { table: route.table, version: String(route.version) })}</a>
            {" · "}
            {route.rule === "default" ? t("documents.fact.default-rule") : t("documents.fact.rule", { rule: route.rule })}
          </span>
        </>
      ),
    ],
    [t("documents.fact.held-by"), document.heldBy],
    [t("documents.fact.file"), `${content.mediaType} · ${format.bytes(content.size)} · ${variant.role}`],
    [t("documents.fact.source"), [t(`documents.channel.${source.channel}`), source.queueName].filter(Boolean).join(" · ")],
    [t("documents.fact.received"), <Moment key="received" at={document.createdAt} />],
    [t("documents.fact.attempts"), t("documents.fact.attempts-of", { attempts: document.attempt, failures: document.failures })],
    [t("documents.fact.business-key"), document.businessKey],
    [t("documents.fact.key"), <code key="key">{document.key}</code>],
    [t("documents.fact.sha256"), <code key="sha256">{content.sha256}</code>],
    [t("documents.fact.id"), <code key="id">{document.id}</code>],
  ];
  return (
    <section class="card" aria-labelledby="facts">
      <h2 id="facts">{t("documents.facts")}</h2>
      <List rows={rows} />
      <details>
        <summary>{t("documents.metadata")}</summary>
        <List rows={Object.entries(document.metadata).map(([name, value]) => [name, shown(value)])} />
      </details>
    </section>
  );
}

function shown(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : JSON.stringify(value);
}

/** Rows without a value are left out. */
function List({ rows }: { rows: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {rows
        .filter(([, value]) => value !== undefined && value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
