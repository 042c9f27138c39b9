import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import should from "should";
import { exstreamDescription } from "../../dist/sandbox/exstream/seed.js";
import { type Json, type Reply, RUNTIME, Sandbox, unzip } from "./exstream-support.ts";

const DESCRIPTION = join(import.meta.dirname, "../../../shared/wire/openapi/exstream-design-v1.json");
const DESIGN = "/design/api/v1";
const RESOURCES = `${DESIGN}/resources/demo`;

describe("exstream design service, writing", function () {
  this.timeout(60_000);
  let sandbox: Sandbox;
  let number = 0;
  const seeded = exstreamDescription("http://x");

  before(async () => {
    sandbox = await Sandbox.start();
  });
  after(() => sandbox.close());
  afterEach(() => {
    for (const each of sandbox.app.switches.all()) sandbox.app.switches.set(each.name, each.default);
  });

  const upload = (path: string, method: string, text: string, part = "file", type = "text/plain"): Promise<Reply> => {
    const body = new FormData();
    body.append(part, new Blob([text], { type }), "file.txt");
    return sandbox.json(path, { method, body });
  };
  const create = async (text = "one"): Promise<Json> => {
    number += 1;
    const reply = await upload(`${RESOURCES}/content?name=Text%20${number}&type=exstrtextmessage&subtype=note`, "POST", text);
    reply.status.should.equal(201);
    reply.body.status.should.equal("success");
    return reply.body.data;
  };
  const put = (path: string, body: unknown): Promise<Reply> =>
    sandbox.json(RESOURCES + path, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const state = (id: string, to: string, more: object = {}): Promise<Reply> =>
    put(`/${id}/state`, { state: to, auditedComment: `to ${to}`, ...more });
  const textOf = async (id: string, query = ""): Promise<string> => (await sandbox.fetch(`${RESOURCES}/${id}/content${query}`)).text();

  it("creates a resource from a file as a draft, and takes new content only while it is one", async () => {
    const made = await create("one");
    made.should.containEql({ version: 1, state: "DRAFT", latestVersion: true, createdBy: "demo", contentMimeType: "text/plain" });
    made.metadata.should.deepEqual({ subtype: "note" });
    (await upload(`${RESOURCES}/${made.id}/content`, "PUT", "two")).status.should.equal(200);
    (await upload(`${RESOURCES}/${made.id}/content/thumbnail`, "PUT", "small", "file", "image/png")).status.should.equal(200);
    (await textOf(made.id)).should.equal("two");
    const thumbnail = await sandbox.fetch(`${RESOURCES}/${made.id}/content/thumbnail`);
    should(thumbnail.headers.get("content-type")).equal("image/png");
    (await state(made.id, "REVIEW")).status.should.equal(200);
    const refused = await upload(`${RESOURCES}/${made.id}/content`, "PUT", "three");
    refused.status.should.equal(409);
    refused.body.should.containEql({ status: 409, error: "Conflict" });
    refused.body.details.should.match(/REVIEW; only a DRAFT/);
    (await textOf(made.id)).should.equal("two");
    (await put(`/${made.id}`, { description: "late" })).status.should.equal(409);
  });

  it("refuses to create what it cannot", async () => {
    const made = await create();
    const post = (query: string, part?: string) => upload(`${RESOURCES}/content?${query}`, "POST", "x", part);
    (await post("type=image")).status.should.equal(400);
    (await post(`name=${"x".repeat(129)}&type=image`)).status.should.equal(400);
    (await post("name=a&type=fax")).status.should.equal(400);
    (await post("name=a&type=image", "other")).status.should.equal(400);
    (await post(`name=${encodeURIComponent(made.name)}&type=exstrtextmessage`)).status.should.equal(409);
    (await sandbox.post(`${RESOURCES}/content?name=b&type=image`, {})).status.should.equal(415);
    (await upload(`${RESOURCES}/none/content`, "PUT", "x")).status.should.equal(404);
    (await upload(`${RESOURCES}/${made.id}/content/picture`, "PUT", "x")).status.should.equal(404);
    (await put(`/${made.id}/state`, { state: "DONE" })).status.should.equal(400);
  });

  it("follows the transition table, and makes a new version of what was approved", async () => {
    const { id } = await create("first");
    for (const to of ["APPROVED", "REJECTED", "DRAFT"]) (await state(id, to)).status.should.equal(409);
    for (const to of ["REVIEW", "REJECTED", "DRAFT", "REVIEW"])
      (await state(id, to)).body.data.should.containEql({ state: to, version: 1 });
    const approved = (await state(id, "APPROVED")).body.data;
    approved.stateComment.should.equal("to APPROVED");
    approved.approvalInfo.should.deepEqual({
      state: "APPROVED",
      pending: false,
      approvals: [{ role: "approver", level: 1, approved: true, pending: false }],
    });
    (await state(id, "REVIEW")).status.should.equal(409);
    (await state(id, "DRAFT")).body.data.should.containEql({ state: "DRAFT", version: 2, latestVersion: true });
    await upload(`${RESOURCES}/${id}/content`, "PUT", "second");
    (await textOf(id)).should.equal("second");
    (await textOf(id, "?version=1")).should.equal("first");
    (await textOf(id, "?state=APPROVED")).should.equal("first");
    (await sandbox.json(`${RESOURCES}/${id}?version=1`)).body.data.should.containEql({ state: "APPROVED", latestVersion: false });
    (await put(`/${id}/revert/1`, { auditedComment: "back" })).body.data.version.should.equal(2);
    (await textOf(id)).should.equal("first");
    const history = (await sandbox.json(`${RESOURCES}/history/${id}`)).body.data;
    history.map((entry: Json) => entry.historyType).should.deepEqual(["CREATE", ...Array(6).fill("STATE"), "CONTENT", "CONTENT"]);
    history.at(-1).auditedComment.should.equal("back");
  });

  it("approves without review in the simplified workflow, and says which workflow it is", async () => {
    sandbox.app.switches.set("exstream.workflow", "SIMPLE");
    (await sandbox.json(`${DESIGN}/domains`)).body.data[0].workflow.should.equal("SIMPLE");
    const { id } = await create();
    (await state(id, "REVIEW")).status.should.equal(409);
    (await state(id, "APPROVED")).status.should.equal(200);
  });

  it("keeps others out while somebody has the lock", async () => {
    const { id } = await create();
    (await sandbox.json(`${RESOURCES}/${id}/lock`, { method: "POST" })).body.data.should.containEql({ locked: true, lockedBy: "demo" });
    (await put(`/${id}`, { description: "mine" })).body.data.description.should.equal("mine");
    const other = { Authorization: "Bearer other-token", "Content-Type": "application/json" };
    const byOther = (path: string, method: string, body?: string) =>
      sandbox.json(`${RESOURCES}/${id}${path}`, { method, headers: other, body });
    const refused = await byOther("", "PUT", '{"description":"theirs"}');
    refused.status.should.equal(409);
    refused.body.details.should.match(/locked by demo/);
    (await byOther("/state", "PUT", '{"state":"REVIEW"}')).status.should.equal(409);
    (await byOther("/lock", "DELETE")).status.should.equal(409);
    (await byOther("/lock?force=true", "DELETE")).body.data.locked.should.equal(false);
  });

  it("changes many states at once and sorts out those it cannot change", async () => {
    const [fine, review, locked, parent] = [await create(), await create(), await create(), await create()];
    await state(review.id, "REVIEW");
    await sandbox.json(`${RESOURCES}/${locked.id}/lock`, { method: "POST", headers: { Authorization: "Bearer other-token" } });
    const bulk = async (to: string, ...ids: string[]) => (await put("/state", { state: to, resourceIds: ids })).body.data;
    const ids = (list: Json[]) => list.map((each) => each.id);
    const first = await bulk("REVIEW", fine.id, review.id, locked.id, parent.id, "00000000-0000-4000-8000-000000000000");
    ids(first.stateChangedResources).should.deepEqual([fine.id, parent.id]);
    ids(first.invalidStateForUpdateExceptionResources).should.deepEqual([review.id]);
    ids(first.resourceLockedExceptionResources).should.deepEqual([locked.id]);
    ids(first.errorResources).should.have.length(1);
    const link = { linkSubjectId: parent.id, linkObjectId: locked.id };
    (await sandbox.post(`${DESIGN}/links/demo`, link)).body.data.should.containEql({ ...link, subjectVersion: 1 });
    const second = await bulk("APPROVED", parent.id);
    ids(second.notAllChildrenApprovedExceptionResources).should.deepEqual([parent.id]);
    (await state(parent.id, "APPROVED")).status.should.equal(409);
    const json = { "Content-Type": "application/json" };
    (await sandbox.json(`${DESIGN}/links/demo`, { method: "DELETE", headers: json, body: JSON.stringify(link) })).status.should.equal(200);
    (await state(parent.id, "APPROVED")).status.should.equal(200);
  });

  it("finds resources by type, state, text and version, by query and by body", async () => {
    const { id, name } = await create();
    const list = async (query: string) => (await sandbox.json(`${RESOURCES}?${query}`)).body;
    (await list(`filter.types=image,exstrtextmessage&filter.states=DRAFT&filter.ids=${id}`)).data.should.have.length(1);
    (await list(`filter.ids=${id}&filter.excludedTypes=exstrtextmessage`)).data.should.have.length(0);
    (await sandbox.json(`${DESIGN}/search/demo?searchString=${encodeURIComponent(name.toUpperCase())}`)).body.data[0].id.should.equal(id);
    (await sandbox.post(`${RESOURCES}/filter`, { ids: [id], types: ["exstrtextmessage"] })).body.data.should.have.length(1);
    (await list("filter.types=image&filter.latestVersion=true")).data.map((each: Json) => each.name).should.deepEqual(["Logo"]);
  });

  it("exports a resource with what it uses, and imports it as a dry run that changes nothing, then for good", async () => {
    const before = (await sandbox.json(RESOURCES)).body.data;
    const response = await sandbox.fetch(`${DESIGN}/export/demo/${seeded.communicationId}?versions=LATEST_APPROVED`);
    should(response.headers.get("content-type")).equal("application/zip");
    const zip = Buffer.from(await response.arrayBuffer());
    const files = unzip(zip);
    const resource = `exstrapplication-${seeded.communicationId}-3`;
    [...files.keys()].should.containDeep([
      "metadata.json",
      `resources/${resource}.json`,
      `content/${resource}-CONTENT.bin`,
      `content/${resource}-CONTENT.json`,
      "links/links.json",
      "links/links.gv",
    ]);
    const about = JSON.parse((files.get(`content/${resource}-CONTENT.json`) as Buffer).toString());
    about.versionedId.should.deepEqual({ id: seeded.communicationId, version: 3 });
    (files.get(`content/${resource}-CONTENT.bin`) as Buffer).toString().should.equal(await textOf(seeded.communicationId));
    JSON.parse((files.get("links/links.json") as Buffer).toString()).should.have.length(3);

    const other = await Sandbox.start();
    try {
      const send = (query: string, policy?: string) => importInto(other, query, zip, policy);
      const dry = await send("commit=false");
      dry.status.should.equal(200);
      dry.body.data.existingResources.should.have.length(4);
      const text = other.json(`${RESOURCES}/content?name=New&type=image`, { method: "POST", body: formOf("file", Buffer.from("x")) });
      const made = (await text).body.data;
      const link = { linkSubjectId: made.id, linkObjectId: seeded.communicationId };
      await other.post(`${DESIGN}/links/demo`, link);
      const draft = Buffer.from(await (await other.fetch(`${DESIGN}/export/demo/${made.id}?versions=LATEST`)).arrayBuffer());
      const here = await importInto(sandbox, "commit=false", draft);
      here.body.data.importedResources.map((each: Json) => each.name).should.deepEqual(["New"]);
      (await sandbox.json(RESOURCES)).body.data.should.deepEqual(before);
      (await sandbox.json(`${DESIGN}/import/logs`)).body.data.should.deepEqual([]);
      const again = `commit=true&previousExportPackage=${here.body.data.exportPackageUUID}`;
      (await sandbox.json(`${DESIGN}/import/das/demo?${again}`, { method: "POST" })).status.should.equal(200);
      (await textOf(made.id)).should.equal("x");
      (await sandbox.json(`${DESIGN}/links/demo?linkSubjectId=${made.id}`)).body.data.should.have.length(1);
      (await sandbox.json(`${DESIGN}/import/logs`)).body.data[0].should.containEql({ status: "SUCCESS", fileName: "package.zip" });
    } finally {
      await other.close();
    }
  });

  it("meets a conflict as the policy says", async () => {
    const made = await create("theirs");
    const zip = Buffer.from(await (await sandbox.fetch(`${DESIGN}/export/demo/${made.id}?versions=ALL`)).arrayBuffer());
    await upload(`${RESOURCES}/${made.id}/content`, "PUT", "ours");
    const send = (query: string, policy?: string) => importInto(sandbox, query, zip, policy);
    const dry = (await send("commit=false")).body.data;
    dry.conflictedResources.map((each: Json) => `${each.id} ${each.performedAction}`).should.deepEqual([`${made.id} ERROR`]);
    const refused = await send("commit=true");
    refused.status.should.equal(409);
    refused.body.should.containEql({ status: 409, errorCode: 309016 });
    (await sandbox.json(`${DESIGN}/import/logs`)).body.data.at(-1).status.should.equal("FAILURE");
    for (const policy of ["SKIP", "EXISTING", "REPLACE_IF_NEWER"]) {
      (await send("commit=true", policy)).body.data.ignoredResources.should.have.length(1);
      (await textOf(made.id)).should.equal("ours");
    }
    const renamed = (await send("commit=true", "AUTO_RENAME")).body.data.importedResources[0];
    renamed.should.containEql({ origId: made.id, newName: `${made.name} (imported)` });
    (await textOf(renamed.id)).should.equal("theirs");
    (await send("commit=true", "REPLACE")).status.should.equal(200);
    (await textOf(made.id)).should.equal("theirs");
    (await send("commit=true", "GUESS")).status.should.equal(400);
    (await importInto(sandbox, "commit=true", Buffer.from("no zip"))).status.should.equal(400);
    (await importInto(sandbox, "commit=true", zip.subarray(0, zip.length - 40))).status.should.equal(400);
    (await sandbox.json(`${DESIGN}/import/das/demo?previousExportPackage=none`, { method: "POST" })).status.should.equal(404);
  });

  it("tells which asset versions a run used, and takes the communication that is approved when a job comes in", async () => {
    const used = async () => {
      const { jobId, id } = await sandbox.submit({ generate: { customers: 1 } });
      await sandbox.ended(jobId);
      const step = await sandbox.communicationStep(id);
      const collections = (await sandbox.json(`${RUNTIME}/flow-steps/${step.id}/collection-resources`)).body.data;
      const ofInstance = (await sandbox.json(`${RUNTIME}/flow-instances/${id}/collection-resources`)).body.data;
      ofInstance.should.deepEqual(collections);
      return (await sandbox.post(`${DESIGN}/collection-resources/collection-details`, collections)).body;
    };
    const first = await used();
    first.page.totalElements.should.equal(4);
    const communication = (body: Json) => body.data.find((each: Json) => each.id === seeded.communicationId);
    communication(first).should.containEql({ version: 3, type: "exstrapplication", state: "APPROVED", approvedBy: "demo" });
    first.data
      .map((each: Json) => each.name)
      .sort()
      .should.deepEqual(["Account Statement", "Account Statement set", "Closing text", "Logo"]);
    (await state(seeded.communicationId, "DRAFT")).body.data.version.should.equal(4);
    communication(await used()).version.should.equal(3);
    await state(seeded.communicationId, "REVIEW");
    await state(seeded.communicationId, "APPROVED");
    communication(await used()).version.should.equal(4);
    communication(await used()).state.should.equal("APPROVED");
    (await sandbox.post(`${DESIGN}/collection-resources/collection-details`, ["none"])).body.data.should.deepEqual([]);
    (await sandbox.post(`${DESIGN}/collection-resources/collection-details`, {})).status.should.equal(400);
  });

  it("has everything again after a restart", async () => {
    const { id } = await create("kept");
    await state(id, "REVIEW");
    const before = (await sandbox.json(RESOURCES)).body.data;
    await sandbox.close(true);
    sandbox = await Sandbox.start(sandbox.dir);
    (await sandbox.json(RESOURCES)).body.data.should.deepEqual(before);
    (await textOf(id)).should.equal("kept");
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
    for (const schema of Object.values(components.schemas) as Json[]) if (schema.properties) schema.additionalProperties ??= false;
    ajv.addSchema({ $id: "design", components });
    const check = (schema: string, { status, body }: Reply) => {
      status.should.be.below(300);
      const validate = ajv.getSchema(`design#/components/schemas/${schema}`);
      should.exist(validate);
      if (!validate?.(body)) throw new Error(`${schema}: ${ajv.errorsText(validate?.errors)}`);
    };
    const { id } = await create();
    check("DataResponseResourceVersion", await state(id, "REVIEW"));
    check("DataResponseBulkWorkflowStateChangeResponse", await put("/state", { state: "APPROVED", resourceIds: [id] }));
    check("ListResponseResourceHistory", await sandbox.json(`${RESOURCES}/history/${id}`));
    check("PageResponseResourceVersion", await sandbox.post(`${RESOURCES}/filter`, {}));
    const zip = Buffer.from(await (await sandbox.fetch(`${DESIGN}/export/demo/${id}`)).arrayBuffer());
    check("DataResponseImportResponse", await importInto(sandbox, "commit=true", zip, "SKIP"));
    check("ListResponseImportHistory", await sandbox.json(`${DESIGN}/import/logs`));
    check("PageResponseCollectionResourceDetailResponse", await sandbox.post(`${DESIGN}/collection-resources/collection-details`, []));
    check("PageResponseLinkDTO", await sandbox.json(`${DESIGN}/links/demo`));
  });
});

function formOf(part: string, bytes: Buffer, policy?: string): FormData {
  const form = new FormData();
  if (policy) form.append("policies", JSON.stringify({ generalPolicy: policy }));
  form.append(part, new Blob([new Uint8Array(bytes)], { type: "application/zip" }), "package.zip");
  return form;
}

function importInto(sandbox: Sandbox, query: string, zip: Buffer, policy?: string): Promise<Reply> {
  return sandbox.json(`${DESIGN}/import/das/demo?${query}`, { method: "POST", body: formOf("exportPackage", zip, policy) });
}
