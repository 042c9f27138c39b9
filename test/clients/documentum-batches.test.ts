import { rmSync, writeFileSync } from "node:fs";
import should from "should";
import { DocumentumClient } from "../../dist/clients/documentum/documentum.js";
import { FakeRepository, failure, LR } from "./documentum-fixture.ts";
import { type Answer, type Asked, failureOf, partsOf, sha256, TestFolder } from "./support.ts";

/** Shapes of wire/documentum.md section 21, written by hand. */
describe("DocumentumClient batches", () => {
  let fake: FakeRepository;
  let folder: TestFolder;
  let client: DocumentumClient;
  /** Answers one operation; undefined leaves its response out. */
  let answerTo: (name: string) => { status: number; entity: string } | undefined;
  let created = 0;
  let folderCalls = 0;

  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());
  beforeEach(async () => {
    fake = await FakeRepository.start();
    fake.links.push({ rel: `${LR}batches`, href: `${fake.R}/batches` });
    client = new DocumentumClient({ contextUrl: fake.ctx, repository: "acme", credentials: { kind: "none" } });
    [created, folderCalls] = [0, 0];
    answerTo = (name) => ({ status: 201, entity: JSON.stringify(fake.document(idOf(++created), { object_name: name })) });
    fake.onQuery = () => {
      folderCalls += 1;
      return [{ properties: { r_object_id: "0b1" }, path: "/folders/0b1" }];
    };
    fake.onOther = other;
  });
  afterEach(async () => {
    client.close();
    await fake.close();
  });

  const idOf = (number: number) => `09000001800000${String(number).padStart(2, "0")}`;
  function other(asked: Asked, path: string): Answer | undefined {
    if (path === "/folders/0b1") return { json: fake.folder("0b1") };
    if (path === "/folders/0b1/documents") return { status: 201, json: fake.document(idOf(++created)) };
    if (path !== "/batches") return undefined;
    const operations = operationsOf(asked).map(({ id, request }) => ({
      id,
      state: "FINISHED",
      response: answerTo(JSON.parse(request.entity).properties.object_name),
    }));
    return { status: 201, json: { state: "FINISHED", operations: operations.reverse() } };
  }
  const partsIn = (asked: Asked) => partsOf(asked.body, (asked.headers["content-type"] ?? "").replace(/boundary="(.*)"$/, "boundary=$1"));
  const operationsOf = (asked: Asked): { id: string; request: Record<string, string> & { entity: string } }[] =>
    JSON.parse(partsIn(asked)[0]?.body.toString() ?? "{}").operations;
  const documents = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      folder: "/Letters",
      type: "acme_letter",
      properties: { object_name: `${at}` },
      content: folder.file(100 + at),
      ...(at === 1 ? { format: "pdf" } : {}),
    }));

  it("sends metadata as text and bytes as attachments, as the official clients do, and matches replies by id", async () => {
    const wanted = documents(3);
    const results = await client.createDocuments(wanted);
    should(results.map((each) => (each as { name?: string }).name)).eql(["0", "1", "2"]);
    should(results).match([{ sent: { bytes: 100, sha256: wanted[0]?.content.sha256 } }, {}, {}]);
    const [post, ...more] = fake.asked("POST", "/batches") as [Asked];
    should(more).eql([]);
    should(post.headers["content-type"]).match(
      /^multipart\/related;type="application\/jop\+json";start="batch";start-info="application\/vnd\.emc\.documentum\+json";boundary="/,
    );
    const [first, ...attachments] = partsIn(post);
    should(first?.headers).match({
      "Content-Type": 'application/jop+json;type="application/vnd.emc.documentum+json"',
      "Content-ID": "batch",
    });
    should(JSON.parse(first?.body.toString() ?? "")).match({ transactional: false, sequential: true, "on-error": "CONTINUE" });
    operationsOf(post).forEach(({ id, request }, at) => {
      const query = at === 1 ? "?format=pdf" : "";
      should(request).match({
        method: "POST",
        uri: `${fake.R}/folders/0b1/documents${query}`,
        attachments: [{ Include: { href: `cid:${id}` } }],
      });
      should(JSON.parse(request.entity)).eql({ properties: { object_name: `${at}`, r_object_type: "acme_letter" } });
      should(attachments[at]?.headers).match({
        "Content-ID": id,
        "Content-Type": "application/pdf",
        "Content-Disposition": `form-data; name=${id}`,
      });
      should(sha256(attachments[at]?.body as Buffer)).equal(wanted[at]?.content.sha256);
    });
    should(folderCalls).equal(1);
  });

  it("gives the failure of one document to that document only, with the server's own code", async () => {
    const details = "(DM_API_E_BADATTRNAME) [DM_API_E_BADATTRNAME]error:  \"Bad attribute name 'colour' for document/object.\"";
    const well = answerTo;
    answerTo = (name) =>
      name === "1" ? { status: 400, entity: JSON.stringify(failure(400, "E_INVALID_ATTR_NAME", details).json) } : well(name);
    const [first, second, third] = await client.createDocuments(documents(3));
    should(second).match({ code: "unknown-attribute", subject: "colour", retryable: false, ambiguous: false });
    should([first, third]).match([{ objectId: /./ }, { objectId: /./ }]);
  });

  it("is in doubt about a document the reply is silent about, or names no object for", async () => {
    answerTo = (name) => (name === "0" ? undefined : { status: 201, entity: "{}" });
    for (const each of await client.createDocuments(documents(2))) should(each).match({ ambiguous: true, retryable: true });
  });

  it("sends no bytes that are not the document's, and the others all the same", async () => {
    const wanted = documents(3);
    writeFileSync(wanted[0]?.content.path as string, "altered");
    rmSync(wanted[1]?.content.path as string);
    const [altered, missing, good] = await client.createDocuments(wanted);
    should(altered).match({ code: "content-altered" });
    should(missing).match({ code: "content-missing" });
    should(good).match({ objectId: /./ });
    should(operationsOf(fake.asked("POST", "/batches")[0] as Asked).length).equal(1);
  });

  it("looks for a folder once more that went away", async () => {
    const well = answerTo;
    answerTo = (name) => (name === "0" ? { status: 404, entity: "{}" } : well(name));
    should(await client.createDocuments(documents(2))).match([{ objectId: /./ }, { objectId: /./ }]);
    should(folderCalls).equal(2);
    should(fake.asked("POST", "/folders/0b1/documents").length).equal(1);
  });

  it("throws what fails as a whole, in doubt when it was sent, and says whether there are batches at all", async () => {
    fake.onOther = (asked, path) => (path === "/batches" ? failure(500, "E_X", "") : other(asked, path));
    should(await failureOf(client.createDocuments(documents(2)))).match({ code: "server-error", ambiguous: true, retryable: true });
    should(await client.hasBatches()).be.true();
    fake.links.pop();
    const old = new DocumentumClient({ contextUrl: fake.ctx, repository: "acme", credentials: { kind: "none" } });
    should(await old.hasBatches()).be.false();
    old.close();
  });
});

