import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { hrefOf, JSON_TYPE, type Json, type Link, LR, Rig } from "./documentum-rig.ts";

const FILE = join(import.meta.dirname, "../../../shared/wire/openapi/documentum-20.4.yaml");

/** wire/documentum.md section 25: missing from the vendor's file although real. */
const REAL_ALTHOUGH_MISSING = [
  "GET /services",
  "GET /product-info",
  "GET /logout",
  "PUT /repositories/{}/objects/{}/lock",
  "DELETE /repositories/{}/objects/{}/lock",
  "GET /repositories/{}/objects/{}/versions",
  "POST /repositories/{}/objects/{}/versions",
  "POST /repositories/{}/folders/{}/documents",
  "POST /repositories/{}/folders/{}/objects",
  "GET /repositories/{}/objects/{}/comments/{}/replies",
  "GET /repositories/{}/objects/{}/lifecycle",
  "PUT /repositories/{}/objects/{}/lifecycle",
  "DELETE /repositories/{}/objects/{}/lifecycle",
  ...["promotion", "demotion", "suspension", "resumption"].map((one) => `PUT /repositories/{}/objects/{}/lifecycle/${one}`),
];
/** Relations without prefix on the wire, and those the captures spell otherwise than the vendor's file (sections 6 and 26). */
const SHORT =
  "about self edit canonical parent contents enclosure edit-media version-history predecessor-version next previous first last".split(" ");
/** wire/documentum.md section 26, where it has more than the vendor's file. */
const SPELT_OTHERWISE = (
  "checkin-branch dql search cabinet promotion demotion suspension resumption lifecycles search-execution saved-search-results " +
  "virtual-document-component comments replies inbox-item work-item workflow-template workflows task-packages"
).split(" ");
/** Relations that are for POST, PUT or DELETE only. */
const NOT_FOR_GET =
  "batches archived-contents assist-values promotion demotion suspension resumption delete materialize dematerialize delete-documents delete-note"
    .split(" ")
    .map((rel) => LR + rel);

interface Description {
  paths: Record<string, Record<string, { responses: Record<string, { links?: Record<string, unknown> }> }>>;
}

