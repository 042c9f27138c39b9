import should from "should";
import { parseFilter } from "../../dist/sandbox/cms/filter.js";
import { InstanceStore } from "../../dist/sandbox/cms/instance-store.js";
import type { Instance } from "../../dist/sandbox/cms/model.js";
import { Store } from "../../dist/sandbox/kernel/store.js";
import { CmsKit, keysOf, refused } from "./cms-support.ts";
import { type Json, list, type Reply, replayed, startWorld, type World } from "./platform-support.ts";

describe("sandbox CMS lists", () => {
  let world: World;
  let kit: CmsKit;

  before(async () => {
    world = await startWorld();
    kit = await CmsKit.open(world);
  });
  after(() => world.stop());

  before(async () => {
    for (let index = 0; index < 25; index += 1) {
      const number = String(index).padStart(2, "0");
      const properties = {
        docbridge_key: `list-${number}`,
        customer_number: `L${index % 3}`,
        pages: index,
        job_id: "list-job",
        tags: [`t${index % 2}`],
      };
      await kit.create(properties, { name: `Letter ${number} o'clock "A"` });
    }
  });

  it("leaves _embedded out when nothing matches (M2)", async () => {
    const got = await kit.get(`${kit.statements}?filter=${encodeURIComponent("docbridge_key eq 'none'")}&include-total=true`);
    should(got.status).equal(200);
    should(Object.keys(got.json)).eql(["_links", "page", "itemsPerPage", "total"]);
    should(got.json.total).equal(0);
  });

  it("pages, sorts and counts", async () => {
    const page = (more: string): Promise<Reply> =>
      kit.get(`${kit.statements}?filter=${encodeURIComponent("job_id eq 'list-job'")}&${more}`);
    const first = await page("");
    should(first.json).containEql({ page: 1, itemsPerPage: 10 });
    should(first.json).not.have.property("total");
    should(list(first.json._embedded?.collection)).have.length(10);
    should(first.json._links).have.property("next").and.not.have.property("previous");
    const sorted = await page(`sortby=${encodeURIComponent("pages desc")}&page=3&items-per-page=10&include-total=true`);
    should(keysOf(list(sorted.json._embedded?.collection))).eql(["list-04", "list-03", "list-02", "list-01", "list-00"]);
    should(sorted.json.total).equal(25);
    should(sorted.json._links).not.have.property("next");
    const seen: unknown[] = [];
    for (let url = String(first.json._links?.self?.href); url !== "undefined"; ) {
      const { json } = await kit.get(url);
      seen.push(...keysOf(list(json._embedded?.collection)));
      url = String(json._links?.next?.href);
    }
    should(seen).eql(Array.from({ length: 25 }, (_, index) => `list-${String(index).padStart(2, "0")}`));
    const two = await page(`sortby=${encodeURIComponent("customer_number desc, pages asc")}&items-per-page=2`);
    should(keysOf(list(two.json._embedded?.collection))).eql(["list-02", "list-05"]);
    for (const bad of ["page=0", "items-per-page=x", `sortby=${encodeURIComponent("pages downwards")}`, "sortby=unknown"]) {
      refused(await page(bad), 400);
    }
  });

  it("understands the filter grammar of the clients", async () => {
    const cases: [filter: string, count: number][] = [
      ["docbridge_key eq 'list-07'", 1],
      ['docbridge_key eq "list-07"', 1],
      ["docbridge_key='list-07'", 1],
      ["docbridge_key=('list-01','list-02','nothing')", 2],
      ["docbridge_key eq 'list-01' or docbridge_key eq 'list-02'", 2],
      ["job_id eq 'list-job' and pages eq 7", 1],
      ["job_id eq 'list-job' and pages eq '7'", 1],
      ["job_id eq 'list-job' and pages eq '7.0'", 1],
      ["job_id eq 'list-job' and pages ne 7", 24],
      ["job_id eq 'list-job' and (pages eq 1 or pages eq 2) and latest eq 'true'", 2],
      ["pages eq 1 or pages eq 2 and job_id eq 'nothing'", 1],
      ["job_id eq 'list-job' and (latest eq 'false' or latest eq 'true')", 25],
      ["job_id eq 'list-job' and tags eq 't1'", 12],
      ["LOWER(name) like '%o''clock%'", 25],
      ["LOWER(name) like 'letter 0_ %'", 10],
      ["name like 'letter%'", 0],
      [`name eq 'Letter 03 o''clock "A"'`, 1],
      [`name eq "Letter 03 o'clock ""A"""`, 1],
      ["LOWER(docbridge_key) eq 'list-07'", 1],
      ["job_id EQ 'list-job' AND category eq 'file'", 25],
      ["type like 'def_st%' and job_id eq 'list-job'", 25],
      ["docbridge_key like 'list-1%'", 10],
      ["job_id eq 'list-job' and created_by eq 'docbridge@OAuthClients'", 25],
    ];
    for (const [filter, count] of cases) should(await kit.find(filter, "&items-per-page=100")).have.length(count, filter);
  });

  it("refuses filters it cannot read", async () => {
    const bad = [
      "docbridge_key",
      "docbridge_key eq",
      "docbridge_key eq list-07",
      "docbridge_key gt 'a'",
      "docbridge_key eq 'a",
      "(docbridge_key eq 'a'",
      "docbridge_key eq 'a')",
      "docbridge_key eq 'a' and",
      "docbridge_key eq ('a' 'b')",
      "docbridge_key eq 'a'; drop",
      "unknown_one eq 'a'",
      "series eq 'a'",
    ];
    for (const filter of bad) refused(await kit.get(`${kit.statements}?filter=${encodeURIComponent(filter)}`), 400);
  });

  it("looks across categories by id", async () => {
    const made = await kit.create();
    const rows = await kit.find(`id=('${made.id}','${kit.root.id}','unknown')`, "", `${kit.base}/instances/any/cms_any`);
    should(rows.map((row) => row.id).sort()).eql([made.id, kit.root.id].sort());
    should(await kit.find(`id=('${kit.root.id}')`)).be.empty();
    should(await kit.find("name eq 'Statements'", "", `${kit.base}/instances/folder/cms_folder`)).have.length(1);
  });

  it("reads only the holders of a value when a filter asks for one", async () => {
    const store = new Store(world.dir, "index-probe");
    const instances = new InstanceStore(store);
    for (let index = 0; index < 3000; index += 1) instances.put(probe(index));
    const types = new Set(["t"]);
    const read = (filter: string): number => [...instances.candidates(types, parseFilter(filter))].length;
    should(read("key eq 'k-1234'")).equal(1);
    should(read("key eq 'k-1234' and latest eq 'true'")).equal(1);
    should(read("latest eq 'true' and (key = 'k-1' or key = 'k-2')")).equal(2);
    should(read("(group eq 1 or group eq 2) and key=('k-1','k-2','k-3')")).equal(3);
    should(read("group eq '1'")).equal(300);
    should(read("group eq '1.0'")).equal(300);
    should(read("name like '%7%'")).equal(3000);
    should(read("key eq 'k-1' or name like '%7%'")).equal(3000);
    store.close();
  });

  it("follows changes of values in its index", async () => {
    const made = await kit.create({ docbridge_key: "before" });
    await world.call("PATCH", kit.one(made.id), { properties: { docbridge_key: "after" } });
    should(await kit.find("docbridge_key eq 'before'")).be.empty();
    should(await kit.find("docbridge_key eq 'after'")).have.length(1);
    await world.call("DELETE", kit.one(made.id));
    should(await kit.find("docbridge_key eq 'after'")).be.empty();
  });

  it("has the same state, index and order after a restart", async () => {
    const made = await kit.create({ docbridge_key: "kept" }, { traits: { def_integrity: { content: { bytes: 5 } } } });
    const rows = await kit.find("job_id eq 'list-job'", "&items-per-page=100");
    should(rows).have.length(25);
    const before = { made: (await kit.get(kit.one(made.id))).json, keys: keysOf(rows) };
    const portless = (json: Json): unknown => JSON.parse(JSON.stringify(json).replaceAll(world.description.origin, "http://here"));
    const shown = portless(before.made);
    await world.restart();
    should(portless((await kit.get(kit.one(made.id))).json)).eql(shown);
    should(keysOf(await kit.find("docbridge_key eq 'kept'"))).eql(["kept"]);
    should(keysOf(await kit.find("job_id eq 'list-job'", "&items-per-page=100"))).eql(before.keys);
    should(await kit.find("asset_key eq 'logo'", "", `${kit.base}/instances/file/def_asset`)).have.length(1);
    const record = replayed(world.dir, "cms").get("instance")?.get(String(made.id));
    should(record?.properties).eql({ customer_number: "C1", docbridge_key: "kept" });
  });
});

/** An instance with no more than the store looks at. */
function probe(index: number): Instance {
  const id = `i-${index}`;
  const properties = { key: `k-${index}`, group: index % 10 };
  return {
    id,
    series: id,
    name: `n ${index}`,
    type: "t",
    parent_folder_id: null,
    linked_parent_folder_ids: [],
    properties,
  } as unknown as Instance;
}