describe("DocumentumClient key probes", () => {
  let fake: FakeRepository;
  let client: DocumentumClient;

  beforeEach(async () => {
    fake = await FakeRepository.start();
    client = new DocumentumClient({ contextUrl: fake.ctx, repository: "acme", credentials: { kind: "none" } });
    fake.onQuery = (dql) =>
      ["k1", "k2", "k2"].flatMap((key, at) =>
        dql.includes(`'${key}'`) ? [{ properties: { r_object_id: `090000018000000${at}`, acme_key: key }, path: `/objects/${at}` }] : [],
      );
  });
  afterEach(async () => {
    client.close();
    await fake.close();
  });

  const probe = (key: string, allVersions = false) => client.probeKey({ type: "acme_letter", attribute: "acme_key", allVersions }, key);

  it("ask for many keys in one query and give each its own objects", async () => {
    const found = await Promise.all(["k1", "k2", "k3'x", "k1"].map((key) => probe(key)));
    should(found.map((objects) => objects.map(({ objectId }) => objectId.at(-1)))).eql([["0"], ["1", "2"], [], ["0"]]);
    should(fake.queries).match([/ from acme_letter where acme_key in \('k1', 'k2', 'k3''x'\)$/]);
  });

  it("keep apart what is looked for elsewhere, and fit into an address", async () => {
    await Promise.all([probe("k1"), probe("k1", true), ...Array.from({ length: 100 }, (_, at) => probe(`key ${at}`))]);
    should(fake.queries.length).equal(3);
    should(fake.queries.some((dql) => / \(all\) where acme_key='k1'$/.test(dql))).be.true();
    for (const { path } of fake.server.asked) should(path.length).be.below(8_000);
  });

  it("give the failure of a query to all that asked", async () => {
    fake.onQuery = () => failure(503, "E_BUSY", "");
    for (const each of [probe("k1"), probe("k2")]) should(await failureOf(each)).match({ code: "service-unavailable" });
  });
});
