import should from "should";
import { CmsClient } from "../../dist/clients/cms/cms.js";
import { CssClient } from "../../dist/clients/css/css.js";
import type { CredentialConfig } from "../../dist/clients/otds.js";
import { type RunningSandbox, startSandbox } from "../../dist/sandbox/main.js";
import { failureOf, TestFolder } from "./support.ts";

/** Locks, versions, renditions, access, recycle bin, share links and definitions against the stand-in servers. */
describe("CSS and CMS clients against the sandbox, beyond storing", () => {
  let folder: TestFolder;
  let sandbox: RunningSandbox;
  let css: CssClient;
  let cms: CmsClient;
  /** Somebody else, with an account of their own. */
  let other: CmsClient;

  beforeEach(async () => {
    folder = new TestFolder();
    sandbox = await startSandbox({ port: 0, dataDir: `${folder.path}/sandbox` });
    const { origin, otds, css: service } = sandbox.description;
    const { tokenUrl, clientId, clientSecret, user, password } = otds;
    const base = { tokenUrl, clientId, clientSecret, bodyFormat: "form", clientAuth: "body" } as const;
    const credentials: CredentialConfig = { kind: "oauth2", grant: "client_credentials", ...base };
    css = new CssClient({ baseUrl: service.baseUrl, tenant: service.tenant, apiVersion: "v2", credentials });
    cms = new CmsClient({ baseUrl: origin, credentials, ratePerSecond: 0 });
    const person: CredentialConfig = { kind: "oauth2", grant: "password", user, password, ...base };
    other = new CmsClient({ baseUrl: origin, credentials: person, ratePerSecond: 0 });
  });
  afterEach(async () => {
    for (const client of [css, cms, other]) client.close();
    await sandbox.close();
    folder.remove();
  });

  async function stored(bytes = 1_000) {
    const file = folder.file(bytes);
    const { contentId } = await css.upload(file);
    const rendition = { name: file.fileName, rendition_type: "primary" as const, blob_id: contentId };
    return { file, contentId, rendition };
  }
  async function object() {
    const { file, contentId, rendition } = await stored();
    const { id } = await cms.createInstance("file", "cms_file", { name: "letter", renditions: [rendition] });
    return { file, contentId, ref: { category: "file", type: "cms_file", id } as const };
  }

  it("makes a next version under a lock, and meets the lock of somebody else", async () => {
    const { ref } = await object();
    await other.versions.lock(ref);
    const failure = await failureOf(cms.versions.lock(ref));
    should(failure).match({ code: "locked", subject: ref.id });
    should(failure.message).containEql(String((await cms.getInstance("file", "cms_file", ref.id)).lockOwner));
    await other.versions.unlock(ref);
    should(await cms.versions.lock(ref)).match({ id: ref.id, latest: true });
    const next = await stored();
    const made = await cms.versions.createNext(ref, { name: "letter", renditions: [next.rendition] });
    should(made).match({ versionNo: 2, latest: true });
    await cms.versions.unlock(ref);
    should(await cms.versions.list(ref)).match([
      { id: made.id, versionNo: 2, latest: true },
      { id: ref.id, versionNo: 1, latest: false },
    ]);
    should((await cms.hashContent(made)).sha256).equal(next.file.sha256);
  });

  it("adds a rendition, lists it and takes it away", async () => {
    const { ref } = await object();
    const { rendition, file, contentId } = await stored();
    const added = await cms.contents.add(ref, { ...rendition, name: "web", rendition_type: "secondary" });
    should((await cms.contents.list(ref)).map(({ name, primary }) => [name, primary])).eql([
      [file.fileName, true],
      ["web", false],
    ]);
    should((await css.hashContent(String(added.blobId))).sha256).equal(file.sha256);
    await cms.contents.remove(ref, added.id);
    should((await cms.contents.list(ref)).length).equal(1);
    should(await failureOf(css.hashContent(contentId))).match({ code: "not-found" });
  });

  it("swaps the access list, so that nothing can be changed any more", async () => {
    const { ref } = await object();
    should(await cms.access.granted(ref)).containEql("modify");
    const record = (await cms.access.lists()).find(({ name }) => name === "record");
    await cms.access.change(ref, String(record?.id));
    should(await cms.access.of(ref)).eql(record);
    should(await cms.access.granted(ref)).not.containEql("modify");
    should(await failureOf(cms.bin.put(ref))).match({ code: "permission-denied" });
    should((await cms.access.history(ref)).map(({ action }) => action)).eql(["create", "change_acl"]);
  });

  it("puts into the recycle bin, restores and deletes for good", async () => {
    const { ref, contentId } = await object();
    await cms.bin.put(ref);
    should((await cms.bin.list()).map(({ id }) => id)).eql([ref.id]);
    should(await failureOf(cms.getInstance("file", "cms_file", ref.id))).match({ code: "not-found" });
    await cms.bin.restore(ref.id);
    should(await cms.bin.list()).eql([]);
    await cms.bin.deleteForGood(ref, { allVersions: true });
    should(await failureOf(css.hashContent(contentId))).match({ code: "not-found" });
  });

  it("makes share links of what an object refers to", async () => {
    const { contentId, ref } = await object();
    const link = await css.shares.create(contentId, { expiry: "2030-01-01T00:00:00.000Z", objectId: ref.id });
    should(link).match({ objectId: ref.id, secured: false });
    should(await css.shares.changeExpiry(contentId, link.id, "2031-01-01T00:00:00.000Z")).match({ id: link.id });
    await css.shares.revoke(contentId, link.id);
    should(await failureOf(css.shares.get(contentId, link.id))).match({ code: "not-found" });
    should(await failureOf(css.shares.create((await stored()).contentId))).match({ code: "refused" });
  });

  it("creates a type and a trait, adds an attribute to either, and uses them", async () => {
    const namespace = (await cms.definitions.namespaces()).find(({ prefix }) => prefix === "def")?.name ?? "";
    const key = { name: "docbridge_key", data_type: "string", size: 64 } as const;
    await cms.definitions.createType("file", { name: "letter", namespace, attributes: [key] });
    await cms.definitions.createTrait({ name: "seal", namespace, attributes: [{ name: "bytes", data_type: "long" }] });
    await cms.definitions.addToType("def_letter", [{ name: "pages", data_type: "integer" }]);
    await cms.definitions.addToTrait("def_seal", [key]);
    const names = ({ attributes }: { attributes: { name: string }[] }) => attributes.map(({ name }) => name);
    should(names(await cms.getTypeDefinition("def_letter"))).containDeep(["docbridge_key", "pages"]);
    should(names(await cms.getTraitDefinition("def_seal"))).eql(["bytes", "docbridge_key"]);
    const made = await cms.createInstance("file", "def_letter", {
      name: "letter",
      properties: { docbridge_key: "ab", pages: 2 },
      traits: { def_seal: { primary: { bytes: 5 } } },
    });
    const ref = { category: "file", type: "def_letter", id: made.id } as const;
    should((await cms.updateInstance(ref, { traits: { def_seal: { primary: { docbridge_key: "ab" } } } })).traits).eql({
      def_seal: { primary: { bytes: 5, docbridge_key: "ab" } },
    });
  });
});
