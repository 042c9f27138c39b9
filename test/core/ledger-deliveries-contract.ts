import should from "should";
import { brokenLink } from "../../dist/core/ledger/chain.js";
import type { DocumentReference } from "../../dist/core/ledger/deliveries.js";
import type { Admission, DocumentRecord, Ledger } from "../../dist/core/ledger/ledger.js";
import { admission, type LedgerFixture } from "./ledger-contract.ts";

/** Delivery events that look for their documents, as every ledger must let them. */
export function deliveriesContract(name: string, make: () => Promise<LedgerFixture>): void {
  describe(`ledger deliveries contract: ${name}`, () => {
    let fixture: LedgerFixture;
    let ledger: Ledger;
    let number = 0;
    before(async () => {
      fixture = await make();
      ledger = await fixture.open();
    });
    after(async () => {
      await ledger.close();
      await fixture.remove();
    });

    const admit = async (more: Partial<Admission> = {}) => {
      number += 1;
      const { id } = await ledger.admit(admission(number, more));
      return id;
    };
    const event = async (more: Partial<Admission> = {}): Promise<DocumentRecord> => {
      const id = await admit({ origin: `events-${number}`, holder: "h", source: { system: "exstream", channel: "event" }, ...more });
      return (await ledger.get(id)) as DocumentRecord;
    };
    const again = async ({ origin }: DocumentRecord) => (await ledger.lease({ origin, holder: "again", maxInFlight: 1 }))[0];
    const arrive = ({ id, fence, content }: DocumentRecord, reference: DocumentReference, more: object = {}) =>
      ledger.deliveryArrived({
        id,
        fence,
        reference,
        waitMs: 3600_000,
        entry: { event: id, type: "delivered", at: "2026-02-01T00:00:00.000Z", proof: content.sha256 },
        ...more,
      });
    const place = (at: number) => ({
      system: "exstream" as const,
      channel: "http" as const,
      jobId: "job-d",
      customerNumber: `c${at}`,
      communicationId: "letter",
      externalId: `x${at}`,
    });
    const byKey = (documentKey: string): DocumentReference => ({ by: "key", terms: { documentKey } });

    it("find the document by id, key, place, communication, place in the job and business key", async () => {
      const more = { source: place(1), sourceKey: "s|job-d|step|PDF|c1|a.pdf", businessKey: "c1/2026", batch: { id: "job-d", seq: 7 } };
      const id = await admit(more);
      await admit({ source: place(2), sourceKey: "s|job-d|step|PDF|c2|a.pdf", businessKey: "c2/2026", batch: { id: "job-d", seq: 8 } });
      const { key } = (await ledger.get(id)) as DocumentRecord;
      const references: DocumentReference[] = [
        byKey(id),
        byKey(key),
        byKey("job-d|step|PDF|c1|a.pdf"),
        { by: "communication", terms: { communicationId: "letter", customerNumber: "c1" } },
        { by: "job", terms: { jobId: "job-d", sequence: "7" } },
        { by: "job", terms: { jobId: "job-d", externalId: "x1" } },
        { by: "business-key", terms: { businessKey: "c1/2026" } },
      ];
      for (const reference of references) should(await arrive(await event(), reference)).match({ outcome: "found", document: { id } });
    });

    it("enter an event in the chain of its document once, however often it is released", async () => {
      const id = await admit();
      const first = await event();
      await arrive(first, byKey(id));
      await ledger.release(first.id, first.fence, 0);
      const second = (await again(first)) as DocumentRecord;
      should(await arrive(second, byKey(id))).match({ outcome: "found", deliveries: { delivered: "2026-02-01T00:00:00.000Z" } });
      should(await arrive(first, byKey(id))).eql({ outcome: "stale" });
      const chain = await ledger.events(id);
      should(chain.filter(({ type }) => type === "delivery").map(({ data }) => data.document)).eql([first.id]);
      should(brokenLink(chain)).be.undefined();
      should((await ledger.events(first.id)).map(({ type }) => type)).eql(["received", "released", "correlated", "released"]);
    });

    for (const [word, reference, of] of [
      ["key", byKey("job-w|s|PDF|w1|w.pdf"), { sourceKey: "s|job-w|s|PDF|w1|w.pdf" }],
      [
        "communication",
        { by: "communication", terms: { communicationId: "w", customerNumber: "w2" } },
        { source: { ...place(3), communicationId: "w", customerNumber: "w2" } },
      ],
      [
        "job",
        { by: "job", terms: { jobId: "job-w", sequence: "3" } },
        { source: { ...place(4), jobId: "job-w" }, batch: { id: "job-w", seq: 3 } },
      ],
      ["business key", { by: "business-key", terms: { businessKey: "w4" } }, { businessKey: "w4" }],
    ] as [string, DocumentReference, Partial<Admission>][]) {
      it(`let an event wait for a document that is not there, also over a restart, and go when it comes (${word})`, async () => {
        const waits = await event();
        should(await arrive(waits, reference)).match({ outcome: "waiting" });
        should(await ledger.get(waits.id)).match({ state: "parked" });
        await ledger.close();
        ledger = await fixture.open();
        await admit({ source: { system: "exstream", channel: "http", jobId: "another" } });
        should(await again(waits)).be.undefined();
        const id = await admit(of);
        const released = (await again(waits)) as DocumentRecord;
        should(await arrive(released, reference)).match({ outcome: "found", document: { id } });
      });
    }

    it("say at the deadline that no document came, and name the documents when several fit", async () => {
      const unknown = byKey("nobody");
      should(await arrive(await event(), unknown, { waitMs: 0 })).eql({ outcome: "unknown" });
      const both = [await admit({ source: place(9) }), await admit({ source: place(9) })];
      const reference: DocumentReference = { by: "communication", terms: { communicationId: "letter", customerNumber: "c9" } };
      should(await arrive(await event(), reference)).eql({ outcome: "ambiguous", candidates: both });
    });

    it("take no event for a document, and none that a person has rejected", async () => {
      const source = { ...place(10), channel: "event" as const };
      const other = await event({ source });
      const reference: DocumentReference = { by: "communication", terms: { communicationId: "letter", customerNumber: "c10" } };
      should(await arrive(await event({ source }), reference)).match({ outcome: "waiting" });
      const rejected = await admit({ source: place(10), quarantine: { code: "content-damaged", message: "cut off" } });
      await ledger.console.act("reject", { ids: [rejected] }, { who: "test", why: "test" });
      should(await arrive(other, reference)).match({ outcome: "waiting" });
    });

    it("give the same times of deliveries for any order of events", async () => {
      const types = ["sent", "delivered", "opened", "delivered", "bounced"] as const;
      const events = types.map((type, at) => ({ type, at: `2026-03-0${at + 1}T00:00:00.000Z` }));
      const expected = { sent: events[0]?.at, delivered: events[1]?.at, opened: events[2]?.at, bounced: events[4]?.at };
      for (const order of permutations(events)) {
        const id = await admit();
        let last: unknown;
        for (const { type, at } of order) {
          const each = await event();
          last = await arrive(each, byKey(id), { entry: { event: each.id, type, at, proof: each.content.sha256 } });
        }
        should(last).match({ outcome: "found", deliveries: expected });
      }
    });
  });
}

function permutations<T>(values: T[]): T[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((value, at) => permutations(values.toSpliced(at, 1)).map((rest) => [value, ...rest]));
}
