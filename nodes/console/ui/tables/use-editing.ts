import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { RouteTable, TableProblem } from "../../../core/routing/table";
import type { TableDetail } from "../../api-types";
import { type ApiFailure, api } from "../api.ts";
import { useConsole } from "../console-context.ts";
import { asFailure, useEvery } from "../hooks.ts";
import { t } from "../i18n.ts";
import { edit, redo, undo } from "./undo.ts";
import { beginWorking, changedMeanwhile, isDirty, keepMine, takeTheirs, type Working } from "./working.ts";

const checkDelayMs = 400;
const lookEveryMs = 4000;

export interface Editing {
  detail: TableDetail;
  working: Working;
  table: RouteTable;
  dirty: boolean;
  problems: TableProblem[];
  /** The problems are those of the table as it is now. */
  checked: boolean;
  /** What somebody else did meanwhile, while there are changes of one's own. */
  theirs: TableDetail | undefined;
  failure: ApiFailure | undefined;
  busy: boolean;
  /** `field`: which field is being typed in, so that undo takes back words instead of letters. */
  change(table: RouteTable, field?: string): void;
  undo(): void;
  redo(): void;
  /** False when it did not come to that; why is shown. */
  save(): Promise<boolean>;
  discard(): Promise<void>;
  /** Throws what is no business of the page's other parts; a conflict or problems are shown there. */
  activate(note: string, content?: RouteTable): Promise<void>;
  takeTheirs(): void;
  keepMine(): void;
}

/** Everything that can be done to one table, and what came of it. */
export function useEditing(first: TableDetail, canWrite: boolean): Editing {
  const { ledger, notify } = useConsole();
  const name = first.table;
  const [detail, setDetail] = useState(first);
  const [working, setWorking] = useState(() => beginWorking(first));
  const [theirs, setTheirs] = useState<TableDetail>();
  const [failure, setFailure] = useState<ApiFailure>();
  const [busy, setBusy] = useState(false);
  // Counts what was done here: an answer that was asked for before it is older than it.
  const done = useRef(0);
  const table = working.edits.present;
  const dirty = isDirty(working);
  const { problems, checked, setProblems } = useCheck(name, table, canWrite ? undefined : detail.problems);

  /** Takes up what the ledger has now. With changes of one's own the person decides. */
  const meet = useCallback(
    (now: TableDetail, mine: Working) => {
      setDetail(now);
      if (!changedMeanwhile(mine, now)) return;
      if (isDirty(mine)) return setTheirs(now);
      setWorking(beginWorking(now));
      notify(t("tables.renewed"));
    },
    [notify],
  );

  useEvery(lookEveryMs, async () => {
    const before = done.current;
    const now = await api.table(ledger, name).catch(() => undefined);
    if (now && done.current === before && !busy) meet(now, newest.current);
  });
  const newest = useRef(working);
  newest.current = working;

  /** Does one thing at a time; a conflict is looked at, anything else is shown. */
  async function attempt(work: () => Promise<void>): Promise<boolean> {
    done.current++;
    setBusy(true);
    setFailure(undefined);
    try {
      await work();
      return true;
    } catch (thrown) {
      const failed = asFailure(thrown);
      if (failed.status === 409) setTheirs(await api.table(ledger, name).catch(() => undefined));
      setFailure(failed.status === 409 ? undefined : failed);
      return false;
    } finally {
      done.current++;
      setBusy(false);
    }
  }

  /** The ledger has it now; shown is what came of it. */
  async function renew(): Promise<void> {
    const now = await api.table(ledger, name);
    setDetail(now);
    setWorking(beginWorking(now));
    setTheirs(undefined);
  }

  async function saveAs({ revision, version, edits }: Working): Promise<void> {
    const content = edits.present;
    const draft = await api.saveDraft(ledger, name, { content, revision });
    setDetail((before) => ({ ...before, draft, hasDraft: true }));
    setWorking((before) => ({ ...before, saved: content, revision: draft.revision }));
    setTheirs(undefined);
    // Somebody put another version in force since: this draft does not have its changes.
    if (draft.basedOn !== version) setTheirs(await api.table(ledger, name));
  }

  return {
    detail,
    working,
    table,
    dirty,
    problems,
    checked,
    theirs,
    failure,
    busy,
    change: (next, field) => setWorking((before) => ({ ...before, edits: edit(before.edits, next, field) })),
    undo: () => setWorking((before) => ({ ...before, edits: undo(before.edits) })),
    redo: () => setWorking((before) => ({ ...before, edits: redo(before.edits) })),
    save: () => attempt(() => saveAs(working)).then((saved) => (saved && notify(t("tables.saved")), saved)),
    async discard() {
      await attempt(async () => {
        if (working.revision > 0) await api.discardDraft(ledger, name, working.revision);
        await renew();
        notify(t("tables.discarded"));
      });
    },
    async activate(note, content) {},
    takeTheirs() {
      if (!theirs) return;
      setWorking(takeTheirs(working, theirs));
      setDetail(theirs);
      setTheirs(undefined);
    },
    keepMine() {
      if (!theirs) return;
      const mine = keepMine(working, theirs);
      setWorking(mine);
      setDetail(theirs);
      attempt(() => saveAs(mine));
    },
  };
}
