import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import should from "should";
import type { DocumentFilter, DocumentRow } from "../../dist/core/ledger/console.js";
import { Database } from "../../dist/core/ledger/sqlite/database.js";
import { search } from "../../dist/core/ledger/sqlite/reader-queries/search.js";
import { SqliteLedger } from "../../dist/core/ledger/sqlite/sqlite-ledger.js";
import { seeded } from "./intake-support.ts";
import { admission } from "./ledger-contract.ts";
import { LedgerDriver } from "./ledger-driver.ts";
import { RandomHistory } from "./random-history.ts";
import { countersOf } from "./sqlite-counters.ts";

const operator = { who: "olga", why: "because" };

describe("SQLite ledger console", () => {
  let dir: string;
  let file: string;
  let ledger: SqliteLedger;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "docbridge-console-"));
    file = join(dir, "ledger.sqlite");
    ledger = await SqliteLedger.open({ dir, policy: { maxAttempts: 3, backoffMs: 0, backoffMaxMs: 0 }, leaseMs: 60_000 });
  });
  afterEach(async () => {
    await ledger.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** As somebody with a database tool at the ledger's file. */
  const tamper = (sql: string) => {
    const db = new DatabaseSync(file);
    db.exec(sql);
    db.close();
  };

  for (const [what, sql] of [
    ["the list", `UPDATE meta SET value = replace(value, 'APPROVED', 'DRAFT') WHERE name = 'run-assets|job'`],
    ["its entry in the audit log", "UPDATE audit SET data = replace(data, 'job', 'bob') WHERE action = 'run-assets'"],
  ] as const) {
    it(`says that the asset versions of a run were changed afterwards: ${what}`, async () => {
      const asset = { id: "a", version: 1, type: "image", name: "logo", state: "APPROVED" };
      await ledger.keepRunAssets("job", [asset], operator);
      should(await ledger.console.runAssets("job")).match({ isIntact: true });
      tamper(sql);
      should(await ledger.console.runAssets("job")).match({ isIntact: false });
    });
  }

  const seen = new Set<string>();
  for (const seed of [1, 2, 3, 4]) {
    it(`counts as things happen what counting anew gives, whatever happens (seed ${seed})`, async () => {
      const history = new RandomHistory(ledger, seeded(seed));
      for (let round = 0; round < 20; round += 1) {
        for (let step = 0; step < 25; step += 1) await history.step();
        const { kept, anew } = countersOf(file);
        should(kept).eql(anew);
        for (const state of Object.keys((await ledger.console.figures()).byState)) seen.add(state);
      }
    });

    it(`finds by any filter what looking at every document finds (seed ${seed})`, async () => {
      const random = seeded(seed);
      const history = new RandomHistory(ledger, random);
      for (let step = 0; step < 500; step += 1) await history.step();
      const { documents } = await ledger.console.documents({}, 5000);
      const { documents: facts } = await ledger.console.recent({ limit: 5000 });
      const businessKeys = new Map(facts.map(({ id, businessKey }) => [id, businessKey]));
      let found = 0;
      for (let round = 0; round < 300; round += 1) {
        const filter = randomFilter(documents, businessKeys, random);
        const expected = documents.filter((row) => fits(filter, row, businessKeys.get(row.id))).map(({ id }) => id);
        const pages: string[] = [];
        let next: string | undefined;
        do {
          const page = await ledger.console.documents(filter, 1 + random.below(9), next);
          pages.push(...page.documents.map(({ id }) => id));
          next = page.next;
        } while (next !== undefined);
        should({ filter, pages: pages.join() }).eql({ filter, pages: expected.join() });
        found += expected.length;
      }
      should(found).be.above(300);
    });
  }

  it("met every kind of state in these histories; without failures, holds and ends they would prove little", () => {
    for (const state of ["closed", "quarantined", "held", "rejected", "conflict", "archiving"]) should(seen).containEql(state);
  });

  it("leads every search through an index that has the order of arrival", async () => {
    const now = Date.now();
    await ledger.admit(admission(1));
    const all: Required<Omit<DocumentFilter, "key" | "until">> = {
      states: ["closed", "quarantined"],
      code: "refused",
      customer: "c",
      job: "j",
      batch: "b",
      businessKey: "k",
      heldBy: "css",
      from: now - 60_000,
    };
    const names = Object.keys(all) as (keyof typeof all)[];
    const db = Database.openForReading(dir);
    const plans = new Map<string, string>();
    const explained = (sql: string, values: (string | number)[]) => {
      const plan = db.all(`EXPLAIN QUERY PLAN ${sql}`, ...values).map(({ detail }) => detail as string);
      plans.set(sql, plan.join("; "));
    };
    const watched = {
      one: (sql: string, ...values: (string | number)[]) => {
        explained(sql, values);
        return db.one(sql, ...values);
      },
      all: (sql: string, ...values: (string | number)[]) => {
        explained(sql, values);
        return db.all(sql, ...values);
      },
    } as unknown as Database;
    const filters = Array.from(
      { length: 2 ** names.length },
      (_, bits): DocumentFilter => Object.fromEntries(names.filter((_name, place) => bits & (1 << place)).map((name) => [name, all[name]])),
    );
    for (const filter of [...filters, { key: "0123456789" }, { key: "01234567-89ab-4def-8123-456789abcdef" }]) {
      search({ db: watched, now }, filter, 50);
    }
    db.close();
    should(plans.size).be.above(256);
    for (const [sql, plan] of plans) should({ sql, plan }).match({ plan: /^(?!.*(TEMP B-TREE|SCAN documents)).*SEARCH/ });
  });

  it("shows which entry of the log was changed", async () => {
    for (let number = 0; number < 5; number += 1) await ledger.console.act("retry", { ids: [`id-${number}`] }, operator);
    should(await ledger.console.brokenAudit()).be.undefined();
    const forgeries: [sql: string, undo: string, brokenAt: number][] = [
      ["UPDATE audit SET why = 'other' WHERE seq = 3", "UPDATE audit SET why = 'because' WHERE seq = 3", 3],
      ["UPDATE audit SET who = 'max' WHERE seq = 1", "UPDATE audit SET who = 'olga' WHERE seq = 1", 1],
      ["UPDATE audit SET at = '2020' || substr(at, 5) WHERE seq = 5", "UPDATE audit SET at = '2026' || substr(at, 5) WHERE seq = 5", 5],
      ["UPDATE audit SET data = replace(data, 'id-1', 'id-9')", "UPDATE audit SET data = replace(data, 'id-9', 'id-1')", 2],
    ];
    const year = (await ledger.console.audit(1))[0]?.at.slice(0, 4) as string;
    for (const [sql, undo, brokenAt] of forgeries) {
      tamper(sql);
      should(await ledger.console.brokenAudit()).equal(brokenAt);
      tamper(undo.replace("'2026'", `'${year}'`));
      should(await ledger.console.brokenAudit()).be.undefined();
    }
    tamper("DELETE FROM audit WHERE seq = 2");
    should(await ledger.console.brokenAudit()).equal(3);
    tamper("DELETE FROM audit WHERE seq = 1");
    should(await ledger.console.brokenAudit()).equal(3);
  });

  it("shows which event of a document was changed, also when the last were cut off", async () => {
    const drive = new LedgerDriver(ledger);
    const id = await drive.closed(1);
    const brokenAt = async () => (await ledger.console.detail(id))?.brokenAt;
    should(await brokenAt()).be.undefined();
    tamper(`DELETE FROM events WHERE document_id = '${id}' AND seq >= 7`);
    should(await brokenAt()).equal(7);
    tamper(`UPDATE events SET data = replace(data, '"objectId":"css"', '"objectId":"other"') WHERE document_id = '${id}'`);
    should(await brokenAt()).equal(6);
    tamper(`DELETE FROM events WHERE document_id = '${id}'`);
    should(await brokenAt()).equal(1);
  });

  it("takes parked documents up again, or ends them", async () => {
    const drive = new LedgerDriver(ledger);
    const later = Date.now() + 3_600_000;
    const ids = [await drive.admit(1), await drive.admit(2), await drive.admit(3)] as const;
    tamper(`UPDATE documents SET state = 'parked', next_at = ${later}, failures = 2`);
    should(await drive.lease(9)).be.empty();
    await ledger.console.act("retry", { ids: [ids[0]] }, operator);
    await ledger.console.act("route-again", { ids: [ids[1]] }, operator);
    await ledger.console.act("reject", { ids: [ids[2]] }, operator);
    should(await drive.lease(9)).match([
      { id: ids[0], failures: 0, routeAgain: false },
      { id: ids[1], failures: 0, routeAgain: true },
    ]);
    should((await ledger.get(ids[2]))?.state).equal("rejected");
  });

  it("answers while a commit is still under way", async () => {
    const slow = await SqliteLedger.open({
      dir,
      policy: { maxAttempts: 3, backoffMs: 5, backoffMaxMs: 5 },
      leaseMs: 60_000,
      commitDelayMs: 1000,
    });
    try {
      await slow.console.figures();
      const order: string[] = [];
      const admitted = slow.admit(admission(1)).then(() => order.push("admitted"));
      await slow.console.figures().then(() => order.push("figures"));
      await admitted;
      should(order).eql(["figures", "admitted"]);
    } finally {
      await slow.close();
    }
  });

  it("says that the ledger cannot be read, and reads it again when it can", async () => {
    renameSync(file, `${file}.away`);
    await should(ledger.console.figures()).be.rejectedWith({ code: "ledger-unavailable", retryable: true });
    renameSync(`${file}.away`, file);
    should(await ledger.console.figures()).match({ leased: 0 });
  });
});

