import should from "should";
import { node } from "./flows.ts";
import { Person } from "./person.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { documentumObjects } from "./stored.ts";
import { sha256, someBytes, until } from "./values.ts";

const archive = (values = {}) =>
  node("documentum-archive", "archive", {
    folderPath: "/Statements/Letters",
    fileInCase: true,
    caseType: "dm_folder",
    caseAttribute: "subject",
    caseValue: "{{metadata.job_id}}",
    caseMissing: "wait",
    casePath: "/Statements/Cases/{{metadata.job_id}}",
    closedAttribute: "a_status",
    closedValues: "closed, Frozen",
    waitHours: "1",
    askAgainSeconds: "0.2",
    wires: [["out"]],
    repository: "documentum",
    ledger: "ledger",
    ...values,
  });
const LINK = { service: "documentum", method: "POST", path: "/objects/[^/]+/parent-links" };

describe("documentum-archive, filing into a case", () => {
  const rig = rigOfSuite();
  const person = () => new Person(rig.sandbox.description, "other");
  const send = (caseKey: string, payload = someBytes()) =>
    rig.send("archive", { payload, attributes: { customer_number: "4711", job_id: caseKey } });
  const letters = (caseKey: string) => documentumObjects(rig.dataDir).filter(({ values }) => values.job_id === caseKey);
  const cases = (caseKey: string) => documentumObjects(rig.dataDir, "dm_folder").filter(({ values }) => values.subject === caseKey);
  const openCase = (caseKey: string, name = caseKey, more = {}) =>
    person().folder("Statements", name, "dm_folder", { subject: caseKey, ...more });

  it("links the object into the case beside its own folder, and keeps the case in the receipt", async () => {
    await rig.load([archive()]);
    const id = await openCase("C-1");
    const payload = someBytes();
    send("C-1", payload);
    const document = documentOf((await rig.received())[0]);
    should(document.receipts.documentum).match({ caseId: id, verified: "read-back", location: "/Statements/Letters" });
    should(document.receipts.documentum).not.have.property("pending");
    const [object] = letters("C-1");
    should(object?.sha256).equal(sha256(payload));
    should(object?.values.i_folder_id).have.property("length", 2);
    should(object?.values.i_folder_id).containEql(id);
    await rig.inState(document.id, "closed");
  });

  it("creates a case once for 16 letters that come at once, when it may", async () => {
    await rig.load([archive({ caseMissing: "create", parallel: "16" })]);
    for (let letter = 0; letter < 16; letter += 1) send("C-2");
    await rig.received(16);
    const [made, ...others] = cases("C-2");
    should(others).eql([]);
    should(made?.values.object_name).equal("C-2");
    should(letters("C-2").every(({ values }) => (values.i_folder_id as string[]).includes(made?.id as string))).be.true();
  });

  it("says when the path of a new case is taken by a folder that is no such case", async () => {
    await rig.load([archive({ caseMissing: "create", casePath: "/Statements/Taken" })]);
    await person().folder("Statements", "Taken");
    send("C-3");
    should((await rig.caught()).error).match({ code: "conflict", message: /path of the case/ });
    should(letters("C-3")).eql([]);
  });

  it("parks letters until their case is opened, then files all of them", async () => {
    await rig.load([archive()]);
    const ledger = await rig.ledger();
    for (let letter = 0; letter < 3; letter += 1) send("C-4");
    await until("three parked letters", async () => (await ledger.counts()).byState.parked === 3);
    should(letters("C-4")).eql([]);
    const id = await openCase("C-4");
    const documents = (await rig.received(3)).map(documentOf);
    should(letters("C-4").filter(({ values }) => (values.i_folder_id as string[]).includes(id)).length).equal(3);
    for (const { id: document } of documents) should(await ledger.get(document)).match({ state: "closed", failures: 0 });
  });

  it("puts a letter whose case never comes into quarantine when its time is over, or at once", async () => {
    await rig.load([archive({ waitHours: "0.0001" })]);
    send("C-5");
    const { error, document } = await rig.caught();
    should(error).match({ code: "case-missing", message: /waited/ });
    await rig.inState(document?.id as string, "quarantined");
    should(rig.statuses.some(({ status }) => status.text === "parked case-missing")).be.true();
    await rig.redeploy({ archive: { caseMissing: "quarantine" } });
    send("C-5");
    should((await rig.received(2, "caught"))[1]?.error).match({ code: "case-missing" });
    should(letters("C-5")).eql([]);
  });

  it("leaves it to a person which of several cases is meant, and archives nothing", async () => {
    await rig.load([archive()]);
    const ids = [await openCase("C-6", "C-6 a"), await openCase("C-6", "C-6 b")];
    send("C-6");
    const { error } = await rig.caught();
    should(error?.code).equal("ambiguous-key");
    for (const id of ids) should(error?.message).containEql(id);
    should(letters("C-6")).eql([]);
  });

  it("changes nothing for a closed case, and files the letter when it was opened again", async () => {
    await rig.load([archive()]);
    const id = await openCase("C-7", "C-7", { a_status: "FROZEN" });
    send("C-7");
    should((await rig.caught()).error).match({ code: "case-closed", message: new RegExp(id) });
    should(letters("C-7")).eql([]);
    await person().ask("POST", `/folders/${id}`, { properties: { a_status: "open" } });
    send("C-7", someBytes());
    await rig.received();
    should(letters("C-7").length).equal(1);
  });

  it("shows a letter that is archived but not linked as half-done, and links it later without a second object", async () => {
    await rig.load([archive()]);
    await openCase("C-8");
    rig.sandbox.app.faults.set([{ kind: "status", ...LINK, status: 503 }]);
    send("C-8");
    const ledger = await rig.ledger();
    const key = () => String(letters("C-8")[0]?.values.docbridge_key);
    await until("the link is planned again", async () => ((await ledger.byKey(key()))?.failures ?? 0) > 0);
    should(await ledger.byKey(key())).match({
      state: "archiving",
      receipts: { documentum: { pending: ["case"], verified: "read-back", objectId: letters("C-8")[0]?.id } },
    });
    rig.sandbox.app.faults.set([]);
    const document = documentOf((await rig.received())[0]);
    should(letters("C-8").length).equal(1);
    should(letters("C-8")[0]?.values.i_folder_id).have.length(2);
    should(await rig.inState(document.id, "closed")).match({ receipts: { documentum: { objectId: letters("C-8")[0]?.id } } });
  });

  it("keeps a letter whose link is refused for good in quarantine, half-done", async () => {
    await rig.load([archive()]);
    await openCase("C-9");
    rig.sandbox.app.faults.set([{ kind: "status", ...LINK, status: 403 }]);
    send("C-9");
    const { error, document } = await rig.caught();
    should(error?.code).equal("permission-denied");
    should(await rig.inState(document?.id as string, "quarantined")).match({ receipts: { documentum: { pending: ["case"] } } });
    should(letters("C-9").length).equal(1);
  });

  it("makes one object and one link when both replies are lost", async () => {
    await rig.load([archive()]);
    await openCase("C-10");
    rig.sandbox.app.faults.set([
      { kind: "drop-reply", service: "documentum", method: "POST", path: "/folders/[^/]+/documents", times: 1 },
      { kind: "drop-reply", ...LINK, times: 1 },
    ]);
    send("C-10");
    const document = documentOf((await rig.received())[0]);
    should(document.receipts.documentum).match({ recovered: true, verified: "read-back", caseId: cases("C-10")[0]?.id });
    should(letters("C-10").map(({ values }) => (values.i_folder_id as string[]).length)).eql([2]);
  });

  it("goes on with a half-done letter after a redeploy in between", async () => {
    await rig.load([archive()]);
    await openCase("C-11");
    rig.sandbox.app.faults.set([{ kind: "status", ...LINK, status: 503, retryAfter: 1, times: 1 }]);
    send("C-11");
    await rig.shown("archive", "retry service-unavailable");
    await rig.redeploy();
    await rig.received();
    should(letters("C-11").map(({ values }) => (values.i_folder_id as string[]).length)).eql([2]);
  });
});
