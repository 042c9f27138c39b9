import should from "should";
import { checkMapping, type MappingDraft } from "../../dist/document/metadata-mapper/check-mapping.js";
import { deliver } from "./deliveries.ts";
import { node, row } from "./flows.ts";
import { rigOfSuite } from "./rig.ts";
import { someBytes, until } from "./values.ts";

describe("the mapper's check, while its dialog is open", () => {
  const rig = rigOfSuite();
  const draft = (more: Partial<MappingDraft> = {}): MappingDraft => ({
    node: "mapper",
    target: "documentum",
    connection: "documentum",
    targetType: "demo_statement",
    rows: [row("customer_number", "property", "source.customerNumber") as never],
    ledgers: ["ledger"],
    ...more,
  });
  const check = (more: Partial<MappingDraft> = {}) => checkMapping(rig.red, draft(more));
  const given = { source: { customerNumber: "4711" }, metadata: { amount: "1.234,50" } };
  const trigger = node("exstream-trigger", "trigger", { ledger: "ledger", server: "", sandboxDelivers: false, destinations: "documentum" });

  it("lists the types of both targets", async () => {
    await rig.load([]);
    const names = (id: string) => (rig.node(id) as unknown as { typeNames(): Promise<string[]> }).typeNames();
    (await names("documentum")).should.containEql("demo_statement");
    (await names("css")).should.containEql("def_statement");
  });

  it("reads the type, and says what is required and not filled", async () => {
    await rig.load([]);
    const report = await check();
    should(report.type?.attributes.find(({ name }) => name === "customer_number")).match({ type: "string" });
    should(report.typeProblem).be.undefined();
    should(report.sample).be.undefined();
    should(report.rows).eql([{ value: undefined, problems: [] }]);
    const css = await check({ target: "css", connection: "css", targetType: "def_statement", rows: [] });
    css.problems.join().should.match(/required/);
  });

  it("shows what every row gives for a pasted document, and what the target would refuse", async () => {
    await rig.load([]);
    const report = await check({
      sample: given,
      rows: [
        row("customer_number", "property", "source.customerNumber"),
        row("total_amount", "property", "metadata.amount", { decimal: "," }),
        row("total_amount", "property", "metadata.amount"),
        row("nobody_knows", "constant", "x"),
        row("title", "template", "Statement of {{metadata.period}}"),
        row("document_type", "property", "metadata.code", { codes: "S" }),
      ] as never[],
    });
    should(report.sample?.from).equal("pasted");
    should(report.rows.slice(0, 2)).eql([
      { value: "4711", problems: [] },
      { value: 1234.5, problems: [] },
    ]);
    report.rows[2]?.problems.join(" ").should.match(/total_amount/);
    report.rows[3]?.problems.join(" ").should.match(/does not exist in the type/);
    report.rows[4]?.problems.join(" ").should.match(/has no value/);
    report.rows[5]?.problems.join(" ").should.match(/code table of "document_type"/);
  });

  it("takes the newest document of the ledger for a sample", async () => {
    await rig.load([trigger]);
    for (const customer of ["one", "two"]) {
      const envelope = { content: someBytes().toString("base64"), mimeType: "application/pdf", metadata: { customerNumber: customer } };
      const { status } = await deliver(`${rig.url}/exstream/documents`, { "Content-Type": "application/json" }, JSON.stringify(envelope));
      status.should.equal(201);
    }
    await until("the second document is the sample", async () => (await check()).rows[0]?.value === "two");
    should((await check()).sample).match({ from: "ledger" });
  });

  it("says what is wrong with the connection, and still tries the rows", async () => {
    await rig.load([], { documentum: { contextUrl: "http://127.0.0.1:1/dctm-rest" } });
    const down = await check({ sample: given });
    should(down.typeProblem?.code).equal("connection-refused");
    should(down.rows[0]?.value).equal("4711");
    should((await check({ connection: "nobody", sample: given })).typeProblem?.code).equal("configuration");
    should((await check({ target: "none", sample: given })).typeProblem).be.undefined();
  });

  it("alarms at deploy when the type is not the one that was mapped", async () => {
    const mapper = (typeMarks: object) =>
      node("metadata-mapper", "mapper", {
        destination: "documentum",
        target: "documentum",
        repository: "documentum",
        targetType: "demo_statement",
        rows: [row("customer_number", "property", "source.customerNumber")],
        typeMarks,
        wires: [[]],
      });
    await rig.load([mapper({ customer_number: "string(8)" })]);
    await until("the alarm shows", () => rig.statuses.some(({ id, status }) => id === "mapper" && status.text === "type has changed"));
    await rig.unload();
    const { type } = await rig.load([mapper({})]).then(() => check());
    const mark = type?.attributes.find(({ name }) => name === "customer_number");
    await rig.unload();
    await rig.load([mapper({ customer_number: `${mark?.type}(${mark?.length})${mark?.required ? " required" : ""}` })]);
    await check();
    should(rig.statuses.filter(({ status }) => status.text === "type has changed")).be.empty();
  });
});
