import type { ActionName, ActionPreview, Selection } from "../console";
import { ACTION_COLUMNS, mayAct } from "./action-rules";
import { appendAudit } from "./audit";
import type { Row } from "./database";
import type { Context } from "./operations";
import { appendEvent, end } from "./records";
import { requireSession } from "./sessions";

export interface ActionSlice {
  action: ActionName;
  ids: string[];
  who: string;
  why: string;
  /** When the documents of all slices are due: those that came first go first. */
  dueAt: number;
  /** What the action was for. */
  selection: Selection;
  /** The first of several: enters in the audit log that the action has begun, so that a kill midway leaves who ordered it. */
  opens?: boolean;
  /** The last: what the slices before it did, for the audit log. */
  closing?: { stopped?: boolean } & ActionPreview;
}

/** What stands on a document's timeline. */
const EVENT: Record<ActionName, string> = {
  retry: "retried",
  replay: "replayed",
  "route-again": "route-again",
  reject: "rejected",
  accept: "accepted",
};

/** Ids in an audit entry, at most; of more their number is entered, and each document's timeline says the rest. */
const MAX_IDS = 100;

/** Documents that changed since they were chosen, so that the action does not fit any more, are passed over. */
export function act(context: Context, slice: ActionSlice): ActionPreview {
  requireSession(context);
  const done: ActionPreview = { documents: 0, passedOver: 0 };
  for (const id of slice.ids) {
    const row = context.db.one(`SELECT ${ACTION_COLUMNS}, batch_id FROM documents WHERE id = ?`, id);
    if (!row || !mayAct(slice.action, row)) {
      done.passedOver += 1;
      continue;
    }
    appendEvent(context, id, EVENT[slice.action], { who: slice.who, why: slice.why, from: row.state });
    if (slice.action === "reject") end(context, row, "rejected");
    else reopen(context, row, slice);
    done.documents += 1;
  }
  if (slice.opens) enterAudit(context, slice, { begun: true });
  if (slice.closing) {
    const { documents, passedOver, stopped } = slice.closing;
    const whole = { documents: documents + done.documents, passedOver: passedOver + done.passedOver };
    enterAudit(context, slice, { ...whole, ...(stopped ? { stopped } : {}) });
  }
  return done;
}

/** Due again with fresh attempts. The new fence makes messages stale that are left over from before. */
function reopen({ db }: Context, row: Row, { action, dueAt }: ActionSlice): void {
  const again = action === "route-again" ? 1 : 0;
  db.run(
    `UPDATE documents SET next_at = ? - priority, failures = 0, fence = fence + 1, error_code = NULL, error_message = NULL,
       closed_at = NULL, held_by = NULL, route_again = max(route_again, ?),
       state = CASE WHEN EXISTS (SELECT 1 FROM receipts WHERE document_id = documents.id) THEN 'archiving'
                    WHEN route IS NOT NULL AND ? = 0 THEN 'routed' ELSE 'received' END
       WHERE id = ?`,
    dueAt,
    again,
    again,
    row.id as string,
  );
  if (row.batch_id) db.run("UPDATE batches SET closed_at = NULL WHERE id = ? AND closed_at IS NOT NULL", row.batch_id as string);
}

function enterAudit(context: Context, { who, action, why, selection }: ActionSlice, what: Record<string, unknown>): void {
  const chosen = "ids" in selection && selection.ids.length > MAX_IDS ? { ids: selection.ids.length } : selection;
  appendAudit(context, { who, action, why, data: { ...chosen, ...what } });
}
