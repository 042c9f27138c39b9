import { eventHash } from "../chain";
import type { Context } from "./operations";

/** Appends to the log of what people did, in the transaction of what they did. */
export function appendAudit(
  { db, now }: Context,
  { who, action, why, data }: { who: string; action: string; why: string; data: Record<string, unknown> },
): void {
  const last = db.one("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
  const seq = ((last?.seq as number | undefined) ?? 0) + 1;
  const previous = (last?.hash as string | undefined) ?? "";
  const at = new Date(now).toISOString();
  const text = JSON.stringify(data);
  db.run(
    "INSERT INTO audit (seq, at, who, action, why, data, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    seq,
    at,
    who,
    action,
    why,
    text,
    previous,
    auditHash({ seq, at, who, action, why, text, previous }),
  );
}

/** As `eventHash`, over `["audit", seq, at, action, [who, why, data as stored text] as text, previous]`. */
export function auditHash(entry: {
  seq: number;
  at: string;
  who: string;
  action: string;
  why: string;
  text: string;
  previous: string;
}): string {
  const { seq, at, who, action, why, text, previous } = entry;
  return eventHash("audit", seq, at, action, JSON.stringify([who, why, text]), previous);
}
