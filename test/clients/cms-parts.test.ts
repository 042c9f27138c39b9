import should from "should";
import { CmsClient } from "../../dist/clients/cms/cms.js";
import { type Answer, type Asked, failureOf, serve, type TestServer } from "./support.ts";

/** What goes over the wire for locks, versions, renditions, access, the recycle bin and definitions (wire/css.md 6 and 8). */
describe("CmsClient, beyond single instances", () => {
  let server: TestServer;
  let client: CmsClient;
  let handler: (asked: Asked, index: number) => Answer;

  const REF = { category: "file", type: "def_letter", id: "i=1" } as const;
  const PATH = "/cms/instances/file/def_letter/i%3D1";
  const asked = () => server.asked.map(({ method, path }) => `${method} ${path}`);
  const body = (index = -1) => JSON.parse(server.asked.at(index)?.body.toString() ?? "");
  const list = (rows: unknown[], next?: string) => ({
    json: { ...(rows.length > 0 ? { _embedded: { collection: rows } } : {}), _links: next ? { next: { href: next } } : {} },
  });

  beforeEach(async () => {
    server = await serve((request, index) => handler(request, index));
    client = new CmsClient({ baseUrl: server.url, credentials: { kind: "none" }, ratePerSecond: 0 });
  });
  afterEach(async () => {
    client.close();
    await server.close();
  });

  describe("locks and versions", () => {
    it("locks, makes the next version, lists versions and unlocks", async () => {
      handler = ({ method, path }) => {
        if (path.includes("/versions"))
          return list([
            { id: "i=2", version_no: "2", latest: "true" },
            { id: "i=1", version_no: 1, latest: false },
          ]);
        if (method === "POST") return { status: 201, json: { id: "i=2", version_no: 2, latest: true } };
        return method === "GET" ? { json: { id: "i=1", lock_owner: "flows", latest: true } } : { status: 200, body: "" };
      };
      should(await client.versions.lock(REF)).match({ id: "i=1", lockOwner: "flows", latest: true });
      should(await client.versions.createNext(REF, { name: "letter", properties: { a: 1 } })).match({ id: "i=2", versionNo: 2 });
      should(body()).eql({ name: "letter", properties: { a: 1 } });
      await client.versions.unlock(REF);
      should(await client.versions.list(REF)).eql([
        { id: "i=2", versionNo: 2, latest: true },
        { id: "i=1", versionNo: 1, latest: false },
      ]);
      should(asked()).eql([
        `PUT ${PATH}/lock`,
        `GET ${PATH}`,
        `POST ${PATH}/nextVersion`,
        `DELETE ${PATH}/lock`,
        `GET ${PATH}/versions?sortby=version_no%20desc&page=1&items-per-page=200`,
      ]);
    });

    for (const status of [403, 409, 423]) {
      it(`takes a refusal with ${status} for a lock of somebody else when the instance shows one`, async () => {
        handler = ({ method }) =>
          method === "PUT" ? { status, json: {} } : { json: { id: "i=1", lock_owner: { id: "u7", display_name: "B. Jones" } } };
        should(await failureOf(client.versions.lock(REF))).match({ code: "locked", subject: "i=1", message: /B\. Jones/ });
      });
    }

    it("takes it for what it is when nobody has a lock, or the instance cannot be asked", async () => {
      handler = ({ method }) => (method === "PUT" ? { status: 403, json: {} } : { json: { id: "i=1", lock_owner: null } });
      should(await failureOf(client.versions.lock(REF))).match({ code: "permission-denied" });
      handler = () => ({ status: 404, json: {} });
      should(await failureOf(client.versions.lock(REF))).match({ code: "not-found" });
    });

    it("is ambiguous about a version whose reply names none", async () => {
      handler = () => ({ status: 201, json: {} });
      should(await failureOf(client.versions.createNext(REF, { name: "x" }))).match({ code: "unexpected-reply", ambiguous: true });
    });
  });

  describe("renditions", () => {
    const row = { id: "r1", name: "letter.pdf", rendition_type: "PRIMARY", blob_id: "b1", mime_type: "application/pdf", content_size: 5 };

    it("lists them page by page, also none", async () => {
      handler = ({ path }) =>
        path === "/cms/n?page=2" ? list([{ ...row, id: "r2", rendition_type: "secondary" }]) : list([row], `${server.url}/cms/n?page=2`);
      should(await client.contents.list(REF)).eql([
        { id: "r1", name: "letter.pdf", primary: true, blobId: "b1", mediaType: "application/pdf", size: 5 },
        { id: "r2", name: "letter.pdf", primary: false, blobId: "b1", mediaType: "application/pdf", size: 5 },
      ]);
      handler = () => list([]);
      should(await client.contents.list(REF)).eql([]);
    });

    it("adds and removes one", async () => {
      handler = ({ method }) => (method === "POST" ? { status: 201, json: { ...row, rendition_type: "secondary" } } : { status: 204 });
      const rendition = { name: "letter.pdf", rendition_type: "secondary", blob_id: "b1", source: "FILE_ID" } as const;
      should(await client.contents.add(REF, rendition)).match({ id: "r1", primary: false });
      should(body()).eql(rendition);
      await client.contents.remove(REF, "r1");
      should(asked()).eql([`POST ${PATH}/contents`, `DELETE ${PATH}/contents/r1`]);
      handler = () => ({ status: 201, json: {} });
      should(await failureOf(client.contents.add(REF, rendition))).match({ code: "unexpected-reply", ambiguous: true });
    });
  });

  it("changes what is named of an instance", async () => {
    handler = () => ({ json: { id: "i=1", traits: { p: { a: { b: 1 } } } } });
    should(await client.updateInstance(REF, { traits: { p: { a: { b: 1 } } } })).match({ traits: { p: { a: { b: 1 } } } });
    should(asked()).eql([`PATCH ${PATH}`]);
    should(body()).eql({ traits: { p: { a: { b: 1 } } } });
  });

  it("reads and changes access, and reads the history", async () => {
    const acl = { id: "a1", name: "record", permits: [{ identity: "everyone", identity_type: "GROUP", permissions: ["browse"] }] };
    const read = { id: "a1", name: "record", permits: [{ identity: "everyone", permissions: ["browse"] }] };
    const rows = [{ id: "h", action_name: "create", event_user: { email: "a@example.org" }, event_status: "success", create_time: "2026" }];
    handler = ({ path }) => {
      if (path.includes("/history")) return list(rows);
      if (path.startsWith("/cms/permissions")) return list([acl]);
      return { json: path.endsWith("/permissions") ? { permissions: ["browse"] } : acl };
    };
    should(await client.access.lists()).eql([read]);
    should(await client.access.of(REF)).eql(read);
    should(await client.access.granted(REF)).eql(["browse"]);
    await client.access.change(REF, "a1");
    should(body()).eql({ id: "a1" });
    should(await client.access.history(REF)).eql([{ action: "create", user: "a@example.org", status: "success", at: "2026" }]);
    should(asked()).eql([
      "GET /cms/permissions?page=1&items-per-page=200",
      `GET ${PATH}/acl`,
      `GET ${PATH}/permissions`,
      `PUT ${PATH}/acl`,
      `GET ${PATH}/history?page=1&items-per-page=200`,
    ]);
  });

  it("deletes into the recycle bin and for good, and restores", async () => {
    handler = ({ path }) => (path.startsWith("/cms/deleted?") ? list([{ id: "i=1" }]) : { status: path.includes("restore") ? 200 : 204 });
    await client.bin.put(REF);
    await client.bin.put(REF, { allVersions: true });
    should((await client.bin.list()).map(({ id }) => id)).eql(["i=1"]);
    await client.bin.restore("i=1");
    await client.bin.restore("i=1", { allVersions: true });
    await client.bin.deleteForGood(REF);
    await client.bin.deleteForGood(REF, { allVersions: true });
    should(asked()).eql([
      `PUT ${PATH}/delete`,
      `PUT ${PATH}/delete?all-version=true`,
      "GET /cms/deleted?page=1&items-per-page=200",
      "PUT /cms/deleted/i%3D1/restore",
      "PUT /cms/deleted/i%3D1/restore?all-version=true",
      `DELETE ${PATH}`,
      `DELETE ${PATH}/all`,
    ]);
  });

  describe("definitions", () => {
    const key = { name: "docbridge_key", data_type: "string", size: 64 } as const;
    const sent = { ...key, display_name: "docbridge_key", repeating: false, required: false, searchable: true };

    it("creates a type and a trait", async () => {
      handler = () => ({ status: 201, json: {} });
      await client.definitions.createType("file", { name: "letter", namespace: "default", attributes: [key] });
      await client.definitions.createTrait({ name: "integrity", namespace: "default", attributes: [key] });
      should(asked()).eql(["POST /cms/type-definitions/file", "POST /cms/trait-definitions"]);
      const definition = { namespace: "default", attributes: [sent] };
      should(body(0)).eql({ name: "letter", display_name: "letter", parent: "cms_file", ...definition });
      should(body(1)).eql({ name: "integrity", display_name: "integrity", ...definition });
    });

    it("adds attributes so that those there are stay, whether the service merges or replaces", async () => {
      const own = { id: "a7", name: "pages", data_type: "integer", unique: false };
      handler = () => ({ json: { system_name: "def_letter", attributes: [own] } });
      await client.definitions.addToType("def_letter", [key, { name: "pages", data_type: "integer" }]);
      should(body()).eql({ attributes: [own, sent] });
      await client.definitions.addToTrait("def_integrity", [key]);
      should(asked()).eql([
        "GET /cms/type-definitions/def_letter",
        "PATCH /cms/type-definitions/def_letter",
        "GET /cms/trait-definitions/def_integrity",
        "PATCH /cms/trait-definitions/def_integrity",
      ]);
      handler = () => ({ status: 404, json: {} });
      should(await failureOf(client.definitions.addToType("def_nope", [key]))).match({ code: "unknown-type", subject: "def_nope" });
    });

    it("lists namespaces", async () => {
      handler = () => list([{ id: "1", name: "default", prefix: "def" }]);
      should(await client.definitions.namespaces()).eql([{ name: "default", prefix: "def" }]);
    });
  });
});
