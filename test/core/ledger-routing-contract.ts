import should from "should";
import type { DocumentRecord, Ledger } from "../../dist/core/ledger/ledger.js";
import type { RoutedEntry } from "../../dist/core/ledger/routing.js";
import type { RouteTable } from "../../dist/core/routing/table.js";
import { admission, type LedgerFixture } from "./ledger-contract.ts";

const table = (...destinations: string[]): RouteTable => ({ mode: "first", rules: [], default: destinations });
const by = (author: string) => ({ author, note: "because" });
const operator = { who: "operator", why: "maintenance" };

/** Route tables, decisions and holds, as every ledger must keep them. */
export function routingContract(name: string, make: () => Promise<LedgerFixture>): void {
  describe(`ledger routing contract: ${name}`, () => {
    let fixture: LedgerFixture;
    let ledger: Ledger;
    beforeEach(async () => {
      fixture = await make();
      ledger = await fixture.open();
    });
    afterEach(async () => {
      await ledger.close();
      await fixture.remove();
    });

    describe("route tables", () => {
      it("number their versions from 1 and keep every one", async () => {
        should(await ledger.routing.active("letters")).be.undefined();
        should(await ledger.routing.activate("letters", table("a"), 0, by("ann"))).match({ version: 1, author: "ann", note: "because" });
        await ledger.routing.activate("letters", table("b"), 1, by("bea"));
        await ledger.routing.activate("other", table("c"), 0, by("ann"));
        should(await ledger.routing.active("letters")).match({ version: 2, content: table("b"), author: "bea" });
        should((await ledger.routing.versions("letters", 10)).map(({ version }) => version)).eql([2, 1]);
        should((await ledger.routing.versions("letters", 10, 2)).map(({ version }) => version)).eql([1]);
        should(await ledger.routing.version("letters", 1)).match({ content: table("a") });
        should(await ledger.routing.tables()).eql(["letters", "other"]);
      });

      it("let nobody put a table in force over one they have not seen", async () => {
        const results = await Promise.allSettled(
          ["ann", "bea", "cem"].map((author) => ledger.routing.activate("letters", table(author), 0, by(author))),
        );
        should(results.map(({ status }) => status).sort()).eql(["fulfilled", "rejected", "rejected"]);
        should((await ledger.routing.versions("letters", 10)).length).equal(1);
        await should(ledger.routing.activate("letters", table("x"), 0, by("dan"))).be.rejectedWith({ code: "changed-meanwhile" });
      });

      it("keep one draft, and tell the second author of it", async () => {
        const first = await ledger.routing.saveDraft("letters", table("a"), 0, "ann");
        await should(ledger.routing.saveDraft("letters", table("b"), 0, "bea")).be.rejectedWith({ code: "changed-meanwhile" });
        should(await ledger.routing.draft("letters")).match({ author: "ann", content: table("a"), basedOn: 0 });
        const second = await ledger.routing.saveDraft("letters", table("b"), first.revision, "bea");
        await should(ledger.routing.discardDraft("letters", first.revision, "ann")).be.rejectedWith({ code: "changed-meanwhile" });
        await ledger.routing.discardDraft("letters", second.revision, "bea");
        should(await ledger.routing.draft("letters")).be.undefined();
        // An old page still has the first revision.
        const third = await ledger.routing.saveDraft("letters", table("c"), 0, "cem");
        should([first.revision, second.revision]).not.containEql(third.revision);
      });

      it("drop a draft when it comes into force, but no draft with other rules", async () => {
        await ledger.routing.saveDraft("letters", table("a"), 0, "ann");
        await ledger.routing.activate("letters", table("b"), 0, by("bea"));
        should(await ledger.routing.draft("letters")).match({ author: "ann", basedOn: 0 });
        await ledger.routing.activate("letters", table("a"), 1, by("ann"));
        should(await ledger.routing.draft("letters")).be.undefined();
      });

      it("are announced to every worker when they come into force", async () => {
        const other = await fixture.open();
        const heard: string[] = [];
        const stop = [ledger, other].map((worker, index) => worker.routing.onTableChange((changed) => heard.push(`${changed}@${index}`)));
        try {
          // Both have looked once, so that what follows is news to them.
          await new Promise((resolve) => setTimeout(resolve, 700));
          await ledger.routing.activate("letters", table("a"), 0, by("ann"));
          for (let round = 0; round < 200 && heard.length < 2; round += 1) await new Promise((resolve) => setTimeout(resolve, 25));
          should(heard.sort()).eql(["letters@0", "letters@1"]);
        } finally {
          for (const each of stop) each();
          await other.close();
        }
      });
    });

    describe("decisions", () => {
      let document: DocumentRecord;
      const routeTo = (destinations: string[], version = 1) => ({ table: "letters", version, rule: "r1", destinations });
      const entryOf = (record: DocumentRecord, more: Partial<RoutedEntry> = {}): RoutedEntry => ({
        id: record.id,
        fence: record.fence,
        route: routeTo(["a"]),
        targets: ["documentum"],
        hold: false,
        errors: [],
        ...more,
      });
      const lease = async (holder = "h1") => {
        const [record] = await ledger.lease({ origin: "trigger", holder, maxInFlight: 10 });
        return record as DocumentRecord;
      };
      const archived = async (record: DocumentRecord, target: string) => {
        const intent = await ledger.intent({ id: record.id, fence: record.fence, target });
        should(intent).have.property("token");
        const claim = { id: record.id, target, token: (intent as { token: number }).token };
        return ledger.receipt(claim, { objectId: "1", at: "2026-01-01T00:00:00.000Z", verified: "read-back" });
      };
      beforeEach(async () => {
        await ledger.admit(admission(1, { targets: [], doneWhen: "route" }));
        document = await lease();
      });

      it("say what a document owes, and close it by that", async () => {
        const result = await ledger.routing.routed(entryOf(document, { targets: ["documentum", "css"] }));
        should(result).eql({ outcome: "routed", route: routeTo(["a"]), targets: ["documentum", "css"] });
        should(await ledger.get(document.id)).match({ state: "routed", targets: ["documentum", "css"], route: routeTo(["a"]) });
        should(await archived(document, "documentum")).equal("archiving");
        should(await archived(document, "css")).equal("closed");
      });

      it("are waited for: a receipt before them closes nothing", async () => {
        should(await archived(document, "documentum")).equal("archiving");
        await ledger.routing.routed(entryOf(document, { targets: ["documentum", "css"] }));
        should(await archived(document, "css")).equal("closed");
      });

      it("are kept on the next attempt, whatever table is in force then", async () => {
        await ledger.routing.routed(entryOf(document));
        await ledger.releaseHolder("h1");
        const again = await lease("h2");
        should(again.route).eql(routeTo(["a"]));
        const result = await ledger.routing.routed(entryOf(again, { route: routeTo(["b"], 2), targets: ["css"] }));
        should(result).eql({ outcome: "routed", route: routeTo(["a"]), targets: ["documentum"] });
      });

      it("belong to whoever has the document", async () => {
        await ledger.releaseHolder("h1");
        await lease("h2");
        should(await ledger.routing.routed(entryOf(document))).eql({ outcome: "stale" });
      });

      it("that owe nothing let the document close when it was handed on", async () => {
        await ledger.emitted(document.id, document.fence);
        should((await ledger.get(document.id))?.state).equal("received");
        await ledger.routing.routed(entryOf(document, { targets: [] }));
        await ledger.emitted(document.id, document.fence);
        should((await ledger.get(document.id))?.state).equal("closed");
      });

      it("with failed rules leave a note on the timeline", async () => {
        await ledger.routing.routed(entryOf(document, { errors: [{ rule: "r7", message: "took too long" }] }));
        const events = await ledger.events(document.id);
        should(events.map(({ type }) => type)).eql(["received", "released", "rule-failed", "routed"]);
        should(events[2]?.data).eql({ rule: "r7", message: "took too long" });
      });

      describe("for a held destination", () => {
        it("make the document wait in the ledger until it is released", async () => {
          await ledger.routing.hold("a", operator);
          should(await ledger.routing.routed(entryOf(document))).eql({ outcome: "held", destination: "a" });
          should(await ledger.get(document.id)).match({ state: "held", heldBy: "a" });
          should(await ledger.counts()).match({ leased: 0, waiting: 0, byState: { held: 1 } });
          should(await lease()).be.undefined();
          should(await ledger.routing.holds()).match([
            { destination: "a", who: "operator", why: "maintenance", documents: 1, inForce: true },
          ]);
          should(await ledger.routing.releaseHold("a", operator)).equal(1);
          should(await ledger.routing.holds()).be.empty();
          const again = await lease("h2");
          should(again).match({ id: document.id, state: "routed" });
          should(await ledger.routing.routed(entryOf(again))).match({ outcome: "routed" });
        });

        it("leave documents for others alone", async () => {
          await ledger.routing.hold("b", operator);
          should(await ledger.routing.routed(entryOf(document))).match({ outcome: "routed" });
        });

        it("also count when an archiving node is held", async () => {
          await ledger.routing.hold("css", operator);
          should(await ledger.routing.routed(entryOf(document, { targets: ["documentum", "css"] }))).match({
            outcome: "held",
            destination: "css",
          });
        });

        it("go out by priority, then in order of arrival", async () => {
          await ledger.routing.hold("a", operator);
          await ledger.routing.routed(entryOf(document));
          for (const [number, priority] of [
            [2, 0],
            [3, 5],
            [4, 5],
          ] as const) {
            await ledger.admit(admission(number, { targets: [], doneWhen: "route" }));
            await ledger.routing.routed(entryOf(await lease(), { route: { ...routeTo(["a"]), priority } }));
          }
          should(await ledger.routing.releaseHold("a", operator)).equal(4);
          const records = await ledger.lease({ origin: "trigger", holder: "h2", maxInFlight: 10 });
          should(records.map((record) => record.metadata.number)).eql([3, 4, 1, 2]);
        });

        it("go out at the rate that is asked for", async () => {
          await ledger.routing.hold("a", operator);
          await ledger.routing.routed(entryOf(document));
          await ledger.admit(admission(2, { targets: [], doneWhen: "route" }));
          await ledger.routing.routed(entryOf(await lease()));
          await ledger.routing.releaseHold("a", operator, 0.01);
          should(await ledger.lease({ origin: "trigger", holder: "h2", maxInFlight: 10 })).have.length(1);
          should(await ledger.counts()).match({ waiting: 1 });
        });

        it("are let go in slices when there are many", async () => {
          await ledger.routing.hold("a", operator);
          await ledger.routing.routed(entryOf(document));
          await Promise.all(
            Array.from({ length: 1200 }, (_, number) => ledger.admit(admission(number + 2, { targets: [], doneWhen: "route" }))),
          );
          const records = await ledger.lease({ origin: "trigger", holder: "h1", maxInFlight: 2000 });
          await Promise.all(records.map((record) => ledger.routing.routed(entryOf(record))));
          should(await ledger.routing.releaseHold("a", operator)).equal(1201);
          should(await ledger.counts()).match({ waiting: 1201, byState: { routed: 1201 } });
        });
      });

      it("of a rule with a hold wait at its first destination, and once only", async () => {
        should(await ledger.routing.routed(entryOf(document, { hold: true }))).eql({ outcome: "held", destination: "a" });
        should(await ledger.routing.holds()).match([{ destination: "a", documents: 1, inForce: false }]);
        await ledger.routing.releaseHold("a", operator);
        should(await ledger.routing.routed(entryOf(await lease("h2"), { hold: true }))).match({ outcome: "routed" });
      });

      it("that a hold meets at the archiving node keep what other targets gave", async () => {
        await ledger.routing.routed(entryOf(document, { targets: ["documentum", "css"] }));
        await archived(document, "documentum");
        await ledger.routing.hold("css", operator);
        should(await ledger.intent({ id: document.id, fence: document.fence, target: "css" })).eql({ outcome: "held" });
        should(await ledger.get(document.id)).match({ state: "held", heldBy: "css" });
        await ledger.routing.releaseHold("css", operator);
        const again = await lease("h2");
        should(again.state).equal("archiving");
        should(await archived(again, "css")).equal("closed");
      });

      it("do not leave a hold because another target is still at work", async () => {
        await ledger.routing.routed(entryOf(document, { targets: ["documentum", "css"] }));
        await ledger.routing.hold("css", operator);
        should(await ledger.intent({ id: document.id, fence: document.fence, target: "css" })).eql({ outcome: "held" });
        should(await archived(document, "documentum")).equal("held");
        should(await lease("h2")).be.undefined();
      });
    });
  });
}
