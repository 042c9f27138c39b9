import should from "should";
import { type Answer, hrefOf, JSON_TYPE, Rig, rawRequest, rels } from "./documentum-rig.ts";

describe("documentum stand-in: versions", () => {
  let rig: Rig;
  let temp: string;
  before(async () => {
    rig = await new Rig().start();
    temp = await rig.folderId("/Temp");
  });
  after(() => rig.stop());

  const checkOut = (id: string, user?: string) => rig.call("PUT", `/objects/${id}/lock`, { user });
  const linkOf = async (id: string, rel: string): Promise<string> => hrefOf((await rig.get(`/objects/${id}`)).body, rel) as string;
  const checkIn = async (id: string, rel: string, body: string, type: string, more = ""): Promise<Answer> =>
    rig.call("POST", `${await linkOf(id, rel)}${more}`, { body, headers: { "Content-Type": type } });
  const media = async (id: unknown): Promise<string> => (await rig.get(`/objects/${id}/content-media`)).text;

  it("changes the links with the lock, never both kinds", async () => {
    const id = await rig.document(temp, "links");
    const before = rels((await rig.get(`/documents/${id}`)).body);
    before.should.containEql("checkout").and.not.containEql("cancel-checkout").and.not.containEql("predecessor-version");
    const locked = await checkOut(id);
    locked.status.should.equal(200);
    locked.body.name.should.equal("object");
    locked.body.properties.should.have.properties({ r_lock_owner: "demo", r_lock_date: "2025-03-01T12:00:00.000+00:00" });
    rels(locked.body)
      .should.containDeep(["cancel-checkout", "checkin-next-major", "checkin-next-minor", "checkin-branch"])
      .and.not.containEql("checkout")
      .and.not.containEql("checkin-branch-version");
    should(hrefOf(locked.body, "checkin-next-minor")).equal(
      `${rig.repository}/objects/${id}/versions?object-id=${id}&version-policy=next-minor`,
    );
    const other = rels((await rig.call("GET", `/documents/${id}`, { user: "guest" })).body);
    other.should.not.containEql("checkout").and.not.containEql("cancel-checkout").and.not.containEql("checkin-next-minor");
    (await rig.call("DELETE", hrefOf(locked.body, "cancel-checkout") as string)).status.should.equal(204);
    rels((await rig.get(`/documents/${id}`)).body).should.eql(before);
  });

  it("takes the checkout of the Python client: a content type and an empty body", async () => {
    const id = await rig.document(temp, "python lock");
    const answer = await rawRequest(`${rig.repository}/objects/${id}/lock`, "PUT", {
      Authorization: rig.basic(),
      "Content-Type": JSON_TYPE,
      "Content-Length": "0",
    });
    answer.status.should.equal(200);
  });

  it("makes a new id at every check-in, keeps the chronicle, moves CURRENT", async () => {
    const id = await rig.document(temp, "v", "one");
    await checkOut(id);
    const minor = await checkIn(id, "checkin-next-minor", "two", "text/plain", "&comment=second");
    minor.status.should.equal(201);
    const second = minor.body.properties.r_object_id as string;
    second.should.not.equal(id);
    minor.body.properties.should.have.properties({
      i_chronicle_id: id,
      i_antecedent_id: id,
      r_version_label: ["1.1", "CURRENT"],
      log_entry: "second",
      r_lock_owner: "",
      i_folder_id: [temp],
    });
    should(minor.headers.get("location")).equal(`${rig.repository}/objects/${second}`);
    (await media(second)).should.equal("two");
    (await media(id)).should.equal("one");
    const old = (await rig.get(`/objects/${id}`)).body;
    old.properties.should.have.properties({
      r_version_label: ["1.0"],
      i_latest_flag: false,
      i_has_folder: false,
      r_immutable_flag: true,
      i_direct_dsc: true,
      r_lock_owner: "",
    });
    should(hrefOf((await rig.get(`/objects/${second}`)).body, "predecessor-version")).equal(`${rig.repository}/objects/${id}`);

    const current = await rig.get(`/objects/${id}/versions/current`);
    should(current.body.properties.r_object_id).equal(second);
    should(hrefOf(current.body, "self")).equal(`${rig.repository}/objects/${id}/versions/current`);
    should(hrefOf(current.body, "edit")).equal(`${rig.repository}/objects/${second}`);

    await checkOut(second);
    const major = await checkIn(second, "checkin-next-major", JSON.stringify({ properties: { title: "final" } }), JSON_TYPE);
    major.body.properties.should.have.properties({ r_version_label: ["2.0", "CURRENT"], title: "final", i_chronicle_id: id });
    (await media(major.body.properties.r_object_id)).should.equal("two");

    const history = await rig.get(`/objects/${id}/versions`);
    history.body.title.should.equal(`All versions of chronicle object ${id}`);
    (history.body.entries ?? []).length.should.equal(3);
    (await rig.dql(`select r_object_id from dm_document where i_chronicle_id = '${id}'`)).length.should.equal(1);
    (await rig.dql(`select r_object_id from dm_document (all) where i_chronicle_id = '${id}'`)).length.should.equal(3);
    ((await rig.get(`/folders/${temp}/documents?filter=object_name='v'`)).body.entries ?? []).length.should.equal(1);
    ((await rig.get(`/folders/${temp}/documents?include-all-versions=true&filter=object_name='v'`)).body.entries ?? []).length.should.equal(
      3,
    );
  });

  it("takes multipart with and without metadata; the first part decides", async () => {
    const id = await rig.document(temp, "mp", "one");
    await checkOut(id);
    const both = await rig.multipart(await linkOf(id, "checkin-next-minor"), [
      { name: "metadata", type: JSON_TYPE, body: JSON.stringify({ properties: { title: "both" } }) },
      { name: "binary", type: "application/pdf", body: "pdf" },
    ]);
    both.body.properties.should.have.properties({ title: "both", a_content_type: "pdf" });
    const second = both.body.properties.r_object_id as string;
    await checkOut(second);
    const pages = await rig.multipart(await linkOf(second, "checkin-next-minor"), [
      { name: "binary", type: "text/plain", body: "page 0" },
      { name: "binary", type: "text/plain", body: "page 1" },
    ]);
    pages.body.properties.should.have.properties({
      r_page_cnt: 2,
      a_content_type: "crtext",
      title: "both",
      r_version_label: ["1.2", "CURRENT"],
    });
    const third = pages.body.properties.r_object_id as string;
    await checkOut(third);
    const untyped = await rig.multipart(await linkOf(third, "checkin-next-minor"), [
      { name: "metadata", fileName: "", body: JSON.stringify({ properties: { title: "untyped" } }) },
      { name: "binary", type: "text/plain", body: "page" },
    ]);
    untyped.body.properties.should.have.properties({ title: "untyped", r_page_cnt: 1 });
  });

  it("checks in without any change, and on the same version", async () => {
    const id = await rig.document(temp, "same", "one");
    await checkOut(id);
    const link = (await linkOf(id, "checkin-next-minor")).replace("next-minor", "same-version");
    const same = await rig.call("POST", link, { body: "new bytes", headers: { "Content-Type": "text/plain" } });
    same.status.should.equal(201);
    same.body.properties.should.have.properties({ r_object_id: id, r_version_label: ["1.0", "CURRENT"], r_lock_owner: "" });
    (await media(id)).should.equal("new bytes");
    await checkOut(id);
    const bare = await rawRequest(await linkOf(id, "checkin-next-minor"), "POST", { Authorization: rig.basic(), "Content-Length": "0" });
    bare.status.should.equal(201);
    rig.set("checkin-status", 200);
    const next = JSON.parse(bare.text).properties.r_object_id;
    await checkOut(next);
    (await checkIn(next, "checkin-next-minor", "{}", JSON_TYPE)).status.should.equal(200);
    rig.set("checkin-status", 201);
  });

  it("branches, and numbers a second minor on the same base as a branch", async () => {
    const id = await rig.document(temp, "branch");
    await checkOut(id);
    const labels = async (rel: string) => {
      await checkOut(id);
      return (await checkIn(id, rel, "{}", JSON_TYPE)).body.properties.r_version_label;
    };
    should((await checkIn(id, "checkin-next-minor", "{}", JSON_TYPE)).body.properties.r_version_label).eql(["1.1", "CURRENT"]);
    should(await labels("checkin-branch")).eql(["1.0.1.0", "CURRENT"]);
    should(await labels("checkin-next-minor")).eql(["1.0.2.0", "CURRENT"]);
    should(await labels("checkin-next-major")).eql(["2.0", "CURRENT"]);
    should((await rig.get(`/objects/${id}`)).body.properties.i_branch_cnt).equal(3);
  });

  it("moves symbolic labels, keeps CURRENT with make-current=false, keeps the lock on demand", async () => {
    const id = await rig.document(temp, "labels");
    await checkOut(id);
    (await checkIn(id, "checkin-next-minor", "{}", JSON_TYPE, "&make-current=false")).status.should.equal(400);
    for (const bad of ["CURRENT", "3.0"])
      (await checkIn(id, "checkin-next-minor", "{}", JSON_TYPE, `&version-label=${bad}`)).status.should.equal(400);
    const draft = await checkIn(id, "checkin-next-minor", "{}", JSON_TYPE, "&version-label=draft&make-current=FALSE&retain-lock=true");
    draft.body.properties.should.have.properties({ r_version_label: ["1.1", "draft"], r_lock_owner: "demo" });
    should((await rig.get(`/objects/${id}/versions/current`)).body.properties.r_object_id).equal(id);
    const next = await checkIn(draft.body.properties.r_object_id as string, "checkin-next-minor", "{}", JSON_TYPE, "&version-label=draft");
    next.body.properties.r_version_label?.should.eql(["1.2", "draft", "CURRENT"]);
    should((await rig.get(`/objects/${draft.body.properties.r_object_id}`)).body.properties.r_version_label).eql(["1.1"]);
  });

  it("refuses what a lock forbids, with one switch for the status", async () => {
    const id = await rig.document(temp, "locked");
    const notLocked = await rig.post(`/objects/${id}/versions?object-id=${id}&version-policy=next-minor`, { properties: {} });
    notLocked.status.should.equal(400);
    await checkOut(id, "dmadmin");
    const details = async (answer: Promise<Answer>) => (await answer).body.details;
    (await details(checkOut(id))).should.containEql("DM_SYSOBJECT_E_CANT_LOCK");
    (await details(rig.call("DELETE", `/objects/${id}/lock`))).should.containEql("DM_SYSOBJECT_E_CANT_UNLOCK");
    (await details(rig.post(`/documents/${id}`, { properties: { title: "x" } }))).should.containEql("DM_SYSOBJECT_E_LOCKED");
    (await details(rig.call("DELETE", `/documents/${id}`))).should.containEql("DM_SYSOBJECT_E_CANT_DELETE_LOCKED");
    rig.set("lock-refusal-status", 409);
    (await rig.call("DELETE", `/documents/${id}`)).status.should.equal(409);
    rig.set("lock-refusal-status", 400);
    (await rig.call("DELETE", `/objects/${id}/lock`, { user: "dmadmin" })).status.should.equal(204);
    (await rig.post(`/objects/${id}/versions?object-id=${id}`, { properties: {} })).status.should.equal(400);
    (await rig.post("/objects/090d0cb1ffffffff/versions?version-policy=next-minor", {})).status.should.equal(404);
  });

  it("refuses changes of old versions", async () => {
    const id = await rig.document(temp, "old");
    await checkOut(id);
    await checkIn(id, "checkin-next-minor", "{}", JSON_TYPE);
    const refused = await rig.post(`/documents/${id}`, { properties: { title: "x" } });
    refused.status.should.equal(400);
    refused.body.details.should.containEql("DM_SYSOBJECT_E_CANT_SAVE");
  });

  it("lists checked-out objects by owner", async () => {
    const titles = async (query: string) => ((await rig.get(`/checked-out-objects${query}`)).body.entries ?? []).map(({ title }) => title);
    const mine = await rig.document(temp, "mine");
    const theirs = await rig.document(temp, "theirs");
    await checkOut(mine);
    await checkOut(theirs, "dmadmin");
    (await titles("")).should.containEql("mine").and.not.containEql("theirs");
    (await titles("?checked-out-by=specific-user&user-name=dmadmin")).should.containEql("theirs").and.not.containEql("mine");
    (await titles("?checked-out-by=ANY")).should.containEql("theirs").and.containEql("mine");
  });

  it("deletes one version, those without labels, or all", async () => {
    const id = await rig.document(temp, "delete versions");
    let last = id;
    for (const label of ["", "&version-label=keep", ""]) {
      await checkOut(last);
      last = (await checkIn(last, "checkin-next-minor", "{}", JSON_TYPE, label)).body.properties.r_object_id as string;
    }
    const numbers = async () =>
      (await rig.dql(`select r_version_label from dm_document (all) where i_chronicle_id = '${id}'`)).map(
        ({ r_version_label }) => (r_version_label as string[])[0],
      );
    (await numbers()).should.eql(["1.0", "1.1", "1.2", "1.3"]);
    (await rig.call("DELETE", `/objects/${last}?del-version=unused`)).status.should.equal(204);
    (await numbers()).should.eql(["1.2", "1.3"]);
    (await rig.call("DELETE", `/objects/${last}`)).status.should.equal(204);
    should((await rig.get(`/objects/${id}/versions/current`)).body.properties.r_version_label).eql(["1.2", "keep", "CURRENT"]);
    const left = (await rig.get(`/objects/${id}/versions/current`)).body.properties.r_object_id;
    (await rig.call("DELETE", `/objects/${left}?del-version=ALL`)).status.should.equal(204);
    (await numbers()).should.eql([]);
  });

  it("keeps a content shared by versions until the last of them goes", async () => {
    const id = await rig.document(temp, "shared", "shared bytes");
    await checkOut(id);
    const next = (await checkIn(id, "checkin-next-minor", "{}", JSON_TYPE)).body.properties.r_object_id;
    should((await rig.get(`/objects/${next}/contents/content`)).body.properties.parent_id).eql([id, next]);
    await rig.call("DELETE", `/objects/${id}`);
    (await media(next)).should.equal("shared bytes");
  });
});
