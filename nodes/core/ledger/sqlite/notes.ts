import type { DocumentState } from "../../document";
import type { NoteType } from "../notes";
import type { Context } from "./operations";
import { appendEvent, documentRow } from "./records";
import { requireSession } from "./sessions";

/** Appends to a document's chain what was learned of it; the same thing twice in a row is noted once. */
export function note(context: Context, id: string, type: NoteType, data: Record<string, unknown>): void {
  requireSession(context);
  documentRow(context, id);
  const last = context.db.one("SELECT data FROM events WHERE document_id = ? AND type = ? ORDER BY seq DESC LIMIT 1", id, type);
  if (last?.data !== JSON.stringify(data)) appendEvent(context, id, type, data);
}

/** Makes a parked document due now, because what it waits for is there. A hold of an operator stays. */
export function wake(context: Context, id: string): DocumentState {
  requireSession(context);
  context.db.run("UPDATE documents SET next_at = ? WHERE id = ? AND state = 'parked' AND next_at > ?", context.now, id, context.now);
  return documentRow(context, id).state as DocumentState;
}
