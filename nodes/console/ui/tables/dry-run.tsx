import { useState } from "preact/hooks";
import type { DryRunReport } from "../../../core/routing/report";
import type { RouteTable } from "../../../core/routing/table";
import type { DryRunRequest } from "../../api-types";
import { type ApiFailure, api } from "../api.ts";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { ErrorNote, Note } from "../components/notes.tsx";
import { useConsole } from "../console-context.ts";
import { asFailure } from "../hooks.ts";
import { format, t } from "../i18n.ts";
import { DryRunResult } from "./dry-run-result.tsx";
import { sameTable } from "./model.ts";

/** A dry run that was carried out: of what, and over which documents. */
export interface DryRunDone {
  table: RouteTable;
  report: DryRunReport;
  /** In words. */
  over: string;
}

interface DryRunProps {
  name: string;
  table: RouteTable;
  /** The table cannot be evaluated while it has errors. */
  hasErrors: boolean;
  last: DryRunDone | undefined;
  onDone(done: DryRunDone): void;
}

const counts = [100, 1000, 10_000, 100_000];

/** Tries a table out on documents that have been through, and changes nothing. */
export function DryRun({ name, table, hasErrors, last, onDone }: DryRunProps) {
  const { ledger } = useConsole();
  const [scope, setScope] = useState("1000");
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure>();

  async function run(): Promise<void> {
    setBusy(true);
    setFailure(undefined);
    const { request, over } = chosen(scope, from, until);
    await api
      .dryRun(ledger, name, { content: table, ...request })
      .then((report) => onDone({ table, report, over }))
      .catch((thrown: unknown) => setFailure(asFailure(thrown)));
    setBusy(false);
  }

  return (
    <section class="card" aria-label={t("tables.tab.dry-run")}>
      <p class="view-about">{t("tables.dryRun.about")}</p>
      <form
        class="dry-run-form"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <Field label={t("tables.dryRun.over")}>
          {(control) => (
            <select {...control} value={scope} onChange={(event) => setScope(event.currentTarget.value)}>
              {counts.map((count) => (
                <option key={count} value={count}>
                  {t("tables.dryRun.last", { count })}
                </option>
              ))}
              <option value="period">{t("tables.dryRun.period")}</option>
            </select>
          )}
        </Field>
        {scope === "period" && (
          <>
            <Field label={t("tables.dryRun.from")}>
              {(control) => (
                <input {...control} type="datetime-local" value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
              )}
            </Field>
            <Field label={t("tables.dryRun.until")}>
              {(control) => (
                <input {...control} type="datetime-local" value={until} onInput={(event) => setUntil(event.currentTarget.value)} />
              )}
            </Field>
          </>
        )}
        <Button type="submit" kind="primary" icon="play" disabled={busy || hasErrors || (scope === "period" && from === "")}>
          {busy ? t("frame.working") : t("tables.dryRun.run")}
        </Button>
      </form>
      {hasErrors && <Note kind="warning">{t("tables.dryRun.has-errors")}</Note>}
      {failure && <ErrorNote failure={failure} onRetry={run} />}
      {last && !sameTable(last.table, table) && <Note kind="warning">{t("tables.dryRun.outdated")}</Note>}
      <div role="status" class="stack">
        {last && <DryRunResult done={last} />}
      </div>
    </section>
  );
}

function chosen(scope: string, from: string, until: string): { request: Omit<DryRunRequest, "content">; over: string } {
  if (scope !== "period") return { request: { last: Number(scope) }, over: t("tables.dryRun.last", { count: Number(scope) }) };
  const [begin, end] = [new Date(from).getTime(), until === "" ? Date.now() : new Date(until).getTime()];
  return {
    request: { from: begin, until: end },
    over: t("tables.dryRun.between", { from: format.dateTime(begin), until: format.dateTime(end) }),
  };
}
