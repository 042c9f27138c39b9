import should from "should";
import type { SuspectedOrphans } from "../../dist/core/ledger/console.js";
import { records } from "../../scripts/support/sandbox-files.ts";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { cmsInstances, cssBlobs } from "./stored.ts";
import { sha256, someBytes, until } from "./values.ts";

const UPLOAD = { service: "css", method: "POST", path: "/(content|fromStream)$" };
const CREATE = { service: "cms", method: "POST", path: "/instances/file/def_statement$" };
const COUNT = 1_000;

describe("css-store, when replies are lost", function () {
  this.timeout(180_000);
  const rig = rigOfSuite();

  const store = (values = {}) =>
    node("css-store", "store", { tenant: "css", ledger: "ledger", wires: [["out"]], parallel: "256", lookUp: "doubt", ...values });
  /** Blobs no object refers to: an account that takes nothing of the product for true. */
  const orphaned = (): string[] => {
    const used = new Set([...records(rig.dataDir, "cms", "content").values()].map(({ blob }) => blob));
    return cssBlobs(rig.dataDir).filter((blob) => !used.has(blob));
  };
  async function listed(): Promise<SuspectedOrphans[]> {
    const { console } = await rig.ledger();
    const found: SuspectedOrphans[] = [];
    for (let after: string | undefined; ; ) {
      const page = await console.orphans(300, after);
      found.push(...page.orphans);
      if (!page.next) return found;
      after = page.next;
    }
  }

  it(`makes one object per key of ${COUNT} documents whose every upload and every create lost a reply, and reports just those uploads`, async () => {
    // The pause lets the replies be lost to different documents.
    await rig.load([store()], { css: { parallel: "64" }, ledger: { backoffSeconds: "4", backoffMaxSeconds: "8" } });
    const before = orphaned().length;
    rig.sandbox.app.faults.set([
      { kind: "drop-reply", ...UPLOAD, times: COUNT },
      { kind: "drop-reply", ...CREATE, times: COUNT },
    ]);
    const begun = new Date().toISOString();
    const sent = Array.from({ length: COUNT }, (_, number) => someBytes(500 + number));
    for (const payload of sent) rig.send("store", { payload, attributes: { customer_number: "4711", job_id: "lost" } });
    const ledger = await rig.ledger();
    await until("all documents are closed", async () => (await ledger.counts()).byState.closed === COUNT, 150_000);

    const [uploads, creates] = rig.sandbox.app.faults.report();
    should([uploads?.hits, creates?.hits]).eql([COUNT, COUNT]);
    const objects = cmsInstances(rig.dataDir).filter(({ values }) => values.job_id === "lost");
    should(objects.length).equal(COUNT);
    should(new Set(objects.map(({ values }) => values.docbridge_key)).size).equal(COUNT);
    should(objects.map((object) => object.sha256).sort()).eql(sent.map(sha256).sort());
    should(orphaned().length - before).equal(COUNT);

    should((await ledger.counts()).suspectedOrphans).equal(COUNT);
    const rows = await listed();
    should(rows.reduce((sum, row) => sum + row.uploads, 0)).equal(COUNT);
    const sizes = new Map(rig.messages().map((message) => [documentOf(message).key, documentOf(message).content.size]));
    for (const { key, size, target, uploads: lost, at } of rows) {
      should(size).equal(sizes.get(key));
      should(target).equal("css");
      should(at.length).equal(lost);
      for (const time of at) should(time >= begun && time <= new Date().toISOString()).be.true();
    }
  });

  it("reports the uploads of a document that ends without any object, never as none", async () => {
    await rig.load([store()], { ledger: { maxAttempts: "3", backoffSeconds: "0.05" } });
    rig.sandbox.app.faults.set([{ kind: "drop-reply", ...UPLOAD }]);
    rig.send("store", { payload: someBytes(700), attributes: { customer_number: "4711" } });
    const { document } = await rig.caught();
    await rig.inState(document?.id as string, "quarantined");
    should((await (await rig.ledger()).counts()).suspectedOrphans).equal(3);
    should(await listed()).match([{ key: document?.key, target: "css", size: 700, uploads: 3 }]);
  });
});
