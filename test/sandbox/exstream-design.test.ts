import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import should from "should";
import { exstreamDescription } from "../../dist/sandbox/exstream/seed.js";
import { type Json, Sandbox } from "./exstream-support.ts";

const DESCRIPTION = join(import.meta.dirname, "../../../shared/wire/openapi/exstream-design-v1.json");
const DESIGN = "/design/api/v1";

describe("exstream design service", function () {
  this.timeout(60_000);
  let sandbox: Sandbox;
  const seeded = exstreamDescription("http://x");

  before(async () => {
    sandbox = await Sandbox.start();
  });
  after(() => sandbox.close());

  it("leads from the approved communication to its driver data source", async () => {
    const query = "filter.types=exstrapplication&filter.states=APPROVED&filter.latestVersion=true&count=100&offset=0";
    const { data, page } = (await sandbox.json(`${DESIGN}/resources/demo?${query}`)).body;
    page.totalElements.should.equal(2);
    data[0].should.containEql({ id: seeded.communicationId, type: "exstrapplication", state: "APPROVED", version: 3 });
    const links = (await sandbox.json(`${DESIGN}/links/demo?linkSubjectId=${data[0].id}&linkDepth=2`)).body.data;
    const manifest = (await sandbox.json(`${DESIGN}/manifests/demo/communication-set/${links[0].linkObjectId}`)).body;
    manifest.dsnlist[0].prodDsn.should.equal(seeded.driverDataSource);
    manifest.queueList.map((queue: Json) => queue.name).should.deepEqual(["PDF", "HTML", "MOBILE", "SMS"]);
  });

  it("gives a resource by id and version, and its content", async () => {
    const path = `${DESIGN}/resources/demo/${seeded.communicationId}`;
    (await sandbox.json(path)).body.data.name.should.equal("Account Statement");
    (await sandbox.json(`${path}?version=3&state=APPROVED`)).status.should.equal(200);
    for (const query of ["?version=2", "?state=DRAFT"]) (await sandbox.json(path + query)).status.should.equal(404);
    const content = await sandbox.fetch(`${path}/content`);
    should(content.headers.get("content-type")).equal("text/plain");
    (await content.text()).should.containEql("{{labels.title}}");
    (await sandbox.json(`${DESIGN}/resources/demo/none`)).status.should.equal(404);
    (await sandbox.json(`${DESIGN}/resources/none`)).status.should.equal(404);
    (await sandbox.json(`${DESIGN}/domains`, { headers: { Authorization: "" } })).status.should.equal(401);
  });

  it("answers as the vendor's description says", async () => {
    if (!existsSync(DESCRIPTION)) {
      console.log(`      ${DESCRIPTION} is not there: replies were checked against the recorded shapes only`);
      return;
    }
    const ajv = new Ajv({
      strict: false,
      formats: { "date-time": /^\d{4}-\d\d-\d\dT[\d:.]+Z$/, uuid: /^[0-9a-f-]{36}$/, int32: true, int64: true },
    });
    const { components } = JSON.parse(readFileSync(DESCRIPTION, "utf8"));
    ajv.addSchema({ $id: "design", components });
    const check = async (schema: string, path: string) => {
      const validate = ajv.getSchema(`design#/components/schemas/${schema}`);
      should.exist(validate);
      const { body } = await sandbox.json(DESIGN + path);
      if (!validate?.(body)) throw new Error(`${schema}: ${ajv.errorsText(validate?.errors)}`);
    };
    await check("PageResponseDomain", "/domains");
    await check("PageResponseResourceVersion", "/resources/demo");
    await check("DataResponseResourceVersion", `/resources/demo/${seeded.communicationId}`);
    await check("PageResponseLinkDTO", "/links/demo");
    await check("VersionConfig", "/version");
  });
});
