import should from "should";
import { records } from "../../scripts/support/sandbox-files.ts";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { cmsInstances, cssBlobs, hashOfFile } from "./stored.ts";
import { md5, sha256, someBytes, until } from "./values.ts";

const around = { tenant: "css", ledger: "ledger", wires: [["out"]] };
const rendition = (values = {}) =>
  node("css-store", "rendition", {
    operation: "rendition",
    findAttribute: "account_number",
    findValue: "{{metadata.account_number}}",
    renditionName: "web",
    ifMissing: "quarantine",
    waitHours: "1",
    askAgainSeconds: "0.2",
    ...around,
    ...values,
  });
const ADD = { service: "cms", method: "POST", path: "/contents$" };

describe("css-store, rendition of an object", () => {
  const rig = rigOfSuite();

  const attributes = (account: string) => ({ customer_number: "4711", account_number: account });
  const objectOf = (account: string) => cmsInstances(rig.dataDir).find(({ values }) => values.account_number === account);
  const renditions = (account: string) =>
    [...records(rig.dataDir, "cms", "content").values()]
      .filter(({ owner_id, rendition_type }) => owner_id === objectOf(account)?.id && rendition_type === "SECONDARY")
      .map(({ name, blob, mime_type }) => ({ name, type: mime_type, sha256: hashOfFile(`${rig.dataDir}/css/${blob}`) }));
  const send = (account: string, payload: Buffer, more = {}) =>
    rig.send("rendition", { payload, filename: "page.html", attributes: attributes(account), ...more });
  const primary = async (account: string, at = 1) => {
    rig.send("store", { payload: someBytes(), attributes: attributes(account) });
    await rig.received(at);
  };

  for (const apiVersion of ["v2", "v3"] as const) {
    it(`adds the bytes beside the primary ones, and keeps their hash in the integrity trait: ${apiVersion}`, async () => {
      await rig.load([node("css-store", "store", around), rendition()], { css: { apiVersion } });
      const account = `R-1-${apiVersion}`;
      await primary(account);
      const payload = someBytes(50_000);
      send(account, payload);
      const document = documentOf((await rig.received(2))[1]);
      should(renditions(account)).eql([{ name: "web", type: "text/html", sha256: sha256(payload) }]);
      const object = objectOf(account);
      should(document.receipts.css).match({ objectId: object?.id, size: 50_000, verified: "read-back" });
      should(document.receipts.css).not.have.property("pending");
      should(Object.keys(object?.traits.def_integrity ?? {}).length).equal(2);
      should(object?.traits.def_integrity?.[`rendition_${sha256(payload).slice(0, 16)}`]).eql({
        sha256: sha256(payload),
        bytes: 50_000,
        ...(apiVersion === "v2" ? { md5: md5(payload) } : {}),
      });
      should(object?.traits.def_integrity?.primary?.sha256).equal(object?.sha256);
    });
  }

  it("adds it once when the reply is lost, and when the same bytes come again", async () => {
    await rig.load([node("css-store", "store", around), rendition({ parallel: "8" })]);
    await primary("R-2");
    const before = cssBlobs(rig.dataDir).length;
    rig.sandbox.app.faults.set([{ kind: "drop-reply", ...ADD, times: 1 }]);
    const payload = someBytes();
    send("R-2", payload);
    const { receipts } = documentOf((await rig.received(2))[1]);
    should(receipts.css).match({ recovered: true, verified: "read-back" });
    should(receipts.css).not.have.property("pending");
    // Another document with the same bytes, as after a ledger was lost.
    send("R-2", payload, { filename: "again.html" });
    await rig.received(3);
    should(renditions("R-2").length).equal(1);
    should(cssBlobs(rig.dataDir).length - before).equal(1);
    should((await (await rig.ledger()).counts()).suspectedOrphans).equal(0);
  });

  it("writes the integrity trait later when that fails at first, and closes the document only then", async () => {
    await rig.load([node("css-store", "store", around), rendition()]);
    await primary("R-3");
    rig.sandbox.app.faults.set([{ kind: "status", service: "cms", method: "PATCH", status: 503, times: 2 }]);
    send("R-3", someBytes());
    const document = documentOf((await rig.received(2))[1]);
    should(rig.sandbox.app.faults.report()).match([{ hits: 2, seen: 3 }]);
    await rig.inState(document.id, "closed");
    should(renditions("R-3").length).equal(1);
    should(Object.keys(objectOf("R-3")?.traits.def_integrity ?? {}).length).equal(2);
  });

  it("never replaces other bytes under the same name", async () => {
    await rig.load([node("css-store", "store", around), rendition()]);
    await primary("R-4");
    send("R-4", someBytes());
    await rig.received(2);
    const [there] = renditions("R-4");
    send("R-4", someBytes());
    const caught = await rig.caught();
    should(caught.error).match({ code: "conflict" });
    should(renditions("R-4")).eql([there]);
  });

  it("waits for an object that is not there yet, and sends no bytes before", async () => {
    await rig.load([node("css-store", "store", around), rendition({ ifMissing: "wait" })]);
    const before = cssBlobs(rig.dataDir).length;
    send("R-5", someBytes());
    await rig.shown("rendition", "parked not-found");
    should(cssBlobs(rig.dataDir).length).equal(before);
    await primary("R-5", 1);
    await until("the rendition", () => renditions("R-5").length === 1);
    await rig.received(2);
  });
});
