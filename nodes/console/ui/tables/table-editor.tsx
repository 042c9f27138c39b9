import { useEffect, useState } from "preact/hooks";
import type { TableDetail } from "../../api-types";
import type { ApiFailure } from "../api.ts";
import { ErrorNote, Note } from "../components/notes.tsx";
import { useConsole } from "../console-context.ts";
import { useLoad } from "../hooks.ts";
import { t } from "../i18n.ts";
import { useLeaveGuard } from "../leaving.ts";
import { readPlace } from "../place.ts";
import { ActivateDialog } from "./activate-dialog.tsx";
import { Conflict } from "./conflict.tsx";
import { DryRun, type DryRunDone } from "./dry-run.tsx";
import { saveTable } from "./file.ts";
import { History } from "./history.tsx";
import { LeaveDialog } from "./leave-dialog.tsx";
import { seenMetadata } from "./metadata.ts";
import { pathSuggestions } from "./operators.ts";
import { Wrongs } from "./parts.tsx";
import { hasErrors } from "./problems.ts";
import { ReadOnlyTable } from "./read-only-table.tsx";
import { TableFields } from "./table-fields.tsx";
import { TableHead } from "./table-head.tsx";
import { type Tab, Tabs } from "./tabs.tsx";
import { fileProblemText } from "./texts.ts";
import { useCheck } from "./use-check.ts";
import { useEditing } from "./use-editing.ts";

/** What a table's page is made of, and what its parts share: the table as it stands, its problems, the last dry run. */
export function TableEditor({ first, tab }: { first: TableDetail; tab: Tab }) {
  const { session, ledger } = useConsole();
  const editing = useEditing(first);
  const { detail, dirty, theirs } = editing;
  // Who may only look asks what is in force, not what somebody is about to make of it.
  const table = session.canWrite ? editing.table : (detail.active?.content ?? editing.table);
  const { problems, checked } = useCheck(detail.table, table, detail.destinations);
  const [dryRun, setDryRun] = useState<DryRunDone>();
  const [isActivating, setActivating] = useState(false);
  const [leavingFor, setLeavingFor] = useState<string>();
  const metadata = useLoad((signal) => seenMetadata(ledger, signal), [ledger]);
  const used = table.rules.flatMap(({ conditions }) => conditions.flatMap((each) => (each.op === "jsonata" ? [] : [each.path])));

  useLeaveGuard(dirty && leavingFor === undefined, (hash) => {
    const { view, item } = readPlace(hash);
    const stays = view === "tables" && item === detail.table;
    if (!stays) setLeavingFor(hash);
    return stays;
  });
  useUndoKeys(session.canWrite ? editing : undefined);

  return (
    <>
      <TableHead
        editing={editing}
        problems={problems}
        onActivate={() => setActivating(true)}
        onExport={() => saveTable(detail.table, table)}
      />
      <Tabs table={detail.table} current={tab} />
      {!session.canWrite && <Note>{t("tables.read-only")}</Note>}
      {editing.failure && <FailureNote failure={editing.failure} />}
      {theirs && (
        <Conflict mine={table} theirs={theirs} busy={editing.busy} onTakeTheirs={editing.takeTheirs} onKeepMine={editing.keepMine} />
      )}
      {tab === "rules" && session.canWrite && (
        <TableFields
          table={table}
          problems={problems}
          checked={checked}
          offered={detail.destinations}
          paths={pathSuggestions(used, metadata.data ?? [])}
          onChange={editing.change}
        />
      )}
      {tab === "rules" && !session.canWrite && <ReadOnlyTable table={table} problems={problems} />}
      {tab === "dry-run" && session.canWrite && (
        <DryRun name={detail.table} table={table} hasErrors={hasErrors(problems)} last={dryRun} onDone={setDryRun} />
      )}
      {tab === "history" && (
        <History
          detail={detail}
          dirty={dirty}
          onRollBack={(version, note) => editing.activate(version.content, note)}
          onExport={({ content, version }) => saveTable(detail.table, content, version)}
        />
      )}
      {isActivating && (
        <ActivateDialog
          detail={detail}
          table={table}
          problems={problems}
          dryRun={dryRun}
          onActivate={async (note) => {
            await editing.activate(table, note);
            setActivating(false);
          }}
          onClose={() => setActivating(false)}
        />
      )}
      {leavingFor !== undefined && <LeaveDialog hash={leavingFor} save={editing.save} onStay={() => setLeavingFor(undefined)} />}
    </>
  );
}

/** What the server refused, with each thing that is wrong with the table. */
function FailureNote({ failure }: { failure: ApiFailure }) {
  return (
    <div>
      <ErrorNote failure={failure} />
      <Wrongs problems={failure.reply.problems ?? []} text={fileProblemText} />
    </div>
  );
}

/** Ctrl or Command with Z and Y, except in a field: there they are the browser's own. */
function useUndoKeys(editing: { undo(): void; redo(): void } | undefined): void {
  useEffect(() => {
    if (!editing) return;
    const onKey = (event: KeyboardEvent) => {
      const inField = event.target instanceof Element && event.target.closest("input:not([type=checkbox], [type=radio]), textarea, dialog");
      if (inField || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      const key = event.key.toLowerCase();
      const step = key === "y" || (key === "z" && event.shiftKey) ? editing.redo : key === "z" ? editing.undo : undefined;
      if (!step) return;
      event.preventDefault();
      step();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [editing]);
}
