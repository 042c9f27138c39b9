import should from "should";
import { type Answer, hrefOf, type Json, Rig, rels } from "./documentum-rig.ts";

describe("documentum stand-in: comments, preferences, subscriptions", () => {
  let rig: Rig;
  let temp: string;
  before(async () => {
    rig = await new Rig().start();
    temp = await rig.folderId("/Temp");
  });
  after(() => rig.stop());

  const titles = (answer: Answer): string[] => (answer.body.entries ?? []).map(({ title }) => title);

  it("takes comments and replies, shows who may delete them, and keeps them for all versions", async () => {
    const id = await rig.document(temp, "commented");
    const link = hrefOf((await rig.get(`/objects/${id}`)).body, "comments") as string;
    (await rig.get(link)).body.should.not.have.property("entries");
    const created = await rig.post(link, { "content-value": "looks wrong", title: "t" });
    created.status.should.equal(201, created.text);
    created.body.should.have.properties({
      "object-id": id,
      "owner-name": "demo",
      "content-value": "looks wrong",
      title: "t",
      "parent-id": "0000000000000000",
      "can-delete": true,
      "can-reply": true,
    });
    rels(created.body).should.eql(["self", "delete", "replies", "parent"]);
    const replies = hrefOf(created.body, "replies") as string;
    const reply = await rig.post(replies, { "content-value": "fixed" }, {}, "guest");
    reply.status.should.equal(201);
    should(reply.body["parent-id"]).equal(created.body["comment-id"]);
    (await rig.get(replies)).body.entries?.length.should.equal(1);
    (await rig.get(link)).body.entries?.length.should.equal(1, "a reply is no comment of its own");
    rels((await rig.get(hrefOf(reply.body, "self") as string)).body).should.not.containEql("delete");
    (await rig.call("DELETE", hrefOf(reply.body, "self") as string)).status.should.equal(403);
    await rig.call("PUT", `/objects/${id}/lock`);
    const version = await rig.post(`/objects/${id}/versions?object-id=${id}&version-policy=next-minor`, { properties: {} });
    (await rig.get(`/objects/${version.body.properties.r_object_id}/comments`)).body.entries?.length.should.equal(1);
    (await rig.call("DELETE", hrefOf(created.body, "delete") as string)).status.should.equal(204);
    (await rig.get(hrefOf(reply.body, "self") as string)).status.should.equal(404);
    (await rig.post(link, { title: "nothing said" })).status.should.equal(400);
    (await rig.post(link, { "content-value": "x", surprise: 1 })).status.should.equal(400);
  });

  it("keeps preferences by client and user, as flat JSON", async () => {
    const body = { client: "My Client/1", title: "t", keywords: ["a", "b"], "preference-content": '{"theme":"dark"}' };
    const created = await rig.post("/currentuser-preferences", body);
    created.status.should.equal(201, created.text);
    created.body.should.have.properties({ ...body, "owner-name": "demo", subject: "" });
    rels(created.body).should.eql(["self", "edit", "delete"]);
    const list = await rig.get(hrefOf((await rig.get("")).body, "current-user-preferences") as string);
    titles(list).should.eql(["My Client/1"]);
    const address = hrefOf(list.body.entries?.[0] as Json, "edit") as string;
    should(address).equal(created.headers.get("location"));
    (await rig.post(address, { "preference-content": "{}" })).body.should.have.properties({ "preference-content": "{}", title: "t" });
    (await rig.post("/currentuser-preferences", body)).body.details.should.containEql("DM_PREFERENCE_E_EXISTS");
    (await rig.call("GET", address, { user: "guest" })).status.should.equal(404);
    (await rig.post("/currentuser-preferences", { title: "nobody's" })).status.should.equal(400);
    (await rig.call("DELETE", address)).status.should.equal(204);
    (await rig.get(address)).status.should.equal(404);
  });

  it("subscribes by the link that the object shows on demand, and lists what one has subscribed to", async () => {
    const id = await rig.document(temp, "subscribed");
    const links = async (): Promise<string[]> => rels((await rig.get(`/objects/${id}?check-subscription=true`)).body);
    rels((await rig.get(`/objects/${id}`)).body).should.not.containEql("subscribe");
    (await links()).should.containEql("subscribe").and.not.containEql("unsubscribe");
    const subscribed = await rig.call("PUT", `/objects/${id}/subscription`);
    subscribed.status.should.equal(201, subscribed.text);
    subscribed.body.name.should.equal("object");
    (await links()).should.containEql("unsubscribe").and.not.containEql("subscribe");
    titles(await rig.get("/subscriptions")).should.eql(["subscribed"]);
    const relation = (await rig.get(`/relations?related-object-id=${id}&inline=true`)).body.entries?.[0]?.content as Json;
    for (const rel of ["child", "parent", "relation-type"]) (await rig.get(hrefOf(relation, rel) as string)).status.should.equal(200);
    (await rig.call("DELETE", `/objects/${id}/subscription`)).status.should.equal(204);
    (await rig.call("DELETE", `/objects/${id}/subscription`)).status.should.equal(404);
    titles(await rig.get("/subscriptions")).should.eql([]);
  });

  it("subscribes others by name", async () => {
    const id = await rig.document(temp, "for others");
    await rig.call("GET", "/currentuser", { user: "guest" });
    const body = JSON.stringify({ subscribers: ["guest"] });
    (await rig.call("PUT", `/objects/${id}/subscription`, { body, headers: { "Content-Type": "application/json" } })).status.should.equal(
      201,
    );
    titles(await rig.call("GET", "/subscriptions", { user: "guest" })).should.eql(["for others"]);
    const unknown = JSON.stringify({ subscribers: ["nobody"] });
    const refused = await rig.call("PUT", `/objects/${id}/subscription`, {
      body: unknown,
      headers: { "Content-Type": "application/json" },
    });
    refused.body.details.should.containEql("DM_USER_E_NOT_EXIST");
  });
});
