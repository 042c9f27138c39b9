import type { AuditEntry } from "../../console";
import { auditHash } from "../audit";
import type { Row } from "../database";
import type { Reading } from "../operations";

export function audit({ db }: Reading, limit: number, before = Number.MAX_SAFE_INTEGER): AuditEntry[] {
  return db.all("SELECT * FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?", before, limit).map(toEntry);
}

export function brokenAudit({ db }: Reading): number | undefined {
  let seq = 0;
  let previous = "";
  for (const row of db.each("SELECT * FROM audit ORDER BY seq")) {
    seq += 1;
    const { hash, ...entry } = { ...toEntry(row), text: row.data as string };
    if (entry.seq !== seq || entry.previous !== previous || auditHash(entry) !== hash) return entry.seq;
    previous = hash;
  }
  return undefined;
}

function toEntry(row: Row): AuditEntry {
  return {
    seq: row.seq as number,
    at: row.at as string,
    who: row.who as string,
    action: row.action as string,
    why: row.why as string,
    data: JSON.parse(row.data as string) as Record<string, unknown>,
    previous: row.previous as string,
    hash: row.hash as string,
  };
}
