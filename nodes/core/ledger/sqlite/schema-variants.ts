import type { Database } from "./database";

/** Sets of variants that wait for each other, and which document has which place in them. They stay as evidence. */
export function addVariants(db: Database): void {
  db.exec(`
CREATE TABLE variant_sets (
  id TEXT PRIMARY KEY, expected TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('open', 'complete', 'incomplete')),
  deadline_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE variant_members (
  set_id TEXT NOT NULL REFERENCES variant_sets (id), role TEXT NOT NULL, document_id TEXT NOT NULL REFERENCES documents (id),
  PRIMARY KEY (set_id, role)
) WITHOUT ROWID;
`);
}
