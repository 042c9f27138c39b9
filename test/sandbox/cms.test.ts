import { createHash } from "node:crypto";
import should from "should";
import { type Json, list, type Reply, replayed, startWorld, type World } from "./platform-support.ts";

describe("sandbox CMS", () => {
  let world: World;
  let cms: string;
  let root: Json;

  before(async () => {
    world = await startWorld();
    cms = world.description.cms.baseUrl;
    root = (await world.call("GET", `${cms}/instances/folder/cms_folder/subscription-root`)).json;
  });
  after(() => world.stop());

  const statements = (): string => `${cms}/instances/file/def_statement`;
  const one = (id: unknown, type = "file/def_statement"): string => `${cms}/instances/${type}/${id}`;
  const get = (url: string): Promise<Reply> => world.call("GET", url);
  const create = async (properties: object = {}, more: object = {}): Promise<Json> => {
    const got = await world.call("POST", statements(), {
      name: "statement",
      properties: { customer_number: "C1", ...properties },
      ...more,
    });
    should(got.status).equal(201, got.bytes.toString());
    return got.json;
  };
  const folder = async (name: string, parent: unknown = root.id): Promise<Json> =>
    (await world.call("POST", `${cms}/instances/folder/cms_folder`, { name, parent_folder_id: parent })).json;
  const find = async (filter: string, more = "", url = statements()): Promise<Json[]> => {
    const got = await get(`${url}?filter=${encodeURIComponent(filter)}${more}`);
    should(got.status).equal(200, got.bytes.toString());
    return list(got.json._embedded?.collection);
  };
  const keysOf = (rows: Json[]): unknown[] => rows.map((row) => row.properties?.docbridge_key);
  const upload = async (text: string): Promise<Json> =>
    (await world.call("POST", `${world.description.css.baseUrl}/v3/files/fromStream`, Buffer.from(text), { "Content-Type": "text/plain" }))
      .json;
  const rendition = (blobId: unknown, type = "primary"): object => ({
    name: "x.txt",
    rendition_type: type,
    blob_id: blobId,
    source: "FILE_ID",
  });
  const refused = (got: Reply, status: number, ...mentions: string[]): void => {
    should(got.status).equal(status, got.bytes.toString());
    should(Object.keys(got.json)).eql(["status", "exception", "details"]);
    should(got.json.status).equal(status);
    for (const mention of mentions) should(String(got.json.details)).containEql(mention);
  };

  describe("instances", () => {
    it("creates with a v3 rendition and shows what clients read (M1)", async () => {
      const file = await upload("hello");
      const made = await create(
        { docbridge_key: "k1", statement_date: "2026-01-31", total_amount: 12.5, pages: 3, tags: ["a", "b"] },
        { parent_folder_id: root.id, renditions: [{ name: "x.txt", rendition_type: "PRIMARY", blob_id: file.id, source: "FILE_ID" }] },
      );
      should(made).containEql({ category: "file", type: "def_statement", version_no: 1, latest: true, lock_owner: null });
      should(made).containEql({ mime_type: "text/plain", content_size: 5, parent_folder_id: root.id });
      should(made.ancestor_ids).eql([[root.id]]);
      should(made.created_by).equal("docbridge@OAuthClients");
      const self = one(made.id);
      should(made._links?.self?.href).equal(self);
      should(made._links?.["urn:eim:linkrel:delete"]?.href).equal(self);
      should(made._links?.parent?.href).equal(`${self}/parent`);
      const media = String(made._links?.["urn:eim:linkrel:download-media"]?.href);
      should((await get(media)).bytes.toString()).equal("hello");
      should((await get(self)).json).eql(made);
      should((await get(one(made.id, "file/cms_file"))).json).eql(made);
      should((await get(one(made.id, "any/cms_any"))).json).eql(made);
      for (const hidden of ["series", "deleted_time"]) should(made).not.have.property(hidden);
    });

    it("links v2 content by id, blob id and download URL, and knows v3 only with FILE_ID", async () => {
      const { css } = world.description;
      const sent = await world.call("POST", `${css.baseUrl}/v2/content`, Buffer.from("v2"), { "Content-Type": "text/plain" });
      const [entry] = list(sent.json.entries) as [Json];
      for (const blobId of [entry.id, entry.blobId, entry._links?.download?.href]) {
        const made = await create({}, { renditions: [{ name: "x", rendition_type: "primary", blob_id: blobId }] });
        should(list(made.renditions)[0]?.blob_id).equal(entry.id);
        const shown = await get(`${css.baseUrl}/v2/content/${entry.id}`);
        should(list(shown.json.entries)[0]?.objectId).equal(made.id);
      }
      const v3 = await upload("v3");
      const bodies = [{ blob_id: v3.id }, { blob_id: entry.id, source: "FILE_ID" }, { blob_id: "unknown" }, {}];
      for (const body of bodies) {
        const got = await world.call("POST", statements(), { name: "x", properties: { customer_number: "C1" }, renditions: [body] });
        refused(got, 400, "blob_id");
      }
    });

    it("checks names, types, properties and traits against the definitions", async () => {
      const post = (body: object, url = statements()): Promise<Reply> => world.call("POST", url, body);
      const properties = { customer_number: "C1" };
      refused(await post({ properties }), 400, "name is required");
      refused(await post({ name: "x", properties: {} }), 400, "customer_number", "required");
      refused(await post({ name: "x", properties: { customer_number: "" } }), 400, "customer_number", "required");
      refused(await post({ name: "x" }, `${cms}/instances/file/def_unknown`), 404, "def_unknown");
      refused(await post({ name: "x", properties }, `${cms}/instances/folder/def_statement`), 400, "category");
      refused(await post({ name: "x", properties }, `${cms}/instances/any/cms_any`), 400);
      refused(await post({ name: "x", properties, docbridge_key: "k" }), 400, "docbridge_key");
      refused(await post({ name: "x", properties, parent_folder_id: "nowhere" }), 400, "nowhere");
      refused(await post({ name: "x", properties, acl_id: "nothing" }), 400, "nothing");
      const wrong: [object, string][] = [
        [{ unknown_one: "x" }, "unknown_one"],
        [{ customer_number: "c".repeat(33) }, "32"],
        [{ customer_number: 5 }, "string"],
        [{ pages: "3" }, "integer"],
        [{ pages: 2.5 }, "integer"],
        [{ pages: 2 ** 31 }, "integer"],
        [{ total_amount: "1.0" }, "number"],
        [{ statement_date: "31.01.2026" }, "date"],
        [{ statement_date: "2026-02-30" }, "date"],
        [{ tags: "a" }, "list"],
        [{ tags: ["x".repeat(65)] }, "64"],
        [{ channel: ["a"] }, "one value"],
      ];
      for (const [extra, mention] of wrong) {
        const name = Object.keys(extra)[0] as string;
        refused(await post({ name: "x", properties: { ...properties, ...extra } }), 400, name, mention);
      }
      const trait = (traits: object): Promise<Reply> => post({ name: "x", properties, traits });
      refused(await trait({ def_unknown: {} }), 400, "def_unknown");
      refused(await trait({ def_integrity: { content: { crc: "x" } } }), 400, "crc");
      refused(await trait({ def_integrity: { content: { bytes: "1" } } }), 400, "bytes");
      refused(await trait({ def_integrity: [] }), 400);
      refused(await world.call("POST", statements(), Buffer.from("{"), { "Content-Type": "application/json" }), 400, "JSON");
      // Characters are counted, not UTF-16 units; dates may carry a time and an offset.
      await create({ customer_number: "😀".repeat(32), statement_date: "2026-01-31T10:00:00.000+0000" });
    });

    it("replaces with PUT, merges with PATCH down to a single trait attribute (M3)", async () => {
      const hold = { placed_by: "legal", placed_at: "2026-01-01" };
      const file = await upload("kept");
      const traits = { def_legal_hold: { one: { matter_id: "M1" } } };
      const made = await create({ channel: "email", pages: 1 }, { traits, renditions: [rendition(file.id)] });
      const patch = (body: object): Promise<Reply> => world.call("PATCH", one(made.id), body);
      const patched = await patch({
        properties: { pages: 2, channel: null },
        traits: { def_legal_hold: { one: hold, two: { matter_id: "M2" } } },
      });
      should(patched.status).equal(200);
      should(patched.json.properties).eql({ customer_number: "C1", pages: 2 });
      should(patched.json.traits).eql({ def_legal_hold: { one: { matter_id: "M1", ...hold }, two: { matter_id: "M2" } } });
      should((await patch({ traits: { def_legal_hold: { two: null } } })).json.traits?.def_legal_hold).not.have.property("two");
      refused(await patch({ properties: { customer_number: null } }), 400, "customer_number");

      const put = await world.call("PUT", one(made.id), { ...patched.json, name: "renamed", properties: { customer_number: "C2" } });
      should(put.status).equal(200, put.bytes.toString());
      should(put.json.name).equal("renamed");
      should(put.json.properties).eql({ customer_number: "C2" });
      refused(await world.call("PUT", one(made.id), { properties: { customer_number: "C2" } }), 400, "name");
      refused(await patch({ parent_folder_id: root.id }), 400, "parent");
      refused(await patch({ renditions: [] }), 400, "renditions");
      should((await get(one(made.id))).json.properties).eql({ customer_number: "C2" });
    });

    it("deletes one version or all, and answers 404 for what is not there", async () => {
      const made = await create();
      should((await world.call("DELETE", one(made.id))).status).equal(204);
      refused(await get(one(made.id)), 404, String(made.id));
      refused(await world.call("DELETE", one(made.id)), 404);
      const asset = await find("asset_key eq 'logo'", "", `${cms}/instances/file/def_asset`);
      refused(await get(one(asset[0]?.id)), 404);
    });

    it("versions: the newest is the latest, each with its own id (M4)", async () => {
      const first = await create({ docbridge_key: "versioned" }, { parent_folder_id: root.id });
      const body = { name: "second", properties: { customer_number: "C1", docbridge_key: "versioned" }, version_label: ["approved"] };
      const second = await world.call("POST", `${one(first.id)}/nextVersion`, body);
      should(second.status).equal(201);
      should(second.json).containEql({ version_no: 2, latest: true, parent_folder_id: root.id });
      should(second.json.id).not.equal(first.id);
      should((await get(one(first.id))).json.latest).be.false();
      refused(await world.call("POST", `${one(first.id)}/nextVersion`, body), 409, "latest");

      const versions = await get(`${one(first.id)}/versions?sortby=${encodeURIComponent("version_no desc")}`);
      should(list(versions.json._embedded?.collection).map((row) => [row.id, row.version_no, row.latest, row.version_label])).eql([
        [second.json.id, 2, true, ["approved"]],
        [first.id, 1, false, []],
      ]);
      should(await find("docbridge_key eq 'versioned'")).have.length(2);
      should(await find("docbridge_key eq 'versioned' and latest eq 'true'")).have.length(1);

      should((await world.call("DELETE", one(second.json.id))).status).equal(204);
      should((await get(one(first.id))).json.latest).be.true();
      await world.call("POST", `${one(first.id)}/nextVersion`, body);
      should((await world.call("DELETE", `${one(first.id)}/all`)).status).equal(204);
      should(await find("docbridge_key eq 'versioned'")).be.empty();
    });

    it("locks against others, not against the owner", async () => {
      const made = await create();
      const own = world.token;
      const locked = await world.call("PUT", `${one(made.id)}/lock`);
      should(locked.status).equal(200);
      should(locked.json.lock_owner).equal("docbridge@OAuthClients");
      should(locked.json.lock_time).be.a.String();
      world.token = await userToken();
      refused(await world.call("PATCH", one(made.id), { name: "x" }), 409, "locked");
      refused(await world.call("DELETE", one(made.id)), 409);
      refused(await world.call("DELETE", `${one(made.id)}/lock`), 409);
      world.token = own;
      should((await world.call("PATCH", one(made.id), { name: "x" })).status).equal(200);
      const unlocked = await world.call("DELETE", `${one(made.id)}/lock`);
      should(unlocked.status).equal(200);
      should(unlocked.json.lock_owner).be.null();
    });

    it("adds and takes away renditions; bytes go with the last one", async () => {
      const [first, second] = [await upload("one"), await upload("two")];
      const made = await create({}, { renditions: [rendition(first.id)] });
      const added = await world.call("POST", `${one(made.id)}/contents`, rendition(second.id, "secondary"));
      should(added.status).equal(201);
      const fields = ["id", "create_time", "update_time", "created_by", "updated_by", "etag", "owner", "name", "mime_type"];
      should(added.json).have.properties(...fields, "content_size", "blob_id", "rendition_type", "owner_id", "_links");
      should(added.json).containEql({ owner_id: made.id, rendition_type: "secondary", blob_id: second.id, content_size: 3 });
      refused(await world.call("POST", `${one(made.id)}/contents`, rendition(second.id)), 400, "primary");
      should(list((await get(`${one(made.id)}/contents`)).json._embedded?.collection)).have.length(2);
      should((await world.call("DELETE", `${one(made.id)}/contents/${added.json.id}`)).status).equal(204);
      const css = world.description.css.baseUrl;
      should((await get(`${css}/v3/files/${second.id}/stream`)).status).equal(404);
      should((await get(`${css}/v3/files/${first.id}/stream`)).bytes.toString()).equal("one");
      refused(await world.call("DELETE", `${one(made.id)}/contents/${added.json.id}`), 404);
    });

    it("keeps an audit trail (M6)", async () => {
      const made = await create();
      await world.call("PATCH", one(made.id), { properties: { channel: "sms" } });
      await world.call("PUT", `${one(made.id)}/lock`);
      const got = await get(`${one(made.id)}/history?include-total=true&items-per-page=2&sortby=${encodeURIComponent("create_time asc")}`);
      should(got.json.total).equal(3);
      const rows = list(got.json._embedded?.collection);
      should(rows.map((row) => row.action_name)).eql(["create", "update"]);
      const fields = ["id", "action_name", "object_category", "event_source", "event_user", "event_status", "create_time", "update_time"];
      should(Object.keys(rows[0] as Json).sort()).eql([...fields, "payload"].sort());
      should(rows[1]?.payload).eql({ type: "def_statement", value: { attributes: ["channel"], traits: [] } });
    });

    it("enforces access lists: the record list forbids change, version and deletion", async () => {
      const lists = list((await get(`${cms}/permissions`)).json._embedded?.collection);
      const record = lists.find((acl) => String(acl.name) === "record") as Json;
      should(list(record.permits)[0]).containEql({ identity_type: "GROUP", group_name: "everyone" });
      should((await get(`${cms}/permissions/${record.id}`)).json).eql(record);
      const made = await create();
      const all = list((await get(`${one(made.id)}/permissions`)).json.permissions);
      should(all).have.length(12);
      should((await world.call("PUT", `${one(made.id)}/acl`, { id: record.id })).status).equal(200);
      should((await get(`${one(made.id)}/acl`)).json.id).equal(record.id);
      should((await get(`${one(made.id)}/permissions`)).json.permissions).eql(["browse", "read_content", "relate", "edit_permissions"]);
      refused(await world.call("PATCH", one(made.id), { name: "x" }), 403, "modify");
      refused(await world.call("DELETE", one(made.id)), 403, "delete_content");
      refused(await world.call("POST", `${one(made.id)}/nextVersion`, { name: "x", properties: { customer_number: "C1" } }), 403);
      refused(await world.call("PUT", `${one(made.id)}/acl`, { id: "unknown" }), 400);
      const other = lists.find((acl) => String(acl.name) === "default") as Json;
      await world.call("PUT", `${one(made.id)}/acl`, { id: other.id });
      should((await world.call("DELETE", one(made.id))).status).equal(204);
    });

    it("lets holds be deleted as the vendor does, and refuses only in guarded mode (M9)", async () => {
      const held = { def_legal_hold: { matter: { matter_id: "M1", placed_at: "2026-01-01" } } };
      const retained = { def_retention: { policy: { retain_until: "2999-12-31" } } };
      should((await world.call("DELETE", one((await create({}, { traits: held })).id))).status).equal(204);
      await world.setSwitches({ "cms.guard-holds": true });
      for (const traits of [held, retained]) {
        const made = await create({}, { traits });
        refused(await world.call("DELETE", one(made.id)), 409, "guarded mode");
        refused(await world.call("PUT", `${one(made.id)}/delete`), 409);
      }
      const over = {
        def_legal_hold: { matter: { matter_id: "M1", released_at: "2026-02-01" } },
        def_retention: { policy: { retain_until: "2020-01-01" } },
      };
      should((await world.call("DELETE", one((await create({}, { traits: over })).id))).status).equal(204);
      await world.setSwitches({ "cms.guard-holds": false });
    });
  });

  describe("lists", () => {
    before(async () => {
      for (let index = 0; index < 25; index += 1) {
        const number = String(index).padStart(2, "0");
        const properties = {
          docbridge_key: `list-${number}`,
          customer_number: `L${index % 3}`,
          pages: index,
          job_id: "list-job",
          tags: [`t${index % 2}`],
        };
        await create(properties, { name: `Letter ${number} o'clock "A"` });
      }
    });

    it("leaves _embedded out when nothing matches (M2)", async () => {
      const got = await get(`${statements()}?filter=${encodeURIComponent("docbridge_key eq 'none'")}&include-total=true`);
      should(got.status).equal(200);
      should(Object.keys(got.json)).eql(["_links", "page", "itemsPerPage", "total"]);
      should(got.json.total).equal(0);
    });

    it("pages, sorts and counts", async () => {
      const page = (more: string): Promise<Reply> => get(`${statements()}?filter=${encodeURIComponent("job_id eq 'list-job'")}&${more}`);
      const first = await page("");
      should(first.json).containEql({ page: 1, itemsPerPage: 10 });
      should(first.json).not.have.property("total");
      should(list(first.json._embedded?.collection)).have.length(10);
      should(first.json._links).have.property("next").and.not.have.property("previous");
      const sorted = await page(`sortby=${encodeURIComponent("pages desc")}&page=3&items-per-page=10&include-total=true`);
      should(keysOf(list(sorted.json._embedded?.collection))).eql(["list-04", "list-03", "list-02", "list-01", "list-00"]);
      should(sorted.json.total).equal(25);
      should(sorted.json._links).not.have.property("next");
      const seen: unknown[] = [];
      for (let url = String(first.json._links?.self?.href); url !== "undefined"; ) {
        const { json } = await get(url);
        seen.push(...keysOf(list(json._embedded?.collection)));
        url = String(json._links?.next?.href);
      }
      should(seen).eql(Array.from({ length: 25 }, (_, index) => `list-${String(index).padStart(2, "0")}`));
      const two = await page(`sortby=${encodeURIComponent("customer_number desc, pages asc")}&items-per-page=2`);
      should(keysOf(list(two.json._embedded?.collection))).eql(["list-02", "list-05"]);
      for (const bad of ["page=0", "items-per-page=x", `sortby=${encodeURIComponent("pages downwards")}`, "sortby=unknown"]) {
        refused(await page(bad), 400);
      }
    });

    it("understands the filter grammar of the clients", async () => {
      const cases: [filter: string, count: number][] = [
        ["docbridge_key eq 'list-07'", 1],
        ['docbridge_key eq "list-07"', 1],
        ["docbridge_key='list-07'", 1],
        ["docbridge_key=('list-01','list-02','nothing')", 2],
        ["docbridge_key eq 'list-01' or docbridge_key eq 'list-02'", 2],
        ["job_id eq 'list-job' and pages eq 7", 1],
        ["job_id eq 'list-job' and pages eq '7'", 1],
        ["job_id eq 'list-job' and pages eq '7.0'", 1],
        ["job_id eq 'list-job' and pages ne 7", 24],
        ["job_id eq 'list-job' and (pages eq 1 or pages eq 2) and latest eq 'true'", 2],
        ["pages eq 1 or pages eq 2 and job_id eq 'nothing'", 1],
        ["job_id eq 'list-job' and (latest eq 'false' or latest eq 'true')", 25],
        ["job_id eq 'list-job' and tags eq 't1'", 12],
        ["LOWER(name) like '%o''clock%'", 25],
        ["LOWER(name) like 'letter 0_ %'", 10],
        ["name like 'letter%'", 0],
        [`name eq 'Letter 03 o''clock "A"'`, 1],
        [`name eq "Letter 03 o'clock ""A"""`, 1],
        ["LOWER(docbridge_key) eq 'list-07'", 1],
        ["job_id EQ 'list-job' AND category eq 'file'", 25],
        ["type like 'def_st%' and job_id eq 'list-job'", 25],
        ["docbridge_key like 'list-1%'", 10],
        ["job_id eq 'list-job' and created_by eq 'docbridge@OAuthClients'", 25],
      ];
      for (const [filter, count] of cases) should(await find(filter, "&items-per-page=100")).have.length(count, filter);
    });

    it("refuses filters it cannot read", async () => {
      const bad = [
        "docbridge_key",
        "docbridge_key eq",
        "docbridge_key eq list-07",
        "docbridge_key gt 'a'",
        "docbridge_key eq 'a",
        "(docbridge_key eq 'a'",
        "docbridge_key eq 'a')",
        "docbridge_key eq 'a' and",
        "docbridge_key eq ('a' 'b')",
        "docbridge_key eq 'a'; drop",
        "unknown_one eq 'a'",
        "series eq 'a'",
      ];
      for (const filter of bad) refused(await get(`${statements()}?filter=${encodeURIComponent(filter)}`), 400);
    });

    it("looks across categories by id", async () => {
      const made = await create();
      const rows = await find(`id=('${made.id}','${root.id}','unknown')`, "", `${cms}/instances/any/cms_any`);
      should(rows.map((row) => row.id).sort()).eql([made.id, root.id].sort());
      should(await find(`id=('${root.id}')`)).be.empty();
      should(await find("name eq 'Statements'", "", `${cms}/instances/folder/cms_folder`)).have.length(1);
    });

    it("follows changes of values in its index", async () => {
      const made = await create({ docbridge_key: "before" });
      await world.call("PATCH", one(made.id), { properties: { docbridge_key: "after" } });
      should(await find("docbridge_key eq 'before'")).be.empty();
      should(await find("docbridge_key eq 'after'")).have.length(1);
      await world.call("DELETE", one(made.id));
      should(await find("docbridge_key eq 'after'")).be.empty();
    });
  });

  describe("folders", () => {
    it("has the seeded folders and assets", async () => {
      should(root.name).equal("subscription-root");
      const items = list(
        (await get(`${one(root.id, "folder/cms_folder")}/items?filter=${encodeURIComponent("category eq 'folder'")}`)).json._embedded
          ?.collection,
      );
      should(items.map((item) => item.name)).containDeep(["Statements", "Assets"]);
      for (const [key, type] of [
        ["logo", "image/png"],
        ["disclaimer", "text/html"],
      ]) {
        const [asset] = await find(`asset_key eq '${key}' and latest eq 'true'`, "", `${cms}/instances/file/def_asset`);
        should(asset).containEql({ mime_type: type });
        should(asset?.properties?.approval_state).equal("APPROVED");
        const { bytes } = await get(String(asset?._links?.["urn:eim:linkrel:download-media"]?.href));
        should(createHash("sha256").update(bytes).digest("hex")).equal(asset?.traits?.def_integrity?.content?.sha256);
      }
    });

    it("moves, links and copies", async () => {
      const [a, b] = [await folder("A"), await folder("B")];
      const sub = await folder("sub", a.id);
      const file = await upload("copied");
      const made = await create({}, { parent_folder_id: sub.id, renditions: [rendition(file.id)] });
      const names = async (id: unknown): Promise<unknown[]> =>
        list((await get(`${one(id, "folder/cms_folder")}/items`)).json._embedded?.collection).map((item) => item.id);

      should((await get(`${one(made.id)}/parent`)).json.id).equal(sub.id);
      const moved = await world.call("PUT", `${one(made.id)}/parent`, { id: b.id });
      should(moved.status).equal(200);
      should(moved.json.ancestor_ids).eql([[root.id, b.id]]);
      should(await names(b.id)).eql([made.id]);
      should(await names(sub.id)).eql([]);

      const linked = await world.call("POST", `${one(made.id)}/linked-parents`, { href: one(a.id, "folder/cms_folder") });
      should(linked.json.linked_parent_folder_ids).eql([a.id]);
      should(await names(a.id)).eql([sub.id, made.id]);
      refused(await world.call("POST", `${one(made.id)}/linked-parents`, { href: String(a.id) }), 409);
      should((await world.call("DELETE", `${one(made.id)}/linked-parents/${a.id}`)).status).equal(204);
      should(await names(a.id)).eql([sub.id]);

      await world.call("PUT", `${one(made.id)}/parent`, { id: sub.id });
      const copied = await world.call("POST", `${one(a.id, "folder/cms_folder")}/copy?recursive=true`, { id: b.id });
      should(copied.status).equal(201);
      const [subCopy] = await names(copied.json.id);
      const [fileCopy] = await names(subCopy);
      should(fileCopy).not.equal(made.id);
      should((await world.call("DELETE", one(made.id))).status).equal(204);
      const media = (await get(one(fileCopy))).json._links?.["urn:eim:linkrel:download-media"]?.href;
      should((await get(String(media))).bytes.toString()).equal("copied");

      refused(await world.call("PUT", `${one(a.id, "folder/cms_folder")}/parent`, { id: sub.id }), 400, "below itself");
      refused(await world.call("DELETE", one(a.id, "folder/cms_folder")), 409, "not empty");
      should((await world.call("DELETE", `${one(a.id, "folder/cms_folder")}?recursive=true`)).status).equal(204);
      refused(await get(one(sub.id, "folder/cms_folder")), 404);
    });

    it("puts into the recycle bin and takes out again (M5)", async () => {
      const bin = await folder("Bin");
      const made = await create({ docbridge_key: "binned" }, { parent_folder_id: bin.id });
      should((await world.call("PUT", `${one(made.id)}/delete`)).status).equal(204);
      refused(await get(one(made.id)), 404);
      should(await find("docbridge_key eq 'binned'")).be.empty();
      const deleted = await find("docbridge_key eq 'binned'", "", `${cms}/deleted`);
      should(deleted.map((row) => row.id)).eql([made.id]);

      refused(await world.call("PUT", `${cms}/deleted/unknown/restore`), 404);
      const restored = await world.call("PUT", `${cms}/deleted/${made.id}/restore`);
      should(restored.status).equal(200);
      should(restored.json).containEql({ id: made.id, latest: true });
      should(await find("docbridge_key eq 'binned'")).have.length(1);

      should((await world.call("PUT", `${one(bin.id, "folder/cms_folder")}/delete?recursive=true`)).status).equal(204);
      refused(await world.call("PUT", `${cms}/deleted/${made.id}/restore`), 409, "first");
      should((await world.call("PUT", `${cms}/deleted/${bin.id}/restore?recursive=true`)).status).equal(200);
      should((await get(one(made.id))).status).equal(200);
    });

    it("puts all versions into the recycle bin together", async () => {
      const made = await create({ docbridge_key: "all-versions" });
      const next = await world.call("POST", `${one(made.id)}/nextVersion`, {
        name: "2",
        properties: { customer_number: "C1", docbridge_key: "all-versions" },
      });
      should((await world.call("PUT", `${one(made.id)}/delete?all-version=true`)).status).equal(204);
      should(await find("docbridge_key eq 'all-versions'")).be.empty();
      should((await world.call("PUT", `${cms}/deleted/${made.id}/restore?all-version=true`)).status).equal(200);
      const rows = await find("docbridge_key eq 'all-versions'");
      should(rows.map((row) => [row.id, row.latest])).eql([
        [made.id, false],
        [next.json.id, true],
      ]);
    });
  });

  describe("definitions (M7)", () => {
    it("shows the seeded types and traits, attributes on one page", async () => {
      const type = await get(`${cms}/type-definitions/def_statement`);
      should(type.json).containEql({ system_name: "def_statement", category: "file", parent: "cms_file" });
      const own = list((await get(`${cms}/type-definitions/def_statement/attributes`)).json._embedded?.collection);
      should(own.map((attribute) => [attribute.name, attribute.data_type, attribute.size, attribute.required, attribute.repeating])).eql([
        ["docbridge_key", "string", 64, false, false],
        ["customer_number", "string", 32, true, false],
        ["account_number", "string", 32, false, false],
        ["document_type", "string", 32, false, false],
        ["statement_date", "date", undefined, false, false],
        ["total_amount", "double", undefined, false, false],
        ["pages", "integer", undefined, false, false],
        ["job_id", "string", 64, false, false],
        ["channel", "string", 16, false, false],
        ["template_version", "string", 16, false, false],
        ["tags", "string", 64, false, true],
      ]);
      const all = list((await get(`${cms}/type-definitions/def_statement/attributes-all`)).json._embedded?.collection);
      should(all.filter((attribute) => attribute.system).map((attribute) => attribute.name)).eql(["name", "display_name", "description"]);
      should(all).have.length(own.length + 3);
      const traits = list((await get(`${cms}/trait-definitions?items-per-page=20`)).json._embedded?.collection);
      should(traits.map((trait) => trait.system_name)).eql(["def_integrity", "def_retention", "def_legal_hold", "def_lifecycle"]);
      const integrity = list((await get(`${cms}/trait-definitions/def_integrity/attributes`)).json._embedded?.collection);
      should(integrity.map((attribute) => [attribute.name, attribute.data_type])).eql([
        ["sha256", "string"],
        ["md5", "string"],
        ["bytes", "long"],
      ]);
      refused(await get(`${cms}/type-definitions/def_unknown`), 404);
      refused(await get(`${cms}/trait-definitions/def_unknown/attributes`), 404);
    });

    it("makes namespaces, traits and types, and instances of them", async () => {
      const namespace = await world.call("POST", `${cms}/namespaces`, { name: "insurance", prefix: "ins", display_name: "Insurance" });
      should(namespace.status).equal(201);
      should(list((await get(`${cms}/namespaces?filter=${encodeURIComponent("prefix eq 'ins'")}`)).json._embedded?.collection)).have.length(
        1,
      );
      const trait = await world.call("POST", `${cms}/trait-definitions`, {
        name: "risk",
        namespace: "insurance",
        attributes: [{ name: "score", data_type: "integer", required: true }],
      });
      should(trait.json.system_name).equal("ins_risk");
      const made = await world.call("POST", `${cms}/type-definitions/file`, {
        name: "policy",
        namespace: "insurance",
        parent: "def_statement",
        attributes: [
          { name: "policy_number", data_type: "string", size: 10, required: true, unique: true },
          { name: "state", data_type: "string", size: 10, default_value: "NEW" },
        ],
        required_traits: [{ trait_name: "ins_risk", instance_name: "main" }],
        non_auditable_actions: ["update"],
      });
      should(made.status).equal(201, made.bytes.toString());
      should(made.json.system_name).equal("ins_policy");

      const url = `${cms}/instances/file/ins_policy`;
      const body = { name: "p", properties: { customer_number: "C9", policy_number: "P1" }, traits: { ins_risk: { main: { score: 3 } } } };
      refused(await world.call("POST", url, { ...body, traits: {} }), 400, "score");
      const policy = await world.call("POST", url, body);
      should(policy.status).equal(201, policy.bytes.toString());
      should(policy.json.properties?.state).equal("NEW");
      refused(await world.call("POST", url, body), 409, "policy_number");
      should(await find("policy_number eq 'P1'", "", url)).have.length(1);
      // Listing the parent type brings its children's instances.
      should((await find("customer_number eq 'C9'")).map((row) => row.id)).eql([policy.json.id]);
      await world.call("PATCH", `${url}/${policy.json.id}`, { properties: { state: "OLD" } });
      const actions = list((await get(`${url}/${policy.json.id}/history`)).json._embedded?.collection).map((row) => row.action_name);
      should(actions).eql(["create"]);

      refused(await world.call("DELETE", `${cms}/namespaces/${namespace.json.id}`), 409);
      refused(await world.call("DELETE", `${cms}/trait-definitions/ins_risk`), 409);
      refused(await world.call("DELETE", `${cms}/type-definitions/ins_policy`), 409, "force-delete-all-instances");
      should((await world.call("DELETE", `${cms}/type-definitions/ins_policy?force-delete-all-instances=true`)).status).equal(204);
      refused(await get(`${url}/${policy.json.id}`), 404);
      should((await world.call("DELETE", `${cms}/trait-definitions/ins_risk`)).status).equal(204);
      should((await world.call("DELETE", `${cms}/namespaces/${namespace.json.id}`)).status).equal(204);
    });

    it("changes a type while it is in use", async () => {
      await world.call("POST", `${cms}/type-definitions/file`, {
        name: "memo",
        attributes: [{ name: "topic", data_type: "string", size: 5 }],
      });
      const url = `${cms}/instances/file/def_memo`;
      const memo = (properties: object): Promise<Reply> => world.call("POST", url, { name: "m", properties });
      refused(await memo({ topic: "longer" }), 400, "5");
      refused(await memo({ author: "x" }), 400, "author");
      const patched = await world.call("PATCH", `${cms}/type-definitions/def_memo`, {
        attributes: [
          { name: "topic", data_type: "string", size: 50 },
          { name: "author", data_type: "string", size: 20, required: true },
        ],
      });
      should(patched.status).equal(200);
      refused(await memo({ topic: "longer" }), 400, "author");
      should((await memo({ topic: "longer", author: "x" })).status).equal(201);
      const put = await world.call("PUT", `${cms}/type-definitions/def_memo`, { attributes: [] });
      should(put.json.attributes).eql([]);
      refused(await memo({ topic: "longer" }), 400, "topic");
      refused(await world.call("PATCH", `${cms}/type-definitions/cms_file`, { attributes: [] }), 400);
    });

    it("refuses definitions that make no sense", async () => {
      const post = (body: object, category = "file"): Promise<Reply> => world.call("POST", `${cms}/type-definitions/${category}`, body);
      refused(await post({ name: "statement" }), 409);
      refused(await post({ name: "x" }, "paper"), 400, "category");
      refused(await post({ name: "Bad Name" }), 400, "name");
      refused(await post({ name: "x", namespace: "nowhere" }), 400, "nowhere");
      refused(await post({ name: "x", parent: "cms_folder" }), 400, "cms_folder");
      refused(await post({ name: "x", attributes: [{ name: "a", data_type: "text" }] }), 400, "data_type");
      refused(await post({ name: "x", attributes: [{ name: "a", data_type: "string" }] }), 400, "size");
      refused(await post({ name: "x", attributes: [{ name: "name", data_type: "date" }] }), 400, "name");
      refused(await post({ name: "x", parent: "def_statement", attributes: [{ name: "pages", data_type: "date" }] }), 400, "pages");
      refused(await post({ name: "x", required_traits: [{ trait_name: "def_nothing", instance_name: "x" }] }), 400, "def_nothing");
    });
  });

  describe("in general", () => {
    it("answers 401 in its own shape", async () => {
      refused(await world.call("GET", statements(), undefined, { Authorization: "" }), 401);
      refused(await world.call("GET", statements(), undefined, { Authorization: "Bearer nonsense" }), 401);
    });

    it("answers hal+json to those who ask for it", async () => {
      const hal = await world.call("GET", one(root.id, "folder/cms_folder"), undefined, { Accept: "application/hal+json" });
      should(hal.headers.get("content-type")).equal("application/hal+json");
      const plain = await world.call("GET", one(root.id, "folder/cms_folder"), undefined, { Accept: "*/*" });
      should(plain.headers.get("content-type")).equal("application/json");
      should(plain.json).eql(hal.json);
    });

    it("shows users as objects when switched on", async () => {
      await world.setSwitches({ "cms.user-objects": true });
      should((await create()).created_by).containEql({ id: "docbridge@OAuthClients", identity_type: "USER", service_account: true });
      await world.setSwitches({ "cms.user-objects": false });
    });

    it("limits requests a second when switched on, with the gateway's fault body (M8)", async () => {
      await world.setSwitches({ "cms.requests-per-second": 5, "cms.retry-after-seconds": 1 });
      const replies = await Promise.all(Array.from({ length: 20 }, () => get(one(root.id, "folder/cms_folder"))));
      await world.setSwitches({ "cms.requests-per-second": 0, "cms.retry-after-seconds": 0 });
      const limited = replies.filter(({ status }) => status === 429);
      should(limited.length).be.within(5, 15);
      should(replies.length - limited.length).equal(replies.filter(({ status }) => status === 200).length);
      should(Object.keys(limited[0]?.json ?? {})).eql(["fault"]);
      should(limited[0]?.json.fault?.faultstring).be.a.String();
      should(limited[0]?.headers.get("retry-after")).equal("1");
    });

    it("has the same state, index and order after a restart", async () => {
      const made = await create({ docbridge_key: "kept" }, { traits: { def_integrity: { content: { bytes: 5 } } } });
      const rows = await find("job_id eq 'list-job'", "&items-per-page=100");
      should(rows).have.length(25);
      const before = { made: (await get(one(made.id))).json, keys: keysOf(rows) };
      const portless = (json: Json): unknown => JSON.parse(JSON.stringify(json).replaceAll(world.description.origin, "http://here"));
      const shown = portless(before.made);
      await world.restart();
      cms = world.description.cms.baseUrl;
      should(portless((await get(one(made.id))).json)).eql(shown);
      should(keysOf(await find("docbridge_key eq 'kept'"))).eql(["kept"]);
      should(keysOf(await find("job_id eq 'list-job'", "&items-per-page=100"))).eql(before.keys);
      should(await find("asset_key eq 'logo'", "", `${cms}/instances/file/def_asset`)).have.length(1);
      const record = replayed(world.dir, "cms").get("instance")?.get(String(made.id));
      should(record?.properties).eql({ customer_number: "C1", docbridge_key: "kept" });
    });
  });

  /** A token of the demo user: another principal than the service client. */
  async function userToken(): Promise<string> {
    const { otds } = world.description;
    const form = {
      grant_type: "password",
      username: otds.user,
      password: otds.password,
      client_id: otds.clientId,
      client_secret: otds.clientSecret,
    };
    const got = await fetch(otds.tokenUrl, { method: "POST", body: new URLSearchParams(form) });
    return String(((await got.json()) as Json).access_token);
  }
});
