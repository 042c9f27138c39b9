import { useState } from "preact/hooks";
import type { TableProblem } from "../../../core/routing/table";
import { Badge } from "../components/badge.tsx";
import { Button } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Note } from "../components/notes.tsx";
import { Ago } from "../components/time.tsx";
import { useConsole } from "../console-context.ts";
import { t } from "../i18n.ts";
import { ImportButton } from "./import-button.tsx";
import { sameTable } from "./model.ts";
import { hasErrors } from "./problems.ts";
import { TableBadges } from "./table-list.tsx";
import { problemText } from "./texts.ts";
import type { Editing } from "./use-editing.ts";

interface TableHeadProps {
  editing: Editing;
  problems: readonly TableProblem[];
  onActivate(): void;
  onExport(): void;
}

/** Which table it is, what is in force of it, and what can be done. */
export function TableHead({ editing, problems, onActivate, onExport }: TableHeadProps) {
  const { session } = useConsole();
  const { detail, table, dirty, busy, theirs } = editing;
  const [isDiscarding, setDiscarding] = useState(false);
  const hasDraft = detail.draft !== undefined;
  const differs = !detail.active || !sameTable(table, detail.active.content);

  return (
    <>
      <div class="view-head">
        <div>
          <h1 tabIndex={-1}>{detail.name || detail.table}</h1>
          <p class="muted">
            <InForce editing={editing} />
          </p>
        </div>
        <div class="row">
          {dirty && (
            <Badge tone="wait" icon="edit">
              {t("tables.unsaved")}
            </Badge>
          )}
          <TableBadges row={{ ...detail, problems: [] }} />
        </div>
      </div>
      {detail.active && detail.inForce !== detail.active.version && detail.problems.length > 0 && (
        <Note kind="bad">
          <p>{t("tables.not-usable", { version: detail.active.version })}</p>
          <ul>
            {detail.problems.map((problem) => (
              <li key={problem.code + problem.message}>{problemText(problem)}</li>
            ))}
          </ul>
        </Note>
      )}
      <div class="toolbar">
        {session.canWrite && (
          <>
            <Button icon="undo" label={t("tables.undo")} disabled={!editing.canUndo} onClick={editing.undo} />
            <Button icon="redo" label={t("tables.redo")} disabled={!editing.canRedo} onClick={editing.redo} />
            <ImportButton name={detail.table} onImport={(content) => editing.change(content)} />
          </>
        )}
        <Button icon="download" onClick={onExport}>
          {t("tables.export")}
        </Button>
        {session.canWrite && (
          <div class="toolbar-end">
            <Button kind="quiet" icon="trash" disabled={busy || !(hasDraft || dirty)} onClick={() => setDiscarding(true)}>
              {t(hasDraft ? "tables.discard" : "tables.discard-changes")}
            </Button>
            <Button icon="check" disabled={busy || !dirty || theirs !== undefined} onClick={editing.save}>
              {t("tables.save")}
            </Button>
            <Button
              kind="primary"
              icon="forward"
              disabled={busy || !differs || theirs !== undefined || hasErrors(problems)}
              {...(hasErrors(problems) ? { hint: t("tables.activate-blocked") } : {})}
              onClick={onActivate}
            >
              {t("tables.activate-dots")}
            </Button>
          </div>
        )}
      </div>
      {isDiscarding && (
        <Dialog
          title={t(hasDraft ? "tables.discard" : "tables.discard-changes")}
          onClose={() => setDiscarding(false)}
          onSubmit={() => {
            setDiscarding(false);
            editing.discard();
          }}
          foot={
            <>
              <Button onClick={() => setDiscarding(false)}>{t("frame.cancel")}</Button>
              <Button type="submit" kind="danger">
                {t(hasDraft ? "tables.discard" : "tables.discard-changes")}
              </Button>
            </>
          }
        >
          <p>{detail.draft ? t("tables.discard-about", { who: detail.draft.author }) : t("tables.discard-changes-about")}</p>
        </Dialog>
      )}
    </>
  );
}

function InForce({ editing: { detail } }: { editing: Editing }) {
  const { active, draft } = detail;
  return (
    <>
      {active ? (
        <>
          {t("tables.version-in-force", { version: active.version })} <Ago at={active.activatedAt} />{" "}
          {t("tables.by", { who: active.author })}
        </>
      ) : (
        t("tables.no-version")
      )}
      {draft && (
        <>
          {" · "}
          {t("tables.draft-by")} <Ago at={draft.updatedAt} /> {t("tables.by", { who: draft.author })}
        </>
      )}
    </>
  );
}
