import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import should from "should";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { documentumObjects } from "./stored.ts";
import { sha256, someBytes, until } from "./values.ts";

const archive = (values = {}) =>
  node("documentum-archive", "archive", {
    folderPath: "/Statements/{{metadata.job_id}}",
    wires: [["out"]],
    repository: "documentum",
    ledger: "ledger",
    ...values,
  });
const attributes = (jobId: string) => ({ customer_number: "4711", job_id: jobId });
/** Creates of documents, as the stand-in's path has them. */
const CREATE = { service: "documentum", method: "POST", path: "/folders/[^/]+/documents" };

describe("documentum-archive", () => {
  const rig = rigOfSuite();

  const ofJob = (jobId: string) => documentumObjects(rig.dataDir).filter(({ values }) => values.job_id === jobId);
  const folders = (name: string) => documentumObjects(rig.dataDir, "dm_folder").filter(({ values }) => values.object_name === name);

  it("files 16 concurrent documents in one folder that it makes once, and reads every one back", async () => {
    await rig.load([archive({ parallel: "16" })]);
    const sent = Array.from({ length: 16 }, () => someBytes(20_000));
    for (const payload of sent) rig.send("archive", { payload, attributes: attributes("race") });
    const messages = await rig.received(16);
    const made = folders("race");
    made.length.should.equal(1);
    const objects = ofJob("race");
    should(objects.map((object) => object.sha256).sort()).eql(sent.map(sha256).sort());
    should(new Set(objects.flatMap(({ values }) => values.i_folder_id))).eql(new Set([made[0]?.id]));
    for (const message of messages) {
      const { key, content, receipts } = documentOf(message);
      const object = objects.find(({ id }) => id === receipts.documentum?.objectId);
      should(object).match({ sha256: content.sha256, values: { docbridge_key: key, customer_number: "4711" } });
      should(receipts.documentum).match({ verified: "read-back", size: 20_000, location: "/Statements/race" });
    }
    await rig.shown("archive", "archived 16");
    should((await (await rig.ledger()).counts()).byState).eql({ closed: 16 });
  });

  it("sends nothing whose bytes are evidently of another type than declared", async () => {
    await rig.load([archive()]);
    const payload = Buffer.concat([Buffer.from("%PDF-1.7\n"), someBytes(500)]);
    rig.send("archive", { payload, contentType: "text/html", attributes: attributes("declared") });
    const caught = await rig.caught();
    should(caught.error).match({ code: "wrong-media-type", message: /text\/html.*application\/pdf/ });
    await rig.inState(documentOf(caught).id, "quarantined");
    should(rig.inSpool(sha256(payload))).equal(sha256(payload));
    should(ofJob("declared")).eql([]);
  });

  it("makes one object when the reply to the create is lost, and says that it recovered the receipt", async () => {
    await rig.load([archive()]);
    rig.sandbox.app.faults.set([{ kind: "drop-reply", ...CREATE, times: 1 }]);
    const payload = someBytes();
    rig.send("archive", { payload, attributes: attributes("lost-reply") });
    const document = documentOf((await rig.received())[0]);
    should(rig.sandbox.app.faults.report()).match([{ hits: 1, seen: 1 }]);
    should(document.receipts.documentum).match({ recovered: true, verified: "read-back" });
    should(ofJob("lost-reply").map(({ id, ...object }) => [id, object.sha256])).eql([
      [document.receipts.documentum?.objectId, sha256(payload)],
    ]);
    await rig.inState(document.id, "closed");
  });

  it("finds stored bytes that differ and quarantines the document, its own bytes kept", async () => {
    await rig.load([archive()]);
    rig.sandbox.app.faults.set([{ kind: "flip", ...CREATE, times: 1 }]);
    const payload = someBytes();
    rig.send("archive", { payload, attributes: attributes("flipped") });
    const caught = await rig.caught();
    should(caught.error?.code).equal("verification-failed");
    const [stored, ...others] = ofJob("flipped").map((object) => object.sha256);
    should(stored).match(/^[0-9a-f]{64}$/);
    should(stored).not.equal(sha256(payload));
    should(others).eql([]);
    await rig.inState(documentOf(caught).id, "quarantined");
    should((await buffer(await documentOf(caught).content.open())).equals(payload)).be.true();
  });

  it("backs off after 503, waits as long as the server asks, and then archives once", async () => {
    await rig.load([archive()]);
    rig.sandbox.app.faults.set([{ kind: "status", ...CREATE, status: 503, retryAfter: 1, times: 1 }]);
    const payload = someBytes();
    const before = performance.now();
    rig.send("archive", { payload, attributes: attributes("busy") });
    const document = documentOf((await rig.received())[0]);
    should(performance.now() - before).be.aboveOrEqual(1_000);
    should(rig.sandbox.app.faults.report()).match([{ hits: 1, seen: 2 }]);
    should(document.attempt).equal(2);
    await rig.shown("archive", "retry service-unavailable");
    should(ofJob("busy").map((object) => object.sha256)).eql([sha256(payload)]);
  });

  it("lets documents wait while the password is wrong, and goes on when it is corrected", async () => {
    const { user, password } = rig.sandbox.description.documentum;
    await rig.load([archive()], {}, { documentum: { user, password: "wrong-secret" } });
    const payload = someBytes();
    rig.send("archive", { payload, attributes: attributes("password") });
    await rig.shown("archive", "retry authentication-failed");
    should((await (await rig.ledger()).counts()).byState.quarantined).be.undefined();
    should(ofJob("password")).eql([]);
    JSON.stringify(rig.statuses).should.not.match(/wrong-secret/);
    await rig.redeploy({}, { documentum: { user, password } });
    const document = documentOf((await rig.received())[0]);
    should(ofJob("password").map((object) => object.sha256)).eql([sha256(payload)]);
    should((await rig.inState(document.id, "closed")).failures).be.above(0);
    should(rig.messages("caught")).eql([]);
  });

  it("goes on after a redeploy in the middle of an upload, and makes one object", async () => {
    await rig.load([archive()]);
    rig.sandbox.app.faults.set([{ kind: "latency", ...CREATE, ms: 700, times: 1 }]);
    const payload = someBytes();
    rig.send("archive", { payload, attributes: attributes("redeploy") });
    await until("the create is under way", () => rig.sandbox.app.faults.report()[0]?.hits === 1);
    should(ofJob("redeploy")).eql([]);
    await rig.redeploy();
    const ledger = await rig.ledger();
    await until("the document is closed", async () => (await ledger.counts()).byState.closed === 1);
    should(ofJob("redeploy").map((object) => object.sha256)).eql([sha256(payload)]);
    // The upload was let finish: nothing was in doubt, nothing was tried again.
    const record = await ledger.byKey(String(ofJob("redeploy")[0]?.values.docbridge_key));
    should(record).match({ failures: 0, receipts: { documentum: { verified: "read-back" } } });
    should(record?.receipts.documentum?.recovered).be.undefined();
  });

  it("goes on when Node-RED stops all nodes while the server is away, and makes one object", async () => {
    await rig.load([archive()]);
    rig.sandbox.app.faults.set([{ kind: "reset", ...CREATE }]);
    const payload = someBytes();
    rig.send("archive", { payload, attributes: attributes("away") });
    await until("the create was tried", () => (rig.sandbox.app.faults.report()[0]?.hits ?? 0) > 0);
    await rig.redeploy();
    should(ofJob("away")).eql([]);
    rig.sandbox.app.faults.set([]);
    const document = documentOf((await rig.received())[0]);
    should(ofJob("away").map((object) => object.sha256)).eql([sha256(payload)]);
    await rig.inState(document.id, "closed");
  });

  describe("documents made from messages", () => {
    it("takes a text and a file, with their names and media types", async () => {
      await rig.load([archive()]);
      const path = join(rig.dir, "letter.pdf");
      const bytes = someBytes(300_000);
      writeFileSync(path, bytes);
      rig.send("archive", { payload: "Grüße", filename: "greeting.txt", attributes: attributes("text") });
      rig.send("archive", { filename: path, attributes: attributes("file") });
      await rig.received(2);
      should(ofJob("text")).match([{ sha256: sha256("Grüße"), values: { object_name: "greeting.txt" } }]);
      should(ofJob("file")).match([{ sha256: sha256(bytes), values: { object_name: "letter.pdf" } }]);
    });

    it("gives the receipt it has when the same message comes again", async () => {
      await rig.load([archive()]);
      const payload = someBytes();
      rig.send("archive", { payload, attributes: attributes("again") });
      const [first] = await rig.received();
      rig.send("archive", { payload, attributes: attributes("again") });
      const second = (await rig.received(2))[1];
      should(documentOf(second).receipts.documentum).match({ objectId: documentOf(first).receipts.documentum?.objectId });
      should(ofJob("again").length).equal(1);
    });

    it("refuses a message without bytes and a damaged msg.document, naming what is wrong", async () => {
      await rig.load([archive()]);
      rig.send("archive", { payload: { not: "bytes" } });
      should((await rig.caught()).error).match({ code: "invalid-message", message: /msg\.payload/ });
      rig.send("archive", { document: { id: "x", ledger: "ledger", content: { sha256: "secret-value" } } });
      const { error } = (await rig.received(2, "caught"))[1] ?? {};
      should(error).match({ code: "invalid-message", message: /content\.sha256 must be 64 lower-case hex digits/ });
      should(error?.message).not.match(/secret-value/);
      await rig.shown("archive", "invalid-message");
    });

    it("hands an attribute the type does not have to the Catch node, and the document to the quarantine", async () => {
      await rig.load([archive()]);
      rig.send("archive", { payload: someBytes(), attributes: { ...attributes("unknown"), shoe_size: "43" } });
      const caught = await rig.caught();
      should(caught.error).match({ code: "unknown-attribute", message: /shoe_size/, source: { id: "archive" } });
      await rig.inState(documentOf(caught).id, "quarantined");
      await rig.shown("archive", "quarantined unknown-attribute");
      should(ofJob("unknown")).eql([]);
    });
  });

  describe("without its configuration nodes", () => {
    for (const [field, values, others] of [
      ["ledger", { ledger: "gone" }, {}],
      ["ledger", {}, { ledger: { d: true } }],
      ["repository", { repository: "" }, {}],
      ["repository", {}, { documentum: { d: true } }],
    ] as const) {
      it(`says at deploy that '${field}' is missing (${JSON.stringify({ ...values, ...others })})`, async () => {
        await rig.load([archive(values)], others);
        await rig.shown("archive", "configuration");
        const logged = rig.errors().find((text) => text.includes(`'${field}'`));
        should(logged).match(/names no configuration node/);
      });
    }

    it("hands a message to the Catch node when there is no ledger", async () => {
      await rig.load([archive({ ledger: "" })]);
      rig.send("archive", { payload: someBytes() });
      should((await rig.caught()).error).match({ code: "configuration", message: /'ledger'/ });
    });

    it("keeps a document waiting when there is no connection, and archives it when there is one", async () => {
      await rig.load([archive({ repository: "gone" })]);
      const payload = someBytes();
      rig.send("archive", { payload, attributes: attributes("connected") });
      await rig.shown("archive", "retry configuration");
      await rig.redeploy({ archive: { repository: "documentum" } });
      await rig.received();
      should(ofJob("connected").map((object) => object.sha256)).eql([sha256(payload)]);
    });
  });
});
