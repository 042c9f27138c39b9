import should from "should";
import { CmsClient, type CmsOptions } from "../../dist/clients/cms/cms.js";
import { cmsQuote } from "../../dist/clients/cms/filter.js";
import { type Answer, type Asked, failureOf, serve, sha256, type TestServer } from "./support.ts";

describe("CmsClient", () => {
  const opened: { close(): unknown }[] = [];
  let server: TestServer;
  let handler: (asked: Asked, index: number) => Answer;

  const connect = (options: Partial<CmsOptions> = {}): CmsClient => {
    const client = new CmsClient({ baseUrl: server.url, credentials: { kind: "none" }, ratePerSecond: 0, ...options });
    opened.push(client);
    return client;
  };
  const instance = (id: string, extra: Record<string, unknown> = {}) => ({
    id,
    name: "letter",
    category: "file",
    type: "def_letter",
    version_no: 1,
    latest: true,
    properties: { key: "ab12", amount: 5.0 },
    traits: { p_integrity: { main: { sha256: "00" } } },
    renditions: [{ id: "r1", blob_id: "b1", rendition_type: "primary" }],
    lock_owner: null,
    _links: {
      self: { href: `${server.url}/cms/instances/file/def_letter/${id}` },
      "urn:eim:linkrel:download-media": { href: `${server.url}/media/${id}` },
    },
    ...extra,
  });
  const filterOf = (asked: Asked | undefined): string | null => new URL(asked?.path ?? "", server.url).searchParams.get("filter");

  beforeEach(async () => {
    server = await serve((asked, index) => handler(asked, index));
    opened.push(server);
  });
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  it("finds the service at the platform's address, with and without /cms at its end", async () => {
    handler = () => ({ json: {} });
    for (const baseUrl of [server.url, `${server.url}/`, `${server.url}/cms`, `${server.url}/cms/`]) {
      await connect({ baseUrl }).listTypes();
      should(server.asked.at(-1)?.path).equal("/cms/type-definitions?page=1&items-per-page=200");
    }
  });

  it("creates an instance", async () => {
    handler = () => ({ status: 201, headers: { "Content-Type": "application/hal+json" }, body: JSON.stringify(instance("i1")) });
    const body = {
      name: "letter.pdf",
      properties: { key: "ab12" },
      renditions: [{ name: "letter.pdf", rendition_type: "primary" as const, blob_id: "cj0=" }],
    };
    should(await connect().createInstance("file", "def_letter", body)).match({
      id: "i1",
      type: "def_letter",
      versionNo: 1,
      latest: true,
      properties: { key: "ab12", amount: 5 },
      links: { "urn:eim:linkrel:download-media": `${server.url}/media/i1` },
    });
    should(server.asked[0]).match({ method: "POST", path: "/cms/instances/file/def_letter" });
    should(JSON.parse(server.asked[0]?.body.toString() ?? "")).eql(body);
  });

  it("is ambiguous when the reply to a create names no instance, or never comes right", async () => {
    handler = () => ({ status: 201, json: {} });
    const client = connect();
    should(await failureOf(client.createInstance("file", "t", { name: "x" }))).match({
      code: "unexpected-reply",
      retryable: true,
      ambiguous: true,
    });
    handler = () => ({ status: 201, body: "<html>" });
    should(await failureOf(client.createInstance("file", "t", { name: "x" }))).match({ code: "unexpected-reply", ambiguous: true });
    handler = () => ({ status: 500, json: { status: 500, exception: "E", details: "d" } });
    should(await failureOf(client.createInstance("file", "t", { name: "x" }))).match({ code: "server-error", ambiguous: true });
  });

  it("takes a list without _embedded for no match", async () => {
    handler = () => ({ json: { _links: { self: { href: "x" } }, page: 1, itemsPerPage: 20 } });
    should(await connect().findByAttribute("file", "def_letter", "key", "ab12")).eql([]);
    should(server.asked[0]?.path).startWith("/cms/instances/file/def_letter?");
    should(filterOf(server.asked[0])).equal("key eq 'ab12' and latest eq 'true'");
  });

  it("follows next until it is absent", async () => {
    handler = (_asked, index) => ({
      json: {
        _embedded: { collection: [instance(`i${index * 2}`), instance(`i${index * 2 + 1}`)] },
        _links: index < 2 ? { next: { href: `${server.url}/cms/next?filter=a%20eq%20'b'&page=${index + 2}` } } : {},
        page: index + 1,
      },
    });
    const found = await connect().findByAttribute("file", "def_letter", "key", "ab12", { latestOnly: false, itemsPerPage: 2 });
    should(found.map(({ id }) => id)).eql(["i0", "i1", "i2", "i3", "i4", "i5"]);
    should(filterOf(server.asked[0])).equal("key eq 'ab12'");
    should(server.asked[1]?.path).equal("/cms/next?filter=a%20eq%20'b'&page=2");
  });

  it("quotes values, and takes no expression for a name", async () => {
    handler = () => ({ json: {} });
    await connect().findByAttribute("any", "cms_any", "name", "O'Brien or 1");
    should(filterOf(server.asked[0])).equal("name eq \"O'Brien or 1\" and latest eq 'true'");
    should(cmsQuote("00ff")).equal("'00ff'");
    should(cmsQuote('12" pipe')).equal("'12\" pipe'");
    should(cmsQuote("O'Brien's 12\" pipe")).equal("'O''Brien''s 12\" pipe'");
    should(await failureOf(connect().findByAttribute("any", "cms_any", "a eq 'b' or c", "x"))).match({ code: "configuration" });
  });

  it("gets an instance, and reads its content back from where its link leads", async () => {
    const bytes = Buffer.from("bytes");
    handler = ({ path }) => (path.startsWith("/media") ? { body: bytes } : { json: instance("i=1") });
    const client = connect();
    const found = await client.getInstance("file", "def_letter", "i=1");
    should(server.asked[0]?.path).equal("/cms/instances/file/def_letter/i%3D1");
    should(client.downloadLink(found)).equal(`${server.url}/media/i=1`);
    should((await client.hashContent(found)).sha256).equal(sha256(bytes));
    should(await failureOf(client.hashContent({ ...found, links: {} }))).match({ code: "not-found" });
  });

  it("sends its credentials to the media host only when that is trusted", async () => {
    const css = await serve(() => ({ body: "x" }));
    opened.push(css);
    const found = {
      id: "i",
      properties: {},
      traits: {},
      hasTraits: true,
      renditions: [],
      links: { "urn:eim:linkrel:download-media": `${css.url}/v2/content/x/download` },
    };
    const credentials = { kind: "basic", user: "u", password: "p" } as const;
    should(await failureOf(connect({ credentials }).hashContent(found))).match({ code: "configuration", subject: css.url });
    should(css.asked.length).equal(0);
    await connect({ credentials, trustedOrigins: [css.url] }).hashContent(found);
    should(css.asked[0]?.headers.authorization).be.a.String();
  });

  describe("definitions", () => {
    const attributes = [
      { name: "key", data_type: "string", size: 64, repeating: false, required: true, unique: true },
      { name: "tags", data_type: "String", repeating: true, required: false },
      { name: "pages", data_type: "long" },
      { name: "amount", data_type: "float" },
      { name: "sent", data_type: "date", read_only: true },
      { name: "paid", data_type: "boolean", system: true },
    ];
    const normalised = [
      { name: "key", type: "string", length: 64, repeating: false, required: true, readOnly: false },
      { name: "tags", type: "string", repeating: true, required: false, readOnly: false },
      { name: "pages", type: "integer", repeating: false, required: false, readOnly: false },
      { name: "amount", type: "double", repeating: false, required: false, readOnly: false },
      { name: "sent", type: "date", repeating: false, required: false, readOnly: true },
      { name: "paid", type: "boolean", repeating: false, required: false, readOnly: true },
    ];
    const envelopes: [string, unknown][] = [
      ["an array", attributes],
      ["attributes", { attributes }],
      ["a list envelope", { _embedded: { collection: attributes } }],
    ];
    for (const [name, all] of envelopes) {
      it(`reads inherited attributes given as ${name}`, async () => {
        handler = ({ path }) => ({
          json: path.endsWith("/attributes-all") ? all : { system_name: "def_letter", parent: "cms_file", attributes: [] },
        });
        should(await connect().getTypeDefinition("def_letter")).eql({ name: "def_letter", parent: "cms_file", attributes: normalised });
        should(server.asked.map(({ path }) => path)).eql([
          "/cms/type-definitions/def_letter",
          "/cms/type-definitions/def_letter/attributes-all",
        ]);
      });
    }

    it("makes do with the type's own attributes where the server has nothing else", async () => {
      handler = ({ path }) =>
        path.endsWith("/attributes-all") ? { status: 404, json: {} } : { json: { system_name: "def_letter", attributes } };
      should((await connect().getTypeDefinition("def_letter")).attributes).eql(normalised);
    });

    it("reads a trait", async () => {
      handler = () => ({ json: { _embedded: { collection: attributes } } });
      should(await connect().getTraitDefinition("def_integrity")).eql({ name: "def_integrity", attributes: normalised });
      should(server.asked[0]?.path).equal("/cms/trait-definitions/def_integrity/attributes");
    });

    it("says which type is not there", async () => {
      handler = () => ({ status: 404, json: { status: 404, exception: "NotFound", details: "x" } });
      should(await failureOf(connect().getTypeDefinition("def_nope"))).match({ code: "unknown-type", subject: "def_nope", status: 404 });
    });
  });

  it("reads the service's errors and the gateway's", async () => {
    handler = () => ({ status: 400, json: { status: 400, exception: "ValidationException", details: "name is required" } });
    const client = connect();
    should(await failureOf(client.createInstance("file", "t", { name: "" }))).match({
      code: "refused",
      remote: { code: "ValidationException", message: "name is required" },
    });
    handler = () => ({ status: 429, json: { fault: { faultstring: "Rate limit quota violation", detail: {} } } });
    should(await failureOf(client.createInstance("file", "t", { name: "" }))).match({
      code: "rate-limited",
      retryable: true,
      ambiguous: false,
      remote: { code: "gateway", message: "Rate limit quota violation" },
    });
  });

  it("keeps the documented limit of 5 requests a second by itself", async () => {
    handler = () => ({ json: {} });
    const client = connect({ ratePerSecond: undefined });
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 6 }, () => client.findByAttribute("file", "t", "key", "1")));
    should(performance.now() - startedAt).be.aboveOrEqual(990);
  });
});
