import should from "should";
import { type Answer, hrefOf, JSON_TYPE, type Json, Rig, rels } from "./documentum-rig.ts";

describe("documentum stand-in: audit trails", () => {
  let rig: Rig;
  let temp: string;
  before(async () => {
    rig = await new Rig("dmadmin").start();
    temp = await rig.folderId("/Temp");
  });
  after(() => rig.stop());

  const register = (event: string, query: string): Promise<Answer> =>
    rig.post(`/registered-audit-events?${query}`, { properties: { event } });
  const unregister = (query: string): Promise<Answer> => rig.call("DELETE", `/registered-audit-events?${query}`);
  const events = async (id: string): Promise<unknown[]> =>
    (await rig.dql(`select event_name from dm_audittrail where audited_obj_id = '${id}'`)).map(({ event_name }) => event_name);
  const put = (path: string): Promise<Answer> => rig.call("PUT", path);

  it("writes nothing until somebody registers an event", async () => {
    await rig.document(temp, "unheard");
    (await rig.get("/audit-trails")).body.should.not.have.property("entries");
  });

  it("offers events and registers them for the repository, a type or an object", async () => {
    const list = await rig.get("/available-audit-events");
    (list.body.events as string[]).should.containDeep(["dm_save", "dm_destroy", "dm_checkin", "dm_link"]);
    const registered = hrefOf(list.body, "registered-audit-events") as string;
    const created = await rig.post(registered, { properties: { event: "dm_destroy" } });
    created.status.should.equal(201, created.text);
    created.body.name.should.equal("audit-event");
    const feed = await rig.get(registered);
    feed.body.entries?.map(({ title }) => title).should.eql(["dm_destroy"]);
    rels(feed.body).should.containDeep(["self", "available-audit-events", "unregister-all-audit-events"]);
    (await register("dm_destroy", "audit-scope=repository")).body.properties.r_object_id?.should.equal(created.body.properties.r_object_id);
    const id = await rig.document(temp, "scoped");
    (await register("dm_save", `audit-scope=object&object-id=${id}`)).status.should.equal(201);
    (await register("dm_save", "audit-scope=TYPE&object-type=demo_statement")).status.should.equal(201);
    await rig.post(`/objects/${id}`, { properties: { title: "heard" } });
    const other = await rig.document(temp, "other");
    await rig.post(`/objects/${other}`, { properties: { title: "unheard" } });
    const statement = await rig.document(temp, "statement", "x", { r_object_type: "demo_statement" });
    (await events(id)).should.eql(["dm_save"]);
    (await events(other)).should.eql([]);
    (await events(statement)).should.eql(["dm_save"]);
    (await unregister(`object-id=${id}`)).status.should.equal(204);
    (await unregister("object-type=demo_statement")).status.should.equal(204);
    (await rig.call("DELETE", hrefOf(created.body, "delete") as string)).status.should.equal(204);
    (await rig.get(registered)).body.should.not.have.property("entries");
  });

  it("writes what was done, by whom, to what, with old and new values", async () => {
    await register("dm_all", "audit-scope=repository");
    const id = await rig.document(temp, "life", "one");
    await rig.post(`/objects/${id}`, { properties: { title: "a", keywords: ["k1", "k2"] } });
    await rig.post(`/objects/${id}`, { properties: { title: "b", keywords: ["k1"] } }, {}, "demo");
    await rig.get(`/objects/${id}/content-media`);
    await rig.post(`/objects/${id}/parent-links`, { href: `${rig.repository}/folders/${await rig.folderId("/Assets")}` });
    await rig.call("DELETE", `/objects/${id}/parent-links/${temp}`);
    await put(`/objects/${id}/lock`);
    await rig.call("DELETE", `/objects/${id}/lock`);
    await put(`/objects/${id}/lock`);
    const version = await rig.post(`/objects/${id}/versions?object-id=${id}&version-policy=next-minor`, { properties: {} });
    const next = version.body.properties.r_object_id as string;
    (await events(id)).should.eql([
      "dm_save",
      "dm_save",
      "dm_save",
      "dm_getfile",
      "dm_link",
      "dm_unlink",
      "dm_checkout",
      "dm_unlock",
      "dm_checkout",
    ]);
    (await events(next)).should.eql(["dm_checkin"]);
    await rig.call("DELETE", `/objects/${next}`);
    (await events(next)).should.eql(["dm_checkin", "dm_destroy"]);

    const link = hrefOf((await rig.get(`/objects/${id}`)).body, "audit-trails") as string;
    const feed = await rig.get(`${link}&inline=true`);
    feed.body.entries?.length.should.equal(9);
    const changed = feed.body.entries?.find(({ content }) => content.properties.user_name === "demo")?.content as Json;
    changed.properties.should.have.properties({
      event_name: "dm_save",
      event_description: "Save Object",
      object_name: "life",
      object_type: "dm_document",
      time_stamp: "2025-03-01T12:00:00.000+00:00",
    });
    should(changed["audit-data-list"]).eql([
      {
        "attr-name": "keywords",
        "value-pairs": [
          { "old-value": "k1", "new-value": "k1" },
          { "old-value": "k2", "new-value": "" },
        ],
      },
      { "attr-name": "title", "value-pairs": [{ "old-value": "a", "new-value": "b" }] },
    ]);
    rels(changed).should.eql(["self", "audited-object", "author", "delete"]);
    const single = await rig.get(hrefOf(changed, "self") as string);
    single.body.name.should.equal("audit-trail");
    (await rig.get(hrefOf(changed, "audited-object") as string)).status.should.equal(200);
    const recent = hrefOf((await rig.call("GET", "/currentuser", { user: "demo" })).body, "recent-trails") as string;
    (await rig.get(recent)).body.entries?.length.should.equal(1);
    (await rig.call("DELETE", hrefOf(changed, "delete") as string)).status.should.equal(204);
    (await rig.get(hrefOf(changed, "self") as string)).status.should.equal(404);
    await unregister("audit-scope=repository");
  });

  it("is written in a batch only when the batch is, and is there after a restart", async () => {
    await register("dm_save", "audit-scope=repository");
    const count = async (): Promise<number> => (await rig.dql("select r_object_id from dm_audittrail", "&items-per-page=1000")).length;
    const before = await count();
    const create = (entity: string, id: string) => ({
      id,
      request: {
        method: "POST",
        uri: `${rig.repository}/folders/${temp}/documents`,
        headers: [{ name: "Content-Type", value: JSON_TYPE }],
        entity,
      },
    });
    const good = create('{"properties":{"object_name":"batched"}}', "a");
    (await rig.post("/batches", { operations: [good, create('{"properties":{"nothing":1}}', "b")] })).status.should.equal(400);
    (await count()).should.equal(before);
    (await rig.post("/batches", { operations: [good] })).status.should.equal(201);
    (await count()).should.equal(before + 1);
    await rig.restart();
    (await count()).should.equal(before + 1);
    await rig.document(temp, "after restart");
    (await count()).should.equal(before + 2);
    await unregister("audit-scope=repository");
  });

  it("refuses unknown events and targets, and everybody who is no administrator", async () => {
    (await register("dm_dream", "")).body.details.should.containEql("DM_AUDIT_E_EVENT");
    (await register("dm_save", "object-type=nothing")).status.should.equal(400);
    (await register("dm_save", "object-id=0900000000000000")).status.should.equal(404);
    (await register("dm_save", "audit-scope=everywhere")).status.should.equal(400);
    (await rig.post("/registered-audit-events", { properties: { event: "dm_save" } }, {}, "demo")).status.should.equal(403);
    (await rig.call("GET", "/audit-policies", { user: "demo" })).status.should.equal(403);
  });

  it("keeps audit policies", async () => {
    const policy = { name: "clerks", "accessor-name": "demo", "is-group": false, "attribute-rules": { object_type: "dm_audittrail" } };
    const created = await rig.post("/audit-policies", policy);
    created.status.should.equal(201, created.text);
    created.body.should.have.properties(policy);
    rels(created.body).should.eql(["self", "edit", "delete"]);
    const entry = (await rig.get("/audit-policies")).body.entries?.[0] as Json;
    entry.title.should.equal("clerks");
    const self = hrefOf(created.body, "self") as string;
    (await rig.post(self, { ...policy, name: "readers" })).body.should.have.properties({ name: "readers" });
    (await rig.post(self, { name: "x" })).status.should.equal(400);
    (await rig.call("DELETE", self)).status.should.equal(204);
    (await rig.get(self)).status.should.equal(404);
  });
});
