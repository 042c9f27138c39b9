import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import should from "should";
import { ledgerCounts } from "../../scripts/support/progress.ts";
import { records } from "../../scripts/support/sandbox-files.ts";
import { control } from "../../scripts/support/sandbox-process.ts";
import { startNodeRed } from "../support/node-red.ts";
import { changed, node, surroundings } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { sha256, someBytes, until } from "./values.ts";

const sidecar = (values = {}) => JSON.stringify({ jobId: "job-f", customerNumber: "4711", keys: { accountNumber: "0815" }, ...values });
const XML_SIDECAR =
  '<document><jobId>job-f</jobId><customerNumber>4711</customerNumber><file><mimeType>application/pdf</mimeType></file><key name="accountNumber">0815</key></document>';

describe("exstream-trigger, folder", () => {
  const rig = rigOfSuite();
  let folder: string;
  let folders = 0;
  beforeEach(() => {
    folders += 1;
    folder = join(rig.dir, `folder-${folders}`);
    mkdirSync(folder);
  });

  const trigger = (values = {}) =>
    node("exstream-trigger", "trigger", {
      ledger: "ledger",
      server: "",
      mode: "folder",
      folder,
      pollSeconds: "0.1",
      orphanSeconds: "60",
      doneWhen: "emitted",
      destinations: "",
      wires: [["out"]],
      ...values,
    });
  const put = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content);
  const inFolder = (below = "") => (existsSync(join(folder, below)) ? readdirSync(join(folder, below)).sort() : []);
  /** Why a file is in error/; the reason is written after the files were moved. */
  const reason = (name: string) =>
    until(`a reason for ${name} in error/, which has ${inFolder("error")}`, () => {
      const path = join(folder, "error", `${name}.reason.json`);
      const text = existsSync(path) ? readFileSync(path, "utf8") : "";
      return text.endsWith("}\n") ? JSON.parse(text) : undefined;
    });
  /** Files are moved after the document is on its way: linked first, then unlinked. */
  const moved = (below: string, names: string[]) =>
    until(`${names} in ${below}/, which has ${inFolder(below)}`, () =>
      names.every((name) => inFolder(below).includes(name) && !inFolder().includes(name)),
    );

  for (const [order, names] of [
    ["the document first", ["document", "sidecar"]],
    ["the sidecar first", ["sidecar", "document"]],
  ] as const) {
    for (const [kind, ending, text] of [
      ["JSON", "json", sidecar()],
      ["XML", "xml", XML_SIDECAR],
    ] as const) {
      it(`takes a document with its sidecar in ${kind}, ${order}`, async () => {
        await rig.load([trigger()]);
        const bytes = someBytes(30_000);
        const write = { document: () => put("statement.pdf", bytes), sidecar: () => put(`statement.${ending}`, text) };
        for (const name of names) {
          write[name]();
          if (name === names[0]) put(`z-${name}.tmp`, "");
        }
        const document = documentOf((await rig.received())[0]);
        should(document).match({
          source: { system: "exstream", channel: "folder", jobId: "job-f", customerNumber: "4711", fileName: "statement.pdf" },
          batch: { id: "job-f" },
          metadata: { accountNumber: "0815" },
          content: { sha256: sha256(bytes), size: 30_000, mediaType: "application/pdf" },
        });
        (await buffer(await document.content.open())).equals(bytes).should.be.true();
        rig.inSpool(sha256(bytes)).should.equal(sha256(bytes));
        await moved("processed", ["statement.pdf", `statement.${ending}`]);
        readFileSync(join(folder, "processed/statement.pdf")).equals(bytes).should.be.true();
        readFileSync(join(folder, `processed/statement.${ending}`), "utf8").should.equal(text);
        should(inFolder()).eql(["processed", `z-${names[0]}.tmp`]);
        await rig.inState(document.id, "closed");
      });
    }
  }

  it("waits for the marker where there must be one, and moves it with its document", async () => {
    await rig.load([trigger({ completion: "marker", marker: ".ready" })]);
    const [early, late] = [someBytes(), someBytes()];
    put("early.pdf", early);
    put("early.json", sidecar({ customerNumber: "1" }));
    // A pair that came later and is complete tells that the first one was seen and left alone.
    put("late.pdf", late);
    put("late.json", sidecar({ customerNumber: "2" }));
    put("late.ready", "");
    should(documentOf((await rig.received())[0]).content.sha256).equal(sha256(late));
    await moved("processed", ["late.pdf", "late.json", "late.ready"]);
    should(inFolder()).eql(["early.json", "early.pdf", "processed"]);
    put("early.ready", "");
    should(documentOf((await rig.received(2))[1]).content.sha256).equal(sha256(early));
    await moved("processed", ["early.pdf", "early.json", "early.ready"]);
  });

  it("leaves a file alone that is still growing, and takes it whole", async () => {
    await rig.load([trigger()]);
    put("growing.json", sidecar({ customerNumber: "1" }));
    put("growing.pdf", "");
    const growth = setInterval(() => appendFileSync(join(folder, "growing.pdf"), someBytes(100)), 10);
    try {
      put("whole.pdf", someBytes());
      put("whole.json", sidecar({ customerNumber: "2" }));
      should(documentOf((await rig.received())[0]).source.fileName).equal("whole.pdf");
      put("later.pdf", someBytes());
      put("later.json", sidecar({ customerNumber: "3" }));
      should(documentOf((await rig.received(2))[1]).source.fileName).equal("later.pdf");
    } finally {
      clearInterval(growth);
    }
    const bytes = readFileSync(join(folder, "growing.pdf"));
    const document = documentOf((await rig.received(3))[2]);
    should(document).match({ source: { fileName: "growing.pdf" }, content: { sha256: sha256(bytes), size: bytes.length } });
  });

  it("takes a document of no bytes when its sidecar is there", async () => {
    await rig.load([trigger()]);
    put("empty.pdf", "");
    put("empty.json", sidecar());
    should(documentOf((await rig.received())[0]).content).match({ size: 0, sha256: sha256("") });
    await moved("processed", ["empty.pdf", "empty.json"]);
  });

  describe("what cannot be taken goes to error/ with its reason, the bytes as they were:", () => {
    const pathEscape = '{"jobId":"j","file":{"name":"../../escaped.pdf"}}';
    const cases: [what: string, name: string, text: string, code: string][] = [
      ["a sidecar that is no JSON", "x.json", '{"jobId": "j', "sidecar-unreadable"],
      ["a sidecar that is no XML", "x.xml", "<document><jobId>j</document>", "sidecar-unreadable"],
      ["a sidecar with an entity", "x.xml", '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/hostname">]><d>&e;</d>', "sidecar-unreadable"],
      ["a file name that leaves the folder", "x.json", pathEscape, "path-escape"],
      ["a file name that leaves the folder, in XML", "x.xml", "<d><file><name>/etc/escaped.pdf</name></file></d>", "path-escape"],
      ["another hash than the sidecar says", "x.json", `{"jobId":"j","file":{"sha256":"${"0".repeat(64)}"}}`, "content-altered"],
      ["another size than the sidecar says", "x.json", '{"jobId":"j","file":{"size":1}}', "content-altered"],
    ];
    for (const [what, name, text, code] of cases) {
      it(`${what} (${code})`, async () => {
        await rig.load([trigger()]);
        const bytes = someBytes();
        put("x.pdf", bytes);
        put(name, text);
        await moved("error", ["x.pdf", name, "x.pdf.reason.json"]);
        should(await reason("x.pdf")).match({ code, files: ["x.pdf", name], message: /\S/ });
        readFileSync(join(folder, "error/x.pdf")).equals(bytes).should.be.true();
        readFileSync(join(folder, "error", name), "utf8").should.equal(text);
        should(inFolder()).eql(["error"]);
        should((await (await rig.ledger()).counts()).byState).eql({});
        existsSync(join(folder, "../escaped.pdf")).should.be.false();
      });
    }

    it("a document without sidecar and a sidecar without document, when their time is over", async () => {
      await rig.load([trigger({ orphanSeconds: "0.3" })]);
      const bytes = someBytes();
      put("lonely.pdf", bytes);
      put("widow.json", sidecar());
      await moved("error", ["lonely.pdf", "lonely.pdf.reason.json", "widow.json", "widow.json.reason.json"]);
      should(await reason("lonely.pdf")).match({ code: "sidecar-missing", subject: "lonely.pdf" });
      should(await reason("widow.json")).match({ code: "document-missing", subject: "widow.json" });
      readFileSync(join(folder, "error/lonely.pdf")).equals(bytes).should.be.true();
    });

    it("nothing a link leads to", async () => {
      await rig.load([trigger({ orphanSeconds: "0.3" })]);
      const outside = join(rig.dir, "outside.pdf");
      writeFileSync(outside, "not for the archive");
      symlinkSync(outside, join(folder, "link.pdf"));
      put("link.json", sidecar());
      await moved("error", ["link.json", "link.json.reason.json"]);
      should((await reason("link.json")).code).equal("document-missing");
      readFileSync(outside, "utf8").should.equal("not for the archive");
      rig.inSpool(sha256("not for the archive")).should.equal("missing");
    });

    it("the same place in a job with other bytes, and both are in the ledger", async () => {
      await rig.load([trigger()]);
      const [first, second] = [someBytes(), someBytes()];
      put("x.pdf", first);
      put("x.json", sidecar());
      await moved("processed", ["x.pdf", "x.json"]);
      put("x.pdf", second);
      put("x.json", sidecar());
      await moved("error", ["x.pdf", "x.json", "x.pdf.reason.json"]);
      should((await reason("x.pdf")).code).equal("conflict");
      should((await (await rig.ledger()).counts()).byState).eql({ closed: 1, conflict: 1 });
      rig.inSpool(sha256(second)).should.equal(sha256(second));
      readFileSync(join(folder, "error/x.pdf")).equals(second).should.be.true();
    });
  });

  it("knows a document that comes again, overwrites nothing in processed/, and emits it once", async () => {
    await rig.load([trigger()]);
    const bytes = someBytes();
    for (const suffix of ["", ".1"]) {
      put("x.pdf", bytes);
      put("x.json", sidecar());
      await moved("processed", [`x${suffix}.pdf`, `x${suffix}.json`]);
    }
    readFileSync(join(folder, "processed/x.1.pdf")).equals(bytes).should.be.true();
    await until("one document is closed", async () => (await (await rig.ledger()).counts()).byState.closed === 1);
    should(rig.messages().length).equal(1);
  });

  it("pauses while the spool is full, leaves the files where they are, and goes on with a larger one", async () => {
    await rig.load([trigger()], { ledger: { spoolGb: "0.00001" } });
    const bytes = someBytes(20_000);
    put("x.pdf", bytes);
    put("x.json", sidecar());
    await rig.shown("trigger", "spool full");
    should(inFolder()).eql(["x.json", "x.pdf"]);
    await rig.redeploy({ ledger: { spoolGb: "1" } });
    should(documentOf((await rig.received())[0]).content.sha256).equal(sha256(bytes));
    await moved("processed", ["x.pdf", "x.json"]);
  });

  it("says that the folder is away, and goes on when it is back", async () => {
    rmSync(folder, { recursive: true });
    await rig.load([trigger()]);
    await rig.shown("trigger", "configuration");
    should(rig.errors().filter((text) => text.includes(folder)).length).equal(1);
    const prepared = `${folder}-prepared`;
    mkdirSync(prepared);
    writeFileSync(join(prepared, "x.pdf"), "bytes");
    writeFileSync(join(prepared, "x.json"), sidecar());
    renameSync(prepared, folder);
    should(documentOf((await rig.received())[0]).content.sha256).equal(sha256("bytes"));
    await rig.shown("trigger", "watching");
  });

  it("takes what the stand-in Exstream delivers into the folder", async () => {
    await rig.load([
      trigger(),
      node("exstream-compose", "compose", { server: "exstream", service: "statements", data: "payload", dataType: "msg" }),
    ]);
    const channel = { kind: "folder", folder, sidecarName: "full" };
    const channels = [
      { ...channel, name: "pdf", sidecar: "json", variants: ["pdf"] },
      { ...channel, name: "html", sidecar: "xml", variants: ["html"] },
    ];
    await control(rig.sandbox.description, "PUT", "/exstream/channels", { channels });
    rig.send("compose", { payload: { generate: { customers: 6, seed: 5, variants: ["pdf", "html"], size: 5_000 } } });
    const documents = (await rig.received(12)).map(documentOf);
    const composed = [...records(rig.dataDir, "exstream", "output").values()];
    should(documents.map(({ content }) => content.sha256).sort()).eql(composed.map((output) => output.sha256).sort());
    for (const { content, source } of documents) {
      const output = composed.find((each) => each.sha256 === content.sha256);
      should(source).match({ jobId: output?.jobId, customerNumber: output?.customerNumber });
    }
    await control(rig.sandbox.description, "PUT", "/exstream/channels", { channels: [] });
  });

  it("finishes a move that a kill broke off, and takes no sidecar of another document for a part of it", async () => {
    mkdirSync(join(folder, "processed"));
    for (const name of ["cut.pdf", "whole.pdf", "whole.xml", "linked.pdf"]) put(`processed/${name}`, name);
    linkSync(join(folder, "processed/linked.pdf"), join(folder, "linked.pdf"));
    put("linked.json", sidecar({ customerNumber: "3" }));
    put("linked.done", "");
    put("processed/last.pdf", "last.pdf");
    put("processed/last.json", sidecar({ customerNumber: "4" }));
    linkSync(join(folder, "processed/last.json"), join(folder, "last.json"));
    put("last.done", "");
    put("cut.json", sidecar());
    put("cut.done", "");
    put("whole.json", sidecar({ customerNumber: "2" }));
    await rig.load([trigger({ completion: "marker" })]);
    await moved("processed", ["cut.json", "cut.done", "linked.json", "linked.done", "last.json", "last.done"]);
    should(inFolder("processed")).not.containEql("linked.1.pdf");
    should(documentOf((await rig.received())[0]).content.sha256).equal(sha256("linked.pdf"));
    const bytes = someBytes();
    put("whole.pdf", bytes);
    put("whole.done", "");
    should(documentOf((await rig.received(2))[1]).content.sha256).equal(sha256(bytes));
    await moved("processed", ["whole.1.pdf", "whole.json", "whole.done"]);
    should(inFolder()).eql(["processed"]);
  });

  it("takes nothing twice and loses nothing when Node-RED is killed in the middle", async function () {
    this.timeout(120_000);
    const count = 80;
    for (let number = 0; number < count; number += 1) {
      put(`s-${number}.pdf`, someBytes());
      put(`s-${number}.json`, sidecar({ customerNumber: String(number) }));
    }
    const { nodes } = surroundings(rig.sandbox.description);
    const userDir = join(rig.dir, "killed");
    mkdirSync(userDir);
    const start = () => startNodeRed({ userDir, flows: [...changed(nodes, { ledger: { leaseSeconds: "5" } }), trigger({ wires: [[]] })] });
    const taken = () => inFolder("processed").filter((name) => name.endsWith(".pdf")).length;
    const first = await start();
    await until("some files are taken", () => taken() > 0);
    await first.kill();
    const before = taken();
    should(before).be.within(1, count - 1);
    const second = await start();
    try {
      await until("all files are taken", () => taken() === count && inFolder().length === 1, 45_000);
      const closed = async () => (await ledgerCounts(second.adminUrl, "ledger"))?.byState.closed;
      await until("all documents are closed", async () => (await closed()) === count, 45_000);
      should((await ledgerCounts(second.adminUrl, "ledger"))?.byState).eql({ closed: count });
      should(inFolder("error")).eql([]);
      should(inFolder("processed").length).equal(2 * count);
    } finally {
      await second.dispose();
    }
  });
});
