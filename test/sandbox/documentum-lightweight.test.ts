import should from "should";
import { type Answer, hrefOf, JSON_TYPE, type Json, LR, Rig, rels } from "./documentum-rig.ts";

describe("documentum stand-in: lightweight objects, network locations, related documents", () => {
  let rig: Rig;
  let temp: string;
  before(async () => {
    rig = await new Rig().start();
    temp = await rig.folderId("/Temp");
  });
  after(() => rig.stop());

  const titles = (answer: Answer): string[] => (answer.body.entries ?? []).map(({ title }) => title);
  const shared = (name: string, title: string): Promise<string> =>
    rig.document(temp, name, "x", { r_object_type: "demo_shared_notice", title, notice_code: "N1" });
  const light = (parent: string, properties: object): Promise<Answer> => rig.post(`/objects/${parent}/lw-objects`, { properties });
  const titleOf = async (id: unknown): Promise<unknown> => (await rig.get(`/objects/${id}`)).body.properties.title;

  describe("lightweight objects", () => {
    it("has shareable and lightweight types, linked to each other", async () => {
      titles(await rig.get("/types?filter=type_category=2")).should.eql(["demo_shared_notice"]);
      titles(await rig.get("/types?filter=type_category=4")).should.eql(["demo_light_notice"]);
      const { body } = await rig.get("/types/demo_light_notice");
      body.should.have.properties({ category: "4", "shared-parent": "demo_shared_notice" });
      const parent = await rig.get(hrefOf(body, "parent-shareable-type") as string);
      titles(await rig.get(hrefOf(parent.body, "lightweight-types") as string)).should.eql(["demo_light_notice"]);
    });

    it("shares the values of its parent, also later ones, until it has its own", async () => {
      const parent = await shared("notice", "first");
      const link = hrefOf((await rig.get(`/objects/${parent}`)).body, "lightweight-objects") as string;
      const created = await rig.post(link, { properties: { object_name: "to 4711", customer_number: "4711" } });
      created.status.should.equal(201, created.text);
      created.body.properties.should.have.properties({
        r_object_type: "demo_light_notice",
        title: "first",
        notice_code: "N1",
        customer_number: "4711",
        i_sharing_parent: parent,
        is_materialized: false,
        i_folder_id: [temp],
      });
      const id = created.body.properties.r_object_id as string;
      titles(await rig.get(link)).should.eql(["to 4711"]);
      rels(created.body).should.containDeep(["shared-parent", "materialize"]).and.not.containEql("dematerialize");
      should((await rig.get(hrefOf(created.body, "shared-parent") as string)).body.properties.r_object_id).equal(parent);
      await rig.post(`/objects/${parent}`, { properties: { title: "second" } });
      should(await titleOf(id)).equal("second");
      (await rig.dql("select object_name from demo_light_notice where title = 'second'")).should.eql([{ object_name: "to 4711" }]);
      const materialized = await rig.call("PUT", hrefOf(created.body, "materialize") as string);
      materialized.status.should.equal(200);
      rels(materialized.body).should.containEql("dematerialize");
      (await rig.call("PUT", hrefOf(created.body, "materialize") as string)).status.should.equal(400);
      await rig.post(`/objects/${parent}`, { properties: { title: "third" } });
      should(await titleOf(id)).equal("second");
      (await rig.call("DELETE", hrefOf(materialized.body, "dematerialize") as string)).status.should.equal(204);
      should(await titleOf(id)).equal("third");
      await rig.post(`/objects/${id}`, { properties: { title: "own" } });
      await rig.post(`/objects/${parent}`, { properties: { title: "fourth" } });
      (await rig.get(`/objects/${id}`)).body.properties.should.have.properties({ title: "own", is_materialized: true });
      await rig.restart();
      should(await titleOf(id)).equal("own");
    });

    it("shares another parent, takes content, and keeps its parent from being deleted", async () => {
      const [one, two] = [await shared("one", "one"), await shared("two", "two")];
      const created = await rig.multipart(`/objects/${one}/lw-objects`, [
        { name: "metadata", type: JSON_TYPE, body: JSON.stringify({ properties: { object_name: "with content" } }) },
        { name: "binary", type: "text/plain", body: "own bytes" },
      ]);
      created.status.should.equal(201, created.text);
      const id = created.body.properties.r_object_id as string;
      (await rig.get(`/objects/${id}/content-media`)).text.should.equal("own bytes");
      const refused = await rig.call("DELETE", `/objects/${one}`);
      refused.status.should.equal(400);
      refused.body.details.should.containEql("DM_SYSOBJECT_E_CANT_DELETE_SHARED_PARENT");
      (await rig.post(`/objects/${id}/parent`, { href: `${rig.repository}/objects/${two}` })).status.should.equal(200);
      should(await titleOf(id)).equal("two");
      (await rig.call("DELETE", `/objects/${one}`)).status.should.equal(204);
      (await rig.post(`/objects/${id}/parent`, { href: `${rig.repository}/folders/${temp}` })).status.should.equal(400);
    });

    it("refuses parents that cannot be shared and objects that share nothing", async () => {
      const id = await rig.document(temp, "plain");
      (await light(id, { object_name: "x" })).status.should.equal(400);
      (await rig.get(`/objects/${id}/parent`)).status.should.equal(400);
      (await rig.call("PUT", `/objects/${id}/materialization`)).status.should.equal(400);
      (await light(await shared("wrong", "w"), { object_name: "x", r_object_type: "dm_document" })).status.should.equal(400);
    });
  });

  it("finds network locations by their identifier", async () => {
    const list = await rig.get(hrefOf((await rig.get("")).body, "network-locations") as string);
    titles(list).should.eql(["Loopback"]);
    const single = await rig.get(hrefOf(list.body.entries?.[0] as Json, "edit") as string);
    single.body.properties.should.have.properties({ netloc_identifier: "loopback" });
    (await rig.get("/network-locations/nowhere")).status.should.equal(404);
  });

  it("says that there is no contextual content engine, and answers like one by a switch", async () => {
    const keywords = ["tariff"];
    const id = await rig.document(temp, "Tariff sheet", "x", { keywords });
    await rig.document(temp, "Tariff letter", "x", { keywords });
    (await rig.get(`/documents/${id}/related-docs`)).status.should.equal(503);
    rels((await rig.get(`/documents/${id}`)).body).should.not.containEql("related-docs");
    rig.set("cce", true);
    const { body } = await rig.get(`/documents/${id}`);
    titles(await rig.get(hrefOf(body, "related-docs") as string)).should.eql(["Tariff letter"]);
    titles(await rig.get(hrefOf(body, "related-sme") as string)).should.eql(["demo"]);
    const terms = await rig.get(hrefOf(body, "significant-terms") as string);
    titles(terms).should.eql(["tariff"]);
    const search = terms.body.entries?.[0]?.links.find(({ rel }) => rel === `${LR}search`)?.href as string;
    titles(await rig.get(search)).length.should.equal(2);
    const repository = (await rig.get("")).body;
    titles(await rig.get(`${hrefOf(repository, "word-suggestions")}?word=tar`)).should.eql(["tariff"]);
    titles(await rig.get(hrefOf(repository, "synonyms") as string)).should.eql([]);
    titles(await rig.get(hrefOf(repository, "synonym-categories") as string)).should.eql([]);
    rig.set("cce", false);
  });
});
