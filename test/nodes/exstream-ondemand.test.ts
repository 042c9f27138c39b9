import should from "should";
import { records } from "../../scripts/support/sandbox-files.ts";
import { control } from "../../scripts/support/sandbox-process.ts";
import { node, row } from "./flows.ts";
import { documentOf, rigOfSuite, type SeenMessage } from "./rig.ts";
import { sha256, someBytes, until } from "./values.ts";

const customer = { number: "9", name: "A. Smith & Co", account: "DE-0815", period: "2026-01" };
type Seen = SeenMessage & { parts?: { id: string; index: number; count: number }; payload?: Record<string, unknown>; topic?: string };

describe("exstream-compose, on demand", () => {
  const rig = rigOfSuite();
  const compose = (values = {}) =>
    node("exstream-compose", "compose", {
      server: "exstream",
      ledger: "ledger",
      operation: "ondemand",
      compose: "generate",
      communicationId: rig.sandbox.description.exstream.communicationId,
      communicationIdType: "str",
      driverDataSource: rig.sandbox.description.exstream.driverDataSource,
      driverDataSourceType: "str",
      doneWhen: "receipts",
      destinations: "css",
      wires: [["out"]],
      ...values,
    });
  const switchTo = (values: Record<string, unknown>) => control(rig.sandbox.description, "PUT", "/switches", values);

  const composed = () => [...records(rig.dataDir, "exstream", "output").values()];
  const jobs = () => [...records(rig.dataDir, "exstream", "job").values()];
  const counts = async () => (await (await rig.ledger()).counts()).byState;

  it("enters every output of an envelope in the ledger, with role, queue and customer, before it goes on", async () => {
    await rig.load([compose({ externalId: "run", externalIdType: "msg" })]);
    const before = composed().length;
    rig.send("compose", { payload: { job: { variants: ["pdf", "html", "sms"] }, customers: [customer] }, run: "run-1", topic: "kept" });
    const messages = (await rig.received(3)) as Seen[];
    const documents = messages.map(documentOf);
    const outputs = composed().slice(before);
    should(documents.map(({ content }) => content.sha256).sort()).eql(outputs.map((output) => output.sha256).sort());
    should(documents.map(({ variant }) => variant.role).sort()).eql(["html", "pdf", "txt"]);
    should(documents.map(({ source }) => source.queueName).sort()).eql(["HTML", "PDF", "SMS"]);
    for (const [at, document] of documents.entries()) {
      should(document.source).match({ system: "exstream", channel: "compose", customerNumber: "9", externalId: "run-1" });
      should(document.source.communicationId).equal(rig.sandbox.description.exstream.communicationId);
      should(rig.inSpool(document.content.sha256)).equal(document.content.sha256);
      should((await (await rig.ledger()).get(document.id))?.targets).eql(["css"]);
      should(messages[at]).match({ topic: "kept", parts: { index: at, count: 3 } });
    }
    should(jobs().at(-1)).match({ mode: "ONDEMAND", externalId: "run-1" });
    await rig.shown("compose", "composed 3");
  });

  it("streams the one output that Accept names", async () => {
    await rig.load([compose({ accept: "application/pdf" })]);
    rig.send("compose", { payload: { job: { variants: ["pdf", "html"], size: 3_000_000 }, customers: [customer] } });
    const [message] = (await rig.received()) as Seen[];
    should(documentOf(message)).match({ content: { size: 3_000_000, mediaType: "application/pdf" }, variant: { role: "pdf" } });
    should(message?.parts).equal(undefined);
  });

  it("calls an own service, with driver data from a template in JSON or XML", async () => {
    await rig.load([compose({ compose: "service", service: "statements", dataFrom: "template", template: "" })]);
    const members = ["number", "name", "account", "period"];
    for (const template of [
      `{"customers":[{${members.map((name) => `"${name}":"{{payload.${name}}}"`).join(",")}}]}`,
      `<d><customers><customer>${members.map((name) => `<${name}>{{payload.${name}}}</${name}>`).join("")}</customer></customers></d>`,
    ]) {
      await rig.redeploy({ compose: { template } });
      rig.send("compose", { payload: { ...customer, name: 'A "Smith" & <Co>' } });
      const document = documentOf((await rig.received())[0]);
      should(document.source.customerNumber).equal("9");
      rig.messages().length = 0;
    }
  });

  it("keeps what the message says: attributes, and which version of which asset went in", async () => {
    await rig.load([compose()]);
    const hash = sha256(someBytes());
    const asset = { id: "a1", version: "3", name: "terms", source: "css", content: { sha256: hash, size: 1 }, fetchedAt: "now" };
    const payload = { customers: [customer] };
    rig.send("compose", { payload, attributes: { period: "2026-01" }, asset, assets: [{ ...asset, id: "a2", version: undefined }] });
    const document = documentOf((await rig.received())[0]);
    const metadata = {
      period: "2026-01",
      assets: [
        { id: "a1", version: "3", name: "terms", source: "css", sha256: hash },
        { id: "a2", name: "terms", source: "css", sha256: hash },
      ],
    };
    should(document.metadata).eql(metadata);
    should((await (await rig.ledger()).get(document.id))?.metadata).eql(metadata);
  });

  it("composes anew for every message, also when the bytes are the same", async () => {
    await rig.load([compose({ doneWhen: "emitted" })]);
    const payload = { job: { variants: ["sms"] }, customers: [customer] };
    rig.send("compose", { payload });
    rig.send("compose", { payload });
    const documents = (await rig.received(2)).map(documentOf);
    should(new Set(documents.map(({ id }) => id)).size).equal(2);
    await until("both closed", async () => (await counts()).closed === 2);
  });

  it("sends a document again until it is archived: after a failure, and after a redeploy", async () => {
    const rows = [
      row("customer_number", "property", "source.customerNumber"),
      row("account_number", "property", "metadata.account"),
      row("document_type", "constant", "letter"),
      row("statement_date", "property", "metadata.date"),
    ];
    const map = node("metadata-mapper", "map", { target: "css", tenant: "css", targetType: "def_statement", rows, wires: [["store"]] });
    const store = node("css-store", "store", { tenant: "gone", ledger: "ledger", wires: [["stored"]] });
    await rig.load([compose({ wires: [["map"]] }), { ...map, destination: "css" }, store, node("helper", "stored")]);
    rig.send("compose", { payload: { customers: [customer] }, attributes: { account: "DE-0815", date: "2026-01-31T00:00:00Z" } });
    await rig.shown("store", "retry configuration");
    await rig.redeploy({ store: { tenant: "css" } });
    const documents = (await rig.received(1, "stored")).map(documentOf);
    should(documents[0]?.receipts.css).match({ verified: "read-back" });
    should(documents[0]?.attempt).be.above(1);
    await until("closed", async () => (await counts()).closed === 1);
    should(documents.length).equal(1);
  });

  describe("hands a typed error to the Catch node, and makes no document", () => {
    const payload = { customers: [customer] };
    const cases: [what: string, values: object, message: object, error: object, switches?: object][] = [
      [
        "an output's 401 inside a 200",
        {},
        { payload },
        { code: "permission-denied" },
        { "exstream.inner-status": "401", "exstream.errors-as-200": true },
      ],
      ["a refusal inside a 200", { communicationId: "nope" }, { payload }, { code: "refused" }, { "exstream.errors-as-200": true }],
      ["a refusal in shape 2", { communicationId: "nope" }, { payload }, { code: "refused" }, { "exstream.error-shape": "2" }],
      ["a refusal in neither shape", { communicationId: "nope" }, { payload }, { code: "refused" }, { "exstream.error-shape": "neither" }],
      ["wrong base64", {}, { payload }, { code: "body-unreadable" }, { "exstream.wrong-base64": true }],
      ["a type that is not composed", { accept: "text/csv" }, { payload }, { code: "refused", message: /406/ }],
      [
        "no communication",
        { communicationIdType: "msg", communicationId: "none" },
        { payload },
        { code: "invalid-message", message: /'communicationId'/ },
      ],
      ["an asset without id", {}, { payload, asset: { version: "1" } }, { code: "invalid-message", message: /msg\.asset / }],
      ["assets that are no list", {}, { payload, assets: {} }, { code: "invalid-message", message: /msg\.assets/ }],
      ["a template's missing name", { dataFrom: "template", template: "{{payload.nope}}" }, { payload }, { code: "missing-metadata" }],
      ["more bytes than allowed", { accept: "application/pdf", maxMegabytes: "0.001" }, { payload }, { code: "body-too-large" }],
      ["no ledger", { ledger: "gone" }, { payload }, { code: "configuration", message: /'ledger'/ }],
      ["no destination", { destinations: "" }, { payload }, { code: "configuration", message: /'destinations'/ }],
    ];
    for (const [what, values, message, error, switches = {}] of cases) {
      it(`for ${what}`, async () => {
        await rig.load([compose(values)]);
        await switchTo(switches as Record<string, unknown>);
        try {
          rig.send("compose", message as Record<string, unknown>);
          const caught = await rig.caught();
          should(caught.error).match({ ...error, source: { id: "compose" } });
          should(rig.messages()).eql([]);
          if ((values as { ledger?: string }).ledger === undefined) should(await counts()).eql({});
        } finally {
          await switchTo({
            "exstream.inner-status": "",
            "exstream.errors-as-200": false,
            "exstream.error-shape": "1",
            "exstream.wrong-base64": false,
          });
        }
      });
    }
  });

  describe("interactive", () => {
    const interactive = {
      communicationId: "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c09",
      driverDataSource: "LetterDriver",
      empowerUser: "editor",
    };
    const fulfil = (values = {}) =>
      compose({
        ...interactive,
        operation: "fulfil",
        documents: "payload.documents",
        documentsType: "msg",
        preserveDocuments: true,
        ...values,
      });
    const waiting = async (accept = "") => {
      await rig.load([
        compose({ ...interactive, accept, wires: [["out"], ["waiting"]] }),
        { ...fulfil({ wires: [["out"], []] }), id: "fulfil" },
        node("helper", "waiting"),
      ]);
      rig.send("compose", { payload: { customers: [customer] }, topic: "kept" });
      const [message] = (await rig.received(1, "waiting")) as Seen[];
      should(message?.topic).equal("kept");
      return message?.payload as { documents: string[] };
    };

    for (const accept of ["", "application/json"]) {
      it(`names the document that waits in Empower on its second output, with Accept ${accept || "left open"}`, async () => {
        const payload = await waiting(accept);
        should(payload.documents.length).equal(1);
        should(records(rig.dataDir, "exstream", "empower").has(payload.documents[0] as string)).equal(true);
        should(rig.messages()).eql([]);
        should(await counts()).eql({});
      });
    }

    it("fulfils it: the edited document becomes a document of the node, and stays in Empower or not", async () => {
      const payload = await waiting();
      const inEmpower = () => records(rig.dataDir, "exstream", "empower").has(payload.documents[0] as string);
      rig.send("fulfil", { payload, attributes: { case: "7" } });
      const document = documentOf((await rig.received())[0]);
      should(document).match({
        variant: { role: "pdf" },
        metadata: { case: "7" },
        source: { channel: "compose", communicationId: interactive.communicationId },
      });
      should(rig.inSpool(document.content.sha256)).equal(document.content.sha256);
      should(inEmpower()).equal(true);
      await rig.redeploy({ fulfil: { preserveDocuments: false } });
      rig.send("fulfil", { payload });
      await until("another document", () => rig.messages().some((each) => documentOf(each).id !== document.id));
      should(inEmpower()).equal(false);
    });

    for (const [what, payload, error] of [
      ["ids", {}, { code: "invalid-message", message: /'documents'/ }],
      ["ids that are texts", { documents: [7] }, { code: "invalid-message", message: /'documents'/ }],
      ["a document that is there", { documents: ["nope"] }, { code: "not-found" }],
    ] as const) {
      it(`wants ${what}`, async () => {
        await rig.load([fulfil()]);
        rig.send("compose", { payload });
        should((await rig.caught()).error).match(error);
      });
    }

    it("tells an account without rights in Empower from a wrong token", async () => {
      rig.sandbox.app.switches.set("exstream.empower-denied", "editor");
      try {
        await rig.load([compose(interactive)]);
        rig.send("compose", { payload: { customers: [customer] } });
        should((await rig.caught()).error).match({ code: "permission-denied", message: /empowerUser/ });
      } finally {
        rig.sandbox.app.switches.set("exstream.empower-denied", "");
      }
    });
  });

  it("keeps both documents when a business key is taken by other bytes", async () => {
    await rig.load([compose({ accept: "application/pdf", businessKey: "{{metadata.period}}" })]);
    for (const name of ["A", "B"])
      rig.send("compose", { payload: { customers: [{ ...customer, name }] }, attributes: { period: "2026-01" } });
    should((await rig.caught()).error).match({ code: "conflict" });
    await rig.received(1);
    should((await counts()).conflict).equal(1);
  });
});
