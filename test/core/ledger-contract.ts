import { createHash } from "node:crypto";
import should from "should";
import { brokenLink } from "../../dist/core/ledger/chain.js";
import type { Admission, Ledger } from "../../dist/core/ledger/ledger.js";

/** Opens a ledger on the same store each time it is called; `second` is another worker on it. */
export interface LedgerFixture {
  open(): Promise<Ledger>;
  /** Makes every session look dead at once, as if its process had been killed. */
  killSessions(): Promise<void>;
  remove(): Promise<void>;
}

export const admission = (number: number, more: Partial<Admission> = {}): Admission => {
  const sha256 = createHash("sha256").update(`content ${number}`).digest("hex");
  return {
    key: createHash("sha256").update(`key ${number}`).digest("hex"),
    origin: "trigger",
    source: { system: "exstream", channel: "http", jobId: "job-1" },
    content: { sha256, size: 10 + number, mediaType: "application/pdf", fileName: `${number}.pdf` },
    metadata: { number },
    variant: { role: "pdf" },
    targets: ["documentum", "css"],
    doneWhen: "receipts",
    ...more,
  };
};

const receiptOf = (objectId: string, verified?: "read-back") => ({
  objectId,
  at: "2026-01-01T00:00:00.000Z",
  ...(verified ? { verified } : {}),
});
const failure = (more: object = {}) => ({
  code: "service-unavailable" as const,
  message: "The server is busy",
  retryable: true,
  ambiguous: false,
  ...more,
});

