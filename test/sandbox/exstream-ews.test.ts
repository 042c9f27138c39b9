import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SaxesParser } from "saxes";
import should from "should";
import { CUSTOMERS, Sandbox } from "./exstream-support.ts";

const EWS = "/EngineService/EngineService";

interface Answer {
  status: number;
  text: string;
  /** Texts by the names of an element and of the one around it. */
  found: Map<string, string[]>;
}

describe("exstream engine service (SOAP)", function () {
  this.timeout(60_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await Sandbox.start();
  });
  after(() => sandbox.close());
  afterEach(() => {
    for (const each of sandbox.app.switches.all()) sandbox.app.switches.set(each.name, each.default);
  });

  const post = async (body: BodyInit): Promise<Answer> => {
    const headers = { "Content-Type": "text/xml; charset=utf-8", SOAPAction: '""', Authorization: "" };
    const init = { method: "POST", headers, body, duplex: "half" } as RequestInit;
    const response = await sandbox.fetch(EWS, init);
    const text = await response.text();
    return { status: response.status, text, found: texts(text) };
  };
  const envelope = (driver: string, more = "", header = "") =>
    `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">${header}<s:Body><e:Compose xmlns:e="urn:hpexstream-services/Engine">` +
    `<EWSComposeRequest><driver><driver>${driver}</driver><fileName>FILEINPUT</fileName></driver>${more}` +
    "</EWSComposeRequest></e:Compose></s:Body></s:Envelope>";
  const base64 = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");
  const flags = "<includeHeader>true</includeHeader><includeMessageFile>true</includeMessageFile>";

  it("composes a driver to files with headers, a message file and a status", async () => {
    const driver = base64({ job: { variants: ["pdf", "html"], pages: 3 }, customers: [CUSTOMERS[0]] });
    const { status, found } = await post(
      envelope(driver, `<engineOptions><name>RUNMODE</name><value>PRODUCTION</value></engineOptions>${flags}`),
    );
    status.should.equal(200);
    should(found.get("files/fileName")).deepEqual(["statement-000001-4711_1.html", "statement-000001-4711_1.pdf"]);
    const [html, pdf] = (found.get("files/fileOutput") ?? []).map((text) => Buffer.from(text, "base64"));
    should(pdf?.toString("latin1")).match(/^%PDF-.*%%EOF\n$/s);
    should(html?.toString()).match(/^<!DOCTYPE html>/);
    should(found.get("fileHeader/PDL")).deepEqual(["0", "4"]);
    should(found.get("fileHeader/pageCount")).deepEqual(["1", "3"]);
    should(found.get("fileHeader/outputLength")).deepEqual([String(html?.length), String(pdf?.length)]);
    should(found.get("fileHeader/userData")?.[1]).equal("Account=4711/1;Customer=C-1;Period=2026-05;Queue=PDF");
    const messages = Buffer.from(found.get("return/engineMessage")?.[0] ?? "", "base64").toString();
    for (const line of messages.trimEnd().split("\n")) line.should.match(/^EX\d{6}[ISWE] /);
    should(found.get("return/statusMessage")).deepEqual(["Engine ended successfully"]);
    const jobs = (await sandbox.json("/orchestration/api/v1/runtime/demo/jobs?filter=channel:EngineService")).body.data;
    jobs[0].should.containEql({ mode: "ONDEMAND", status: "complete" });
  });

  it("takes an XML driver that arrives in pieces, and returns only the files asked for", async () => {
    const xml = `<data><job><variants><variant>pdf</variant><variant>sms</variant></variants></job><customers>
      <customer><number>9</number><name>Größe</name><account>A</account><period>2026-01</period></customer></customers></data>`;
    const whole = Buffer.from(envelope(base64(xml), "<fileReturnRegEx>.*\\.txt</fileReturnRegEx>"));
    const pieces = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < whole.length; at += 7) controller.enqueue(whole.subarray(at, at + 7));
        controller.close();
      },
    });
    const { status, found } = await post(pieces);
    status.should.equal(200);
    should(found.get("files/fileName")).deepEqual(["statement-000001-A.txt"]);
    found.has("files/fileHeader").should.be.false();
    found.has("return/engineMessage").should.be.false();
  });

  it("tells in status and message file of customers that failed", async () => {
    const driver = base64({ job: { fail: { customers: ["C-2"] } }, customers: CUSTOMERS });
    const { status, found } = await post(envelope(driver, flags));
    status.should.equal(200);
    should(found.get("files/fileName")).have.length(1);
    should(found.get("return/statusMessage")).deepEqual(["Engine ended with 1 errors"]);
    Buffer.from(found.get("return/engineMessage")?.[0] ?? "", "base64")
      .toString()
      .should.match(/^EX002001E Customer C-2: /m);
  });

  it("answers with a fault, status 500, to what it cannot take", async () => {
    const bad = [
      "no xml",
      "<a/>",
      `<!DOCTYPE a [<!ENTITY b "c">]>${envelope("")}`,
      envelope("###"),
      envelope("QUJD="),
      envelope(base64("{}")),
      envelope(base64({ customers: CUSTOMERS }), "<fileReturnRegEx>(</fileReturnRegEx>"),
      envelope(base64({ customers: CUSTOMERS })).slice(0, -20),
      `${"<a>".repeat(30)}${"</a>".repeat(30)}`,
    ];
    for (const body of bad) {
      const { status, found } = await post(body);
      status.should.equal(500);
      should(found.get("Fault/faultcode")).deepEqual(["soap:Client"]);
      should(found.get("EngineServiceException/message")).have.length(1);
    }
  });

  it("wants a UsernameToken when the switch says so", async () => {
    sandbox.app.switches.set("exstream.ews-security", true);
    const header = (password: string) =>
      `<s:Header><w:Security xmlns:w="urn:w"><w:UsernameToken><w:Username>demo</w:Username><w:Password>${password}</w:Password>` +
      "</w:UsernameToken></w:Security></s:Header>";
    const driver = base64({ customers: [CUSTOMERS[0]] });
    (await post(envelope(driver))).status.should.equal(500);
    (await post(envelope(driver, "", header("wrong")))).status.should.equal(500);
    (await post(envelope(driver, "", header("good-password")))).status.should.equal(200);
  });

  it("writes files below the folder of the switch instead of returning them, and nowhere else", async () => {
    const root = mkdtempSync(join(tmpdir(), "exstream-ews-"));
    try {
      const driver = base64({ customers: [CUSTOMERS[0]] });
      const into = (folder: string) =>
        post(envelope(driver, `<engineOptions><name>OUTPUTDIRECTORY</name><value>${folder}</value></engineOptions>`));
      (await into(join(root, "a"))).status.should.equal(500);
      sandbox.app.switches.set("exstream.ews-output-root", root);
      for (const outside of [`${root}-other`, "..", "a/../../b", "/"]) (await into(outside)).status.should.equal(500);
      const { status, found } = await into("run/1");
      status.should.equal(200);
      found.has("files/fileName").should.be.false();
      readdirSync(join(root, "run/1")).should.deepEqual(["statement-000001-4711_1.pdf"]);
      readFileSync(join(root, "run/1/statement-000001-4711_1.pdf"), "latin1").should.match(/^%PDF-/);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  it("describes itself", async () => {
    const response = await sandbox.fetch(`${EWS}?wsdl`, { headers: { Authorization: "" } });
    response.status.should.equal(200);
    const text = await response.text();
    texts(text);
    text.should.containEql('targetNamespace="urn:hpexstream-services/Engine"');
    text.should.containEql(`location="${sandbox.app.origin}${EWS}"`);
    (await sandbox.fetch(EWS)).status.should.equal(405);
  });
});

function texts(xml: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const path: string[] = [];
  let text = "";
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name }) => {
    path.push(name.replace(/^.*:/, ""));
    text = "";
  });
  parser.on("text", (part) => {
    text += part;
  });
  parser.on("closetag", () => {
    const key = path.slice(-2).join("/");
    found.set(key, [...(found.get(key) ?? []), text]);
    path.pop();
    text = "";
  });
  parser.write(xml).close();
  return found;
}
