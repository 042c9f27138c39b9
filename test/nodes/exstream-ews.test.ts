import { readdirSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import { ContentReference } from "../../dist/core/content/reference.js";
import type { LedgerNode } from "../../dist/runtime/ledger-service.js";
import { records } from "../../scripts/support/sandbox-files.ts";
import { serve, type TestServer } from "../clients/support.ts";
import { node, row } from "./flows.ts";
import { documentOf, rigOfSuite, type SeenMessage } from "./rig.ts";
import { sha256, until } from "./values.ts";

const customer = { number: "9", name: "A. Smith & Co", account: "DE-0815", period: "2026-01" };
type Seen = SeenMessage & { parts?: object; payload?: Record<string, unknown>; topic?: string };

describe("exstream-compose, by the engine's web service", () => {
  const rig = rigOfSuite();
  const compose = (values = {}) =>
    node("exstream-compose", "compose", {
      server: "exstream",
      ledger: "ledger",
      operation: "ondemand",
      compose: "engine",
      doneWhen: "receipts",
      destinations: "css",
      wires: [["out"], ["run"]],
      ...values,
    });
  const load = (values = {}, others = {}) => rig.load([compose(values), node("helper", "run")], others);
  const composed = () => [...records(rig.dataDir, "exstream", "output").values()];
  const counts = async () => (await (await rig.ledger()).counts()).byState;
  const spool = async () => (await (rig.node("ledger") as LedgerNode).stores()).spool;

  it("makes a document of every file, and tells how the run ended", async () => {
    await load({ pubFile: "package", pubFileType: "msg", engineOptions: "RUNMODE=PRODUCTION\n\nFILEMAP = REF,/data/a=b" });
    const before = composed().length;
    const payload = { job: { variants: ["pdf", "html"] }, customers: [customer] };
    rig.send("compose", { payload, package: "letters.pub", attributes: { account: "DE-0815" }, topic: "kept" });
    const messages = (await rig.received(2)) as Seen[];
    const documents = messages.map(documentOf);
    const made = composed().slice(before);
    should(documents.map(({ content }) => content.sha256).sort()).eql(made.map((output) => output.sha256).sort());
    should(documents.map(({ variant }) => variant.role).sort()).eql(["html", "pdf"]);
    for (const [at, document] of documents.entries()) {
      should(rig.inSpool(document.content.sha256)).equal(document.content.sha256);
      should(document.source).match({ system: "exstream", channel: "compose" });
      should(document.metadata).match({ account: "DE-0815", pubFile: "letters.pub", returnCode: 0, userData: /Account=DE-0815/ });
      should((await (await rig.ledger()).get(document.id))?.targets).eql(["css"]);
      should(messages[at]).match({ topic: "kept", parts: { index: at, count: 2 } });
    }
    const [run] = (await rig.received(1, "run")) as Seen[];
    should(run).match({ topic: "kept", payload: { files: 2, status: "Engine ended successfully" } });
    for (const { code } of (run?.payload?.messages ?? []) as { code: string }[]) should(code).match(/^EX\d{6}[IW]$/);
    await rig.shown("compose", "composed 2");
  });

  it("reads its driver from the spool while it is sent", async () => {
    await load({ data: "document.content", dataType: "msg" });
    const driver = Buffer.from(JSON.stringify({ customers: [customer], more: "x".repeat(2_500_000) }));
    const kept = await (await spool()).put([driver] as never);
    const content = new ContentReference({ ...kept, mediaType: "application/json", fileName: "driver.json" }, await spool());
    rig.send("compose", { document: { content } });
    // As a Function node or a context store leaves it.
    rig.send("compose", { document: JSON.parse(JSON.stringify({ content })) });
    for (const message of await rig.received(2)) should(documentOf(message).metadata.userData).match(/DE-0815/);
  });

  it("hands on what was composed and reports what was not, by the engine's codes alone", async () => {
    await load();
    const customers = [customer, { ...customer, number: "10", account: "DE-0816" }];
    rig.send("compose", { payload: { job: { fail: { customers: ["10"] } }, customers } });
    const caught = await rig.caught();
    should(caught.error).match({ code: "not-composed", message: /EX002001E/ });
    should(caught.error?.message).not.match(/Customer|10\b/);
    should(documentOf((await rig.received())[0]).metadata.userData).match(/DE-0815/);
    should(await counts()).match({ received: 1 });
    should((await rig.received(1, "run"))[0]).match({ payload: { files: 1, status: "Engine ended with 1 errors" } });
  });

  it("leaves files where the engine writes them, when its options say so", async () => {
    rig.sandbox.app.switches.set("exstream.ews-output-root", rig.dir);
    try {
      await load({ engineOptions: "OUTPUTDIRECTORY=engine-output" });
      rig.send("compose", { payload: { customers: [customer] } });
      should((await rig.received(1, "run"))[0]).match({ payload: { files: 0 } });
      should(readdirSync(join(rig.dir, "engine-output")).length).equal(1);
      should(await counts()).eql({});
    } finally {
      rig.sandbox.app.switches.set("exstream.ews-output-root", "");
    }
  });

  it("sends a document again until it is archived, over a redeploy", async () => {
    const rows = [
      row("customer_number", "constant", "9"),
      row("account_number", "property", "metadata.account"),
      row("document_type", "constant", "letter"),
      row("statement_date", "constant", "2026-01-31"),
    ];
    const map = node("metadata-mapper", "map", { target: "css", tenant: "css", targetType: "def_statement", rows, wires: [["store"]] });
    const store = node("css-store", "store", { tenant: "gone", ledger: "ledger", wires: [["stored"]] });
    await rig.load([compose({ wires: [["map"]] }), { ...map, destination: "css" }, store, node("helper", "stored")]);
    const before = composed().length;
    rig.send("compose", { payload: { customers: [customer] }, attributes: { account: "DE-0815" } });
    await rig.shown("store", "retry configuration");
    await rig.redeploy({ store: { tenant: "css" } });
    const document = documentOf((await rig.received(1, "stored"))[0]);
    should(document.receipts.css).match({ verified: "read-back" });
    await until("closed", async () => (await counts()).closed === 1);
    should(composed().length).equal(before + 1);
  });

  describe("with a service that answers otherwise", () => {
    let server: TestServer;
    let body = "";
    before(async () => {
      server = await serve(() => ({ headers: { "Content-Type": "text/xml" }, body }));
    });
    after(() => server.close());
    const answer = (inside: string) => {
      body = `<E><Body><ComposeResponse><return>${inside}</return></ComposeResponse></Body></E>`;
      return load({}, { exstream: { engineUrl: server.url } });
    };
    const file = (content: string, returnCode = 0) =>
      `<files><fileHeader><returnCode>${returnCode}</returnCode></fileHeader><fileName>a.pdf</fileName><fileOutput>${content}</fileOutput></files>`;
    const good = Buffer.from("%PDF-1.7 good").toString("base64");

    it("quarantines a file with a return code above the highest one, and keeps its bytes", async () => {
      await answer(file(good) + file(Buffer.from("doubtful").toString("base64"), 8));
      rig.send("compose", { payload: "<d/>" });
      should((await rig.caught()).error).match({ code: "not-composed", message: /return code 8/ });
      should(documentOf((await rig.received())[0]).content.size).equal(13);
      should(await counts()).match({ received: 1, quarantined: 1 });
      should(rig.inSpool(sha256(Buffer.from("doubtful")))).equal(sha256(Buffer.from("doubtful")));
    });

    for (const [what, inside, error] of [
      [
        "wrong base64 in the last of three files",
        file(good) + file(good) + file("AAA*"),
        { code: "body-unreadable", message: /files\[2\]/ },
      ],
      ["an entity", `${file(good)}<statusMessage>&xxe;</statusMessage>`, { code: "body-unreadable" }],
      ["no file", "<statusMessage>done</statusMessage>", { code: "unexpected-reply" }],
      [
        "no file and an engine that failed",
        `<engineMessage>${Buffer.from("EX000123S A. Smith\n").toString("base64")}</engineMessage>`,
        { code: "not-composed", message: /EX000123S/ },
      ],
    ] as const) {
      it(`makes no document of a reply with ${what}`, async () => {
        await answer(inside);
        rig.send("compose", { payload: "<d/>" });
        should((await rig.caught()).error).match({ ...error, source: { id: "compose" } });
        should(rig.messages()).eql([]);
        should(await counts()).eql({});
      });
    }
  });

  it("asks for the address of the service where the connection has none, and for options it can read", async () => {
    await load({}, { exstream: { engineUrl: "" } });
    rig.send("compose", { payload: "<d/>" });
    should((await rig.caught()).error).match({ code: "configuration", message: /'engineUrl'/ });
    await rig.unload();
    await load({ engineOptions: "RUNMODE" });
    rig.send("compose", { payload: "<d/>" });
    await until("the second error", () => rig.messages("caught").some(({ error }) => /'engineOptions'/.test(error?.message ?? "")));
  });
});
