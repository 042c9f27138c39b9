import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import should from "should";
import { ExstreamDesignClient } from "../../dist/clients/exstream/design.js";
import { type Answer, type Asked, failureOf, serve, type TestServer } from "./support.ts";

const resource = { id: "r 1", name: "Logo", type: "image", version: 3, state: "DRAFT", locked: true, contentMimeType: "image/png" };
const read = { id: "r 1", name: "Logo", type: "image", version: 3, state: "DRAFT", locked: true, mediaType: "image/png" };

describe("ExstreamDesignClient", () => {
  const dir = mkdtempSync(join(tmpdir(), "docbridge-design-"));
  const path = join(dir, "logo.png");
  const bytes = Buffer.from("the bytes of a picture");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const content = { path, size: bytes.length, sha256, mediaType: "image/png", fileName: "logo.png" };
  const root = "/design/api/v1/resources/acme%20prod";
  let server: TestServer;
  let client: ExstreamDesignClient;
  let handler: (asked: Asked) => Answer;

  before(() => writeFileSync(path, bytes));
  after(() => rmSync(dir, { recursive: true }));
  beforeEach(async () => {
    server = await serve((asked) => handler(asked));
    client = new ExstreamDesignClient({ baseUrl: server.url, domain: "acme prod", credentials: { kind: "none" } });
    handler = () => ({ json: { status: "success", data: resource } });
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  it("lists with exploded filters", async () => {
    handler = () => ({ json: { status: "success", data: [resource], page: { totalElements: "7" } } });
    const page = await client.list({ types: ["image", "font"], states: ["DRAFT"], latestVersion: true, offset: 5, count: 2 });
    should(page.resources).match([read]);
    should(page.totalElements).equal(7);
    const url = new URL(server.asked[0]?.path ?? "", server.url);
    should(url.pathname).equal(root);
    should(Object.fromEntries(url.searchParams)).eql({
      "filter.types": "image,font",
      "filter.states": "DRAFT",
      "filter.latestVersion": "true",
      offset: "5",
      count: "2",
    });
  });

  for (const data of [resource, [resource]]) {
    it(`gets a version, given as ${Array.isArray(data) ? "a list" : "an object"}`, async () => {
      handler = () => ({ json: { status: "success", data } });
      should(await client.get("r 1", { version: 3, state: "DRAFT" })).match(read);
      should(server.asked[0]?.path).equal(`${root}/r%201?version=3&state=DRAFT`);
    });
  }

  it("gives the versions in collections, page by page", async () => {
    const all = Array.from({ length: 700 }, (_, at) => ({
      ...resource,
      id: `r${at}`,
      approvedBy: "alice",
      lastModifiedDate: "2026-01-02",
    }));
    handler = ({ path: asked }) => {
      const offset = Number(new URL(asked, server.url).searchParams.get("offset"));
      return { json: { status: "success", data: all.slice(offset, offset + 500), page: { totalElements: all.length } } };
    };
    const found = [];
    for await (const each of client.collectionDetails(["c1", "c2"])) found.push(each);
    should(found.map(({ id }) => id)).eql(all.map(({ id }) => id));
    const { name, type, version, state } = resource;
    should(found[0]).eql({ id: "r0", name, type, version, state, approvedBy: "alice", lastModified: "2026-01-02" });
    should(server.asked.map(({ path: asked }) => asked)).eql(
      ["0", "500"].map((offset) => `/design/api/v1/collection-resources/collection-details?offset=${offset}&count=500`),
    );
    should(JSON.parse(String(server.asked[0]?.body))).eql(["c1", "c2"]);
  });

  it("asks nothing when there is no collection", async () => {
    for await (const _ of client.collectionDetails([])) throw new Error("something came");
    should(server.asked.length).equal(0);
  });

  it("opens content and packages", async () => {
    handler = () => ({ headers: { "Content-Type": "image/png" }, body: bytes });
    should(await text((await client.openContent("r", { version: 2 })).stream)).equal(bytes.toString());
    should(await text((await client.openExport("r", "LATEST_APPROVED")).stream)).equal(bytes.toString());
    should(server.asked.map(({ path }) => path)).eql([
      `${root}/r/content?version=2`,
      "/design/api/v1/export/acme%20prod/r?versions=LATEST_APPROVED",
    ]);
  });

  it("sends files as the part the service wants", async () => {
    should(await client.setContent("r", content)).match(read);
    should(await client.create({ name: "A & B", type: "image", subtype: "x" }, content)).match(read);
    for (const [at, method, url] of [
      [0, "PUT", `${root}/r/content`],
      [1, "POST", `${root}/content?name=A%20%26%20B&type=image&subtype=x`],
    ] as const) {
      const asked = server.asked[at];
      should(asked).match({ method, path: url });
      should(asked?.body.toString()).match(
        /name="file"; filename="logo\.png"\r\nContent-Type: image\/png\r\n\r\nthe bytes of a picture\r\n/,
      );
    }
  });

  it("changes a state with an audited comment", async () => {
    await client.changeState("r", "REVIEW", { comment: "why" });
    await client.changeState("r", "APPROVED");
    should(server.asked.map(({ method, path, body }) => [method, path, JSON.parse(body.toString())])).eql([
      ["PUT", `${root}/r/state`, { state: "REVIEW", auditedComment: "why" }],
      ["PUT", `${root}/r/state`, { state: "APPROVED" }],
    ]);
  });

  it("imports with the policy in a part of its own, and without one where nothing is to be said", async () => {
    const found = { id: "1", name: "Logo" };
    handler = () => ({ json: { status: "success", data: { importedResources: [found], conflictedResources: null } } });
    const report = await client.importPackage(content, { commit: false, policy: "SKIP", packageType: "das" });
    should(report).eql({ imported: [found], ignored: [], existing: [], conflicted: [] });
    await client.importPackage(content, { commit: true, policy: "ERROR", packageType: "migrator" });
    should(server.asked.map(({ path }) => path)).eql([
      "/design/api/v1/import/das/acme%20prod?commit=false",
      "/design/api/v1/import/migrator/acme%20prod?commit=true",
    ]);
    should(server.asked[0]?.body.toString()).match(/name="policies"[\s\S]*\{"generalPolicy":"SKIP"\}[\s\S]*name="exportPackage"/);
    should(server.asked[1]?.body.toString()).not.match(/policies/);
  });

  const shape1 = (status: number, errorCode: number) => ({
    timestamp: 1,
    status,
    message: "m",
    error: "e",
    details: "d",
    errorCode,
    path: "/",
  });
  for (const [what, status, body, error] of [
    ["an import conflict", 409, shape1(409, 309016), { code: "conflict", remote: { code: "309016" } }],
    ["an import conflict inside a 200", 200, shape1(409, 309016), { code: "conflict", status: 409 }],
    ["any other conflict", 409, shape1(409, 1), { code: "refused", remote: { code: "1" } }],
    ["a missing right", 403, shape1(403, 1), { code: "permission-denied" }],
    ["a resource without its id", 200, { status: "success", data: { name: "x" } }, { code: "unexpected-reply" }],
  ] as const) {
    it(`tells ${what}`, async () => {
      handler = () => ({ status, json: body });
      should(await failureOf(client.setContent("r", content))).match(error);
      if (status === 200) return;
      should(await failureOf(client.get("r"))).match(error);
    });
  }
});
