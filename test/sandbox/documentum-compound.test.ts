import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import should from "should";
import { type Answer, hrefOf, JSON_TYPE, type Json, Rig, rels } from "./documentum-rig.ts";

describe("documentum stand-in: renditions, virtual documents, snapshots, archives", () => {
  let rig: Rig;
  let temp: string;
  before(async () => {
    rig = await new Rig().start();
    temp = await rig.folderId("/Temp");
  });
  after(() => rig.stop());

  const titles = (answer: Answer): string[] => (answer.body.entries ?? []).map(({ title }) => title);
  const hrefTo = (id: string): object => ({ href: `${rig.repository}/objects/${id}` });
  const media = async (id: string, query = ""): Promise<string> => (await rig.get(`/objects/${id}/content-media${query}`)).text;

  describe("contents", () => {
    const add = (id: string, query: string, body: string, type = "text/plain"): Promise<Answer> =>
      rig.call("POST", `/objects/${id}/contents?${query}`, { body, headers: { "Content-Type": type } });

    it("keeps renditions apart by format, page and modifier, and finds each by them", async () => {
      const id = await rig.document(temp, "renditions", "primary");
      for (const [query, body, type] of [
        ["primary=false", "<p>", "text/html"],
        ["primary=false&format=html&modifier=print", "<p>print", "text/html"],
        ["primary=false&format=pdf&page=0", "%PDF", "application/pdf"],
      ] as const) {
        (await add(id, query, body, type)).status.should.equal(201);
      }
      (await media(id)).should.equal("primary");
      (await media(id, "?format=html")).should.equal("<p>");
      (await media(id, "?format=html&modifier=print")).should.equal("<p>print");
      (await media(id, "?format=pdf")).should.equal("%PDF");
      (await rig.get(`/objects/${id}/content-media?format=png`)).status.should.equal(404);
      const again = await add(id, "primary=false&format=html&modifier=print&overwrite=false", "new", "text/html");
      again.status.should.equal(400);
      again.body.details.should.containEql("DM_SYSOBJECT_E_CONTENT_EXISTS");
      (await add(id, "primary=false&format=html&modifier=print&overwrite=true", "new", "text/html")).status.should.equal(201);
      (await media(id, "?format=html&modifier=print")).should.equal("new");
      const list = await rig.get(`/objects/${id}/contents?inline=true`);
      list.body.entries?.length.should.equal(4);
      (await rig.call("DELETE", `/objects/${id}/contents/content?format=html&page=0&modifier=print`)).status.should.equal(204);
      (await rig.get(`/objects/${id}/contents/content?format=html&modifier=print`)).status.should.equal(404);
      (await media(id, "?format=html")).should.equal("<p>");
    });

    it("links the media of a content beside its enclosure, and changes a rendition's modifier", async () => {
      const id = await rig.document(temp, "modifier", "primary");
      const { body } = await add(id, "primary=false&modifier=draft", "rendition", "text/html");
      rels(body).should.eql(["self", "enclosure", "content-media", "parent"]);
      (await rig.get(hrefOf(body, "content-media") as string)).text.should.equal("rendition");
      const changed = await rig.post(hrefOf(body, "self") as string, { properties: { page_modifier: "final" } });
      changed.status.should.equal(200, changed.text);
      should(changed.body.properties.page_modifier).eql(["final"]);
      (await media(id, "?format=html&modifier=final")).should.equal("rendition");
      (await rig.post(hrefOf(changed.body, "self") as string, { properties: { set_time: "x" } })).body.code.should.equal(
        "E_INVALID_ATTR_NAME",
      );
      (await rig.post(`/objects/${id}/contents/content`, { properties: { page_modifier: "x" } })).status.should.equal(400);
    });

    it("takes a multipart/mixed body, and parts in quotes, without names and with a preamble", async () => {
      const boundary = "=_mixed boundary";
      const body = [
        "a preamble",
        `--${boundary}`,
        `Content-Type: ${JSON_TYPE}`,
        "",
        '{"properties":{"object_name":"mixed"}}',
        `--${boundary}`,
        "Content-Type: text/plain",
        'Content-Disposition: attachment; filename="C:\\\\letters\\\\m\\"ixed.txt"',
        "",
        "mixed content",
        `--${boundary}--`,
        "",
      ].join("\r\n");
      const answer = await rig.call("POST", `/folders/${temp}/documents`, {
        body,
        headers: { "Content-Type": `multipart/mixed; boundary="${boundary}"` },
      });
      answer.status.should.equal(201, answer.text);
      (await media(answer.body.properties.r_object_id as string)).should.equal("mixed content");
    });
  });

  describe("virtual documents", () => {
    const addTo = (parent: string, body: object): Promise<Answer> => rig.post(`/objects/${parent}/vd-nodes`, body);

    it("turns an object into a virtual document by the link it has until then", async () => {
      const [root, chapter, image] = await Promise.all(["vd root", "vd chapter", "vd image"].map((name) => rig.document(temp, name)));
      const before = (await rig.get(`/objects/${root}`)).body;
      rels(before).should.containEql("virtual-document-conversion").and.not.containEql("virtual-document-nodes");
      const added = await rig.post(hrefOf(before, "virtual-document-conversion") as string, hrefTo(chapter as string));
      added.status.should.equal(201, added.text);
      added.body.should.have.properties({
        "parent-id": root,
        "chronicle-id": chapter,
        "selected-object-id": chapter,
        "selected-object-name": "vd chapter",
        "vdm-number": "1",
        "order-number": 1,
        "is-binding-broken": false,
        "child-count": 0,
        "copy-behavior": "UNSPECIFIED",
      });
      rels(added.body).should.eql(["self", "delete", "virtual-document-component", "checkout"]);
      should(added.headers.get("location")).equal(hrefOf(added.body, "self"));
      (await addTo(chapter as string, { "selected-object-id": image })).status.should.equal(201);
      const after = (await rig.get(`/objects/${root}`)).body;
      rels(after).should.containEql("virtual-document-nodes").and.not.containEql("virtual-document-conversion");
      after.properties.should.have.properties({ r_is_virtual_doc: 1, r_link_cnt: 1 });
      const nodes = hrefOf(after, "virtual-document-nodes") as string;
      titles(await rig.get(nodes)).should.eql(["vd chapter"]);
      titles(await rig.get(`${nodes}?depth=-1`)).should.eql(["vd chapter", "vd image"]);
      titles(await rig.get(`${nodes}?vdm-number=1`)).should.eql(["vd image"]);
      (await addTo(image as string, hrefTo(root as string))).body.details.should.containEql("DM_SYSOBJECT_E_CIRCULAR_VD");
      (await addTo(root as string, hrefTo(temp))).status.should.equal(400);
      (await addTo(root as string, { surprise: 1 })).status.should.equal(400);
    });

    it("binds to a version label or to the current version, reorders and removes nodes, and copies them into a new version", async () => {
      const [root, one, two] = (await Promise.all(["b root", "b one", "b two"].map((name) => rig.document(temp, name)))) as [
        string,
        string,
        string,
      ];
      const fixed = await addTo(root, { ...hrefTo(one), binding: "1.0" });
      await addTo(root, { "chronicle-id": two });
      for (const id of [one, two]) {
        await rig.call("PUT", `/objects/${id}/lock`);
        await rig.post(`/objects/${id}/versions?object-id=${id}&version-policy=next-minor`, { properties: {} });
      }
      const list = (await rig.get(`/objects/${root}/vd-nodes?inline=true`)).body.entries as unknown as { content: Json }[];
      list
        .map(({ content }) => [content["late-binding-value"], content["selected-object-id"] === content["chronicle-id"]])
        .should.eql([
          ["1.0", true],
          ["1.1", false],
        ]);
      const second = list[1]?.content as Json;
      (await rig.post(hrefOf(second, "self") as string, { "order-number": 1 })).body.should.have.properties({ "order-number": 1 });
      titles(await rig.get(`/objects/${root}/vd-nodes`)).should.eql(["b two", "b one"]);
      await rig.call("PUT", `/objects/${root}/lock`);
      const version = await rig.post(`/objects/${root}/versions?object-id=${root}&version-policy=next-major`, { properties: {} });
      const next = version.body.properties.r_object_id as string;
      titles(await rig.get(`/objects/${next}/vd-nodes`)).should.eql(["b two", "b one"]);
      const node = (await rig.get(`/objects/${next}/vd-nodes?inline=true`)).body.entries?.[0]?.content as Json;
      (await rig.call("DELETE", hrefOf(node, "delete") as string)).status.should.equal(204);
      titles(await rig.get(`/objects/${next}/vd-nodes`)).should.eql(["b one"]);
      titles(await rig.get(`/objects/${root}/vd-nodes`)).should.eql(["b two", "b one"]);
      (await rig.call("DELETE", hrefOf(fixed.body, "delete") as string)).status.should.equal(400, "the old version is immutable");
    });

    it("shows a broken binding on demand, and deletes components with their document when asked", async () => {
      const [root, part, other] = (await Promise.all(["d root", "d part", "d other"].map((name) => rig.document(temp, name)))) as [
        string,
        string,
        string,
      ];
      await addTo(root, hrefTo(part));
      const node = await addTo(root, { ...hrefTo(other), binding: "9.9" });
      node.body.should.have.properties({ "is-binding-broken": true, "selected-object-id": "" });
      titles(await rig.get(`/objects/${root}/vd-nodes`)).should.eql(["d part"]);
      (await rig.get(`/objects/${root}/vd-nodes?include-broken=true`)).body.entries?.length.should.equal(2);
      (await rig.call("DELETE", `/objects/${root}?del-vd-all=true`)).status.should.equal(204);
      (await rig.get(`/objects/${part}`)).status.should.equal(404);
      (await rig.get(`/objects/${other}`)).status.should.equal(200);
      (await rig.get(hrefOf(node.body, "self") as string)).status.should.equal(404);
    });
  });

  describe("snapshots", () => {
    it("keeps the components as they were, frozen or not", async () => {
      const [root, part] = (await Promise.all(["s root", "s part"].map((name) => rig.document(temp, name)))) as [string, string];
      await rig.post(`/objects/${root}/vd-nodes`, hrefTo(part));
      const link = hrefOf((await rig.get(`/objects/${root}`)).body, "snapshots") as string;
      (await rig.get(link)).body.should.not.have.property("entries");
      const taken = await rig.post(link, { properties: { object_name: "as sent" } });
      taken.status.should.equal(201, taken.text);
      taken.body.properties.should.have.properties({ object_name: "as sent", r_assembled_from_id: root, r_frozen_flag: true });
      titles(await rig.get(link)).should.eql(["as sent"]);
      const self = hrefOf(taken.body, "self") as string;
      titles(await rig.get(hrefOf(taken.body, "virtual-document-nodes") as string)).should.eql(["s part"]);
      for (const [method, path] of [
        ["DELETE", self],
        ["DELETE", `/objects/${part}`],
      ] as const) {
        const refused = await rig.call(method, path);
        refused.status.should.equal(400);
        refused.body.details.should.containEql("DM_SYSOBJECT_E_CANT_SAVE_FROZEN");
      }
      (await rig.post(`/objects/${part}`, { properties: { title: "t" } })).status.should.equal(400);
      (await rig.call("DELETE", `${self}/frozen`)).status.should.equal(204);
      should((await rig.get(self)).body.properties.r_frozen_flag).equal(false);
      (await rig.post(`/objects/${part}`, { properties: { title: "t" } })).status.should.equal(200);
      (await rig.call("PUT", `${self}/frozen`)).status.should.equal(200);
      await rig.call("DELETE", `${self}/frozen`);
      (await rig.call("DELETE", self)).status.should.equal(204);
      (await rig.get(self)).status.should.equal(404);
      (await rig.get(`/objects/${part}`)).status.should.equal(200);
    });

    it("refuses an object that is no virtual document, and is no address of one that is no snapshot", async () => {
      const id = await rig.document(temp, "plain");
      (await rig.post("/snapshots", { ...hrefTo(id), properties: {} })).status.should.equal(400);
      (await rig.post("/snapshots", { properties: {} })).status.should.equal(400);
      (await rig.get(`/snapshots/${id}`)).status.should.equal(404);
    });
  });

  describe("archived contents", () => {
    /** File names and texts of an archive, found through its directory as every unpacker does. */
    function unpack(bytes: Buffer): Record<string, string> {
      const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
      const files: Record<string, string> = {};
      let at = bytes.readUInt32LE(end + 16);
      for (let count = bytes.readUInt16LE(end + 10); count > 0; count -= 1) {
        bytes.readUInt32LE(at).should.equal(0x02014b50);
        const [method, checksum, packed] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 16), bytes.readUInt32LE(at + 20)];
        const [nameLength, extraLength, noteLength] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset)) as [
          number,
          number,
          number,
        ];
        const local = bytes.readUInt32LE(at + 42);
        bytes.readUInt32LE(local).should.equal(0x04034b50);
        const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
        const content = bytes.subarray(start, start + packed);
        method.should.equal(0);
        crc32(content).should.equal(checksum);
        files[bytes.toString("utf8", at + 46, at + 46 + nameLength)] = content.toString();
        at += 46 + nameLength + extraLength + noteLength;
      }
      at.should.equal(end);
      return files;
    }

    async function download(address: string, init: RequestInit = {}): Promise<{ response: Response; files: Record<string, string> }> {
      const headers = { Authorization: rig.basic(), ...(init.headers as Record<string, string>) };
      const response = await fetch(address, { ...init, headers });
      return { response, files: response.ok ? unpack(Buffer.from(await response.arrayBuffer())) : {} };
    }

    it("packs several objects, virtual documents with their components, and everything of an object", async () => {
      const [root, part] = (await Promise.all(["z", "z"].map((name, index) => rig.document(temp, name, `text ${index}`)))) as [
        string,
        string,
      ];
      await rig.post(`/objects/${root}/vd-nodes`, hrefTo(part));
      await rig.call("POST", `/objects/${root}/contents?primary=false`, { body: "<b>", headers: { "Content-Type": "text/html" } });
      const { response, files } = await download(`${rig.repository}/archived-contents?object-id=${root},${part}`);
      should(response.headers.get("content-type")).equal("application/zip");
      should(response.headers.get("content-disposition")).match(/filename="archived-contents.zip"/);
      files.should.eql({ "z.txt": "text 0", "z (2).txt": "text 1" });
      (await download(`${rig.repository}/archived-contents?object-id=${root}&include-children=true`)).files.should.have.keys(
        "z.txt",
        "z (2).txt",
      );
      const posted = await download(`${rig.repository}/archived-contents?all-contents=true`, {
        method: "POST",
        body: JSON.stringify({ hrefs: [`${rig.repository}/documents/${root}`] }),
        headers: { "Content-Type": JSON_TYPE },
      });
      posted.files.should.eql({ "z.txt": "text 0", "z.html": "<b>" });
    });

    it("refuses what has no content, does not exist or may not be read", async () => {
      const bare = (await rig.post(`/folders/${temp}/documents`, { properties: { object_name: "bare" } })).body.properties.r_object_id;
      (await rig.get(`/archived-contents?object-id=${bare}`)).status.should.equal(404);
      (await rig.get("/archived-contents?object-id=0900000000000000")).status.should.equal(404);
      (await rig.get("/archived-contents")).status.should.equal(400);
      (await rig.post("/archived-contents", { hrefs: ["nowhere"] })).status.should.equal(400);
    });
  });

  it("keeps nodes and snapshots over a restart", async () => {
    const [root, part] = (await Promise.all(["k root", "k part"].map((name) => rig.document(temp, name)))) as [string, string];
    await rig.post(`/objects/${root}/vd-nodes`, hrefTo(part));
    await rig.post(`/snapshots?object-id=${root}`, { properties: { object_name: "k snapshot" } });
    await rig.restart();
    titles(await rig.get(`/objects/${root}/vd-nodes`)).should.eql(["k part"]);
    titles(await rig.get(`/snapshots?object-id=${root}`)).should.eql(["k snapshot"]);
    readFileSync(join(rig.dir, "documentum.jsonl"), "utf8").should.match(/dmr_containment/);
  });
});
