import should from "should";
import { records } from "../../scripts/support/sandbox-files.ts";
import { httpTrigger, deliver as post } from "./deliveries.ts";
import { node, row } from "./flows.ts";
import { Person } from "./person.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { documentumObjects } from "./stored.ts";
import { someBytes } from "./values.ts";

const COMMON = { repository: "documentum", ledger: "ledger" };
const annotate = (values = {}) =>
  node("documentum-archive", "annotate", {
    ...COMMON,
    operation: "annotate",
    destination: "delivery",
    findAttribute: "account_number",
    findValue: "{{metadata.account_number}}",
    annotateAs: "attributes",
    markAttribute: "",
    recordType: "demo_record",
    recordFolder: "/Statements/Deliveries",
    relationName: "demo_related",
    objectName: "Delivery of {{metadata.account_number}}",
    askAgainSeconds: "0.2",
    wires: [["out"]],
    ...values,
  });
const UPDATE = { service: "documentum", method: "POST", path: "/(documents|objects)/[0-9a-f]{16}$" };

describe("documentum-archive, delivery facts of an object", () => {
  const rig = rigOfSuite();
  const person = () => new Person(rig.sandbox.description, "other");
  const load = (values = {}) =>
    rig.load([
      node("documentum-archive", "archive", { ...COMMON, folderPath: "/Statements/Facts", wires: [["stored"]] }),
      node("helper", "stored"),
      annotate(values),
    ]);
  async function store(account: string): Promise<string> {
    const before = rig.messages("stored").length;
    rig.send("archive", { payload: someBytes(), attributes: { customer_number: "4711", account_number: account } });
    return documentOf((await rig.received(before + 1, "stored"))[before]).receipts.documentum?.objectId as string;
  }
  /** A delivery: its report is the document, its facts are the attributes. */
  const deliver = (account: string, facts: Record<string, unknown>, payload = someBytes(50)) =>
    rig.send("annotate", { payload, attributes: { account_number: account, ...facts } });
  const values = (id: string) => records(rig.dataDir, "documentum", "objects").get(id)?.values as Record<string, unknown>;

  it("appends a row for each delivery and never overwrites the first", async () => {
    await load();
    const id = await store("N-1");
    deliver("N-1", { tags: "mail", subject: "first: mail" });
    await rig.received(1);
    deliver("N-1", { tags: "print", subject: "first: print" });
    const { receipts } = documentOf((await rig.received(2))[1]);
    should(values(id)).match({ tags: ["mail", "print"], subject: "first: mail" });
    should(receipts.delivery).match({ objectId: id, verified: "read-back" });
    should(documentumObjects(rig.dataDir).filter((object) => object.values.account_number === "N-1").length).equal(1);
  });

  it("appends once although the reply was lost", async () => {
    await load();
    const id = await store("N-2");
    rig.sandbox.app.faults.set([{ kind: "drop-reply", ...UPDATE, times: 1 }]);
    deliver("N-2", { tags: "mail" });
    await rig.received(1);
    should(rig.sandbox.app.faults.report()[0]?.hits).equal(1);
    should(values(id).tags).eql(["mail"]);
  });

  it("keeps two deliveries with the same facts apart where rows are marked with the document's key", async () => {
    await load({ markAttribute: "tags" });
    const id = await store("N-3");
    for (const _twice of [1, 2]) deliver("N-3", { keywords: "mail" });
    const documents = (await rig.received(2)).map(documentOf);
    should(values(id).keywords).eql(["mail", "mail"]);
    should([...(values(id).tags as string[])].sort()).eql(documents.map(({ key }) => key).sort());
  });

  it("loses no row when 16 deliveries and somebody else change the object at once", async () => {
    await load({ parallel: "16" });
    const id = await store("N-4");
    for (let at = 0; at < 16; at += 1) deliver("N-4", { tags: `channel ${at}` });
    const others = Array.from({ length: 8 }, (_, at) => person().ask("POST", `/objects/${id}`, { properties: { title: `${at}` } }));
    await Promise.all(others);
    await rig.received(16);
    should([...(values(id).tags as string[])].sort()).eql(Array.from({ length: 16 }, (_, at) => `channel ${at}`).sort());
  });

  it("waits for an object that comes later", async () => {
    await load({ ifMissing: "wait" });
    deliver("N-5", { tags: "early" });
    await rig.shown("annotate", "parked not-found");
    const id = await store("N-5");
    await rig.received(1);
    should(values(id).tags).eql(["early"]);
  });

  it("names an attribute the object does not have", async () => {
    await load();
    await store("N-6");
    deliver("N-6", { shoe_size: "43" });
    should((await rig.caught()).error).match({ code: "unknown-attribute", message: /shoe_size/ });
  });

  describe("of the same document, behind its archiving", () => {
    /** Trigger, archive, facts of the delivery, annotate; the document owes both receipts. */
    const chain = (facts: ReturnType<typeof row>[], more = {}, folder = "Facts") => {
      const mapper = (id: string, destination: string, targetType: string, rows: ReturnType<typeof row>[], to: string) =>
        node("metadata-mapper", id, { destination, target: "documentum", repository: "documentum", targetType, rows, wires: [[to]] });
      const attributes = [row("customer_number", "constant", "4711"), row("account_number", "property", "metadata.accountNumber")];
      return rig.load([
        httpTrigger({ form: "auto", doneWhen: "receipts", destinations: "documentum,delivery", wires: [["map"]] }),
        mapper("map", "documentum", "demo_statement", attributes, "archive"),
        node("documentum-archive", "archive", { ...COMMON, folderPath: `/Statements/${folder}`, wires: [["facts"]] }),
        mapper("facts", "delivery", "demo_record", facts, "annotate"),
        annotate({ findAttribute: "docbridge_key", findValue: "{{key}}", objectName: "Delivery of {{metadata.accountNumber}}", ...more }),
      ]);
    };
    const give = async (accountNumber: string) => {
      const envelope = { content: someBytes().toString("base64"), mimeType: "application/pdf", metadata: { accountNumber } };
      const { status } = await post(`${rig.url}/in`, { "Content-Type": "application/json" }, JSON.stringify(envelope));
      status.should.equal(201);
    };
    const ofAccount = (account: string) => documentumObjects(rig.dataDir).find(({ values }) => values.account_number === account);
    const recordsOf = (key: string) => documentumObjects(rig.dataDir, "demo_record").filter(({ values }) => values.docbridge_key === key);
    const related = (parentId: string) =>
      [...records(rig.dataDir, "documentum", "objects").values()]
        .filter(({ type }) => type === "dm_relation")
        .map(({ values }) => values as Record<string, unknown>)
        .filter(({ parent_id }) => parent_id === parentId);

    it("finds the object by the document's key", async () => {
      await chain([row("source_system", "constant", "archived")]);
      await give("N-7");
      const { receipts, id } = documentOf((await rig.received(1))[0]);
      should(receipts.delivery?.objectId).equal(receipts.documentum?.objectId);
      should(ofAccount("N-7")?.values.source_system).equal("archived");
      await rig.inState(id, "closed");
    });

    it("makes a record of each delivery where it is told to, and leaves the object alone", async () => {
      await chain([row("source_system", "constant", "mail")], { annotateAs: "record" });
      await give("N-8");
      const { receipts, key } = documentOf((await rig.received(1))[0]);
      const [record, ...others] = recordsOf(key);
      should(others).eql([]);
      should(record?.values).match({ source_system: "mail", object_name: "Delivery of N-8" });
      should(receipts.delivery).match({ objectId: receipts.documentum?.objectId, recordId: record?.id, verified: "read-back" });
      should(ofAccount("N-8")?.values.source_system).be.undefined();
      should(related(receipts.documentum?.objectId as string)).match([{ relation_name: "demo_related", child_id: record?.id }]);
    });

    describe("where retention forbids to change attributes", () => {
      const fix = (value: boolean) => rig.sandbox.app.switches.set("documentum.retained-properties-fixed", value);
      before(async () => {
        await new Person(rig.sandbox.description, "flows").folder("Statements", "Fixed", "demo_governed_folder");
        fix(true);
      });
      after(() => fix(false));

      it("makes a related record, and one only when replies are lost", async () => {
        await chain([row("source_system", "constant", "mail")], { annotateAs: "auto" }, "Fixed");
        rig.sandbox.app.faults.set([
          { kind: "drop-reply", service: "documentum", method: "POST", path: "/folders/[^/]+/objects", times: 1 },
          { kind: "drop-reply", service: "documentum", method: "POST", path: "/relations", times: 1 },
        ]);
        await give("N-9");
        const { receipts, key } = documentOf((await rig.received(1))[0]);
        should(rig.sandbox.app.faults.report().map(({ hits }) => hits)).eql([1, 1]);
        should(recordsOf(key).map(({ id }) => id)).eql([receipts.delivery?.recordId]);
        should(related(receipts.documentum?.objectId as string).length).equal(1);
      });

      it("refuses where attributes are the only place", async () => {
        await chain([row("source_system", "constant", "mail")], {}, "Fixed");
        await give("N-10");
        should((await rig.caught()).error).match({ code: "retained", message: /retention/ });
        should(ofAccount("N-10")?.values.source_system).be.undefined();
      });
    });
  });
});