describe("documentum stand-in: what it serves, against the vendor's description", () => {
  let rig: Rig;
  before(async () => {
    rig = await new Rig("dmadmin").start();
  });
  after(() => rig.stop());

  /** Every link met on a walk from the entry, with objects in all the states that change links. */
  async function walk(): Promise<Link[]> {
    const temp = await rig.folderId("/Temp");
    const id = await rig.document(temp, "walked");
    await rig.call("POST", `/objects/${id}/contents?primary=false`, { body: "<p>", headers: { "Content-Type": "text/html" } });
    await rig.call("PUT", `/objects/${id}/lock`);
    const locked = await rig.get(`/objects/${id}`);
    const checkedIn = await rig.post(`/objects/${id}/versions?object-id=${id}&version-policy=next-minor`, { properties: {} });
    const next = checkedIn.body.properties.r_object_id;
    const lifecycle = hrefOf((await rig.get(`/lifecycles?object-id=${next}`)).body.entries?.[0] as Json, "edit") as string;
    await rig.call("PUT", `/objects/${next}/lifecycle`, {
      body: JSON.stringify({ "lifecycle-id": lifecycle.split("/").at(-1) }),
      headers: { "Content-Type": JSON_TYPE },
    });
    await rig.post(`/objects/${next}/aspects`, { aspects: ["dm_annotatable"] });
    rig.set("cce", true);
    const shared = await rig.document(temp, "shared", "x", { r_object_type: "demo_shared_notice", keywords: ["walk"] });
    await rig.post(`/objects/${shared}/lw-objects`, { properties: { object_name: "light" } });
    await rig.post(`/objects/${next}/vd-nodes`, { href: `${rig.repository}/objects/${shared}` });
    await rig.post(`/snapshots?object-id=${next}`, { properties: { object_name: "snapshot" } });
    await rig.post("/registered-audit-events", { properties: { event: "dm_save" } });
    await rig.post(`/objects/${next}`, { properties: { acl_name: "demo_open", acl_domain: "dmadmin" } });
    await rig.post(`/objects/${next}/comments`, { "content-value": "walked by" });
    const saved = await rig.post("/saved-searches", { properties: { object_name: "saved" }, "query-document": "{}" });
    await rig.call("PUT", hrefOf(saved.body, "saved-search-results") as string);
    const template = (await rig.get("/workflow-templates")).body.entries?.find(({ title }) => title === "demo_review") as Json;
    await rig.post("/workflows", { href: hrefOf(template, "edit"), "object-ids": [next], note: { text: "n" } });
    await rig.post("/relations", { properties: { relation_name: "demo_related", parent_id: next, child_id: id } });
    const seen = new Map<string, Link>();
    const queue = [`${rig.ctx}/repositories`, `${rig.repository}/objects/${next}`, lifecycle, `${rig.repository}/types/demo_statement`];
    const note = (links: Link[] = []): void => {
      for (const link of links) {
        const address = link.href ?? link.hreftemplate;
        if (address && !seen.has(`${link.rel} ${address}`)) {
          seen.set(`${link.rel} ${address}`, link);
          if (link.href && !NOT_FOR_GET.includes(link.rel) && !/lock$|versions\?|ACS/.test(link.href)) queue.push(link.href);
        }
      }
    };
    note(locked.body.links);
    const visited = new Set<string>();
    for (let address = queue.shift(); address; address = queue.shift()) {
      if (visited.has(address)) continue;
      visited.add(address);
      const answer = await rig.get(address);
      // Where an object gets its lifecycle or its first content: until then nothing is there.
      if (answer.status === 404 && /\/lifecycle$|\/contents\/content$/.test(address)) continue;
      if (answer.status !== 200) throw new Error(`${address} is linked but answers ${answer.status}`);
      note(answer.body.links);
      for (const entry of answer.body.entries ?? []) {
        note(entry.links);
        if (entry.content?.src) note([{ rel: "edit", href: entry.content.src }]);
      }
    }
    return [...seen.values()];
  }

  it("serves every address it links to, and links no relation or path the vendor does not have", async function () {
    this.timeout(60_000);
    const links = await walk();
    links.length.should.be.above(100);
    if (!existsSync(FILE)) {
      console.log("      the vendor's OpenAPI file is not here: only reachability was checked");
      return;
    }
    const description = parse(readFileSync(FILE, "utf8")) as Description;
    const paths = new Set<string>(REAL_ALTHOUGH_MISSING.map((one) => one.split(" ")[1] as string));
    const relations = new Set([...SHORT, ...SPELT_OTHERWISE.map((one) => LR + one)]);
    for (const [path, operations] of Object.entries(description.paths)) {
      paths.add(path.replace(/\{[^}]+\}/g, "{}"));
      for (const { responses } of Object.values(operations)) {
        for (const { links: found } of Object.values(responses)) for (const rel of Object.keys(found ?? {})) relations.add(rel);
      }
    }
    for (const { rel, href, hreftemplate } of links) {
      if (!relations.has(rel)) throw new Error(`the relation ${rel} is not the vendor's`);
      const [path = ""] = (href ?? hreftemplate ?? "").slice(rig.ctx.length).split(/[?{]/);
      if ((href ?? "").includes("/ACS/")) continue;
      const known = [...paths].some((one) => new RegExp(`^${one.replaceAll("{}", "[^/]+")}$`).test(path));
      if (!known) throw new Error(`the path ${path} is not the vendor's`);
    }
  });

  it("has an operation for those of the vendor's description, with these exceptions", async () => {
    if (!existsSync(FILE)) return;
    const { paths } = parse(readFileSync(FILE, "utf8")) as Description;
    const missing: string[] = [];
    let served = 0;
    for (const [path, operations] of Object.entries(paths)) {
      const address = rig.ctx + path.replace("{repositoryName}", "demo").replace(/\{[^}]+\}/g, "0800000000000000");
      for (const method of Object.keys(operations).map((name) => name.toUpperCase())) {
        if (!["GET", "POST", "PUT", "DELETE"].includes(method)) continue;
        const answer = await rig.call(method, address, method === "GET" ? {} : { body: "x", headers: { "Content-Type": "text/csv" } });
        const absent = answer.status === 405 || (answer.status === 404 && answer.body.message?.startsWith("The requested resource"));
        if (absent) missing.push(`${method} ${path.replace("/repositories/{repositoryName}", "{R}")}`);
        else served += 1;
      }
    }
    console.log(`      ${served} of ${served + missing.length} operations are served`);
    missing.should.eql([]);
  });

  it("answers the statuses of the vendor's description on success", async () => {
    const temp = await rig.folderId("/Temp");
    const id = await rig.document(temp, "statuses");
    const href = `${rig.repository}/folders/${await rig.folderId("/Assets")}`;
    const headers = { "Content-Type": JSON_TYPE };
    const calls: [string, string, number, string?][] = [
      ["POST", "/cabinets", 201, '{"properties":{"object_name":"one more"}}'],
      ["POST", `/folders/${temp}/folders`, 201, '{"properties":{"object_name":"f"}}'],
      ["POST", `/objects/${id}/parent-links`, 201, JSON.stringify({ href })],
      ["DELETE", `/objects/${id}/parent-links/${temp}`, 204],
      ["POST", `/objects/${id}`, 200, '{"properties":{"title":"t"}}'],
      ["POST", "/acls", 201, '{"properties":{"object_name":"an acl"}}'],
      ["GET", `/objects/${id}/permission-set`, 200],
      ["GET", "/checked-out-objects", 200],
      ["DELETE", `/objects/${id}`, 204],
    ];
    for (const [method, path, status, body] of calls) {
      const answer = await rig.call(method, path, { body, headers: body ? headers : {} });
      if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} instead of ${status}`);
    }
  });
});
