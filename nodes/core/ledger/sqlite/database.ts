import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

export type Row = Record<string, string | number | null>;

/** The ledger's file with prepared statements kept by their text. Runs in the ledger's worker thread only. */
export class Database {
  private readonly db: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();

  constructor(dir: string) {
    mkdirSync(dir, { recursive: true });
    this.db = new DatabaseSync(join(dir, "ledger.sqlite"));
    // FULL: a commit is on disk before it returns, so what we acknowledge survives a power cut.
    this.db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000;");
    this.db.exec(SCHEMA);
    const version = this.one("SELECT value FROM meta WHERE name = 'schema'");
    if (!version) this.run("INSERT INTO meta (name, value) VALUES ('schema', ?)", String(SCHEMA_VERSION));
    else if (version.value !== String(SCHEMA_VERSION)) {
      throw new Error(
        `the ledger in ${dir} has schema ${version.value}, this version of the pack knows ${SCHEMA_VERSION}; install a version that fits`,
      );
    }
  }

  one(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.statement(sql).get(...values) as Row | undefined;
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.statement(sql).all(...values) as Row[];
  }

  /** Returns the number of rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.statement(sql).run(...values).changes);
  }

  /** Everything `work` changes is committed, and synced, in one go. */
  transaction(work: () => void): void {
    this.db.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.db.exec("COMMIT");
    } catch (error) {
      this.db.exec("ROLLBACK");
      throw error;
    }
  }

  /** Undoes what `work` changed when it throws, without giving up the transaction around it. */
  savepoint<T>(work: () => T): T {
    this.db.exec("SAVEPOINT operation");
    try {
      const result = work();
      this.db.exec("RELEASE operation");
      return result;
    } catch (error) {
      this.db.exec("ROLLBACK TO operation; RELEASE operation");
      throw error;
    }
  }

  close(): void {
    this.db.close();
  }

  private statement(sql: string): StatementSync {
    const known = this.statements.get(sql);
    if (known) return known;
    const statement = this.db.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }
}

const SCHEMA_VERSION = 1;

/** Times are milliseconds since 1970, `at` of an event is ISO 8601 because it is hashed as text. */
const SCHEMA = `
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
