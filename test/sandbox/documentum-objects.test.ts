import { readFileSync } from "node:fs";
import should from "should";
import { type Answer, hrefOf, JSON_TYPE, Rig, rels } from "./documentum-rig.ts";

/** wire/documentum.md 7.3: the attributes of a dm_document in their order. */
const DOCUMENT_ORDER = `object_name r_object_type title subject authors keywords a_application_type a_status
  r_creation_date r_modify_date r_modifier r_access_date a_is_hidden i_is_deleted a_retention_date
  a_archive a_compound_architecture a_link_resolved i_reference_cnt i_has_folder i_folder_id
  r_composite_id r_composite_label r_component_label r_order_no r_link_cnt r_link_high_cnt
  r_assembled_from_id r_frzn_assembly_cnt r_has_frzn_assembly resolution_label r_is_virtual_doc
  i_contents_id a_content_type r_page_cnt r_content_size a_full_text a_storage_type i_cabinet_id
  owner_name owner_permit group_name group_permit world_permit i_antecedent_id i_chronicle_id
  i_latest_flag r_lock_owner r_lock_date r_lock_machine log_entry r_version_label i_branch_cnt
  i_direct_dsc r_immutable_flag r_frozen_flag r_has_events acl_domain acl_name a_special_app
  i_is_reference r_creator_name r_is_public r_policy_id r_resume_state r_current_state
  r_alias_set_id a_effective_date a_expiration_date a_publish_formats a_effective_label
  a_effective_flag a_category language_code a_is_template a_controlling_app r_full_content_size
  a_extended_properties a_is_signed a_last_review_date i_retain_until r_aspect_name
  i_retainer_id i_partition i_is_replica i_vstamp r_object_id`
  .trim()
  .split(/\s+/);

