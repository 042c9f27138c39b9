import { createHash, randomUUID } from "node:crypto";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { DocumentFilter } from "../../dist/core/ledger/console.js";
import type { Ledger } from "../../dist/core/ledger/ledger.js";
import { SqliteLedger } from "../../dist/core/ledger/sqlite/sqlite-ledger.js";
import { compare } from "./compare.ts";
import { BIG_CUSTOMER, BIG_JOB, DAYS, makeManyDocuments } from "./many-documents.ts";

const policy = { maxAttempts: 3, backoffMs: 1000, backoffMaxMs: 1000 };
const DAY_MS = 86_400_000;
const ROUNDS = 7;

/** The operator console's questions to a ledger of many documents, and what answering them costs the writers. */
export async function benchConsole(dir: string): Promise<void> {
  const at = process.argv.indexOf("--documents");
  const count = at < 0 ? 1_000_000 : Number(process.argv[at + 1]);
  makeManyDocuments(dir, count);
  const opened = performance.now();
  const ledger = await SqliteLedger.open({ dir, policy, leaseMs: 600_000 });
  console.log(`ledger of ${count} documents: brought from schema 1 to 2 in ${((performance.now() - opened) / 1000).toFixed(1)} s`);
  holdSome(dir);
  await questions(ledger, count);
  await actions(ledger, count);
  await ledger.close();
  await writing(dir);
}

/** The newest of the waiting documents wait for a destination instead. */
function holdSome(dir: string): void {
  const db = new DatabaseSync(join(dir, "ledger.sqlite"));
  db.exec("UPDATE documents SET state = 'held', held_by = 'css', priority = seq % 3 WHERE state = 'archiving'");
  db.close();
}

async function questions(ledger: Ledger, count: number): Promise<void> {
  const { console: operator } = ledger;
  const now = Date.now();
  const [sample] = (await operator.recent({ limit: 1, until: now - (DAYS / 2) * DAY_MS })).documents;
  if (!sample) throw new Error("there are no documents");
  await median("figures", () => operator.figures());
  await median("throughput of a day", () => operator.throughput(now - DAY_MS, now, 10));
  await median("throughput of all days", () => operator.throughput(now - DAYS * DAY_MS, now, 60));
  await median("50 batches", () => operator.batches(50));
  await median("failures", () => operator.failures());
  await median("detail", () => operator.detail(sample.id));
  const middle = { from: now - (DAYS / 2) * DAY_MS, until: now - (DAYS / 2 - 1) * DAY_MS };
  const filters: Record<string, DocumentFilter> = {
    nothing: {},
    customer: { customer: sample.source.customerNumber },
    "a big customer": { customer: BIG_CUSTOMER },
    job: { job: sample.source.jobId },
    batch: { batch: sample.batch?.id },
    key: { key: sample.key.slice(0, 8) },
    id: { key: sample.id },
    "business key": { businessKey: sample.businessKey },
    "state closed": { states: ["closed"] },
    "state quarantined": { states: ["quarantined"] },
    "three states": { states: ["closed", "quarantined", "received"] },
    "error code": { code: "unknown-attribute" },
    "held by": { heldBy: "css" },
    date: middle,
    "long past date": { from: 0, until: 1000 },
    "state + date": { states: ["quarantined"], ...middle },
    "state of few + date": { states: ["rejected"], ...middle },
    "customer + date": { customer: BIG_CUSTOMER, ...middle },
    "job + state": { job: BIG_JOB, states: ["quarantined"] },
    "job + state without any": { job: BIG_JOB, states: ["rejected"] },
    "job + code": { job: BIG_JOB, code: "timeout" },
    "batch + code": { batch: BIG_JOB, code: "unknown-attribute" },
    "job + customer": { job: BIG_JOB, customer: BIG_CUSTOMER },
    "job + batch, none in both": { job: BIG_JOB, batch: sample.batch?.id },
    "customer + code": { customer: BIG_CUSTOMER, code: "refused" },
    "customer + state": { customer: BIG_CUSTOMER, states: ["held"] },
    "held by + job": { heldBy: "css", job: BIG_JOB },
    "held by + date": { heldBy: "css", ...middle },
    everything: { ...middle, job: BIG_JOB, batch: BIG_JOB, states: ["closed"], customer: BIG_CUSTOMER, code: "refused" },
  };
  for (const [name, filter] of Object.entries(filters)) {
    let found = 0;
    await median(
      `search by ${name}`,
      async () => {
        found = (await operator.documents(filter, 50)).documents.length;
      },
      () => `, ${found} documents`,
    );
  }
  const last = Math.min(100_000, count);
  await median(`facts of the newest ${last}`, async () => {
    let next: string | undefined;
    for (let had = 0; had < last; had += 5000) next = (await operator.recent({ limit: 5000, after: next })).next;
  });
  await median("preview of retrying all failures", () => operator.preview("retry", { filter: { states: ["quarantined"] } }));
}

