import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import should from "should";
import { brokenLink, eventHash } from "../../dist/core/ledger/chain.js";
import { SqliteLedger } from "../../dist/core/ledger/sqlite/sqlite-ledger.js";
import { admission } from "./ledger-contract.ts";
import { LedgerDriver } from "./ledger-driver.ts";
import { countersOf } from "./sqlite-counters.ts";

/** As version 0.1.0 of the pack made it. */
const SCHEMA_1 = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sessions (
  id TEXT PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL, boot TEXT NOT NULL, expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE documents (
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
CREATE INDEX documents_ready ON documents (origin, next_at, seq)
  WHERE lease_session IS NULL AND state IN ('received', 'routed', 'archiving', 'archived', 'parked');
CREATE INDEX documents_leased ON documents (lease_session, lease_holder) WHERE lease_session IS NOT NULL;
CREATE INDEX documents_source_key ON documents (source_key) WHERE source_key IS NOT NULL;
CREATE INDEX documents_business_key ON documents (business_key) WHERE business_key IS NOT NULL;
CREATE INDEX documents_sha256 ON documents (sha256);
CREATE INDEX documents_batch ON documents (batch_id, state) WHERE batch_id IS NOT NULL;
CREATE INDEX documents_state ON documents (state);
CREATE INDEX documents_releasable ON documents (closed_at) WHERE state = 'closed' AND bytes_gone = 0;
CREATE TABLE receipts (
  document_id TEXT NOT NULL REFERENCES documents (id), target TEXT NOT NULL,
  verified INTEGER NOT NULL, orphans INTEGER NOT NULL DEFAULT 0, data TEXT NOT NULL,
  PRIMARY KEY (document_id, target)
) WITHOUT ROWID;
CREATE TABLE intents (
  document_id TEXT NOT NULL REFERENCES documents (id), target TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'doubt', 'clear', 'acked')),
  token INTEGER NOT NULL, session TEXT, since INTEGER NOT NULL, progress TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (document_id, target)
) WITHOUT ROWID;
CREATE INDEX intents_session ON intents (session) WHERE state = 'open';
CREATE TABLE events (
  document_id TEXT NOT NULL REFERENCES documents (id), seq INTEGER NOT NULL,
  at TEXT NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (document_id, seq)
) WITHOUT ROWID;
CREATE TABLE batches (
  id TEXT PRIMARY KEY, expected INTEGER, opened_at INTEGER NOT NULL, closed_at INTEGER
) WITHOUT ROWID;
INSERT INTO meta VALUES ('schema', '1');
`;

interface Old {
  state: "closed" | "quarantined" | "archiving" | "received";
  customer?: string;
  job?: string;
  batch?: string;
  receipts?: string[];
  minutesAgo: number;
}

const CREATED = Date.UTC(2026, 0, 5, 10);
const MINUTE = 60_000;
const DOCUMENTS: Old[] = [
  { state: "closed", customer: "c1", job: "j1", batch: "done", receipts: ["documentum", "css"], minutesAgo: 90 },
  { state: "quarantined", customer: "c2", job: "j1", batch: "done", receipts: ["css"], minutesAgo: 90 },
  { state: "archiving", customer: "c1", batch: "open", receipts: ["css"], minutesAgo: 30 },
  { state: "received", batch: "open", minutesAgo: 20 },
  { state: "received", job: "j2", minutesAgo: 10 },
];

describe("a SQLite ledger of schema 1", () => {
  let dir: string;
  let file: string;
  let ledger: SqliteLedger;
  const open = async () => {
    ledger = await SqliteLedger.open({ dir, policy: { maxAttempts: 3, backoffMs: 5, backoffMaxMs: 20 }, leaseMs: 60_000 });
  };
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "docbridge-upgrade-"));
    file = join(dir, "ledger.sqlite");
    makeOldLedger(file);
    await open();
  });
  afterEach(async () => {
    await ledger.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it("is counted when it is brought up to date, once", async () => {
    const { kept, anew } = countersOf(file);
    should(kept).eql(anew);
    await ledger.close();
    await open();
    should(countersOf(file)).eql({ kept, anew });
    should(await ledger.console.figures()).match({
      byState: { closed: 1, quarantined: 1, archiving: 1, received: 2 },
      waiting: 3,
      suspectedOrphans: 2,
      oldestWaitingAt: CREATED - 30 * MINUTE,
      destinations: [
        { name: "css", backlog: 2, receipts: 3, oldestAt: CREATED - 20 * MINUTE },
        { name: "documentum", backlog: 3, receipts: 1, oldestAt: CREATED - 30 * MINUTE },
      ],
      openBatches: 1,
    });
    should(await ledger.console.batches(9)).match([
      { id: "open", documents: 2, ended: 0, byState: { archiving: 1, received: 1 } },
      { id: "done", documents: 2, ended: 2, updatedAt: CREATED - 89 * MINUTE },
    ]);
    should(await ledger.console.throughput(CREATED - 90 * MINUTE, CREATED - 88 * MINUTE, 1)).eql([
      { at: CREATED - 90 * MINUTE, received: 2, closed: 0, quarantined: 0 },
      { at: CREATED - 89 * MINUTE, received: 0, closed: 1, quarantined: 1 },
    ]);
  });

  it("finds its documents by what operators search for", async () => {
    const numbers = async (filter: object) =>
      (await ledger.console.documents(filter, 9)).documents.map(({ fileName }) => Number.parseInt(fileName, 10));
    should(await numbers({ customer: "c1" })).eql([2, 0]);
    should(await numbers({ job: "j1" })).eql([1, 0]);
    should(await numbers({ code: "refused" })).eql([1]);
    should(await numbers({ until: CREATED - 20 * MINUTE })).eql([2, 1, 0]);
    should(await ledger.console.failures()).match([{ code: "refused", message: "no", documents: 1 }]);
  });

  it("goes on with its documents, their event chains and its batches", async () => {
    const drive = new LedgerDriver(ledger);
    const [first, second, third] = await drive.lease(9);
    should([first?.id, second?.id, third?.id]).eql(["id-2", "id-3", "id-4"]);
    await drive.receive("id-2", 1, "documentum", true);
    for (const target of ["documentum", "css"]) await drive.receive("id-3", 1, target, true);
    should(await ledger.get("id-3")).match({ state: "closed", batch: { id: "open" } });
    should(await ledger.batch("open")).match({ byState: { archived: 1, closed: 1 } });
    await ledger.verified("id-2", "css", { objectId: "css", verified: "read-back", at: "2026-01-05T11:00:00.000Z" });
    should((await ledger.batch("open"))?.closedAt).be.a.Number();
    await ledger.console.act("retry", { ids: ["id-1"] }, { who: "olga", why: "mended" });
    should((await ledger.batch("done"))?.closedAt).be.undefined();
    for (const id of ["id-1", "id-2", "id-3"]) {
      should(brokenLink(await ledger.events(id))).be.undefined();
      should((await ledger.console.detail(id))?.brokenAt).be.undefined();
    }
    const { kept, anew } = countersOf(file);
    should(kept).eql(anew);
  });
});

function makeOldLedger(file: string): void {
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA journal_mode = WAL; ${SCHEMA_1}`);
  for (const [number, old] of DOCUMENTS.entries()) insertOld(db, number, old);
  db.exec(`
    INSERT INTO batches SELECT batch_id, count(*), min(created_at), max(closed_at) FROM documents WHERE batch_id IS NOT NULL GROUP BY batch_id;
    UPDATE receipts SET orphans = 2 WHERE document_id = 'id-1'`);
  db.close();
}

