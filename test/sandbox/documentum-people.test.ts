import should from "should";
import { type Answer, hrefOf, JSON_TYPE, type Json, Rig, rels } from "./documentum-rig.ts";

describe("documentum stand-in: users, groups and permissions", () => {
  let rig: Rig;
  let temp: string;
  before(async () => {
    rig = await new Rig("dmadmin").start();
    temp = await rig.folderId("/Temp");
    // Whoever logs in is entered as a user.
    await rig.call("GET", "/currentuser", { user: "guest" });
  });
  after(() => rig.stop());

  const titles = (answer: Answer): string[] => (answer.body.entries ?? []).map(({ title }) => title);
  const as = (user: string, method: string, path: string): Promise<Answer> => rig.call(method, path, { user });
  const userHref = (name: string): object => ({ href: `${rig.repository}/users/${name}` });
  const groupHref = (name: string): object => ({ href: `${rig.repository}/groups/${name}` });

  describe("users", () => {
    it("gives the current user with its default folder and permissions", async () => {
      const { body } = await as("demo", "GET", "/currentuser");
      body.name.should.equal("current-user");
      should(body.properties.user_name).equal("demo");
      rels(body).should.eql(["self", "edit", "parent", "default-folder", "permission-set", "recent-trails"]);
      const folder = await rig.get(hrefOf(body, "default-folder") as string);
      folder.body.should.have.properties({ name: "folder" });
      should(folder.body.properties.object_name).equal("Temp");
      const set = await rig.get(hrefOf(body, "permission-set") as string);
      (set.body.permitted as { accessor: string }[]).map(({ accessor }) => accessor).should.eql(["dm_world", "dm_owner"]);
    });

    it("creates, finds by name, changes and deletes a user; names with blanks are encoded twice", async () => {
      const created = await rig.post("/users", { properties: { user_name: "Eva Ebert", user_address: "eva@example.com" } });
      created.status.should.equal(201, created.text);
      const address = `${rig.repository}/users/Eva%2BEbert`;
      should(created.headers.get("location")).equal(address);
      String(created.body.properties.r_object_id).should.match(/^11/);
      const entry = (await rig.get("/users?filter=starts-with(user_name,'Eva')")).body.entries?.[0] as Json;
      should(hrefOf(entry, "edit")).equal(address);
      const changed = await rig.post(address, { properties: { description: "clerk" } });
      changed.body.properties.should.have.properties({ description: "clerk", user_address: "eva@example.com" });
      (await rig.post("/users", { properties: { user_name: "Eva Ebert" } })).body.details.should.containEql("DM_USER_E_EXISTING_USER_NAME");
      (await rig.post("/users", { properties: {} })).status.should.equal(400);
      (await rig.call("DELETE", hrefOf(changed.body, "delete") as string)).status.should.equal(204);
      (await rig.get(address)).status.should.equal(404);
    });

    it("lets nobody but a superuser change users and groups", async () => {
      for (const [method, path] of [
        ["DELETE", "/users/guest"],
        ["DELETE", "/groups/integrators"],
        ["DELETE", "/groups/integrators/users/demo"],
      ] as const) {
        const refused = await as("demo", method, path);
        refused.status.should.equal(403);
        refused.body.code.should.equal("E_ACCESS_DENIED");
      }
      (await rig.post("/users", { properties: { user_name: "x" } }, {}, "demo")).status.should.equal(403);
      rels((await as("demo", "GET", "/users/demo")).body).should.not.containEql("delete");
    });
  });

  describe("groups", () => {
    it("has the groups of the demo world, with their members by links", async () => {
      titles(await rig.get("/groups")).should.eql(["demo_reviewers", "integrators", "administrators"]);
      const { body } = await rig.get("/groups/integrators");
      rels(body).should.eql(["self", "edit", "delete", "parent", "users", "groups"]);
      titles(await rig.get(hrefOf(body, "users") as string)).should.eql(["demo", "dmadmin"]);
      titles(await rig.get("/groups?user-name=dmadmin")).should.eql(["demo_reviewers", "integrators", "administrators"]);
    });

    it("adds and removes members, users and groups, and follows them downwards", async () => {
      for (const group_name of ["outer", "inner"]) {
        (await rig.post("/groups", { properties: { group_name } })).status.should.equal(201);
      }
      (await rig.post("/groups", { properties: { group_name: "inner" } })).body.details.should.containEql(
        "DM_GROUP_E_UNABLE_TO_SAVE_EXISTING",
      );
      const added = await rig.post("/groups/inner/users", userHref("demo"));
      added.status.should.equal(201);
      added.body.name.should.equal("user");
      const nested = await rig.post("/groups/outer/groups", groupHref("inner"));
      nested.status.should.equal(201);
      nested.body.name.should.equal("group");
      titles(await rig.get("/groups/outer/users")).should.eql([]);
      titles(await rig.get("/groups/outer/users?recursive=true")).should.eql(["demo"]);
      titles(await rig.get("/groups?user-name=demo&recursive=true")).should.containDeep(["outer", "inner"]);
      titles(await rig.get("/groups?group-name=inner")).should.eql(["outer"]);
      (await rig.post("/groups/inner/groups", groupHref("outer"))).body.details.should.containEql("DM_GROUP_E_CIRCULAR");
      (await rig.post("/groups/inner/users", userHref("nobody"))).body.details.should.containEql("DM_GROUP_E_NO_MEMBER");
      (await rig.post("/groups/inner/users", groupHref("outer"))).status.should.equal(400);
      const entry = (await rig.get("/groups/inner/users")).body.entries?.[0] as Json;
      (await rig.call("DELETE", hrefOf(entry, "delete") as string)).status.should.equal(204);
      (await rig.call("DELETE", hrefOf(entry, "delete") as string)).status.should.equal(404);
      titles(await rig.get("/groups/inner/users")).should.eql([]);
      (await rig.post("/groups/outer", { properties: { description: "d" } })).body.properties.should.have.properties({ description: "d" });
      (await rig.call("DELETE", "/groups/outer")).status.should.equal(204);
      (await rig.get("/groups/outer")).status.should.equal(404);
    });
  });

  describe("permission sets", () => {
    const set = (id: string, permitted: object[], user = "demo"): Promise<Answer> =>
      rig.call("PUT", `/objects/${id}/permission-set`, {
        body: JSON.stringify({ permitted, restricted: [], "required-group": [], "required-group-set": [] }),
        headers: { "Content-Type": JSON_TYPE },
        user,
      });
    const world = (level: number | string) => ({ accessor: "dm_world", "basic-permission": level });
    /** A document of the user `demo`, who is no superuser. */
    const owned = async (name: string): Promise<string> =>
      (await rig.post(`/folders/${temp}/documents`, { properties: { object_name: name, owner_name: "demo" } })).body.properties
        .r_object_id as string;

    it("gives an object an ACL of its own, and is read back", async () => {
      const id = await owned("own acl");
      const answer = await set(id, [
        world(2),
        { accessor: "dm_owner", "basic-permission": 7 },
        { accessor: "guest", "basic-permission": "write" },
      ]);
      answer.status.should.equal(200, answer.text);
      (answer.body.permitted as Json[])
        .map((one) => [one.accessor, one["basic-permission"]])
        .should.eql([
          ["dm_world", 2],
          ["dm_owner", 7],
          ["guest", 6],
        ]);
      const acl = await rig.get(hrefOf(answer.body, "acl") as string);
      acl.body.properties.should.have.properties({ r_is_internal: true, owner_name: "demo" });
      const { acl_name, acl_domain } = (await rig.get(`/objects/${id}`)).body.properties;
      should([acl_name, acl_domain]).eql([acl.body.properties.object_name, "demo"]);
      (await rig.get("/acls")).body.entries?.length.should.equal(3);
      (await set(id, [world(1)])).status.should.equal(200);
      (await rig.get("/acls")).body.entries?.length.should.equal(3, "the object's own ACL is changed, no further one made");
      (await as("guest", "GET", `/objects/${id}`)).status.should.equal(403);
      rig.set("permission-as-text", true);
      ((await rig.get(`/objects/${id}/permission-set`)).body.permitted as Json[])[0]?.should.have.properties({
        "basic-permission": "None",
      });
      rig.set("permission-as-text", false);
    });

    it("grants by group, also through a group in a group", async () => {
      const id = await owned("by group");
      for (const group_name of ["readers", "clerks"]) await rig.post("/groups", { properties: { group_name } });
      await rig.post("/groups/readers/groups", groupHref("clerks"));
      await set(id, [world(1), { accessor: "readers", "basic-permission": 3 }]);
      (await as("guest", "GET", `/objects/${id}`)).status.should.equal(403);
      (await rig.post("/groups/clerks/users", userHref("guest"))).status.should.equal(201);
      (await as("guest", "GET", `/objects/${id}`)).status.should.equal(200);
      (await as("guest", "DELETE", `/objects/${id}`)).body.details.should.containEql("DM_SYSOBJECT_E_NO_DELETE_ACCESS");
    });

    it("refuses unknown accessors, levels that are none, and everybody but the owner", async () => {
      const id = await owned("refusals");
      (await set(id, [{ accessor: "nobody", "basic-permission": 3 }])).body.details.should.containEql("DM_ACL_E_ACCESSOR_NOT_FOUND");
      (await set(id, [world(9)])).status.should.equal(400);
      (await set(id, [world("sometimes")])).status.should.equal(400);
      (await set(id, [world(7)], "guest")).status.should.equal(403);
      const other = await rig.post(`/objects/${id}`, { properties: { acl_name: "demo_open", acl_domain: "dmadmin" } }, {}, "guest");
      other.status.should.equal(403);
      other.body.details.should.containEql("DM_SYSOBJECT_E_NO_CHANGE_PERMIT_ACCESS");
      const unknown = await rig.post(`/objects/${id}`, { properties: { acl_name: "no such", acl_domain: "dmadmin" } });
      unknown.status.should.equal(400);
      unknown.body.details.should.containEql("DM_SYSOBJECT_E_ACL_NOT_EXIST");
    });
  });
});
