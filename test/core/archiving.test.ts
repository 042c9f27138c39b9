import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import should from "should";
import { type ArchiveTarget, archive } from "../../dist/core/archiving.js";
import { ContentReference } from "../../dist/core/content/reference.js";
import type { DocbridgeDocument, Receipt } from "../../dist/core/document.js";
import { DocbridgeError } from "../../dist/core/errors.js";
import { brokenLink } from "../../dist/core/ledger/chain.js";
import type { DocumentRecord, Ledger } from "../../dist/core/ledger/ledger.js";
import { SqliteLedger } from "../../dist/core/ledger/sqlite/sqlite-ledger.js";
import { admission } from "./ledger-contract.ts";

const never = { read: () => Promise.reject(new Error("not read here")), pathOf: () => Promise.reject(new Error("not read here")) };
const toDocument = (record: DocumentRecord): DocbridgeDocument => ({
  ...record,
  ledger: "l",
  content: new ContentReference(record.content, never),
  attributes: {},
});
const busy = (ambiguous: boolean) => new DocbridgeError("service-unavailable", { message: "busy", retryable: true, ambiguous });

/** A server that keeps what it commits, whatever becomes of the reply. */
class Server implements ArchiveTarget {
  readonly objects = new Map<string, string[]>();
  lookUps = 0;
  private readonly fate: () => "ok" | "reply lost" | "refused" | "clear refusal" | "hangs";
  constructor(fate: Server["fate"]) {
    this.fate = fate;
  }
  async lookUp(document: DocbridgeDocument): Promise<Receipt | undefined> {
    this.lookUps += 1;
    if (this.fate() === "refused") throw busy(false);
    const found = this.objects.get(document.key) ?? [];
    if (found.length > 1) throw new DocbridgeError("ambiguous-key", { message: "two" });
    return found[0] ? { objectId: found[0], at: "now" } : undefined;
  }
  async create(document: DocbridgeDocument): Promise<Receipt> {
    const fate = this.fate();
    if (fate === "clear refusal") throw busy(false);
    if (fate === "refused") throw busy(true);
    const objectId = `${document.id}/${this.objects.get(document.key)?.length ?? 0}`;
    this.objects.set(document.key, [...(this.objects.get(document.key) ?? []), objectId]);
    if (fate === "reply lost") throw new DocbridgeError("connection-lost", { message: "reset", retryable: true, ambiguous: true });
    // The process dies here: it never learns that the server has committed.
    if (fate === "hangs") await new Promise(() => {});
    return { objectId, at: "now" };
  }
  async verify(): Promise<"read-back"> {
    if (this.fate() === "refused") throw busy(false);
    return "read-back";
  }
}

