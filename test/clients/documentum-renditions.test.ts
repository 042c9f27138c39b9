import should from "should";
import { DocumentumClient } from "../../dist/clients/documentum/documentum.js";
import { FakeRepository, LR } from "./documentum-fixture.ts";
import { type Asked, failureOf, sha256, TestFolder } from "./support.ts";

const ID = "0900000180000001";

/** Shapes of wire/documentum.md section 12, written by hand. */
describe("DocumentumClient renditions", () => {
  let fake: FakeRepository;
  let folder: TestFolder;
  let client: DocumentumClient;
  let entries: unknown[] = [];

  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());
  beforeEach(async () => {
    fake = await FakeRepository.start();
    const credentials = { kind: "basic", user: "archiver", password: "pw" } as const;
    client = new DocumentumClient({ contextUrl: fake.ctx, repository: "acme", credentials });
    fake.onQuery = () => [{ properties: { r_object_id: ID }, path: `/documents/${ID}` }];
    entries = [];
    fake.onOther = (asked: Asked, path: string) => {
      if (path === `/documents/${ID}`) return { json: fake.document(ID) };
      if (path === `/objects/${ID}/contents` && asked.method === "POST") return { status: 201, json: resource("html", "web", 2) };
      if (path === `/objects/${ID}/contents`) return { json: fake.feed(path, entries) };
      if (path === `/objects/${ID}/contents/content`) return { json: resource("html", "web", 2) };
      return path === `/objects/${ID}/content-media` ? { body: "<p>bytes" } : undefined;
    };
  });
  afterEach(async () => {
    client.close();
    await fake.close();
  });

  const address = (format: string, modifier: string) =>
    `${fake.R}/objects/${ID}/contents/content?format=${format}&modifier=${modifier}&page=0`;
  function resource(format: string, modifier: string, rendition: number) {
    return {
      name: "content",
      properties: {
        r_object_id: "0600000180000007",
        rendition,
        full_format: format,
        format_name: format,
        full_content_size: 8.0,
        mime_type: `text/${format}`,
        parent_id: [ID],
        page: [0],
        page_modifier: [modifier === "" ? null : modifier],
      },
      links: [
        { rel: "self", href: address(format, modifier) },
        { rel: `${LR}content-media`, title: "LOCAL", href: `${fake.R}/objects/${ID}/content-media?format=${format}` },
      ],
    };
  }
  const entry = (format: string, modifier: string, rendition: number, inline = true) => ({
    id: address(format, modifier),
    title: "letter",
    links: [{ rel: "edit", href: address(format, modifier) }],
    content: { src: address(format, modifier), ...(inline ? { properties: resource(format, modifier, rendition).properties } : {}) },
  });

  it("adds raw bytes with their media type, explicitly not as primary and without overwriting", async () => {
    const file = folder.file(4_000, "page.html", "text/html");
    const place = { format: "html", page: 0, modifier: "web" };
    const stored = await client.renditions.add(await client.getObject(ID), place, file);
    should(stored).match({ contentId: "0600000180000007", format: "html", modifier: "web", pages: [0], primary: false, size: 8 });
    should(stored.sent.sha256).equal(file.sha256);
    const [post] = fake.asked("POST", `/objects/${ID}/contents`) as [Asked];
    should(post.path.split("?")[1]).equal("primary=false&overwrite=false&format=html&page=0&modifier=web");
    should(post.headers["content-type"]).equal("text/html");
    should(post.body.equals(file.bytes)).be.true();
    should((await client.hashContentAt(stored.href as string)).sha256).equal(sha256(Buffer.from("<p>bytes")));
  });

  it("leaves format and modifier out where there are none", async () => {
    await client.renditions.add(await client.getObject(ID), { page: 3, modifier: "" }, folder.file(10, "a.html", "text/html"));
    should(fake.asked("POST", `/objects/${ID}/contents`)[0]?.path.split("?")[1]).equal("primary=false&overwrite=false&page=3");
  });

  it("finds a rendition by its place, by format name or by media type, and never takes the primary content for one", async () => {
    const object = await client.getObject(ID);
    entries = [entry("html", "", 0), entry("html", "print", 2), entry("plain", "web", 2), entry("html", "web", 2)];
    should(await client.renditions.find(object, { format: "html", page: 0, modifier: "web" }, "x/y")).match({
      href: address("html", "web"),
    });
    should(await client.renditions.find(object, { page: 0, modifier: "web" }, "text/html")).match({ href: address("html", "web") });
    should(await client.renditions.find(object, { page: 0, modifier: "" }, "text/html")).be.undefined();
    should(await client.renditions.find(object, { format: "html", page: 1, modifier: "web" }, "text/html")).be.undefined();
  });

  it("reads contents one by one where the server does not inline them", async () => {
    entries = [entry("html", "web", 2, false)];
    const found = await client.renditions.find(await client.getObject(ID), { format: "html", page: 0, modifier: "web" }, "text/html");
    should(found).match({ contentId: "0600000180000007", href: address("html", "web") });
  });

  it("is ambiguous when the reply says nothing", async () => {
    const other = fake.onOther;
    fake.onOther = (asked, path) => (asked.method === "POST" ? { status: 201, json: {} } : other(asked, path));
    const adding = client.renditions.add(await client.getObject(ID), { page: 0, modifier: "" }, folder.file(10));
    should(await failureOf(adding)).match({ code: "unexpected-reply", ambiguous: true, retryable: true });
  });
});
