import should from "should";
import { node } from "./flows.ts";
import { Person } from "./person.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { documentumObjects } from "./stored.ts";
import { sha256, someBytes, until } from "./values.ts";

const version = (values = {}) =>
  node("documentum-archive", "archive", {
    operation: "version",
    findAttribute: "account_number",
    findValue: "{{metadata.account_number}}",
    createFirst: true,
    folderPath: "/Statements/{{metadata.job_id}}",
    waitHours: "1",
    askAgainSeconds: "0.2",
    wires: [["out"]],
    repository: "documentum",
    ledger: "ledger",
    ...values,
  });
const CHECKIN = { service: "documentum", method: "POST", path: "/objects/[^/]+/versions" };

describe("documentum-archive, next version of an object", () => {
  const rig = rigOfSuite();

  const attributes = (account: string) => ({ customer_number: "4711", account_number: account, job_id: "versions" });
  /** Versions of an account's object, oldest first. */
  const versions = (account: string) => documentumObjects(rig.dataDir).filter(({ values }) => values.account_number === account);
  const send = (account: string, payload: Buffer, more = {}) =>
    rig.send("archive", { payload, attributes: { ...attributes(account), ...more } });
  const ours = () => new Person(rig.sandbox.description, "flows");
  const other = () => new Person(rig.sandbox.description, "other");
  /** First version of an account's object. */
  const firstOf = async (account: string): Promise<string> => {
    send(account, someBytes());
    await until("the first version", () => versions(account).length === 1);
    return versions(account)[0]?.id as string;
  };

  it("creates the first version, then minor ones on top, each with its own bytes, attributes and key", async () => {
    await rig.load([version()]);
    const sent = [someBytes(), someBytes(), someBytes()];
    for (const [at, payload] of sent.entries()) {
      send("A-1", payload, { pages: at + 1 });
      await rig.received(at + 1);
    }
    const receipts = rig.messages().map((message) => documentOf(message).receipts.documentum);
    should(receipts.map((receipt) => receipt?.version)).eql(["1.0, CURRENT", "1.1, CURRENT", "1.2, CURRENT"]);
    should(new Set(receipts.map((receipt) => receipt?.chronicleId)).size).equal(1);
    should(receipts.every((receipt) => receipt?.verified === "read-back")).be.true();
    const stored = versions("A-1");
    should(stored.map((object) => object.sha256)).eql(sent.map(sha256));
    should(stored.map(({ values }) => values.pages)).eql([1, 2, 3]);
    should(stored.map(({ values }) => values.docbridge_key)).eql(rig.messages().map((message) => documentOf(message).key));
    should(new Set(stored.map(({ values }) => values.object_name)).size).equal(1);
  });

  it("makes major versions where it is told to", async () => {
    await rig.load([version({ versionPolicy: "major" })]);
    await firstOf("A-2");
    send("A-2", someBytes());
    should(documentOf((await rig.received(2))[1]).receipts.documentum?.version).equal("2.0, CURRENT");
  });

  it("stacks many documents for the same object that come at once, none lost, none as a branch", async () => {
    await rig.load([version({ parallel: "16" })]);
    const sent = Array.from({ length: 16 }, () => someBytes());
    for (const payload of sent) send("A-3", payload);
    await rig.received(16);
    const stored = versions("A-3");
    should(stored.map((object) => object.sha256).sort()).eql(sent.map(sha256).sort());
    const labels = rig.messages().map((message) => documentOf(message).receipts.documentum?.version?.split(",")[0]);
    should(labels.sort()).eql(Array.from({ length: 16 }, (_, minor) => `1.${minor}`).sort());
  });

  it("makes one version when the reply to the check-in is lost, and finds it though a newer one is there", async () => {
    await rig.load([version()]);
    await firstOf("A-4");
    rig.sandbox.app.faults.set([{ kind: "drop-reply", ...CHECKIN, times: 1 }]);
    const [lost, next] = [someBytes(), someBytes()];
    send("A-4", lost);
    await until("the reply is lost", () => rig.sandbox.app.faults.report()[0]?.hits === 1);
    send("A-4", next);
    await rig.received(3);
    should(
      versions("A-4")
        .map((object) => object.sha256)
        .slice(1),
    ).eql([sha256(lost), sha256(next)]);
    const recovered = rig
      .messages()
      .map((message) => documentOf(message))
      .find(({ content }) => content.sha256 === sha256(lost));
    should(recovered?.receipts.documentum).match({ recovered: true, verified: "read-back", objectId: versions("A-4")[1]?.id });
  });

  it("gives its lock up when the check-in is refused", async () => {
    await rig.load([version()]);
    const first = await firstOf("A-5");
    send("A-5", someBytes(), { shoe_size: "43" });
    should((await rig.caught()).error).match({ code: "unknown-attribute", message: /shoe_size/ });
    should(versions("A-5").length).equal(1);
    await other().ask("PUT", `/objects/${first}/lock`);
    await other().ask("DELETE", `/objects/${first}/lock`);
  });

  it("takes up its own lock again after the connection broke between lock and check-in", async () => {
    await rig.load([version()]);
    await firstOf("A-6");
    // The check-in never arrives, and the lock cannot be given up either.
    rig.sandbox.app.faults.set([
      { kind: "reset", ...CHECKIN, times: 1 },
      { kind: "status", service: "documentum", method: "DELETE", path: "/lock", status: 503, times: 1 },
    ]);
    const payload = someBytes();
    send("A-6", payload);
    await rig.received(2);
    should(rig.sandbox.app.faults.report().map(({ hits }) => hits)).eql([1, 1]);
    should(versions("A-6").map((object) => object.sha256)[1]).equal(sha256(payload));
  });

  it("parks a document while somebody else has the object checked out, says who, and goes on when it is free", async () => {
    await rig.load([version()]);
    const first = await firstOf("A-7");
    await other().ask("PUT", `/objects/${first}/lock`);
    const payload = someBytes();
    send("A-7", payload);
    const ledger = await rig.ledger();
    const parked = await until("a parked document", async () => (await ledger.counts()).byState.parked);
    should(parked).equal(1);
    await rig.shown("archive", "parked locked");
    await other().ask("DELETE", `/objects/${first}/lock`);
    const document = documentOf((await rig.received(2))[1]);
    should(versions("A-7").map((object) => object.sha256)[1]).equal(sha256(payload));
    const record = await ledger.get(document.id);
    should(record).match({ state: "closed", failures: 0 });
    should(rig.messages("caught")).eql([]);
  });

  it("quarantines the document when the time to wait is over, and says for whom it waited", async () => {
    await rig.load([version({ waitHours: "0.0001" })]);
    const first = await firstOf("A-8");
    await other().ask("PUT", `/objects/${first}/lock`);
    send("A-8", someBytes());
    const { error, document } = await rig.caught();
    should(error).match({ code: "locked", message: new RegExp(`checked out by ${other().name}.*waited`) });
    should(await rig.inState(document?.id as string, "quarantined")).match({ failures: 1 });
    await other().ask("DELETE", `/objects/${first}/lock`);
  });

  it("never guesses between two objects with the business key", async () => {
    await rig.load([
      version(),
      node("documentum-archive", "twice", {
        folderPath: "/Statements/twice",
        wires: [["out"]],
        repository: "documentum",
        ledger: "ledger",
      }),
    ]);
    for (const payload of [someBytes(), someBytes()]) rig.send("twice", { payload, attributes: attributes("A-9") });
    await rig.received(2);
    const ids = versions("A-9").map(({ id }) => id);
    send("A-9", someBytes());
    const { error } = await rig.caught();
    should(error?.code).equal("ambiguous-key");
    for (const id of ids) should(error?.message).containEql(id);
    should(error?.message).not.containEql("A-9");
    should(versions("A-9").length).equal(2);
  });

  it("refuses to version an object under retention, and changes nothing", async () => {
    await rig.load([version()]);
    await ours().folder("Statements", "Governed", "demo_governed_folder");
    send("A-10", someBytes(), { job_id: "Governed" });
    await rig.received();
    send("A-10", someBytes(), { job_id: "Governed" });
    should((await rig.caught()).error).match({ code: "retained", message: /under retention/ });
    should(versions("A-10").length).equal(1);
  });

  it("waits for an object that is not there yet, or quarantines, as it is told", async () => {
    await rig.load([
      version({ createFirst: false, ifMissing: "wait" }),
      version({ id: "strict", createFirst: false }),
      version({ id: "first" }),
    ]);
    rig.send("strict", { payload: someBytes(), attributes: attributes("A-11") });
    should((await rig.caught()).error).match({ code: "not-found", message: /account_number/ });
    const payload = someBytes();
    send("A-11", payload);
    await rig.shown("archive", "parked not-found");
    rig.send("first", { payload: someBytes(), attributes: attributes("A-11") });
    await rig.received(2);
    should(versions("A-11").map((object) => object.sha256)[1]).equal(sha256(payload));
  });
});
