import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import should from "should";
import { type Json, list, multipart, type Reply, replayed, startWorld, type World } from "./platform-support.ts";

const OPENAPI = join(import.meta.dirname, "../../../shared/wire/openapi/css-v2.json");
const PDF = randomBytes(70_000);
const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex").toUpperCase();
/** The standard anti-virus test file, in two halves so that no scanner minds this source. */
const TEST_VIRUS = Buffer.from(["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"].join(""));

/** Field names of wire/css.md 3.3 and 3.5. */
const ENTRY = ["id", "objectId", "mimeType", "fileName", "size", "createDate", "lastUpdated", "providerId", "tenantId"].concat([
  "subscriptionId",
  "properties",
  "renditions",
  "blobId",
  "_links",
]);
const SHARE_LINK = ["id", "issuedToken", "uri", "objectId", "serviceId", "expiry", "secured", "_links"];
const USAGE = [
  "tenantId",
  "tenantUsageSize",
  "tenantUsageUnits",
  "dateOfLastUpload",
  "createdBy",
  "createdDate",
  "modifiedBy",
  "modifiedDate",
];

describe("sandbox CSS", () => {
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

  it("takes a raw body of any media type and answers the recorded envelope (S1)", async () => {
    const got = await raw(`${css}/v2/content`, PDF, "application/pdf");
    should(got.status).equal(201);
    should(got.headers.get("content-type")).equal("application/json");
    should(Object.keys(got.json)).eql(["title", "entries"]);
    should(got.json.title).equal("/contents");
    const [entry] = list(got.json.entries) as [Json];
    should(Object.keys(entry).sort()).eql([...ENTRY].sort());
    should(entry).containEql({ objectId: "", mimeType: "application/pdf", fileName: "", size: PDF.length, tenantId: "demo" });
    should(entry.subscriptionId).be.null();
    should(entry.renditions).be.null();
    should(entry.properties).eql({ MD5: md5(PDF) });
    should(String(entry.createDate)).match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    should(Buffer.from(String(entry.id), "base64").toString()).match(new RegExp(`^r=[0-9a-f-]{36}&i=${entry.blobId}$`));
    should(entry._links?.self?.href).equal(`${css}/v2/content/${entry.id}`);
    should(entry._links?.download?.href).equal(`${css}/v2/content/${entry.id}/download`);
  });

  for (const type of ["application/json", "application/x-www-form-urlencoded", "text/html; charset=utf-8", "application/octet-stream"]) {
    it(`keeps a raw body of type ${type} as it came, whatever it looks like (S1)`, async () => {
      const bytes = Buffer.from('{"a": "b=%20&c--boundary"}\r\n\r\n');
      const entry = await upload(bytes, type);
      should(entry).containEql({ mimeType: type.split(";")[0], size: bytes.length });
      for (const id of [entry.id, encodeURIComponent(String(entry.id))]) {
        const download = await world.call("GET", `${css}/v2/content/${id}/download`);
        should(download.bytes.equals(bytes)).be.true();
      }
    });
  }

  it("takes several files in one multipart body under any part names (S1)", async () => {
    const { body, type } = multipart([
      { name: "comment", bytes: Buffer.from("not a file") },
      { name: "name", fileName: "a.pdf", type: "application/pdf", bytes: PDF },
      { name: "File", fileName: "C:\\\\Users\\\\x\\\\Übersicht 1.txt", type: "text/plain; charset=utf-8", bytes: Buffer.from("two") },
      { name: "file", fileName: "empty.bin", type: "application/octet-stream", bytes: Buffer.alloc(0) },
    ]);
    const got = await raw(`${css}/v2/tenant/demo/content`, body, type);
    should(got.status).equal(201);
    const entries = list(got.json.entries);
    should(entries.map((entry) => [entry.fileName, entry.mimeType, entry.size, entry.properties?.MD5])).eql([
      ["a.pdf", "application/pdf", PDF.length, md5(PDF)],
      ["C:\\Users\\x\\Übersicht 1.txt", "text/plain", 3, md5(Buffer.from("two"))],
      ["empty.bin", "application/octet-stream", 0, md5(Buffer.alloc(0))],
    ]);
    const download = await world.call("GET", `${css}/v2/content/${entries[0]?.id}/download`);
    should(download.bytes.equals(PDF)).be.true();
    // The name is data, never a path.
    should(readdirSync(join(world.dir, "css")).filter((name) => name.includes("bersicht"))).eql([]);
  });

  it("takes FormData as platforms send it", async () => {
    const form = new FormData();
    form.append("file", new Blob([PDF], { type: "application/pdf" }), "form.pdf");
    const got = await world.call("POST", `${world.description.origin}/v2/content`, form);
    should(got.status).equal(201);
    const [entry] = list(got.json.entries) as [Json];
    should(entry.fileName).equal("form.pdf");
    should(entry._links?.self?.href).equal(`${world.description.origin}/v2/content/${entry.id}`);
  });

  it("finds content by id with = or %3D, and by blob id (S3, S4)", async () => {
    const entry = await upload();
    should(String(entry.id)).endWith("=");
    for (const id of [entry.id, encodeURIComponent(String(entry.id)), entry.blobId]) {
      for (const base of [css, world.description.origin]) {
        const got = await world.call("GET", `${base}/v2/content/${id}`);
        should(got.status).equal(200);
        should(list(got.json.entries)[0]?.id).equal(entry.id);
        const download = await world.call("GET", `${base}/v2/content/${id}/download`);
        should(download.status).equal(200);
        should(download.headers.get("content-type")).equal("application/pdf");
        should(download.headers.get("content-disposition")).be.null();
        should(download.headers.get("content-length")).equal(String(PDF.length));
        should(download.bytes.equals(PDF)).be.true();
      }
    }
    for (const id of [String(entry.id).replace("=", ""), "nonsense", "cj0x"]) {
      should((await world.call("GET", `${css}/v2/content/${id}`)).status).equal(404);
    }
  });

  it("lets mime-type win over Accept, and Accept over the stored type", async () => {
    const { id } = await upload();
    const type = async (query: string, accept?: string): Promise<string | null> =>
      (await world.call("GET", `${css}/v2/content/${id}/download${query}`, undefined, accept ? { Accept: accept } : {})).headers.get(
        "content-type",
      );
    should(await type("", "application/octet-stream")).equal("application/octet-stream");
    should(await type("?mime-type=image/png", "application/octet-stream")).equal("image/png");
    should(await type("", "*/*")).equal("application/pdf");
  });

  it("sends Content-Disposition only when switched on", async () => {
    await world.setSwitches({ "css.content-disposition": true });
    const { id } = await upload();
    const got = await world.call("GET", `${css}/v2/content/${id}/download?file-name=Bef%C3%B6rderung%22.pdf&disposition-type=inline`);
    should(got.headers.get("content-disposition")).equal(`inline; filename="Bef_rderung_.pdf"; filename*=UTF-8''Bef%C3%B6rderung%22.pdf`);
  });

  it("honours Range, or ignores it when switched off (S11)", async () => {
    const { id } = await upload();
    const get = (range: string): Promise<Reply> => world.call("GET", `${css}/v2/content/${id}/download`, undefined, { Range: range });
    const middle = await get("bytes=10-19");
    should(middle.status).equal(206);
    should(middle.headers.get("content-range")).equal(`bytes 10-19/${PDF.length}`);
    should(middle.bytes.equals(PDF.subarray(10, 20))).be.true();
    should((await get("bytes=-5")).bytes.equals(PDF.subarray(-5))).be.true();
    should((await get(`bytes=${PDF.length - 3}-`)).bytes.equals(PDF.subarray(-3))).be.true();
    const beyond = await get(`bytes=${PDF.length}-`);
    should(beyond.status).equal(416);
    should(beyond.headers.get("content-range")).equal(`bytes */${PDF.length}`);
    await world.setSwitches({ "css.ranges": false });
    const whole = await get("bytes=10-19");
    should(whole.status).equal(200);
    should(whole.bytes.length).equal(PDF.length);
  });

  it("refuses with the recorded bodies (E1)", async () => {
    const problem = (got: Reply, status: number, title: string, detail?: string): void => {
      should(got.status).equal(status);
      should(got.headers.get("content-type")).equal("application/json");
      should(Object.keys(got.json)).eql(["type", "title", "status", "detail"]);
      should(got.json).containEql({ type: "http://tools.ietf.org/html/draft-nottingham-http-problem-07", title, status });
      if (detail) should(got.json.detail).equal(detail);
    };
    const notFile = multipart([{ name: "field", bytes: Buffer.from("x") }]);
    problem(await world.call("POST", `${css}/v2/content`), 400, "Bad Request", "File not provided");
    problem(await raw(`${css}/v2/content`, notFile.body, notFile.type), 400, "Bad Request", "File not provided");
    problem(await raw(`${css}/v2/content`, Buffer.from("garbage"), "multipart/form-data; boundary=x"), 400, "Bad Request");
    problem(await raw(`${css}/v2/content`, Buffer.from("garbage"), "multipart/form-data"), 400, "Bad Request");
    problem(await world.call("GET", `${css}/v2/content/unknown`), 404, "Not Found", "Requested resource not found");
    problem(await raw(`${css}/v2/tenant/other/content`, PDF, "application/pdf"), 403, "Forbidden");
    for (const Authorization of ["", "Bearer nonsense"]) {
      const got = await world.call("POST", `${css}/v2/content`, PDF, { Authorization, "Content-Type": "application/pdf" });
      should(got.status).equal(401);
      should(Object.keys(got.json)).eql(["error", "error_description"]);
      should(got.json.error).equal("unauthorized");
    }
  });

  it("takes one upload for each issued upload id (S2)", async () => {
    should((await raw(`${css}/v2/upload/unknown/content`, PDF, "application/pdf")).status).equal(404);
    const { json } = await world.call("POST", `${world.description.control.url}/css/upload-ids`);
    should((await raw(`${css}/v2/upload/${json.id}/content`, PDF, "application/pdf")).status).equal(201);
    should((await raw(`${css}/v2/upload/${json.id}/content`, PDF, "application/pdf")).status).equal(404);
  });

  it("shares content that a metadata object references (S5)", async () => {
    const entry = await upload();
    const url = `${css}/v2/content/${entry.id}/publicShareUrl`;
    should((await world.call("POST", url, {})).status).equal(400);
    const objectId = await reference(String(entry.id));
    const made = await world.call("POST", url, { password: "open sesame", expiry: "2027-01-01T00:00:00.000Z" });
    should(made.status).equal(201);
    should(Object.keys(made.json).sort()).eql([...SHARE_LINK].sort());
    should(made.json).containEql({ uri: entry.id, objectId, serviceId: "css", secured: true, expiry: "2027-01-01T00:00:00.000Z" });
    should(made.json._links?.token?.href).equal(`${css}/v2/share/${made.json.id}/token`);
    should(made.bytes.toString()).not.containEql("sesame");

    const link = `${url}/${made.json.id}`;
    should((await world.call("GET", link)).json).eql(made.json);
    const moved = await world.call("PUT", link, { expiry: "2028-01-01T00:00:00.000Z" });
    should(moved.status).equal(200);
    should(moved.json.expiry).equal("2028-01-01T00:00:00.000Z");
    should((await world.call("PUT", link, { expiry: "soon" })).status).equal(400);
    should((await world.call("DELETE", link)).status).equal(204);
    should((await world.call("GET", link)).status).equal(404);
  });

  it("counts what a tenant uses (S6)", async () => {
    const bytes = async (): Promise<number> =>
      Number((await world.call("GET", `${css}/v2/tenant/demo/usage?units=B`)).json.tenantUsageSize);
    const before = await bytes();
    await upload();
    should((await bytes()) - before).equal(PDF.length);
    const inMegabytes = await world.call("GET", `${css}/v2/tenant/demo/usage`);
    should(Object.keys(inMegabytes.json).sort()).eql([...USAGE].sort());
    should(inMegabytes.json.tenantUsageUnits).equal("MB");
    should(Number(inMegabytes.json.tenantUsageSize)).be.approximately((await bytes()) / 1048576, 1e-9);
    should((await world.call("GET", `${css}/v2/tenant/demo/usage?units=PB`)).status).equal(400);
  });

  it("refuses infected files unless the scan is skipped, on the way in and out (S13)", async () => {
    should((await raw(`${css}/v2/content`, TEST_VIRUS, "text/plain")).status).equal(422);
    should((await raw(`${css}/v3/files/fromStream`, TEST_VIRUS, "text/plain")).status).equal(422);
    const skipped = await raw(`${css}/v2/content?avs-scan=false`, TEST_VIRUS, "text/plain");
    should(skipped.status).equal(201);
    const url = `${css}/v2/content/${list(skipped.json.entries)[0]?.id}/download`;
    should((await world.call("GET", url)).status).equal(422);
    should((await world.call("GET", `${url}?avs-scan=false`)).bytes.equals(TEST_VIRUS)).be.true();
  });

  it("refuses DELETE unless switched on (S12)", async () => {
    const { id } = await upload();
    const file = await uploadV3();
    should((await world.call("DELETE", `${css}/v2/content/${id}`)).status).equal(405);
    should((await world.call("DELETE", `${css}/v3/files/${file.id}`)).status).equal(405);
    should((await world.call("GET", `${css}/v2/content/${id}`)).status).equal(200);
    await world.setSwitches({ "css.allow-delete": true });
    should((await world.call("DELETE", `${css}/v2/content/${id}`)).status).equal(204);
    should((await world.call("DELETE", `${css}/v3/files/${file.id}`)).status).equal(204);
    should((await world.call("GET", `${css}/v2/content/${id}`)).status).equal(404);
    should((await world.call("GET", `${css}/v3/files/${file.id}/stream`)).status).equal(404);
  });

  it("answers the recorded shapes, and those of the vendor's OpenAPI description where it is at hand", async () => {
    const entry = await upload();
    const metadata = await world.call("GET", `${css}/v2/content/${entry.id}`);
    await reference(String(entry.id));
    const link = await world.call("POST", `${css}/v2/content/${entry.id}/publicShareUrl`, {});
    const usage = await world.call("GET", `${css}/v2/tenant/demo/usage`);
    const problem = await world.call("GET", `${css}/v2/content/unknown`);
    const unauthorized = await world.call("GET", `${css}/v2/content/x`, undefined, { Authorization: "" });
    const replies: [schema: string, reply: Json, fields: string[]][] = [
      ["content", metadata.json, ["title", "entries"]],
      ["entry", list(metadata.json.entries)[0] as Json, ENTRY],
      ["newLinkResponse", link.json, SHARE_LINK],
      ["tenantUsageResponse", usage.json, USAGE],
      ["HttpProblem", problem.json, ["type", "title", "status", "detail"]],
      ["Error", unauthorized.json, ["error", "error_description"]],
    ];
    for (const [schema, reply, fields] of replies) should(Object.keys(reply).sort()).eql([...fields].sort(), schema);
    if (!existsSync(OPENAPI)) {
      console.log(`      ${OPENAPI} is not there: these replies were checked against the field lists of wire/css.md only`);
      return;
    }
    const openapi = readOpenapi();
    for (const [schema, reply] of replies) {
      openapi.fits(schema, reply);
      should(Object.keys(reply).sort()).eql(openapi.propertiesOf(schema).sort(), schema);
    }
  });

  it("says on its object who references it, and goes with the last reference", async () => {
    const entry = await upload();
    const first = await reference(String(entry.id));
    const second = await reference(`${css}/v2/content/${encodeURIComponent(String(entry.id))}/download`);
    const objectId = async (): Promise<unknown> =>
      list((await world.call("GET", `${css}/v2/content/${entry.id}`)).json.entries)[0]?.objectId;
    should(await objectId()).equal(second);
    const instance = (id: string): string => `${world.description.cms.baseUrl}/instances/file/cms_file/${id}`;
    should((await world.call("GET", `${css}/v2/content/${entry.id}/download?object-id=${first}`)).status).equal(200);
    should((await world.call("DELETE", instance(second))).status).equal(204);
    should(await objectId()).equal(first);
    should((await world.call("GET", `${css}/v2/content/${entry.id}/download?object-id=${second}`)).status).equal(404);
    should((await world.call("DELETE", instance(first))).status).equal(204);
    should((await world.call("GET", `${css}/v2/content/${entry.id}`)).status).equal(404);
    should(existsSync(join(world.dir, "css", String(entry.blobId)))).be.false();
  });

  it("keeps content and its ids over a restart", async () => {
    const entry = await upload();
    const file = await uploadV3();
    await world.restart();
    css = world.description.css.baseUrl;
    should((await world.call("GET", `${css}/v2/content/${entry.id}/download`)).bytes.equals(PDF)).be.true();
    should((await world.call("GET", `${css}/v3/files/${file.id}/stream`)).bytes.equals(PDF)).be.true();
    const record = replayed(world.dir, "css").get("content")?.get(String(entry.blobId));
    should(record?.sha256).equal(createHash("sha256").update(PDF).digest("hex"));
    should(readFileSync(join(world.dir, "css", String(entry.blobId))).equals(PDF)).be.true();
  });

  /** Makes a metadata object with the content as its rendition; returns its id. */
  async function reference(blobId: string): Promise<string> {
    const body = { name: "referrer", renditions: [{ name: "x", rendition_type: "primary", blob_id: blobId }] };
    const got = await world.call("POST", `${world.description.cms.baseUrl}/instances/file/cms_file`, body);
    should(got.status).equal(201);
    return String(got.json.id);
  }
});

/** The schemas of the vendor's description, as reference data. */
function readOpenapi(): { fits(schema: string, reply: Json): void; propertiesOf(schema: string): string[] } {
  const document = JSON.parse(readFileSync(OPENAPI, "utf8"));
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(document, "css");
  return {
    fits: (schema, reply) => {
      const validate = ajv.getSchema(`css#/components/schemas/${schema}`) as ValidateFunction;
      should(validate(reply)).equal(true, JSON.stringify(validate.errors));
    },
    propertiesOf: (schema) => Object.keys(document.components.schemas[schema].properties),
  };
}