function randomFilter(
  documents: DocumentRow[],
  businessKeys: Map<string, string | undefined>,
  random: ReturnType<typeof seeded>,
): DocumentFilter {
  // Values of two documents, so that many filters find something and some find nothing.
  const some = () => documents[random.below(documents.length)] as DocumentRow;
  const choices: [keyof DocumentFilter, (row: DocumentRow) => unknown][] = [
    ["states", (row) => [row.state, some().state].slice(0, 1 + random.below(2))],
    ["code", (row) => row.error?.code],
    ["customer", (row) => row.customer],
    ["job", (row) => row.job],
    ["batch", (row) => row.batch],
    ["key", (row) => (random.below(2) ? row.id : row.key.slice(0, 8))],
    ["businessKey", (row) => businessKeys.get(row.id)],
    ["heldBy", (row) => row.heldBy],
    ["from", (row) => row.createdAt],
    ["until", (row) => row.createdAt],
  ];
  const row = some();
  const chosen = choices.filter(() => random.below(4) === 0);
  return Object.fromEntries(chosen.map(([name, read]) => [name, read(random.below(5) ? row : some())]));
}

function fits(filter: DocumentFilter, row: DocumentRow, businessKey: string | undefined): boolean {
  const { states, code, customer, job, batch, key, heldBy, from, until } = filter;
  return (
    (states?.includes(row.state) ?? true) &&
    (code ?? row.error?.code) === row.error?.code &&
    (customer ?? row.customer) === row.customer &&
    (job ?? row.job) === row.job &&
    (batch ?? row.batch) === row.batch &&
    (filter.businessKey ?? businessKey) === businessKey &&
    (heldBy ?? row.heldBy) === row.heldBy &&
    (key === undefined || row.id === key || row.key.startsWith(key)) &&
    (from ?? 0) <= row.createdAt &&
    row.createdAt < (until ?? Number.MAX_SAFE_INTEGER)
  );
}
