import type { DryRunReport } from "../../../core/routing/report";
import type { RouteTable } from "../../../core/routing/table";
import { Table } from "../components/table.tsx";
import { useConsole } from "../console-context.ts";
import { counted, format, t } from "../i18n.ts";
import type { DryRunDone } from "./dry-run.tsx";
import { changeSentence, totalBars } from "./report.ts";

/** What a table would have done, in sentences with documents to look at, then in figures. */
export function DryRunResult({ done: { report, table, over } }: { done: DryRunDone }) {
  return (
    <>
      <div>
        <h2>{headline(report)}</h2>
        <p class="muted">
          {over} · {format.duration(report.milliseconds)}
        </p>
      </div>
      <Sentences report={report} table={table} />
      {report.documents > 0 && (
        <div class="dry-run-figures">
          <Totals report={report} />
          <ByRule report={report} table={table} />
        </div>
      )}
    </>
  );
}

export function headline({ documents, changed }: DryRunReport): string {
  if (documents === 0) return t("tables.dryRun.no-documents");
  if (changed === 0) return counted("tables.dryRun.nothing-changes", documents);
  return counted("tables.dryRun.headline", changed, { documents });
}

function Sentences({ report, table }: { report: DryRunReport; table: RouteTable }) {
  const { changes, unmatched, errors } = report;
  return (
    <ul class="sentences">
      {changes.map((change) => {
        const { key, values } = changeSentence(change);
        return (
          <li key={[...change.from, "→", ...change.to, change.rule].join("\n")}>
            <p>
              {counted(`tables.dryRun.${key}`, change.documents, values)} <span class="muted">{decidedBy(table, change.rule)}</span>
            </p>
            <Samples ids={change.samples} />
          </li>
        );
      })}
      {unmatched.documents > 0 && (
        <li>
          <p>{counted("tables.dryRun.unmatched", unmatched.documents, { to: table.default.join(", ") })}</p>
          <Samples ids={unmatched.samples} />
        </li>
      )}
      {errors.map(({ rule, message, documents, samples }) => (
        <li key={rule + message} class="bad">
          <p>{counted("tables.dryRun.error", documents, { rule: ruleName(table, rule), message })}</p>
          <Samples ids={samples} />
        </li>
      ))}
    </ul>
  );
}

const samplesShown = 5;

function Samples({ ids }: { ids: readonly string[] }) {
  const { link } = useConsole();
  if (ids.length === 0) return null;
  return (
    <p class="samples">
      {t("tables.dryRun.samples")}
      {ids.slice(0, samplesShown).map((id) => (
        <a key={id} class="mono" href={link("documents", id)} target="_blank" rel="noreferrer" title={id}>
          {id.slice(0, 8)}
        </a>
      ))}
    </p>
  );
}

function Totals({ report }: { report: DryRunReport }) {
  return (
    <Table
      caption={t("tables.dryRun.totals")}
      showCaption
      rows={totalBars(report)}
      rowKey={({ destination }) => destination}
      columns={[
        { key: "destination", head: t("tables.dryRun.destination"), heads: true, cell: ({ destination }) => destination },
        {
          key: "bars",
          head: t("tables.dryRun.share"),
          cell: ({ beforeShare, afterShare }) => (
            <div class="bars" aria-hidden="true">
              <div class="bar before" style={{ width: `${beforeShare * 100}%` }} />
              <div class="bar after" style={{ width: `${afterShare * 100}%` }} />
            </div>
          ),
        },
        { key: "before", head: t("tables.dryRun.before"), figures: true, cell: ({ before }) => format.number(before) },
        { key: "after", head: t("tables.dryRun.after"), figures: true, cell: ({ after }) => format.number(after) },
      ]}
    />
  );
}

function ByRule({ report, table }: { report: DryRunReport; table: RouteTable }) {
  return (
    <Table
      caption={t("tables.dryRun.by-rule")}
      showCaption
      rows={report.byRule}
      rowKey={({ rule }) => rule}
      columns={[
        { key: "rule", head: t("tables.dryRun.rule"), heads: true, cell: ({ rule }) => ruleName(table, rule) },
        { key: "documents", head: t("tables.dryRun.documents"), figures: true, cell: ({ documents }) => format.number(documents) },
      ]}
    />
  );
}

function decidedBy(table: RouteTable, rule: string): string {
  return rule === "default" ? t("tables.dryRun.by-default") : t("tables.dryRun.by", { rule: ruleName(table, rule) });
}

function ruleName(table: RouteTable, id: string): string {
  if (id === "default") return t("tables.default");
  const at = table.rules.findIndex((rule) => rule.id === id);
  return table.rules[at]?.name.trim() || (at < 0 ? id : t("tables.unnamed", { place: at + 1 }));
}
