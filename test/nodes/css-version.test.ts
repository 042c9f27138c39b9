import should from "should";
import { CmsPerson } from "./cms-person.ts";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { cmsInstances, cssBlobs } from "./stored.ts";
import { sha256, someBytes, until } from "./values.ts";

const version = (values = {}) =>
  node("css-store", "store", {
    operation: "version",
    findAttribute: "account_number",
    findValue: "{{metadata.account_number}}",
    createFirst: true,
    waitHours: "1",
    askAgainSeconds: "0.2",
    tenant: "css",
    ledger: "ledger",
    wires: [["out"]],
    ...values,
  });
const NEXT = { service: "cms", method: "POST", path: "/nextVersion$" };

describe("css-store, next version of an object", () => {
  const rig = rigOfSuite();

  const attributes = (account: string) => ({ customer_number: "4711", account_number: account, job_id: "versions" });
  /** Versions of an account's object, oldest first. */
  const versions = (account: string) => cmsInstances(rig.dataDir).filter(({ values }) => values.account_number === account);
  const send = (account: string, payload: Buffer, more = {}) =>
    rig.send("store", { payload, attributes: { ...attributes(account), ...more } });
  const other = () => new CmsPerson(rig.sandbox.description);
  const shown = (id: string) => other().ask("GET", other().statement(id));
  const firstOf = async (account: string): Promise<string> => {
    send(account, someBytes());
    await until("the first version", () => versions(account).length === 1);
    return versions(account)[0]?.id as string;
  };

  for (const apiVersion of ["v2", "v3"] as const) {
    it(`creates the first version, then the next ones on top, each with its own bytes, attributes and key: ${apiVersion}`, async () => {
      await rig.load([version()], { css: { apiVersion } });
      const account = `V-1-${apiVersion}`;
      const sent = [someBytes(), someBytes(), someBytes()];
      for (const [at, payload] of sent.entries()) {
        send(account, payload, at === 0 ? { tags: ["kept"] } : { pages: at + 1 });
        await rig.received(at + 1);
      }
      const documents = rig.messages().map((message) => documentOf(message));
      should(documents.map(({ receipts }) => receipts.css?.version)).eql(["1", "2", "3"]);
      should(documents.every(({ receipts }) => receipts.css?.verified === "read-back" && !receipts.css.pending)).be.true();
      const stored = versions(account);
      should(stored.map((object) => object.sha256)).eql(sent.map(sha256));
      should(stored.map(({ values }) => values.docbridge_key)).eql(documents.map(({ key }) => key));
      should(stored.map(({ values }) => values.pages)).eql([undefined, 2, 3]);
      should(stored.map(({ values }) => values.tags)).eql([["kept"], ["kept"], ["kept"]]);
      should(stored.map(({ traits }) => traits.def_integrity?.primary?.sha256)).eql(sent.map(sha256));
      should(await shown(stored[2]?.id as string)).match({ latest: true, lock_owner: null });
      should(await shown(stored[1]?.id as string)).match({ latest: false, lock_owner: null });
    });
  }

  it("takes retention and ended holds over to the new version", async () => {
    await rig.load([version()]);
    const first = await firstOf("V-2");
    const hold = {
      def_legal_hold: { "M-7": { matter_id: "M-7", released_at: "2026-01-01" } },
      def_retention: { main: { retain_until: "2036-01-01" } },
    };
    await other().ask("PATCH", other().statement(first), { traits: hold });
    send("V-2", someBytes());
    await rig.received(2);
    should(versions("V-2")[1]?.traits).match(hold);
  });

  it("stacks many documents for the same object that come at once, none lost", async () => {
    await rig.load([version({ parallel: "16" })]);
    const sent = Array.from({ length: 16 }, () => someBytes());
    for (const payload of sent) send("V-3", payload);
    await rig.received(16);
    should(
      versions("V-3")
        .map((object) => object.sha256)
        .sort(),
    ).eql(sent.map(sha256).sort());
    const numbers = rig.messages().map((message) => Number(documentOf(message).receipts.css?.version));
    should(numbers.sort((a, b) => a - b)).eql(Array.from({ length: 16 }, (_, at) => at + 1));
  });

  it("lets two workers with one account make versions of one object, none lost", async () => {
    await rig.load([version(), version({ id: "second", parallel: "4" })]);
    await firstOf("V-4");
    const sent = Array.from({ length: 12 }, () => someBytes());
    for (const [at, payload] of sent.entries()) rig.send(at % 2 ? "store" : "second", { payload, attributes: attributes("V-4") });
    await rig.received(13);
    should(rig.messages("caught")).eql([]);
    should(
      versions("V-4")
        .map((object) => object.sha256)
        .slice(1)
        .sort(),
    ).eql(sent.map(sha256).sort());
  });

  it("makes one version when the reply to it is lost, finds it though a newer one is there, and leaves no lock", async () => {
    await rig.load([version()]);
    await firstOf("V-5");
    const before = cssBlobs(rig.dataDir).length;
    rig.sandbox.app.faults.set([{ kind: "drop-reply", ...NEXT, times: 1 }]);
    const [lost, next] = [someBytes(), someBytes()];
    send("V-5", lost);
    await until("the reply is lost", () => rig.sandbox.app.faults.report()[0]?.hits === 1);
    send("V-5", next);
    await rig.received(3);
    const stored = versions("V-5");
    should(stored.map((object) => object.sha256).slice(1)).eql([sha256(lost), sha256(next)]);
    const recovered = rig
      .messages()
      .map((message) => documentOf(message))
      .find(({ content }) => content.sha256 === sha256(lost));
    should(recovered?.receipts.css).match({ recovered: true, verified: "read-back", objectId: stored[1]?.id });
    should(recovered?.receipts.css).not.have.property("pending");
    for (const { id } of stored) should(await shown(id)).match({ lock_owner: null });
    should(cssBlobs(rig.dataDir).length - before).equal(2);
  });

  it("gives its lock up when the version is refused, and sends the bytes once", async () => {
    await rig.load([version()]);
    const first = await firstOf("V-6");
    send("V-6", someBytes(), { shoe_size: "43" });
    should((await rig.caught()).error).match({ code: "refused" });
    should(versions("V-6").length).equal(1);
    should(await shown(first)).match({ lock_owner: null, latest: true });
  });

  it("takes up its own lock again after the connection broke, and gives up one that it could not at first", async () => {
    await rig.load([version()]);
    const first = await firstOf("V-7");
    const unlock = { service: "cms", method: "DELETE", path: "/lock$", status: 503 };
    // The version is never made, the lock stays; after the version is made, the lock stays once more.
    rig.sandbox.app.faults.set([
      { kind: "status", ...NEXT, status: 503, times: 1 },
      { kind: "status", ...unlock, times: 1 },
    ]);
    const payload = someBytes();
    send("V-7", payload);
    const document = documentOf((await rig.received(2))[1]);
    should(rig.sandbox.app.faults.report().map(({ hits }) => hits)).eql([1, 1]);
    should(versions("V-7").map((object) => object.sha256)[1]).equal(sha256(payload));
    should(await shown(first)).match({ lock_owner: null });
    should(document.receipts.css?.pending).be.undefined();
    await rig.inState(document.id, "closed");
  });

  it("parks a document while somebody else has the object locked, sends no bytes, and goes on when it is free", async () => {
    await rig.load([version()]);
    const first = await firstOf("V-8");
    await other().ask("PUT", other().statement(first, "/lock"));
    const before = cssBlobs(rig.dataDir).length;
    const payload = someBytes();
    send("V-8", payload);
    await rig.shown("store", "parked locked");
    should(cssBlobs(rig.dataDir).length).equal(before);
    const ledger = await rig.ledger();
    should((await ledger.counts()).byState.parked).equal(1);
    should(await shown(first)).match({ lock_owner: other().name });
    await other().ask("DELETE", other().statement(first, "/lock"));
    const document = documentOf((await rig.received(2))[1]);
    should(versions("V-8").map((object) => object.sha256)[1]).equal(sha256(payload));
    should(await ledger.get(document.id)).match({ state: "closed", failures: 0 });
  });

  it("quarantines the document when the time to wait is over, and says for whom it waited", async () => {
    await rig.load([version({ waitHours: "0.0001" })]);
    const first = await firstOf("V-9");
    await other().ask("PUT", other().statement(first, "/lock"));
    send("V-9", someBytes());
    const { error, document } = await rig.caught();
    should(error).match({ code: "locked", message: new RegExp(`locked by ${other().name}.*waited`) });
    should(await rig.inState(document?.id as string, "quarantined")).match({ failures: 1 });
    await other().ask("DELETE", other().statement(first, "/lock"));
  });

  it("never guesses between two objects with the business key, and waits for one that is not there where it is told to", async () => {
    await rig.load([
      version(),
      node("css-store", "twice", { wires: [["out"]], tenant: "css", ledger: "ledger" }),
      version({ id: "waits", createFirst: false, ifMissing: "wait" }),
      version({ id: "strict", createFirst: false }),
    ]);
    for (const payload of [someBytes(), someBytes()]) rig.send("twice", { payload, attributes: attributes("V-10") });
    await rig.received(2);
    send("V-10", someBytes());
    const { error } = await rig.caught();
    should(error?.code).equal("ambiguous-key");
    for (const { id } of versions("V-10")) should(error?.message).containEql(id);
    rig.send("strict", { payload: someBytes(), attributes: attributes("V-11") });
    should((await rig.received(2, "caught"))[1]?.error).match({ code: "not-found", message: /account_number/ });
    rig.send("waits", { payload: someBytes(), attributes: attributes("V-11") });
    await rig.shown("waits", "parked not-found");
    rig.send("twice", { payload: someBytes(), attributes: attributes("V-11") });
    await rig.received(4);
    should(versions("V-11").length).equal(2);
  });
});
