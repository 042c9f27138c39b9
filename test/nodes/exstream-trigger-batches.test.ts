import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import should from "should";
import type { BatchEvent } from "../../dist/exstream/exstream-trigger/batches/batch-event.js";
import { deliver, httpTrigger, PDF_HEADERS } from "./deliveries.ts";
import { node } from "./flows.ts";
import { rigOfSuite } from "./rig.ts";
import { someBytes, until } from "./values.ts";

describe("exstream-trigger, batch events", () => {
  const rig = rigOfSuite();
  const withEvents = { batchEvents: true, outputs: 2, wires: [["out"], ["events"]] };
  const events = () => rig.messages("events").map(({ payload }) => payload as BatchEvent);
  const types = (batch?: string) =>
    events()
      .filter(({ batchId }) => batch === undefined || batchId === batch)
      .map(({ type }) => type)
      .filter((type) => type !== "progress");
  const ended = (batch: string) =>
    until(`the end of ${batch}; there are ${JSON.stringify(events())}`, () =>
      events().find(({ batchId, type }) => batchId === batch && (type === "complete" || type === "failed")),
    );
  const send = (number: number, headers: Record<string, string> = {}) =>
    deliver(
      `${rig.url}/in`,
      { ...PDF_HEADERS, "X-Exstream-Customer-Number": String(number), "X-Exstream-Batch-Expected": "3", ...headers },
      new Uint8Array(someBytes()),
    );

  it("tell the beginning and the end of a batch whose size is known, once each", async () => {
    await rig.load([httpTrigger(withEvents), node("helper", "events")]);
    for (const number of [1, 2]) should((await send(number)).status).equal(201);
    const [opened] = await rig.received(1, "events");
    should(opened).match({ topic: "job-1", payload: { type: "opened", batchId: "job-1", failures: [], sources: [], at: /^\d{4}-/ } });
    should(events()[0]?.counts).match({ expected: 3 });
    await send(3);
    should(await ended("job-1")).match({
      type: "complete",
      counts: { documents: 3, expected: 3, open: 0, closed: 3, quarantined: 0, conflict: 0, rejected: 0, failed: 0 },
      failures: [],
    });
    should(types()).eql(["opened", "complete"]);
    should(rig.messages().length).equal(3);
    should(await (await rig.ledger()).bookmarks.list("trigger", "batch/")).eql([]);
  });

  it("tell the progress of a batch, and which documents were stopped", async () => {
    const waiting = { doneWhen: "receipts", destinations: "documentum" };
    await rig.load([httpTrigger({ ...withEvents, ...waiting }), node("helper", "events")]);
    for (const number of [1, 2, 3]) await send(number);
    await rig.received(3);
    const progress = await until("progress", () => events().find(({ type, counts }) => type === "progress" && counts.documents === 3));
    should(progress).match({ counts: { open: 3, closed: 0, expected: 3 }, failures: [] });
    const ledger = await rig.ledger();
    for (const { document } of rig.messages()) {
      const { id = "", fence = 0 } = document ?? {};
      await ledger.fail({ id, fence, error: { code: "refused", message: "The target says no.", retryable: false, ambiguous: false } });
    }
    const end = await ended("job-1");
    should(end).match({ type: "complete", counts: { documents: 3, open: 0, closed: 0, quarantined: 3 } });
    should(end.failures.map(({ code, customerNumber, message }) => [code, customerNumber, message]).sort()).eql(
      ["1", "2", "3"].map((customer) => ["refused", customer, "The target says no."]),
    );
    for (const { documentId } of end.failures) should(await ledger.get(documentId as string)).match({ state: "quarantined" });
  });

  it("come after a restart too: the end of a batch whose beginning was told before", async () => {
    await rig.load([httpTrigger(withEvents), node("helper", "events")]);
    await send(1);
    await until("opened", () => types().includes("opened"));
    await rig.redeploy({ out: { name: "changed" } });
    await send(2);
    await send(3);
    await ended("job-1");
    should(types()).eql(["opened", "complete"]);
  });

  it("are left out where nobody asked for them", async () => {
    await rig.load([httpTrigger(), node("helper", "events")]);
    for (const number of [1, 2, 3]) await send(number);
    await rig.received(3);
    await until("the batch is closed", async () => (await (await rig.ledger()).batch("job-1"))?.closedAt);
    should(await (await rig.ledger()).bookmarks.list("trigger", "")).eql([]);
    should(events()).eql([]);
  });

  describe("of list files", () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(rig.dir, "batches-"));
    });
    const put = (name: string, content: string) => {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    };
    const trigger = (values = {}) =>
      node("exstream-trigger", "trigger", {
        ledger: "ledger",
        server: "",
        mode: "folder",
        folder,
        describedBy: "index",
        listName: "*.idx",
        separator: ";",
        header: true,
        columns: "",
        pathColumn: "path",
        encoding: "utf-8",
        fileTemplate: "{{fileName}}",
        pollSeconds: "0.1",
        orphanSeconds: "0",
        doneWhen: "emitted",
        destinations: "",
        ...withEvents,
        ...values,
      });

    it("name every entry that could not be taken in", async () => {
      await rig.load([trigger(), node("helper", "events")]);
      for (const name of ["a", "b"]) put(`${name}.pdf`, name);
      put("run.idx", "path;jobId;customerNumber\na.pdf;j1;1\nmissing.pdf;j1;2\nb.pdf;j1\nb.pdf;j1;4\n");
      const end = await ended("j1");
      should(end).match({ type: "complete", counts: { documents: 2, expected: 2, closed: 2, failed: 2 }, error: undefined });
      should(end.failures).match([
        { entry: 2, code: "document-missing", customerNumber: "2", file: "missing.pdf", message: /\S/ },
        { entry: 3, code: "wrong-columns", message: /\S/ },
      ]);
      should(end.sources).match([{ source: "run.idx", report: "error/run.idx.errors.jsonl", failed: 2 }]);
      should(types("j1")).eql(["opened", "complete"]);
    });

    it("tell several batches of one list apart", async () => {
      await rig.load([trigger(), node("helper", "events")]);
      for (const name of ["a", "b"]) put(`${name}.pdf`, name);
      put("run.idx", "path;jobId;customerNumber\na.pdf;j1;1\nmissing.pdf;j1;2\nb.pdf;j2;3\nmissing.pdf;;4\nmissing.pdf;j3;5\n");
      should((await ended("j1")).failures.map(({ customerNumber }) => customerNumber)).eql(["2"]);
      should(await ended("j2")).match({ type: "complete", failures: [], counts: { failed: 0 } });
      const own = await until("the failures of no batch", () => events().find(({ batchId }) => batchId.startsWith("run.idx ")));
      should(own.type).equal("failed");
      should(own.failures.map(({ customerNumber }) => customerNumber)).eql(["4", "5"]);
    });

    it("say that a batch failed when its list cannot be read on, and when no document came of it", async () => {
      await rig.load([trigger({ describedBy: "delivery", listName: "*.xml", fileTemplate: "{{n}}.pdf" }), node("helper", "events")]);
      put("1.pdf", "1");
      put("cut.xml", '<d jobId="j5"><customer><key name="n">1</key></customer><customer><key');
      put("none.xml", "no XML at all");
      should(await ended("j5")).match({ type: "failed", error: { code: "list-unreadable" }, counts: { documents: 1, closed: 1 } });
      const none = await until("the other list", () => events().find(({ batchId }) => batchId.startsWith("none.xml ")));
      should(none).match({ type: "failed", error: { code: "list-unreadable" }, counts: { documents: 0 } });
    });
  });
});
