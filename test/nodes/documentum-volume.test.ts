import should from "should";
import { DocumentumClient } from "../../dist/clients/documentum/documentum.js";
import { TestFolder } from "../clients/support.ts";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { documentumObjects } from "./stored.ts";
import { sha256, someBytes, until } from "./values.ts";

const archive = (values = {}) =>
  node("documentum-archive", "archive", {
    folderPath: "/Statements/{{metadata.job_id}}",
    parallel: "100",
    batchSize: "25",
    batchKilobytes: "64",
    wires: [["out"]],
    repository: "documentum",
    ledger: "ledger",
    ...values,
  });
const BATCH = { service: "documentum", method: "POST", path: "/batches" };
const CREATE = { service: "documentum", method: "POST", path: "/folders/[^/]+/documents" };

describe("documentum-archive at high volume", () => {
  const rig = rigOfSuite();
  const attributes = (jobId: string) => ({ customer_number: "4711", job_id: jobId });
  const ofJob = (jobId: string) => documentumObjects(rig.dataDir).filter(({ values }) => values.job_id === jobId);
  const send = (jobId: string, payloads: Buffer[], more: (at: number) => object = () => ({})) =>
    payloads.forEach((payload, at) => {
      rig.send("archive", { payload, attributes: { ...attributes(jobId), ...more(at) } });
    });
  const some = (count: number, size = 2_000) => Array.from({ length: count }, () => someBytes(size));
  /** Counts requests without touching them. */
  const counted = (...rules: object[]) => rig.sandbox.app.faults.set(rules.map((rule) => ({ kind: "latency", ms: 0, ...rule })) as never);
  const seen = () => rig.sandbox.app.faults.report().map((report) => report.seen);

  it("creates many small documents with few requests, one object each, and reads every one back", async () => {
    await rig.load([archive()]);
    counted(BATCH, CREATE);
    const sent = some(100);
    send("volume", sent);
    const messages = await rig.received(100);
    const [batches = 0, singles = 0] = seen();
    // What finds itself alone needs no batch around it.
    should(batches + singles).be.within(4, 20);
    should(
      ofJob("volume")
        .map((object) => object.sha256)
        .sort(),
    ).eql(sent.map(sha256).sort());
    for (const { receipts } of messages.map(documentOf))
      should(receipts.documentum).match({ verified: "read-back", location: "/Statements/volume" });
    should(documentumObjects(rig.dataDir, "dm_folder").filter(({ values }) => values.object_name === "volume").length).equal(1);
  });

  it("quarantines the one that is refused, and archives the others of its batch", async () => {
    await rig.load([archive()]);
    const sent = some(20);
    send("one bad", sent, (at) => (at === 7 ? { shoe_size: "43" } : {}));
    await rig.received(19);
    should((await rig.caught()).error).match({ code: "unknown-attribute", message: /shoe_size/ });
    should(ofJob("one bad").length).equal(19);
  });

  it("makes one object each when the reply to a whole batch is lost, and looks their keys up together", async () => {
    await rig.load([archive()]);
    rig.sandbox.app.faults.set([
      { kind: "drop-reply", ...BATCH, times: 1 },
      { kind: "latency", ms: 0, service: "documentum", method: "GET", path: "/repositories/demo$" },
    ]);
    const sent = some(25);
    send("lost batch", sent);
    const messages = await rig.received(25);
    should(rig.sandbox.app.faults.report()[0]?.hits).equal(1);
    should(
      ofJob("lost batch")
        .map((object) => object.sha256)
        .sort(),
    ).eql(sent.map(sha256).sort());
    const recovered = messages.map(documentOf).filter(({ receipts }) => receipts.documentum?.recovered).length;
    should(recovered).be.above(1);
    // Folder, keys, and what else the node asks: far fewer queries than documents.
    should(rig.sandbox.app.faults.report()[1]?.seen).be.below(recovered);
  });

  it("makes one object each when the server fails in the middle of batches", async () => {
    await rig.load([archive()]);
    rig.sandbox.app.faults.set([
      { kind: "drop-reply", ...BATCH, rate: 0.3, seed: 3 },
      { kind: "status", ...BATCH, status: 503, rate: 0.3, seed: 4 },
    ]);
    const sent = some(100);
    send("trouble", sent);
    await rig.received(100);
    should(
      ofJob("trouble")
        .map((object) => object.sha256)
        .sort(),
    ).eql(sent.map(sha256).sort());
  });

  it("sends large documents alone, and all of them where the server takes no batch", async () => {
    await rig.load([archive({ batchKilobytes: "10" })]);
    counted(BATCH, CREATE);
    send("mixed", [...some(5), ...some(3, 50_000)]);
    await rig.received(8);
    should(seen()[1]).equal(3);
    rig.sandbox.app.faults.set([
      { kind: "status", ...BATCH, status: 400 },
      { kind: "latency", ms: 0, ...CREATE },
    ]);
    send("no batches", some(5));
    await rig.received(13);
    should(seen()[1]).equal(5);
    should(ofJob("no batches").length).equal(5);
    should(rig.messages("caught")).eql([]);
  });

  it("finds altered bytes of one document in a batch", async () => {
    await rig.load([archive()]);
    rig.sandbox.app.faults.set([{ kind: "flip", ...BATCH, times: 1 }]);
    send("flipped batch", some(10));
    should((await rig.caught()).error?.code).equal("verification-failed");
    const ledger = await rig.ledger();
    await until("all have ended", async () => {
      const { byState } = await ledger.counts();
      return (byState.closed ?? 0) + (byState.quarantined ?? 0) === 10;
    });
    for (const object of ofJob("flipped batch")) {
      const record = await ledger.byKey(String(object.values.docbridge_key));
      should(record?.state).equal(record?.content.sha256 === object.sha256 ? "closed" : "quarantined");
    }
  });

  it("creates each folder once although 16 workers need it at the same moment", async () => {
    await rig.load([]);
    const { contextUrl, repository, user, password } = rig.sandbox.description.documentum;
    const files = new TestFolder();
    const workers = Array.from(
      { length: 16 },
      () => new DocumentumClient({ contextUrl, repository, credentials: { kind: "basic", user, password }, maxConcurrent: 4 }),
    );
    try {
      await Promise.all(
        workers.flatMap((worker, at) =>
          Array.from({ length: 4 }, (_, level) =>
            worker.createDocument({
              folder: `/Statements/Race of 16/${level % 2}/deep`,
              type: "demo_statement",
              properties: { object_name: `${at}-${level}`, customer_number: "4711", job_id: "race of 16" },
              content: files.file(500),
            }),
          ),
        ),
      );
      const folders = documentumObjects(rig.dataDir, "dm_folder").map(({ values }) => values.object_name);
      should(folders.filter((name) => name === "Race of 16").length).equal(1);
      should(folders.filter((name) => name === "deep").length).equal(2);
      should(new Set(ofJob("race of 16").flatMap(({ values }) => values.i_folder_id as string[])).size).equal(2);
      should(ofJob("race of 16").length).equal(64);
    } finally {
      for (const worker of workers) worker.close();
      files.remove();
    }
  });
});
