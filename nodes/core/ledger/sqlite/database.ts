import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { SCHEMA, UPGRADES } from "./schema";

export type Row = Record<string, string | number | null>;

const LOCKED_MS = 10_000;
const LOCKED_PAUSE_MS = 20;

/** Changing the journal mode is the one statement that does not wait for others by itself: two that begin at once both give up. */
function whenUnlocked(work: () => void): void {
  for (const end = Date.now() + LOCKED_MS; ; ) {
    try {
      work();
      return;
    } catch (error) {
      if (!/locked|busy/.test((error as Error).message) || Date.now() > end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCKED_PAUSE_MS);
    }
  }
}

/** The ledger's file with prepared statements kept by their text. Runs in the ledger's worker threads only. */
export class Database {
  private readonly statements = new Map<string, StatementSync>();

  private constructor(private readonly db: DatabaseSync) {}

  /** Opens the ledger for writing; makes it when there is none, and brings an older one up to date. */
  static open(dir: string): Database {
    mkdirSync(dir, { recursive: true });
    // Another worker may open, or make, the same ledger at this moment: then every statement waits for it, the first one too.
    const db = new DatabaseSync(join(dir, "ledger.sqlite"), { timeout: LOCKED_MS });
    // FULL: a commit is on disk before it returns, so what we acknowledge survives a power cut. 16 MB of pages are kept:
    // keys and hashes fall on another page each time.
    whenUnlocked(() => db.exec("PRAGMA journal_mode = WAL"));
    db.exec("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16384;");
    db.exec(SCHEMA);
    const database = new Database(db);
    database.transaction(() => database.upgrade(dir));
    return database;
  }

  /** A second connection to a ledger that is open: it sees what is committed and neither waits for a commit nor delays one. */
  static openForReading(dir: string): Database {
    return new Database(new DatabaseSync(join(dir, "ledger.sqlite"), { readOnly: true, timeout: LOCKED_MS }));
  }

  /** Brings a ledger of an older version of the pack up to date; a new one goes the same way. */
  private upgrade(dir: string): void {
    const known = this.one("SELECT value FROM meta WHERE name = 'schema'");
    const found = Number(known?.value ?? 1);
    const current = UPGRADES.length + 1;
    if (!(found >= 1 && found <= current)) {
      throw new Error(
        `the ledger in ${dir} has schema ${known?.value}, this version of the pack knows ${current}; install a version that fits`,
      );
    }
    for (const step of UPGRADES.slice(found - 1)) step(this);
    if (known?.value !== String(current)) this.run("INSERT OR REPLACE INTO meta (name, value) VALUES ('schema', ?)", String(current));
  }

  /** Statements without parameters, for making tables. */
  exec(sql: string): void {
    this.db.exec(sql);
  }

  one(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.statement(sql).get(...values) as Row | undefined;
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.statement(sql).all(...values) as Row[];
  }

  /** As `all`, one row at a time, for more rows than should be in memory. */
  each(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    return this.statement(sql).iterate(...values) as Iterable<Row>;
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

  /** Everything `work` reads is of one moment. */
  snapshot<T>(work: () => T): T {
    this.db.exec("BEGIN");
    try {
      return work();
    } finally {
      this.db.exec("COMMIT");
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
