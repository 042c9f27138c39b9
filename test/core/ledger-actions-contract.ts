import should from "should";
import type { LedgerConsole, Selection } from "../../dist/core/ledger/console.js";
import type { Ledger } from "../../dist/core/ledger/ledger.js";
import { admission, type LedgerFixture } from "./ledger-contract.ts";
import { LedgerDriver } from "./ledger-driver.ts";

const operator = { who: "olga", why: "the target was mended" };

/** What operators do to documents, as every ledger must carry it out. */
export function actionsContract(name: string, make: () => Promise<LedgerFixture>): void {
  describe(`ledger actions contract: ${name}`, () => {
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

    const act = (action: Parameters<LedgerConsole["act"]>[0], selection: Selection) => asked.act(action, selection, operator);
    const only = (...ids: string[]): Selection => ({ ids });

    /** One document in each state that can be reached, none of them in the flow. */
    const inEachState = async () => ({
      archiving: await drive.archiving(20),
      archived: await drive.archived(21),
      closed: await drive.closed(22),
      quarantined: await drive.quarantined(23),
      conflict: await drive.conflict(24),
      held: await drive.held(26, "css", 0),
      rejected: await drive.rejected(27),
      routed: await drive.routed(28),
      received: await drive.admit(29),
    });
    const touched: Record<Parameters<LedgerConsole["act"]>[0], Record<string, string>> = {
      retry: { quarantined: "received" },
      replay: { closed: "archiving" },
      "route-again": {
        archiving: "received",
        archived: "archiving",
        quarantined: "received",
        held: "received",
        routed: "received",
        received: "received",
      },
      reject: { quarantined: "rejected", conflict: "rejected", held: "rejected" },
      accept: { conflict: "received" },
    };

    for (const action of ["retry", "replay", "route-again", "reject", "accept"] as const) {
      it(`${action} touches the documents it is for, and no other`, async () => {
        const documents: Record<string, string> = await inEachState();
        const before = new Map(await Promise.all(Object.values(documents).map(async (id) => [id, await ledger.get(id)] as const)));
        const selection = only(...Object.values(documents));
        const expected = { documents: Object.keys(touched[action]).length, passedOver: 9 - Object.keys(touched[action]).length };
        should(await asked.preview(action, selection)).eql(expected);
        should(await act(action, selection)).eql(expected);
        for (const [state, id] of Object.entries(documents)) {
          const now = await ledger.get(id);
          const last = (await ledger.events(id)).at(-1);
          const after = touched[action][state];
          if (after === undefined) {
            should(now).eql(before.get(id));
            continue;
          }
          should([state, now?.state]).eql([state, after]);
          should(last?.data).eql({ ...operator, from: state });
          should((await asked.detail(id))?.brokenAt).be.undefined();
        }
        should(await asked.audit(10)).match([{ action, ...operator, data: { ...expected, ...selection } }]);
        should(await asked.brokenAudit()).be.undefined();
      });
    }

    it("by a filter touch all it finds, in as many commits as it takes, and are in the log from the first of them", async () => {
      const count = 2300;
      const emitted = { doneWhen: "emitted" as const, targets: [] };
      await Promise.all(Array.from({ length: count }, (_, number) => drive.admit(number, emitted)));
      for (const { id, fence } of await drive.lease(count)) void ledger.emitted(id, fence);
      await drive.admit(9000);
      const selection: Selection = { filter: { job: "job-1" } };
      should(await asked.preview("replay", selection)).eql({ documents: count, passedOver: 1 });
      should(await act("replay", selection)).eql({ documents: count, passedOver: 1 });
      should((await asked.audit(10)).map(({ seq, data }) => [seq, data])).eql([
        [2, { filter: { job: "job-1" }, documents: count, passedOver: 1 }],
        [1, { filter: { job: "job-1" }, begun: true }],
      ]);
      should((await asked.figures()).waiting).equal(count + 1);
      // Those that came first go first, whichever slice touched them.
      should((await drive.lease(3)).map(({ metadata }) => metadata.number)).eql([9000, 0, 1]);
    });

    it("with nothing to do are still in the log", async () => {
      should(await act("retry", { filter: { customer: "nobody" } })).eql({ documents: 0, passedOver: 0 });
      should(await act("retry", only("nobody", "nobody"))).eql({ documents: 0, passedOver: 1 });
      should((await asked.audit(10)).length).equal(2);
    });

    it("pass over what is in the flow now", async () => {
      const id = await drive.admit(1);
      await drive.leaseOne();
      for (const action of ["retry", "replay", "route-again", "reject", "accept"] as const) {
        should(await act(action, only(id))).eql({ documents: 0, passedOver: 1 });
      }
    });

    it("pass over documents whose bytes are gone", async () => {
      const id = await drive.closed(1);
      await ledger.contentReleased([admission(1).content.sha256]);
      should(await asked.preview("replay", only(id))).eql({ documents: 0, passedOver: 1 });
      should(await act("replay", only(id))).eql({ documents: 0, passedOver: 1 });
    });

    it("say at once that documents are due", async () => {
      const id = await drive.quarantined(1);
      const told = new Promise<void>((resolve) => {
        ledger.onChange(resolve);
      });
      await act("retry", only(id));
      await told;
    });

    it("leave messages from before without effect", async () => {
      const id = await drive.admit(1);
      const { fence } = await drive.leaseOne();
      await ledger.fail({ id, fence, error: { code: "refused", message: "no", retryable: false, ambiguous: false } });
      await act("retry", only(id));
      should(await ledger.intent({ id, fence, target: "css" })).eql({ outcome: "stale" });
    });

    it("retry gives a document fresh attempts and its batch another end", async () => {
      const id = await drive.quarantined(1, "refused", "no", { batch: { id: "b1", expected: 1 } });
      should((await ledger.batch("b1"))?.closedAt).be.a.Number();
      await act("retry", only(id));
      const record = await ledger.get(id);
      should(record).match({ state: "received", failures: 0, batch: { id: "b1" } });
      should([record?.error, record?.closedAt]).eql([undefined, undefined]);
      should(await ledger.batch("b1")).match({ byState: { received: 1 } });
      should((await ledger.batch("b1"))?.closedAt).be.undefined();
      should((await asked.figures()).destinations).match([{ backlog: 1 }, { backlog: 1 }]);
      await drive.close(await drive.leaseOne());
      should(await ledger.batch("b1")).match({ byState: { closed: 1 } });
      should((await ledger.batch("b1"))?.closedAt).be.a.Number();
    });

    it("replay closes a document again when its nodes hand the receipts on", async () => {
      const id = await drive.closed(1);
      await act("replay", only(id));
      should((await asked.figures()).destinations).matchEach({ backlog: 0, receipts: 1 });
      const again = await drive.leaseOne();
      should(again).match({ id, attempt: 2, state: "archiving" });
      const told = new Promise<void>((resolve) => {
        ledger.onChange(resolve);
      });
      should(await ledger.intent({ id, fence: again.fence, target: "css" })).match({ outcome: "receipt", receipt: { objectId: "css" } });
      await told;
      should(await ledger.get(id)).match({ state: "closed", receipts: { css: {}, documentum: {} } });
      should(await ledger.intent({ id, fence: again.fence, target: "documentum" })).match({ outcome: "receipt" });
      should(await ledger.counts()).match({ leased: 0, byState: { closed: 1 } });
    });

    it("replay closes a document that is done when emitted as soon as it was emitted", async () => {
      const id = await drive.admit(1, { doneWhen: "emitted", targets: [] });
      await ledger.emitted(id, (await drive.leaseOne()).fence);
      await act("replay", only(id));
      const again = await drive.leaseOne();
      should(again).match({ id, state: "received" });
      await ledger.emitted(id, again.fence);
      should(await ledger.get(id)).match({ state: "closed" });
    });

    it("retry keeps the route, route-again lets the table decide anew", async () => {
      const held = await drive.held(1, "css", 3);
      await act("route-again", only(held));
      const record = await drive.leaseOne();
      should(record).match({ id: held, routeAgain: true, route: { rule: "r" } });
      should(record.heldBy).be.undefined();
      should(await drive.route(record, ["documentum"], { rule: "other" })).match({ outcome: "routed", route: { rule: "other" } });
      const { fence } = record;
      await ledger.fail({ id: held, fence, error: { code: "refused", message: "no", retryable: false, ambiguous: false } });
      await act("retry", only(held));
      const again = await drive.leaseOne();
      should(again).match({ id: held, state: "routed", routeAgain: false });
      should(await drive.route(again, ["css"], { rule: "third" })).match({ outcome: "routed", route: { rule: "other" } });
    });

    it("accept lets a conflicting document go its way", async () => {
      const id = await drive.conflict(1);
      await act("accept", only(id));
      const record = await drive.leaseOne();
      should(record.id).equal(id);
      should(record.error).be.undefined();
      await drive.close(record);
      should(await ledger.get(id)).match({ state: "closed" });
    });

    it("by two operators at once touch a document once", async () => {
      const id = await drive.quarantined(1);
      const results = await Promise.all([act("reject", only(id)), act("reject", only(id))]);
      should(results.reduce((sum, { documents }) => sum + documents, 0)).equal(1);
      should((await ledger.events(id)).filter(({ type }) => type === "rejected").length).equal(1);
      should((await asked.audit(10)).map(({ seq }) => seq)).eql([2, 1]);
    });
  });
}
