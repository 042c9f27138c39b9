import should from "should";
import type { DocumentRecord, Ledger } from "../../dist/core/ledger/ledger.js";
import { admission, type LedgerFixture } from "./ledger-contract.ts";

const ROLES = ["pdf", "html", "mobile", "sms", "print"];

function* permutations<T>(values: T[]): Generator<T[]> {
  if (values.length === 0) yield [];
  for (const [at, value] of values.entries()) for (const rest of permutations(values.toSpliced(at, 1))) yield [value, ...rest];
}

/** Variants that wait for each other, as every ledger must let them. */
export function variantsContract(name: string, make: () => Promise<LedgerFixture>): void {
  describe(`ledger variants contract: ${name}`, function () {
    this.timeout(120_000);
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

    async function admit(more: object = {}): Promise<DocumentRecord> {
      number += 1;
      const holder = `holder-${number}`;
      const { id } = await ledger.admit(admission(number, { origin: `origin-${number}`, holder, ...more }));
      return (await ledger.get(id)) as DocumentRecord;
    }
    const due = (origin: string) => ledger.lease({ origin, holder: `again-${number}`, maxInFlight: 10 });
    const arrive = ({ id, fence }: DocumentRecord, set: string, role: string, more: object = {}) =>
      ledger.variantArrived({ id, fence, set, role, expected: ROLES.slice(0, 2), deadlineMs: 60_000, ...more });

    it("let the first wait, and both go when the second comes", async () => {
      const [pdf, html] = [await admit(), await admit()];
      should(await arrive(pdf, "two", "pdf")).match({ outcome: "waiting", missing: ["html"] });
      should(await ledger.get(pdf.id)).match({ state: "parked" });
      should(await due(pdf.origin)).be.empty();
      const members = [
        { role: "pdf", id: pdf.id },
        { role: "html", id: html.id },
      ];
      should(await arrive(html, "two", "html")).eql({ outcome: "complete", late: false, expected: ["pdf", "html"], members, missing: [] });
      const [again] = await due(pdf.origin);
      should(await arrive(again as DocumentRecord, "two", "pdf")).eql({
        outcome: "complete",
        late: false,
        expected: ["pdf", "html"],
        members,
        missing: [],
      });
      const events = await ledger.events(pdf.id);
      should(events.map(({ type }) => type).slice(2)).eql(["variant-arrived", "variants-awaited", "variants-released", "released"]);
    });

    it("let an incomplete set go at the deadline with the missing named, and what comes late after it", async () => {
      const [pdf, html] = [await admit(), await admit()];
      should(await arrive(pdf, "late", "pdf", { deadlineMs: 20 })).match({ outcome: "waiting" });
      let again: DocumentRecord | undefined;
      while (!again) [again] = await due(pdf.origin);
      should(await arrive(again, "late", "pdf")).match({ outcome: "incomplete", late: false, missing: ["html"] });
      should(await arrive(html, "late", "html")).match({ outcome: "incomplete", late: true, missing: [] });
    });

    it("know a document that comes again, and give no place twice", async () => {
      const [pdf, other] = [await admit(), await admit()];
      await arrive(pdf, "twice", "pdf");
      should(await arrive(other, "twice", "pdf")).eql({ outcome: "taken", by: pdf.id });
      should(await arrive(other, "twice", "fax")).eql({ outcome: "unexpected" });
      await ledger.console.act("reject", { ids: [pdf.id] }, { who: "olga", why: "wrong letter" });
      should(await arrive(other, "twice", "pdf")).match({ outcome: "waiting" });
      const events = (await ledger.events(other.id)).filter(({ type }) => type === "variant-arrived");
      should(events.length).equal(1);
    });

    it("do not wait for optional roles, keep several documents of one role apart, and know what came after the release", async () => {
      const parts = { expected: ["output", "proof"], optional: ["metadata", "mail"], several: ["proof"] };
      const [first, output, second, third] = [await admit(), await admit(), await admit(), await admit()];
      should(await arrive(first, "parts", "proof", parts)).match({ outcome: "waiting", missing: ["output"] });
      should(await arrive(second, "parts", "proof", parts)).match({ outcome: "waiting", missing: ["output"] });
      const members = [
        { role: "output", id: output.id },
        { role: "proof", id: first.id },
        { role: "proof-2", id: second.id },
      ];
      should(await arrive(output, "parts", "output", parts)).eql({
        outcome: "complete",
        late: false,
        expected: parts.expected,
        members,
        missing: [],
      });
      const late = {
        outcome: "complete",
        late: true,
        expected: parts.expected,
        members: [...members.slice(0, 2), { role: "metadata", id: third.id, late: true }, members[2]],
        missing: [],
      };
      should(await arrive(third, "parts", "metadata", parts)).eql(late);
      should(await arrive(third, "parts", "metadata", parts)).eql(late);
    });

    it("drop a message that is older than the ledger", async () => {
      const pdf = await admit();
      await ledger.releaseHolder(`holder-${number}`);
      const [newer] = await due(pdf.origin);
      should(await arrive(pdf, "old", "pdf")).eql({ outcome: "stale" });
      should(await arrive(newer as DocumentRecord, "old", "pdf")).match({ outcome: "waiting" });
    });

    it("end in the same set, once, whatever the order of five and with a kill between any two", async () => {
      let order = 0;
      for (const roles of permutations(ROLES)) {
        order += 1;
        const set = `order ${order}`;
        const documents = new Map<string, DocumentRecord>();
        for (const role of roles) documents.set(role, await admit());
        const answers: string[] = [];
        for (const [at, role] of roles.entries()) {
          const result = await arrive(documents.get(role) as DocumentRecord, set, role, { expected: ROLES });
          answers.push(result.outcome);
          // What the next worker finds after a kill -9 in this moment; every place in the order comes up.
          if (at === order % 4) await killed();
          if (at === order % 4) for (const [each, record] of documents) documents.set(each, await leasedAnew(record));
        }
        should(answers).eql(["waiting", "waiting", "waiting", "waiting", "complete"]);
        for (const role of ROLES.filter((each) => each !== roles.at(-1))) {
          const [again] = await due((documents.get(role) as DocumentRecord).origin);
          const result = await arrive(again as DocumentRecord, set, role, { expected: ROLES });
          const members = ROLES.map((each) => ({ role: each, id: documents.get(each)?.id }));
          should(result).eql({ outcome: "complete", late: false, expected: ROLES, members, missing: [] });
        }
      }
      should(order).equal(120);
    });

    async function killed(): Promise<void> {
      await fixture.killSessions();
      const after = await fixture.open();
      await ledger.close().catch(() => undefined);
      ledger = after;
    }

    /** A document that waits is not due; one that was in the flow comes again under a new fence. */
    async function leasedAnew(record: DocumentRecord): Promise<DocumentRecord> {
      const [again] = await due(record.origin);
      return again ?? record;
    }
  });
}
