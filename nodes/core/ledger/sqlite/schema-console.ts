import type { Database } from "./database";
import { addCounters } from "./schema-counters";

/** What operators search by, and the log of what they did: hash-chained over its columns as the events of a document are. */
export function addConsole(db: Database): void {
  db.exec(`
ALTER TABLE documents ADD COLUMN customer TEXT;
ALTER TABLE documents ADD COLUMN job TEXT;
UPDATE documents SET customer = json_extract(facts, '$.source.customerNumber'), job = json_extract(facts, '$.source.jobId');
-- Every index ends in seq, so that the rows of one value come in the order of arrival without sorting.
CREATE INDEX documents_customer ON documents (customer) WHERE customer IS NOT NULL;
CREATE INDEX documents_job ON documents (job, state) WHERE job IS NOT NULL;
CREATE INDEX documents_code ON documents (error_code, state) WHERE error_code IS NOT NULL;
CREATE INDEX documents_job_code ON documents (job, error_code, state) WHERE error_code IS NOT NULL AND job IS NOT NULL;
CREATE INDEX documents_batch_code ON documents (batch_id, error_code, state) WHERE error_code IS NOT NULL AND batch_id IS NOT NULL;
CREATE INDEX documents_failed ON documents (state, error_code, closed_at) WHERE state IN ('quarantined', 'conflict');

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, why TEXT NOT NULL,
  data TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
);
`);
  addCounters(db);
}
