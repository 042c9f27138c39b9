import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SaxesParser } from "saxes";
import should from "should";
import { CUSTOMERS, type Json, Sandbox, sha256 } from "./exstream-support.ts";

describe("exstream output by folder", function () {
  this.timeout(60_000);
  let sandbox: Sandbox;
  let folder: string;

  before(async () => {
    sandbox = await Sandbox.start();
  });
  after(() => sandbox.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "exstream-folder-"));
  });
  afterEach(async () => {
    await sandbox.channels();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = async (body: object, channel: object) => {
    await sandbox.channels({ name: "folder", kind: "folder", folder, ...channel });
    const { jobId, id } = await sandbox.submit(body);
    (await sandbox.ended(jobId)).status.should.equal("complete");
    return { jobId, id };
  };

  it("writes document and JSON sidecar, and leaves nothing half-written", async () => {
    const { jobId } = await run({ customers: CUSTOMERS }, {});
    readdirSync(folder)
      .sort()
      .should.deepEqual([
        "statement-000001-4711_1.json",
        "statement-000001-4711_1.pdf",
        "statement-000002-4711_2.json",
        "statement-000002-4711_2.pdf",
      ]);
    const sidecar = JSON.parse(readFileSync(join(folder, "statement-000001-4711_1.json"), "utf8")) as Json;
    sidecar.schemaVersion.should.equal(1);
    sidecar.jobId.should.equal(jobId);
    sidecar.keys.accountNumber.should.equal("4711/1");
    sidecar.recipient.name.should.equal(CUSTOMERS[0].name);
    sidecar.batch.should.deepEqual({ seq: 1, expected: 2 });
    sha256(readFileSync(join(folder, sidecar.file.name))).should.equal(sidecar.file.sha256);
  });

  it("writes *.tmp first, renames it, and writes the sidecar and the markers last", async () => {
    const seen: string[] = [];
    const watcher = watch(folder, (_event, name) => {
      if (name && seen.at(-1) !== name) seen.push(name);
    });
    const channel = { marker: ".done", jobMarker: ".trigger" };
    const { jobId } = await run({ job: { size: 3_000_000 }, customers: [CUSTOMERS[0]] }, channel);
    const stem = "statement-000001-4711_1";
    const wanted = [`${stem}.pdf.tmp`, `${stem}.pdf`, `${stem}.json.tmp`, `${stem}.json`, `${stem}.done`, `${jobId}.trigger`];
    // Notices of the system come a little after the fact.
    while (!seen.includes(`${jobId}.trigger`)) await new Promise((resolve) => setImmediate(resolve));
    watcher.close();
    const order = wanted.map((name) => seen.indexOf(name));
    order.should.deepEqual([...order].sort((a, b) => a - b));
    order.should.not.containEql(-1);
    readdirSync(folder)
      .sort()
      .should.deepEqual([`${jobId}.trigger`, `${stem}.done`, `${stem}.json`, `${stem}.pdf`].sort());
  });

  it("writes XML and MDAS-like sidecars that parse, under the full file name", async () => {
    await run({ customers: [CUSTOMERS[0]] }, { sidecar: "xml", sidecarName: "full" });
    const plain = elements(readFileSync(join(folder, "statement-000001-4711_1.pdf.xml"), "utf8"));
    plain.get("document/keys/accountNumber")?.should.deepEqual(["4711/1"]);
    plain.get("document/recipient/name")?.should.deepEqual([CUSTOMERS[0].name]);
    plain.get("document/recipient/address")?.should.deepEqual(CUSTOMERS[0].address);
    await run({ customers: [CUSTOMERS[0]] }, { sidecar: "mdas" });
    const mdas = elements(readFileSync(join(folder, "statement-000001-4711_1.xml"), "utf8"));
    mdas.get("MDAS/entity")?.should.deepEqual(["Statement"]);
    mdas.has("MDAS/ACL").should.be.true();
    mdas.get("MDAS/attr/AccountNumber")?.should.deepEqual(["4711/1"]);
    mdas.get("MDAS/attr/RecipientName")?.should.deepEqual([CUSTOMERS[0].name]);
    mdas.get("MDAS/attr/FileSha256")?.should.deepEqual([sha256(readFileSync(join(folder, "statement-000001-4711_1.pdf")))]);
  });

  it("puts each job into a folder of its own, with its delivery file", async () => {
    const { jobId } = await run(
      { job: { variants: ["pdf", "html"] }, customers: CUSTOMERS },
      { subfolder: true, deliveryFile: true, sidecar: "none" },
    );
    readdirSync(folder).should.deepEqual([jobId]);
    const names = readdirSync(join(folder, jobId));
    names.should.have.length(5);
    const xml = elements(readFileSync(join(folder, jobId, "_STDDELIVERYFILE.xml"), "utf8"));
    (xml.get("deliveryFile/customer/queueName") ?? []).sort().should.deepEqual(["HTML", "HTML", "PDF", "PDF"]);
    for (const name of xml.get("deliveryFile/customer/fileName") ?? []) names.should.containEql(name);
  });

  it("writes an index file with the separator and columns asked for, paths relative to it, after the last document", async () => {
    const index = {
      name: "archive.idx",
      separator: "1F",
      columns: ["Path", "AccountNumber", "QueueName", "RecipientName", "FileSize", "Email"],
      header: true,
    };
    const { jobId } = await run(
      { job: { variants: ["pdf", "html", "mobile", "sms"] }, customers: CUSTOMERS },
      { subfolder: true, byChannel: true, sidecar: "none", index, jobMarker: ".done" },
    );
    readdirSync(join(folder, jobId))
      .sort()
      .should.deepEqual([`${jobId}.done`, "archive.idx", "email", "mobile", "print", "sms"].sort());
    const [head, ...lines] = readFileSync(join(folder, jobId, "archive.idx"), "utf8")
      .trimEnd()
      .split("\n");
    should(head).equal(index.columns.join("\u001f"));
    lines.should.have.length(8);
    for (const line of lines) {
      const [path, account, queue, name, size, unknown] = line.split("\u001f") as [string, string, string, string, string, string];
      readFileSync(join(folder, jobId, path)).length.should.equal(Number(size));
      path.startsWith({ PDF: "print/", HTML: "email/", MOBILE: "mobile/", SMS: "sms/" }[queue] ?? "?").should.be.true();
      CUSTOMERS.map((customer) => `${customer.account} ${customer.name}`).should.containEql(`${account} ${name}`);
      unknown.should.equal("");
    }
  });

  it("writes the index with a separator of several characters, in Latin-1, and keeps separators and line ends out of the values", async () => {
    const customer = { ...CUSTOMERS[0], name: "A||B\nGrün" };
    const index = { separator: "7c7C", columns: ["CustomerNumber", "RecipientName", "Path"], encoding: "latin1" };
    const { jobId } = await run({ customers: [customer] }, { subfolder: true, index });
    const bytes = readFileSync(join(folder, jobId, "index.idx"));
    bytes.toString("latin1").should.equal("C-1||A B Grün||statement-000001-4711_1.pdf\n");
  });

  it("leaves out of the index what the channel did not take, and of the error report nothing", async () => {
    const { jobId } = await run(
      { job: { variants: ["pdf", "sms"], fail: { customers: ["C-2"] } }, customers: CUSTOMERS },
      { subfolder: true, variants: ["sms"], index: { columns: ["Path"] }, errorReport: true },
    );
    readFileSync(join(folder, jobId, "index.idx"), "utf8").should.equal("statement-000001-4711_1.txt\n");
    readFileSync(join(folder, jobId, "ErrorReport.csv"), "utf8")
      .trimEnd()
      .split("\n")
      .should.have.length(2);
  });

  it("makes the job tree of the product, with documents, delivery file and error report in the output folder of the step", async () => {
    const { jobId, id } = await run({ customers: CUSTOMERS }, { jobTree: true, deliveryFile: true, errorReport: true, sidecar: "none" });
    const step = await sandbox.communicationStep(id);
    const output = join(folder, "jobs", jobId, id, "docgen", step.id, "output");
    readdirSync(output)
      .sort()
      .should.deepEqual(["ErrorReport.csv", "_STDDELIVERYFILE.xml", "statement-000001-4711_1.pdf", "statement-000002-4711_2.pdf"]);
    const served = await sandbox.fetch(`/orchestration/api/v1/runtime/demo/flow-steps/${step.id}/delivery-file`);
    readFileSync(join(output, "_STDDELIVERYFILE.xml"), "utf8").should.equal(await served.text());
  });

  it("refuses a folder channel that cannot be", async () => {
    const refused = [
      { index: {} },
      { errorReport: true },
      { deliveryFile: true },
      { subfolder: true, index: { separator: "|" } },
      { subfolder: true, index: { columns: [] } },
      { subfolder: true, index: { columns: ["a b"] } },
      { subfolder: true, index: { name: "../index" } },
      { subfolder: true, index: { encoding: "utf7" } },
    ];
    for (const channel of refused) {
      await sandbox.channels({ name: "folder", kind: "folder", folder, ...channel }).should.be.rejectedWith(/channels\[0\]/);
    }
  });

  it("waits for a folder that cannot be written and goes on once it can", async () => {
    const blocked = join(folder, "blocked");
    const { writeFileSync } = await import("node:fs");
    writeFileSync(blocked, "a file where the folder should be");
    await sandbox.channels({ name: "folder", kind: "folder", folder: blocked, backoffMs: { first: 5, longest: 10 } });
    const { jobId } = await sandbox.submit({ customers: [CUSTOMERS[0]] });
    const pending = () => sandbox.records("delivery").find((each) => each.jobId === jobId && each.state === "pending");
    while (!pending()) await new Promise((resolve) => setImmediate(resolve));
    (await sandbox.job(jobId)).status.should.equal("waiting");
    pending()?.reason.should.match(/folder: (EEXIST|ENOTDIR)/);
    rmSync(blocked);
    (await sandbox.ended(jobId)).status.should.equal("complete");
    existsSync(join(blocked, "statement-000001-4711_1.json")).should.be.true();
  });
});

/** Texts by path of element names. */
function elements(xml: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const path: string[] = [];
  let text = "";
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name }) => {
    path.push(name);
    text = "";
  });
  parser.on("text", (part) => {
    text += part;
  });
  parser.on("cdata", (part) => {
    text += part;
  });
  parser.on("closetag", () => {
    const key = path.join("/");
    found.set(key, [...(found.get(key) ?? []), text]);
    path.pop();
  });
  parser.write(xml).close();
  return found;
}
