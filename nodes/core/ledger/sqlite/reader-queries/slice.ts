import type { ActionName, DocumentFilter, Selection } from "../../console";
import { ACTION_COLUMNS, mayAct } from "../action-rules";
import type { Row } from "../database";
import type { Reading } from "../operations";
import { search } from "./search";

export interface Slice {
  /** Documents the action may touch. */
  ids: string[];
  passedOver: number;
  next?: string;
}

/** The next part of what an action is for: documents by their ids in the order given, those of a filter newest first. */
export function slice(reading: Reading, action: ActionName, selection: Selection, limit: number, after?: string): Slice {
  return "ids" in selection
    ? ofIds(reading, action, [...new Set(selection.ids)], limit, Number(after ?? 0))
    : ofFilter(reading, action, selection.filter, limit, after);
}

function ofIds({ db }: Reading, action: ActionName, ids: string[], limit: number, from: number): Slice {
  const part = ids.slice(from, from + limit);
  const rows = part.map((id) => db.one(`SELECT ${ACTION_COLUMNS} FROM documents WHERE id = ?`, id));
  return { ...sorted(action, rows), next: from + limit < ids.length ? String(from + limit) : undefined };
}

function ofFilter(reading: Reading, action: ActionName, filter: DocumentFilter, limit: number, after?: string): Slice {
  const { seqs, next } = search(reading, filter, limit, after);
  const rows = seqs.map((seq) => reading.db.one(`SELECT ${ACTION_COLUMNS} FROM documents WHERE seq = ?`, seq));
  return { ...sorted(action, rows), next };
}

function sorted(action: ActionName, rows: (Row | undefined)[]): Slice {
  const ids = rows.flatMap((row) => (row && mayAct(action, row) ? [row.id as string] : []));
  return { ids, passedOver: rows.length - ids.length };
}
