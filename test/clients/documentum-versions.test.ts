import should from "should";
import { DocumentumClient, type DocumentumObject } from "../../dist/clients/documentum/documentum.js";
import { created, FakeRepository, failure, LR } from "./documentum-fixture.ts";
import { type Asked, failureOf, TestFolder } from "./support.ts";

const ID = "0900000180000001";

/** Shapes of wire/documentum.md sections 13 and 20.2, written by hand. */
describe("DocumentumClient versions", () => {
  let fake: FakeRepository;
  let folder: TestFolder;
  let client: DocumentumClient;
  /** Who holds the lock. */
  let owner = "";
  let shown: Record<string, unknown> = {};

  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());
  beforeEach(async () => {
    fake = await FakeRepository.start();
    fake.onOther = answer;
    owner = "";
    shown = {};
    const credentials = { kind: "basic", user: "archiver", password: "pw" } as const;
    client = new DocumentumClient({ contextUrl: fake.ctx, repository: "acme", credentials });
    fake.onQuery = () => [{ properties: { r_object_id: ID }, path: `/objects/${ID}` }];
  });
  afterEach(async () => {
    client.close();
    await fake.close();
  });

  /** The object as the server shows it to the user `archiver`. */
  function resource(id = ID) {
    const governed = { i_retainer_id: null, i_retain_until: null, r_immutable_flag: false, r_frozen_flag: false };
    const body = fake.document(id, { r_lock_owner: owner, ...governed, ...shown });
    const lock = `${fake.R}/objects/${ID}/lock`;
    const versions = `${fake.R}/objects/${ID}/versions?object-id=${ID}&version-policy=next-`;
    const links = [
      ...(owner === "" ? [{ rel: `${LR}checkout`, href: lock }] : [{ rel: `${LR}cancel-checkout`, href: lock }]),
      ...(owner === "archiver" ? ["minor", "major"].map((each) => ({ rel: `${LR}checkin-next-${each}`, href: versions + each })) : []),
    ];
    return { ...body, links: [...body.links, ...links] };
  }

  function answer(asked: Asked, path: string) {
    if (path === `/objects/${ID}/lock` && asked.method === "PUT") {
      if (owner !== "") return failure(400, "E_OPERATION_REFUSED", "");
      owner = "archiver";
      return { json: resource() };
    }
    if (path === `/objects/${ID}/lock` && asked.method === "DELETE") {
      owner = "";
      return { status: 204 };
    }
    if (path === `/objects/${ID}/versions`) return { status: 201, json: resource("0900000180000002") };
    return path === `/objects/${ID}` || path === `/documents/${ID}` ? { json: resource() } : undefined;
  }

  const object = (): Promise<DocumentumObject> => client.getObject(ID);

  it("locks with an empty body, checks in metadata before bytes at the server's own address, and reads the new id", async () => {
    const locked = await client.versions.checkOut(await object());
    should(locked.lockOwner).equal("archiver");
    should(client.versions.isLockedByUs(locked)).be.true();
    const [put] = fake.asked("PUT", `/objects/${ID}/lock`);
    should(put?.body.length).equal(0);
    should(put?.headers).not.have.property("content-type");
    const file = folder.file(3_000);
    const version = await client.versions.checkIn(locked, {
      policy: "major",
      properties: { title: "Q2" },
      content: file,
      format: "pdf",
    });
    should(version).match({ objectId: "0900000180000002", sent: { bytes: 3_000, sha256: file.sha256 } });
    const [post] = fake.asked("POST", `/objects/${ID}/versions`) as [Asked];
    should(post.path.split("?")[1]).equal(`object-id=${ID}&version-policy=next-major&format=pdf`);
    const { metadata, bytes } = created(post);
    should(metadata).eql({ properties: { title: "Q2" } });
    should(bytes?.equals(file.bytes)).be.true();
  });

  it("names who has the object checked out, and asks for no lock then", async () => {
    owner = "alice";
    const held = await object();
    should(client.versions.isLockedByUs(held)).be.false();
    should(await failureOf(client.versions.checkOut(held))).match({ code: "locked", retryable: true, message: /checked out by alice/ });
    should(fake.asked("PUT", `/objects/${ID}/lock`).length).equal(0);
  });

  it("finds out who was faster although the server suppresses details", async () => {
    const free = await object();
    owner = "alice";
    should(await failureOf(client.versions.checkOut(free))).match({ code: "locked", message: /alice/ });
  });

  it("cancels its own lock, never another's, and nothing where there is none", async () => {
    const locked = await client.versions.checkOut(await object());
    await client.versions.cancel(locked);
    should(owner).equal("");
    await client.versions.cancel(locked);
    owner = "alice";
    await client.versions.cancel(locked);
    should(owner).equal("alice");
    should(fake.asked("DELETE", `/objects/${ID}/lock`).length).equal(1);
  });

  it("says which link is missing where versions are not offered", async () => {
    const { links, ...rest } = await object();
    const bare = { ...rest, links: [] };
    should(await failureOf(client.versions.checkOut(bare))).match({ code: "unexpected-reply", subject: "checkout" });
    const checkin = { policy: "minor", properties: {}, content: folder.file(10) } as const;
    should(() => client.versions.checkIn(bare, checkin)).throw(/checkin-next-minor/);
    should(links.length).be.above(0);
  });

  it("looks for a key among all versions where it is asked to", async () => {
    await client.findByKey("acme_letter", "acme_key", "k", { allVersions: true });
    should(fake.queries[0]).match(/ from acme_letter \(all\) where acme_key='k'$/);
  });

  describe("retention and holds", () => {
    it("lets a free object pass without another request", async () => {
      const free = await object();
      const before = fake.server.asked.length;
      await client.demandUngoverned(free);
      should(fake.server.asked.length).equal(before);
    });

    const signs: [string, Record<string, unknown>, RegExp][] = [
      ["a retainer", { i_retainer_id: ["0800000180000009"], i_retain_until: "2036-01-01T00:00:00.000+00:00" }, /one retainer, until 2036/],
      ["immutability", { r_immutable_flag: true }, /immutable/],
      ["freezing", { r_frozen_flag: 1 }, /frozen/],
      ["the site's own attribute", { acme_hold: "case 12" }, /on hold \(acme_hold\)/],
    ];
    for (const [name, values, message] of signs) {
      it(`refuses an object because of ${name}`, async () => {
        shown = { acme_hold: "", ...values };
        should(await failureOf(client.demandUngoverned(await object(), "acme_hold"))).match({
          code: "retained",
          retryable: false,
          subject: ID,
          message,
        });
      });
    }

    it("takes an empty id and a false text for no sign", async () => {
      shown = { i_retainer_id: ["0000000000000000"], acme_hold: "false" };
      await client.demandUngoverned(await object(), "acme_hold");
    });

    it("asks for all attributes where the server shows them not, and refuses where it still does not", async () => {
      shown = { r_frozen_flag: undefined };
      should(await failureOf(client.demandUngoverned(await object()))).match({ code: "retained", message: /does not show r_frozen_flag/ });
      should(fake.server.asked.at(-1)?.path).match(/\?view=%3Aall$/);
    });

    it("takes a refusal that names retention for one, whatever its status", async () => {
      fake.onOther = (asked, path) =>
        asked.method === "POST" ? failure(500, "E_X", '(DM_RPS_E_RETAINED) [DM_RPS_E_RETAINED]error: "no"') : answer(asked, path);
      const locked = await client.versions.checkOut(await object());
      const checkin = { policy: "minor", properties: {}, content: folder.file(10) } as const;
      should(await failureOf(client.versions.checkIn(locked, checkin))).match({ code: "retained", retryable: false, ambiguous: false });
    });
  });
});
