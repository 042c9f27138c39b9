import should from "should";
import { type Answer, hrefOf, JSON_TYPE, type Json, Rig, rels } from "./documentum-rig.ts";

describe("documentum stand-in: workflows", () => {
  let rig: Rig;
  let temp: string;
  before(async () => {
    rig = await new Rig().start();
    temp = await rig.folderId("/Temp");
    // Whoever logs in is entered as a user.
    await rig.call("GET", "/currentuser", { user: "guest" });
  });
  after(() => rig.stop());

  const titles = (answer: Answer): string[] => (answer.body.entries ?? []).map(({ title }) => title);
  const put = (path: string, user?: string): Promise<Answer> => rig.call("PUT", path, { user });
  const inbox = async (user?: string): Promise<Json[]> =>
    ((await rig.call("GET", "/inbox?inline=true", { user })).body.entries ?? []).map(({ content }) => content);

  async function template(name: string): Promise<string> {
    const entry = (await rig.get("/workflow-templates")).body.entries?.find(({ title }) => title === name);
    return hrefOf(entry as Json, "edit") as string;
  }

  async function start(name: string, more: object = {}): Promise<{ workflow: Answer; document: string }> {
    const document = await rig.document(temp, `for ${name}`);
    const workflow = await rig.post("/workflows", { href: await template(name), "object-ids": [document], ...more });
    workflow.status.should.equal(201, workflow.text);
    return { workflow, document };
  }

  /** Address of the task of a workflow in somebody's inbox. */
  async function task(workflow: Answer, user?: string): Promise<string> {
    const found = (await inbox(user)).find(({ properties }) => properties.router_id === workflow.body.properties.r_object_id);
    if (!found) throw new Error(`${user ?? "demo"} has no task of that workflow`);
    return hrefOf(found, "self") as string;
  }

  describe("templates", () => {
    it("lists them by name, with their activities", async () => {
      const list = await rig.get(hrefOf((await rig.get("")).body, "workflow-templates") as string);
      titles(list).should.containDeep(["demo_review", "demo_two_step_review"]);
      const { body } = await rig.get(await template("demo_two_step_review"));
      should(body.properties.r_definition_state).equal(2);
      const activities = await rig.get(`${await template("demo_two_step_review")}/activities?inline=true`);
      activities.body.entries
        ?.map(({ content }) => [content.properties.object_name, content.properties.performer_name])
        .should.eql([
          ["Review", "demo_reviewers"],
          ["Approve", "dmadmin"],
          ["Rework", "$supervisor"],
        ]);
      (await rig.get(hrefOf(activities.body.entries?.[0] as Json, "edit") as string)).body.name.should.equal("workflow-activity");
    });

    it("takes a template out of use and back, a state at a time", async () => {
      const address = await template("demo_review");
      (await put(`${address}?action=UNINSTALL`)).status.should.equal(403, "it belongs to the administrator");
      const act = (action: string) => put(`${address}?action=${action}`, "dmadmin");
      (await act("INVALIDATE")).status.should.equal(400);
      (await act("UNINSTALL")).body.properties.should.have.properties({ r_definition_state: 1 });
      const refused = await rig.post("/workflows", { href: address });
      refused.status.should.equal(400);
      refused.body.details.should.containEql("DM_WORKFLOW_E_NOT_INSTALLED");
      (await act("invalidate")).body.properties.should.have.properties({ r_definition_state: 0 });
      (await act("validate")).status.should.equal(200);
      (await act("INSTALL")).status.should.equal(200);
      (await act("EXPLODE")).status.should.equal(400);
      const changed = await rig.post(address, { properties: { title: "Reviews" } }, {}, "dmadmin");
      changed.body.properties.should.have.properties({ title: "Reviews" });
    });
  });

  describe("a review", () => {
    it("starts with documents, a note and instructions, and lies in the inbox of every reviewer", async () => {
      const { workflow, document } = await start("demo_review", {
        "workflow-name": "Statement 4711",
        instruction: "Please check the address",
        priority: "HIGH",
        note: { text: "urgent", persistent: true },
      });
      workflow.body.properties.should.have.properties({
        object_name: "Statement 4711",
        r_runtime_state: 1,
        supervisor_name: "demo",
        instructions: "Please check the address",
        priority: 10,
      });
      rels(workflow.body).should.eql(["self", "work-items", "workflow-activity", "workflow-attachments", "workflow-template"]);
      for (const user of ["demo", "dmadmin"]) {
        const item = (await inbox(user)).find(({ properties }) => properties.router_id === workflow.body.properties.r_object_id) as Json;
        item.properties.should.have.properties({
          task_name: "Review",
          name: "demo_reviewers",
          task_state: "dormant",
          priority: 10,
          message: "Please check the address",
        });
      }
      (await rig.call("GET", "/inbox", { user: "guest" })).body.should.not.have.property("entries");
      const single = await rig.get(await task(workflow));
      rels(single.body).should.eql(["self", "task-packages", "workflow", "work-item", "workflow-activity"]);
      for (const { href } of single.body.links) (await rig.get(href)).status.should.equal(200);
      const packages = await rig.get(hrefOf(single.body, "task-packages") as string);
      const filled = await rig.get(hrefOf(packages.body.entries?.[0] as Json, "edit") as string);
      filled.body.should.have.properties({
        index: 0,
        "package-name": "document",
        status: "FULL",
        "document-ids": [document],
        "note-count": 1,
      });
      (filled.body.notes as Json[])[0]?.should.have.properties({ text: "urgent", persistent: true, writer: "demo" });
      should(hrefOf(filled.body, "document")).equal(`${rig.repository}/documents/${document}`);
      (await rig.call("GET", await task(workflow), { user: "guest" })).status.should.equal(403);
    });

    it("is acquired by one, gone from the other's inbox, forwarded, and reported to who started it", async () => {
      const { workflow } = await start("demo_review");
      const address = await task(workflow, "dmadmin");
      const early = await put(`${address}?action=FORWARD`, "dmadmin");
      early.status.should.equal(400);
      early.body.details.should.containEql("DM_WORKFLOW_E_NOT_ACQUIRED");
      const acquired = await put(`${address}?action=ACQUIRE`, "dmadmin");
      acquired.status.should.equal(200, acquired.text);
      acquired.body.properties.should.have.properties({ task_state: "acquired", name: "dmadmin" });
      (await inbox()).filter(({ properties }) => properties.router_id === workflow.body.properties.r_object_id).should.eql([]);
      const stolen = await put(`${address}?action=ACQUIRE`);
      stolen.status.should.equal(403);
      stolen.body.details.should.containEql("DM_WORKFLOW_E_NOT_PERFORMER");
      (await put(`${address}?action=ACQUIRE`, "dmadmin")).body.details.should.containEql("DM_WORKFLOW_E_ALREADY_ACQUIRED");
      (await put(`${address}?action=FORWARD`, "dmadmin")).status.should.equal(200);
      should((await rig.get(hrefOf(workflow.body, "self") as string)).body.properties.r_runtime_state).equal(2);
      (await put(`${address}?action=FORWARD`, "dmadmin")).body.details.should.match(/DM_WORKFLOW_E_(?:NOT_RUNNING|ITEM_FINISHED)/);
      const ofThis = async (): Promise<Json[]> =>
        (await inbox()).filter(({ properties }) => properties.router_id === workflow.body.properties.r_object_id);
      const [notice] = (await ofThis()) as [Json];
      should(notice.properties.event).equal("dm_finishedworkflow");
      rels(notice).should.eql(["self", "delete", "workflow"]);
      (await rig.get("/inbox?item-type=4")).body.entries?.some(({ id }) => id === hrefOf(notice, "self")).should.equal(false);
      (await rig.call("DELETE", hrefOf(notice, "self") as string, { user: "guest" })).status.should.equal(403);
      (await rig.call("DELETE", hrefOf(notice, "delete") as string)).status.should.equal(204);
      (await ofThis()).should.eql([]);
    });

    it("goes back for rework when rejected, and comes again", async () => {
      const { workflow } = await start("demo_review");
      const first = await task(workflow, "dmadmin");
      await put(`${first}?action=acquire`, "dmadmin");
      (await put(`${first}?action=reject`, "dmadmin")).status.should.equal(200);
      const rework = await task(workflow);
      should((await rig.get(rework)).body.properties.task_name).equal("Rework");
      await put(`${rework}?action=acquire`);
      const refused = await put(`${rework}?action=reject`);
      refused.status.should.equal(400);
      refused.body.details.should.containEql("DM_WORKFLOW_E_NO_REJECT");
      (await put(`${rework}?action=forward&activity=Nowhere`)).status.should.equal(400);
      await put(`${rework}?action=forward&activity=Review`);
      const items = await rig.get(`${hrefOf(workflow.body, "work-items")}?inline=true`);
      items.body.entries
        ?.map(({ content }) => [content.properties.r_act_name, content.properties.output, content.properties.r_runtime_state])
        .should.eql([
          ["Review", "reject", 2],
          ["Rework", "forward", 2],
          ["Review", "", 0],
        ]);
    });

    it("asks the second reviewer to sign", async () => {
      const { workflow } = await start("demo_two_step_review");
      const first = await task(workflow);
      await put(`${first}?action=acquire`);
      await put(`${first}?action=forward`);
      const second = await task(workflow, "dmadmin");
      await put(`${second}?action=acquire`, "dmadmin");
      const unsigned = await put(`${second}?action=forward`, "dmadmin");
      unsigned.status.should.equal(400);
      unsigned.body.details.should.containEql("DM_WORKFLOW_E_SIGN_OFF_REQUIRED");
      (await put(`${second}?action=signoff&signoff-password=wrong`, "dmadmin")).status.should.equal(403);
      (await put(`${second}?action=SIGNOFF&signoff-password=demo-password`, "dmadmin")).status.should.equal(200);
      (await put(`${second}?action=forward`, "dmadmin")).status.should.equal(200);
      should((await rig.get(hrefOf(workflow.body, "self") as string)).body.properties.r_runtime_state).equal(2);
    });

    it("is delegated, and repeated by others before it goes on", async () => {
      const { workflow } = await start("demo_review");
      const first = await task(workflow);
      await put(`${first}?action=acquire`);
      (await put(`${first}?action=delegate`)).status.should.equal(400);
      (await put(`${first}?action=delegate&delegate-user=nobody`)).body.details.should.containEql("DM_WORKFLOW_E_PERFORMER");
      (await put(`${first}?action=delegate&delegate-user=guest`)).body.properties.should.have.properties({
        name: "guest",
        task_state: "dormant",
      });
      const delegated = await task(workflow, "guest");
      await put(`${delegated}?action=acquire`, "guest");
      (await put(`${delegated}?action=repeat&repeat-users=demo,dmadmin`, "guest")).status.should.equal(200);
      for (const user of ["demo", "dmadmin"]) {
        should((await rig.get(hrefOf(workflow.body, "self") as string)).body.properties.r_runtime_state).equal(1);
        const address = await task(workflow, user);
        await put(`${address}?action=acquire`, user);
        (await put(`${address}?action=forward`, user)).status.should.equal(200);
      }
      should((await rig.get(hrefOf(workflow.body, "self") as string)).body.properties.r_runtime_state).equal(2);
    });

    it("takes documents and notes into its package from who performs it, and nobody else", async () => {
      const { workflow, document } = await start("demo_review");
      const item = hrefOf((await rig.get(await task(workflow))).body, "task-packages") as string;
      const more = await rig.document(temp, "one more");
      const filled = await rig.post(`${item}/0`, { "document-ids": [more], notes: [{ text: "seen" }] });
      filled.status.should.equal(200, filled.text);
      filled.body.should.have.properties({ "document-ids": [document, more], "note-count": 1 });
      (await rig.post(`${item}/0`, { notes: [{ text: "x" }] }, {}, "guest")).status.should.equal(403);
      (await rig.post(`${item}/7`, { notes: [] })).status.should.equal(404);
      (await rig.post(`${item}/0`, { notes: [{}] })).status.should.equal(400);
      const note = filled.body.links.find(({ rel }) => rel.endsWith("/delete-note"));
      (await rig.call("DELETE", note?.href as string, { user: "dmadmin" })).status.should.equal(403);
      (await rig.call("DELETE", note?.href as string)).status.should.equal(204);
      (await rig.call("DELETE", hrefOf(filled.body, "delete-documents") as string)).status.should.equal(204);
      (await rig.get(`${item}/0`)).body.should.have.properties({ status: "EMPTY", "note-count": 0, "document-count": 0 });
    });
  });

  describe("its supervisor", () => {
    it("halts, resumes, restarts, hands over and aborts", async () => {
      const { workflow } = await start("demo_review");
      const self = hrefOf(workflow.body, "self") as string;
      const address = await task(workflow, "dmadmin");
      (await put(`${self}?action=HALT`, "guest")).status.should.equal(403);
      should((await put(`${self}?action=HALT`)).body.properties.r_runtime_state).equal(3);
      (await put(`${address}?action=acquire`, "dmadmin")).body.details.should.containEql("DM_WORKFLOW_E_NOT_RUNNING");
      (await put(`${self}?action=HALT-ALL`)).body.details.should.containEql("DM_WORKFLOW_E_STATE");
      should((await put(`${self}?action=RESUME`)).body.properties.r_runtime_state).equal(1);
      (await put(`${address}?action=acquire`, "dmadmin")).status.should.equal(200);
      await put(`${self}?action=HALT-ALL`);
      should((await put(`${self}?action=RESTART-ALL`)).body.properties.r_runtime_state).equal(1);
      should((await rig.get(await task(workflow))).body.properties.task_state).equal("dormant");
      (await put(`${self}?action=CHANGE-SUPERVISOR&supervisor=nobody`)).status.should.equal(400);
      should((await put(`${self}?action=CHANGE-SUPERVISOR&supervisor=dmadmin`)).body.properties.supervisor_name).equal("dmadmin");
      (await put(`${self}?action=ABORT`)).status.should.equal(403);
      should((await put(`${self}?action=ABORT`, "dmadmin")).body.properties.r_runtime_state).equal(4);
      (await inbox("dmadmin")).filter(({ properties }) => properties.router_id === workflow.body.properties.r_object_id).should.eql([]);
      (await put(`${self}?action=DANCE`)).status.should.equal(400);
    });

    it("attaches what belongs to the whole workflow", async () => {
      const { workflow } = await start("demo_review");
      const link = hrefOf(workflow.body, "workflow-attachments") as string;
      const id = await rig.document(temp, "background");
      const attached = await rig.post(link, { "component-id": id, "component-type": "dm_document" });
      attached.status.should.equal(201, attached.text);
      attached.body.should.have.properties({ "component-id": id, "component-name": "background", "creator-name": "demo" });
      titles(await rig.get(link)).should.eql(["background"]);
      (await rig.get(hrefOf(attached.body, "document") as string)).status.should.equal(200);
      (await rig.call("DELETE", hrefOf(attached.body, "delete") as string)).status.should.equal(204);
      titles(await rig.get(link)).should.eql([]);
    });
  });

  it("starts an ad-hoc workflow for users and groups, without a template", async () => {
    const id = await rig.document(temp, "ad hoc");
    const workflow = await rig.post("/workflows?quick-flow=true", { users: ["guest"], groups: ["administrators"], "object-ids": [id] });
    workflow.status.should.equal(201, workflow.text);
    for (const user of ["guest", "dmadmin"]) {
      const address = await task(workflow, user);
      await put(`${address}?action=acquire`, user);
      (await put(`${address}?action=forward`, user)).status.should.equal(200);
    }
    should((await rig.get(hrefOf(workflow.body, "self") as string)).body.properties.r_runtime_state).equal(2);
    for (const body of [{}, { users: ["nobody"] }, { users: "guest" }, { surprise: 1 }]) {
      (await rig.post("/workflows?quick-flow=true", body)).status.should.equal(400);
    }
    (await rig.post("/workflows", { href: "nowhere" })).status.should.equal(400);
    (await rig.post("/workflows", { href: await template("demo_review"), activity: "Nowhere" })).status.should.equal(400);
    (await rig.post("/workflows", { href: await template("demo_review"), priority: "SOON" })).status.should.equal(400);
  });

  it("puts a group's tasks into its work queue, where they are held, reassigned and put aside", async () => {
    const { workflow } = await start("demo_review");
    const queues = await rig.get("/work-queues");
    titles(queues).should.eql(["demo_review_queue"]);
    (await rig.call("GET", "/work-queues", { user: "guest" })).body.should.not.have.property("entries");
    const queue = await rig.get(hrefOf(queues.body.entries?.[0] as Json, "edit") as string);
    const tasks = hrefOf(queue.body, "queue-tasks") as string;
    const entry = (await rig.get(`${tasks}&inline=true`)).body.entries?.find(
      ({ content }) => content.properties.router_id === workflow.body.properties.r_object_id,
    );
    const self = hrefOf(entry?.content as Json, "self") as string;
    (await rig.call("GET", self, { user: "guest" })).status.should.equal(403);
    (await put(`${self}?action=HOLD`)).status.should.equal(200);
    const item = `${rig.repository}/work-items/${entry?.content.properties.item_id}`;
    should((await rig.get(item)).body.properties.a_held_by).equal("demo");
    await put(`${self}?action=UNHOLD`);
    should((await rig.get(item)).body.properties.a_held_by).equal("");
    const aside = await put(`${self}?action=SUSPEND&unsuspend-time=2025-04-01T00:00:00.000%2B00:00`);
    aside.body.properties.should.have.properties({ task_state: "paused", unsuspend_date: "2025-04-01T00:00:00.000+00:00" });
    (await put(`${hrefOf(entry?.content as Json, "inbox-item")}?action=acquire`)).status.should.equal(400);
    (await put(`${self}?action=UNSUSPEND`)).body.properties.should.have.properties({ task_state: "dormant", unsuspend_date: null });
    (await put(`${self}?action=UNSUSPEND`)).status.should.equal(400);
    should((await put(`${self}?action=REASSIGN&user-name=dmadmin`)).body.properties.name).equal("dmadmin");
    const has = async (filter: string): Promise<boolean> =>
      ((await rig.get(`/queue-tasks?filter-type=${filter}`)).body.entries ?? []).some(({ id }) => id === self);
    (await has("ALL")).should.equal(true);
    (await has("UNASSIGNED")).should.equal(false);
  });

  it("can be queried, audited, and goes on after a restart", async () => {
    await rig.post("/registered-audit-events", { properties: { event: "dm_all" } }, {}, "dmadmin");
    const { workflow, document } = await start("demo_review");
    const address = (await task(workflow)).slice(rig.app.origin.length);
    await rig.restart();
    await rig.call("PUT", `${rig.app.origin}${address}?action=acquire`, { headers: { "Content-Type": JSON_TYPE } });
    (await put(`${rig.app.origin}${address}?action=forward`)).status.should.equal(200);
    const rows = await rig.dql(`select event_name from dm_audittrail where audited_obj_id = '${document}'`);
    rows
      .map(({ event_name }) => event_name)
      .should.eql(["dm_save", "dm_startworkflow", "dm_acquiredworkitem", "dm_completedworkitem", "dm_finishworkflow"]);
    (await rig.dql("select r_object_id from dm_workflow where r_runtime_state = 2 and object_name = 'demo_review'")).length.should.be.above(
      0,
    );
    const id = workflow.body.properties.r_object_id;
    (await rig.dql(`select r_act_name from dmi_workitem where r_workflow_id = '${id}'`)).should.eql([{ r_act_name: "Review" }]);
  });
});
