import should from "should";
import { DocumentumClient, type DocumentumObject } from "../../dist/clients/documentum/documentum.js";
import { FakeRepository, failure, LR } from "./documentum-fixture.ts";
import { type Answer, type Asked, failureOf } from "./support.ts";

const ID = "0900000180000001";
const CASE = "0b00000180000002";

/** Shapes of wire/documentum.md section 16.1, written by hand. */
describe("DocumentumClient links", () => {
  let fake: FakeRepository;
  let client: DocumentumClient;
  let folders: string[] = [];
  let reply: (asked: Asked) => Answer = () => ({ status: 201, json: { "parent-id": CASE, "child-id": ID } });

  beforeEach(async () => {
    fake = await FakeRepository.start();
    client = new DocumentumClient({ contextUrl: fake.ctx, repository: "acme", credentials: { kind: "none" } });
    folders = ["0b00000180000001"];
    fake.onQuery = () => [{ properties: { r_object_id: ID }, path: `/documents/${ID}` }];
    fake.onOther = (asked, path) => {
      if (path === `/objects/${ID}/parent-links`) return reply(asked);
      if (path !== `/documents/${ID}`) return undefined;
      const body = fake.document(ID, { i_folder_id: folders });
      return { json: { ...body, links: [...body.links, { rel: `${LR}parent-links`, href: `${fake.R}/objects/${ID}/parent-links` }] } };
    };
  });
  afterEach(async () => {
    client.close();
    await fake.close();
  });

  const target = () => ({ objectId: CASE, href: `${fake.R}/folders/${CASE}`, links: [] });
  const posts = () => fake.asked("POST", `/objects/${ID}/parent-links`);

  it("posts the address of the folder", async () => {
    await client.links.link(await client.getObject(ID), target());
    should(JSON.parse(posts()[0]?.body.toString() ?? "")).eql({ href: `${fake.R}/folders/${CASE}` });
  });

  it("asks nothing for an object that is in the folder already", async () => {
    folders.push(CASE);
    await client.links.link(await client.getObject(ID), target());
    should(posts().length).equal(0);
  });

  for (const [name, answer] of [
    ["another worker was faster", failure(400, "E_X", '(DM_SYSOBJECT_E_ALREADY_LINKED) [DM_SYSOBJECT_E_ALREADY_LINKED]error:  "..."')],
    ["the server failed after it had linked", failure(500, "E_INTERNAL", "")],
  ] as const) {
    it(`is content when ${name}`, async () => {
      reply = () => {
        folders.push(CASE);
        return answer;
      };
      await client.links.link(await client.getObject(ID), target());
      should(posts().length).equal(1);
    });
  }

  it("throws what the server said when the object is not in the folder", async () => {
    reply = () => failure(500, "E_X", '(DM_SYSOBJECT_E_LINK_PERMIT2) [DM_SYSOBJECT_E_LINK_PERMIT2]error:  "..."');
    should(await failureOf(client.links.link(await client.getObject(ID), target()))).match({ code: "permission-denied" });
  });

  it("says which link is missing", async () => {
    const bare: DocumentumObject = { ...(await client.getObject(ID)), links: [] };
    should(await failureOf(client.links.link(bare, target()))).match({ code: "unexpected-reply", subject: "parent-links" });
    const nowhere = { objectId: CASE, links: [] };
    should(await failureOf(client.links.link(await client.getObject(ID), nowhere))).match({ code: "unexpected-reply", subject: "self" });
  });
});
