import { useRef, useState } from "preact/hooks";
import type { RouteTable } from "../../../core/routing/table";
import type { TableDetail } from "../../api-types";
import { type ApiFailure, api } from "../api.ts";
import { useConsole } from "../console-context.ts";
import { asFailure, useEvery } from "../hooks.ts";
import { t } from "../i18n.ts";
import { edit, redo, undo } from "./undo.ts";
import { beginWorking, changedMeanwhile, isDirty, keepMine, takeTheirs, type Working } from "./working.ts";

const lookEveryMs = 3000;

export interface Editing {
  detail: TableDetail;
  table: RouteTable;
  dirty: boolean;
  /** What somebody else did meanwhile; the person decides what becomes of their own changes. */
  theirs: TableDetail | undefined;
  failure: ApiFailure | undefined;
  busy: boolean;
  canUndo: boolean;
  canRedo: boolean;
  /** `field`: which field is being typed in, so that undo takes back words instead of letters. */
  change(table: RouteTable, field?: string): void;
  undo(): void;
  redo(): void;
  /** False when it did not come to that; why is shown. */
  save(): Promise<boolean>;
  discard(): Promise<void>;
  /** A conflict and problems of the table are shown in the page; anything else is thrown. */
  activate(content: RouteTable, note: string): Promise<void>;
  takeTheirs(): void;
  keepMine(): void;
}

/** Everything that can be done to one table, and what came of it. */
export function useEditing(first: TableDetail): Editing {
  const { ledger, notify } = useConsole();
  const name = first.table;
  const [detail, setDetail] = useState(first);
  const [working, setWorking] = useState(() => beginWorking(first));
  const [theirs, setTheirs] = useState<TableDetail>();
  const [failure, setFailure] = useState<ApiFailure>();
  const [busy, setBusy] = useState(false);
  const newest = useRef(working);
  newest.current = working;
  // Counts what was done here: an answer that was asked for before it knows less than this page does.
  const done = useRef(0);

  function begin(now: TableDetail): void {
    setDetail(now);
    setWorking(beginWorking(now));
    setTheirs(undefined);
  }

  async function look(): Promise<void> {
    const before = done.current;
    const now = await api.table(ledger, name).catch(() => undefined);
    if (!now || done.current !== before) return;
    setDetail(now);
    if (!changedMeanwhile(newest.current, now)) return;
    if (isDirty(newest.current)) {
      setTheirs(now);
    } else {
      begin(now);
      notify(t("tables.renewed"));
    }
  }
  useEvery(lookEveryMs, () => {
    if (!busy) look();
  });

  /** Does one thing after the other. What somebody else did meanwhile is shown, anything else is thrown. */
  async function settle(work: () => Promise<void>): Promise<boolean> {
    done.current++;
    setBusy(true);
    setFailure(undefined);
    try {
      await work();
      return true;
    } catch (thrown) {
      if (asFailure(thrown).status !== 409) throw thrown;
      setTheirs(await api.table(ledger, name));
      return false;
    } finally {
      done.current++;
      setBusy(false);
    }
  }

  async function attempt(work: () => Promise<void>): Promise<boolean> {
    return settle(work).catch((thrown: unknown) => {
      setFailure(asFailure(thrown));
      return false;
    });
  }

  async function saveAs(mine: Working): Promise<void> {
    const content = mine.edits.present;
    const draft = await api.saveDraft(ledger, name, { content, revision: mine.revision });
    setWorking((before) => ({ ...before, saved: content, revision: draft.revision }));
    const now = await api.table(ledger, name);
    setDetail(now);
    // Another version came into force since this person looked: their draft does not have its changes.
    setTheirs(draft.basedOn === mine.version ? undefined : now);
  }

  return {
    detail,
    table: working.edits.present,
    dirty: isDirty(working),
    theirs,
    failure,
    busy,
    canUndo: working.edits.past.length > 0,
    canRedo: working.edits.future.length > 0,
    change: (table, field) => setWorking((before) => ({ ...before, edits: edit(before.edits, table, field) })),
    undo: () => setWorking((before) => ({ ...before, edits: undo(before.edits) })),
    redo: () => setWorking((before) => ({ ...before, edits: redo(before.edits) })),
    async save() {
      const saved = await attempt(() => saveAs(working));
      if (saved) notify(t("tables.saved"));
      return saved;
    },
    async discard() {
      await attempt(async () => {
        if (working.revision > 0) await api.discardDraft(ledger, name, working.revision);
        begin(await api.table(ledger, name));
        notify(t("tables.discarded"));
      });
    },
    async activate(content, note) {
      const carryOut = async () => {
        // Activating drops the draft, so what is in it has to be what this person has seen.
        const seen = await api.table(ledger, name);
        if (changedMeanwhile(working, seen)) return setTheirs(seen);
        const version = await api.activate(ledger, name, { content, expectedVersion: working.version, note });
        begin(await api.table(ledger, name));
        notify(t("tables.activated", { version: version.version }));
      };
      await settle(carryOut).catch((thrown: unknown) => {
        if (asFailure(thrown).status !== 422) throw thrown;
        setFailure(asFailure(thrown));
      });
    },
    takeTheirs() {
      if (!theirs) return;
      setDetail(theirs);
      setWorking((before) => takeTheirs(before, theirs));
      setTheirs(undefined);
    },
    keepMine() {
      if (!theirs) return;
      const mine = keepMine(working, theirs);
      setDetail(theirs);
      setWorking(mine);
      setTheirs(undefined);
      attempt(() => saveAs(mine)).then((saved) => saved && notify(t("tables.saved")));
    },
  };
}
