import { buffer } from "node:stream/consumers";
import should from "should";
import { deliver } from "./deliveries.ts";
import { type FlowNode, node, row } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { cmsInstances, documentumObjects } from "./stored.ts";
import { someBytes } from "./values.ts";

type Rows = Record<string, unknown>[];

const trigger = (destinations = "documentum") =>
  node("exstream-trigger", "trigger", { ledger: "ledger", server: "", sandboxDelivers: false, destinations, wires: [["mapper"]] });
const mapper = (rows: Rows, values = {}): FlowNode =>
  node("metadata-mapper", "mapper", {
    destination: "documentum",
    target: "documentum",
    repository: "documentum",
    targetType: "demo_statement",
    rows,
    wires: [["out"]],
    ...values,
  });
const css = { destination: "css", target: "css", tenant: "css", targetType: "def_statement" };
const customer = row("customer_number", "constant", "4711");
/** A value no message, log or status may show. */
const SECRET_VALUE = "top-secret-".repeat(12);

describe("metadata-mapper", () => {
  const rig = rigOfSuite();
  before(async () => {
    process.env.DOCBRIDGE_TEST_TEMPLATE = "T-9";
  });
  after(() => {
    delete process.env.DOCBRIDGE_TEST_TEMPLATE;
  });

  /** Delivers a document as an envelope, and gives its id. */
  async function give(metadata: object, bytes = someBytes(), members = {}): Promise<string> {
    const envelope = { content: bytes.toString("base64"), mimeType: "application/pdf", metadata, ...members };
    const { status, body } = await deliver(
      `${rig.url}/exstream/documents`,
      { "Content-Type": "application/json" },
      JSON.stringify(envelope),
    );
    status.should.equal(201);
    return String(body.documentId);
  }

  const rows: Rows = [
    row("customer_number", "property", "source.customerNumber"),
    row("account_number", "property", "metadata.account.iban"),
    row("document_type", "constant", "statement"),
    row("title", "template", "{{metadata.period}} of {{source.customerNumber}}"),
    row("pages", "jsonata", "$sum(document.metadata.parts.pages)"),
    row("template_version", "env", "DOCBRIDGE_TEST_TEMPLATE"),
    row("statement_date", "property", "metadata.printed", { dateFormat: "dd.MM.yyyy" }),
    row("total_amount", "property", "metadata.amount", { decimal: "," }),
    row("is_final", "property", "metadata.final"),
    row("tags", "property", "metadata.labels"),
    row("tags", "constant", "archived"),
    row("channel", "property", "metadata.absent", { ifEmpty: "skip" }),
    row("subject", "property", "metadata.absent", { ifEmpty: "default", fallback: "none" }),
  ];
  const metadata = {
    account: { iban: "DE-0815" },
    period: "2025-01",
    printed: "31.01.2025",
    amount: "1.234,56",
    final: "yes",
    labels: ["a", "b"],
    parts: [{ pages: 2 }, { pages: 3 }],
  };

  it("fills attributes from property, constant, Mustache, JSONata and environment, in the type of each", async () => {
    await rig.load([trigger(), mapper(rows)]);
    await give(metadata, someBytes(), { customerNumber: "4711" });
    const { attributes, metadata: given } = documentOf((await rig.received())[0]);
    should(attributes.documentum).match({
      customer_number: "4711",
      account_number: "DE-0815",
      document_type: "statement",
      title: "2025-01 of 4711",
      pages: 5,
      template_version: "T-9",
      total_amount: 1234.56,
      is_final: true,
      tags: ["a", "b", "archived"],
      subject: "none",
    });
    should(attributes.documentum?.statement_date).match(/^2025-01-31T00:00:00/);
    should(attributes.documentum).not.have.property("channel");
    should(given).containDeep({ printed: "31.01.2025", labels: ["a", "b"] });
    await rig.shown("mapper", "mapped");
  });

  it("maps for two targets on one way, and both store what was mapped for them", async () => {
    await rig.load([
      trigger("documentum,css"),
      mapper(rows, { wires: [["second"]] }),
      { ...mapper([customer, row("tags", "property", "metadata.labels")], { ...css, wires: [["archive"]] }), id: "second" },
      node("documentum-archive", "archive", {
        repository: "documentum",
        ledger: "ledger",
        folderPath: "/Statements/mapped",
        wires: [["store"]],
      }),
      node("css-store", "store", { tenant: "css", ledger: "ledger", wires: [["out"]] }),
    ]);
    const id = await give(metadata, someBytes(), { customerNumber: "4711" });
    await rig.inState(id, "closed");
    const { content } = documentOf((await rig.received())[0]);
    const [object] = documentumObjects(rig.dataDir);
    const [instance] = cmsInstances(rig.dataDir);
    should([object?.sha256, instance?.sha256]).eql([content.sha256, content.sha256]);
    should(object?.values).match({
      account_number: "DE-0815",
      pages: 5,
      total_amount: 1234.56,
      is_final: true,
      tags: ["a", "b", "archived"],
    });
    should(instance?.values).match({ customer_number: "4711", tags: ["a", "b"] });
    should(instance?.values).not.have.property("account_number");
  });

  describe("what does not fit goes to quarantine and to the Catch node, with the field named and the bytes kept:", () => {
    const cases: [what: string, rows: Rows, code: string, field: string, values?: object][] = [
      ["an attribute the type does not have", [customer, row("shoe_size", "constant", "43")], "unknown-attribute", "shoe_size"],
      ["a value that is too long", [customer, row("channel", "property", "metadata.secret")], "value-too-long", "channel"],
      ["a missing required attribute", [row("channel", "constant", "pdf")], "missing-metadata", "customer_number"],
      ["an empty source", [customer, row("job_id", "property", "metadata.absent")], "missing-metadata", "job_id"],
      ["a template with an empty name", [customer, row("title", "template", "{{metadata.absent}}")], "missing-metadata", "title"],
      ["text where a number belongs", [customer, row("pages", "property", "metadata.secret")], "wrong-type", "pages"],
      ["text where a date belongs", [customer, row("statement_date", "property", "metadata.secret")], "wrong-type", "statement_date"],
      ["a list for a single value", [customer, row("channel", "property", "metadata.labels")], "not-repeating", "channel"],
      [
        "two rows for a single value",
        [customer, row("channel", "constant", "a"), row("channel", "constant", "b")],
        "not-repeating",
        "channel",
      ],
      ["a read-only attribute", [customer, row("r_creation_date", "constant", "2025-01-01")], "invalid-metadata", "r_creation_date"],
      ["a JSONata that fails", [customer, row("pages", "jsonata", "$number(document.metadata.secret)")], "invalid-metadata", "pages"],
      ["an attribute the CMS type does not have", [customer, row("shoe_size", "constant", "43")], "unknown-attribute", "shoe_size", css],
      ["a value that is too long for CMS", [customer, row("channel", "property", "metadata.secret")], "value-too-long", "channel", css],
      ["a type the repository does not have", [customer], "unknown-type", "demo_nope", { targetType: "demo_nope" }],
      ["a type the tenant does not have", [customer], "unknown-type", "def_nope", { ...css, targetType: "def_nope" }],
    ];
    for (const [what, given, code, field, values] of cases) {
      it(`${what} (${code})`, async () => {
        await rig.load([trigger(), mapper(given, values)]);
        const bytes = someBytes();
        const id = await give({ secret: SECRET_VALUE, labels: ["a", "b"] }, bytes);
        const caught = await rig.caught();
        should(caught.error).match({ code, source: { id: "mapper", type: "metadata-mapper" } });
        should(caught.error?.message).match(new RegExp(field));
        should(JSON.stringify([caught.error, rig.statuses, rig.errors()])).not.containEql(SECRET_VALUE.slice(0, 20));
        const record = await rig.inState(id, "quarantined");
        should(record.error).match({ code, message: new RegExp(field) });
        should((await buffer(await documentOf(caught).content.open())).equals(bytes)).be.true();
        should(rig.messages()).eql([]);
      });
    }
  });

  it("names every field at once when several are wrong", async () => {
    await rig.load([trigger(), mapper([row("shoe_size", "constant", "43"), row("pages", "constant", "many")])]);
    await give({});
    const { error } = await rig.caught();
    should(error?.code).equal("invalid-metadata");
    for (const field of ["shoe_size", "pages", "customer_number"]) should(error?.message).containEql(field);
    await rig.shown("mapper", "quarantined invalid-metadata");
  });

  it("lets the document wait while the repository cannot be asked for its type", async () => {
    await rig.load([trigger(), mapper([customer])]);
    rig.sandbox.app.faults.set([{ kind: "status", service: "documentum", path: "/types/", status: 503 }]);
    const id = await give({});
    await rig.shown("mapper", "retry service-unavailable");
    should(rig.messages()).eql([]);
    rig.sandbox.app.faults.set([]);
    const document = documentOf((await rig.received())[0]);
    should(document).match({ id, attributes: { documentum: { customer_number: "4711" } } });
    should(document.attempt).be.above(1);
    should(rig.messages("caught")).eql([]);
  });

  it("checks nothing where no target is named", async () => {
    await rig.load([trigger(), mapper([row("shoe_size", "constant", "43")], { target: "none", destination: "other" })]);
    await give({});
    should(documentOf((await rig.received())[0]).attributes).eql({ other: { shoe_size: "43" } });
  });

  it("refuses a message without a document", async () => {
    await rig.load([mapper([customer])]);
    rig.send("mapper", { payload: "text" });
    should((await rig.caught()).error).match({ code: "invalid-message", message: /msg\.document/ });
    await rig.shown("mapper", "invalid-message");
  });
});
