import should from "should";
import { node } from "./flows.ts";
import { Person } from "./person.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { documentumObjects } from "./stored.ts";
import { someBytes, until } from "./values.ts";

const archive = (values = {}) =>
  node("documentum-archive", "archive", {
    folderPath: "/Statements/Records",
    retention: "folder",
    governedFolder: "/Statements/{{metadata.retention_class}}",
    proofSeconds: "0.3",
    wires: [["out"]],
    repository: "documentum",
    ledger: "ledger",
    ...values,
  });
const LINK = { service: "documentum", method: "POST", path: "/objects/[^/]+/parent-links" };

describe("documentum-archive, records control", () => {
  const rig = rigOfSuite();
  const person = () => new Person(rig.sandbox.description, "flows");
  const send = (jobId: string, retention_class = "Ten years", payload = someBytes()) =>
    rig.send("archive", { payload, attributes: { customer_number: "4711", job_id: jobId, retention_class } });
  const ofJob = (jobId: string) => documentumObjects(rig.dataDir).filter(({ values }) => values.job_id === jobId);
  const isRetained = ({ values }: { values: Record<string, unknown> }) => ((values.i_retainer_id ?? []) as string[]).length > 0;

  const switches = (values: Record<string, string | number>) => {
    for (const [name, value] of Object.entries(values)) rig.sandbox.app.switches.set(`documentum.${name}`, value);
  };

  afterEach(() => switches({ "retention-failure-rate": 0, "retention-job-seconds": -1 }));
  before(async () => {
    await person().folder("Statements", "Ten years", "demo_governed_folder");
    await person().folder("Statements", "Not governed");
  });

  it("links the object into the governed folder, reads the retainer back and keeps it in the receipt", async () => {
    await rig.load([archive()]);
    send("governed");
    const { receipts, id } = documentOf((await rig.received())[0]);
    const [object] = ofJob("governed");
    const retainers = object?.values.i_retainer_id as string[];
    should(retainers.length).equal(1);
    should(receipts.documentum?.policy).match(new RegExp(`^folder \\w{16}; i_retainer_id: ${retainers[0]}$`));
    should(receipts.documentum).match({ verified: "read-back" });
    await rig.inState(id, "closed");
  });

  it("quarantines exactly the documents whose retention is refused, and counts none as archived without it", async () => {
    await rig.load([archive({ parallel: "16" })]);
    rig.sandbox.app.faults.set([{ kind: "status", ...LINK, status: 403, rate: 0.05, seed: 7 }]);
    const count = 120;
    for (let sent = 0; sent < count; sent += 1) send("five percent");
    const ledger = await rig.ledger();
    await until("all have ended", async () => {
      const { byState } = await ledger.counts();
      return (byState.closed ?? 0) + (byState.quarantined ?? 0) === count;
    });
    const hits = rig.sandbox.app.faults.report()[0]?.hits as number;
    should(hits).be.above(0);
    const free = ofJob("five percent").filter((object) => !isRetained(object));
    should(free.length).equal(hits);
    should((await ledger.counts()).byState).eql({ closed: count - hits, quarantined: hits });
    for (const { values } of ofJob("five percent")) {
      const record = await ledger.byKey(String(values.docbridge_key));
      const retained = isRetained({ values });
      should(record?.state).equal(retained ? "closed" : "quarantined");
      if (!retained) should(record).match({ error: { code: "policy-unconfirmed" }, receipts: { documentum: { pending: ["retention"] } } });
    }
  });

  it("trusts no success that does not show on the object", async () => {
    await rig.load([archive()]);
    send("plain folder", "Not governed");
    const { error, document } = await rig.caught();
    should(error).match({ code: "policy-unconfirmed", message: /i_retainer_id did not show it/ });
    await rig.inState(document?.id as string, "quarantined");
    should(ofJob("plain folder").map(isRetained)).eql([false]);
  });

  it("archives nothing when the governed folder is not there", async () => {
    await rig.load([archive()]);
    send("no folder", "Gone");
    should((await rig.caught()).error).match({ code: "policy-unconfirmed", message: /no governed folder/ });
    should(ofJob("no folder")).eql([]);
  });

  it("tries again what may pass, without a second object", async () => {
    await rig.load([archive()]);
    rig.sandbox.app.faults.set([{ kind: "status", ...LINK, status: 503, times: 2 }]);
    send("busy");
    const { receipts } = documentOf((await rig.received())[0]);
    should(receipts.documentum?.policy).match(/i_retainer_id/);
    should(ofJob("busy").map(isRetained)).eql([true]);
  });

  it("asks for a certain value of another attribute where one is named", async () => {
    await rig.load([archive({ proofName: "retention_class", proofValue: "{{metadata.retention_class}}" })]);
    send("value");
    await rig.received();
    await rig.redeploy({ archive: { proofValue: "Thirty years" } });
    send("other value");
    should((await rig.caught()).error).match({ code: "policy-unconfirmed", message: /retention_class did not show it/ });
  });

  it("gives the object its ACL from the first moment on, and reads it back", async () => {
    await person().ask("POST", "/acls", {
      properties: { object_name: "demo_records", r_accessor_name: ["dm_world", "dm_owner"], r_accessor_permit: [3, 7] },
    });
    await rig.load([archive({ retention: "none", aclName: "demo_{{metadata.retention_class}}" })]);
    send("acl", "records");
    await rig.received();
    should(ofJob("acl")[0]?.values.acl_name).equal("demo_records");
    send("no acl", "unknown");
    const { error } = await rig.caught();
    should(error?.code).not.equal("policy-unconfirmed");
    should(ofJob("no acl")).eql([]);
  });

  for (const [mode, message] of [
    ["refuse", /refused/],
    ["silent", /i_retainer_id did not show it/],
  ] as const) {
    it(`keeps exactly those out whose retention the server fails to apply (${mode})`, async () => {
      await rig.load([archive({ parallel: "16", objectName: "{{content.sha256}}" })]);
      switches({ "retention-failure-rate": 0.05, "retention-failure-mode": mode });
      const count = 100;
      // The sandbox chooses by the name, and the name is made of the bytes: the same ones fail in every run.
      for (let sent = 0; sent < count; sent += 1) send(mode, "Ten years", Buffer.from(`${mode} ${sent}`));
      const ledger = await rig.ledger();
      await until("all have ended", async () => {
        const { byState } = await ledger.counts();
        return (byState.closed ?? 0) + (byState.quarantined ?? 0) === count;
      });
      const free = ofJob(mode).filter((object) => !isRetained(object));
      should(free.length).be.within(1, 20);
      should((await ledger.counts()).byState).eql({ closed: count - free.length, quarantined: free.length });
      for (const { values } of free) {
        const record = await ledger.byKey(String(values.docbridge_key));
        should(record).match({ state: "quarantined", error: { code: "policy-unconfirmed", message } });
      }
    });
  }

  it("makes one object each, all of them retained, when every create and every link loses its reply", async () => {
    await rig.load([archive({ parallel: "16" })]);
    rig.sandbox.app.faults.set([
      { kind: "drop-reply", service: "documentum", method: "POST", path: "/folders/[^/]+/documents" },
      { kind: "drop-reply", ...LINK },
    ]);
    const count = 60;
    for (let sent = 0; sent < count; sent += 1) send("all lost");
    await rig.received(count);
    const objects = ofJob("all lost");
    should(objects.length).equal(count);
    should(new Set(objects.map(({ values }) => values.docbridge_key)).size).equal(count);
    should(objects.every(isRetained)).be.true();
    should(rig.sandbox.app.faults.report().map(({ hits }) => hits)).eql([count, count]);
  });

  it("attaches a lifecycle in its state, and reads back state and retainer", async () => {
    await rig.load([
      archive({ retention: "lifecycle", lifecycleName: "demo_record_lifecycle", lifecycleState: "Closed", proofName: "i_retainer_id" }),
    ]);
    send("lifecycle");
    const { receipts } = documentOf((await rig.received())[0]);
    should(receipts.documentum?.policy).match(/^lifecycle 46\w{14}, state Closed; i_retainer_id: \w{16}$/);
    should(ofJob("lifecycle").map(isRetained)).eql([true]);
    await rig.redeploy({ archive: { lifecycleState: "Active" } });
    send("not retaining");
    should((await rig.caught()).error).match({ code: "policy-unconfirmed", message: /i_retainer_id/ });
    await rig.redeploy({ archive: { lifecycleName: "no such lifecycle" } });
    send("no lifecycle");
    should((await rig.received(2, "caught"))[1]?.error).match({ code: "policy-unconfirmed", message: /no such lifecycle/ });
    should(ofJob("no lifecycle")).eql([]);
  });

  it("attaches an aspect and reads it back", async () => {
    await rig.load([archive({ retention: "aspect", aspectName: "demo_retention", proofName: "i_retainer_id" })]);
    send("aspect", "records-10-years");
    should(documentOf((await rig.received())[0]).receipts.documentum?.policy).match(/^aspect demo_retention; i_retainer_id: \w{16}$/);
    should(ofJob("aspect").map(isRetained)).eql([true]);
    await rig.redeploy({ archive: { aspectName: "no_such_aspect" } });
    send("bad aspect", "records-10-years");
    should((await rig.caught()).error).match({ code: "policy-unconfirmed", message: /refused/ });
    should(ofJob("bad aspect").map(isRetained)).eql([false]);
  });

  it("calls the site's own resource with values escaped for their place, and believes only what it reads back", async () => {
    const call = { retention: "extension", extensionMethod: "POST", extensionUrl: "/demo-retention", proofName: "i_retainer_id" };
    const body = '{"object-id":"{{receipt.objectId}}","policy":"{{metadata.retention_class}}"}';
    await rig.load([archive({ ...call, extensionBody: body })]);
    send("extension", "records-10-years");
    should(documentOf((await rig.received())[0]).receipts.documentum?.policy).match(/^extension; i_retainer_id: \w{16}$/);
    const query = "/demo-retention?object-id={{receipt.objectId}}&policy={{metadata.retention_class}}";
    await rig.redeploy({ archive: { extensionMethod: "GET", extensionUrl: query, extensionBody: "" } });
    send("by query", "records-10-years");
    await rig.received(2);
    send("injected", 'x"&policy=records-10-years');
    should((await rig.caught()).error?.code).equal("policy-unconfirmed");
    should(ofJob("injected").map(isRetained)).eql([false]);
    await rig.redeploy({ archive: { extensionUrl: "/demo-retention?object-id={{receipt.objectId}}" } });
    send("only read", "records-10-years");
    should((await rig.received(2, "caught"))[1]?.error).match({ code: "policy-unconfirmed", message: /i_retainer_id did not show it/ });
  });

  it("waits for a job of the server that makes a policy of attributes", async () => {
    await rig.load([archive({ retention: "attributes", waitHours: "1", askAgainSeconds: "0.2" })]);
    switches({ "retention-job-seconds": 1 });
    send("job", "records-10-years");
    await rig.shown("archive", "parked policy-unconfirmed");
    const { receipts } = documentOf((await rig.received())[0]);
    should(receipts.documentum?.policy).match(/^attributes; i_retainer_id: \w{16}$/);
    should(ofJob("job").map(isRetained)).eql([true]);
    switches({ "retention-job-seconds": -1 });
    await rig.redeploy({ archive: { waitHours: "0.0001" } });
    send("no job", "records-10-years");
    const { document } = await rig.caught();
    should(await rig.inState(document?.id as string, "quarantined")).match({ error: { code: "policy-unconfirmed", message: /waited/ } });
  });

  it("asks for a relation as proof where one is named", async () => {
    await rig.load([archive({ proofBy: "relation", proofName: "demo_related" })]);
    send("related");
    should((await rig.caught()).error).match({ code: "policy-unconfirmed", message: /demo_related did not show it/ });
  });

  it("needs a proof for a resource of the site's own", async () => {
    await rig.load([archive({ retention: "extension", extensionMethod: "POST", extensionUrl: "/nowhere", proofName: "" })]);
    send("unproven");
    await rig.shown("archive", "retry configuration");
    should(ofJob("unproven")).eql([]);
  });
});
