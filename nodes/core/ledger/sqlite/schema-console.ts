import type { Database } from "./database";

/** What operators search by, and the log of what they did: hash-chained over its columns as the events of a document are. */
export function addConsole(db: Database): void {
  db.exec(`
ALTER TABLE documents ADD COLUMN customer TEXT;
ALTER TABLE documents ADD COLUMN job TEXT;
UPDATE documents SET customer = json_extract(facts, '$.source.customerNumber'), job = json_extract(facts, '$.source.jobId');
CREATE INDEX documents_customer ON documents (customer, seq) WHERE customer IS NOT NULL;
CREATE INDEX documents_job ON documents (job, seq) WHERE job IS NOT NULL;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, why TEXT NOT NULL,
  data TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
);
`);
}
