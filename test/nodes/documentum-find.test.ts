import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import should from "should";
import type { Fields } from "../../scripts/support/sandbox-files.ts";
import { node } from "./flows.ts";
import { Person } from "./person.ts";
import { documentOf, rigOfSuite, type SeenMessage } from "./rig.ts";
import { documentumObjects } from "./stored.ts";
import { sha256, someBytes, until } from "./values.ts";

interface Found extends SeenMessage {
  found?: { objectId: string; version?: string; name?: string; values: Fields; content: { open(): Promise<Readable> } & Fields };
  payload?: unknown;
  parts?: { id: string; index: number; count?: number };
}

const condition = (name: string, operator: string, value = "", valueKind = "str") => ({ name, operator, value, valueKind });
const find = (values: Fields = {}) => ({
  id: "find",
  type: "documentum-find",
  z: "tab",
  x: 0,
  y: 0,
  wires: [["out"], ["end"]],
  name: "",
  version: 1,
  repository: "documentum",
  queryBy: "built",
  objectType: "demo_statement",
  match: "all",
  conditions: [condition("account_number", "eq", "payload", "msg")],
  folder: "",
  descend: true,
  versions: "current",
  attributes: "account_number, pages",
  order: "object_name",
  dql: "",
  dqlType: "str",
  binds: [],
  limit: "",
  emit: "documents",
  pageSize: "10",
  pace: "free",
  ...values,
});

