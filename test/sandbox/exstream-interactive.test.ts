import should from "should";
import { CUSTOMERS, type Reply, Sandbox } from "./exstream-support.ts";

const GENERATE = "/orchestration/api/v1/inputs/ondemand/demo/generate";
const FULFILL = "/orchestration/api/v1/inputs/fulfillment/ondemand/demo/fulfill";
const LETTER = { communicationId: "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c09", driverDataSource: "LetterDriver" };

describe("exstream interactive documents", function () {
  this.timeout(60_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await Sandbox.start();
  });
  after(() => sandbox.close());
  afterEach(() => {
    for (const each of sandbox.app.switches.all()) sandbox.app.switches.set(each.name, each.default);
  });

  const generate = (headers: Record<string, string> = {}, customers: object[] = [CUSTOMERS[0]]): Promise<Reply> =>
    sandbox.post(GENERATE, { customers }, { ...LETTER, empowerUser: "author@OAuthClients", ...headers });
  const fulfill = (documents: unknown, headers: Record<string, string> = {}): Promise<Reply> =>
    sandbox.post(FULFILL, { documents }, { ...LETTER, preserveDocuments: "true", ...headers });
  const idOf = (content: string): string => JSON.parse(Buffer.from(content, "base64").toString()).documentId;

  it("leads from the design service to the communication's driver data source", async () => {
    const query = "filter.types=exstrapplication&filter.name=Interactive%20Letter";
    const [resource] = (await sandbox.json(`/design/api/v1/resources/demo?${query}`)).body.data;
    resource.id.should.equal(LETTER.communicationId);
    const [link] = (await sandbox.json(`/design/api/v1/links/demo?linkSubjectId=${resource.id}&filter.types=exstrcommunicationset`)).body
      .data;
    const manifest = (await sandbox.json(`/design/api/v1/manifests/demo/communication-set/${link.linkObjectId}`)).body;
    manifest.dsnlist[0].prodDsn.should.equal(LETTER.driverDataSource);
    manifest.queueList[0].name.should.equal("EMPOWER");
  });

  it("makes a document for the editor: in the envelope as base64, or bare for Accept application/json", async () => {
    const envelope = (await generate()).body;
    envelope.status.should.equal("success");
    envelope.data[0].should.containEql({ mimeType: "application/vnd.exstream-empower" });
    envelope.data[0].engineOutputContext.should.containEql({ queueName: "EMPOWER", customerNumber: "C-1" });
    idOf(envelope.data[0].content).should.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    const bare = (await generate({ Accept: "application/json" })).body;
    Object.keys(bare).should.deepEqual(["documentId"]);
    bare.documentId.should.not.equal(idOf(envelope.data[0].content));
    const jobs = (await sandbox.json("/orchestration/api/v1/runtime/demo/jobs?filter=mode:ONDEMAND;statuses:complete")).body.data;
    jobs.should.have.length(2);
  });

  it("fulfils edited documents to finished ones, and deletes them only when they are not to be preserved", async () => {
    const { data } = (await generate({}, CUSTOMERS)).body;
    const ids = data.map((element: { content: string }) => idOf(element.content));
    const kept = (await fulfill(ids)).body.data;
    kept.map((element: { mimeType: string }) => element.mimeType).should.deepEqual(["application/pdf", "application/pdf"]);
    kept[1].engineOutputContext.customerNumber.should.equal("C-2");
    const headers = { ...LETTER, preserveDocuments: "false", Accept: "application/pdf", "Content-Type": "application/json" };
    const bytes = await sandbox.fetch(FULFILL, { method: "POST", headers, body: JSON.stringify({ documents: [ids[0]] }) });
    should(bytes.headers.get("content-type")).equal("application/pdf");
    Buffer.from(await bytes.arrayBuffer())
      .toString("latin1")
      .should.match(/^%PDF-/);
    (await fulfill([ids[0]])).status.should.equal(404);
    (await fulfill([ids[1]])).status.should.equal(200);
  });

  it("hides a user without rights in the editor as an inner 401", async () => {
    sandbox.app.switches.set("exstream.empower-denied", "guest,visitor");
    const denied = await generate({ empowerUser: "guest" });
    denied.status.should.equal(401);
    denied.body.status.should.equal("error");
    denied.body.data[0].statusCode.should.equal("401");
    (await generate({ empowerUser: "author" })).status.should.equal(200);
  });

  it("refuses calls that lack what they need", async () => {
    (await generate({ empowerUser: "" })).status.should.equal(400);
    (await generate({ driverDataSource: "StatementDriver" })).status.should.equal(400);
    (await fulfill(["none"])).status.should.equal(404);
    for (const documents of [[], undefined, "x"]) (await fulfill(documents)).status.should.equal(400);
    (await fulfill(["none"], { preserveDocuments: "perhaps" })).status.should.equal(400);
    const other = { communicationId: "5f0c7c1e-3b6a-4d52-9a51-6a1f0d2b7c01", driverDataSource: "StatementDriver" };
    (await fulfill(["none"], other)).status.should.equal(400);
  });
});
