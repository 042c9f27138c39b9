import should from "should";
import { readsBack } from "../../dist/css/css-store/bytes.js";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { cmsInstances, cssBlobs } from "./stored.ts";
import { sha256, someBytes } from "./values.ts";

const around = { tenant: "css", ledger: "ledger", wires: [["out"]] };
const evidence = (values = {}) =>
  node("css-store", "evidence", {
    operation: "evidence",
    cmsType: "def_evidence",
    findType: "def_statement",
    findAttribute: "docbridge_key",
    findValue: "{{metadata.document_key}}",
    evidenceMissing: "store",
    evidenceTrait: "def_evidence_of",
    evidenceRole: "delivery-proof",
    waitHours: "1",
    askAgainSeconds: "0.2",
    ...around,
    ...values,
  });

describe("css-store, evidence beside a document", () => {
  const rig = rigOfSuite();

  const evidenceOf = (key: string) => cmsInstances(rig.dataDir, "def_evidence").filter(({ values }) => values.document_key === key);
  const send = (key: string, payload: Buffer, id = "evidence") =>
    rig.send(id, { payload, filename: "proof.json", attributes: { document_key: key, job_id: "evidence" } });

  it("stores an object of its own, linked to the document's by key and id, in the document's folder", async () => {
    await rig.load([node("css-store", "store", { ...around, parentFolder: "" }), evidence()]);
    rig.send("store", { payload: someBytes(), attributes: { customer_number: "4711" } });
    const document = documentOf((await rig.received())[0]);
    const proof = someBytes();
    send(document.key, proof);
    const stored = documentOf((await rig.received(2))[1]);
    const [object] = evidenceOf(document.key);
    should(object).match({ sha256: sha256(proof), id: stored.receipts.css?.objectId, values: { docbridge_key: stored.key } });
    should(object?.traits.def_evidence_of).eql({
      of: { document_key: document.key, object_id: document.receipts.css?.objectId, role: "delivery-proof" },
    });
    should(object?.traits.def_integrity?.primary?.sha256).equal(sha256(proof));
    await rig.inState(stored.id, "closed");
  });

  it("links by key alone when the document never made it into CMS, or waits, as it is told", async () => {
    await rig.load([
      evidence(),
      evidence({ id: "waits", evidenceMissing: "wait" }),
      evidence({ id: "strict", evidenceMissing: "quarantine" }),
    ]);
    const key = sha256("never stored");
    send(key, someBytes());
    await rig.received();
    should(evidenceOf(key)[0]?.traits.def_evidence_of).eql({ of: { document_key: key, role: "delivery-proof" } });
    const before = cssBlobs(rig.dataDir).length;
    send(key, someBytes(), "waits");
    await rig.shown("waits", "parked not-found");
    send(key, someBytes(), "strict");
    should((await rig.caught()).error).match({ code: "not-found" });
    should(cssBlobs(rig.dataDir).length).equal(before);
    should(evidenceOf(key).length).equal(1);
  });

  it("makes one object when the reply to its create is lost", async () => {
    await rig.load([evidence()]);
    rig.sandbox.app.faults.set([{ kind: "drop-reply", service: "cms", method: "POST", path: "/def_evidence$", times: 1 }]);
    const key = sha256("lost reply");
    send(key, someBytes());
    should(documentOf((await rig.received())[0]).receipts.css).match({ recovered: true, verified: "read-back" });
    should(evidenceOf(key).length).equal(1);
  });
});

describe("css-store, verifying a sample", () => {
  const rig = rigOfSuite();

  it("reads back the documents whose keys are in the sample, and no other", async () => {
    await rig.load([node("css-store", "store", { ...around, verify: "sampled", samplePercent: "40", parallel: "16" })]);
    rig.sandbox.app.faults.set([{ kind: "latency", service: "css", method: "GET", ms: 0 }]);
    for (let count = 0; count < 60; count += 1) rig.send("store", { payload: someBytes(), attributes: { customer_number: "4711" } });
    const documents = (await rig.received(60)).map((message) => documentOf(message));
    const inSample = documents.filter(({ key }) => readsBack({ by: "sampled", percent: 40 }, key));
    should(inSample.length).be.within(6, 42);
    for (const document of documents) {
      should(document.receipts.css?.verified).equal(inSample.includes(document) ? "read-back" : "server-checksum");
    }
    should(rig.sandbox.app.faults.report()[0]?.hits).equal(inSample.length);
  });

  it("takes a share of all keys, and the bounds by their word", () => {
    const keys = Array.from({ length: 10_000 }, (_, number) => sha256(`key ${number}`));
    const share = (percent: number) => keys.filter((key) => readsBack({ by: "sampled", percent }, key)).length / keys.length;
    should(share(0)).equal(0);
    should(share(100)).equal(1);
    should(share(10)).be.approximately(0.1, 0.015);
    should(keys.some((key) => readsBack({ by: "server-checksum", percent: 100 }, key))).be.false();
    should(keys.every((key) => readsBack({ by: "read-back", percent: 0 }, key))).be.true();
  });
});
