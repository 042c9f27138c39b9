import { buffer } from "node:stream/consumers";
import should from "should";
import { CssClient, type CssOptions } from "../../dist/clients/css/css.js";
import { type Answer, type Asked, failureOf, partsOf, serve, sha256, type TestFile, TestFolder, type TestServer } from "./support.ts";

const ID = "cj0xMjM0JmI9NTY3OA==";

describe("CssClient", () => {
  const opened: { close(): unknown }[] = [];
  let folder: TestFolder;
  let server: TestServer;
  let handler: (asked: Asked) => Answer;

  const connect = (options: Partial<CssOptions> = {}): CssClient => {
    const client = new CssClient({ baseUrl: `${server.url}/css`, apiVersion: "v2", credentials: { kind: "none" }, ...options });
    opened.push(client);
    return client;
  };
  /** The reply of wire/css.md 3.3. */
  const stored = (file: TestFile, extra: Record<string, unknown> = {}): Answer => ({
    status: 201,
    json: {
      title: "/contents",
      entries: [
        {
          id: ID,
          objectId: "",
          mimeType: file.mediaType,
          fileName: file.fileName,
          size: file.size,
          createDate: "2022-11-07T18:34:39.972+0000",
          subscriptionId: null,
          blobId: "0f9c2f4e-0000-4000-8000-000000000001",
          properties: { MD5: file.md5.toUpperCase() },
          renditions: null,
          _links: { self: { href: `/v2/content/${ID}` }, download: { href: `/v2/content/${ID}/download` } },
          ...extra,
        },
      ],
    },
  });

  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());
  beforeEach(async () => {
    server = await serve((asked) => handler(asked));
    opened.push(server);
  });
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });

  it("uploads as part `file` and gives id, size and MD5 the server reports", async () => {
    const file = folder.file(200_000, "Brief Müller.pdf");
    handler = () => stored(file);
    const content = await connect().upload(file);
    should(content).eql({
      contentId: ID,
      blobId: "0f9c2f4e-0000-4000-8000-000000000001",
      size: 200_000,
      md5: file.md5.toUpperCase(),
      fileName: "Brief Müller.pdf",
      sent: { bytes: 200_000, sha256: file.sha256, md5: file.md5 },
    });
    const [asked] = server.asked;
    should(asked).match({ method: "POST", path: "/css/v2/content" });
    const [part, ...more] = partsOf(asked?.body as Buffer, asked?.headers["content-type"] ?? "");
    should(more.length).equal(0);
    should(Buffer.from(part?.disposition ?? "", "latin1").toString()).equal('form-data; name="file"; filename="Brief Müller.pdf"');
    should(part?.headers["Content-Type"]).equal("application/pdf");
    should(sha256(part?.body as Buffer)).equal(file.sha256);
  });

  it("goes to the tenant's address, and switches the scan off where that is possible", async () => {
    const file = folder.file(10);
    handler = () => stored(file);
    await connect({ tenant: "t 1" }).upload(file);
    await connect({ tenant: "t1", avsScan: false }).upload(file);
    should(server.asked.map(({ path }) => path)).eql(["/css/v2/tenant/t%201/content", "/css/v2/tenant/t1/content?avs-scan=false"]);
    should(() => connect({ avsScan: false })).throw({ code: "configuration" });
    should(() => connect({ avsScan: false, tenant: "t", apiVersion: "v3" })).throw({ code: "configuration" });
  });

  it("takes 200 for 201, and its own file name where the server gives none", async () => {
    const file = folder.file(10, "mine.pdf");
    handler = () => ({ ...stored(file, { fileName: "", properties: null }), status: 200 });
    should(await connect().upload(file)).match({ contentId: ID, fileName: "mine.pdf", md5: undefined });
  });

  it("speaks v3: a flat reply, an opaque id, no checksum", async () => {
    const file = folder.file(10);
    handler = ({ method }) =>
      method === "POST"
        ? { status: 201, json: { id: "a/b=", originalFileName: "letter.pdf", mimeType: "application/pdf", size: 10 } }
        : { body: file.bytes };
    const client = connect({ apiVersion: "v3", tenant: "t1" });
    should(client.reportsChecksum).be.false();
    const content = await client.upload(file);
    should(content).match({ contentId: "a/b=", size: 10, fileName: "letter.pdf", md5: undefined });
    should(content.sent.md5).be.undefined();
    should((await client.hashContent("a/b=")).sha256).equal(file.sha256);
    should(server.asked.map(({ path }) => path)).eql(["/css/v3/files/fromStream?tenant=t1", "/css/v3/files/a%2Fb%3D/stream"]);
  });

  it("does not believe a store that reports other bytes", async () => {
    const file = folder.file(1000);
    const client = connect();
    handler = () => stored(file, { size: 999 });
    should(await failureOf(client.upload(file))).match({ code: "verification-failed", retryable: true, ambiguous: true, subject: ID });
    handler = () => stored(file, { properties: { MD5: "0".repeat(32) } });
    should(await failureOf(client.upload(file))).match({ code: "verification-failed", retryable: true, ambiguous: true, subject: ID });
  });

  it("reads content back, with = in ids encoded", async () => {
    const file = folder.file(5000);
    handler = () => ({ headers: { "Content-Type": "application/pdf" }, body: file.bytes });
    const client = connect();
    should(await client.hashContent(ID, { md5: true })).match({ bytes: 5000, sha256: file.sha256, md5: file.md5 });
    const { stream } = await client.openContent(ID, { objectId: "o&1" });
    should((await buffer(stream)).equals(file.bytes)).be.true();
    should(server.asked.map(({ path }) => path)).eql([
      "/css/v2/content/cj0xMjM0JmI9NTY3OA%3D%3D/download",
      "/css/v2/content/cj0xMjM0JmI9NTY3OA%3D%3D/download?object-id=o%261",
    ]);
  });

  it("takes a refusal that speaks of the virus scan for final, whatever its status, and no other", async () => {
    const file = folder.file(10);
    const upload = async (status: number, title: string, detail: string) => {
      handler = () => ({ status, json: { type: "x", title, status, detail } });
      return failureOf(connect().upload(file));
    };
    const refused = { code: "virus-found", retryable: false, ambiguous: false };
    should(await upload(422, "Unprocessable", "The content is infected")).match({ ...refused, status: 422 });
    should(await upload(400, "Virus found", "Eicar-Signature")).match({ ...refused, status: 400 });
    should(await upload(406, "Not Acceptable", "malware detected")).match({ ...refused, status: 406 });
    should(await upload(422, "Unprocessable", "no such format")).match({ code: "refused", status: 422 });
    should(await upload(429, "Busy", "the virus scan has too much to do")).match({ code: "rate-limited", retryable: true });
    should(await upload(503, "Unavailable", "the virus scan is down")).match({ code: "service-unavailable", retryable: true });
  });

  it("makes, reads, changes and revokes share links", async () => {
    const link = {
      id: "u 1",
      issuedToken: "",
      uri: ID,
      objectId: "o1",
      serviceId: "css",
      expiry: "2027-01-01T00:00:00.000+0000",
      secured: true,
      _links: { self: { href: "x" }, token: { href: `${server.url}/css/v2/share/u1/token` } },
    };
    handler = ({ method }) => (method === "DELETE" ? { status: 204 } : { status: method === "POST" ? 201 : 200, json: link });
    const { shares } = connect();
    const made = await shares.create(ID, { password: "secret", objectId: "o=1" });
    should(made).eql({ id: "u 1", objectId: "o1", expiry: link.expiry, secured: true, tokenHref: link._links.token.href });
    should(await shares.get(ID, made.id)).eql(made);
    should(await shares.changeExpiry(ID, made.id, "2027-01-01T00:00:00Z")).eql(made);
    await shares.revoke(ID, made.id);
    const path = "/css/v2/content/cj0xMjM0JmI9NTY3OA%3D%3D/publicShareUrl";
    should(server.asked.map(({ method, path }) => `${method} ${path}`)).eql([
      `POST ${path}?object-id=o%3D1`,
      `GET ${path}/u%201`,
      `PUT ${path}/u%201`,
      `DELETE ${path}/u%201`,
    ]);
    should(server.asked.map(({ body }) => body.toString())).eql(['{"password":"secret"}', "", '{"expiry":"2027-01-01T00:00:00Z"}', ""]);
    handler = () => ({ status: 201, json: {} });
    should(await failureOf(shares.create(ID))).match({ code: "unexpected-reply" });
  });

  it("reads both error bodies", async () => {
    const file = folder.file(10);
    handler = () => ({
      status: 400,
      json: { type: "http://tools.ietf.org/html/x", title: "Bad Request", status: 400, detail: "File not provided" },
    });
    should(await failureOf(connect().upload(file))).match({
      code: "refused",
      remote: { code: "Bad Request", message: "File not provided" },
    });
    handler = () => ({ status: 401, json: { error: "unauthorized", error_description: "no token" } });
    should(await failureOf(connect().hashContent(ID))).match({
      code: "authentication-failed",
      remote: { code: "unauthorized", message: "no token" },
    });
    handler = () => ({ status: 404, json: { title: "Not Found", status: 404, detail: "Requested resource not found" } });
    should(await failureOf(connect().hashContent(ID))).match({ code: "not-found" });
  });

  it("is ambiguous when the reply names no content", async () => {
    handler = () => ({ status: 201, json: { title: "/contents" } });
    should(await failureOf(connect().upload(folder.file(10)))).match({ code: "unexpected-reply", ambiguous: true });
  });
});
