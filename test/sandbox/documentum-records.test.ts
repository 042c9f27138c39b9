import should from "should";
import { type Answer, hrefOf, JSON_TYPE, type Json, Rig, rels } from "./documentum-rig.ts";

describe("documentum stand-in: records control", () => {
  let rig: Rig;
  let temp: string;
  before(async () => {
    rig = await new Rig().start();
    temp = await rig.folderId("/Temp");
  });
  after(() => rig.stop());

  const put = (path: string, body?: unknown): Promise<Answer> =>
    rig.call("PUT", path, body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": JSON_TYPE } });
  const properties = async (id: string): Promise<Record<string, unknown>> => (await rig.get(`/objects/${id}`)).body.properties;
  const retainerOf = async (policy: string): Promise<unknown> =>
    (await rig.dql(`select r_object_id from demo_retainer where object_name = '${policy}'`))[0]?.r_object_id;

  /** Id of the site's lifecycle, found as clients find it: by the title of an entry. */
  async function lifecycleId(objectId?: string): Promise<string> {
    const list = await rig.get(`/lifecycles${objectId ? `?object-id=${objectId}` : ""}`);
    const entry = list.body.entries?.find(({ title }) => title === "demo_record_lifecycle");
    return (hrefOf(entry as Json, "edit") as string).split("/").at(-1) as string;
  }

  describe("lifecycles", () => {
    it("shows a lifecycle with its states, and only to types it takes", async () => {
      const id = await lifecycleId();
      id.should.match(/^46/);
      const { body } = await rig.get(`/lifecycles/${id}`);
      body.should.have.properties({ id, name: "demo_record_lifecycle", status: "INSTALLED", owner: "dmadmin" });
      should(body["type-inclusions"]).eql([{ type: "dm_document", "include-subtype": true }]);
      const states = body.states as { name: string; exceptional: boolean; "exception-state": string }[];
      states.map(({ name }) => name).should.eql(["Draft", "Active", "Closed", "Disputed"]);
      states.filter(({ exceptional }) => exceptional).length.should.equal(1);
      rels(body).should.eql(["self", "owner", "permission-set", "permissions", "type"]);
      const document = await rig.document(temp, "lc types");
      const link = hrefOf((await rig.get(`/objects/${document}`)).body, "attachable-lifecycles") as string;
      (await rig.get(link)).body.entries?.length.should.equal(1);
      (await rig.get(`/lifecycles?object-id=${temp}`)).body.should.not.have.property("entries");
    });

    it("attaches, moves by the links that are possible, shows the place, and detaches", async () => {
      const id = await rig.document(temp, "lc walk");
      const before = (await rig.get(`/objects/${id}`)).body;
      const place = hrefOf(before, "object-lifecycle") as string;
      rels(before).should.not.containEql("lifecycle");
      (await rig.get(place)).status.should.equal(404);
      const attached = await put(place, {
        "lifecycle-id": await lifecycleId(),
        "able-to-promote": true,
        "able-to-demote": true,
        "able-to-suspend": true,
        "able-to-resume": true,
      });
      attached.status.should.equal(200, attached.text);
      attached.body.should.have.properties({
        "lifecycle-name": "demo_record_lifecycle",
        "current-state": "Draft",
        "previous-state": "",
        "next-state": "Active",
        "resume-state": "",
        "able-to-promote": true,
        "able-to-demote": false,
        "able-to-suspend": false,
        "able-to-resume": false,
        schedules: null,
      });
      rels(attached.body).should.eql(["self", "delete", "promotion", "lifecycle", "parent"]);
      const trial = await put(`${hrefOf(attached.body, "promotion")}?trial=true`);
      should(trial.body["current-state"]).equal("Draft");
      const active = await put(hrefOf(attached.body, "promotion") as string);
      active.body.should.have.properties({ "current-state": "Active", "previous-state": "Draft", "next-state": "Closed" });
      rels(active.body).should.containDeep(["promotion", "demotion", "suspension"]).and.not.containEql("resumption");
      (await properties(id)).should.have.properties({ r_policy_id: await lifecycleId(), r_current_state: 1 });
      should(hrefOf((await rig.get(`/objects/${id}`)).body, "lifecycle")).equal(`${rig.repository}/lifecycles/${await lifecycleId()}`);
      const suspended = await put(hrefOf(active.body, "suspension") as string);
      suspended.body.should.have.properties({ "current-state": "Disputed", "resume-state": "Active", "able-to-resume": true });
      rels(suspended.body).should.eql(["self", "delete", "resumption", "lifecycle", "parent"]);
      const resumed = await put(hrefOf(suspended.body, "resumption") as string);
      should(resumed.body["current-state"]).equal("Active");
      should((await put(hrefOf(resumed.body, "demotion") as string)).body["current-state"]).equal("Draft");
      (await rig.call("DELETE", place)).status.should.equal(204);
      (await properties(id)).should.have.properties({ r_policy_id: "0000000000000000", r_current_state: 0 });
      (await rig.get(place)).status.should.equal(404);
    });

    it("refuses unknown lifecycles and states, types it does not take, second attachments and impossible transitions", async () => {
      const id = await rig.document(temp, "lc refused");
      const lifecycle = await lifecycleId();
      const refusals: [string, object, string][] = [
        [id, { "lifecycle-id": "4600000000000000" }, "DM_POLICY_E_NOT_FOUND"],
        [id, {}, "DM_POLICY_E_NOT_FOUND"],
        [id, { "lifecycle-id": lifecycle, "current-state": "Nowhere" }, "DM_POLICY_E_STATE"],
        [id, { "lifecycle-id": lifecycle, "current-state": "Disputed" }, "DM_POLICY_E_NOT_ATTACHABLE"],
        [id, { "lifecycle-id": lifecycle, "aliasset-name": "none" }, "DM_POLICY_E_ALIAS_SET"],
        [temp, { "lifecycle-id": lifecycle }, "DM_POLICY_E_TYPE"],
      ];
      for (const [object, body, message] of refusals) {
        const answer = await put(`/objects/${object}/lifecycle`, body);
        should(answer.status).equal(400, answer.text);
        answer.body.details.should.containEql(message);
      }
      (await put(`/objects/${id}/lifecycle`, { "lifecycle-id": lifecycle, surprise: 1 })).status.should.equal(400);
      (await put(`/objects/${id}/lifecycle`, { "lifecycle-id": lifecycle })).status.should.equal(200);
      (await put(`/objects/${id}/lifecycle`, { "lifecycle-id": lifecycle })).body.details.should.containEql("DM_POLICY_E_ALREADY_ATTACHED");
      const demoted = await put(`/objects/${id}/lifecycle/demotion`);
      demoted.status.should.equal(400);
      demoted.body.details.should.containEql("DM_POLICY_E_NO_TRANSITION");
      rig.set("lifecycle-refusal-status", 500);
      (await put(`/objects/${id}/lifecycle/resumption`)).status.should.equal(500);
      rig.set("lifecycle-refusal-status", 400);
      (await rig.call("PUT", `/objects/${id}/lifecycle/promotion`, { user: "guest" })).status.should.equal(200);
    });
  });

  describe("aspects", () => {
    it("lists aspect types by name, attaches and detaches by a link with the aspect's name", async () => {
      const list = await rig.get("/aspect-types");
      list.body.entries?.map(({ title }) => title).should.eql(["dm_annotatable", "demo_retention"]);
      (await rig.get(hrefOf(list.body.entries?.[0] as Json, "edit") as string)).body.name.should.equal("aspect-type");
      const id = await rig.document(temp, "aspects");
      const address = hrefOf((await rig.get(`/objects/${id}`)).body, "object-aspects") as string;
      should((await rig.get(address)).body.aspects).eql([]);
      const attached = await rig.post(address, { aspects: ["dm_annotatable"] });
      attached.status.should.equal(200);
      should(attached.body.aspects).eql(["dm_annotatable"]);
      should((await properties(id)).r_aspect_name).eql(["dm_annotatable"]);
      const link = attached.body.links.find(({ rel }) => rel.endsWith("/delete"));
      should(link).have.properties({ title: "dm_annotatable", href: `${rig.repository}/objects/${id}/aspects/dm_annotatable` });
      (await rig.call("DELETE", link?.href as string)).status.should.equal(204);
      (await rig.call("DELETE", link?.href as string)).status.should.equal(404);
      should((await properties(id)).r_aspect_name).equal(null);
      (await rig.post(address, { aspects: ["unknown"] })).body.details.should.containEql("DM_ASPECT_E_NOT_FOUND");
      (await rig.post(address, { aspects: "dm_annotatable" })).status.should.equal(400);
    });

    it("creates an object with aspects and a lifecycle at once", async () => {
      const created = await rig.post(`/folders/${temp}/documents`, {
        properties: { object_name: "born with both", r_object_type: "demo_statement" },
        "object-aspects": { aspects: ["dm_annotatable"] },
        "object-lifecycle": { "lifecycle-id": await lifecycleId(), "current-state": "Active" },
      });
      created.status.should.equal(201, created.text);
      created.body.properties.should.have.properties({ r_aspect_name: ["dm_annotatable"], r_current_state: 1 });
      const bad = await rig.post(`/folders/${temp}/documents`, {
        properties: { object_name: "born with neither" },
        "object-aspects": { aspects: ["unknown"] },
      });
      bad.status.should.equal(400);
      (await rig.dql("select r_object_id from dm_document where object_name = 'born with neither'")).should.eql([]);
    });
  });

  describe("retention", () => {
    const TEN_YEARS = "2035-02-27T12:00:00.000+00:00";
    const bare = { i_retainer_id: null, i_retain_until: null };

    it("comes with a lifecycle state, an aspect and the site's extension, and is read back on the object", async () => {
      const byState = await rig.document(temp, "by state");
      await put(`/objects/${byState}/lifecycle`, { "lifecycle-id": await lifecycleId(), "current-state": "Active" });
      (await properties(byState)).should.have.properties(bare);
      await put(`/objects/${byState}/lifecycle/promotion`);
      const byAspect = await rig.document(temp, "by aspect");
      await rig.post(`/objects/${byAspect}/aspects`, { aspects: ["demo_retention"] });
      const byExtension = await rig.document(temp, "by extension");
      const answer = await rig.post("/demo-retention", { "object-id": byExtension, policy: "records-10-years" });
      answer.status.should.equal(200, answer.text);
      should(answer.headers.get("x-site-extension")).equal("docbridge-sandbox");
      const retainer = await retainerOf("records-10-years");
      answer.body.should.have.properties({ "object-id": byExtension, "retainer-ids": [retainer], "retain-until": TEN_YEARS });
      for (const id of [byState, byAspect, byExtension]) {
        (await properties(id)).should.have.properties({ i_retainer_id: [retainer], i_retain_until: TEN_YEARS });
        const refused = await rig.call("DELETE", `/objects/${id}`);
        refused.status.should.equal(403);
        refused.body.details.should.containEql("DM_SYSOBJECT_E_OBJECT_RETAINED");
      }
      (await rig.call("DELETE", `/objects/${byAspect}/aspects/demo_retention`)).status.should.equal(403);
    });

    it("takes the policy of the aspect from retention_class", async () => {
      const answer = await rig.post(`/folders/${temp}/documents`, {
        properties: { object_name: "six years", r_object_type: "demo_statement", retention_class: "correspondence-6-years" },
        "object-aspects": { aspects: ["demo_retention"] },
      });
      answer.body.properties.should.have.properties({ i_retain_until: "2031-02-28T12:00:00.000+00:00" });
    });

    it("starts at the day a case is closed, as a site's own call has it", async () => {
      const folder = (await rig.post(`/folders/${temp}/folders`, { properties: { object_name: "a case" } })).body.properties
        .r_object_id as string;
      const id = await rig.document(folder, "in the case");
      const closed = await rig.get(`/demo-retention?folderId=${folder}&policy=records-10-years&closeDate=2024-12-31`);
      closed.status.should.equal(200, closed.text);
      (await properties(id)).should.have.properties({ i_retain_until: "2034-12-29T00:00:00.000+00:00" });
      (await rig.get("/demo-retention")).body.should.have.property("policies").with.length(3);
      (await rig.post("/demo-retention", { "object-id": id, policy: "none" })).body.details.should.containEql("DM_RETENTION_E_NO_POLICY");
      rig.set("retention-extension", false);
      (await rig.get("/demo-retention")).status.should.equal(404);
      rig.set("retention-extension", true);
    });

    it("holds without an end, by a policy or by a governed folder that does not age", async () => {
      const held = await rig.document(temp, "held by policy");
      await rig.post("/demo-retention", { "object-id": held, policy: "legal-hold" });
      const folder = (
        await rig.post(`/folders/${temp}/folders`, {
          properties: { object_name: "litigation", r_object_type: "demo_governed_folder", does_not_age: true },
        })
      ).body.properties.r_object_id as string;
      const linked = await rig.document(temp, "held by folder");
      await rig.post(`/objects/${linked}/parent-links`, { href: `${rig.repository}/folders/${folder}` });
      for (const id of [held, linked]) {
        const { i_retainer_id, i_retain_until } = await properties(id);
        should(i_retainer_id).be.an.Array().with.length(1);
        should(i_retain_until).equal(null);
        for (const [method, path] of [
          ["DELETE", ""],
          ["PUT", "/lock"],
        ] as const) {
          const refused = await rig.call(method, `/objects/${id}${path}`);
          refused.status.should.equal(403);
          refused.body.details.should.match(/DM_SYSOBJECT_E_OBJECT_RETAINED.*retention hold/);
        }
      }
    });

    it("refuses a check-in of what came under retention while it was checked out, and allows it by a switch", async () => {
      const id = await rig.document(temp, "checked out before");
      const locked = await put(`/objects/${id}/lock`);
      await rig.post("/demo-retention", { "object-id": id, policy: "records-10-years" });
      const checkIn = () => rig.post(hrefOf(locked.body, "checkin-next-minor") as string, { properties: {} });
      (await checkIn()).status.should.equal(403);
      (await rig.get(`/objects/${id}/versions`)).body.entries?.length.should.equal(1);
      rig.set("retained-versions-refused", false);
      const version = await checkIn();
      version.status.should.equal(201);
      version.body.properties.should.have.properties({ i_retainer_id: [await retainerOf("records-10-years")] });
      rig.set("retained-versions-refused", true);
    });

    it("comes later by the site's job, which looks at retention_class", async () => {
      rig.set("retention-job-seconds", 0.05);
      const id = await rig.document(temp, "for the job", "x", { r_object_type: "demo_statement", retention_class: "records-10-years" });
      (await properties(id)).should.have.properties(bare);
      let found = await properties(id);
      while (found.i_retainer_id === null) found = await properties(id);
      found.should.have.properties({ i_retain_until: TEN_YEARS });
      rig.set("retention-job-seconds", -1);
    });

    it("fails for a share of the objects, for the same ones at every try, loudly or in silence", async () => {
      const governed = (
        await rig.post(`/folders/${temp}/folders`, { properties: { object_name: "rates", r_object_type: "demo_governed_folder" } })
      ).body.properties.r_object_id as string;
      const all = Array.from({ length: 60 }, (_one, index) => `rate-${index}`);
      const failing = async (): Promise<string[]> => {
        const answers = await Promise.all(
          all.map((object_name) => rig.post(`/folders/${governed}/documents`, { properties: { object_name } })),
        );
        return all.filter((_name, index) => answers[index]?.status !== 201);
      };
      rig.set("retention-failure-rate", 0.25);
      const loud = await failing();
      loud.length.should.be.within(5, 30);
      (await failing()).should.eql(loud);
      (await rig.dql(`select r_object_id from dm_document where folder('/Temp/rates') and any i_retainer_id is nullid`)).should.eql([]);
      rig.set("retention-failure-mode", "silent");
      (await failing()).should.eql([]);
      const silent = await rig.dql(
        `select object_name, i_retainer_id from dm_document where folder('/Temp/rates')`,
        "&items-per-page=1000",
      );
      const unretained = silent.filter(({ i_retainer_id }) => i_retainer_id === null).map(({ object_name }) => object_name);
      unretained.sort().should.eql(loud.sort());
      rig.set("retention-failure-seed", "another");
      rig.set("retention-failure-mode", "refuse");
      (await failing()).should.not.eql(loud);
      rig.set("retention-failure-rate", 1);
      const id = await rig.document(temp, "rate");
      const answer = await rig.post("/demo-retention", { "object-id": id, policy: "records-10-years" });
      answer.status.should.equal(500);
      answer.body.details.should.containEql("DM_RETENTION_E_APPLY_FAILED");
      (await rig.post(`/objects/${id}/aspects`, { aspects: ["demo_retention"] })).status.should.equal(500);
      (await properties(id)).should.have.properties({ ...bare, r_aspect_name: null });
      rig.set("retention-failure-rate", 0);
    });
  });
});
