import should from "should";
import { records } from "../../scripts/support/sandbox-files.ts";
import { CmsPerson } from "./cms-person.ts";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { cmsInstances, cssBlobs } from "./stored.ts";
import { randomOf, Turns } from "./turns.ts";
import { someBytes, until } from "./values.ts";

const adds = (operation: "version" | "rendition", values = {}) =>
  node("css-store", operation, {
    operation,
    findAttribute: "account_number",
    findValue: "{{metadata.account_number}}",
    renditionName: "web",
    traitPrefix: "def",
    waitHours: "1",
    askAgainSeconds: "0.2",
    tenant: "css",
    ledger: "ledger",
    wires: [["out"]],
    ...values,
  });
const NODES = [node("css-store", "store", { tenant: "css", ledger: "ledger", wires: [["out"]] }), adds("version"), adds("rendition")];
const HOLD = { def_legal_hold: { "M-1": { matter_id: "M-1", placed_at: "2026-01-01T00:00:00Z" } } };
/** The request that adds. */
const ADDITION = { version: /^POST .*\/nextVersion$/, rendition: /^POST .*\/contents$/ };

describe("css-store, additions to objects under hold and retention", () => {
  const rig = rigOfSuite();
  let turns: Turns;
  before(async () => {
    turns = new Turns(rig.sandbox.description.cms.baseUrl);
    await turns.start();
  });
  after(() => turns.stop());

  const person = () => new CmsPerson(rig.sandbox.description);
  const put = (id: string, traits: unknown) => person().ask("PATCH", person().statement(id), { traits });
  const shown = (id: string) => person().ask("GET", person().statement(id));
  const attributes = (account: string) => ({ customer_number: "4711", account_number: account });
  const give = (at: string, account: string) => rig.send(at, { payload: someBytes(), attributes: attributes(account) });
  /** Versions of the account's object and renditions of them all. */
  const held = (account: string) => {
    const ids = cmsInstances(rig.dataDir)
      .filter(({ values }) => values.account_number === account)
      .map(({ id }) => id);
    const contents = [...records(rig.dataDir, "cms", "content").values()].filter(({ owner_id }) => ids.includes(String(owner_id)));
    return { versions: ids.length, contents: contents.length };
  };
  const objectOf = async (account: string): Promise<string> => {
    give("store", account);
    await until("the object", () => held(account).versions === 1);
    return cmsInstances(rig.dataDir).find(({ values }) => values.account_number === account)?.id as string;
  };

  for (const operation of ["version", "rendition"] as const) {
    it(`adds no ${operation} to an object on hold and sends no bytes; it does once the hold is released`, async () => {
      await rig.load(NODES);
      const account = `H-1-${operation}`;
      const id = await objectOf(account);
      await put(id, HOLD);
      const before = cssBlobs(rig.dataDir).length;
      give(operation, account);
      const { error, document } = await rig.caught();
      should(error).match({ code: "on-hold", message: new RegExp(id) });
      should(held(account)).eql({ versions: 1, contents: 1 });
      should(cssBlobs(rig.dataDir).length).equal(before);
      await rig.inState(document?.id as string, "quarantined");
      await put(id, { def_legal_hold: { "M-1": { released_at: "2026-02-01T00:00:00Z" } } });
      const ledger = await rig.ledger();
      await ledger.console.act("retry", { ids: [document?.id as string] }, { who: "olga", why: "released" });
      await rig.inState(document?.id as string, "closed");
      should(held(account).contents).equal(2);
    });

    it(`adds a ${operation} to an object under retention, which keeps what it had`, async () => {
      await rig.load(NODES);
      const account = `H-2-${operation}`;
      const id = await objectOf(account);
      await put(id, { def_retention: { main: { retain_until: "2040-01-01" } } });
      give(operation, account);
      const { receipts } = documentOf((await rig.received(2))[1]);
      should(receipts.css?.verified).equal("read-back");
      should(held(account).contents).equal(2);
      should(await shown(id)).match({ traits: { def_retention: { main: { retain_until: "2040-01-01" } } }, lock_owner: null });
    });

    it(`takes what cannot be read for a hold: ${operation}`, async () => {
      await rig.load(NODES);
      const account = `H-3-${operation}`;
      const id = await objectOf(account);
      await put(id, { def_retention: { main: { policy: "for ever" } } });
      give(operation, account);
      should((await rig.caught()).error).match({ code: "lifecycle-unreadable", message: /retain_until/ });
      should(held(account)).eql({ versions: 1, contents: 1 });
    });

    it(`sees a hold that is placed after the first reading, gives its lock up, and adds no ${operation}`, async () => {
      await rig.load(NODES, { css: { cmsUrl: turns.url } });
      const account = `H-4-${operation}`;
      const id = await turns.during(objectOf(account), { random: () => 0, lossRate: 0 });
      give(operation, account);
      const before = { matches: /^PUT .*\/lock$/, happens: async () => void (await put(id, HOLD)) };
      const { error } = await turns.during(rig.caught(), { random: randomOf(1), lossRate: 0, before });
      should(error).match({ code: "on-hold" });
      should(held(account)).eql({ versions: 1, contents: 1 });
      should(await shown(id)).match({ lock_owner: null, latest: true });
    });

    it(`keeps another account from placing a hold between its last reading and the ${operation}`, async () => {
      await rig.load(NODES, { css: { cmsUrl: turns.url } });
      const account = `H-5-${operation}`;
      const id = await turns.during(objectOf(account), { random: () => 0, lossRate: 0 });
      give(operation, account);
      let refusal = "";
      const happens = () =>
        put(id, HOLD).then(
          () => undefined,
          (thrown: Error) => {
            refusal = thrown.message;
          },
        );
      await turns.during(rig.received(2), { random: randomOf(1), lossRate: 0, before: { matches: ADDITION[operation], happens } });
      should(refusal).match(/409/);
      should(held(account).contents).equal(2);
      // The lock was for moments only.
      await put(id, HOLD);
    });
  }

  it("adds nothing to an object that is being deleted, and does when the deletion was given up", async () => {
    await rig.load(NODES);
    const id = await objectOf("H-6");
    await put(id, { def_deletion: { mark: { begun_at: new Date().toISOString() } } });
    give("version", "H-6");
    await rig.shown("version", "retry being-deleted");
    should(held("H-6")).eql({ versions: 1, contents: 1 });
    await put(id, { def_deletion: { mark: { ended_at: new Date().toISOString() } } });
    await rig.received(2);
    should(held("H-6").versions).equal(2);
  });

  it("finds its rendition again after the reply was lost, and leaves no lock", async () => {
    await rig.load(NODES);
    const id = await objectOf("H-7");
    rig.sandbox.app.faults.set([{ kind: "drop-reply", service: "cms", method: "POST", path: "/contents$", times: 1 }]);
    give("rendition", "H-7");
    const { receipts } = documentOf((await rig.received(2))[1]);
    should(receipts.css).match({ recovered: true, verified: "read-back" });
    should(receipts.css).not.have.property("pending");
    should(await shown(id)).match({ lock_owner: null });
    should(held("H-7").contents).equal(2);
  });
});
