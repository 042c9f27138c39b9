import { buffer } from "node:stream/consumers";
import should from "should";
import { DocumentumClient, type DocumentumOptions, dqlName, dqlQuote } from "../../dist/clients/documentum/documentum.js";
import { hasCause } from "../../dist/clients/documentum/errors.js";
import { created, FakeRepository, failure, LR } from "./documentum-fixture.ts";
import { failureOf, serve, sha256, TestFolder } from "./support.ts";

const BASIC = { kind: "basic", user: "dmadmin", password: "pw" } as const;

describe("DocumentumClient", () => {
  const opened: { close(): unknown }[] = [];
  let fake: FakeRepository;
  let folder: TestFolder;

  const connect = (options: Partial<DocumentumOptions> = {}): DocumentumClient => {
    const client = new DocumentumClient({ contextUrl: fake.ctx, repository: "acme", credentials: BASIC, ...options });
    opened.push(client);
    return client;
  };

  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());
  beforeEach(async () => {
    fake = await FakeRepository.start();
    opened.push(fake);
  });
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  describe("discovery", () => {
    it("finds the repository over pages of the feed, once, with credentials from the first request", async () => {
      const client = connect({ contextUrl: `${fake.ctx}/` });
      await Promise.all([client.dql("select 1 from dm_docbase_config"), client.dql("select 2 from dm_docbase_config")]);
      const paths = fake.server.asked.map(({ path }) => path);
      should(paths.slice(0, 4)).eql([
        "/dctm-rest/services",
        "/dctm-rest/repositories",
        "/dctm-rest/repositories?items-per-page=1&page=2",
        "/dctm-rest/repositories/acme",
      ]);
      should(paths.length).equal(6);
      should(fake.server.asked[0]?.headers.accept).equal("application/home+json");
      const basic = `Basic ${Buffer.from("dmadmin:pw").toString("base64")}`;
      should(fake.server.asked.every(({ headers }) => headers.authorization === basic)).be.true();
    });

    it("says which repository is not there", async () => {
      const missing = await failureOf(connect({ repository: "nope" }).dql("select 1 from x"));
      should(missing).match({ code: "not-found", subject: "nope" });
    });

    it("tries again after a failed discovery", async () => {
      const answer = fake.answer.bind(fake);
      fake.answer = async () => failure(500, "E_STARTING", "");
      const client = connect();
      should(await failureOf(client.dql("select 1 from x"))).match({ code: "server-error", retryable: true, ambiguous: false });
      fake.answer = answer;
      should(await client.dql("select 1 from x")).eql([]);
    });

    it("says which link the repository does not offer", async () => {
      fake.links = [];
      should(await failureOf(connect().dql("select 1 from x"))).match({ code: "unexpected-reply", subject: "dql" });
    });

    it("reports the server's version", async () => {
      should(await connect().check()).eql({ major: 16.7, version: "16.7.0000.0076" });
    });

    it("accepts the short spelling of a relation", async () => {
      fake.links = [{ rel: "dql", hreftemplate: `${fake.R}{?dql,page}` }];
      should(await connect().dql("select 1 from x")).eql([]);
    });

    it("sends no credentials to another host, even when the links lead there", async () => {
      const other = await serve(() => ({ json: {} }));
      opened.push(other);
      fake.links = [{ rel: `${LR}dql`, hreftemplate: `${other.url}/repositories/acme{?dql}` }];
      const stray = await failureOf(connect().dql("select 1 from x"));
      should(stray).match({ code: "configuration", subject: other.url });
      should(other.asked.length).equal(0);
      should(await connect({ trustedOrigins: [`${other.url}/dctm-rest`] }).dql("select 1 from x")).eql([]);
      should(other.asked.length).equal(1);
    });
  });

  describe("dql", () => {
    it("encodes the statement and gives the rows' properties", async () => {
      fake.onQuery = () => [{ properties: { r_object_id: "0900000180000001", n: 5.0, empty: "", keywords: null } }];
      const rows = await connect().dql("select a from b where c='x y&%+ö'", { itemsPerPage: 50 });
      should(rows).eql([{ r_object_id: "0900000180000001", n: 5, empty: "", keywords: null }]);
      should(fake.queries).eql(["select a from b where c='x y&%+ö'"]);
      should(fake.server.asked.at(-1)?.path).containEql("items-per-page=50").and.not.containEql("+x");
    });

    it("takes a feed without entries for no rows", async () => {
      should(await connect().dql("select a from b")).eql([]);
    });

    it("follows next, as it is, until it is absent, or until it has rows enough", async () => {
      const pages = 3;
      const page = (number: number) => ({
        json: fake.feed(
          "",
          [fake.entry({ properties: { page: number, value: 5.0 } }), fake.entry({ properties: { page: number } })],
          number < pages ? [{ rel: "next", href: `${fake.R}/next/a%252Fb%2Bc?page=${number + 1}&x=%27y%27` }] : [],
        ),
      });
      fake.onQuery = () => page(1);
      fake.onOther = (asked) => page(Number(/page=(\d)/.exec(asked.path)?.[1]));
      const client = connect();
      should((await client.dql("select a from b")).map((row) => row.page)).eql([1, 1, 2, 2, 3, 3]);
      should(fake.asked("GET", "/next/a%252Fb%2Bc").map(({ path }) => path.split("?")[1])).eql(["page=2&x=%27y%27", "page=3&x=%27y%27"]);
      fake.server.asked.length = 0;
      should((await client.dql("select a from b", { maxRows: 3 })).length).equal(3);
      should(fake.asked("GET", "/next/a%252Fb%2Bc").length).equal(1);
    });

    it("does not go round in circles", async () => {
      const loop = () => ({ json: fake.feed("", [fake.entry({ properties: { a: 1 } })], [{ rel: "next", href: `${fake.R}/loop` }]) });
      fake.onQuery = loop;
      fake.onOther = loop;
      should(await failureOf(connect().dql("select a from b"))).match({ code: "unexpected-reply" });
    });

    it("quotes values and checks names", () => {
      should(dqlQuote("O'Brien '' x")).equal("'O''Brien '''' x'");
      should(() => dqlQuote("a\u0000b")).throw(/control characters/);
      should(() => dqlQuote("a\nb")).throw(/control characters/);
      should(dqlName("acme_letter")).equal("acme_letter");
      should(() => dqlName("a' or 1=1")).throw(/letters, digits/);
    });
  });

  describe("types", () => {
    const attributes = [
      { name: "object_name", type: "string", length: 255, repeating: false, required: false, readonly: false },
      { name: "acme_pages", type: "integer", length: 0, repeating: false, required: true, notnull: false },
      { name: "keywords", type: "STRING", length: "48", repeating: true },
      { name: "acme_sent", type: "date", readonly: true },
      { name: "acme_amount", type: "double", notnull: true },
      { name: "acme_ref", type: "id" },
      { name: "acme_paid", type: "boolean" },
    ];
    const normalised = [
      { name: "object_name", type: "string", length: 255, repeating: false, required: false, readOnly: false },
      { name: "acme_pages", type: "integer", repeating: false, required: true, readOnly: false },
      { name: "keywords", type: "string", length: 48, repeating: true, required: false, readOnly: false },
      { name: "acme_sent", type: "date", repeating: false, required: false, readOnly: true },
      { name: "acme_amount", type: "double", repeating: false, required: true, readOnly: false },
      { name: "acme_ref", type: "id", repeating: false, required: false, readOnly: false },
      { name: "acme_paid", type: "boolean", repeating: false, required: false, readOnly: false },
    ];

    it("reads a type with inherited attributes", async () => {
      fake.onOther = (_asked, path) =>
        path === "/types/acme_letter"
          ? { json: { name: "acme_letter", label: "Letter", parent: `${fake.R}/types/dm_document`, category: 0, properties: attributes } }
          : undefined;
      should(await connect().getType("acme_letter")).eql({ name: "acme_letter", parent: "dm_document", attributes: normalised });
      should(fake.asked("GET", "/types/acme_letter")[0]?.path).containEql("inherited=true");
    });

    it("reads the 7.1 wrapper", async () => {
      fake.onOther = () => ({ json: { type: { name: "acme_letter", parent: "dm_document", properties: attributes } } });
      should(await connect().getType("acme_letter")).eql({ name: "acme_letter", parent: "dm_document", attributes: normalised });
    });

    it("keeps the suffix of a server that answers with it", async () => {
      fake.links = [{ rel: `${LR}types`, href: `${fake.R}/types.json` }];
      fake.onOther = (_asked, path) => (path === "/types/acme_letter.json" ? { json: { name: "acme_letter", properties: [] } } : undefined);
      should((await connect().getType("acme_letter")).name).equal("acme_letter");
    });

    it("looks the type up in the feed where it is not below the types", async () => {
      fake.onOther = (_asked, path) => {
        if (path === "/types")
          return { json: fake.feed("/types", [fake.entry({ properties: { object_name: "acme_letter" }, path: "/t/1" })]) };
        return path === "/t/1" ? { json: { name: "acme_letter", properties: attributes } } : undefined;
      };
      should((await connect().getType("acme_letter")).attributes.length).equal(7);
    });

    it("says which type is not there", async () => {
      fake.onOther = (_asked, path) => (path === "/types" ? { json: fake.feed("/types", []) } : undefined);
      should(await failureOf(connect().getType("acme_nope"))).match({ code: "unknown-type", subject: "acme_nope" });
    });
  });

  describe("documents", () => {
    const ID = "090277b68005d8e8";
    const FOLDER = "0b0277b680000104";
    /** A repository with one folder, which takes documents. */
    const withFolder = (answer: () => Promise<object> | object = () => ({ status: 201, json: fake.document(ID) })): void => {
      fake.onQuery = (dql) =>
        dql.includes("dm_folder") ? [{ properties: { r_object_id: FOLDER, object_name: "4711" }, path: `/folders/${FOLDER}` }] : [];
      fake.onOther = (asked, path) => {
        if (path === `/folders/${FOLDER}`) return { json: fake.folder(FOLDER) };
        return asked.method === "POST" && path === `/folders/${FOLDER}/documents` ? answer() : undefined;
      };
    };

    it("sends metadata first, then the bytes, each with its type", async () => {
      withFolder();
      const content = folder.file(70_000);
      const document = await connect().createDocument({
        folder: "/Customers/4711",
        type: "acme_letter",
        properties: { object_name: "letter ü", keywords: ["a", "b"], acme_amount: 5 },
        content,
        format: "pdf",
      });
      should(document).match({ objectId: ID, chronicleId: ID, versionLabel: "1.0", size: 1234, format: "pdf", type: "acme_letter" });
      should(document.versionLabels).eql(["1.0", "CURRENT"]);
      should(document.sent).match({ bytes: 70_000, sha256: content.sha256 });
      const [asked] = fake.asked("POST", `/folders/${FOLDER}/documents`);
      should(asked?.path.split("?")[1]).equal("format=pdf");
      const { parts, metadata, bytes } = created(asked as NonNullable<typeof asked>);
      should(parts.map(({ headers }) => headers)).eql([
        { "Content-Disposition": 'form-data; name="metadata"', "Content-Type": "application/vnd.emc.documentum+json" },
        { "Content-Disposition": 'form-data; name="binary"', "Content-Type": "application/pdf", "Content-Length": "70000" },
      ]);
      should(metadata).eql({ properties: { object_name: "letter ü", keywords: ["a", "b"], acme_amount: 5, r_object_type: "acme_letter" } });
      should(sha256(bytes as Buffer)).equal(content.sha256);
    });

    it("takes 200 for 201, and files by folder id", async () => {
      withFolder(() => ({ status: 200, json: fake.document(ID) }));
      const call = { folder: { objectId: FOLDER }, type: "acme_letter", properties: {}, content: folder.file(10) };
      const client = connect();
      should(await client.createDocument(call)).match({ objectId: ID });
      should(await client.createDocument(call)).match({ objectId: ID });
      should(fake.queries).eql([`select r_object_id, object_name from dm_folder where r_object_id='${FOLDER}'`]);
    });

    it("takes the content from a reference as well", async () => {
      withFolder();
      const file = folder.file(10);
      const content = { ...file, path: () => Promise.resolve(file.path) } as unknown as Parameters<
        DocumentumClient["createDocument"]
      >[0]["content"];
      const call = { folder: "/a", type: "acme_letter", properties: {}, content };
      should((await connect().createDocument(call)).sent.sha256).equal(file.sha256);
    });

    it("finds the folder anew when it has gone, and creates nothing twice", async () => {
      let posts = 0;
      withFolder(() => (++posts === 2 ? failure(404, "E_GONE", "") : { status: 201, json: fake.document(ID) }));
      const client = connect();
      const call = { folder: "/Customers/4711", type: "acme_letter", properties: {}, content: folder.file(10) };
      await client.createDocument(call);
      await client.createDocument(call);
      should(posts).equal(3);
      should(fake.queries.length).equal(2);
    });

    it("is ambiguous when the server fails or the reply is lost or says nothing, and names no value", async () => {
      const call = { folder: "/a", type: "acme_letter", properties: { object_name: "Smith" }, content: folder.file(10) };
      withFolder(() => failure(500, "E_INTERNAL", "(DM_SYSOBJECT_E_CANT_SAVE) [DM_SYSOBJECT_E_CANT_SAVE]error: 'Smith'"));
      const failed = await failureOf(connect().createDocument(call));
      should(failed).match({ code: "server-error", retryable: true, ambiguous: true, status: 500 });
      should(JSON.stringify(failed)).containEql("DM_SYSOBJECT_E_CANT_SAVE").and.not.containEql("Smith");
      withFolder(() => ({ status: 201, json: { name: "document" } }));
      should(await failureOf(connect().createDocument(call))).match({ code: "unexpected-reply", retryable: true, ambiguous: true });
    });

    it("names the attribute the type does not have", async () => {
      withFolder(() =>
        failure(
          400,
          "E_INVALID_ATTR_NAME",
          "(DM_API_E_BADATTRNAME) [DM_API_E_BADATTRNAME]error:  \"Bad attribute name 'acme_colour' for document/object.\"",
        ),
      );
      const refused = await failureOf(connect().createDocument({ folder: "/a", type: "t", properties: {}, content: folder.file(10) }));
      should(refused).match({ code: "unknown-attribute", retryable: false, ambiguous: false, subject: "acme_colour", status: 400 });
      should(refused.remote).match({ code: "E_INVALID_ATTR_NAME", id: "2182c6f7-9da6-40d0-b561-967efbd90fea" });
      should(hasCause(refused, "DM_API_E_BADATTRNAME")).be.true();
      should(hasCause(refused, "DM_API_E_BAD")).be.false();
    });

    const causes: [number, string, string, boolean, boolean][] = [
      [500, "DM_SYSOBJECT_E_NO_BROWSE_ACCESS", "permission-denied", false, false],
      [500, "DM_API_E_BADATTRNAME", "unknown-attribute", false, false],
      [400, "DM_SYSOBJECT_E_NO_CONTENT_TYPE", "refused", false, false],
      [400, "DM_SYSOBJECT_E_LOCKED", "locked", true, false],
      [401, "", "authentication-failed", false, false],
    ];
    for (const [status, id, code, retryable, ambiguous] of causes) {
      it(`takes ${status} ${id} for ${code}`, async () => {
        withFolder(() => failure(status, "E_SOMETHING", id === "" ? "" : `(${id}) [${id}]error:  "..."`));
        const call = { folder: "/a", type: "t", properties: {}, content: folder.file(10) };
        should(await failureOf(connect().createDocument(call))).match({ code, retryable, ambiguous });
      });
    }

    it("finds current versions by key", async () => {
      fake.onQuery = () => [
        {
          properties: { r_object_id: ID, i_chronicle_id: ID, r_version_label: ["1.0"], r_full_content_size: 9689.0, a_content_type: "pdf" },
          path: `/objects/${ID}`,
        },
        { properties: { r_object_id: ID, i_chronicle_id: ID, r_version_label: ["CURRENT"] }, path: `/objects/${ID}` },
        { properties: { r_object_id: "090277b68005d8e9", r_full_content_size: null, a_content_type: "" }, path: "/objects/2" },
      ];
      const hits = await connect().findByKey("acme_letter", "acme_key", "ab'cd");
      should(hits.map(({ objectId, size, format, versionLabels }) => ({ objectId, size, format, versionLabels }))).eql([
        { objectId: ID, size: 9689, format: "pdf", versionLabels: ["1.0", "CURRENT"] },
        { objectId: "090277b68005d8e9", size: undefined, format: undefined, versionLabels: [] },
      ]);
      should(fake.queries[0]).match(/from acme_letter where acme_key='ab''cd'$/);
      should(await failureOf(connect().findByKey("a;b", "k", "v"))).match({ code: "configuration" });
    });

    it("gets an object by the address a query gives, among old versions too", async () => {
      fake.onQuery = (dql) => (dql.includes("(all)") ? [{ properties: { r_object_id: ID }, path: `/objects/${ID}` }] : []);
      fake.onOther = (_asked, path) => (path === `/objects/${ID}` ? { json: fake.document(ID) } : undefined);
      const object = await connect().getObject(ID);
      should(object).match({ objectId: ID, name: "letter", size: 1234 });
      should(object.properties.keywords).be.null();
      fake.onQuery = () => [];
      should(await failureOf(connect().getObject(ID))).match({ code: "not-found", subject: ID });
    });

    describe("content", () => {
      const bytes = Buffer.from("%PDF-1.7 bytes");
      const content = (links: object[]) => ({
        json: {
          name: "content",
          properties: { full_format: "pdf", format_name: "pdf", full_content_size: 14.0, mime_type: "application/pdf" },
          links,
        },
      });

      it("reads back from the REST host with credentials, asking anew each time", async () => {
        withFolder();
        const create = fake.onOther;
        fake.onOther = (asked, path) => {
          if (path === `/objects/${ID}/contents/content`) {
            return content([
              { rel: "self", href: "x" },
              { rel: "enclosure", title: "ACS", href: "http://acs.invalid:9080/ACS/servlet/ACS?x=1" },
              { rel: "enclosure", title: "LOCAL", href: `${fake.R}/objects/${ID}/content-media?format=pdf&modifier=&page=0` },
            ]);
          }
          if (path === `/objects/${ID}/content-media`) return { headers: { "Content-Type": "application/pdf" }, body: bytes };
          return create(asked, path);
        };
        const client = connect();
        const document = await client.createDocument({ folder: "/a", type: "t", properties: {}, content: folder.file(bytes) });
        should(await client.hashContent(document)).match({ bytes: 14, sha256: sha256(bytes), mediaType: "application/pdf" });
        const opened = await client.openContent(ID);
        should((await buffer(opened.stream)).equals(bytes)).be.true();
        should(opened).match({ size: 14, mediaType: "application/pdf", format: "pdf", withCredentials: true });
        should(fake.asked("GET", `/objects/${ID}/contents/content`).map(({ path }) => path.split("?")[1])).eql([
          "media-url-policy=local",
          "media-url-policy=local",
        ]);
        should(fake.asked("GET", `/objects/${ID}/content-media`)[0]).match({
          path: `/dctm-rest/repositories/acme/objects/${ID}/content-media?format=pdf&modifier=&page=0`,
        });
        should(fake.asked("GET", `/objects/${ID}/content-media`)[0]?.headers.authorization).be.a.String();
        should(fake.asked("GET", `/documents/${ID}`).length).equal(0);
      });

      it("downloads from ACS by the address as it is, without credentials", async () => {
        const acs = await serve(() => ({ body: bytes }));
        opened.push(acs);
        const signed =
          "/ACS/servlet/ACS?command=read&basepath=%2Fd%2B1&signature=aB%2B%2F%3D'|x&mime_type=application%2Fpdf&expire_delta=360";
        fake.onQuery = () => [{ properties: { r_object_id: ID }, path: `/documents/${ID}` }];
        fake.onOther = (_asked, path) => {
          if (path === `/documents/${ID}`) return { json: fake.document(ID) };
          return content([{ rel: `${LR}enclosure`, title: "ACS", href: acs.url + signed }]);
        };
        const client = connect({ mediaUrlPolicy: "dc-pref" });
        should(await client.primaryContent(ID)).match({ withCredentials: false, url: acs.url + signed });
        should((await client.hashContent(ID)).sha256).equal(sha256(bytes));
        should(acs.asked[0]?.path).equal(signed);
        should(acs.asked[0]?.headers).not.have.property("authorization");
        should(fake.asked("GET", `/objects/${ID}/contents/content`)[0]?.path).containEql("media-url-policy=dc-pref");
      });

      it("says so when there is none", async () => {
        fake.onQuery = () => [{ properties: { r_object_id: ID }, path: `/documents/${ID}` }];
        fake.onOther = () => ({ json: { ...fake.document(ID), links: [] } });
        should(await failureOf(connect().hashContent(ID))).match({ code: "not-found", subject: ID });
      });
    });
  });

  it("uses client token and CSRF token in place of credentials, and credentials again after a 401", async () => {
    let valid = 1;
    fake.onQuery = () => ({ json: {} });
    const answer = fake.answer.bind(fake);
    fake.answer = async (asked) => {
      const cookie = asked.headers.cookie;
      if (cookie !== undefined && cookie !== `DOCUMENTUM-CLIENT-TOKEN=token${valid}`) return failure(401, "E_BAD_CREDENTIALS_ERROR", "");
      const headers = {
        "Set-Cookie": [`DOCUMENTUM-CLIENT-TOKEN=token${valid}; Path=/; Expires=Wed, 21 Oct 2099 07:28:00 GMT`],
        "DOCUMENTUM-CSRF-HEADER-NAME": "DOCUMENTUM-CSRF-TOKEN",
        "DOCUMENTUM-CSRF-TOKEN": `csrf${valid}`,
      };
      return { ...(await answer(asked)), headers };
    };
    const client = connect({ clientToken: true });
    await client.dql("select 1 from x");
    const [first, second] = fake.server.asked;
    should(first?.headers).have.property("authorization");
    should(second?.headers).match({ cookie: "DOCUMENTUM-CLIENT-TOKEN=token1", "documentum-csrf-token": "csrf1" });
    should(second?.headers).not.have.property("authorization");
    valid = 2;
    fake.server.asked.length = 0;
    await client.dql("select 1 from x");
    await client.dql("select 1 from x");
    should(fake.server.asked.map(({ headers }) => headers.cookie ?? headers.authorization?.slice(0, 5))).eql([
      "DOCUMENTUM-CLIENT-TOKEN=token1",
      "Basic",
      "DOCUMENTUM-CLIENT-TOKEN=token2",
    ]);
  });
});
