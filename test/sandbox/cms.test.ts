import should from "should";
import { CmsKit, refused, rendition } from "./cms-support.ts";
import { type Json, list, type Reply, startWorld, type World } from "./platform-support.ts";

describe("sandbox CMS", () => {
  let world: World;
  let kit: CmsKit;

  before(async () => {
    world = await startWorld();
    kit = await CmsKit.open(world);
  });
  after(() => world.stop());

  it("creates with a v3 rendition and shows what clients read (M1)", async () => {
    const file = await kit.upload("hello");
    const made = await kit.create(
      { docbridge_key: "k1", statement_date: "2026-01-31", total_amount: 12.5, pages: 3, tags: ["a", "b"] },
      { parent_folder_id: kit.root.id, renditions: [{ name: "x.txt", rendition_type: "PRIMARY", blob_id: file.id, source: "FILE_ID" }] },
    );
    should(made).containEql({ category: "file", type: "def_statement", version_no: 1, latest: true, lock_owner: null });
    should(made).containEql({ mime_type: "text/plain", content_size: 5, parent_folder_id: kit.root.id });
    should(made.ancestor_ids).eql([[kit.root.id]]);
    should(made.created_by).equal("docbridge@OAuthClients");
    const self = kit.one(made.id);
    should(made._links?.self?.href).equal(self);
    should(made._links?.["urn:eim:linkrel:delete"]?.href).equal(self);
    should(made._links?.parent?.href).equal(`${self}/parent`);
    const media = String(made._links?.["urn:eim:linkrel:download-media"]?.href);
    should((await kit.get(media)).bytes.toString()).equal("hello");
    should((await kit.get(self)).json).eql(made);
    should((await kit.get(kit.one(made.id, "file/cms_file"))).json).eql(made);
    should((await kit.get(kit.one(made.id, "any/cms_any"))).json).eql(made);
    for (const hidden of ["series", "deleted_time"]) should(made).not.have.property(hidden);
  });

  it("links v2 content by id, blob id and download URL, and knows v3 only with FILE_ID", async () => {
    const { css } = world.description;
    const sent = await world.call("POST", `${css.baseUrl}/v2/content`, Buffer.from("v2"), { "Content-Type": "text/plain" });
    const [entry] = list(sent.json.entries) as [Json];
    for (const blobId of [entry.id, entry.blobId, entry._links?.download?.href]) {
      const made = await kit.create({}, { renditions: [{ name: "x", rendition_type: "primary", blob_id: blobId }] });
      should(list(made.renditions)[0]?.blob_id).equal(entry.id);
      const shown = await kit.get(`${css.baseUrl}/v2/content/${entry.id}`);
      should(list(shown.json.entries)[0]?.objectId).equal(made.id);
    }
    const v3 = await kit.upload("v3");
    const bodies = [{ blob_id: v3.id }, { blob_id: entry.id, source: "FILE_ID" }, { blob_id: "unknown" }, {}];
    for (const body of bodies) {
      const got = await world.call("POST", kit.statements, { name: "x", properties: { customer_number: "C1" }, renditions: [body] });
      refused(got, 400, "blob_id");
    }
  });

  it("checks names, types, properties and traits against the definitions", async () => {
    const post = (body: object, url = kit.statements): Promise<Reply> => world.call("POST", url, body);
    const properties = { customer_number: "C1" };
    refused(await post({ properties }), 400, "name is required");
    refused(await post({ name: "x", properties: {} }), 400, "customer_number", "required");
    refused(await post({ name: "x", properties: { customer_number: "" } }), 400, "customer_number", "required");
    refused(await post({ name: "x" }, `${kit.base}/instances/file/def_unknown`), 404, "def_unknown");
    refused(await post({ name: "x", properties }, `${kit.base}/instances/folder/def_statement`), 400, "category");
    refused(await post({ name: "x", properties }, `${kit.base}/instances/any/cms_any`), 400);
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
    refused(await world.call("POST", kit.statements, Buffer.from("{"), { "Content-Type": "application/json" }), 400, "JSON");
    // Characters are counted, not UTF-16 units; dates may carry a time and an offset.
    await kit.create({ customer_number: "😀".repeat(32), statement_date: "2026-01-31T10:00:00.000+0000" });
  });

  it("replaces with PUT, merges with PATCH down to a single trait attribute (M3)", async () => {
    const hold = { placed_by: "legal", placed_at: "2026-01-01" };
    const file = await kit.upload("kept");
    const traits = { def_legal_hold: { one: { matter_id: "M1" } } };
    const made = await kit.create({ channel: "email", pages: 1 }, { traits, renditions: [rendition(file.id)] });
    const patch = (body: object): Promise<Reply> => world.call("PATCH", kit.one(made.id), body);
    const patched = await patch({
      properties: { pages: 2, channel: null },
      traits: { def_legal_hold: { one: hold, two: { matter_id: "M2" } } },
    });
    should(patched.status).equal(200);
    should(patched.json.properties).eql({ customer_number: "C1", pages: 2 });
    should(patched.json.traits).eql({ def_legal_hold: { one: { matter_id: "M1", ...hold }, two: { matter_id: "M2" } } });
    should((await patch({ traits: { def_legal_hold: { two: null } } })).json.traits?.def_legal_hold).not.have.property("two");
    refused(await patch({ properties: { customer_number: null } }), 400, "customer_number");

    const put = await world.call("PUT", kit.one(made.id), { ...patched.json, name: "renamed", properties: { customer_number: "C2" } });
    should(put.status).equal(200, put.bytes.toString());
    should(put.json.name).equal("renamed");
    should(put.json.properties).eql({ customer_number: "C2" });
    refused(await world.call("PUT", kit.one(made.id), { properties: { customer_number: "C2" } }), 400, "name");
    refused(await patch({ parent_folder_id: kit.root.id }), 400, "parent");
    refused(await patch({ renditions: [] }), 400, "renditions");
    should((await kit.get(kit.one(made.id))).json.properties).eql({ customer_number: "C2" });
  });

  it("deletes one version or all, and answers 404 for what is not there", async () => {
    const made = await kit.create();
    should((await world.call("DELETE", kit.one(made.id))).status).equal(204);
    refused(await kit.get(kit.one(made.id)), 404, String(made.id));
    refused(await world.call("DELETE", kit.one(made.id)), 404);
    const asset = await kit.find("asset_key eq 'logo'", "", `${kit.base}/instances/file/def_asset`);
    refused(await kit.get(kit.one(asset[0]?.id)), 404);
  });

  it("versions: the newest is the latest, each with its own id (M4)", async () => {
    const first = await kit.create({ docbridge_key: "versioned" }, { parent_folder_id: kit.root.id });
    const body = { name: "second", properties: { customer_number: "C1", docbridge_key: "versioned" }, version_label: ["approved"] };
    const second = await world.call("POST", `${kit.one(first.id)}/nextVersion`, body);
    should(second.status).equal(201);
    should(second.json).containEql({ version_no: 2, latest: true, parent_folder_id: kit.root.id });
    should(second.json.id).not.equal(first.id);
    should((await kit.get(kit.one(first.id))).json.latest).be.false();
    refused(await world.call("POST", `${kit.one(first.id)}/nextVersion`, body), 409, "latest");

    const versions = await kit.get(`${kit.one(first.id)}/versions?sortby=${encodeURIComponent("version_no desc")}`);
    should(list(versions.json._embedded?.collection).map((row) => [row.id, row.version_no, row.latest, row.version_label])).eql([
      [second.json.id, 2, true, ["approved"]],
      [first.id, 1, false, []],
    ]);
    should(await kit.find("docbridge_key eq 'versioned'")).have.length(2);
    should(await kit.find("docbridge_key eq 'versioned' and latest eq 'true'")).have.length(1);

    should((await world.call("DELETE", kit.one(second.json.id))).status).equal(204);
    should((await kit.get(kit.one(first.id))).json.latest).be.true();
    await world.call("POST", `${kit.one(first.id)}/nextVersion`, body);
    should((await world.call("DELETE", `${kit.one(first.id)}/all`)).status).equal(204);
    should(await kit.find("docbridge_key eq 'versioned'")).be.empty();
  });

  it("locks against others, not against the owner", async () => {
    const made = await kit.create();
    const own = world.token;
    const locked = await world.call("PUT", `${kit.one(made.id)}/lock`);
    should(locked.status).equal(200);
    should(locked.json.lock_owner).equal("docbridge@OAuthClients");
    should(locked.json.lock_time).be.a.String();
    world.token = await kit.userToken();
    refused(await world.call("PATCH", kit.one(made.id), { name: "x" }), 409, "locked");
    refused(await world.call("DELETE", kit.one(made.id)), 409);
    refused(await world.call("DELETE", `${kit.one(made.id)}/lock`), 409);
    world.token = own;
    should((await world.call("PATCH", kit.one(made.id), { name: "x" })).status).equal(200);
    const unlocked = await world.call("DELETE", `${kit.one(made.id)}/lock`);
    should(unlocked.status).equal(200);
    should(unlocked.json.lock_owner).be.null();
  });

  it("adds and takes away renditions; bytes go with the last one", async () => {
    const [first, second] = [await kit.upload("one"), await kit.upload("two")];
    const made = await kit.create({}, { renditions: [rendition(first.id)] });
    const added = await world.call("POST", `${kit.one(made.id)}/contents`, rendition(second.id, "secondary"));
    should(added.status).equal(201);
    const fields = ["id", "create_time", "update_time", "created_by", "updated_by", "etag", "owner", "name", "mime_type"];
    should(added.json).have.properties(...fields, "content_size", "blob_id", "rendition_type", "owner_id", "_links");
    should(added.json).containEql({ owner_id: made.id, rendition_type: "secondary", blob_id: second.id, content_size: 3 });
    refused(await world.call("POST", `${kit.one(made.id)}/contents`, rendition(second.id)), 400, "primary");
    should(list((await kit.get(`${kit.one(made.id)}/contents`)).json._embedded?.collection)).have.length(2);
    should((await world.call("DELETE", `${kit.one(made.id)}/contents/${added.json.id}`)).status).equal(204);
    const css = world.description.css.baseUrl;
    should((await kit.get(`${css}/v3/files/${second.id}/stream`)).status).equal(404);
    should((await kit.get(`${css}/v3/files/${first.id}/stream`)).bytes.toString()).equal("one");
    refused(await world.call("DELETE", `${kit.one(made.id)}/contents/${added.json.id}`), 404);
  });

  it("keeps an audit trail (M6)", async () => {
    const made = await kit.create();
    await world.call("PATCH", kit.one(made.id), { properties: { channel: "sms" } });
    await world.call("PUT", `${kit.one(made.id)}/lock`);
    const got = await kit.get(
      `${kit.one(made.id)}/history?include-total=true&items-per-page=2&sortby=${encodeURIComponent("create_time asc")}`,
    );
    should(got.json.total).equal(3);
    const rows = list(got.json._embedded?.collection);
    should(rows.map((row) => row.action_name)).eql(["create", "update"]);
    const fields = ["id", "action_name", "object_category", "event_source", "event_user", "event_status", "create_time", "update_time"];
    should(Object.keys(rows[0] as Json).sort()).eql([...fields, "payload"].sort());
    should(rows[1]?.payload).eql({ type: "def_statement", value: { attributes: ["channel"], traits: [] } });
  });

  it("enforces access lists: the record list forbids change, version and deletion", async () => {
    const lists = list((await kit.get(`${kit.base}/permissions`)).json._embedded?.collection);
    const record = lists.find((acl) => String(acl.name) === "record") as Json;
    should(list(record.permits)[0]).containEql({ identity_type: "GROUP", group_name: "everyone" });
    should((await kit.get(`${kit.base}/permissions/${record.id}`)).json).eql(record);
    const made = await kit.create();
    const all = list((await kit.get(`${kit.one(made.id)}/permissions`)).json.permissions);
    should(all).have.length(12);
    should((await world.call("PUT", `${kit.one(made.id)}/acl`, { id: record.id })).status).equal(200);
    should((await kit.get(`${kit.one(made.id)}/acl`)).json.id).equal(record.id);
    should((await kit.get(`${kit.one(made.id)}/permissions`)).json.permissions).eql([
      "browse",
      "read_content",
      "relate",
      "edit_permissions",
    ]);
    refused(await world.call("PATCH", kit.one(made.id), { name: "x" }), 403, "modify");
    refused(await world.call("DELETE", kit.one(made.id)), 403, "delete_content");
    refused(await world.call("POST", `${kit.one(made.id)}/nextVersion`, { name: "x", properties: { customer_number: "C1" } }), 403);
    refused(await world.call("PUT", `${kit.one(made.id)}/acl`, { id: "unknown" }), 400);
    const other = lists.find((acl) => String(acl.name) === "default") as Json;
    await world.call("PUT", `${kit.one(made.id)}/acl`, { id: other.id });
    should((await world.call("DELETE", kit.one(made.id))).status).equal(204);
  });

  it("lets holds be deleted as the vendor does, and refuses only in guarded mode (M9)", async () => {
    const held = { def_legal_hold: { matter: { matter_id: "M1", placed_at: "2026-01-01" } } };
    const retained = { def_retention: { policy: { retain_until: "2999-12-31" } } };
    should((await world.call("DELETE", kit.one((await kit.create({}, { traits: held })).id))).status).equal(204);
    await world.setSwitches({ "cms.guard-holds": true });
    for (const traits of [held, retained]) {
      const made = await kit.create({}, { traits });
      refused(await world.call("DELETE", kit.one(made.id)), 409, "guarded mode");
      refused(await world.call("PUT", `${kit.one(made.id)}/delete`), 409);
    }
    const over = {
      def_legal_hold: { matter: { matter_id: "M1", released_at: "2026-02-01" } },
      def_retention: { policy: { retain_until: "2020-01-01" } },
    };
    should((await world.call("DELETE", kit.one((await kit.create({}, { traits: over })).id))).status).equal(204);
    await world.setSwitches({ "cms.guard-holds": false });
  });

  it("takes all versions or none when one of them may not go, and guards against overwriting (guarded mode, ours)", async () => {
    const made = await kit.create({ docbridge_key: "guarded-versions" });
    const body = { name: "2", properties: { customer_number: "C1", docbridge_key: "guarded-versions" } };
    const next = await world.call("POST", `${kit.one(made.id)}/nextVersion`, {
      ...body,
      traits: { def_legal_hold: { matter: { matter_id: "M1" } } },
    });
    await world.setSwitches({ "cms.guard-holds": true });
    for (const [method, path] of [
      ["DELETE", "/all"],
      ["PUT", "/delete?all-version=true"],
    ] as const) {
      refused(await world.call(method, kit.one(made.id) + path), 409, "guarded mode");
      should(await kit.find("docbridge_key eq 'guarded-versions'")).have.length(2);
    }
    refused(await world.call("PUT", kit.one(next.json.id), body), 409, "guarded mode");
    const released = { traits: { def_legal_hold: { matter: { released_at: "2026-02-01" } } } };
    should((await world.call("PATCH", kit.one(next.json.id), released)).status).equal(200);
    should((await world.call("DELETE", `${kit.one(made.id)}/all`)).status).equal(204);
    should(await kit.find("docbridge_key eq 'guarded-versions'")).be.empty();
    await world.setSwitches({ "cms.guard-holds": false });
  });

  it("answers 401 in its own shape", async () => {
    refused(await world.call("GET", kit.statements, undefined, { Authorization: "" }), 401);
    refused(await world.call("GET", kit.statements, undefined, { Authorization: "Bearer nonsense" }), 401);
  });

  it("answers hal+json to those who ask for it", async () => {
    const hal = await world.call("GET", kit.one(kit.root.id, "folder/cms_folder"), undefined, { Accept: "application/hal+json" });
    should(hal.headers.get("content-type")).equal("application/hal+json");
    const plain = await world.call("GET", kit.one(kit.root.id, "folder/cms_folder"), undefined, { Accept: "*/*" });
    should(plain.headers.get("content-type")).equal("application/json");
    should(plain.json).eql(hal.json);
  });

  it("shows users as objects when switched on", async () => {
    await world.setSwitches({ "cms.user-objects": true });
    should((await kit.create()).created_by).containEql({ id: "docbridge@OAuthClients", identity_type: "USER", service_account: true });
    await world.setSwitches({ "cms.user-objects": false });
  });

  it("limits requests a second when switched on, with the gateway's fault body (M8)", async () => {
    await world.setSwitches({ "cms.requests-per-second": 5, "cms.retry-after-seconds": 1 });
    const replies = await Promise.all(Array.from({ length: 20 }, () => kit.get(kit.one(kit.root.id, "folder/cms_folder"))));
    await world.setSwitches({ "cms.requests-per-second": 0, "cms.retry-after-seconds": 0 });
    const limited = replies.filter(({ status }) => status === 429);
    should(limited.length).be.within(5, 15);
    should(replies.length - limited.length).equal(replies.filter(({ status }) => status === 200).length);
    should(Object.keys(limited[0]?.json ?? {})).eql(["fault"]);
    should(limited[0]?.json.fault?.faultstring).be.a.String();
    should(limited[0]?.headers.get("retry-after")).equal("1");
  });
});