function insertOld(db: DatabaseSync, number: number, { state, customer, job, batch, receipts = [], minutesAgo }: Old): void {
  const { key, content, metadata, variant } = admission(number);
  const id = `id-${number}`;
  const createdAt = CREATED - minutesAgo * MINUTE;
  const endedAt = state === "closed" || state === "quarantined" ? createdAt + MINUTE : undefined;
  const source = { system: "exstream", channel: "http", customerNumber: customer, jobId: job };
  const types = endedAt === undefined ? ["received"] : ["received", state];
  const times = [createdAt, endedAt ?? createdAt];
  let head = "";
  db.prepare(
    `INSERT INTO documents (id, key, origin, batch_id, sha256, facts, targets, done_when, state, next_at, error_code, error_message,
       created_at, updated_at, closed_at) VALUES (?, ?, 'trigger', ?, ?, ?, '["documentum","css"]', 'receipts', ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    id,
    key,
    batch ?? null,
    content.sha256,
    JSON.stringify({ batch: batch && { id: batch }, source, content, metadata, variant }),
    state,
    createdAt,
    state === "quarantined" ? "refused" : null,
    state === "quarantined" ? "no" : null,
    createdAt,
    endedAt ?? createdAt,
    endedAt ?? null,
  );
  for (const [place, type] of types.entries()) {
    const at = new Date(times[place] as number).toISOString();
    const hash = eventHash(id, place + 1, at, type, "{}", head);
    db.prepare("INSERT INTO events VALUES (?, ?, ?, ?, '{}', ?, ?)").run(id, place + 1, at, type, head, hash);
    head = hash;
  }
  db.prepare("UPDATE documents SET events = ?, head = ? WHERE id = ?").run(types.length, head, id);
  for (const target of receipts) {
    const verified = state === "closed" ? { verified: "read-back" } : {};
    db.prepare("INSERT INTO receipts (document_id, target, verified, data) VALUES (?, ?, ?, ?)").run(
      id,
      target,
      state === "closed" ? 1 : 0,
      JSON.stringify({ objectId: target, at: "2026-01-05T10:00:00.000Z", ...verified }),
    );
  }
}
