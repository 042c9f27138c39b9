import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { mountDocumentum } from "../../dist/sandbox/documentum/mount.js";
import { SandboxApp } from "../../dist/sandbox/kernel/app.js";
import { hrefOf, identity, type Json, LR, Rig } from "./documentum-rig.ts";

interface AttributeJson {
  name: string;
  type: string;
  length: number;
  repeating: boolean;
  required: boolean;
  readonly: boolean;
  "value-assist"?: object[];
}

describe("documentum stand-in: types and formats", () => {
  let rig: Rig;
  before(async () => {
    rig = await new Rig().start();
  });
  after(() => rig.stop());

  const attributesOf = (body: Json): AttributeJson[] => body.properties as unknown as AttributeJson[];

  it("lists the types by name", async () => {
    const { body } = await rig.get("/types");
    const titles = (body.entries ?? []).map(({ title }) => title);
    titles.should.containDeep(["dm_sysobject", "dm_document", "dm_folder", "dm_cabinet", "demo_record", "demo_statement", "demo_asset"]);
    const entry = (body.entries ?? []).find(({ title }) => title === "demo_statement");
    should(hrefOf(entry as never, "edit")).equal(`${rig.repository}/types/demo_statement`);
    const below = async (more: string) =>
      ((await rig.get(`/types?parent-type=dm_document${more}`)).body.entries ?? []).map(({ title }) => title);
    (await below("")).should.eql(["demo_record", "demo_asset", "demo_shared_notice"]);
    (await below("&recursive=true")).should.eql(["demo_record", "demo_statement", "demo_asset", "demo_shared_notice", "demo_light_notice"]);
    (await rig.get("/types?filter=type_category=8")).body.should.not.have.property("entries");
  });

  it("defines demo_statement with its own and its inherited attributes", async () => {
    const { body } = await rig.get("/types/demo_statement");
    body.should.have.properties({ name: "demo_statement", label: "Customer Statement", parent: "demo_record" });
    should(hrefOf(body, "parent")).equal(`${rig.repository}/types/demo_record`);
    const byName = new Map(attributesOf(body).map((attribute) => [attribute.name, attribute]));
    const expected: Record<string, Partial<AttributeJson>> = {
      customer_number: { type: "string", length: 32, required: true, repeating: false, readonly: false },
      statement_date: { type: "date" },
      total_amount: { type: "double" },
      pages: { type: "integer" },
      tags: { type: "string", length: 64, repeating: true },
      is_final: { type: "boolean" },
      docbridge_key: { type: "string", length: 64 },
      object_name: { type: "string", length: 255 },
      i_retainer_id: { type: "id", repeating: true, readonly: true },
    };
    for (const [name, members] of Object.entries(expected)) should(byName.get(name)).have.properties(members);
    const own = attributesOf((await rig.get("/types/demo_statement?inherited=false")).body).map(({ name }) => name);
    own.should.eql(
      "customer_number account_number document_type statement_date total_amount pages job_id channel template_version tags is_final".split(
        " ",
      ),
    );
    (await rig.get("/types/no_type")).status.should.equal(404);
  });

  it("gives value assistance in the definition on demand, and by its link", async () => {
    const { body } = await rig.get("/types/demo_statement?include-value-assist=true");
    const attribute = attributesOf(body).find(({ name }) => name === "document_type");
    should(attribute?.["value-assist"]).eql([
      { type: "fixed-list", "allow-user-values": false, values: ["statement", "letter", "invoice", "notice", "policy"] },
    ]);
    const plain = attributesOf((await rig.get("/types/demo_statement")).body).find(({ name }) => name === "document_type");
    should(plain).not.have.property("value-assist");
    const link = body.links.find(({ rel }) => rel === `${LR}assist-values`)?.href as string;
    const answer = await rig.post(link, { properties: {} });
    answer.status.should.equal(200);
    const assisted = answer.body.properties.document_type as { "allow-user-values": boolean; values: object[] };
    assisted["allow-user-values"].should.equal(false);
    assisted.values.should.containDeep([{ value: "invoice", label: "Invoice" }]).and.have.length(5);
    (await rig.post("/types/demo_statement/assist-values?included-properties=nothing", { properties: {} })).body.code.should.equal(
      "E_INVALID_ATTR_NAME",
    );
  });

  it("assists with values that depend on another attribute, and says when that one is missing", async () => {
    const assist = (properties: object) => rig.post("/types/demo_case/assist-values?included-properties=office", { properties });
    const values = async (region: string): Promise<unknown[]> => {
      const answer = await assist({ region });
      return (answer.body.properties.office as { values: { value: string }[] }).values.map(({ value }) => value);
    };
    (await values("north")).should.eql(["Hamburg", "Bremen"]);
    (await values("south")).should.eql(["Munich", "Stuttgart", "Nuremberg"]);
    (await values("nowhere")).should.eql([]);
    const lacking = await assist({});
    lacking.status.should.equal(400);
    lacking.body.code.should.equal("E_LACK_OF_DEPENDENCY_VALUES");
    lacking.body.details.should.match(/'office' depend on 'region'/);
    const { body } = await rig.get("/types/demo_case?include-value-assist=true&inherited=false");
    const office = (body.properties as unknown as Record<string, unknown>[]).find(({ name }) => name === "office");
    should(office?.dependencies).eql(["region"]);
    should(office?.["value-assist"]).eql([
      { type: "fixed-list", condition: "region = 'north'", "allow-user-values": false, values: ["Hamburg", "Bremen"] },
      { type: "fixed-list", condition: "region = 'south'", "allow-user-values": false, values: ["Munich", "Stuttgart", "Nuremberg"] },
    ]);
  });

  it("refuses values outside the assistance when a request asks for validation, by a parameter a switch names", async () => {
    const temp = await rig.folderId("/Temp");
    let number = 0;
    const create = (more: object, query = "") => {
      number += 1;
      const properties = { r_object_type: "demo_case", object_name: `case ${number}`, ...more };
      return rig.post(`/folders/${temp}/folders${query}`, { properties });
    };
    const wrong = { region: "north", office: "Munich" };
    (await create(wrong, "?validate=attrs")).status.should.equal(201);
    rig.set("validation-parameter", "validate");
    (await create(wrong)).status.should.equal(201);
    const refused = await create({ ...wrong, case_number: "1" }, "?validate=attrs");
    refused.status.should.equal(400);
    refused.body.details.should.match(/DM_VALIDATION_E_NOT_IN_LIST.*'office'/);
    (await create(wrong, "?validate=ATTRS")).body.details.should.match(/DM_VALIDATION_E_ATTR_REQUIRED.*'case_number'/);
    (await create(wrong, "?validate=modified_attrs")).body.details.should.match(/'office'/);
    const right = await create({ region: "south", office: "Munich" }, "?validate=modified_attrs");
    right.status.should.equal(201, right.text);
    const id = right.body.properties.r_object_id;
    (await rig.post(`/folders/${id}?validate=modified_attrs`, { properties: { region: "north" } })).status.should.equal(200);
    (await rig.post(`/folders/${id}?validate=obj_and_attrs`, { properties: { title: "t" } })).status.should.equal(400);
    (await rig.post(`/folders/${id}?validate=sometimes`, { properties: { title: "t" } })).status.should.equal(400);
    rig.set("validation-parameter", "");
  });

  it("links a relation type to its relations", async () => {
    const { body } = await rig.get("/relation-types/ACL%2BREPLICATION");
    should(body.properties.relation_name).equal("ACL REPLICATION");
    (await rig.get(body.links.find(({ rel }) => rel === `${LR}relations`)?.href as string)).status.should.equal(200);
  });

  it("takes types of a site on top", async () => {
    const dir = mkdtempSync(join(tmpdir(), "documentum-types-"));
    const app = new SandboxApp(dir);
    mountDocumentum(app, identity, {
      types: [{ name: "site_letter", label: "Letter", super: "demo_record", attributes: "letter_code string(4)" }],
    });
    await app.listen(0);
    const response = await fetch(`${app.origin}/dctm-rest/repositories/demo/types/site_letter?inherited=false`, {
      headers: { Authorization: rig.basic() },
    });
    const names = attributesOf((await response.json()) as Json).map(({ name }) => name);
    await app.close();
    rmSync(dir, { recursive: true });
    names.should.eql(["letter_code"]);
  });

  it("finds formats by name", async () => {
    const titles = ((await rig.get("/formats")).body.entries ?? []).map(({ title }) => title);
    titles.should.containDeep(["pdf", "html", "crtext", "xml", "json", "png", "jpeg", "binary", "unknown"]);
    const { body } = await rig.get("/formats/pdf");
    body.name.should.equal("format");
    body.properties.should.have.properties({ name: "pdf", mime_type: "application/pdf", dos_extension: "pdf", description: "Acrobat PDF" });
    (await rig.get("/formats/nothing")).status.should.equal(404);
    ((await rig.get("/formats?filter=mime_type='text/html'")).body.entries ?? []).map(({ title }) => title).should.eql(["html"]);
  });

  it("has one approved asset with HTML content", async () => {
    const [asset] = await rig.dql(
      "select r_object_id, approval_state, a_content_type from demo_asset where asset_key = 'terms-and-conditions'",
    );
    should(asset).have.properties({ approval_state: "APPROVED", a_content_type: "html" });
    const media = await rig.get(`/objects/${asset?.r_object_id}/content-media`);
    should(media.headers.get("content-type")).equal("text/html");
    media.text.should.containEql("<h1>Terms and conditions</h1>");
    ((await rig.get(`/folders/${await rig.folderId("/Assets")}/documents`)).body.entries ?? [])
      .map(({ title }) => title)
      .should.eql(["terms-and-conditions"]);
  });

  it("searches by words when the engine is available", async () => {
    const temp = await rig.folderId("/Temp");
    const id = await rig.document(temp, "Quarterly report", "x", { keywords: ["finance"] });
    const { body } = await rig.get("/search?q=FINANCE quarterly&inline=true");
    (body.entries ?? []).length.should.equal(1);
    should(body.entries?.[0]?.content.properties.r_object_id).equal(id);
    should(body.entries?.[0]?.score).be.a.String();
    (await rig.get("/search?q=nothing-like-it")).body.should.not.have.property("entries");
    rig.set("full-text", false);
    (await rig.get("/search?q=x")).status.should.equal(503);
    rig.set("full-text", true);
  });
});
