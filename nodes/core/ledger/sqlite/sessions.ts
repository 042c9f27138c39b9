import { DocbridgeError } from "../../errors";
import type { SessionIdentity } from "../ledger";
import type { Context } from "./operations";

/** Registers the session and takes over from sessions that are known to be dead. */
export function openSession(context: Context, identity: SessionIdentity, ttlMs: number): void {
  const { db, now, session } = context;
  for (const other of db.all("SELECT id, pid, boot FROM sessions WHERE host = ?", identity.host)) {
    if (isDead(other.pid as number, other.boot as string, identity)) dropSession(context, other.id as string);
  }
  dropExpired(context);
  db.run(
    "INSERT INTO sessions (id, host, pid, boot, expires_at) VALUES (?, ?, ?, ?, ?)",
    session,
    identity.host,
    identity.pid,
    identity.boot,
    now + ttlMs,
  );
}

/** Keeps the session alive. Throws `fenced` when another worker has already taken over from it. */
export function renewSession(context: Context, ttlMs: number): void {
  const { db, now, session } = context;
  if (db.run("UPDATE sessions SET expires_at = ? WHERE id = ?", now + ttlMs, session) === 0) throw fenced();
  dropExpired(context);
}

export function endSession(context: Context): void {
  dropSession(context, context.session);
}

/** Writing operations begin with this: a worker that was stalled past its time must not write. */
export function requireSession({ db, session }: Context): void {
  if (!db.one("SELECT 1 AS live FROM sessions WHERE id = ?", session)) throw fenced();
}

export function fenced(): DocbridgeError {
  return new DocbridgeError("fenced", {
    message: "Another worker has taken over from this one because it did not report in time. Its documents are handled there.",
  });
}

function dropExpired(context: Context): void {
  const { db, now, session } = context;
  for (const other of db.all("SELECT id FROM sessions WHERE expires_at < ? AND id <> ?", now, session))
    dropSession(context, other.id as string);
}

/** Its documents are due again; what it was doing at a target may or may not have happened. */
function dropSession({ db }: Context, id: string): void {
  db.run("UPDATE documents SET lease_session = NULL, lease_holder = NULL, lease_at = NULL WHERE lease_session = ?", id);
  db.run("UPDATE intents SET state = 'doubt', session = NULL WHERE state = 'open' AND session = ?", id);
  db.run("DELETE FROM sessions WHERE id = ?", id);
}

/** Only a process of this host can be judged; a re-used process id just means waiting for the session to expire. */
function isDead(pid: number, boot: string, identity: SessionIdentity): boolean {
  if (pid === identity.pid) return boot !== identity.boot;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
