import should from "should";
import { DocumentumClient } from "../../dist/clients/documentum/documentum.js";
import { FakeRepository, failure, LR } from "./documentum-fixture.ts";
import { type Asked, failureOf } from "./support.ts";

const ID = "0900000180000001";
const LIFECYCLE = "4600000180000001";

/** Shapes of wire/documentum.md sections 16.2, 16.4, 16.5 and 18, written by hand. */
describe("DocumentumClient policies", () => {
  let fake: FakeRepository;
  let client: DocumentumClient;
  let properties: Record<string, unknown> = {};

  beforeEach(async () => {
    fake = await FakeRepository.start();
    fake.links.push({ rel: `${LR}lifecycles`, href: `${fake.R}/lifecycles` });
    client = new DocumentumClient({ contextUrl: fake.ctx, repository: "acme", credentials: { kind: "none" } });
    properties = {};
    fake.onQuery = () => [{ properties: { r_object_id: ID }, path: `/documents/${ID}` }];
    fake.onOther = (asked: Asked, path: string) => {
      if (path === "/lifecycles") {
        const entry = fake.entry({ properties: { object_name: "Letters", r_object_id: LIFECYCLE }, path: `/lifecycles/${LIFECYCLE}` });
        const bare = { title: "Statements", links: [{ rel: "edit", href: `${fake.R}/lifecycles/2` }] };
        return { json: fake.feed(path, [bare, entry]) };
      }
      if (path === `/lifecycles/${LIFECYCLE}`) return { json: { id: LIFECYCLE, name: "Letters" } };
      if (path === "/lifecycles/2") return { json: { properties: { r_object_id: "4600000180000002" } } };
      if (path === `/objects/${ID}/lifecycle`) return { json: { "lifecycle-id": LIFECYCLE, "current-state": "Active", links: [] } };
      if (path === `/objects/${ID}/aspects`) return { json: { aspects: ["acme_retained"] } };
      if (path === "/relations") {
        const inlined = fake.entry({ properties: { relation_name: "acme_retention" }, path: "/relations/1" });
        return { json: fake.feed(path, [inlined, { title: "x", links: [{ rel: "edit", href: `${fake.R}/relations/2` }] }]) };
      }
      if (path === "/relations/2") return { json: { properties: { relation_name: "acme_other" } } };
      if (path === "/retention") return asked.method === "GET" ? { status: 204 } : { status: 200, json: {} };
      if (path !== `/documents/${ID}`) return undefined;
      const body = fake.document(ID, properties);
      const links = { "object-lifecycle": "lifecycle", "object-aspects": "aspects" };
      const more = Object.entries(links).map(([rel, at]) => ({ rel: LR + rel, href: `${fake.R}/objects/${ID}/${at}` }));
      const relations = { rel: `${LR}relations`, href: `${fake.R}/relations?related-object-id=${ID}&related-object-role=any` };
      return { json: { ...body, links: [...body.links, ...more, relations] } };
    };
  });
  afterEach(async () => {
    client.close();
    await fake.close();
  });

  const object = () => client.getObject(ID);
  const sent = (method: string, path: string) => JSON.parse(fake.asked(method, path)[0]?.body.toString() ?? "{}");

  it("assigns an ACL as a partial update, with its domain where one is given", async () => {
    await client.policies.assignAcl(await object(), { name: "acme_records", domain: "records" });
    should(sent("POST", `/documents/${ID}`)).eql({ properties: { acl_name: "acme_records", acl_domain: "records" } });
  });

  it("finds a lifecycle by name once, in either shape of its resource, and says when there is none", async () => {
    should(await client.policies.lifecycleId("Letters")).equal(LIFECYCLE);
    should(await client.policies.lifecycleId("Letters")).equal(LIFECYCLE);
    should(fake.asked("GET", "/lifecycles").length).equal(1);
    should(await client.policies.lifecycleId("Statements")).equal("4600000180000002");
    should(await failureOf(client.policies.lifecycleId("Nope"))).match({ code: "not-found", subject: "Nope" });
  });

  it("attaches a lifecycle by PUT and reads back which one, and in which state", async () => {
    await client.policies.attachLifecycle(await object(), LIFECYCLE, "Active");
    should(sent("PUT", `/objects/${ID}/lifecycle`)).eql({ "lifecycle-id": LIFECYCLE, "current-state": "Active" });
    should(await client.policies.lifecycleOf(await object())).eql({ id: LIFECYCLE, state: "Active" });
    should(await client.policies.lifecycleOf({ ...(await object()), links: [] })).eql({});
  });

  it("attaches an aspect", async () => {
    await client.policies.attachAspect(await object(), "acme_retained");
    should(sent("POST", `/objects/${ID}/aspects`)).eql({ aspects: ["acme_retained"] });
  });

  it("names the relations of an object, inlined or not", async () => {
    should((await client.relations.of(await object())).map(({ name }) => name)).eql(["acme_retention", "acme_other"]);
    should(fake.asked("GET", "/relations")[0]?.path).match(/related-object-role=any&inline=true$/);
  });

  it("asks for all attributes where the default view does not show one", async () => {
    properties = { i_retain_until: null };
    await client.policies.valuesOf(await object(), ["i_retain_until"]);
    should(fake.server.asked.at(-1)?.path).not.containEql("view");
    await client.policies.valuesOf(await object(), ["acme_class"]);
    should(fake.server.asked.at(-1)?.path).containEql("view=%3Aall");
  });

  it("calls a resource of the site below the repository, with or without a body", async () => {
    await client.policies.callSite({ method: "POST", url: "/retention", body: '{"id":"1"}' });
    const [post] = fake.asked("POST", "/retention");
    should(post?.body.toString()).equal('{"id":"1"}');
    should(post?.headers["content-type"]).equal("application/json");
    await client.policies.callSite({ method: "PUT", url: `${fake.R}/retention` });
    should(fake.asked("PUT", "/retention")[0]?.body.length).equal(0);
    await client.policies.callSite({ method: "GET", url: "/retention?folderId=1" });
    should(fake.asked("GET", "/retention")[0]?.path).match(/\?folderId=1$/);
    const elsewhere = client.policies.callSite({ method: "POST", url: "https://elsewhere.example/x" });
    should(await failureOf(elsewhere)).match({ code: "configuration", subject: "https://elsewhere.example" });
  });

  it("passes on what the server refuses", async () => {
    fake.onOther = (asked, path) =>
      asked.method === "PUT"
        ? failure(403, "E_X", "")
        : { json: { ...fake.document(ID), links: [{ rel: `${LR}object-lifecycle`, href: `${fake.R}${path}` }] } };
    should(await failureOf(client.policies.attachLifecycle(await object(), LIFECYCLE, ""))).match({ code: "permission-denied" });
    should(await failureOf(client.policies.attachAspect(await object(), "x"))).match({
      code: "unexpected-reply",
      subject: "object-aspects",
    });
  });
});