async function actions(ledger: Ledger, count: number): Promise<void> {
  const started = performance.now();
  const { documents } = await ledger.console.act("retry", { filter: { states: ["quarantined"] } }, { who: "bench", why: "bench" });
  const ms = performance.now() - started;
  console.log(`retry of ${documents} of ${count} documents: ${ms.toFixed(0)} ms, ${((ms * 1000) / documents).toFixed(0)} us each`);
}

/** The same ledger with and without what the console needs kept; and with the console asking all the time. */
async function writing(dir: string): Promise<void> {
  const bare = `${dir}-bare`;
  mkdirSync(bare);
  copyFileSync(join(dir, "ledger.sqlite"), join(bare, "ledger.sqlite"));
  dropConsole(bare);
  const ours = await SqliteLedger.open({ dir, policy, leaseMs: 600_000 });
  const without = await SqliteLedger.open({ dir: bare, policy, leaseMs: 600_000 });
  await compare("64 admissions at a time", [
    { name: "with counters and indexes", run: () => admitMany(ours) },
    { name: "without", run: () => admitMany(without) },
  ]);
  await compare("whole lives of 256 documents", [
    { name: "with counters and indexes", run: () => live(ours) },
    { name: "without", run: () => live(without) },
  ]);
  await compare("admissions beside a busy console", [
    { name: "with searches going on", run: () => whileSearching(ours, () => admitMany(ours)) },
    { name: "alone", run: () => admitMany(ours) },
  ]);
  await Promise.all([ours.close(), without.close()]);
}

function dropConsole(dir: string): void {
  const db = new DatabaseSync(join(dir, "ledger.sqlite"));
  const kept = ["documents_customer", "documents_job", "documents_code", "documents_job_code", "documents_batch_code", "documents_failed"];
  const triggers = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  for (const name of kept) db.exec(`DROP INDEX ${name}`);
  db.close();
}

function admitMany(ledger: Ledger, count = 512): Promise<string[]> {
  return inGroups(count, async () => {
    const key = createHash("sha256").update(randomUUID()).digest("hex");
    const { id } = await ledger.admit({
      key,
      origin: "writing",
      batch: { id: "batch-now" },
      source: { system: "exstream", channel: "http", customerNumber: key.slice(0, 6), jobId: "job-now" },
      content: { sha256: key, size: 1, mediaType: "application/pdf", fileName: "a.pdf" },
      metadata: { customerNumber: key.slice(0, 6) },
      variant: { role: "pdf" },
      targets: ["documentum", "css"],
      doneWhen: "receipts",
      holder: "bench",
    });
    return id;
  });
}

/** From intake to closed, with two receipts. */
async function live(ledger: Ledger): Promise<void> {
  const ids = await admitMany(ledger, 256);
  let place = 0;
  await inGroups(256, async () => {
    const id = ids[place++] as string;
    for (const target of ["documentum", "css"]) {
      const intent = await ledger.intent({ id, fence: 1, target });
      if (!("token" in intent)) throw new Error(`no claim: ${intent.outcome}`);
      await ledger.receipt({ id, target, token: intent.token }, { objectId: id, verified: "read-back", at: "2026-01-01T00:00:00.000Z" });
    }
  });
}

async function whileSearching(ledger: Ledger, work: () => Promise<unknown>): Promise<void> {
  let working = true;
  const searching = (async () => {
    while (working) await ledger.console.documents({ job: BIG_JOB, customer: BIG_CUSTOMER }, 50);
  })();
  await work();
  working = false;
  await searching;
}

async function inGroups<T>(count: number, each: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let done = 0; done < count; done += 64) results.push(...(await Promise.all(Array.from({ length: 64 }, each))));
  return results;
}

async function median(name: string, run: () => Promise<unknown>, more: () => string = () => ""): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const started = performance.now();
    await run();
    // The first round only warms up.
    if (round > 0) times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  console.log(
    `${name.padEnd(40)}${(times[ROUNDS >> 1] as number).toFixed(1)} ms (at most ${(times.at(-1) as number).toFixed(1)})${more()}`,
  );
}
