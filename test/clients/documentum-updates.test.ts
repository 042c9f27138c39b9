import should from "should";
import { DocumentumClient } from "../../dist/clients/documentum/documentum.js";
import { FakeRepository, failure, LR } from "./documentum-fixture.ts";
import { type Asked, failureOf } from "./support.ts";

const ID = "0900000180000001";

/** Shapes of wire/documentum.md sections 11, 16.2 and 22.4, written by hand. */
describe("DocumentumClient updates", () => {
  let fake: FakeRepository;
  let client: DocumentumClient;
  let stamp = 1;
  let keywords: string[] | null = null;
  let tagged = true;
  let post: (asked: Asked) => ReturnType<typeof failure> | undefined = () => undefined;

  beforeEach(async () => {
    fake = await FakeRepository.start();
    client = new DocumentumClient({ contextUrl: fake.ctx, repository: "acme", credentials: { kind: "none" } });
    [stamp, keywords, tagged, post] = [1, null, true, () => undefined];
    fake.onQuery = () => [{ properties: { r_object_id: ID }, path: `/documents/${ID}` }];
    fake.onOther = (asked, path) => {
      if (path !== `/documents/${ID}`) return undefined;
      if (asked.method === "POST") {
        const refused = post(asked);
        if (refused) return refused;
        if (asked.headers["if-match"] !== undefined && asked.headers["if-match"] !== `"${stamp}"`) return failure(412, "E_STALE", "");
        keywords = JSON.parse(asked.body.toString()).properties.keywords;
        stamp += 1;
      }
      return { json: fake.document(ID, { keywords }), headers: tagged ? { ETag: `"${stamp}"` } : {} };
    };
  });
  afterEach(async () => {
    client.close();
    await fake.close();
  });

  const append = (word: string) => (now: { properties: Record<string, unknown> }) => ({
    keywords: [...((now.properties.keywords ?? []) as string[]), word],
  });
  const posts = () => fake.asked("POST", `/documents/${ID}`);

  it("send what is to change with the ETag, and give the object as it is afterwards", async () => {
    const object = await client.updateObject(await client.getObject(ID), append("a"));
    should(object.properties.keywords).eql(["a"]);
    should(JSON.parse(posts()[0]?.body.toString() ?? "")).eql({ properties: { keywords: ["a"] } });
    should(posts()[0]?.headers["if-match"]).equal('"1"');
  });

  it("are made anew on top of somebody else's change", async () => {
    let others = 2;
    post = () => {
      if (others-- <= 0) return undefined;
      keywords = [...(keywords ?? []), "theirs"];
      stamp += 1;
      return undefined;
    };
    await client.updateObject(await client.getObject(ID), append("ours"));
    should(keywords).eql(["theirs", "theirs", "ours"]);
    should(posts().length).equal(3);
  });

  it("give up for now when others change the object all the time", async () => {
    post = () => failure(412, "E_STALE", "");
    const updating = client.updateObject(await client.getObject(ID), append("x"));
    should(await failureOf(updating)).match({ code: "refused", retryable: true, subject: ID });
  });

  it("do without an ETag on servers that give none, and send nothing when there is nothing to do", async () => {
    tagged = false;
    await client.updateObject(await client.getObject(ID), append("a"));
    should(posts()[0]?.headers).not.have.property("if-match");
    await client.updateObject(await client.getObject(ID), () => undefined);
    should(posts().length).equal(1);
  });

  it("create objects without content in a folder, and relate them once", async () => {
    fake.links.push({ rel: `${LR}relations`, href: `${fake.R}/relations` });
    const related: unknown[] = [];
    fake.onQuery = (dql) =>
      dql.includes("dm_folder")
        ? [{ properties: { r_object_id: "0b1" }, path: "/folders/0b1" }]
        : [{ properties: {}, path: `/documents/${ID}` }];
    const other = fake.onOther;
    fake.onOther = (asked, path) => {
      if (path === "/folders/0b1") return { json: fake.folder("0b1") };
      if (path === "/folders/0b1/objects") return { status: 201, json: fake.document("0900000180000002") };
      if (path === "/relations" && asked.method === "POST") related.push(JSON.parse(asked.body.toString()).properties);
      if (path === "/relations")
        return {
          json: fake.feed(
            path,
            related.map((properties) => fake.entry({ properties: properties as Record<string, unknown>, path: "/relations/1" })),
          ),
        };
      return other(asked, path);
    };
    const made = await client.createObject({ folder: "/Deliveries", type: "acme_delivery", properties: { object_name: "x" } });
    should(made.objectId).equal("0900000180000002");
    should(JSON.parse(fake.asked("POST", "/folders/0b1/objects")[0]?.body.toString() ?? "")).eql({
      properties: { object_name: "x", r_object_type: "acme_delivery" },
    });
    const parent = {
      ...made,
      links: [{ rel: `${LR}relations`, href: `${fake.R}/relations?related-object-id=x` }],
    };
    for (const _twice of [1, 2]) await client.relations.relate("acme_of", parent, ID);
    should(related).eql([{ relation_name: "acme_of", parent_id: parent.objectId, child_id: ID }]);
  });
});
