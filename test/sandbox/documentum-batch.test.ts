import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import { type Answer, hrefOf, JSON_TYPE, Rig } from "./documentum-rig.ts";

interface Operation {
  id: string;
  state: string;
  started?: string;
  finished?: string;
  request?: unknown;
  response?: { status: number; headers: { name: string; value: string }[]; entity: string };
}

const ACCEPT = { name: "Accept", value: JSON_TYPE };
const CONTENT = { name: "Content-Type", value: JSON_TYPE };

describe("documentum stand-in: batches", () => {
  let rig: Rig;
  let temp: string;
  before(async () => {
    rig = await new Rig().start();
    temp = await rig.folderId("/Temp");
  });
  after(() => rig.stop());

  const create = (id: string, name: string, more: object = {}): object => ({
    id,
    request: {
      method: "POST",
      uri: `${rig.repository}/folders/${temp}/documents`,
      headers: [ACCEPT, CONTENT],
      entity: JSON.stringify({ properties: { object_name: name } }),
      ...more,
    },
  });
  const submit = (operations: object[], more: object = {}): Promise<Answer> => rig.post("/batches", { operations, ...more });
  const operationsOf = (answer: Answer): Operation[] => answer.body.operations as Operation[];
  const names = async (like: string): Promise<unknown[]> =>
    (await rig.dql(`select object_name from dm_document where object_name like '${like}'`)).map(({ object_name }) => object_name);

  /** The bytes that official clients send (21.3): bare Content-IDs, every part a form-data disposition. */
  function related(batch: object, parts: Record<string, { type?: string; body: string | Buffer }>, start = "batch"): Promise<Answer> {
    const boundary = "Part_1_77";
    const head = (lines: string[]): Buffer => Buffer.from(`--${boundary}\r\n${lines.join("\r\n")}\r\n\r\n`);
    const chunks: Buffer[] = [
      head([
        `Content-Type: application/jop+json;type="${JSON_TYPE}"`,
        `Content-ID: ${start}`,
        `Content-Disposition: form-data; name=${start}`,
      ]),
      Buffer.from(`${JSON.stringify(batch)}\r\n`),
    ];
    for (const [id, { type, body }] of Object.entries(parts)) {
      const lines = [`Content-ID: ${id}`, `Content-Disposition: form-data; name=${id}`];
      chunks.push(head(type ? [`Content-Type: ${type}`, ...lines] : lines), Buffer.from(body), Buffer.from("\r\n"));
    }
    chunks.push(Buffer.from(`--${boundary}--\r\n`));
    const type = `multipart/related;type="application/jop+json";start="${start}";start-info="${JSON_TYPE}";boundary="${boundary}"`;
    return rig.call("POST", "/batches", { body: Buffer.concat(chunks), headers: { "Content-Type": type } });
  }

  it("is linked from the repository and says what it can", async () => {
    const { body } = await rig.get("");
    should(hrefOf(body, "batches")).equal(`${rig.repository}/batches`);
    const capabilities = await rig.get(hrefOf(body, "batch-capabilities") as string);
    capabilities.status.should.equal(200);
    capabilities.body.should.have.properties({ transactions: "both", sequence: "both", "on-error": "both" });
    (capabilities.body["batchable-resources"] as string[]).should.containEql("folder-child-documents");
    (capabilities.body["non-batchable-resources"] as string[]).should.containEql("content-media");
  });

  it("carries out every operation and answers each with its status, headers and entity", async () => {
    const relative = { uri: `/repositories/demo/folders/${temp}/documents?view=object_name` };
    const again = await submit(
      [create("op1", "b-one"), create("op2", "b-two", relative), create("op3", "b-three", { headers: undefined })],
      {
        description: "two",
        "return-request": true,
      },
    );
    again.status.should.equal(201, again.text);
    should(again.headers.get("location")).startWith(`${rig.repository}/batches/`);
    again.body.should.have.properties({
      description: "two",
      transactional: true,
      sequential: true,
      "on-error": "FAIL",
      state: "FINISHED",
      substate: "FINISHED",
      owner: "demo",
    });
    const [first, second] = operationsOf(again) as [Operation, Operation];
    first.should.have.properties({ id: "op1", state: "FINISHED" });
    should(first.request).eql((create("op1", "b-one") as { request: unknown }).request);
    should(first.response?.status).equal(201);
    const entity = JSON.parse(first.response?.entity ?? "") as { properties: Record<string, unknown> };
    entity.properties.should.have.properties({ object_name: "b-one", i_folder_id: [temp] });
    const location = first.response?.headers.find(({ name }) => name === "Location")?.value;
    should(location).equal(`${rig.repository}/documents/${entity.properties.r_object_id}`);
    (await rig.get(location as string)).status.should.equal(200);
    should(JSON.parse(second.response?.entity ?? "").properties).eql({ object_name: "b-two" });
    (await names("b-%")).should.eql(["b-one", "b-two", "b-three"]);
  });

  it("takes a transactional batch back as a whole, on disk too, and answers with the error of the operation", async () => {
    const victim = await rig.document(temp, "t-victim", "stays");
    const before = (await rig.get(`/objects/${victim}`)).body.properties;
    const files = readdirSync(join(rig.dir, "documentum")).sort();
    const log = readFileSync(join(rig.dir, "documentum.jsonl"), "utf8");
    const answer = await related(
      {
        operations: [
          create("op1", "t-one"),
          { id: "op2", request: { method: "DELETE", uri: `${rig.repository}/objects/${victim}` } },
          create("op3", "t-three", { attachments: [{ Include: { href: "cid:aa-1" } }] }),
          create("op4", "t-four", { entity: '{"properties":{"no_such_attribute":1}}' }),
        ],
      },
      { "aa-1": { type: "text/plain", body: "content" } },
    );
    answer.status.should.equal(400);
    answer.body.should.have.properties({ status: 400, code: "E_INVALID_ATTR_NAME" });
    answer.body.details.should.match(/DM_API_E_BADATTRNAME/);
    (await names("t-%")).should.eql(["t-victim"]);
    should((await rig.get(`/objects/${victim}`)).body.properties).eql(before);
    (await rig.get(`/objects/${victim}/content-media`)).text.should.equal("stays");
    readdirSync(join(rig.dir, "documentum")).sort().should.eql(files);
    const lines = readFileSync(join(rig.dir, "documentum.jsonl"), "utf8").slice(log.length).split("\n").filter(Boolean);
    lines.filter((line) => JSON.parse(line).kind !== "meta").should.eql([]);
    rig.set("batch-failure-status", 500);
    (await submit([create("op1", "t-five", { entity: "{" })])).status.should.equal(500);
    rig.set("batch-failure-status", 0);
  });

  it("sees in a later operation what an earlier one did, and takes folders, links and locks back", async () => {
    const id = await rig.document(temp, "s-doc");
    const assets = await rig.folderId("/Assets");
    const at = (method: string, path: string, entity?: object): object => ({
      id: `${method} ${path}`,
      request: {
        method,
        uri: rig.repository + path,
        headers: entity ? [CONTENT] : [],
        ...(entity ? { entity: JSON.stringify(entity) } : {}),
      },
    });
    const work = [
      at("PUT", `/objects/${id}/lock`),
      at("POST", `/objects/${id}/versions?object-id=${id}&version-policy=next-minor`, { properties: { title: "in batch" } }),
      at("POST", `/objects/${id}/parent-links`, { href: `${rig.repository}/folders/${assets}` }),
      at("POST", `/folders/${temp}/folders`, { properties: { object_name: "s-folder" } }),
      at("GET", `?dql=${encodeURIComponent("select r_object_id from dm_folder where any r_folder_path='/Temp/s-folder'")}`),
    ];
    (await submit([...work, at("POST", `/folders/${temp}/folders`, { properties: { object_name: "s-folder" } })])).status.should.equal(400);
    (await rig.get(`/objects/${id}/versions`)).body.entries?.length.should.equal(1);
    should(hrefOf((await rig.get(`/objects/${id}`)).body, "checkout")).be.ok();
    (await rig.dql("select r_object_id from dm_folder where any r_folder_path='/Temp/s-folder'")).should.eql([]);
    const answer = await submit(work);
    answer.status.should.equal(201, answer.text);
    const query = operationsOf(answer).at(-1);
    should((JSON.parse(query?.response?.entity ?? "") as { entries: unknown[] }).entries.length).equal(1);
    (await rig.get(`/objects/${id}/versions`)).body.entries?.length.should.equal(2);
  });

  it("stops at a failure with FAIL, goes on with CONTINUE, when it is not transactional", async () => {
    const bad = create("op2", "n-bad", { entity: '{"properties":{"pages":"x"}}' });
    const stopped = await submit([create("op1", "n-one"), bad, create("op3", "n-three")], { transactional: false });
    stopped.status.should.equal(201);
    should(stopped.body.state).equal("FAILED");
    operationsOf(stopped)
      .map(({ state, response }) => [state, response?.status])
      .should.eql([
        ["FINISHED", 201],
        ["FAILED", 400],
        ["HALTED", undefined],
      ]);
    const failed = JSON.parse(operationsOf(stopped)[1]?.response?.entity ?? "") as Record<string, unknown>;
    failed.should.have.properties({ status: 400, code: "E_INVALID_ATTR_NAME" });
    (await names("n-%")).should.eql(["n-one"]);
    const went = await submit([bad, create("op3", "n-three")], { transactional: false, "on-error": "CONTINUE" });
    should(went.body.state).equal("FINISHED_WITH_ERROR");
    (await names("n-%")).should.eql(["n-one", "n-three"]);
  });

  it("creates 200 documents with content in one request, each with its own bytes", async () => {
    const parts: Record<string, { type: string; body: string }> = {};
    const operations = Array.from({ length: 200 }, (_one, index) => {
      parts[`458c7124-${index}`] = { type: "text/plain", body: `content ${index} `.repeat(100) };
      return create(`op${index}`, `m-${index}`, { attachments: [{ Include: { href: `cid:458c7124-${index}` } }] });
    });
    const answer = await related({ operations }, parts);
    answer.status.should.equal(201, answer.text.slice(0, 300));
    const ids = operationsOf(answer).map(({ response }) => JSON.parse(response?.entity ?? "").properties.r_object_id as string);
    new Set(ids).size.should.equal(200);
    for (const index of [0, 77, 199]) {
      const media = await rig.get(`/objects/${ids[index]}/content-media`);
      media.text.should.equal(`content ${index} `.repeat(100));
    }
    readdirSync(join(rig.dir, "documentum"))
      .filter((name) => name.endsWith(".part"))
      .should.eql([]);
  });

  it("takes attachments of 7.2, several for one object, one for several objects, and large ones", async () => {
    const large = Buffer.alloc(3 * 1024 * 1024, "large ");
    const attached = (...ids: string[]) => ({ attachments: ids.map((id) => ({ Include: { href: `cid:${id}` } })) });
    const answer = await related(
      {
        operations: [
          create("op1", "a-one", { attachment: { Include: { href: "cid:x" } } }),
          create("op2", "a-two", attached("x", "y")),
          create("op3", "a-three", attached("large")),
          {
            id: "op4",
            request: {
              method: "POST",
              uri: `${rig.repository}/objects/${await rig.document(temp, "a-four")}/contents?primary=false`,
              ...attached("y"),
            },
          },
        ],
      },
      {
        x: { type: "text/plain", body: "shared" },
        y: { type: "text/plain", body: "other" },
        large: { type: "application/pdf", body: large },
      },
      "root",
    );
    answer.status.should.equal(201, answer.text.slice(0, 500));
    const [one, two, three, four] = operationsOf(answer).map(({ response }) => JSON.parse(response?.entity ?? "").properties);
    (await rig.get(`/objects/${one.r_object_id}/content-media`)).text.should.equal("shared");
    two.should.have.properties({ r_page_cnt: 2 });
    (await rig.get(`/objects/${two.r_object_id}/content-media?page=1`)).text.should.equal("other");
    three.should.have.properties({ r_full_content_size: large.length, a_content_type: "pdf" });
    four.should.have.properties({ rendition: 2, format_name: "crtext" });
    await rig.call("DELETE", `/objects/${one.r_object_id}`);
    (await rig.get(`/objects/${two.r_object_id}/content-media`)).text.should.equal("shared");
  });

  it("checks in content that an operation carries as its entity", async () => {
    const id = await rig.document(temp, "e-doc", "first");
    await rig.call("PUT", `/objects/${id}/lock`);
    const uri = `${rig.repository}/objects/${id}/versions?object-id=${id}&version-policy=next-major`;
    const answer = await submit([
      { id: "op", request: { method: "POST", uri, headers: [{ name: "Content-Type", value: "text/plain" }], entity: "x".repeat(400_000) } },
    ]);
    answer.status.should.equal(201, answer.text.slice(0, 300));
    const { properties } = JSON.parse(operationsOf(answer)[0]?.response?.entity ?? "");
    properties.should.have.properties({ r_version_label: ["2.0", "CURRENT"], r_content_size: 400_000 });
  });

  it("keeps other requests out of a transaction, however many come at once", async () => {
    const batches = Array.from({ length: 8 }, (_one, index) =>
      submit([
        create("op1", `c-${index}-a`),
        create("op2", `c-${index}-b`),
        ...(index % 2 ? [create("op3", "c-bad", { entity: "[]" })] : []),
      ]),
    );
    const singles = Array.from({ length: 20 }, (_one, index) => rig.document(temp, `c-single-${index}`));
    const [answers] = await Promise.all([Promise.all(batches), Promise.all(singles)]);
    answers.map(({ status }) => status).should.eql([201, 400, 201, 400, 201, 400, 201, 400]);
    (await names("c-single-%")).length.should.equal(20);
    (await names("c-_-_")).sort().should.eql(["c-0-a", "c-0-b", "c-2-a", "c-2-b", "c-4-a", "c-4-b", "c-6-a", "c-6-b"]);
  });

  it("refuses what no batch can be, and leaves nothing of it", async () => {
    const get = (uri: string): object => ({ id: "g", request: { method: "GET", uri } });
    const id = await rig.document(temp, "r-doc");
    const refused: [object, RegExp][] = [
      [{ operations: [] }, /no operations/],
      [{ operations: [create("a", "r"), create("a", "r")] }, /same id/],
      [{ operations: [create("a", "r")], surprise: 1 }, /unknown member 'surprise'/],
      [{ operations: [create("a", "r")], "on-error": "MAYBE" }, /FAIL or CONTINUE/],
      [{ operations: [create("a", "r", { method: "PATCH" })] }, /method/],
      [{ operations: [create("a", "r", { entity: {} })] }, /'entity' is not a string/],
      [
        { operations: [create("a", "r", { attachments: [{ Include: { href: "cid:missing" } }] })] },
        /no part with the Content-ID 'missing'/,
      ],
      [{ operations: [get(`${rig.repository}/objects/${id}/content-media`)] }, /cannot be part of a batch/],
      [{ operations: [get(`${rig.repository}/batches`)] }, /cannot be part of a batch/],
      [{ operations: [get("/repositories/other/cabinets")] }, /not one of this repository/],
    ];
    for (const [batch, text] of refused) {
      const answer = await rig.post("/batches", batch);
      should(answer.status).equal(400, JSON.stringify(batch));
      answer.body.message.should.match(text);
    }
    (await related({ operations: [create("a", "r")] }, { unused: { body: "nothing" } })).status.should.equal(201);
    readdirSync(join(rig.dir, "documentum"))
      .filter((name) => name.endsWith(".part"))
      .should.eql([]);
    rig.set("batch-max-operations", 2);
    (await submit([create("a", "r1"), create("b", "r2"), create("c", "r3")])).body.message.should.match(/more than 2 operations/);
    rig.set("batch-max-operations", 0);
    (await rig.get(`/objects/${id}`)).status.should.equal(200);
  });

  it("has a whole transaction after a restart, and none of one whose end a kill has cut off", async () => {
    await submit([create("op1", "k-one"), create("op2", "k-two")]);
    await rig.app.close();
    const file = join(rig.dir, "documentum.jsonl");
    const log = readFileSync(file, "utf8");
    const { appendFileSync, truncateSync } = await import("node:fs");
    const last = log.trimEnd().split("\n").at(-1) as string;
    last.should.match(/k-two/);
    truncateSync(file, Buffer.byteLength(log) - Buffer.byteLength(last) - 1);
    await rig.start();
    (await names("k-%")).should.eql([]);
    await rig.app.close();
    appendFileSync(file, log.slice(readFileSync(file, "utf8").length));
    await rig.start();
    (await names("k-%")).should.eql(["k-one", "k-two"]);
  });
});
