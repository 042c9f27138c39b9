import { writeFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { cmsInstances, cssBlobs } from "./stored.ts";
import { md5, sha256, someBytes, until } from "./values.ts";

const store = (values = {}) => node("css-store", "store", { tenant: "css", ledger: "ledger", wires: [["out"]], ...values });
const attributes = (jobId: string) => ({ customer_number: "4711", job_id: jobId });
/** Uploads of both versions, and creates of CMS objects, as the stand-in's paths have them. */
const UPLOAD = { service: "css", method: "POST", path: "/(content|fromStream)$" };
const CREATE = { service: "cms", method: "POST", path: "/instances/file/def_statement$" };
/** The harmless file every scanner reports, in two halves so that no scanner reports this source. */
const TEST_VIRUS = Buffer.from(["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"].join(""));

describe("css-store", () => {
  const rig = rigOfSuite();

  const ofJob = (jobId: string) => cmsInstances(rig.dataDir).filter(({ values }) => values.job_id === jobId);

  for (const apiVersion of ["v2", "v3"] as const) {
    describe(`over the ${apiVersion} API`, () => {
      it("stores the bytes and one CMS object that carries the document's key and points to them", async () => {
        await rig.load([store()], { css: { apiVersion } });
        const sent = [someBytes(1), someBytes(50_000), someBytes(2_500_000)];
        for (const payload of sent) rig.send("store", { payload, attributes: attributes(apiVersion) });
        const messages = await rig.received(3);
        const instances = ofJob(apiVersion);
        should(instances.map((instance) => instance.sha256).sort()).eql(sent.map(sha256).sort());
        for (const message of messages) {
          const { id, key, content, receipts } = documentOf(message);
          const instance = instances.find((each) => each.id === receipts.css?.objectId);
          const bytes = sent.find((each) => sha256(each) === content.sha256) as Buffer;
          should(instance).match({ sha256: content.sha256, values: { docbridge_key: key, customer_number: "4711" } });
          should(instance?.content).match({ content_size: bytes.length, blob_id: receipts.css?.contentId, rendition_type: "PRIMARY" });
          should(instance?.traits.def_integrity?.primary).match({ sha256: content.sha256, bytes: bytes.length });
          should(receipts.css).match({ verified: "read-back", size: bytes.length });
          if (apiVersion === "v2") {
            should(receipts.css?.checksum).eql({ algorithm: "md5", value: md5(bytes) });
            should(instance?.traits.def_integrity?.primary?.md5).equal(md5(bytes));
          }
          await rig.inState(id, "closed");
        }
        await rig.shown("store", "stored 3");
        should(await (await rig.ledger()).counts()).match({ byState: { closed: 3 }, suspectedOrphans: 0 });
      });

      it("makes one CMS object when the reply to the upload is lost, and counts the bytes nobody can find", async () => {
        await rig.load([store()], { css: { apiVersion } });
        const before = cssBlobs(rig.dataDir).length;
        rig.sandbox.app.faults.set([{ kind: "drop-reply", ...UPLOAD, times: 1 }]);
        const payload = someBytes();
        rig.send("store", { payload, attributes: attributes(`orphan-${apiVersion}`) });
        const { receipts } = documentOf((await rig.received())[0]);
        should(rig.sandbox.app.faults.report()).match([{ hits: 1, seen: 2 }]);
        should(ofJob(`orphan-${apiVersion}`).map((instance) => instance.sha256)).eql([sha256(payload)]);
        should(receipts.css?.suspectedOrphans).equal(1);
        should((await (await rig.ledger()).counts()).suspectedOrphans).equal(1);
        should(cssBlobs(rig.dataDir).length - before).equal(2);
      });
    });
  }

  it("makes one CMS object when the reply to its create is lost, and sends the bytes once", async () => {
    await rig.load([store()]);
    const before = cssBlobs(rig.dataDir).length;
    rig.sandbox.app.faults.set([{ kind: "drop-reply", ...CREATE, times: 1 }]);
    const payload = someBytes();
    rig.send("store", { payload, attributes: attributes("recovered") });
    const { receipts } = documentOf((await rig.received())[0]);
    should(rig.sandbox.app.faults.report()).match([{ hits: 1, seen: 1 }]);
    should(receipts.css).match({ recovered: true, verified: "read-back", objectId: ofJob("recovered")[0]?.id });
    should(ofJob("recovered").map((instance) => instance.sha256)).eql([sha256(payload)]);
    should(cssBlobs(rig.dataDir).length - before).equal(1);
    should((await (await rig.ledger()).counts()).suspectedOrphans).equal(0);
  });

  it("finishes later with the bytes it has stored when the metadata service refuses for a while", async () => {
    await rig.load([store()]);
    const before = cssBlobs(rig.dataDir).length;
    rig.sandbox.app.faults.set([{ kind: "status", ...CREATE, status: 429, times: 2 }]);
    const payload = someBytes();
    rig.send("store", { payload, attributes: attributes("throttled") });
    const { attempt } = documentOf((await rig.received())[0]);
    should(attempt).be.above(1);
    should(ofJob("throttled").map((instance) => instance.sha256)).eql([sha256(payload)]);
    should(cssBlobs(rig.dataDir).length - before).equal(1);
  });

  it("reads nothing back where it is told to trust the server's MD5, and says so in the receipt", async () => {
    await rig.load([store({ verify: "server-checksum" })]);
    rig.sandbox.app.faults.set([{ kind: "status", service: "css", method: "GET", status: 500 }]);
    const payload = someBytes();
    rig.send("store", { payload, attributes: attributes("checksum") });
    const { id, receipts } = documentOf((await rig.received())[0]);
    should(receipts.css).match({ verified: "server-checksum", checksum: { algorithm: "md5", value: md5(payload) } });
    should(rig.sandbox.app.faults.report()).match([{ seen: 0 }]);
    await rig.inState(id, "closed");
  });

  it("finds by reading back that the server stored other bytes than it says, and quarantines the document", async () => {
    await rig.load([store()]);
    rig.sandbox.app.faults.set([{ kind: "flip", ...UPLOAD, times: 1 }]);
    const payload = someBytes();
    rig.send("store", { payload, attributes: attributes("flipped") });
    const caught = await rig.caught();
    should(caught.error?.code).equal("verification-failed");
    await rig.inState(documentOf(caught).id, "quarantined");
    should(rig.messages()).eql([]);
    should(ofJob("flipped")[0]?.sha256).not.equal(sha256(payload));
  });

  it("sends nothing whose bytes are evidently of another type than declared, and lets alone what it does not know", async () => {
    await rig.load([store()]);
    rig.sandbox.app.faults.set([{ kind: "latency", ...UPLOAD, ms: 0 }]);
    const picture = () => Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), someBytes(500)]);
    const send = (payload: Buffer, contentType: string) => rig.send("store", { payload, contentType, attributes: attributes("declared") });
    const first = picture();
    send(first, "application/pdf");
    const caught = await rig.caught();
    should(caught.error).match({ code: "wrong-media-type", message: /application\/pdf.*image\/png/ });
    await rig.inState(documentOf(caught).id, "quarantined");
    should(rig.inSpool(sha256(first))).equal(sha256(first));
    send(Buffer.concat([Buffer.from("%PDF-1.7\n"), someBytes(500)]), "text/html; charset=utf-8");
    await until("both are quarantined", async () => (await (await rig.ledger()).counts()).byState.quarantined === 2);
    should(rig.sandbox.app.faults.report()).match([{ hits: 0 }]);
    send(picture(), "image/png");
    send(picture(), "application/octet-stream");
    send(someBytes(), "application/pdf");
    await rig.received(3);
    should(ofJob("declared").length).equal(3);
  });

  it("quarantines an infected document with its cause and its bytes, asks once, and makes no object", async () => {
    await rig.load([store()]);
    rig.sandbox.app.faults.set([{ kind: "latency", ...UPLOAD, ms: 0 }]);
    rig.send("store", { payload: TEST_VIRUS, attributes: attributes("infected") });
    const caught = await rig.caught();
    should(caught.error).match({ code: "virus-found", source: { id: "store" } });
    should((await rig.inState(documentOf(caught).id, "quarantined")).error?.code).equal("virus-found");
    should(rig.inSpool(documentOf(caught).content.sha256)).equal(sha256(TEST_VIRUS));
    const timeline = await (await rig.ledger()).events(documentOf(caught).id);
    should(timeline.at(-1)).match({
      type: "quarantined",
      data: { code: "virus-found", target: "css", message: /422.*virus scan of CSS refused/ },
    });
    await rig.shown("store", "quarantined virus-found");
    should(rig.sandbox.app.faults.report()).match([{ hits: 1 }]);
    should(ofJob("infected")).eql([]);
    should((await (await rig.ledger()).counts()).suspectedOrphans).equal(0);
    should(rig.messages()).eql([]);
  });

  it("takes a text and a file of a message, and hands a message without bytes to the Catch node", async () => {
    await rig.load([store()]);
    const bytes = someBytes(200_000);
    const path = join(rig.dir, "statement.pdf");
    writeFileSync(path, bytes);
    rig.send("store", { filename: path, attributes: attributes("file") });
    rig.send("store", { payload: "Grüße", filename: "greeting.txt", attributes: attributes("text") });
    await rig.received(2);
    should(ofJob("file")).match([{ sha256: sha256(bytes), content: { name: "statement.pdf", mime_type: "application/pdf" } }]);
    should(ofJob("text")).match([{ sha256: sha256("Grüße"), content: { name: "greeting.txt", mime_type: "text/plain" } }]);
    rig.send("store", { payload: "" });
    should((await rig.caught()).error).match({ code: "invalid-message" });
  });

  it("stores over the hosts of their own that the services have, too", async () => {
    const { origin } = rig.sandbox.description;
    // CSS without the gateway's path, and the platform's address for CMS (wire/css.md 2.1).
    await rig.load([store()], { css: { cssUrl: origin, cmsUrl: origin } });
    const payload = someBytes();
    rig.send("store", { payload, attributes: attributes("hosts") });
    should(documentOf((await rig.received())[0]).receipts.css).match({ verified: "read-back" });
    should(ofJob("hosts").map((instance) => instance.sha256)).eql([sha256(payload)]);
  });

  it("lets an upload finish over a redeploy: one object, no orphan", async () => {
    await rig.load([store()]);
    const before = cssBlobs(rig.dataDir).length;
    rig.sandbox.app.faults.set([{ kind: "latency", ...UPLOAD, ms: 500, times: 1 }]);
    const payload = someBytes();
    rig.send("store", { payload, attributes: attributes("redeploy") });
    await until("the upload is under way", () => rig.sandbox.app.faults.report()[0]?.hits === 1);
    await rig.redeploy();
    const ledger = await rig.ledger();
    await until("the document is closed", async () => (await ledger.counts()).byState.closed === 1);
    should(ofJob("redeploy").map((instance) => instance.sha256)).eql([sha256(payload)]);
    should(cssBlobs(rig.dataDir).length - before).equal(1);
    should((await ledger.counts()).suspectedOrphans).equal(0);
  });

  it("says at deploy that the tenant is missing", async () => {
    await rig.load([store({ tenant: "gone" })]);
    await rig.shown("store", "configuration");
    should(rig.errors().some((text) => text.includes("'tenant'"))).be.true();
  });
});
