import type { Database } from "./database";

/** Uploads that may have left bytes nobody refers to: few, and asked for with every figure. */
export function addOrphans(db: Database): void {
  db.exec(`
CREATE INDEX receipts_orphans ON receipts (document_id, target) WHERE orphans > 0;
CREATE INDEX intents_unsettled ON intents (document_id, target) WHERE state IN ('doubt', 'clear');
`);
}
