import { join } from "node:path";
import should from "should";
import { records, storedInDocumentum } from "../../scripts/support/sandbox-files.ts";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { hashOfFile } from "./stored.ts";
import { sha256, someBytes, until } from "./values.ts";

const COMMON = { folderPath: "/Statements/{{metadata.job_id}}", wires: [["out"]], repository: "documentum", ledger: "ledger" };
const rendition = (values = {}) =>
  node("documentum-archive", "rendition", {
    ...COMMON,
    operation: "rendition",
    findAttribute: "account_number",
    findValue: "{{metadata.account_number}}",
    renditionModifier: "web",
    askAgainSeconds: "0.2",
    ...values,
  });
const ADD = { service: "documentum", method: "POST", path: "/objects/[^/]+/contents" };

describe("documentum-archive, rendition of an object", () => {
  const rig = rigOfSuite();
  const attributes = (account: string) => ({ customer_number: "4711", account_number: account, job_id: "renditions" });
  const send = (to: string, account: string, payload: Buffer, filename = "a.html") =>
    rig.send(to, { payload, filename, attributes: attributes(account) });
  /** The contents of an account's object, as they lie on the sandbox's disk. */
  function contents(account: string) {
    const [object] = storedInDocumentum(rig.dataDir).filter(({ values }) => values.account_number === account);
    const refs = records(rig.dataDir, "documentum", "objects").get(object?.id as string)?.contents as Record<string, unknown>[];
    return refs.map((ref) => ({ ...ref, sha256: hashOfFile(join(rig.dataDir, "documentum", String(ref.id))) }));
  }
  const archived = async (account: string) => {
    const before = rig.messages().length;
    send("archive", account, someBytes(), "a.pdf");
    return documentOf((await rig.received(before + 1))[before]);
  };
  const load = (values = {}) => rig.load([node("documentum-archive", "archive", COMMON), rendition(values)]);

  it("adds the document beside the primary content, with its modifier, verified by reading back", async () => {
    await load();
    const primary = await archived("R-1");
    const payload = someBytes(90_000);
    send("rendition", "R-1", payload);
    const { receipts } = documentOf((await rig.received(2))[1]);
    should(receipts.documentum).match({ objectId: primary.receipts.documentum?.objectId, verified: "read-back", size: 90_000 });
    should(contents("R-1")).match([
      { rendition: 0, sha256: primary.content.sha256 },
      { id: /./, rendition: 2, format: "html", modifier: "web", page: 0, sha256: sha256(payload) },
    ]);
    should(receipts.documentum?.contentId).match(/^06/);
  });

  it("adds it once although the reply was lost", async () => {
    await load();
    await archived("R-2");
    rig.sandbox.app.faults.set([{ kind: "drop-reply", ...ADD, times: 1 }]);
    send("rendition", "R-2", someBytes());
    const { receipts } = documentOf((await rig.received(2))[1]);
    should(rig.sandbox.app.faults.report()).match([{ hits: 1, seen: 1 }]);
    should(receipts.documentum).match({ recovered: true, verified: "read-back" });
    should(contents("R-2").length).equal(2);
  });

  it("puts no other bytes in the place of a rendition, and keeps both modifiers apart", async () => {
    await load({ renditionModifier: "{{variant.role}}" });
    await archived("R-3");
    const first = someBytes();
    send("rendition", "R-3", first);
    await rig.received(2);
    send("rendition", "R-3", someBytes());
    should((await rig.caught()).error).match({ code: "conflict", message: /modifier original/ });
    should(contents("R-3").map((content) => content.sha256)[1]).equal(sha256(first));
    should(contents("R-3").length).equal(2);
  });

  it("finds altered bytes of a rendition and quarantines the document", async () => {
    await load();
    await archived("R-4");
    rig.sandbox.app.faults.set([{ kind: "flip", ...ADD, times: 1 }]);
    send("rendition", "R-4", someBytes());
    should((await rig.caught()).error).match({ code: "verification-failed", message: /rendition/ });
  });

  it("waits for an object that comes later, and quarantines without one where it is told to", async () => {
    await rig.load([
      node("documentum-archive", "archive", COMMON),
      rendition({ ifMissing: "wait" }),
      rendition({ id: "strict", ifMissing: "quarantine" }),
    ]);
    send("strict", "R-5", someBytes());
    should((await rig.caught()).error?.code).equal("not-found");
    const payload = someBytes();
    send("rendition", "R-5", payload);
    await rig.shown("rendition", "parked not-found");
    await archived("R-5");
    await until("the rendition", () => contents("R-5").length === 2);
    should(contents("R-5")[1]?.sha256).equal(sha256(payload));
  });
});
