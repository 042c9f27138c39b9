import type { RouteTable } from "../../../core/routing/table";
import type { TableDetail } from "../../api-types";
import { emptyTable, sameTable } from "./model.ts";
import { beginEdits, type Edits, edit } from "./undo.ts";

/** A table while somebody works on it. */
export interface Working {
  edits: Edits<RouteTable>;
  /** What the ledger has: the draft, or the table in force. */
  saved: RouteTable;
  /** The draft's revision and the version in force that this person has seen; 0 for none. */
  revision: number;
  version: number;
}

type Seen = Pick<TableDetail, "draft" | "active">;

/** What the ledger has of a table: its draft, else what is in force. */
export function contentOf({ draft, active }: Seen): RouteTable {
  return draft?.content ?? active?.content ?? emptyTable();
}

export function beginWorking(detail: Seen): Working {
  const saved = contentOf(detail);
  return { edits: beginEdits(saved), saved, ...seen(detail) };
}

export function isDirty({ edits, saved }: Working): boolean {
  return !sameTable(edits.present, saved);
}

/** Did somebody else save, discard or activate since? */
export function changedMeanwhile(working: Working, detail: Seen): boolean {
  const { revision, version } = seen(detail);
  return working.revision !== revision || working.version !== version;
}

/** The work goes on with what the others have; undo still leads back to one's own. */
export function takeTheirs(working: Working, detail: Seen): Working {
  const saved = contentOf(detail);
  return { edits: edit(working.edits, saved), saved, ...seen(detail) };
}

/** The work goes on with one's own, in the knowledge of theirs: the next save replaces it. */
export function keepMine(working: Working, detail: Seen): Working {
  return { ...working, saved: contentOf(detail), ...seen(detail) };
}

function seen({ draft, active }: Seen): { revision: number; version: number } {
  return { revision: draft?.revision ?? 0, version: active?.version ?? 0 };
}
