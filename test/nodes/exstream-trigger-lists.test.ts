import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import should from "should";
import { ledgerCounts } from "../../scripts/support/progress.ts";
import { records } from "../../scripts/support/sandbox-files.ts";
import { control } from "../../scripts/support/sandbox-process.ts";
import { startNodeRed } from "../support/node-red.ts";
import { changed, node, surroundings } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { sha256, someBytes, until } from "./values.ts";

describe("exstream-trigger, folder with list files", () => {
  const rig = rigOfSuite();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(rig.dir, "lists-"));
  });

  const trigger = (values = {}) =>
    node("exstream-trigger", "trigger", {
      ledger: "ledger",
      server: "",
      mode: "folder",
      folder,
      describedBy: "index",
      listName: "*.idx",
      separator: ";",
      recordSeparator: "",
      quote: "",
      header: true,
      columns: "",
      pathColumn: "path",
      encoding: "utf-8",
      fileTemplate: "{{fileName}}",
      documentsFolder: "",
      pollSeconds: "0.1",
      orphanSeconds: "0.3",
      doneWhen: "emitted",
      destinations: "",
      wires: [["out"]],
      ...values,
    });
  const delivery = (values = {}) => trigger({ describedBy: "delivery", listName: "_STDDELIVERYFILE.xml", ...values });
  const put = (name: string, content: string | Buffer, base = folder) => {
    mkdirSync(dirname(join(base, name)), { recursive: true });
    writeFileSync(join(base, name), content);
  };
  const files = (base = folder): string[] =>
    readdirSync(base, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1))
      .sort();
  // The list moves last but for the plan of the moves, which goes when all of them are done.
  // The plan of the moves goes when all of them are done.
  const processed = (list: string, limitMs?: number) =>
    until(
      `${list} in processed/; there are ${files()}`,
      () => {
        const there = files();
        return there.includes(`processed/${list}`) && !there.some((name) => name.endsWith(".moves"));
      },
      limitMs,
    );
  const report = (list: string): Record<string, unknown>[] =>
    readFileSync(join(folder, "error", `${list}.errors.jsonl`), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  const reason = (name: string) =>
    until(`a reason for ${name}; there are ${files()}`, () => {
      const path = join(folder, "error", `${name}.reason.json`);
      const text = existsSync(path) ? readFileSync(path, "utf8") : "";
      return text.endsWith("}\n") ? JSON.parse(text) : undefined;
    });
  const customers = (...each: Record<string, string>[]) =>
    `<?xml version="1.0" encoding="UTF-8"?><deliveryFile jobId="job-d">${each
      .map(
        (keys) =>
          `<customer>${Object.entries(keys)
            .map(([name, value]) => `<key name="${name}">${value}</key>`)
            .join("")}<queueName>PDF</queueName></customer>`,
      )
      .join("\n")}</deliveryFile>`;

  it("takes the documents of an index file in a job's own folder, closes their batch, and moves all of it", async () => {
    await rig.load([trigger()]);
    const bytes = [someBytes(), someBytes(), someBytes()];
    for (const [at, each] of bytes.entries()) put(`job-1/data/${at}.pdf`, each);
    put(
      "job-1/index.idx",
      `path;jobId;customerNumber;accountNumber\n${bytes.map((_, at) => `./data\\${at}.pdf;job-1;47${at};08${at}`).join("\r\n")}`,
    );
    const documents = (await rig.received(3)).map(documentOf);
    for (const [at, each] of bytes.entries()) {
      const document = documents.find(({ content }) => content.sha256 === sha256(each));
      should(document).match({
        source: { system: "exstream", channel: "folder", jobId: "job-1", customerNumber: `47${at}`, fileName: `${at}.pdf` },
        batch: { id: "job-1" },
        metadata: { accountNumber: `08${at}` },
        content: { mediaType: "application/pdf" },
      });
      if (document) (await buffer(await document.content.open())).equals(each).should.be.true();
    }
    await processed("job-1/index.idx");
    should(files()).eql(["0.pdf", "1.pdf", "2.pdf"].map((name) => `processed/job-1/data/${name}`).concat("processed/job-1/index.idx"));
    await until("the batch is closed", async () => (await (await rig.ledger()).batch("job-1"))?.closedAt);
    should(await (await rig.ledger()).batch("job-1")).match({ expected: 3, byState: { closed: 3 } });
    should(await (await rig.ledger()).bookmarks.list("trigger", "")).eql([]);
  });

  it("takes an index file without header, in other separators and another encoding", async () => {
    const rule = {
      header: false,
      columns: "path,-,name",
      separator: "0x1F",
      recordSeparator: "0x1E",
      encoding: "windows-1252",
      listName: "run_*.dat",
    };
    await rig.load([trigger(rule)]);
    put("a.pdf", "a");
    put("run_7.dat", Buffer.from("a.pdf\x1fx\x1fGröße\x1e", "latin1"));
    const document = documentOf((await rig.received())[0]);
    should(document).match({ metadata: { name: "Größe" } });
    // No job is known: the list is the batch.
    should(document.batch?.id).match(/^run_7\.dat \d{4}-/);
    await processed("run_7.dat");
    should(files()).eql(["processed/a.pdf", "processed/run_7.dat"]);
  });

  it("takes what the stand-in Exstream delivers with its delivery file", async () => {
    await rig.load([
      delivery(),
      node("exstream-compose", "compose", { server: "exstream", service: "statements", data: "payload", dataType: "msg" }),
    ]);
    const channel = { name: "out", kind: "folder", folder, sidecar: "none", subfolder: true, deliveryFile: true };
    await control(rig.sandbox.description, "PUT", "/exstream/channels", { channels: [channel] });
    rig.send("compose", { payload: { generate: { customers: 6, seed: 15, variants: ["pdf", "html"], size: 5_000 } } });
    const documents = (await rig.received(12)).map(documentOf);
    const jobId = documents[0]?.source.jobId as string;
    const composed = [...records(rig.dataDir, "exstream", "output").values()].filter((output) => output.jobId === jobId);
    should(documents.map(({ content }) => content.sha256).sort()).eql(composed.map((output) => output.sha256).sort());
    for (const { content, source, metadata, batch } of documents) {
      const output = composed.find((each) => each.sha256 === content.sha256);
      should({ ...source, batch }).match({ jobId, flowStepId: output?.flowStepId, queueName: output?.queueName, batch: { id: jobId } });
      should(metadata).match({
        CISNumber: output?.customerNumber,
        AccountNumber: (output?.keys as { accountNumber: string } | undefined)?.accountNumber,
      });
    }
    await processed(`${jobId}/_STDDELIVERYFILE.xml`);
    await control(rig.sandbox.description, "PUT", "/exstream/channels", { channels: [] });
  });

  it("takes what lies in the product's job tree, with a nested delivery file, and knows the job by its folder", async () => {
    await rig.load([
      delivery({ fileTemplate: "print/{{fileName}}" }),
      node("exstream-compose", "compose", { server: "exstream", service: "statements", data: "payload", dataType: "msg" }),
    ]);
    await control(rig.sandbox.description, "PUT", "/switches", { "exstream.delivery-file-form": "nested" });
    const channel = { name: "out", kind: "folder", folder, sidecar: "none", jobTree: true, byChannel: true, deliveryFile: true };
    await control(rig.sandbox.description, "PUT", "/exstream/channels", { channels: [channel] });
    rig.send("compose", { payload: { generate: { customers: 4, seed: 16, variants: ["pdf"], size: 5_000 } } });
    const documents = (await rig.received(4)).map(documentOf);
    const jobId = documents[0]?.source.jobId as string;
    const composed = [...records(rig.dataDir, "exstream", "output").values()].filter((output) => output.jobId === jobId);
    should(documents.map(({ content }) => content.sha256).sort()).eql(composed.map((output) => output.sha256).sort());
    const { flowInstanceId, flowStepId } = composed[0] as { flowInstanceId: string; flowStepId: string };
    for (const { source } of documents) should(source).match({ jobId, flowInstanceId, flowStepId });
    await processed(`jobs/${jobId}/${flowInstanceId}/docgen/${flowStepId}/output/_STDDELIVERYFILE.xml`);
    await control(rig.sandbox.description, "PUT", "/exstream/channels", { channels: [] });
    await control(rig.sandbox.description, "PUT", "/switches", { "exstream.delivery-file-form": "flat" });
  });

  it("takes documents that are in another folder, by a template", async () => {
    const outputs = mkdtempSync(join(rig.dir, "outputs-"));
    await rig.load([delivery({ documentsFolder: outputs, fileTemplate: "{{jobId}}/archive/{{Account}}_1.pdf" })]);
    put("job-d/archive/08_1.pdf", "08", outputs);
    put("jobs/job-d/x/docgen/y/output/_STDDELIVERYFILE.xml", customers({ Account: "08" }));
    should(documentOf((await rig.received())[0])).match({ source: { jobId: "job-d", fileName: "08_1.pdf" }, metadata: { Account: "08" } });
    await processed("jobs/job-d/x/docgen/y/output/_STDDELIVERYFILE.xml");
    should(files(outputs)).eql(["processed/job-d/archive/08_1.pdf"]);
  });

  it("waits for documents that come after their list, and for the list's marker where there must be one", async () => {
    await rig.load([trigger({ orphanSeconds: "60", completion: "marker", marker: ".ready" })]);
    put("early.idx", "path\nearly.pdf\n");
    put("late.idx", "path\nlate-1.pdf\nlate-2.pdf\n");
    put("late-1.pdf", "1");
    put("late.ready", "");
    should(documentOf((await rig.received())[0]).source.fileName).equal("late-1.pdf");
    put("late-2.pdf", "2");
    should(documentOf((await rig.received(2))[1]).source.fileName).equal("late-2.pdf");
    await processed("late.idx");
    should(files()).eql(["early.idx", "processed/late-1.pdf", "processed/late-2.pdf", "processed/late.idx", "processed/late.ready"]);
  });

  it("reports every bad entry with its reason, and takes all others", async () => {
    await rig.load([trigger()]);
    const outside = mkdtempSync(join(rig.dir, "outside-"));
    writeFileSync(join(outside, "secret.pdf"), "not for the archive");
    symlinkSync(join(outside, "secret.pdf"), join(folder, "link.pdf"));
    mkdirSync(join(folder, "folder.pdf"));
    const good = someBytes();
    put("good.pdf", good);
    put("altered.pdf", "altered");
    put("last.pdf", "last");
    const hash = "0".repeat(64);
    const lines = [
      "path;customerNumber;sha256;name",
      "good.pdf;1;;x",
      "missing.pdf;2;;x",
      `${outside.slice(rig.dir.length).replace(/^\//, "../")}/secret.pdf;3;;x`,
      `${outside}/secret.pdf;4;;x`,
      "link.pdf;5;;x",
      "folder.pdf;6;;x",
      "good.pdf;7",
      `altered.pdf;8;${hash};x`,
      "last.pdf;9;;x",
    ];
    put("run.idx", Buffer.concat([Buffer.from(`${lines.join("\n")}\ncut.pdf;10;;`), Buffer.of(0xe4), Buffer.from("\ncut.pdf;1")]));
    await processed("run.idx");
    should((await rig.received(2)).map((message) => documentOf(message).source.fileName).sort()).eql(["good.pdf", "last.pdf"]);
    should(report("run.idx").map(({ entry, code, customerNumber }) => [entry, code, customerNumber])).eql([
      [2, "document-missing", "2"],
      [3, "path-escape", "3"],
      [4, "path-escape", "4"],
      [5, "path-escape", "5"],
      [6, "document-missing", "6"],
      [7, "wrong-columns", undefined],
      [8, "content-altered", "8"],
      [10, "wrong-encoding", undefined],
      [11, "wrong-columns", undefined],
    ]);
    for (const line of report("run.idx")) should(line.message).be.a.String().and.match(/\S/);
    should(files()).eql([
      "error/altered.pdf",
      "error/run.idx.errors.jsonl",
      "link.pdf",
      "processed/good.pdf",
      "processed/last.pdf",
      "processed/run.idx",
    ]);
    readFileSync(join(outside, "secret.pdf"), "utf8").should.equal("not for the archive");
    rig.inSpool(sha256("not for the archive")).should.equal("missing");
    rig.inSpool(sha256(good)).should.equal(sha256(good));
    await until("the batch is closed", async () => {
      const id = documentOf(rig.messages()[0]).batch?.id as string;
      return (await (await rig.ledger()).batch(id))?.closedAt;
    });
    should((await (await rig.ledger()).counts()).byState).eql({ closed: 2 });
  });

  it("quarantines a PDF that has been cut off, and keeps its bytes", async () => {
    await rig.load([trigger()]);
    put("whole.pdf", "%PDF-1.7 whole %%EOF\n");
    put("cut.pdf", "%PDF-1.7 cut o");
    put("run.idx", "path\nwhole.pdf\ncut.pdf\n");
    await processed("run.idx");
    should(documentOf((await rig.received())[0]).source.fileName).equal("whole.pdf");
    await until("the other is closed", async () => (await (await rig.ledger()).counts()).byState.closed === 1);
    should((await (await rig.ledger()).counts()).byState).eql({ closed: 1, quarantined: 1 });
    rig.inSpool(sha256("%PDF-1.7 cut o")).should.equal(sha256("%PDF-1.7 cut o"));
  });

  it("takes what stands before the damage of a delivery file, and puts the list aside with its reason", async () => {
    await rig.load([delivery({ fileTemplate: "{{n}}.pdf" })]);
    for (const name of ["1", "2", "3"]) put(`${name}.pdf`, name);
    put("_STDDELIVERYFILE.xml", customers({ n: "1" }, { n: "2" }, { n: "3" }).slice(0, -40));
    should(await reason("_STDDELIVERYFILE.xml")).match({ code: "list-unreadable", files: ["_STDDELIVERYFILE.xml"], message: /\S/ });
    should((await rig.received(2)).length).equal(2);
    should(files()).eql([
      "3.pdf",
      "error/_STDDELIVERYFILE.xml",
      "error/_STDDELIVERYFILE.xml.reason.json",
      "processed/1.pdf",
      "processed/2.pdf",
    ]);
  });

  it("refuses a delivery file with entities, whatever is in it", async () => {
    await rig.load([delivery()]);
    const lol = Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join("");
    put("_STDDELIVERYFILE.xml", `<!DOCTYPE d [<!ENTITY l0 "lol">${lol}]>${customers({ fileName: "&l9;" }).slice(38)}`);
    should(await reason("_STDDELIVERYFILE.xml")).match({ code: "list-unreadable", message: /DOCTYPE/ });
    should((await (await rig.ledger()).counts()).byState).eql({});
  });

  it("puts a document aside whose place in the job has other bytes, and knows a list that comes again", async () => {
    await rig.load([trigger()]);
    const list = "path;jobId;customerNumber\na.pdf;j;1\nb.pdf;j;2\n";
    put("a.pdf", "first");
    put("b.pdf", "b");
    put("run.idx", list);
    await processed("run.idx");
    put("a.pdf", "second");
    put("b.pdf", "b");
    put("run.idx", list);
    await processed("run.1.idx");
    should(report("run.idx")).match([{ entry: 1, code: "conflict", jobId: "j", customerNumber: "1", file: "a.pdf" }]);
    should(files()).eql([
      "error/a.pdf",
      "error/run.idx.errors.jsonl",
      ...["a.pdf", "b.1.pdf", "b.pdf", "run.1.idx", "run.idx"].map((name) => `processed/${name}`),
    ]);
    readFileSync(join(folder, "error/a.pdf"), "utf8").should.equal("second");
    should((await (await rig.ledger()).counts()).byState).match({ conflict: 1 });
    await until("both are closed", async () => (await (await rig.ledger()).counts()).byState.closed === 2);
    should(rig.messages().length).equal(2);
  });

  it("says what is wrong with the set-up", async () => {
    const wrong: [values: object, text: RegExp][] = [
      [{ separator: "0xZZ" }, /'separator'/],
      [{ quote: '""' }, /'quote'/],
      [{ describedBy: "delivery", fileTemplate: "{{#a}}" }, /file of an entry/],
    ];
    for (const [values, text] of wrong) {
      await rig.load([trigger(values)]);
      await until(`an error that says ${text}`, () => rig.errors().some((error) => text.test(error)));
      await rig.unload();
    }
    await rig.load([trigger({ header: false, columns: "a,b" })]);
    put("x.idx", "1;2\n");
    await until("an error that names the columns", () => rig.errors().some((error) => error.includes("'pathColumn'")));
    should(files()).eql(["x.idx"]);
  });

  it("pauses while the spool is full, and goes on with a larger one where it stopped", async () => {
    await rig.load([trigger()], { ledger: { spoolGb: "0.00001" } });
    put("small.pdf", someBytes(100));
    put("large.pdf", someBytes(20_000));
    put("run.idx", "path\nsmall.pdf\nlarge.pdf\n");
    await rig.shown("trigger", "spool full");
    should(files()).eql(["large.pdf", "run.idx", "small.pdf"]);
    await rig.redeploy({ ledger: { spoolGb: "1" } });
    await processed("run.idx");
    await rig.received(2);
    await until("both are closed", async () => (await (await rig.ledger()).counts()).byState.closed === 2);
  });

  it("takes nothing twice and loses nothing when Node-RED is killed while it reads, and while it moves", async function () {
    this.timeout(180_000);
    const count = 2_000;
    const bad = 40;
    for (let number = 0; number < count; number += 1) put(`d/${number % 10}/${number}.pdf`, `document ${number}`);
    const lines = Array.from({ length: count }, (_, number) => `d/${number % 10}/${number}.pdf;job-k;${number}`);
    for (let number = 0; number < bad; number += 1) lines.splice(number * 50, 0, "too few");
    put("run.idx", `path;jobId;customerNumber\n${lines.join("\n")}\n`);
    const { nodes } = surroundings(rig.sandbox.description);
    const userDir = mkdtempSync(join(rig.dir, "killed-"));
    const flows = [...changed(nodes, { ledger: { leaseSeconds: "5" } }), trigger({ wires: [[]] })];
    const start = () => startNodeRed({ userDir, flows });
    const known = async (adminUrl: string) =>
      Object.values((await ledgerCounts(adminUrl, "ledger"))?.byState ?? {}).reduce((sum, each) => sum + each, 0);
    const first = await start();
    await until("some documents are in", async () => (await known(first.adminUrl)) > 300, 60_000);
    await first.kill();
    should(files().includes("run.idx")).be.true();
    const second = await start();
    const moved = () => files().filter((name) => name.startsWith("processed/")).length;
    // Every tenth goes here. Looked at as often as can be, so that the kill comes before the last move.
    const tenth = join(folder, "processed/d/0");
    while (!existsSync(tenth) || readdirSync(tenth).length < 6) await setImmediate();
    await second.kill();
    should(moved()).be.within(51, count);
    const third = await start();
    try {
      await processed("run.idx", 60_000);
      await until("all documents are closed", async () => (await ledgerCounts(third.adminUrl, "ledger"))?.byState.closed === count, 60_000);
      should((await ledgerCounts(third.adminUrl, "ledger"))?.byState).eql({ closed: count });
      should(report("run.idx").map(({ entry }) => entry)).eql(Array.from({ length: bad }, (_, number) => number * 50 + 1));
      should(files().length).equal(count + 2);
      should(moved()).equal(count + 1);
    } finally {
      await third.dispose();
    }
  });
});
