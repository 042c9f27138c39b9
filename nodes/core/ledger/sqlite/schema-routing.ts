import type { Database } from "./database";

/** Routes, holds and route tables. `route` is a DocumentRoute as JSON; `held_by` the destination a held document waits for. */
export function addRouting(db: Database): void {
  db.exec(`
ALTER TABLE documents ADD COLUMN route TEXT;
ALTER TABLE documents ADD COLUMN route_again INTEGER NOT NULL DEFAULT 0;
ALTER TABLE documents ADD COLUMN held_by TEXT;
ALTER TABLE documents ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
CREATE INDEX documents_held ON documents (held_by, priority DESC, seq) WHERE state = 'held';

CREATE TABLE holds (
  destination TEXT PRIMARY KEY, who TEXT NOT NULL, why TEXT NOT NULL, since INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE route_tables (
  name TEXT NOT NULL, version INTEGER NOT NULL, content TEXT NOT NULL,
  author TEXT NOT NULL, note TEXT NOT NULL, activated_at INTEGER NOT NULL,
  PRIMARY KEY (name, version)
) WITHOUT ROWID;

CREATE TABLE route_drafts (
  name TEXT PRIMARY KEY, content TEXT NOT NULL, revision INTEGER NOT NULL, based_on INTEGER NOT NULL,
  author TEXT NOT NULL, updated_at INTEGER NOT NULL
) WITHOUT ROWID;
`);
}
