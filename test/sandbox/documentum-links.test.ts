import should from "should";
import { hrefOf, JSON_TYPE, Rig, rels } from "./documentum-rig.ts";

describe("documentum stand-in: folder links, retention, relations, ACLs", () => {
  let rig: Rig;
  let temp: string;
  before(async () => {
    rig = await new Rig().start();
    temp = await rig.folderId("/Temp");
  });
  after(() => rig.stop());

  const folder = async (name: string, properties: Record<string, unknown> = {}, parent = temp): Promise<string> =>
    (await rig.post(`/folders/${parent}/folders`, { properties: { object_name: name, ...properties } })).body.properties
      .r_object_id as string;
  const parentsOf = async (id: string): Promise<unknown> => (await rig.get(`/objects/${id}`)).body.properties.i_folder_id;
  const hrefTo = (id: string): object => ({ href: `${rig.repository}/folders/${id}` });
  const hold = async (id: string) => (await rig.get(`/objects/${id}`)).body.properties;

  describe("folder links", () => {
    it("links, reads, lists and unlinks", async () => {
      const id = await rig.document(temp, "linked");
      const other = await folder("other");
      const linked = await rig.post(`/objects/${id}/parent-links`, hrefTo(other));
      linked.status.should.equal(201);
      linked.body.should.have.properties({ href: `${rig.repository}/folders/${other}`, "parent-id": other, "child-id": id });
      should(await parentsOf(id)).eql([temp, other]);
      const self = hrefOf(linked.body, "self") as string;
      self.should.equal(`${rig.repository}/objects/${id}/parent-links/${other}`);
      should(linked.headers.get("location")).equal(self);
      (await rig.get(self)).status.should.equal(200);
      ((await rig.get(`/objects/${id}/parent-links`)).body.entries ?? []).map(({ title }) => title).should.eql(["Temp", "other"]);
      ((await rig.get(`/folders/${other}/child-links`)).body.entries ?? []).map(({ title }) => title).should.eql(["linked"]);
      const again = await rig.post(`/objects/${id}/parent-links`, hrefTo(other));
      again.status.should.equal(400);
      again.body.details.should.containEql("DM_SYSOBJECT_E_ALREADY_LINKED");
      (await rig.call("DELETE", self)).status.should.equal(204);
      should(await parentsOf(id)).eql([temp]);
      (await rig.get(self)).status.should.equal(404);
      (await rig.call("DELETE", `/objects/${id}/parent-links/${temp}`)).status.should.equal(400);
    });

    it("links from the folder's side", async () => {
      const id = await rig.document(temp, "child linked");
      const other = await folder("child side");
      const linked = await rig.post(`/folders/${other}/child-links`, { href: `${rig.repository}/documents/${id}` });
      linked.status.should.equal(201);
      should(hrefOf(linked.body, "self")).equal(`${rig.repository}/folders/${other}/child-links/${id}`);
      (await rig.call("DELETE", `/folders/${other}/child-links/${id}`)).status.should.equal(204);
    });

    it("moves with PUT", async () => {
      const id = await rig.document(temp, "moved");
      const other = await folder("target");
      const moved = await rig.call("PUT", `/objects/${id}/parent-links/${temp}`, {
        body: JSON.stringify(hrefTo(other)),
        headers: { "Content-Type": JSON_TYPE },
      });
      moved.status.should.equal(200);
      should(moved.body["parent-id"]).equal(other);
      should(await parentsOf(id)).eql([other]);
      const wrong = await rig.call("PUT", `/objects/${id}/parent-links/${temp}`, {
        body: JSON.stringify(hrefTo(other)),
        headers: { "Content-Type": JSON_TYPE },
      });
      wrong.status.should.equal(404);
    });

    it("moves a folder with its paths, never below itself or onto a taken path", async () => {
      const one = await folder("m1");
      const two = await folder("m2");
      const inner = await folder("inner", {}, one);
      const move = (id: string, from: string, to: string) =>
        rig.call("PUT", `/objects/${id}/parent-links/${from}`, {
          body: JSON.stringify(hrefTo(to)),
          headers: { "Content-Type": JSON_TYPE },
        });
      (await move(one, temp, inner)).body.details.should.containEql("DM_FOLDER_E_CIRCULAR_LINK");
      await folder("inner", {}, two);
      (await move(inner, one, two)).body.details.should.containEql("DM_FOLDER_E_PATH_EXISTS");
      (await move(one, temp, two)).status.should.equal(200);
      (await rig.folderId("/Temp/m2/m1/inner")).should.equal(inner);
      (await rig.post(`/objects/${two}/parent-links`, { href: `${rig.ctx}/repositories/other/folders/${temp}` })).status.should.equal(400);
    });
  });

  describe("governed folders", () => {
    let governed: string;
    before(async () => {
      governed = await folder("governed", { r_object_type: "demo_governed_folder", retention_policy: "ten years", retention_days: 10 });
    });
    const refusedDelete = async (id: string): Promise<void> => {
      const answer = await rig.call("DELETE", `/objects/${id}`);
      answer.status.should.equal(403);
      answer.body.details.should.containEql("retention");
    };

    it("retains what is created in it, linked into it, moved into it and below it", async () => {
      const created = await rig.document(governed, "created");
      (await hold(created)).should.have.properties({ i_retain_until: "2025-03-11T12:00:00.000+00:00" });
      String(((await hold(created)).i_retainer_id as string[])[0]).should.match(/^08/);
      const linked = await rig.document(temp, "linked");
      should((await hold(linked)).i_retainer_id).equal(null);
      await rig.post(`/objects/${linked}/parent-links`, hrefTo(governed));
      const inner = await folder("inner", {}, governed);
      const below = await rig.document(inner, "below");
      const outside = await folder("outside");
      const carried = await rig.document(outside, "carried");
      await rig.call("PUT", `/objects/${outside}/parent-links/${temp}`, {
        body: JSON.stringify(hrefTo(governed)),
        headers: { "Content-Type": JSON_TYPE },
      });
      for (const id of [created, linked, below, carried]) {
        should((await hold(id)).i_retainer_id).be.an.Array();
        await refusedDelete(id);
      }
      (await rig.call("DELETE", `/folders/${governed}?del-non-empty=true&del-all-links=true`)).status.should.equal(403);
    });

    it("refuses content overwrite and taking out, allows properties and renditions", async () => {
      const id = await rig.document(governed, "kept", "evidence");
      const add = (query: string) =>
        rig.call("POST", `/objects/${id}/contents${query}`, { body: "x", headers: { "Content-Type": "text/plain" } });
      (await add("?primary=true&overwrite=true")).status.should.equal(403);
      (await rig.call("DELETE", `/objects/${id}/contents/content`)).status.should.equal(403);
      (await add("?primary=false")).status.should.equal(201);
      (await rig.get(`/objects/${id}/content-media`)).text.should.equal("evidence");
      await rig.post(`/objects/${id}/parent-links`, hrefTo(temp));
      (await rig.call("DELETE", `/objects/${id}/parent-links/${governed}`)).status.should.equal(403);
      (await rig.post(`/objects/${id}`, { properties: { title: "t" } })).status.should.equal(200);
      rig.set("retained-properties-fixed", true);
      (await rig.post(`/objects/${id}`, { properties: { title: "u" } })).status.should.equal(403);
      rig.set("retained-properties-fixed", false);
    });

    it("takes the status from a switch and stays when the date has passed", async () => {
      const id = await rig.document(governed, "status");
      rig.clock += 20 * 24 * 60 * 60 * 1000;
      await refusedDelete(id);
      for (const status of [400, 500]) {
        rig.set("retention-refusal-status", status);
        (await rig.call("DELETE", `/objects/${id}`)).status.should.equal(status);
      }
      rig.set("retention-refusal-status", 403);
    });
  });

  describe("relations", () => {
    it("creates, lists by object and role, deletes", async () => {
      const parent = await rig.document(temp, "pack");
      const child = await rig.document(temp, "source");
      const created = await rig.post("/relations", { properties: { relation_name: "demo_source_of", parent_id: parent, child_id: child } });
      created.status.should.equal(201);
      created.body.name.should.equal("relation");
      String(created.body.properties.r_object_id).should.match(/^37/);
      rels(created.body).should.eql(["self", "delete", "parent", "child", "relation-type"]);
      const count = async (query: string) => ((await rig.get(`/relations?${query}`)).body.entries ?? []).length;
      (await count(`related-object-id=${parent}&related-object-role=any`)).should.equal(1);
      (await count(`related-object-id=${parent}&related-object-role=CHILD`)).should.equal(0);
      (await count(`related-object-id=${child}&related-object-role=child&relation-name=demo_source_of`)).should.equal(1);
      const link = hrefOf((await rig.get(`/objects/${parent}`)).body, "relations") as string;
      ((await rig.get(link)).body.entries ?? []).length.should.equal(1);
      (await rig.call("DELETE", hrefOf(created.body, "delete") as string)).status.should.equal(204);
      (await count(`related-object-id=${parent}`)).should.equal(0);
    });

    it("go with the objects they join", async () => {
      const parent = await rig.document(temp, "goes");
      const child = await rig.document(temp, "stays");
      const created = await rig.post("/relations", { properties: { relation_name: "demo_related", parent_id: parent, child_id: child } });
      await rig.call("DELETE", `/objects/${parent}`);
      (await rig.get(hrefOf(created.body, "self") as string)).status.should.equal(404);
      (await rig.get(`/relations?related-object-id=${child}`)).body.should.not.have.property("entries");
    });

    it("refuses unknown names and objects", async () => {
      const id = await rig.document(temp, "related");
      (await rig.post("/relations", { properties: { relation_name: "no_such", parent_id: id, child_id: id } })).status.should.equal(400);
      (
        await rig.post("/relations", { properties: { relation_name: "demo_related", parent_id: id, child_id: "090d0cb1ffffffff" } })
      ).status.should.equal(404);
    });

    it("encodes names twice in paths", async () => {
      const entry = ((await rig.get("/relation-types")).body.entries ?? []).find(({ title }) => title === "ACL REPLICATION");
      const address = hrefOf(entry as never, "edit") as string;
      address.should.equal(`${rig.repository}/relation-types/ACL%2BREPLICATION`);
      should((await rig.get(address)).body.properties.relation_name).equal("ACL REPLICATION");
      (await rig.get("/relation-types/ACL%20REPLICATION")).status.should.equal(200);
      (await rig.get("/relation-types/%E0%A4")).status.should.equal(400);
    });
  });

  describe("ACLs", () => {
    it("creates one with the default accessors of the capture", async () => {
      const { status, body } = await rig.post("/acls", { properties: { object_name: "plain", description: "d" } });
      status.should.equal(201);
      body.properties.should.have.properties({ r_accessor_name: ["dm_world", "dm_owner"], r_accessor_permit: [3, 7], owner_name: "demo" });
      String(body.properties.r_object_id).should.match(/^45/);
      (await rig.post("/acls", { properties: { object_name: "plain" } })).body.details.should.containEql("DM_ACL_E_UNIQUE_NAME");
      const entry = ((await rig.get("/acls")).body.entries ?? []).find(({ title }) => title === "plain");
      should(entry?.id).equal(body.properties.r_object_id);
    });

    it("governs what others may do", async () => {
      await rig.post("/acls", {
        properties: { object_name: "readers", r_accessor_name: ["dm_owner", "dm_world", "guest"], r_accessor_permit: [7, 2, 3] },
      });
      await rig.post("/acls", {
        properties: { object_name: "secret", r_accessor_name: ["dm_owner", "dm_world"], r_accessor_permit: [7, 1] },
      });
      const id = await rig.document(temp, "guarded", "for readers");
      (await rig.post(`/objects/${id}`, { properties: { acl_name: "no_such", acl_domain: "demo" } })).status.should.equal(400);
      const set = await rig.post(`/objects/${id}`, { properties: { acl_name: "readers", acl_domain: "demo" } });
      set.body.properties.should.have.properties({ acl_name: "readers", owner_permit: 7, world_permit: 2 });
      const guest = (method: string, path: string, body?: string) =>
        rig.call(method, path, { user: "guest", body, headers: { "Content-Type": JSON_TYPE } });
      (await guest("GET", `/objects/${id}/content-media`)).status.should.equal(200);
      rels((await guest("GET", `/objects/${id}`)).body)
        .should.not.containEql("delete")
        .and.not.containEql("checkout");
      const refused = await guest("POST", `/objects/${id}`, JSON.stringify({ properties: { title: "x" } }));
      refused.status.should.equal(403);
      refused.body.details.should.containEql("DM_SYSOBJECT_E_NO_WRITE_ACCESS");
      (await guest("DELETE", `/objects/${id}`)).body.details.should.containEql("DM_SYSOBJECT_E_NO_DELETE_ACCESS");
      (await guest("PUT", `/objects/${id}/lock`)).body.details.should.containEql("DM_SYSOBJECT_E_NO_VERSION_ACCESS");
      should((await rig.get(`/objects/${id}/permissions?accessor=guest`)).body["basic-permission"]).equal(3);
      should((await rig.get(`/objects/${id}/permission-set`)).body.permitted)
        .be.an.Array()
        .with.length(3);
      await rig.post(`/objects/${id}`, { properties: { acl_name: "secret", acl_domain: "demo" } });
      (await guest("GET", `/objects/${id}`)).status.should.equal(403);
      const query = encodeURIComponent("select r_object_id from dm_document where object_name = 'guarded'");
      (await guest("GET", `?dql=${query}`)).body.should.not.have.property("entries");
      ((await rig.get(`?dql=${query}`)).body.entries ?? []).length.should.equal(1);
      (await rig.call("DELETE", `/objects/${id}`, { user: "dmadmin" })).status.should.equal(204);
    });

    it("changes and deletes ACLs, in use only with force, by others never", async () => {
      const { body } = await rig.post("/acls", { properties: { object_name: "temporary" } });
      const address = hrefOf(body, "edit") as string;
      (await rig.call("DELETE", address, { user: "guest" })).status.should.equal(403);
      (await rig.post(address, { properties: { description: "changed" } })).body.properties.should.have.properties({
        description: "changed",
      });
      const id = await rig.document(temp, "uses acl", "x", { acl_name: "temporary", acl_domain: "demo" });
      ((await rig.get(hrefOf(body, "associations") as string)).body.entries ?? []).length.should.equal(1);
      (await rig.call("DELETE", address)).status.should.equal(400);
      (await rig.call("DELETE", `${address}?force=true`)).status.should.equal(204);
      should((await rig.get(`/objects/${id}`)).status).equal(200);
    });
  });
});
