import { buffer } from "node:stream/consumers";
import should from "should";
import type { FetchedAsset } from "../../dist/document/asset-fetch/asset-cache.js";
import { node } from "./flows.ts";
import { rigOfSuite, type SeenMessage } from "./rig.ts";
import { cmsInstances, documentumObjects } from "./stored.ts";
import { sha256 } from "./values.ts";

const KEY = "terms-and-conditions";
const APPROVED = { approvalAttribute: "approval_state", approvalValue: "APPROVED", keyAttribute: "asset_key" };
const fetcher = (values = {}) =>
  node("asset-fetch", "fetch", {
    source: "documentum",
    repository: "documentum",
    tenant: "css",
    ledger: "ledger",
    findBy: "key",
    asset: KEY,
    assetType: "str",
    objectType: "demo_asset",
    cacheSeconds: "60",
    ...APPROVED,
    wires: [["out"]],
    ...values,
  });
const css = { source: "css", objectType: "def_asset" };
const assetOf = (message: SeenMessage | undefined) => (message as unknown as { asset: FetchedAsset & { source: string } }).asset;

describe("asset-fetch", () => {
  const rig = rigOfSuite();

  const inDocumentum = () => documentumObjects(rig.dataDir, "demo_asset").find(({ values }) => values.asset_key === KEY);
  const inCms = () => cmsInstances(rig.dataDir, "def_asset").find(({ values }) => values.asset_key === KEY);
  /** Counts the downloads of content from now on, and lets them pass. */
  const watchDownloads = () =>
    rig.sandbox.app.faults.set([
      { kind: "latency", service: "documentum", method: "GET", path: "content-media", ms: 0 },
      { kind: "latency", service: "css", method: "GET", path: "(download|stream)$", ms: 0 },
    ]);
  const downloads = () => rig.sandbox.app.faults.report().reduce((sum, { hits }) => sum + hits, 0);

  async function fetched(count = 1): Promise<FetchedAsset & { source: string }> {
    return assetOf((await rig.received(count))[count - 1]);
  }

  for (const [findBy, what] of [
    ["key", () => KEY],
    ["name", () => KEY],
    ["id", () => inDocumentum()?.id],
  ] as const) {
    it(`gives the approved asset of Documentum by its ${findBy}, with the bytes the repository has`, async () => {
      await rig.load([fetcher({ findBy, asset: "wanted", assetType: "msg" })]);
      rig.send("fetch", { wanted: what() });
      const asset = await fetched();
      const object = inDocumentum();
      should(asset).match({ source: "documentum", id: object?.id, version: "1.0", name: KEY, fromCache: false });
      should(asset.content).match({ sha256: object?.sha256, mediaType: "text/html", fileName: `${KEY}.html` });
      sha256(await buffer(await asset.content.open())).should.equal(object?.sha256);
    });
  }

  for (const [findBy, what] of [
    ["key", () => KEY],
    ["name", () => `${KEY}.html`],
    ["id", () => inCms()?.id],
  ] as const) {
    it(`gives the approved asset of CSS by its ${findBy}, with the bytes the service has`, async () => {
      await rig.load([fetcher({ ...css, findBy, asset: "wanted", assetType: "msg" })]);
      rig.send("fetch", { wanted: what() });
      const asset = await fetched();
      const instance = inCms();
      should(asset).match({ source: "css", id: instance?.id, version: "1", fromCache: false });
      sha256(await buffer(await asset.content.open())).should.equal(instance?.sha256);
      should(asset.content.sha256).equal(instance?.traits.def_integrity?.content?.sha256);
    });
  }

  for (const [source, values] of [
    ["Documentum", {}],
    ["CSS", css],
  ] as const) {
    it(`asks ${source} nothing while the asset is fresh, and for many messages at once only once`, async () => {
      await rig.load([fetcher(values)]);
      watchDownloads();
      for (let number = 0; number < 8; number += 1) rig.send("fetch", {});
      const messages = await rig.received(8);
      should(new Set(messages.map((message) => assetOf(message).content.sha256)).size).equal(1);
      should(downloads()).equal(1);
      const asked = rig.sandbox.app.metrics.report();
      rig.send("fetch", {});
      should((await fetched(9)).fromCache).be.true();
      should(rig.sandbox.app.metrics.report()).eql(asked);
      await rig.shown("fetch", "from cache");
    });

    it(`asks ${source} again when its time is over, and downloads nothing while the version is the same`, async () => {
      await rig.load([fetcher({ ...values, cacheSeconds: "0" })]);
      watchDownloads();
      const service = source === "CSS" ? "cms" : "documentum";
      rig.send("fetch", {});
      const first = await fetched();
      if (source === "CSS") await rig.shown("fetch", "fetched");
      const asked = rig.sandbox.app.metrics.report()[service]?.requests ?? 0;
      rig.send("fetch", {});
      const second = await fetched(2);
      should(second).match({ id: first.id, fromCache: true, content: { sha256: first.content.sha256 } });
      should(rig.sandbox.app.metrics.report()[service]?.requests).be.above(asked);
      should(downloads()).equal(1);
    });

    it(`says not-found for an asset ${source} does not have, and for one that is not approved`, async () => {
      await rig.load([
        fetcher({ ...values, asset: "wanted", assetType: "msg" }),
        { ...fetcher({ ...values, approvalValue: "DRAFT" }), id: "draft" },
      ]);
      rig.send("fetch", { wanted: "nobody-has-this" });
      should((await rig.caught()).error).match({ code: "not-found", message: /No approved asset with key "nobody-has-this"/ });
      rig.send("draft", {});
      const { error } = (await rig.received(2, "caught"))[1] ?? {};
      should(error).match({ code: "not-found", source: { id: "draft" } });
      await rig.shown("draft", "not-found");
      should(rig.messages()).eql([]);
    });
  }

  it("gives the newest approved version when a newer draft exists, and the newer one once it is approved", async () => {
    const { contextUrl, repository, user, password } = rig.sandbox.description.documentum;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    const rest = async (method: string, path: string, body?: BodyInit, type = "application/vnd.emc.documentum+json") => {
      const headers = {
        Authorization: authorization,
        Accept: "application/vnd.emc.documentum+json",
        ...(body ? { "Content-Type": type } : {}),
      };
      const reply = await fetch(`${contextUrl}/repositories/${repository}${path}`, { method, headers, body });
      if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
      return (await reply.json()) as { properties: { r_object_id: string } };
    };
    const first = inDocumentum()?.id;
    await rest("PUT", `/objects/${first}/lock`);
    const draft = await rest(
      "POST",
      `/objects/${first}/versions?object-id=${first}&version-policy=next-major&format=html`,
      JSON.stringify({ properties: { approval_state: "DRAFT" } }),
    );
    await rig.load([fetcher({ cacheSeconds: "0" })]);
    rig.send("fetch", {});
    should((await fetched()).id).equal(first);
    await rest("POST", `/objects/${draft.properties.r_object_id}`, JSON.stringify({ properties: { approval_state: "APPROVED" } }));
    await rest("POST", `/objects/${draft.properties.r_object_id}/contents?overwrite=true&format=html`, "<p>version 2</p>", "text/html");
    rig.send("fetch", {});
    const second = await fetched(2);
    should(second).match({ id: draft.properties.r_object_id, fromCache: false });
    should((await buffer(await second.content.open())).toString()).equal("<p>version 2</p>");
  });

  it("refuses a message that names no asset, and works without a msg.document", async () => {
    await rig.load([fetcher({ asset: "wanted", assetType: "msg" })]);
    rig.send("fetch", { payload: 1 });
    should((await rig.caught()).error).match({ code: "invalid-message", message: /'asset'/ });
    await rig.shown("fetch", "invalid-message");
  });

  it("says which configuration node is missing", async () => {
    await rig.load([fetcher({ ledger: "" }), { ...fetcher({ repository: "gone" }), id: "other" }]);
    rig.send("fetch", {});
    should((await rig.caught()).error).match({ code: "configuration", message: /'ledger'/ });
    rig.send("other", {});
    should((await rig.received(2, "caught"))[1]?.error).match({ code: "configuration", message: /'repository'/ });
  });
});