describe("documentum-find", () => {
  const rig = rigOfSuite();
  const archive = () =>
    node("documentum-archive", "archive", {
      folderPath: "/Statements/{{metadata.job_id}}",
      wires: [["stored"]],
      repository: "documentum",
      ledger: "ledger",
    });
  const load = (values: Fields = {}) => rig.load([archive(), node("helper", "stored"), node("helper", "end"), find(values)]);
  const found = (id = "out") => rig.messages(id) as Found[];
  /** Stores documents of an account and gives their bytes. */
  async function store(account: string, count: number, more: (at: number) => Fields = () => ({})): Promise<Buffer[]> {
    const before = rig.messages("stored").length;
    const bytes = Array.from({ length: count }, () => someBytes());
    for (const [at, payload] of bytes.entries()) {
      const attributes = { customer_number: "4711", account_number: account, job_id: "found", pages: at, ...more(at) };
      rig.send("archive", { payload, filename: `${String(at).padStart(3, "0")}.pdf`, attributes });
    }
    await rig.received(before + count, "stored");
    return bytes;
  }
  const end = async (count = 1) => ((await rig.received(count, "end")) as Found[])[count - 1]?.payload;

  it("sends a message for each document, with a reference that fetches its bytes when it is opened", async () => {
    await load();
    const bytes = await store("F-1", 25);
    rig.send("find", { payload: "F-1", topic: "kept" });
    should(await end()).eql({ count: 25, more: false });
    should(found().map(({ found }) => found?.name)).eql(bytes.map((_, at) => `${String(at).padStart(3, "0")}.pdf`));
    should(found().map(({ parts }) => parts?.index)).eql(bytes.map((_, at) => at));
    should(found().map(({ parts }) => parts?.count)).eql([...Array(24).fill(undefined), 25]);
    should(new Set(found().map(({ parts }) => parts?.id)).size).equal(1);
    const one = found()[7];
    should(one).match({ topic: "kept", found: { version: "1.0", values: { pages: 7, account_number: "F-1" } } });
    should(JSON.parse(JSON.stringify(one?.found?.content))).match({ size: 2_000, fileName: "007.pdf", objectId: one?.found?.objectId });
    for (let twice = 0; twice < 2; twice += 1) {
      const stream = (await one?.found?.content.open()) as Readable;
      should((await buffer(stream)).equals(bytes[7] as Buffer)).be.true();
    }
    await rig.shown("find", "found 25");
  });

  it("sends rows, a list, or nothing but the count, as far as the limit goes", async () => {
    await load({ emit: "rows", limit: "3" });
    await store("F-2", 5);
    rig.send("find", { payload: "F-2" });
    should(await end()).eql({ count: 3, more: true });
    should(found().map(({ payload }) => (payload as Fields).pages)).eql([0, 1, 2]);
    should(found()[2]?.parts?.count).equal(3);
    await rig.redeploy({ find: { emit: "list", limit: "5" } });
    rig.send("find", { payload: "F-2" });
    should(await end(2)).eql({ count: 5, more: false });
    should((found()[3] as { payload: Fields[] }).payload.map(({ pages }) => pages)).eql([0, 1, 2, 3, 4]);
    rig.send("find", { payload: "nobody" });
    should(await end(3)).eql({ count: 0, more: false });
  });

  it("escapes values, and takes them from constants, messages, templates and JSONata", async () => {
    const account = "F-3 O'Brien' or '1'='1";
    await load({
      conditions: [
        condition("account_number", "eq", "{{payload.account}}", "template"),
        condition("job_id", "eq", "found"),
        condition("pages", "ge", "payload.pages + 1", "jsonata"),
        condition("pages", "lt", "payload.below", "msg"),
      ],
      emit: "rows",
    });
    await store(account, 6);
    await store("F-3", 2);
    rig.send("find", { payload: { account, pages: 1, below: 4 } });
    should(await end()).eql({ count: 2, more: false });
    should(found().map(({ payload }) => (payload as Fields).pages)).eql([2, 3]);
  });

  it("knows how to compare each kind of attribute", async () => {
    await load({ emit: "rows" });
    await store("F-4", 4, (at) => ({
      ...(at > 0 ? { statement_date: `2026-0${at}-01T00:00:00.000+00:00` } : {}),
      tags: at % 2 ? ["odd", "number"] : ["even"],
      is_final: at === 3,
      total_amount: at + 0.5,
    }));
    const own = condition("account_number", "eq", "F-4");
    const pagesFor = async (...conditions: Fields[]): Promise<unknown[]> => {
      await rig.redeploy({ find: { conditions: [own, ...conditions] } });
      const [before, ends] = [found().length, rig.messages("end").length];
      rig.send("find", {});
      await rig.received(ends + 1, "end");
      return found()
        .slice(before)
        .map(({ payload }) => (payload as Fields).pages);
    };
    should(await pagesFor(condition("statement_date", "ge", "2026-02-01"))).eql([2, 3]);
    should(await pagesFor(condition("statement_date", "empty"))).eql([0]);
    should(await pagesFor(condition("tags", "eq", "odd"))).eql([1, 3]);
    should(await pagesFor(condition("tags", "ne", "odd"))).eql([0, 2]);
    should(await pagesFor(condition("is_final", "eq", "true"))).eql([3]);
    should(await pagesFor(condition("total_amount", "le", "1.5"))).eql([0, 1]);
    should(await pagesFor(condition("object_name", "begins", "00"), condition("object_name", "contains", "2.p"))).eql([2]);
    should(await pagesFor(condition("pages", "in", "1, 3"))).eql([1, 3]);
  });

  it("finds in a folder, with or without what lies below it, and all versions where it is told to", async () => {
    await load({ conditions: [], folder: "/Statements/{{payload}}", emit: "rows", attributes: "account_number,r_version_label" });
    await store("F-5", 2, () => ({ job_id: "F-5" }));
    await store("F-5", 1, () => ({ job_id: "F-5/below" }));
    rig.send("find", { payload: "F-5" });
    should(await end()).match({ count: 3 });
    await rig.redeploy({ find: { descend: false } });
    rig.send("find", { payload: "F-5" });
    should(await end(2)).match({ count: 2 });
    const [first] = documentumObjects(rig.dataDir).filter(({ values }) => values.account_number === "F-5");
    const person = new Person(rig.sandbox.description, "flows");
    await person.ask("PUT", `/objects/${first?.id}/lock`);
    await person.ask("POST", `/objects/${first?.id}/versions?object-id=${first?.id}&version-policy=next-minor`, {
      properties: { title: "2" },
    });
    rig.send("find", { payload: "F-5" });
    should(await end(3)).match({ count: 2 });
    await rig.redeploy({ find: { versions: "all", emit: "documents" } });
    rig.send("find", { payload: "F-5" });
    should(await end(4)).match({ count: 3 });
    should(
      found()
        .slice(-3)
        .map(({ found }) => found?.version)
        .sort(),
    ).eql(["1.0", "1.0", "1.1"]);
  });

  it("puts values into a given statement, escaped", async () => {
    await load({
      queryBy: "dql",
      dql: "select r_object_id, object_name, pages from demo_statement where account_number=:account and pages in (:pages) order by pages desc",
      binds: [condition("account", "eq", "payload", "msg"), condition("pages", "eq", "[1, 2]", "jsonata")],
    });
    await store("F-6 ' or 1=1", 4);
    rig.send("find", { payload: "F-6 ' or 1=1" });
    should(await end()).eql({ count: 2, more: false });
    should(found().map(({ found }) => found?.values.pages)).eql([2, 1]);
  });

  it("waits for msg.tick before the next page, and ends with msg.stop", async () => {
    await load({ pace: "tick", emit: "rows" });
    await store("F-7", 35);
    rig.send("find", { payload: "F-7" });
    const settled = async (count: number) => {
      await rig.received(count);
      // Whatever else was on its way would be there after another query of the same connection.
      await (await (rig.node("documentum") as never as { client(): Promise<{ check(): Promise<unknown> }> }).client()).check();
      return found().length;
    };
    // A row is held back until it is known whether it is the last.
    should(await settled(9)).equal(9);
    rig.send("find", { tick: true });
    should(await settled(19)).equal(19);
    rig.send("find", { stop: true });
    should(await end()).eql({ count: 20, more: true });
    rig.send("find", { payload: "F-7" });
    for (let page = 0; page < 4; page += 1) {
      await rig.received(20 + Math.min(34, page * 10 + 9));
      rig.send("find", { tick: true });
    }
    should(await end(2)).eql({ count: 35, more: false });
  });

  it("goes on where it was when the server is busy in between", async () => {
    await load({ emit: "rows" });
    await store("F-8", 35);
    rig.sandbox.app.faults.set([
      { kind: "status", service: "documentum", method: "GET", path: "/repositories/demo$", status: 503, after: 2, times: 2 },
    ]);
    rig.send("find", { payload: "F-8" });
    should(await end()).eql({ count: 35, more: false });
    should(rig.sandbox.app.faults.report()[0]?.hits).equal(2);
  });

  it("hands mistakes to the Catch node, and never a value with them", async () => {
    await load({ conditions: [condition("shoe_size", "eq", "43")] });
    rig.send("find", {});
    should((await rig.caught()).error).match({ code: "unknown-attribute", message: /shoe_size/ });
    await rig.redeploy({ find: { conditions: [condition("account_number", "eq", "payload.number", "msg")] } });
    rig.send("find", { payload: {} });
    should((await rig.received(2, "caught"))[1]?.error).match({ code: "invalid-message", message: /account_number/ });
    await rig.redeploy({ find: { conditions: [], objectType: "no_such_type" } });
    rig.send("find", {});
    should((await rig.received(3, "caught"))[2]?.error).match({ code: "unknown-type" });
    await rig.redeploy({
      find: {
        queryBy: "dql",
        dql: "select object_name from demo_statement where customer_number=:c",
        binds: [condition("c", "eq", "4711")],
      },
    });
    rig.send("find", {});
    should((await rig.received(4, "caught"))[3]?.error).match({ code: "configuration", message: /r_object_id/ });
    await rig.redeploy({ find: { dql: "select nonsense from where" } });
    rig.send("find", {});
    should((await rig.received(5, "caught"))[4]?.error?.code).equal("refused");
    should(found()).eql([]);
  });

  it("gives archiving nodes what it found as a payload", async () => {
    await load();
    const [bytes] = await store("F-9", 1);
    rig.send("find", { payload: "F-9" });
    await end();
    rig.send("archive", {
      payload: found()[0]?.found?.content,
      filename: "copy.pdf",
      attributes: { customer_number: "4711", job_id: "copies" },
    });
    const copied = documentOf((await rig.received(2, "stored"))[1]);
    should(copied.content).match({ sha256: sha256(bytes as Buffer), fileName: "copy.pdf" });
    await until("the copy", () => documentumObjects(rig.dataDir).some(({ values }) => values.job_id === "copies"));
  });
});
