import type { Database } from "./database";
import { addConsole } from "./schema-console";
import { addOrphans } from "./schema-orphans";
import { addRouting } from "./schema-routing";
import { addVariants } from "./schema-variants";

/** What brings a ledger from each schema to the next, the first from 1 to 2. A step is never changed once it was released. */
export const UPGRADES: readonly ((db: Database) => void)[] = [
  (db) => {
    addRouting(db);
    addConsole(db);
    addVariants(db);
  },
  addOrphans,
];

/** Schema 1. Times are milliseconds since 1970, `at` of an event is ISO 8601 because it is hashed as text. */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL, boot TEXT NOT NULL, expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS documents (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  key TEXT NOT NULL UNIQUE,
  source_key TEXT, business_key TEXT,
  origin TEXT NOT NULL,
  batch_id TEXT,
  sha256 TEXT NOT NULL,
  facts TEXT NOT NULL,
  targets TEXT NOT NULL,
  done_when TEXT NOT NULL,
  state TEXT NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  fence INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  lease_session TEXT, lease_holder TEXT, lease_at INTEGER,
  error_code TEXT, error_message TEXT,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, closed_at INTEGER,
  bytes_gone INTEGER NOT NULL DEFAULT 0,
  events INTEGER NOT NULL DEFAULT 0, head TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS documents_ready ON documents (origin, next_at, seq)
  WHERE lease_session IS NULL AND state IN ('received', 'routed', 'archiving', 'archived', 'parked');
CREATE INDEX IF NOT EXISTS documents_leased ON documents (lease_session, lease_holder) WHERE lease_session IS NOT NULL;
CREATE INDEX IF NOT EXISTS documents_source_key ON documents (source_key) WHERE source_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS documents_business_key ON documents (business_key) WHERE business_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS documents_sha256 ON documents (sha256);
CREATE INDEX IF NOT EXISTS documents_batch ON documents (batch_id, state) WHERE batch_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS documents_state ON documents (state);
CREATE INDEX IF NOT EXISTS documents_releasable ON documents (closed_at) WHERE state = 'closed' AND bytes_gone = 0;

CREATE TABLE IF NOT EXISTS receipts (
  document_id TEXT NOT NULL REFERENCES documents (id), target TEXT NOT NULL,
  verified INTEGER NOT NULL, orphans INTEGER NOT NULL DEFAULT 0, data TEXT NOT NULL,
  PRIMARY KEY (document_id, target)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS intents (
  document_id TEXT NOT NULL REFERENCES documents (id), target TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'doubt', 'clear', 'acked')),
  token INTEGER NOT NULL, session TEXT, since INTEGER NOT NULL, progress TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (document_id, target)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS intents_session ON intents (session) WHERE state = 'open';

CREATE TABLE IF NOT EXISTS events (
  document_id TEXT NOT NULL REFERENCES documents (id), seq INTEGER NOT NULL,
  at TEXT NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (document_id, seq)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS batches (
  id TEXT PRIMARY KEY, expected INTEGER, opened_at INTEGER NOT NULL, closed_at INTEGER
) WITHOUT ROWID;
`;