/** What every ledger must do, whatever it is built on. */
export function ledgerContract(name: string, make: () => Promise<LedgerFixture>): void {
  describe(`ledger contract: ${name}`, () => {
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

    const lease = (maxInFlight = 10, holder = "h1") => ledger.lease({ origin: "trigger", holder, maxInFlight });
    const leaseOne = async () => {
      const [record] = await lease(1);
      return record as NonNullable<typeof record>;
    };
    const claimOf = async (id: string, fence: number, target: string) => {
      const intent = await ledger.intent({ id, fence, target });
      should(intent).have.property("token");
      return { id, target, token: (intent as { token: number }).token };
    };

    it("admits once per key and tells a repeat from a conflict", async () => {
      const first = await ledger.admit(admission(1, { sourceKey: "s1" }));
      should(first.outcome).equal("new");
      should(await ledger.admit(admission(1, { sourceKey: "s1" }))).match({ outcome: "duplicate", id: first.id });
      const clash = await ledger.admit(admission(2, { sourceKey: "s1" }));
      should(clash).match({ outcome: "conflict", state: "conflict", conflictsWith: first.id });
      should((await ledger.get(clash.id))?.error?.code).equal("conflict");
    });

    it("takes in a document that needs a person at once, and gives it to no flow", async () => {
      const quarantine = { code: "content-damaged" as const, message: "It has been cut off." };
      const result = await ledger.admit(admission(1, { quarantine, batch: { id: "b", expected: 1 } }));
      should(result).match({ outcome: "new", state: "quarantined" });
      should(await lease()).eql([]);
      should(await ledger.get(result.id)).match({ state: "quarantined", error: quarantine });
      should((await ledger.batch("b"))?.closedAt).be.a.Number();
      should(await ledger.admit(admission(1, { quarantine }))).match({ outcome: "duplicate", id: result.id, state: "quarantined" });
      const events = await ledger.events(result.id);
      should(events.map(({ type }) => type)).eql(["received", "quarantined"]);
      should(brokenLink(events)).be.undefined();
    });

    it("closes a batch of unknown size once no more is said to come and all of it has ended", async () => {
      for (const number of [1, 2]) await ledger.admit(admission(number, { batch: { id: "b" }, doneWhen: "emitted", targets: [] }));
      const [first, second] = await lease();
      if (!first || !second) throw new Error("two documents should be due");
      await ledger.emitted(first.id, first.fence);
      should((await ledger.batch("b"))?.closedAt).be.undefined();
      await ledger.expectNoMore("b");
      should(await ledger.batch("b")).match({ expected: 2, closedAt: undefined });
      await ledger.emitted(second.id, second.fence);
      should((await ledger.batch("b"))?.closedAt).be.a.Number();
      await ledger.admit(admission(3, { batch: { id: "b" }, doneWhen: "emitted", targets: [] }));
      should((await ledger.batch("b"))?.closedAt).be.undefined();
      for (const { id, fence } of await lease()) await ledger.emitted(id, fence);
      await ledger.expectNoMore("b");
      should(await ledger.batch("b")).match({ expected: 3, byState: { closed: 3 } });
      should((await ledger.batch("b"))?.closedAt).be.a.Number();
      await ledger.expectNoMore("a batch nobody knows");
    });

    it("changes a bookmark only for the one who has read what it is now", async () => {
      const { bookmarks } = ledger;
      const both = await Promise.all([1, 2].map((by) => bookmarks.swap("recall", "o", undefined, { by })));
      should(both).eql([true, false]);
      should(await bookmarks.swap("recall", "o", { by: 2 }, { by: 3 })).be.false();
      should(await bookmarks.get("recall", "o")).eql({ by: 1 });
      should(await bookmarks.swap("recall", "o", { by: 1 }, undefined)).be.true();
      should(await bookmarks.get("recall", "o")).be.undefined();
    });

    it("notes what is learned of a document, also after its end, and the same thing once", async () => {
      const { id } = await ledger.admit(admission(1, { doneWhen: "emitted" }));
      for (const tier of ["cool", "cool", "cold", "cool"]) await ledger.note(id, "lifecycle", { tier });
      const [{ fence } = { fence: 0 }] = await lease();
      await ledger.emitted(id, fence);
      await ledger.note(id, "lifecycle", { tier: "archive" });
      const events = await ledger.events(id);
      const noted = events.filter(({ type }) => type === "lifecycle").map(({ data }) => data.tier);
      should(noted).eql(["cool", "cold", "cool", "archive"]);
      should(brokenLink(events)).be.undefined();
      should(await ledger.get(id)).match({ state: "closed" });
      await ledger.note("nobody", "lifecycle", {}).should.be.rejectedWith({ code: "not-found" });
    });

    it("makes a parked document due when it is woken, and leaves others as they are", async () => {
      const { id } = await ledger.admit(admission(1));
      const { fence } = await leaseOne();
      should(await ledger.wake(id)).equal("received");
      await ledger.fail({ id, fence, error: failure({ retryable: false, parkMs: 3_600_000 }) });
      should(await lease()).eql([]);
      should(await ledger.wake(id)).equal("parked");
      should((await leaseOne()).id).equal(id);
    });

    it("keeps bookmarks of their owners over a restart, and takes them away", async () => {
      const { bookmarks } = ledger;
      should(await bookmarks.get("trigger", "job/1")).be.undefined();
      await bookmarks.set("trigger", "job/1", { status: "complete", at: 1 });
      await bookmarks.set("trigger", "job/2", "error");
      await bookmarks.set("trigger", "list/1", [1, null]);
      await bookmarks.set("trigger-2", "job/1", true);
      await bookmarks.set("trigger", "job/1", { status: "canceled" });
      await ledger.close();
      ledger = await fixture.open();
      should(await ledger.bookmarks.get("trigger", "job/1")).eql({ status: "canceled" });
      should(await ledger.bookmarks.list("trigger", "job/")).eql([
        { name: "job/1", value: { status: "canceled" } },
        { name: "job/2", value: "error" },
      ]);
      await ledger.bookmarks.set("trigger", "job/1", undefined);
      should((await ledger.bookmarks.list("trigger", "")).map(({ name }) => name)).eql(["job/2", "list/1"]);
      should(await ledger.bookmarks.get("trigger-2", "job/1")).be.true();
    });

    it("finds a conflict on the business key, and none when the bytes are the same", async () => {
      const first = await ledger.admit(admission(1, { businessKey: "b" }));
      const again = admission(2, { businessKey: "b" });
      should(await ledger.admit(again)).match({ outcome: "conflict", conflictsWith: first.id });
      should(await ledger.admit({ ...admission(3, { businessKey: "b" }), content: admission(1).content })).match({ outcome: "new" });
    });

    it("counts and lists uploads whose reply was lost, page by page, with and without a receipt, and none that is under way", async () => {
      const at = (day: number) => `2026-01-0${day}T00:00:00.000Z`;
      for (let number = 1; number <= 4; number += 1) await ledger.admit(admission(number, { targets: ["css"] }));
      const records = await lease(4);
      const claims = await Promise.all(records.map(({ id, fence }) => claimOf(id, fence, "css")));
      const lost = (uploads: number) => ({
        suspectedOrphans: uploads,
        lostUploads: Array.from({ length: uploads }, (_, day) => at(day + 1)),
      });
      for (const claim of claims) await ledger.progress(claim, lost(1));
      should((await ledger.counts()).suspectedOrphans).equal(0);
      should(await ledger.console.orphans(10)).eql({ orphans: [] });
      const fail = (place: number, more = {}) => {
        const { id, fence } = records[place] as (typeof records)[0];
        return ledger.fail({ id, fence, ...claims[place], error: failure(more) });
      };
      // The reply came after all: nothing is suspected.
      await ledger.progress(claims[0] as (typeof claims)[0], { contentId: "c" });
      await fail(1, { ambiguous: true });
      await fail(2, { ambiguous: true, retryable: false });
      await ledger.receipt(claims[3] as (typeof claims)[0], { ...receiptOf("09", "read-back"), ...lost(2) });
      should((await ledger.counts()).suspectedOrphans).equal(4);
      const rows = [3, 2, 1].map((place) => ({
        document: records[place]?.id,
        key: records[place]?.key,
        target: "css",
        size: 11 + place,
        uploads: place === 3 ? 2 : 1,
        at: place === 3 ? [at(1), at(2)] : [at(1)],
      }));
      const first = await ledger.console.orphans(2);
      should(first.orphans).eql(rows.slice(0, 2));
      should(await ledger.console.orphans(2, first.next)).eql({ orphans: rows.slice(2) });
      should((await ledger.console.figures()).suspectedOrphans).equal(4);
      await should(ledger.console.orphans(2, "nonsense")).be.rejectedWith({ code: "invalid-message" });
    });

    it("releases in order of arrival, never more than are allowed in flight", async () => {
      for (let number = 1; number <= 5; number += 1) await ledger.admit(admission(number));
      const first = await lease(3);
      should(first.map((record) => record.metadata.number)).eql([1, 2, 3]);
      should(await lease(3)).be.empty();
      should((await lease(4)).map((record) => record.metadata.number)).eql([4]);
      should(await ledger.lease({ origin: "other", holder: "h9", maxInFlight: 9 })).be.empty();
      should(await ledger.releaseHolder("h1")).equal(4);
      const again = await lease(9, "h2");
      should(again.map((record) => [record.metadata.number, record.attempt])).eql([
        [1, 2],
        [2, 2],
        [3, 2],
        [4, 2],
        [5, 1],
      ]);
      should((again[0]?.fence as number) > (first[0]?.fence as number)).be.true();
    });

    it("closes a document only when every target has a verified receipt", async () => {
      const { id } = await ledger.admit(admission(1));
      const { fence } = await leaseOne();
      const documentum = await claimOf(id, fence, "documentum");
      should(await ledger.receipt(documentum, receiptOf("09"))).equal("archiving");
      const css = await claimOf(id, fence, "css");
      should(await ledger.receipt(css, receiptOf("c1", "read-back"))).equal("archived");
      should((await ledger.counts()).leased).equal(1);
      should(await ledger.verified(id, "documentum", receiptOf("09", "read-back"))).equal("closed");
      const record = await ledger.get(id);
      should(record?.receipts).match({ documentum: { objectId: "09", verified: "read-back" }, css: { objectId: "c1" } });
      should(await ledger.counts()).match({ leased: 0, waiting: 0, byState: { closed: 1 } });
    });

    it("does not count a half-done receipt until its pending steps are done", async () => {
      const { id } = await ledger.admit(admission(1, { targets: ["documentum"] }));
      const { fence } = await leaseOne();
      const half = { ...receiptOf("09"), pending: ["case", "policy"] };
      should(await ledger.receipt(await claimOf(id, fence, "documentum"), half)).equal("archiving");
      should(await ledger.verified(id, "documentum", { ...half, verified: "read-back" })).equal("archiving");
      should(await ledger.amended(id, "documentum", { ...half, verified: "read-back", pending: ["policy"] })).equal("archiving");
      should((await ledger.get(id))?.receipts.documentum).match({ objectId: "09", pending: ["policy"], verified: "read-back" });
      should(await ledger.intent({ id, fence, target: "documentum" })).match({ outcome: "receipt", receipt: { pending: ["policy"] } });
      should(await ledger.amended(id, "documentum", receiptOf("09", "read-back"))).equal("closed");
      should((await ledger.events(id)).map(({ type }) => type).filter((type) => type === "amended").length).equal(2);
    });

    it("parks a document for whom somebody else has to do something, without counting attempts, and releases it again", async () => {
      const { id } = await ledger.admit(admission(1));
      // More often than attempts are allowed.
      for (let round = 1; round <= 5; round += 1) {
        const { fence } = await leaseDue(id);
        const claim = await claimOf(id, fence, "documentum");
        const error = failure({ code: "locked", retryable: false, parkMs: 1 });
        should(await ledger.fail({ fence, ...claim, error })).match({ outcome: "parked" });
        should(await ledger.get(id)).match({ state: "parked", failures: 0, error: { code: "locked" } });
      }
      const { fence } = await leaseDue(id);
      should(await ledger.intent({ id, fence, target: "documentum" })).match({ outcome: "create" });
      should((await ledger.get(id))?.state).equal("archiving");
      should((await ledger.counts()).byState).eql({ archiving: 1 });
    });

    it("hands on a receipt instead of a second create", async () => {
      const { id } = await ledger.admit(admission(1));
      const { fence } = await leaseOne();
      await ledger.receipt(await claimOf(id, fence, "css"), receiptOf("c1"));
      should(await ledger.intent({ id, fence, target: "css" })).match({ outcome: "receipt", receipt: { objectId: "c1" } });
    });

    it("answers busy while a try is open, look-up after doubt, create after a clear refusal", async () => {
      const { id } = await ledger.admit(admission(1));
      const { fence } = await leaseOne();
      const claim = await claimOf(id, fence, "css");
      should(await ledger.intent({ id, fence, target: "css" })).eql({ outcome: "busy" });
      await ledger.progress(claim, { contentId: "bytes-1" });
      should(await ledger.fail({ fence, ...claim, error: failure({ ambiguous: true }) })).match({ outcome: "retry" });
      const again = await leaseDue(id);
      const second = await ledger.intent({ id, fence: again.fence, target: "css" });
      should(second).match({ outcome: "look-up", progress: { contentId: "bytes-1" } });
      await ledger.fail({ id, fence: again.fence, target: "css", token: (second as { token: number }).token, error: failure() });
      const third = await leaseDue(id);
      should(await ledger.intent({ id, fence: third.fence, target: "css" })).match({ outcome: "create" });
    });

    /** Waits for the planned attempt; the policy of these tests plans it within milliseconds. */
    async function leaseDue(id: string) {
      for (let round = 0; round < 400; round += 1) {
        const [record] = await lease();
        if (record?.id === id) return record;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      throw new Error("the document did not become due");
    }

    it("drops a message whose document has been released again since", async () => {
      const { id } = await ledger.admit(admission(1));
      const { fence } = await leaseOne();
      await ledger.releaseHolder("h1");
      const [newer] = await lease(1, "h2");
      should(await ledger.intent({ id, fence, target: "css" })).eql({ outcome: "stale" });
      should(await ledger.fail({ id, fence, error: failure() })).eql({ outcome: "stale" });
      should(await ledger.intent({ id, fence: newer?.fence as number, target: "css" })).match({ outcome: "create" });
    });

    it("quarantines a permanent failure and one whose attempts are used up", async () => {
      const one = await ledger.admit(admission(1));
      const { fence } = await leaseOne();
      should(await ledger.fail({ id: one.id, fence, error: failure({ retryable: false, code: "unknown-attribute" }) })).eql({
        outcome: "quarantined",
      });
      should(await ledger.get(one.id)).match({ state: "quarantined", error: { code: "unknown-attribute" } });
      const two = await ledger.admit(admission(2));
      let outcome = "retry";
      let rounds = 0;
      while (outcome === "retry") {
        const record = await leaseDue(two.id);
        outcome = (await ledger.fail({ id: two.id, fence: record.fence, error: failure() })).outcome;
        rounds += 1;
      }
      should([outcome, rounds]).eql(["quarantined", 3]);
    });

    it("honours Retry-After over its own back-off, and does not count being stopped", async () => {
      const { id } = await ledger.admit(admission(1));
      const { fence } = await leaseOne();
      const planned = await ledger.fail({ id, fence, error: failure({ retryAfterMs: 60_000 }) });
      should((planned.nextAt as number) - Date.now()).be.above(50_000);
      should(await lease()).be.empty();
      const other = await ledger.admit(admission(2));
      for (let round = 0; round < 5; round += 1) {
        const record = await leaseDue(other.id);
        await ledger.fail({ id: other.id, fence: record.fence, error: failure({ code: "aborted", ambiguous: true }) });
      }
      should((await ledger.get(other.id))?.failures).equal(0);
    });

    it("fences off a worker whose session was taken over", async () => {
      const { id } = await ledger.admit(admission(1));
      const { fence } = await leaseOne();
      const claim = await claimOf(id, fence, "css");
      await fixture.killSessions();
      const other = await fixture.open();
      try {
        const [taken] = await other.lease({ origin: "trigger", holder: "h2", maxInFlight: 1 });
        should(taken?.id).equal(id);
        const intent = await other.intent({ id, fence: taken?.fence as number, target: "css" });
        should(intent).match({ outcome: "look-up" });
        await should(ledger.receipt(claim, receiptOf("late"))).be.rejectedWith({ code: "fenced" });
        await other.receipt({ id, target: "css", token: (intent as { token: number }).token }, receiptOf("right"));
        should((await other.get(id))?.receipts.css?.objectId).equal("right");
      } finally {
        await other.close();
      }
    });

    it("two workers never hold the same document", async () => {
      for (let number = 0; number < 60; number += 1) await ledger.admit(admission(number));
      const other = await fixture.open();
      try {
        const taken = await Promise.all([lease(40), other.lease({ origin: "trigger", holder: "h2", maxInFlight: 40 })]);
        const ids = taken.flat().map((record) => record.id);
        should(ids.length).equal(60);
        should(new Set(ids).size).equal(60);
      } finally {
        await other.close();
      }
    });

    it("has everything again after it was closed and opened", async () => {
      const { id } = await ledger.admit(admission(1));
      await leaseOne();
      await ledger.close();
      ledger = await fixture.open();
      const record = await leaseOne();
      should(record).match({ id, attempt: 2, metadata: { number: 1 } });
    });

    it("takes back documents nobody reported on", async () => {
      const { id } = await ledger.admit(admission(1));
      await leaseOne();
      should(await ledger.failOverdue("h1", 60_000)).be.empty();
      await new Promise((resolve) => setTimeout(resolve, 10));
      should(await ledger.failOverdue("h1", 1)).eql([id]);
      should((await ledger.get(id))?.error?.code).equal("flow-timeout");
    });

    it("closes a batch when the expected documents are all in a terminal state", async () => {
      const batch = { id: "b1", expected: 2 };
      const one = await ledger.admit(admission(1, { batch, doneWhen: "emitted" }));
      const records = await lease();
      await ledger.emitted(one.id, records[0]?.fence as number);
      should((await ledger.batch("b1"))?.closedAt).be.undefined();
      const two = await ledger.admit(admission(2, { batch }));
      const { fence } = await leaseOne();
      await ledger.fail({ id: two.id, fence, error: failure({ retryable: false }) });
      should(await ledger.batch("b1")).match({ expected: 2, byState: { closed: 1, quarantined: 1 } });
      should((await ledger.batch("b1"))?.closedAt).be.a.Number();
    });

    it("lets bytes go only when all documents with them are closed", async () => {
      const content = admission(1).content;
      const one = await ledger.admit(admission(1, { doneWhen: "emitted" }));
      await ledger.admit({ ...admission(2), content });
      const [first] = await lease();
      await ledger.emitted(one.id, first?.fence as number);
      should(await ledger.releasableContent(Date.now() + 1000, 10)).be.empty();
      const two = (await ledger.byKey(admission(2).key)) as NonNullable<Awaited<ReturnType<Ledger["byKey"]>>>;
      for (const target of ["documentum", "css"])
        await ledger.receipt(await claimOf(two.id, two.fence, target), receiptOf(target, "read-back"));
      should(await ledger.releasableContent(Date.now() - 60_000, 10)).be.empty();
      should(await ledger.releasableContent(Date.now() + 1000, 10)).eql([content.sha256]);
      await ledger.contentReleased([content.sha256]);
      should(await ledger.releasableContent(Date.now() + 1000, 10)).be.empty();
    });

    it("chains the events of a document so that any change shows", async () => {
      const { id } = await ledger.admit(admission(1));
      const { fence } = await leaseOne();
      for (const target of ["documentum", "css"]) await ledger.receipt(await claimOf(id, fence, target), receiptOf(target, "read-back"));
      const events = await ledger.events(id);
      should(events.map((event) => event.type)).eql([
        "received",
        "released",
        "intent",
        "receipt",
        "intent",
        "receipt",
        "archived",
        "closed",
      ]);
      should(brokenLink(events)).be.undefined();
      const forged = events.map((event, index) => (index === 3 ? { ...event, data: { ...event.data, objectId: "other" } } : event));
      should(brokenLink(forged)?.seq).equal(4);
      should(brokenLink(events.filter((event) => event.seq !== 2))?.seq).equal(3);
    });
  });
}
