import type { RouteTable, TableProblem } from "../../../core/routing/table";
import type { TableDetail } from "../../api-types";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { Note } from "../components/notes.tsx";
import { counted, t } from "../i18n.ts";
import { DiffView } from "./diff-view.tsx";
import type { DryRunDone } from "./dry-run.tsx";
import { headline } from "./dry-run-result.tsx";
import { emptyTable, sameTable } from "./model.ts";

interface ActivateDialogProps {
  detail: TableDetail;
  table: RouteTable;
  problems: readonly TableProblem[];
  dryRun: DryRunDone | undefined;
  onActivate(note: string): Promise<void>;
  onClose(): void;
}

/** Before a table comes into force: what changes by it, what a dry run has shown, and why. */
export function ActivateDialog({ detail, table, problems, dryRun, onActivate, onClose }: ActivateDialogProps) {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  const isTried = dryRun !== undefined && sameTable(dryRun.table, table);
  return (
    <ConfirmDialog
      wide
      title={t("tables.activate-title", { version: (detail.active?.version ?? 0) + 1 })}
      confirmLabel={t("tables.activate")}
      whyLabel={t("tables.note")}
      whyHint={t("tables.note-hint")}
      ready={errors === 0}
      onConfirm={onActivate}
      onClose={onClose}
    >
      <p>{t("tables.activate-about")}</p>
      {errors > 0 && <Note kind="bad">{counted("tables.activate-errors", errors)}</Note>}
      {warnings > 0 && <Note kind="warning">{counted("tables.activate-warnings", warnings)}</Note>}
      <section class="stack-tight">
        <h3>{t("tables.activate-changes")}</h3>
        <DiffView before={detail.active?.content ?? emptyTable()} after={table} />
      </section>
      <section class="stack-tight">
        <h3>{t("tables.tab.dry-run")}</h3>
        <p>{isTried ? `${headline(dryRun.report)} (${dryRun.over})` : t("tables.not-tried")}</p>
      </section>
    </ConfirmDialog>
  );
}
