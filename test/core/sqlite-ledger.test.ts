import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import should from "should";
import { SqliteLedger } from "../../dist/core/ledger/sqlite/sqlite-ledger.js";
import { actionsContract } from "./ledger-actions-contract.ts";
import { consoleContract } from "./ledger-console-contract.ts";
import { admission, type LedgerFixture, ledgerContract } from "./ledger-contract.ts";
import { deliveriesContract } from "./ledger-deliveries-contract.ts";
import { routingContract } from "./ledger-routing-contract.ts";
import { variantsContract } from "./ledger-variants-contract.ts";

const policy = { maxAttempts: 3, backoffMs: 5, backoffMaxMs: 20 };

const fixture = async (): Promise<LedgerFixture> => {
  const dir = mkdtempSync(join(tmpdir(), "docbridge-ledger-"));
  return {
    open: () => SqliteLedger.open({ dir, policy, leaseMs: 60_000 }),
    killSessions: async () => {
      // A process id no process has any more, on this host: what the next worker finds after a kill -9.
      const db = new DatabaseSync(join(dir, "ledger.sqlite"));
      db.exec("UPDATE sessions SET pid = 4194303, boot = 'gone'");
      db.close();
    },
    remove: async () => rmSync(dir, { recursive: true, force: true }),
  };
};

ledgerContract("SQLite", fixture);
routingContract("SQLite", fixture);
deliveriesContract("SQLite", fixture);
variantsContract("SQLite", fixture);
consoleContract("SQLite", fixture);
actionsContract("SQLite", fixture);

describe("SQLite ledger", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "docbridge-ledger-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("is opened, and made, by several workers at the same moment", async () => {
    for (let round = 0; round < 8; round += 1) {
      const folder = join(dir, String(round));
      const ledgers = await Promise.all([1, 2, 3, 4].map(() => SqliteLedger.open({ dir: folder, policy, leaseMs: 60_000 })));
      await Promise.all(ledgers.map((ledger) => ledger.close()));
    }
  });

  it("commits what many callers ask for together, not one by one", async () => {
    const ledger = await SqliteLedger.open({ dir, policy, leaseMs: 60_000, commitDelayMs: 5 });
    const one = async (from: number) => {
      for (let number = from; number < from + 10; number += 1) await ledger.admit(admission(number));
    };
    const before = ledger.commits;
    await Promise.all(Array.from({ length: 64 }, (_, caller) => one(caller * 10)));
    should(ledger.commits - before).be.below(640 / 16);
    should((await ledger.counts()).waiting).equal(640);
    await ledger.close();
  });

  it("undoes only the call that fails in a group", async () => {
    const ledger = await SqliteLedger.open({ dir, policy, leaseMs: 60_000 });
    const results = await Promise.allSettled([ledger.admit(admission(1)), ledger.emitted("nobody", 1), ledger.admit(admission(2))]);
    should(results.map((result) => result.status)).eql(["fulfilled", "rejected", "fulfilled"]);
    should((await ledger.counts()).waiting).equal(2);
    await ledger.close();
  });

  it("says clearly when its folder cannot be used", async () => {
    await should(SqliteLedger.open({ dir: "/dev/null/x", policy, leaseMs: 1000 })).be.rejectedWith({ code: "ledger-unavailable" });
  });

  it("refuses a ledger of another schema instead of damaging it", async () => {
    const ledger = await SqliteLedger.open({ dir, policy, leaseMs: 60_000 });
    await ledger.close();
    const db = new DatabaseSync(join(dir, "ledger.sqlite"));
    db.exec("UPDATE meta SET value = '99' WHERE name = 'schema'");
    db.close();
    await should(SqliteLedger.open({ dir, policy, leaseMs: 1000 })).be.rejectedWith(/schema 99/);
  });

  it("takes up again by itself after it was stalled past its lease", async () => {
    const ledger = await SqliteLedger.open({ dir, policy, leaseMs: 400 });
    await ledger.admit(admission(1));
    await ledger.lease({ origin: "trigger", holder: "h1", maxInFlight: 1 });
    const lost = ledger.leaseLost;
    // The event loop stands still here, as a stopped process does; meanwhile another worker takes over.
    const db = new DatabaseSync(join(dir, "ledger.sqlite"));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 900);
    db.exec("PRAGMA busy_timeout = 5000; UPDATE documents SET lease_session = NULL, lease_holder = NULL; DELETE FROM sessions");
    db.close();
    while (!lost.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
    let records: unknown[] = [];
    while (records.length === 0) {
      records = await ledger.lease({ origin: "trigger", holder: "h2", maxInFlight: 5 }).catch(() => []);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    should(records).match([{ metadata: { number: 1 }, attempt: 2 }]);
    await ledger.close();
  });
});