describe("archiving", () => {
  let dir: string;
  const open = () => SqliteLedger.open({ dir, policy: { maxAttempts: 1000, backoffMs: 0, backoffMaxMs: 0 }, leaseMs: 60_000 });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "docbridge-archiving-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const options = (target: string, signal = new AbortController().signal) => ({ target, lookUp: "doubt" as const, settleMs: 0, signal });
  const leaseOne = async (ledger: Ledger) => {
    const [record] = await ledger.lease({ origin: "trigger", holder: "h", maxInFlight: 1 });
    return toDocument(record as DocumentRecord);
  };

  it("creates without a look-up when there is no doubt, and closes", async () => {
    const ledger = await open();
    const server = new Server(() => "ok");
    await ledger.admit(admission(1, { targets: ["css"] }));
    const outcome = await archive(ledger, await leaseOne(ledger), server, options("css"));
    should(outcome).match({ outcome: "archived", state: "closed", receipt: { verified: "read-back" } });
    should(server.lookUps).equal(0);
    await ledger.close();
  });

  it("finds its object after a lost reply and creates no second one", async () => {
    const ledger = await open();
    const fates = ["reply lost" as const];
    const server = new Server(() => fates.shift() ?? "ok");
    await ledger.admit(admission(1, { targets: ["css"] }));
    should(await archive(ledger, await leaseOne(ledger), server, options("css"))).match({ outcome: "retry" });
    should(await archive(ledger, await leaseOne(ledger), server, options("css"))).match({
      outcome: "archived",
      receipt: { recovered: true },
    });
    should([...server.objects.values()].map((objects) => objects.length)).eql([1]);
    await ledger.close();
  });

  it("stays in doubt when the look-up itself fails", async () => {
    const ledger = await open();
    const fates: ("reply lost" | "refused" | "ok")[] = ["reply lost", "refused", "ok"];
    const server = new Server(() => fates.shift() ?? "ok");
    await ledger.admit(admission(1, { targets: ["css"] }));
    for (let round = 0; round < 2; round += 1) await archive(ledger, await leaseOne(ledger), server, options("css"));
    should(await archive(ledger, await leaseOne(ledger), server, options("css"))).match({ outcome: "archived" });
    should([...server.objects.values()].map((objects) => objects.length)).eql([1]);
    await ledger.close();
  });

  describe("a receipt with pending steps", () => {
    class HalfDone extends Server {
      readonly linked = new Set<string>();
      private readonly link: () => "ok" | "parked" | "refused";
      constructor(fate: () => "ok" | "reply lost", link: HalfDone["link"]) {
        super(fate);
        this.link = link;
      }
      override async lookUp(document: DocbridgeDocument) {
        const found = await super.lookUp(document);
        return found && { ...found, pending: ["case"] };
      }
      override async create(document: DocbridgeDocument) {
        return { ...(await super.create(document)), pending: ["case"] };
      }
      async complete(_document: DocbridgeDocument, receipt: Receipt, save: (receipt: Receipt) => Promise<void>): Promise<Receipt> {
        const fate = this.link();
        if (fate === "parked") await save({ ...receipt, waitingSince: "2026-01-01T00:00:00.000Z" });
        if (fate === "parked") throw new DocbridgeError("locked", { message: "locked", parkMs: 0 });
        if (fate === "refused") throw new DocbridgeError("refused", { message: "no" });
        this.linked.add(receipt.objectId);
        const { pending, waitingSince, ...done } = receipt;
        return done;
      }
    }

    it("is completed later without a second object, and counts only then", async () => {
      const ledger = await open();
      const links: ("parked" | "ok")[] = ["parked", "ok"];
      const server = new HalfDone(
        () => "ok",
        () => links.shift() ?? "ok",
      );
      const { id } = await ledger.admit(admission(1, { targets: ["css"] }));
      should(await archive(ledger, await leaseOne(ledger), server, options("css"))).match({ outcome: "parked", error: { code: "locked" } });
      should(await ledger.get(id)).match({
        state: "parked",
        failures: 0,
        receipts: { css: { pending: ["case"], waitingSince: "2026-01-01T00:00:00.000Z", verified: "read-back" } },
      });
      const outcome = await archive(ledger, await leaseOne(ledger), server, options("css"));
      should(outcome).match({ outcome: "archived", state: "closed" });
      should((await ledger.get(id))?.receipts.css).not.have.any.keys("pending", "waitingSince");
      should([...server.objects.values()].map((objects) => objects.length)).eql([1]);
      should(server.linked.size).equal(1);
      await ledger.close();
    });

    it("is completed also where the object was found after a lost reply", async () => {
      const ledger = await open();
      const fates = ["reply lost" as const];
      const server = new HalfDone(
        () => fates.shift() ?? "ok",
        () => "ok",
      );
      await ledger.admit(admission(1, { targets: ["css"] }));
      await archive(ledger, await leaseOne(ledger), server, options("css"));
      should(await archive(ledger, await leaseOne(ledger), server, options("css"))).match({
        state: "closed",
        receipt: { recovered: true },
      });
      should(server.linked.size).equal(1);
      await ledger.close();
    });

    it("keeps its document from counting as archived when a step is refused for good", async () => {
      const ledger = await open();
      const server = new HalfDone(
        () => "ok",
        () => "refused",
      );
      const { id } = await ledger.admit(admission(1, { targets: ["css"] }));
      should(await archive(ledger, await leaseOne(ledger), server, options("css"))).match({ outcome: "quarantined" });
      should(await ledger.get(id)).match({ state: "quarantined", receipts: { css: { pending: ["case"] } } });
      await ledger.close();
    });
  });

  it("quarantines two candidates instead of guessing", async () => {
    const ledger = await open();
    const fates = ["reply lost" as const];
    const server = new Server(() => fates.shift() ?? "ok");
    await ledger.admit(admission(1, { targets: ["css"] }));
    const document = await leaseOne(ledger);
    await archive(ledger, document, server, options("css"));
    server.objects.set(document.key, ["a", "b"]);
    should(await archive(ledger, await leaseOne(ledger), server, options("css"))).match({
      outcome: "quarantined",
      error: { code: "ambiguous-key" },
    });
    await ledger.close();
  });

  it("looks up first when told to, for a ledger that was lost", async () => {
    const server = new Server(() => "ok");
    const ledger = await open();
    await ledger.admit(admission(1, { targets: ["css"] }));
    const document = await leaseOne(ledger);
    server.objects.set(document.key, ["from before"]);
    const outcome = await archive(ledger, document, server, { ...options("css"), lookUp: "always" });
    should(outcome).match({ outcome: "archived", receipt: { objectId: "from before" } });
    await ledger.close();
  });

  for (const seed of [1, 2, 3, 4, 5, 6]) {
    it(`gives one object per key and target under random faults, crashes and take-overs (seed ${seed})`, async function () {
      this.timeout(60_000);
      let draws = 0;
      const random = () => createHash("sha256").update(`${seed}/${draws++}`).digest().readUInt32BE(0) / 2 ** 32;
      const fate = (): ReturnType<Server["fate"]> => {
        const draw = random();
        return draw < 0.15 ? "reply lost" : draw < 0.25 ? "refused" : draw < 0.3 ? "clear refusal" : draw < 0.33 ? "hangs" : "ok";
      };
      let faulty = true;
      const servers = { documentum: new Server(() => (faulty ? fate() : "ok")), css: new Server(() => (faulty ? fate() : "ok")) };
      let ledger = await open();
      for (let number = 0; number < 40; number += 1) await ledger.admit(admission(number));
      const abandoned: SqliteLedger[] = [];
      let crashes = 0;
      for (let round = 0; (await ledger.counts()).waiting + (await ledger.counts()).leased > 0; round += 1) {
        if (round > 150) faulty = false;
        const due = await ledger.lease({ origin: "trigger", holder: `h${round}`, maxInFlight: 1 + Math.floor(random() * 4) });
        // Both branches of a flow run at once; one that hangs means the process is killed with the other half done.
        const branches = due.flatMap((record) =>
          (["documentum", "css"] as const).map((target) => archive(ledger, toDocument(record), servers[target], options(target))),
        );
        const finished = await Promise.race([
          Promise.all(branches).then(() => true),
          new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 60)),
        ]);
        if (finished) continue;
        crashes += 1;
        abandoned.push(ledger);
        const db = new DatabaseSync(join(dir, "ledger.sqlite"));
        db.exec("PRAGMA busy_timeout = 5000; UPDATE sessions SET pid = 4194303, boot = 'gone'");
        db.close();
        ledger = await open();
      }
      should((await ledger.counts()).byState).eql({ closed: 40 });
      should(crashes).be.above(0);
      for (const server of Object.values(servers)) {
        should(server.objects.size).equal(40);
        should([...server.objects.values()].filter((objects) => objects.length !== 1)).be.empty();
      }
      for (let number = 0; number < 40; number += 1) {
        const record = (await ledger.byKey(admission(number).key)) as DocumentRecord;
        should(brokenLink(await ledger.events(record.id))).be.undefined();
      }
      await ledger.close();
      for (const old of abandoned) await old.close().catch(() => undefined);
    });
  }
});
