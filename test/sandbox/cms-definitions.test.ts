import { createHash } from "node:crypto";
import should from "should";
import { CmsKit, refused, rendition } from "./cms-support.ts";
import { list, type Reply, startWorld, type World } from "./platform-support.ts";

describe("sandbox CMS folders and definitions", () => {
  let world: World;
  let kit: CmsKit;

  before(async () => {
    world = await startWorld();
    kit = await CmsKit.open(world);
  });
  after(() => world.stop());

  describe("folders", () => {
    it("has the seeded folders and assets", async () => {
      should(kit.root.name).equal("subscription-root");
      const items = list(
        (await kit.get(`${kit.one(kit.root.id, "folder/cms_folder")}/items?filter=${encodeURIComponent("category eq 'folder'")}`)).json
          ._embedded?.collection,
      );
      should(items.map((item) => item.name)).containDeep(["Statements", "Assets"]);
      for (const [key, type] of [
        ["logo", "image/png"],
        ["terms-and-conditions", "text/html"],
      ]) {
        const [asset] = await kit.find(`asset_key eq '${key}' and latest eq 'true'`, "", `${kit.base}/instances/file/def_asset`);
        should(asset).containEql({ mime_type: type });
        should(asset?.properties?.approval_state).equal("APPROVED");
        const { bytes } = await kit.get(String(asset?._links?.["urn:eim:linkrel:download-media"]?.href));
        should(createHash("sha256").update(bytes).digest("hex")).equal(asset?.traits?.def_integrity?.content?.sha256);
      }
    });

    it("moves, links and copies", async () => {
      const [a, b] = [await kit.folder("A"), await kit.folder("B")];
      const sub = await kit.folder("sub", a.id);
      const file = await kit.upload("copied");
      const made = await kit.create({}, { parent_folder_id: sub.id, renditions: [rendition(file.id)] });
      const names = async (id: unknown): Promise<unknown[]> =>
        list((await kit.get(`${kit.one(id, "folder/cms_folder")}/items`)).json._embedded?.collection).map((item) => item.id);

      should((await kit.get(`${kit.one(made.id)}/parent`)).json.id).equal(sub.id);
      const moved = await world.call("PUT", `${kit.one(made.id)}/parent`, { id: b.id });
      should(moved.status).equal(200);
      should(moved.json.ancestor_ids).eql([[kit.root.id, b.id]]);
      should(await names(b.id)).eql([made.id]);
      should(await names(sub.id)).eql([]);

      const linked = await world.call("POST", `${kit.one(made.id)}/linked-parents`, { href: kit.one(a.id, "folder/cms_folder") });
      should(linked.json.linked_parent_folder_ids).eql([a.id]);
      should(await names(a.id)).eql([sub.id, made.id]);
      refused(await world.call("POST", `${kit.one(made.id)}/linked-parents`, { href: String(a.id) }), 409);
      should((await world.call("DELETE", `${kit.one(made.id)}/linked-parents/${a.id}`)).status).equal(204);
      should(await names(a.id)).eql([sub.id]);

      await world.call("PUT", `${kit.one(made.id)}/parent`, { id: sub.id });
      const copied = await world.call("POST", `${kit.one(a.id, "folder/cms_folder")}/copy?recursive=true`, { id: b.id });
      should(copied.status).equal(201);
      const [subCopy] = await names(copied.json.id);
      const [fileCopy] = await names(subCopy);
      should(fileCopy).not.equal(made.id);
      should((await world.call("DELETE", kit.one(made.id))).status).equal(204);
      const media = (await kit.get(kit.one(fileCopy))).json._links?.["urn:eim:linkrel:download-media"]?.href;
      should((await kit.get(String(media))).bytes.toString()).equal("copied");

      refused(await world.call("PUT", `${kit.one(a.id, "folder/cms_folder")}/parent`, { id: sub.id }), 400, "below itself");
      refused(await world.call("DELETE", kit.one(a.id, "folder/cms_folder")), 409, "not empty");
      should((await world.call("DELETE", `${kit.one(a.id, "folder/cms_folder")}?recursive=true`)).status).equal(204);
      refused(await kit.get(kit.one(sub.id, "folder/cms_folder")), 404);
    });

    it("puts into the recycle bin and takes out again (M5)", async () => {
      const bin = await kit.folder("Bin");
      const made = await kit.create({ docbridge_key: "binned" }, { parent_folder_id: bin.id });
      should((await world.call("PUT", `${kit.one(made.id)}/delete`)).status).equal(204);
      refused(await kit.get(kit.one(made.id)), 404);
      should(await kit.find("docbridge_key eq 'binned'")).be.empty();
      const deleted = await kit.find("docbridge_key eq 'binned'", "", `${kit.base}/deleted`);
      should(deleted.map((row) => row.id)).eql([made.id]);

      refused(await world.call("PUT", `${kit.base}/deleted/unknown/restore`), 404);
      const restored = await world.call("PUT", `${kit.base}/deleted/${made.id}/restore`);
      should(restored.status).equal(200);
      should(restored.json).containEql({ id: made.id, latest: true });
      should(await kit.find("docbridge_key eq 'binned'")).have.length(1);

      should((await world.call("PUT", `${kit.one(bin.id, "folder/cms_folder")}/delete?recursive=true`)).status).equal(204);
      refused(await world.call("PUT", `${kit.base}/deleted/${made.id}/restore`), 409, "first");
      should((await world.call("PUT", `${kit.base}/deleted/${bin.id}/restore?recursive=true`)).status).equal(200);
      should((await kit.get(kit.one(made.id))).status).equal(200);
    });

    it("puts all versions into the recycle bin together", async () => {
      const made = await kit.create({ docbridge_key: "all-versions" });
      const next = await world.call("POST", `${kit.one(made.id)}/nextVersion`, {
        name: "2",
        properties: { customer_number: "C1", docbridge_key: "all-versions" },
      });
      should((await world.call("PUT", `${kit.one(made.id)}/delete?all-version=true`)).status).equal(204);
      should(await kit.find("docbridge_key eq 'all-versions'")).be.empty();
      should((await world.call("PUT", `${kit.base}/deleted/${made.id}/restore?all-version=true`)).status).equal(200);
      const rows = await kit.find("docbridge_key eq 'all-versions'");
      should(rows.map((row) => [row.id, row.latest])).eql([
        [made.id, false],
        [next.json.id, true],
      ]);
    });
  });

  describe("definitions (M7)", () => {
    it("shows the seeded types and traits, attributes on one page", async () => {
      const type = await kit.get(`${kit.base}/type-definitions/def_statement`);
      should(type.json).containEql({ system_name: "def_statement", category: "file", parent: "cms_file" });
      const own = list((await kit.get(`${kit.base}/type-definitions/def_statement/attributes`)).json._embedded?.collection);
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
      const all = list((await kit.get(`${kit.base}/type-definitions/def_statement/attributes-all`)).json._embedded?.collection);
      should(all.filter((attribute) => attribute.system).map((attribute) => attribute.name)).eql(["name", "display_name", "description"]);
      should(all).have.length(own.length + 3);
      const traits = list((await kit.get(`${kit.base}/trait-definitions?items-per-page=20`)).json._embedded?.collection);
      should(traits.map((trait) => trait.system_name)).eql([
        "def_integrity",
        "def_retention",
        "def_legal_hold",
        "def_lifecycle",
        "def_recall",
        "def_deletion",
        "def_variant_set",
        "def_variant",
        "def_evidence_of",
      ]);
      const integrity = list((await kit.get(`${kit.base}/trait-definitions/def_integrity/attributes`)).json._embedded?.collection);
      should(integrity.map((attribute) => [attribute.name, attribute.data_type])).eql([
        ["sha256", "string"],
        ["md5", "string"],
        ["bytes", "long"],
      ]);
      refused(await kit.get(`${kit.base}/type-definitions/def_unknown`), 404);
      refused(await kit.get(`${kit.base}/trait-definitions/def_unknown/attributes`), 404);
    });

    it("makes namespaces, traits and types, and instances of them", async () => {
      const namespace = await world.call("POST", `${kit.base}/namespaces`, { name: "insurance", prefix: "ins", display_name: "Insurance" });
      should(namespace.status).equal(201);
      should(
        list((await kit.get(`${kit.base}/namespaces?filter=${encodeURIComponent("prefix eq 'ins'")}`)).json._embedded?.collection),
      ).have.length(1);
      const trait = await world.call("POST", `${kit.base}/trait-definitions`, {
        name: "risk",
        namespace: "insurance",
        attributes: [{ name: "score", data_type: "integer", required: true }],
      });
      should(trait.json.system_name).equal("ins_risk");
      const made = await world.call("POST", `${kit.base}/type-definitions/file`, {
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

      const url = `${kit.base}/instances/file/ins_policy`;
      const body = { name: "p", properties: { customer_number: "C9", policy_number: "P1" }, traits: { ins_risk: { main: { score: 3 } } } };
      refused(await world.call("POST", url, { ...body, traits: {} }), 400, "score");
      const policy = await world.call("POST", url, body);
      should(policy.status).equal(201, policy.bytes.toString());
      should(policy.json.properties?.state).equal("NEW");
      refused(await world.call("POST", url, body), 409, "policy_number");
      should(await kit.find("policy_number eq 'P1'", "", url)).have.length(1);
      // Listing the parent type brings its children's instances.
      should((await kit.find("customer_number eq 'C9'")).map((row) => row.id)).eql([policy.json.id]);
      await world.call("PATCH", `${url}/${policy.json.id}`, { properties: { state: "OLD" } });
      const actions = list((await kit.get(`${url}/${policy.json.id}/history`)).json._embedded?.collection).map((row) => row.action_name);
      should(actions).eql(["create"]);

      refused(await world.call("DELETE", `${kit.base}/namespaces/${namespace.json.id}`), 409);
      refused(await world.call("DELETE", `${kit.base}/trait-definitions/ins_risk`), 409);
      refused(await world.call("DELETE", `${kit.base}/type-definitions/ins_policy`), 409, "force-delete-all-instances");
      should((await world.call("DELETE", `${kit.base}/type-definitions/ins_policy?force-delete-all-instances=true`)).status).equal(204);
      refused(await kit.get(`${url}/${policy.json.id}`), 404);
      should((await world.call("DELETE", `${kit.base}/trait-definitions/ins_risk`)).status).equal(204);
      should((await world.call("DELETE", `${kit.base}/namespaces/${namespace.json.id}`)).status).equal(204);
    });

    it("changes a type while it is in use", async () => {
      await world.call("POST", `${kit.base}/type-definitions/file`, {
        name: "memo",
        attributes: [{ name: "topic", data_type: "string", size: 5 }],
      });
      const url = `${kit.base}/instances/file/def_memo`;
      const memo = (properties: object): Promise<Reply> => world.call("POST", url, { name: "m", properties });
      refused(await memo({ topic: "longer" }), 400, "5");
      refused(await memo({ author: "x" }), 400, "author");
      const patched = await world.call("PATCH", `${kit.base}/type-definitions/def_memo`, {
        attributes: [
          { name: "topic", data_type: "string", size: 50 },
          { name: "author", data_type: "string", size: 20, required: true },
        ],
      });
      should(patched.status).equal(200);
      refused(await memo({ topic: "longer" }), 400, "author");
      should((await memo({ topic: "longer", author: "x" })).status).equal(201);
      const put = await world.call("PUT", `${kit.base}/type-definitions/def_memo`, { attributes: [] });
      should(put.json.attributes).eql([]);
      refused(await memo({ topic: "longer" }), 400, "topic");
      refused(await world.call("PATCH", `${kit.base}/type-definitions/cms_file`, { attributes: [] }), 400);
    });

    it("refuses definitions that make no sense", async () => {
      const post = (body: object, category = "file"): Promise<Reply> =>
        world.call("POST", `${kit.base}/type-definitions/${category}`, body);
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
});
