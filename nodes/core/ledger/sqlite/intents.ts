import type { DocumentState, Receipt } from "../../document";
import type { Intent, IntentClaim, IntentProgress, IntentRequest } from "../ledger";
import type { Row } from "./database";
import { heldAmong, holdDocument } from "./holds";
import type { Context } from "./operations";
import { appendEvent, documentRow, end, hasEnded, receiptsOf } from "./records";
import { fenced, requireSession } from "./sessions";

export function intent(context: Context, { id, fence, target }: IntentRequest): Intent {
  requireSession(context);
  const { db } = context;
  const document = documentRow(context, id);
  if (document.fence !== fence) return { outcome: "stale" };
  const known = db.one("SELECT data FROM receipts WHERE document_id = ? AND target = ?", id, target);
  if (known) {
    // A replayed document may owe nothing any more: handing on what it has closes it again.
    settle(context, id);
    return { outcome: "receipt", receipt: JSON.parse(known.data as string) as Receipt };
  }
  if (hasEnded(document)) return { outcome: "ended", state: document.state as DocumentState };
  if (heldAmong(context, [target])) {
    holdDocument(context, id, target);
    return { outcome: "held" };
  }
  const earlier = db.one("SELECT * FROM intents WHERE document_id = ? AND target = ?", id, target);
  if (earlier?.state === "open") return { outcome: "busy" };
  const token = claim(context, id, target, earlier);
  // Held meanwhile by another of its targets: what goes on here ends here, and the hold stays.
  if (document.state !== "archiving" && document.state !== "held") db.run("UPDATE documents SET state = 'archiving' WHERE id = ?", id);
  const progress = JSON.parse((earlier?.progress as string | undefined) ?? "{}") as IntentProgress;
  if (earlier?.state === "doubt") {
    appendEvent(context, id, "intent", { target, after: "doubt" });
    return { outcome: "look-up", token, since: earlier.since as number, progress };
  }
  appendEvent(context, id, "intent", { target });
  return { outcome: "create", token, progress };
}

function claim({ db, now, session }: Context, id: string, target: string, earlier: Row | undefined): number {
  if (!earlier) {
    db.run(
      "INSERT INTO intents (document_id, target, state, token, session, since) VALUES (?, ?, 'open', 1, ?, ?)",
      id,
      target,
      session,
      now,
    );
    return 1;
  }
  const token = (earlier.token as number) + 1;
  db.run(
    "UPDATE intents SET state = 'open', token = ?, session = ?, since = ? WHERE document_id = ? AND target = ?",
    token,
    session,
    now,
    id,
    target,
  );
  return token;
}

/** Throws `fenced` when another worker has taken the intent over; one only put in doubt is still its claimant's. */
function requireIntent({ db }: Context, { id, target, token }: IntentClaim): void {
  const mine = db.one(
    "SELECT 1 AS mine FROM intents WHERE document_id = ? AND target = ? AND token = ? AND state IN ('open', 'doubt')",
    id,
    target,
    token,
  );
  if (!mine) throw fenced();
}

export function progress(context: Context, claimed: IntentClaim, made: IntentProgress): void {
  requireSession(context);
  requireIntent(context, claimed);
  context.db.run("UPDATE intents SET progress = ? WHERE document_id = ? AND target = ?", JSON.stringify(made), claimed.id, claimed.target);
}

export function receipt(context: Context, claimed: IntentClaim, given: Receipt): DocumentState {
  requireSession(context);
  requireIntent(context, claimed);
  const { db } = context;
  db.run("UPDATE intents SET state = 'acked', session = NULL WHERE document_id = ? AND target = ?", claimed.id, claimed.target);
  appendEvent(context, claimed.id, "receipt", { target: claimed.target, ...given });
  return writeReceipt(context, claimed.id, claimed.target, given);
}

export function verified(context: Context, id: string, target: string, given: Receipt): DocumentState {
  requireSession(context);
  appendEvent(context, id, "verified", { target, by: given.verified, objectId: given.objectId });
  return writeReceipt(context, id, target, given);
}

export function amended(context: Context, id: string, target: string, given: Receipt): DocumentState {
  requireSession(context);
  const { objectId, pending, waitingSince } = given;
  appendEvent(context, id, "amended", { target, objectId, ...(pending ? { pending } : {}), ...(waitingSince ? { waitingSince } : {}) });
  return writeReceipt(context, id, target, given);
}

function writeReceipt(context: Context, id: string, target: string, given: Receipt): DocumentState {
  const { db } = context;
  db.run(
    `INSERT INTO receipts (document_id, target, verified, orphans, data) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (document_id, target) DO UPDATE SET verified = excluded.verified, orphans = excluded.orphans, data = excluded.data`,
    id,
    target,
    given.verified ? 1 : 0,
    given.suspectedOrphans ?? 0,
    JSON.stringify(given),
  );
  return settle(context, id);
}

/** Archived once all receipts are in and none is half-done, closed once all of them are verified. */
function settle(context: Context, id: string): DocumentState {
  const row = documentRow(context, id);
  if (hasEnded(row)) return row.state as DocumentState;
  // What a document owes is not known before it was routed.
  if (row.done_when === "route" && !row.route) return row.state as DocumentState;
  const receipts = receiptsOf(context, id);
  const owed = JSON.parse(row.targets as string) as string[];
  if (!owed.every((target) => receipts[target] && !receipts[target].pending?.length)) return row.state as DocumentState;
  if (owed.every((target) => receipts[target]?.verified)) {
    if (row.state !== "archived") appendEvent(context, id, "archived", {});
    appendEvent(context, id, "closed", { when: "receipts" });
    end(context, row, "closed");
    return "closed";
  }
  if (row.state !== "archived" && row.state !== "held") {
    context.db.run("UPDATE documents SET state = 'archived' WHERE id = ?", id);
    appendEvent(context, id, "archived", {});
  }
  return row.state === "held" ? "held" : "archived";
}