describe("documentum stand-in: objects", () => {
  let rig: Rig;
  let temp: string;
  before(async () => {
    rig = await new Rig().start();
    temp = await rig.folderId("/Temp");
  });
  after(() => rig.stop());

  const create = (properties: Record<string, unknown>, kind = "documents") => rig.post(`/folders/${temp}/${kind}`, { properties });

  describe("a single object", () => {
    it("has the members, the values and the order of a 16.7 document", async () => {
      const { status, text, body, headers } = await create({ object_name: "a letter" });
      status.should.equal(201);
      Object.keys(body).should.eql(["name", "type", "definition", "properties", "links"]);
      body.name.should.equal("document");
      should(body.type).equal("dm_document");
      should(body.definition).equal(`${rig.repository}/types/dm_document`);
      Object.keys(body.properties).should.eql(DOCUMENT_ORDER);
      should(headers.get("location")).equal(hrefOf(body, "self"));
      // The values by which a client meets JSON.stringify's limits: raw text, not parsed.
      text.should.containEql('"r_full_content_size":0.0,');
      text.should.containEql('"authors":null,').and.containEql('"title":"",').and.containEql('"r_access_date":null,');
      text.should.containEql('"i_antecedent_id":"0000000000000000"');
      body.properties.should.have.properties({
        i_retainer_id: null,
        i_retain_until: null,
        r_version_label: ["1.0", "CURRENT"],
        i_vstamp: 0,
      });
      String(body.properties.r_creation_date).should.equal("2025-03-01T12:00:00.000+00:00");
      String(body.properties.r_object_id).should.match(/^09[0-9a-f]{14}$/);
      should(body.properties.i_chronicle_id).equal(body.properties.r_object_id);
    });

    it("shows sub types with their own attributes before r_object_id, doubles as Java prints them", async () => {
      const { text, body } = await create({
        r_object_type: "demo_statement",
        object_name: "s",
        total_amount: 12345678.5,
        pages: 3,
        statement_date: "2024-02-29T10:00:00.000+0530",
        tags: ["a", "b"],
        is_final: true,
      });
      Object.keys(body.properties)
        .slice(-15)
        .should.eql(
          "docbridge_key retention_class source_system customer_number account_number document_type statement_date total_amount pages job_id channel template_version tags is_final r_object_id".split(
            " ",
          ),
        );
      text.should.containEql('"total_amount":1.23456785E7,');
      body.properties.should.have.properties({
        pages: 3,
        tags: ["a", "b"],
        is_final: true,
        statement_date: "2024-02-29T04:30:00.000+00:00",
      });
      (await create({ r_object_type: "demo_statement", total_amount: 20 })).text.should.containEql('"total_amount":20.0,');
    });

    it("answers /objects/{id} of a document as an object with a canonical link", async () => {
      const id = (await create({ object_name: "c" })).body.properties.r_object_id;
      const { body } = await rig.get(`/objects/${id}`);
      body.name.should.equal("object");
      should(hrefOf(body, "canonical")).equal(`${rig.repository}/documents/${id}`);
      for (const rel of ["self", "edit", "delete"]) should(hrefOf(body, rel)).equal(`${rig.repository}/objects/${id}`);
      should(hrefOf((await rig.get(`/documents/${id}`)).body, "canonical")).equal(undefined);
    });

    it("gives links in the captured order", async () => {
      const id = (await create({ object_name: "l" })).body.properties.r_object_id;
      const captured = "self edit delete canonical parent-links parent cabinet contents primary-content checkout version-history";
      const document = `${captured} current-version relations`.split(" ");
      rels((await rig.get(`/objects/${id}`)).body)
        .slice(0, document.length)
        .should.eql(document);
      const folder = "self edit delete parent-links parent folders documents objects child-links cabinet relations".split(" ");
      rels((await create({ object_name: "sub l" }, "folders")).body)
        .slice(0, folder.length)
        .should.eql(folder);
    });

    it("shows named attributes with view, and no links with links=false", async () => {
      const id = (await create({ object_name: "v" })).body.properties.r_object_id;
      const { body } = await rig.get(`/documents/${id}?view=r_object_id,object_name&links=false`);
      body.properties.should.eql({ object_name: "v", r_object_id: id });
      body.should.not.have.property("links");
      Object.keys((await rig.get(`/documents/${id}?view=:all`)).body.properties).should.eql(DOCUMENT_ORDER);
      (await rig.get(`/documents/${id}?view=:odd`)).status.should.equal(400);
    });

    it("tells 404 for unknown ids and for another kind", async () => {
      const missing = await rig.get("/documents/090d0cb1ffffffff");
      missing.status.should.equal(404);
      missing.body.details.should.containEql("DM_API_E_EXIST");
      (await rig.get(`/documents/${temp}`)).status.should.equal(404);
      (await rig.get(`/folders/${temp}`)).status.should.equal(200);
    });
  });

  describe("requests", () => {
    const refuse = async (properties: Record<string, unknown>, id: string): Promise<Answer> => {
      const answer = await create({ r_object_type: "demo_statement", ...properties });
      answer.status.should.equal(400);
      answer.body.details.should.containEql(id);
      return answer;
    };

    it("refuses an unknown attribute in the words of the capture", async () => {
      const answer = await create({ object_type: "x" });
      answer.status.should.equal(400);
      answer.body.code.should.equal("E_INVALID_ATTR_NAME");
      answer.body.message.should.equal("The operation failed because an invalid attribute name is provided.");
      answer.body.details.should.equal(
        "(DM_API_E_BADATTRNAME) [DM_API_E_BADATTRNAME]error:  \"Bad attribute name 'object_type' for document/object.\"",
      );
    });

    it("refuses wrong types, shapes, lengths and read-only attributes without repeating the value", async () => {
      await refuse({ pages: "3" }, "DM_OBJ_MGR_E_");
      await refuse({ pages: 1.5 }, "DM_OBJ_MGR_E_");
      await refuse({ total_amount: "1,00" }, "DM_OBJ_MGR_E_");
      await refuse({ is_final: 1 }, "DM_OBJ_MGR_E_");
      await refuse({ statement_date: "2024-02-30T00:00:00.000+00:00" }, "DM_OBJ_MGR_E_");
      await refuse({ statement_date: "2024-02-01" }, "DM_OBJ_MGR_E_");
      await refuse({ tags: "one" }, "DM_OBJ_MGR_E_");
      await refuse({ title: ["one"] }, "DM_OBJ_MGR_E_");
      const long = await refuse({ channel: "SECRETSECRETSECRET" }, "DM_OBJ_MGR_E_");
      long.text.should.not.containEql("SECRET");
      long.body.details.should.containEql("channel");
      await refuse({ i_retainer_id: ["0800000000000000"] }, "i_retainer_id");
      (await create({ r_object_type: "demo_statement", channel: "1234567890123456" })).status.should.equal(201);
    });

    it("counts bytes instead of characters when the switch says so", async () => {
      const properties = { r_object_type: "demo_statement", channel: "ÄÖÜÄÖÜÄÖÜ" };
      (await create(properties)).status.should.equal(201);
      rig.set("length-unit", "bytes");
      (await create(properties)).status.should.equal(400);
      rig.set("length-unit", "characters");
    });

    it("refuses unknown members, malformed JSON, unknown and misplaced types", async () => {
      (await rig.post(`/folders/${temp}/documents`, { properties: {}, extra: 1 })).status.should.equal(400);
      (await rig.call("POST", `/folders/${temp}/documents`, { body: "{", headers: { "Content-Type": JSON_TYPE } })).status.should.equal(
        400,
      );
      (await rig.call("POST", `/folders/${temp}/documents`, { body: "[]", headers: { "Content-Type": JSON_TYPE } })).status.should.equal(
        400,
      );
      (await create({ r_object_type: "no_type" })).status.should.equal(400);
      (await create({ r_object_type: "dm_folder" })).status.should.equal(400);
      (await create({ r_object_type: "dm_cabinet" }, "objects")).status.should.equal(400);
      (await rig.post("/folders/0b0d0cb1ffffffff/documents", { properties: {} })).status.should.equal(404);
    });

    it("refuses control characters in a name", async () => {
      for (const object_name of ["line\nfeed", "nul\u0000", "\u007f"]) {
        const answer = await create({ object_name });
        answer.status.should.equal(400);
        answer.body.should.have.properties({ code: "E_INVALID_ATTR_VALUE" });
        answer.body.details.should.containEql("DM_SYSOBJECT_E_BAD_NAME");
      }
      (await create({ object_name: 'Äußerung / "quoted" 漢字 100 %' })).status.should.equal(201);
    });

    it("takes the type from the top level, application/json, and what a client read and posts back", async () => {
      const top = await rig.post(
        `/folders/${temp}/documents`,
        { type: "demo_record", properties: { object_name: "t" } },
        { "Content-Type": "application/json" },
      );
      should(top.body.type).equal("demo_record");
      const echo = await rig.post(`/documents/${top.body.properties.r_object_id}`, { ...top.body, properties: { title: "echo" } });
      echo.status.should.equal(200);
    });

    it("applies the data dictionary only when the site asks for it", async () => {
      const properties = { r_object_type: "demo_statement", object_name: "d", document_type: "novel" };
      (await create(properties)).status.should.equal(201);
      rig.set("enforce-data-dictionary", true);
      (await create(properties)).body.details.should.containEql("customer_number");
      (await create({ ...properties, customer_number: "1" })).body.details.should.containEql("document_type");
      (await create({ ...properties, customer_number: "1", document_type: "letter" })).status.should.equal(201);
      rig.set("enforce-data-dictionary", false);
    });
  });

  describe("update and delete", () => {
    it("changes only what is named, by POST, and empties with null, blank and empty list", async () => {
      const id = (await create({ object_name: "u", title: "old", subject: "kept", keywords: ["x"] })).body.properties.r_object_id;
      rig.clock += 60_000;
      const { status, body } = await rig.post(`/documents/${id}`, { properties: { title: "new", keywords: [] } });
      status.should.equal(200);
      body.properties.should.have.properties({ title: "new", subject: "kept", keywords: null, i_vstamp: 1 });
      should(body.properties.r_modify_date).equal("2025-03-01T12:01:00.000+00:00");
      const emptied = await rig.post(`/objects/${id}`, { properties: { title: null, subject: "" } });
      emptied.body.properties.should.have.properties({ title: "", subject: "" });
      (await rig.call("PUT", `/documents/${id}`, { body: "{}", headers: { "Content-Type": JSON_TYPE } })).status.should.equal(405);
    });

    it("answers 304 and 412 by ETag, and can do without", async () => {
      const { headers, body } = await create({ object_name: "e" });
      const address = `/documents/${body.properties.r_object_id}`;
      const etag = headers.get("etag") as string;
      (await rig.get(address, { "If-None-Match": etag })).status.should.equal(304);
      const changed = await rig.post(address, { properties: { title: "1" } }, { "If-Match": etag });
      changed.status.should.equal(200);
      const stale = await rig.post(address, { properties: { title: "2" } }, { "If-Match": etag });
      stale.status.should.equal(412);
      stale.body.details.should.containEql("DM_SYSOBJECT_E_VERSION_MISMATCH");
      should((await rig.get(address)).body.properties.title).equal("1");
      (await rig.get(address, { "If-None-Match": etag })).status.should.equal(200);
      (await rig.call("DELETE", address, { headers: { "If-Match": etag } })).status.should.equal(412);
      rig.set("etag", false);
      should((await rig.get(address)).headers.get("etag")).equal(null);
      (await rig.post(address, { properties: { title: "3" } }, { "If-Match": etag })).status.should.equal(200);
      rig.set("etag", true);
    });

    it("deletes with 204 and then answers 404", async () => {
      const { body } = await create({ object_name: "gone" });
      const address = hrefOf(body, "delete") as string;
      (await rig.call("DELETE", address)).status.should.equal(204);
      (await rig.get(address)).status.should.equal(404);
      (await rig.call("DELETE", address)).status.should.equal(404);
    });

    it("deletes a folder with content only when asked, and leaves what is linked elsewhere", async () => {
      const outer = (await create({ object_name: "outer" }, "folders")).body.properties.r_object_id as string;
      const inner = (await rig.post(`/folders/${outer}/folders`, { properties: { object_name: "inner" } })).body.properties
        .r_object_id as string;
      const only = await rig.document(inner, "only here");
      const shared = await rig.document(inner, "shared");
      (await rig.post(`/objects/${shared}/parent-links`, { href: `${rig.repository}/folders/${temp}` })).status.should.equal(201);
      (await rig.call("DELETE", `/folders/${outer}`)).status.should.equal(400);
      (await rig.call("DELETE", `/folders/${outer}?del-non-empty=true`)).status.should.equal(204);
      for (const id of [outer, inner, only]) (await rig.get(`/objects/${id}`)).status.should.equal(404);
      should((await rig.get(`/objects/${shared}`)).body.properties.i_folder_id).eql([temp]);
      (await rig.dql("select object_name from dm_folder where any r_folder_path = '/Temp/outer/inner'")).should.be.empty();
    });

    it("copies by reference with an own id and history", async () => {
      const source = await rig.document(temp, "source", "copied bytes");
      const target = (await create({ object_name: "copies" }, "folders")).body.properties.r_object_id as string;
      const copy = await rig.post(`/folders/${target}/objects`, { href: `${rig.repository}/documents/${source}`, "deep-copy": true });
      copy.status.should.equal(201);
      const id = copy.body.properties.r_object_id as string;
      id.should.not.equal(source);
      copy.body.properties.should.have.properties({ object_name: "source", i_chronicle_id: id, i_folder_id: [target] });
      (await rig.call("DELETE", `/objects/${source}`)).status.should.equal(204);
      (await rig.get(`/objects/${id}/content-media`)).text.should.equal("copied bytes");
    });
  });

  describe("folders", () => {
    it("gives one folder to 16 creates of the same path", async () => {
      const answers = await Promise.all(Array.from({ length: 16 }, () => create({ object_name: "racing" }, "folders")));
      answers.filter(({ status }) => status === 201).length.should.equal(1);
      for (const { status, body } of answers.filter((one) => one.status !== 201)) {
        status.should.equal(400);
        body.details.should.containEql("DM_FOLDER_E_PATH_EXISTS");
      }
      (await rig.dql("select r_object_id from dm_folder where any r_folder_path = '/Temp/racing'")).length.should.equal(1);
      rig.set("path-exists-status", 409);
      (await create({ object_name: "racing" }, "folders")).status.should.equal(409);
      rig.set("path-exists-status", 400);
    });

    it("keeps folder paths unique on rename, and follows it below", async () => {
      const one = (await create({ object_name: "one" }, "folders")).body.properties.r_object_id;
      await create({ object_name: "two" }, "folders");
      await rig.post(`/folders/${one}/folders`, { properties: { object_name: "below" } });
      (await rig.post(`/folders/${one}`, { properties: { object_name: "two" } })).body.details.should.containEql("DM_FOLDER_E_PATH_EXISTS");
      (await rig.post(`/folders/${one}`, { properties: { object_name: "three" } })).status.should.equal(200);
      (await rig.folderId("/Temp/three/below")).should.match(/^0b/);
      (await rig.dql("select object_name from dm_folder where any r_folder_path = '/Temp/one/below'")).should.be.empty();
    });

    it("refuses folder names with a slash and without text, allows equal names of documents", async () => {
      (await create({ object_name: "a/b" }, "folders")).status.should.equal(400);
      (await create({}, "folders")).status.should.equal(400);
      (await create({ object_name: "twin" })).status.should.equal(201);
      (await create({ object_name: "twin" })).status.should.equal(201);
    });

    it("shows path, ancestors and cabinet", async () => {
      const outer = (await create({ object_name: "p" }, "folders")).body.properties.r_object_id as string;
      const { body } = await rig.post(`/folders/${outer}/folders`, { properties: { object_name: "q" } });
      const id = body.properties.r_object_id as string;
      body.properties.should.have.properties({ r_folder_path: ["/Temp/p/q"], i_ancestor_id: [id, outer, temp], i_cabinet_id: temp });
      should((await rig.get(`/folders/${outer}`)).body.properties.r_link_cnt).equal(1);
    });
  });

  describe("feeds", () => {
    let folder: string;
    before(async () => {
      folder = (await create({ object_name: "feed" }, "folders")).body.properties.r_object_id as string;
      for (let at = 0; at < 25; at += 1)
        await rig.post(`/folders/${folder}/documents`, { properties: { object_name: `doc ${String(at).padStart(2, "0")}` } });
    });

    it("leaves out entries when empty and paging links when there is one page", async () => {
      const empty = (await create({ object_name: "empty" }, "folders")).body.properties.r_object_id;
      const { body } = await rig.get(`/folders/${empty}/documents`);
      body.should.not.have.property("entries");
      rels(body).should.eql(["self"]);
      body.title.should.equal(`Documents under folder ${empty}`);
      body.should.have.properties({ page: 1, "items-per-page": 100 });
      body.should.not.have.property("total");
    });

    it("pages by next, with total and last only when asked", async () => {
      const names: string[] = [];
      let address: string | undefined = `${rig.repository}/folders/${folder}/documents?items-per-page=10`;
      const first = await rig.get(address);
      rels(first.body).should.eql(["self", "next", "first"]);
      should(hrefOf(first.body, "next")).equal(`${rig.repository}/folders/${folder}/documents?items-per-page=10&page=2`);
      while (address) {
        const { body } = await rig.get(address);
        names.push(...(body.entries ?? []).map(({ title }) => title));
        address = hrefOf(body, "next");
      }
      names.should.eql(Array.from({ length: 25 }, (_one, at) => `doc ${String(at).padStart(2, "0")}`));
      const counted = await rig.get(`/folders/${folder}/documents?items-per-page=10&page=3&include-total=true`);
      counted.body.total?.should.equal(25);
      rels(counted.body).should.eql(["self", "previous", "first", "last"]);
      should(hrefOf(counted.body, "last")).equal(
        `${rig.repository}/folders/${folder}/documents?include-total=true&items-per-page=10&page=3`,
      );
      (await rig.get(`/folders/${folder}/documents?page=9`)).body.should.not.have.property("entries");
      (await rig.get(`/folders/${folder}/documents?page=0`)).status.should.equal(400);
    });

    it("clamps or refuses items-per-page above the maximum", async () => {
      should((await rig.get(`/folders/${folder}/documents?items-per-page=5000`)).body["items-per-page"]).equal(1000);
      rig.set("items-above-maximum", "refuse");
      (await rig.get(`/folders/${folder}/documents?items-per-page=5000`)).status.should.equal(400);
      rig.set("items-above-maximum", "clamp");
    });

    it("has entries as captured, and whole objects with inline=true", async () => {
      const [entry] = (await rig.get(`/folders/${folder}/documents`)).body.entries ?? [];
      should(entry).be.ok();
      Object.keys(entry as object).should.eql(["id", "title", "author", "summary", "updated", "published", "links", "content"]);
      should(entry?.author).eql([{ name: "demo", uri: `${rig.repository}/users/demo` }]);
      should(entry?.content).eql({ type: JSON_TYPE, src: entry?.id });
      should(hrefOf(entry as never, "edit")).equal(entry?.id);
      const [inline] = (await rig.get(`/folders/${folder}/documents?inline=true&view=object_name,r_object_id`)).body.entries ?? [];
      should(inline?.content.properties.object_name).equal("doc 00");
      Object.keys(inline?.content.properties ?? {}).should.eql(["object_name", "r_object_id"]);
      should(hrefOf(inline?.content as never, "contents")).be.a.String();
    });

    it("filters and sorts", async () => {
      const titles = async (query: string) =>
        ((await rig.get(`/folders/${folder}/documents?${query}`)).body.entries ?? []).map(({ title }) => title);
      (await titles("filter=starts-with(object_name,'doc 1') and not(contains(object_name,'13'))")).length.should.equal(9);
      (await titles("filter=object_name='doc 07'")).should.eql(["doc 07"]);
      (await titles("sort=object_name DESC&items-per-page=2")).should.eql(["doc 24", "doc 23"]);
      (await rig.get(`/folders/${folder}/documents?filter=object_name~1`)).status.should.equal(400);
      (await rig.get(`/folders/${folder}/documents?filter=nothing='1'`)).status.should.equal(400);
    });

    it("lists cabinets with title and edit link for look-ups by name", async () => {
      const { body } = await rig.get("/cabinets");
      body.title.should.equal("Cabinets");
      (body.entries ?? []).map(({ title }) => title).should.containDeep(["Temp", "Statements", "Assets"]);
      (await rig.post("/cabinets", { properties: { object_name: "Temp" } })).body.details.should.containEql("DM_FOLDER_E_PATH_EXISTS");
    });
  });

  it("keeps state as lines a reader without this code understands", async () => {
    const id = (await create({ object_name: "on disk", title: "line" })).body.properties.r_object_id;
    const lines = readFileSync(`${rig.dir}/documentum.jsonl`, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const line = lines.find((one) => one.kind === "objects" && one.id === id);
    line.value.values.should.have.properties({ object_name: "on disk", title: "line", i_folder_id: [temp] });
  });
});
