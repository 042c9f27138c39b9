import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import { hrefOf, JSON_TYPE, Rig } from "./documentum-rig.ts";

describe("documentum stand-in: restart and size", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await new Rig().start();
  });
  afterEach(() => rig.stop());

  const cabinets = async () => ((await rig.get("/cabinets")).body.entries ?? []).map(({ title }) => title);
  const log = () => join(rig.dir, "documentum.jsonl");

  it("keeps everything: objects, contents, locks, versions, paths, retention", async () => {
    const temp = await rig.folderId("/Temp");
    rig.set("retained-versions-refused", false);
    const sub = (await rig.post(`/folders/${temp}/folders`, { properties: { object_name: "kept", r_object_type: "demo_governed_folder" } }))
      .body.properties.r_object_id as string;
    const id = await rig.document(sub, "kept.txt", "kept bytes");
    await rig.call("PUT", `/objects/${id}/lock`);
    const link = hrefOf((await rig.get(`/objects/${id}`)).body, "checkin-next-minor") as string;
    const next = (await rig.post(`${link}&retain-lock=true&version-label=mine`, { properties: { title: "second" } })).body.properties
      .r_object_id;
    const before = (await rig.get(`/objects/${next}`)).text.replaceAll(rig.app.origin, "");
    await rig.restart();
    (await rig.get(`/objects/${next}`)).text.replaceAll(rig.app.origin, "").should.equal(before);
    (await rig.folderId("/Temp/kept")).should.equal(sub);
    (await rig.get(`/objects/${next}/content-media`)).text.should.equal("kept bytes");
    should((await rig.get(`/objects/${id}/versions/current`)).body.properties.r_object_id).equal(next);
  });

  it("does not seed twice, nor bring back what was deleted, nor give an id twice", async () => {
    const temp = await rig.folderId("/Temp");
    const id = await rig.document(temp, "last id");
    await rig.call("DELETE", `/objects/${id}`);
    (await rig.call("DELETE", `/cabinets/${temp}`)).status.should.equal(204);
    await rig.restart();
    (await cabinets()).should.eql(["Statements", "Assets", "System"]);
    ((await rig.get("/formats")).body.entries ?? []).filter(({ title }) => title === "pdf").length.should.equal(1);
    const again = await rig.document(await rig.folderId("/Statements"), "new id");
    (again > id).should.equal(true);
  });

  it("completes a seed that a kill cut short, and drops what belongs to no object", async () => {
    await rig.app.close();
    const lines = readFileSync(log(), "utf8").trim().split("\n");
    // Without the asset and the mark: as if killed while the asset's content was written.
    const cut = lines.findIndex((line) => JSON.parse(line).kind === "contents");
    writeFileSync(log(), `${lines.slice(0, cut + 1).join("\n")}\n{"seq":99999,"op":"put","ki`);
    // And as if a transaction was cut before its end, with its content in place.
    writeFileSync(join(rig.dir, "documentum", "060d0cb1ffffffff"), "of nothing");
    await rig.start();
    (await cabinets()).should.eql(["Temp", "Statements", "Assets", "System"]);
    (await rig.dql("select object_name from demo_asset")).should.eql([{ object_name: "terms-and-conditions" }]);
    readdirSync(join(rig.dir, "documentum")).length.should.equal(1);
  });

  it("releases a lock whose check-in was written before the kill", async () => {
    const temp = await rig.folderId("/Temp");
    const id = await rig.document(temp, "killed");
    await rig.call("PUT", `/objects/${id}/lock`);
    const lock = readFileSync(log(), "utf8")
      .trim()
      .split("\n")
      .find((line) => JSON.parse(line).kind === "locks");
    await rig.post(`/objects/${id}/versions?object-id=${id}&version-policy=next-minor`, {});
    await rig.app.close();
    appendFileSync(log(), `${lock}\n`);
    await rig.start();
    should((await rig.get(`/objects/${id}`)).body.properties.r_lock_owner).equal("");
  });

  it("looks up by key, folder path and folder id among 100,000 objects without reading them all", async function () {
    this.timeout(60_000);
    const temp = await rig.folderId("/Temp");
    const answer = await rig.post(`/folders/${temp}/documents`, {
      properties: { r_object_type: "demo_record", object_name: "one", docbridge_key: "k" },
    });
    const id = answer.body.properties.r_object_id as string;
    await rig.app.close();
    const lines = readFileSync(log(), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const model = lines.find((line) => line.id === id).value;
    const many: string[] = [];
    for (let at = 0; at < 100_000; at += 1) {
      const copy = `090d0cb1${(0xa0000000 + at).toString(16)}`;
      const values = { ...model.values, object_name: `doc ${at}`, docbridge_key: `key-${at}`, i_chronicle_id: copy };
      many.push(JSON.stringify({ seq: 1000 + at, at: "", op: "put", kind: "objects", id: copy, value: { ...model, id: copy, values } }));
    }
    appendFileSync(log(), `${many.join("\n")}\n`);
    await rig.start();
    const find = (at: number) => rig.dql(`select r_object_id, object_name from demo_record where docbridge_key = 'key-${at}'`);
    await find(0);
    await rig.folderId("/Temp");
    // What no index helps with reads all objects: the measure for those below.
    const started = performance.now();
    (await rig.dql("select count(*) as n from demo_record where object_name like 'x%'")).should.eql([{ n: 0 }]);
    const scan = performance.now() - started;
    const before = performance.now();
    for (let at = 0; at < 20; at += 1) {
      (await find(at * 4999)).should.eql([
        { r_object_id: `090d0cb1${(0xa0000000 + at * 4999).toString(16)}`, object_name: `doc ${at * 4999}` },
      ]);
      await rig.folderId("/Temp");
      (await rig.dql(`select r_object_id from demo_record where any i_folder_id = '${temp}' and docbridge_key = 'k'`)).length.should.equal(
        1,
      );
    }
    const each = (performance.now() - before) / 60;
    each.should.be.below(scan);
    const created = await rig.document(temp, "after", "x", { r_object_type: "demo_record", docbridge_key: "fresh" });
    (await rig.dql("select r_object_id from demo_record where docbridge_key = 'fresh'")).should.eql([{ r_object_id: created }]);
    const page = await rig.get(`/folders/${temp}/documents?items-per-page=2&page=3`, { Accept: JSON_TYPE });
    (page.body.entries ?? []).length.should.equal(2);
  });
});
