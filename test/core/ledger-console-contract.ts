import should from "should";
import type { DocumentFilter, LedgerConsole } from "../../dist/core/ledger/console.js";
import type { DocumentRecord, Ledger } from "../../dist/core/ledger/ledger.js";
import { admission, type LedgerFixture } from "./ledger-contract.ts";
import { LedgerDriver } from "./ledger-driver.ts";

const operator = { who: "olga", why: "the target was mended" };
const MINUTE = 60_000;

/** Figures, search and actions, as every ledger must offer them to operators. */
export function consoleContract(name: string, make: () => Promise<LedgerFixture>): void {
  describe(`ledger console contract: ${name}`, () => {
    let fixture: LedgerFixture;
    let ledger: Ledger;
    let drive: LedgerDriver;
    let asked: LedgerConsole;
    beforeEach(async () => {
      fixture = await make();
      ledger = await fixture.open();
      drive = new LedgerDriver(ledger);
      asked = ledger.console;
    });
    afterEach(async () => {
      await ledger.close();
      await fixture.remove();
    });

    const idsOf = async (filter: DocumentFilter, limit = 100) => (await asked.documents(filter, limit)).documents.map(({ id }) => id);

    describe("figures", () => {
      it("of an empty ledger are nothing", async () => {
        const figures = await asked.figures();
        should(figures).match({ byState: {}, leased: 0, waiting: 0, suspectedOrphans: 0, destinations: [], openBatches: 0 });
        should(figures.oldestWaitingAt).be.undefined();
      });

      it("say what waits, what is in the flow, and what each destination owes", async () => {
        const first = await drive.admit(1, { targets: ["css"] });
        const inFlow = await drive.leaseOne();
        should(inFlow.id).equal(first);
        const second = await drive.admit(2);
        await drive.admit(3, { targets: ["documentum"] });
        const createdAt = async (id: string) => ((await ledger.get(id)) as DocumentRecord).createdAt;
        should(await asked.figures()).match({
          byState: { received: 3 },
          leased: 1,
          waiting: 2,
          oldestWaitingAt: await createdAt(second),
          destinations: [
            { name: "css", backlog: 2, inFlight: 1, receipts: 0, oldestAt: await createdAt(first) },
            { name: "documentum", backlog: 2, inFlight: 0, receipts: 0, oldestAt: await createdAt(second) },
          ],
        });
        await drive.receive(first, inFlow.fence, "css", true);
        const after = await asked.figures();
        should(after).match({ byState: { received: 2, closed: 1 }, leased: 0 });
        should(after.destinations[0]).match({ backlog: 1, inFlight: 0, receipts: 1, oldestAt: await createdAt(second) });
      });

      it("count a document no more for a destination when it ended without a receipt", async () => {
        await drive.quarantined(1);
        should((await asked.figures()).destinations).match([{ backlog: 0 }, { backlog: 0 }]);
      });

      it("follow a router's decision on what a document owes", async () => {
        await drive.admit(1, { targets: [], doneWhen: "route" });
        await drive.route(await drive.leaseOne(), ["css"]);
        should((await asked.figures()).destinations).match([{ name: "css", backlog: 1, inFlight: 1 }]);
      });

      it("count batches that something is still to come of", async () => {
        await drive.admit(1, { batch: { id: "known", expected: 2 }, doneWhen: "emitted", targets: [] });
        await drive.admit(2, { batch: { id: "unknown" }, doneWhen: "emitted", targets: [] });
        should((await asked.figures()).openBatches).equal(2);
        for (const { id, fence } of await drive.lease(2)) await ledger.emitted(id, fence);
        should((await asked.figures()).openBatches).equal(1);
      });
    });

    describe("asset versions of a run", () => {
      const asset = (name: string, version = 1) => ({
        id: `id of ${name}`,
        version,
        type: "image",
        name,
        state: "APPROVED",
        approvedBy: "alice",
      });

      it("are kept with a batch, whether it has documents or not, and named in the audit log", async () => {
        should(await asked.runAssets("job")).be.undefined();
        should(await ledger.keepRunAssets("job", [asset("logo"), asset("address")], operator)).equal(2);
        const kept = await asked.runAssets("job");
        should(kept).match({ batch: "job", isIntact: true, assets: [asset("address"), asset("logo")] });
        const [entry] = await asked.audit(1);
        should(entry).match({ who: "olga", action: "run-assets", data: { batch: "job", assets: 2 } });
        should(entry?.at).equal(kept?.at);
        should(await asked.runAssets("another")).be.undefined();
      });

      it("are added to, and none goes away", async () => {
        await ledger.keepRunAssets("job", [asset("logo"), asset("address")], operator);
        const changed = { ...asset("logo"), state: "DRAFT" };
        should(await ledger.keepRunAssets("job", [changed], operator)).equal(0);
        should((await asked.audit(10)).length).equal(1);
        should(await ledger.keepRunAssets("job", [asset("logo", 2)], operator)).equal(1);
        should((await asked.runAssets("job"))?.assets).eql([asset("address"), asset("logo"), asset("logo", 2)]);
        should((await asked.audit(10)).length).equal(2);
        should(await asked.brokenAudit()).be.undefined();
      });

      it("can be none", async () => {
        should(await ledger.keepRunAssets("job", [], operator)).equal(0);
        should(await asked.runAssets("job")).match({ assets: [], isIntact: true });
      });
    });

    describe("throughput", () => {
      it("has a point for every step, also for those without documents", async () => {
        await drive.quarantined(1);
        await drive.closed(2);
        await drive.admit(3);
        const now = Date.now();
        const points = await asked.throughput(now - 30 * MINUTE, now, 10);
        should(points.map(({ at }) => at % (10 * MINUTE))).matchEach(0);
        should(points.slice(1).map(({ at }, place) => at - (points[place]?.at as number))).matchEach(10 * MINUTE);
        should((points[0]?.at as number) <= now - 30 * MINUTE).be.true();
        const sum = (name: "received" | "closed" | "quarantined") => points.reduce((total, point) => total + point[name], 0);
        should([sum("received"), sum("closed"), sum("quarantined")]).eql([3, 1, 1]);
        should(await asked.throughput(now + 60 * MINUTE, now + 62 * MINUTE, 1)).matchEach({ received: 0, closed: 0, quarantined: 0 });
      });

      it("refuses a period with more steps than a page can show", async () => {
        await should(asked.throughput(0, Date.now(), 1)).be.rejectedWith({ code: "invalid-message" });
      });
    });

    describe("batches", () => {
      it("come open ones first, then the newest, with their progress", async () => {
        const emitted = { doneWhen: "emitted" as const, targets: [] };
        const batches = [{ id: "a", expected: 1 }, { id: "b", expected: 2 }, { id: "c", expected: 1 }, { id: "d" }];
        for (const [place, batch] of batches.entries()) {
          await drive.admit(place, { batch, ...emitted });
          for (const { id, fence } of await drive.lease(9)) await ledger.emitted(id, fence);
          await drive.nextMillisecond();
        }
        const found = await asked.batches(10);
        should(found.map(({ id }) => id)).eql(["b", "d", "c", "a"]);
        should(found[0]).match({ expected: 2, documents: 1, ended: 1, byState: { closed: 1 } });
        should(found[0]?.closedAt).be.undefined();
        should(found[2]).match({ documents: 1, ended: 1, closedAt: (at: unknown) => should(at).be.a.Number() });
        should((await asked.batches(2)).map(({ id }) => id)).eql(["b", "d"]);
        const [row] = await asked.documents({ batch: "c" }, 1).then(({ documents }) => documents);
        should(found[2]?.updatedAt).equal(row?.updatedAt);
      });
    });

    describe("failures", () => {
      it("are grouped by cause, the largest first, with the newest text", async () => {
        await drive.quarantined(1, "refused", "first text");
        await drive.quarantined(2, "unknown-type", "other");
        await drive.nextMillisecond();
        const newest = await drive.quarantined(3, "refused", "second text");
        await drive.closed(4);
        const { closedAt } = (await ledger.get(newest)) as DocumentRecord;
        const groups = await asked.failures();
        should(groups).match([
          { state: "quarantined", code: "refused", message: "second text", documents: 2, newestAt: closedAt },
          { state: "quarantined", code: "unknown-type", message: "other", documents: 1 },
        ]);
        should((groups[0]?.oldestAt as number) < (groups[0]?.newestAt as number)).be.true();
      });

      it("tell conflicts from quarantine", async () => {
        await drive.conflict(1);
        should(await asked.failures()).match([{ state: "conflict", code: "conflict", documents: 1 }]);
      });
    });

    describe("search", () => {
      it("finds documents by each condition, newest first", async () => {
        const source = (customerNumber: string, jobId: string) => ({
          system: "exstream" as const,
          channel: "http" as const,
          customerNumber,
          jobId,
        });
        const one = await drive.admit(1, { source: source("c1", "j1"), batch: { id: "b1" }, businessKey: "k1" });
        const two = await drive.admit(2, { source: source("c2", "j1"), batch: { id: "b2" } });
        const three = await drive.admit(3, { source: source("c1", "j2"), batch: { id: "b1" } });
        should(await idsOf({})).eql([three, two, one]);
        should(await idsOf({ customer: "c1" })).eql([three, one]);
        should(await idsOf({ job: "j1" })).eql([two, one]);
        should(await idsOf({ batch: "b1" })).eql([three, one]);
        should(await idsOf({ batch: "b1", job: "j1" })).eql([one]);
        should(await idsOf({ businessKey: "k1" })).eql([one]);
        should(await idsOf({ customer: "nobody" })).be.empty();
        should(await idsOf({ states: ["received"] })).eql([three, two, one]);
        should(await idsOf({ states: ["closed", "held"] })).be.empty();
        should(await idsOf({ states: [] })).be.empty();
        should((await asked.documents({ customer: "c2" }, 1)).documents).match([
          { id: two, customer: "c2", job: "j1", batch: "b2", fileName: "2.pdf", mediaType: "application/pdf", size: 12, variant: "pdf" },
        ]);
      });

      it("finds failed documents by their code, and held ones by what they wait for", async () => {
        const failed = await drive.quarantined(1, "refused", "no");
        const held = await drive.held(2, "css", 7);
        const lower = await drive.held(3, "css", 0);
        should(await idsOf({ code: "refused" })).eql([failed]);
        should(await idsOf({ code: "refused", states: ["closed"] })).be.empty();
        should(await idsOf({ heldBy: "css" })).eql([lower, held]);
        should(await idsOf({ heldBy: "documentum" })).be.empty();
        should((await asked.documents({ heldBy: "css" }, 1)).documents).match([{ state: "held", heldBy: "css", route: { rule: "r" } }]);
      });

      it("finds a document by the beginning of its key or by its whole id", async () => {
        const id = await drive.admit(1);
        await drive.admit(2);
        const { key } = admission(1);
        should(await idsOf({ key: key.slice(0, 8) })).eql([id]);
        should(await idsOf({ key: ` ${key.toUpperCase()} ` })).eql([id]);
        should(await idsOf({ key: id })).eql([id]);
        should(await idsOf({ key: `${key.slice(0, 63)}${key.endsWith("0") ? "1" : "0"}` })).be.empty();
        should(await idsOf({ key, states: ["closed"] })).be.empty();
        for (const wrong of [key.slice(0, 7), "", "%", "not a key at all"]) {
          await should(asked.documents({ key: wrong }, 1)).be.rejectedWith({ code: "invalid-message" });
        }
      });

      it("finds documents by when they came in, to the millisecond", async () => {
        const one = await drive.admit(1);
        await drive.nextMillisecond();
        const two = await drive.admit(2);
        const { createdAt } = (await ledger.get(two)) as DocumentRecord;
        should(await idsOf({ from: createdAt })).eql([two]);
        should(await idsOf({ until: createdAt })).eql([one]);
        should(await idsOf({ from: createdAt, until: createdAt })).be.empty();
        should(await idsOf({ from: createdAt - MINUTE, until: createdAt + MINUTE })).eql([two, one]);
        should(await idsOf({ until: createdAt - 60 * MINUTE })).be.empty();
      });

      it("goes on page by page without a gap while documents come in", async () => {
        for (let number = 0; number < 7; number += 1) await drive.admit(number);
        const all = await idsOf({});
        const filters: DocumentFilter[] = [{}, { job: "job-1" }, { states: ["received", "closed"] }, { from: 0 }];
        for (const filter of filters) {
          const seen: string[] = [];
          let next: string | undefined;
          do {
            const page = await asked.documents(filter, 3, next);
            seen.push(...page.documents.map(({ id }) => id));
            next = page.next;
            await drive.admit(100 + seen.length);
          } while (next !== undefined);
          // What came in meanwhile is newer than the first page.
          should(seen.slice(-7)).eql(all);
        }
        await should(asked.documents({}, 3, "page two")).be.rejectedWith({ code: "invalid-message" });
      });

      it("takes what is in the filter for text, never for SQL", async () => {
        await drive.admit(1);
        const nasty = "' OR 1=1 --";
        should(await idsOf({ customer: nasty, job: nasty, batch: nasty, businessKey: nasty, heldBy: nasty, code: nasty })).be.empty();
      });
    });

    describe("detail", () => {
      it("has the document, its timeline and whether the bytes are there", async () => {
        const id = await drive.closed(1);
        const detail = await asked.detail(id);
        should(detail).match({ document: { id, state: "closed", receipts: { css: { objectId: "css" } } }, hasBytes: true });
        should(detail?.brokenAt).be.undefined();
        should(detail?.events.map(({ type }) => type)).eql((await ledger.events(id)).map(({ type }) => type));
        await ledger.contentReleased([admission(1).content.sha256]);
        should(await asked.detail(id)).match({ hasBytes: false });
        should(await asked.detail("nobody")).be.undefined();
      });
    });

    describe("recent documents", () => {
      it("come as rules see them, in pages, also of a period", async () => {
        const one = await drive.admit(1, { businessKey: "k1", batch: { id: "b1", seq: 4 } });
        await drive.nextMillisecond();
        const two = await drive.admit(2);
        const first = await asked.recent({ limit: 1 });
        should(first).match({ documents: [{ id: two, metadata: { number: 2 }, variant: { role: "pdf" }, source: { jobId: "job-1" } }] });
        const second = await asked.recent({ limit: 1, after: first.next });
        should(second.documents).match([{ id: one, businessKey: "k1", batch: { id: "b1", seq: 4 }, content: admission(1).content }]);
        should(second.next).be.undefined();
        const { createdAt } = (await ledger.get(two)) as DocumentRecord;
        should((await asked.recent({ limit: 10, until: createdAt })).documents).match([{ id: one }]);
      });
    });

    it("keeps the log of what people did in pages, newest first", async () => {
      await ledger.routing.hold("css", operator);
      for (let number = 0; number < 4; number += 1) await asked.act("retry", { ids: [] }, operator);
      const page = await asked.audit(2);
      should(page.map(({ seq }) => seq)).eql([5, 4]);
      should((await asked.audit(10, 4)).map(({ seq, action }) => `${seq} ${action}`)).eql(["3 retry", "2 retry", "1 hold"]);
      should(await asked.brokenAudit()).be.undefined();
    });

    it("shows one worker what another has written", async () => {
      const other = await fixture.open();
      try {
        const id = await drive.admit(1);
        should((await other.console.documents({}, 1)).documents).match([{ id }]);
        should(await other.console.figures()).match({ byState: { received: 1 } });
      } finally {
        await other.close();
      }
    });

    it("answers nothing any more when the ledger is closed", async () => {
      const other = await fixture.open();
      await other.close();
      await should(other.console.figures()).be.rejectedWith({ code: "ledger-unavailable" });
    });
  });
}
