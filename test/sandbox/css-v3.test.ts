import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import should from "should";
import { type Json, list, multipart, type Reply, replayed, startWorld, type World } from "./platform-support.ts";

const PDF = randomBytes(70_000);
const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex").toUpperCase();
describe("sandbox CSS v3 and faults", () => {
  let world: World;
  let css: string;

  before(async () => {
    world = await startWorld();
    css = world.description.css.baseUrl;
  });
  after(() => world.stop());
  afterEach(async () => {
    await world.setFaults([]);
    await world.setSwitches({ "css.content-disposition": false, "css.ranges": true, "css.allow-delete": false, "css.upload-parts": false });
  });

  const raw = (url: string, bytes: Buffer, type: string): Promise<Reply> => world.call("POST", url, bytes, { "Content-Type": type });
  const upload = async (bytes = PDF, type = "application/pdf"): Promise<Json> => {
    const got = await raw(`${css}/v2/content`, bytes, type);
    should(got.status).equal(201);
    return list(got.json.entries)[0] as Json;
  };
  const uploadV3 = async (bytes = PDF): Promise<Json> => {
    const got = await raw(`${css}/v3/files/fromStream`, bytes, "application/pdf");
    should(got.status).equal(201);
    return got.json;
  };

  describe("v3", () => {
    it("takes raw bodies and multipart bodies, one file each (S7)", async () => {
      const file = await uploadV3();
      should(Object.keys(file).sort()).eql(["id", "mimeType", "originalFileName", "size"]);
      should(file).containEql({ mimeType: "application/pdf", size: PDF.length });
      const one = multipart([{ name: "File", fileName: "letter.pdf", type: "application/pdf", bytes: PDF }]);
      const got = await raw(`${css}/v3/files/fromStream?tenant=demo`, one.body, one.type);
      should(got.status).equal(201);
      should(got.json.originalFileName).equal("letter.pdf");
      const two = multipart(["a", "b"].map((fileName) => ({ name: "file", fileName, type: "text/plain", bytes: PDF })));
      const before = readdirSync(join(world.dir, "css")).length;
      should((await raw(`${css}/v3/files/fromStream`, two.body, two.type)).status).equal(400);
      should(readdirSync(join(world.dir, "css")).length).equal(before);
      should((await world.call("POST", `${css}/v3/files/fromStream`)).status).equal(400);
      should((await world.call("POST", `${css}/v3/files/fromStream`, PDF, { Authorization: "" })).status).equal(401);
    });

    it("gives the object and the bytes back, under both mounts (S8)", async () => {
      const file = await uploadV3();
      for (const base of [css, world.description.origin]) {
        should((await world.call("GET", `${base}/v3/files/${file.id}`)).json).eql(file);
        const stream = await world.call("GET", `${base}/v3/files/${file.id}/stream`);
        should(stream.headers.get("content-type")).equal("application/pdf");
        should(stream.bytes.equals(PDF)).be.true();
      }
      should((await world.call("GET", `${css}/v3/files/unknown/stream`)).status).equal(404);
    });

    it("keeps the two APIs' ids apart", async () => {
      const entry = await upload();
      const file = await uploadV3();
      should((await world.call("GET", `${css}/v3/files/${entry.blobId}`)).status).equal(404);
      should((await world.call("GET", `${css}/v2/content/${file.id}`)).status).equal(404);
    });

    it("can answer 200 on create", async () => {
      await world.setSwitches({ "css.v3-create-status": 200 });
      should((await raw(`${css}/v3/files/fromStream`, PDF, "application/pdf")).status).equal(200);
      await world.setSwitches({ "css.v3-create-status": 201 });
    });

    it("merges access policies (S10)", async () => {
      const file = await uploadV3();
      const resource = `/v3/files/${file.id}`;
      const url = `${css}/v1/namespaces/files/resourceAccessPolicy?resource=${encodeURIComponent(resource)}`;
      const patch = (body: object): Promise<Reply> => world.call("PATCH", url, body, { "Content-Type": "application/merge-patch+json" });
      const roles = [{ principal: { cid: "docbridge" }, role: "resource.owner" }];
      const first = await patch({ resource, clientAccess: { roleAssignments: roles } });
      should(first.status).equal(200);
      should((await patch({ note: "x", clientAccess: { open: true } })).json).eql({
        resource,
        note: "x",
        clientAccess: { roleAssignments: roles, open: true },
      });
      should((await patch({ note: null })).json.note).be.undefined();
      should((await world.call("PATCH", url, {})).status).equal(415);
      should((await world.call("PATCH", `${css}/v1/namespaces/files/resourceAccessPolicy?resource=/v3/files/x`, {})).status).equal(404);
    });

    it("takes uploads in parts when switched on (S9)", async () => {
      const start = { originalFileName: "big.pdf", mimeType: "application/pdf", size: PDF.length };
      should((await world.call("POST", `${css}/v3/files`, start)).status).equal(404);
      await world.setSwitches({ "css.upload-parts": true });
      const made = await world.call("POST", `${css}/v3/files`, start);
      should(made.status).equal(201);
      const url = `${css}/v3/files/${made.json.id}`;
      const put = (part: number, bytes: Buffer): Promise<Reply> =>
        world.call("PUT", `${url}/parts/${part}/content`, bytes, { "Content-Type": "application/octet-stream" });
      should((await put(2, PDF.subarray(30_000))).status).equal(200);
      should((await world.call("POST", `${url}/complete`)).status).equal(409);
      should((await put(1, PDF.subarray(0, 29_999))).status).equal(200);
      should((await world.call("POST", `${url}/complete`)).status).equal(409);
      should((await put(1, PDF.subarray(0, 30_000))).status).equal(200);
      should((await world.call("GET", `${url}/parts/1/content`)).bytes.equals(PDF.subarray(0, 30_000))).be.true();
      const done = await world.call("POST", `${url}/complete`);
      should(done.status).equal(200);
      should(done.json).containEql({ id: made.json.id, originalFileName: "big.pdf", size: PDF.length });
      should((await world.call("GET", `${url}/stream`)).bytes.equals(PDF)).be.true();
      should((await world.call("POST", `${url}/complete`)).status).equal(409);
      should((await put(3, PDF)).status).equal(409);
    });
  });

  describe("faults", () => {
    const damaged = async (kind: string, big: boolean): Promise<{ sent: Buffer; stored: Buffer; entry: Json }> => {
      const sent = big ? randomBytes(900_000) : PDF;
      await world.setFaults([{ kind, service: "css", method: "POST", times: 1 }]);
      const entry = await upload(sent);
      return { sent, entry, stored: (await world.call("GET", `${css}/v2/content/${entry.id}/download`)).bytes };
    };

    for (const big of [false, true]) {
      it(`flip: the reply has the checksum of what came in, only the read-back differs (${big ? "large" : "small"})`, async () => {
        const { sent, stored, entry } = await damaged("flip", big);
        should(entry.properties?.MD5).equal(md5(sent));
        should(stored.length).equal(sent.length);
        should(sent.filter((byte, index) => byte !== stored[index]).length).equal(1);
      });

      it(`truncate: the last byte is lost after the reply's size was counted (${big ? "large" : "small"})`, async () => {
        const { sent, stored, entry } = await damaged("truncate", big);
        should(entry.size).equal(sent.length);
        should(stored.equals(sent.subarray(0, -1))).be.true();
      });
    }

    it("an upload that breaks off leaves neither record nor file", async () => {
      const records = (): number => replayed(world.dir, "css").get("content")?.size ?? 0;
      const files = (): string[] => readdirSync(join(world.dir, "css")).sort();
      const before = { records: records(), files: files() };
      const { body, type } = multipart([
        { name: "file", fileName: "whole.bin", bytes: randomBytes(300_000) },
        { name: "file", fileName: "cut.bin", bytes: randomBytes(900_000) },
      ]);
      const underWay = (name: string): boolean => name.endsWith(".part");
      // Cut when a part is on disk already; of the multipart body, when its first file is even whole.
      await breakOff(
        type,
        body.subarray(0, 800_000),
        body.length,
        () => files().some(underWay) && files().length === before.files.length + 2,
      );
      await waitFor(() => files().length === before.files.length);
      await breakOff("application/pdf", body.subarray(0, 800_000), body.length, () => files().some(underWay));
      await waitFor(() => files().length === before.files.length);
      should(records()).equal(before.records);
      should(files()).eql(before.files);
    });
  });

  /** Uploads less than it announced, and cuts the connection as soon as the condition holds. */
  async function breakOff(type: string, sent: Buffer, announced: number, condition: () => boolean): Promise<void> {
    const headers = { Authorization: `Bearer ${world.token}`, "Content-Type": type, "Content-Length": announced };
    const cut = request(`${css}/v2/content`, { method: "POST", headers });
    const broken = once(cut, "error");
    cut.write(sent);
    await waitFor(condition);
    cut.destroy(new Error("cut by the test"));
    await should(broken).be.fulfilled();
  }
});

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}
