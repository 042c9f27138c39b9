import should from "should";
import type { LifecycleReport } from "../../dist/css/css-lifecycle/report.js";
import type { Fields } from "../../scripts/support/sandbox-files.ts";
import { CmsPerson } from "./cms-person.ts";
import { node } from "./flows.ts";
import { rigOfSuite, type SeenMessage } from "./rig.ts";
import { cmsInstances } from "./stored.ts";

const lifecycle = (operation: string, values = {}) =>
  node("css-lifecycle", operation, {
    tenant: "css",
    operation,
    findBy: "id",
    cmsType: "def_statement",
    objectId: "{{payload}}",
    findAttribute: "account_number",
    findValue: "{{payload}}",
    retainUntil: "{{until}}",
    disposition: "delete",
    policy: "{{policy}}",
    basis: "",
    matter: "{{matter}}",
    tier: "{{tier}}",
    nextTierOn: "{{next}}",
    by: "{{by}}",
    deletion: "forGood",
    holdAcl: "",
    traitPrefix: "def",
    waitSeconds: "10",
    wires: [["out"]],
    ...values,
  });
const ALL = ["status", "retention", "hold", "release", "tier", "delete", "expire"];
const reportIn = (message: SeenMessage | undefined) => (message as unknown as { lifecycle: LifecycleReport }).lifecycle;

describe("css-lifecycle", () => {
  const rig = rigOfSuite();
  const other = () => new CmsPerson(rig.sandbox.description);
  let made = 0;

  /** A statement of somebody else, with the traits given. */
  async function statement(traits: Fields = {}, account = `L-${++made}`): Promise<string> {
    const body = { name: "statement", properties: { customer_number: "4711", account_number: account }, traits };
    return (await other().ask("POST", "/instances/file/def_statement", body)).id as string;
  }
  async function nextVersion(id: string, traits: Fields = {}): Promise<string> {
    const body = { name: "statement", properties: { customer_number: "4711" }, traits };
    return (await other().ask("POST", other().statement(id, "/nextVersion"), body)).id as string;
  }
  const there = (id: string) => cmsInstances(rig.dataDir).some((object) => object.id === id);
  const shown = (id: string) => other().ask("GET", other().statement(id));
  const traitsOf = async (id: string) => (await shown(id)).traits as Record<string, Record<string, Fields>>;

  /** The report for one message that goes well. */
  async function done(operation: string, payload: string, more = {}): Promise<LifecycleReport> {
    const before = rig.messages().length;
    rig.send(operation, { payload, ...more });
    return reportIn((await rig.received(before + 1))[before]);
  }
  /** The message at the Catch node for one that does not. */
  async function refused(operation: string, payload: string, more = {}) {
    const before = rig.messages("caught").length;
    rig.send(operation, { payload, ...more });
    const message = (await rig.received(before + 1, "caught"))[before] as SeenMessage;
    return { code: message.error?.code, text: message.error?.message ?? "", lifecycle: reportIn(message) };
  }
  const load = (values: Fields = {}) => rig.load(ALL.map((operation) => lifecycle(operation, values)));

  it("says of an object without anything that it may be deleted, by its id and by its business key", async () => {
    await rig.load([lifecycle("status"), lifecycle("status", { id: "byKey", findBy: "key" })]);
    const id = await statement({}, "L-key");
    const report = await done("status", id);
    should(report).match({ objectId: id, type: "def_statement", versions: 1, held: false, retained: false, deletable: true });
    should(report).match({ holds: [], released: [], beingDeleted: false });
    should(report).not.have.properties("retention", "tier", "deleted");
    should(await done("byKey", "L-key")).match({ objectId: id });
    should(await refused("byKey", "L-nobody")).match({ code: "not-found" });
    should(await refused("status", "no-such-id")).match({ code: "not-found" });
  });

  it("sets retention, prolongs it, and never shortens it", async () => {
    await load();
    const id = await statement();
    const report = await done("retention", id, { until: "2036-12-31", policy: "letters" });
    should(report).match({ retained: true, deletable: false });
    should(report.retention).eql({ retainUntil: "2036-12-31", policy: "letters", disposition: "delete" });
    should((await traitsOf(id)).def_retention?.main).eql({ retain_until: "2036-12-31", policy: "letters", disposition: "delete" });
    should((await done("retention", id, { until: "2037-06-30" })).retention).match({ retainUntil: "2037-06-30", policy: "letters" });
    const { code, lifecycle: known } = await refused("retention", id, { until: "2036-12-31" });
    should(code).equal("retained");
    should(known.retention?.retainUntil).equal("2037-06-30");
    should(await refused("retention", id, { until: "tomorrow" })).match({ code: "invalid-message", text: /retainUntil/ });
    should(await refused("retention", id)).match({ code: "missing-metadata" });
    should(await refused("delete", id)).match({ code: "retained" });
    should(there(id)).be.true();
  });

  it("places a hold for each matter, once, and releases each for itself", async () => {
    await load();
    const id = await statement();
    const first = await done("hold", id, { matter: "M-1", by: "counsel" });
    should(first).match({ held: true, deletable: false });
    should(first.holds).match([{ matter: "M-1", placedBy: "counsel" }]);
    const again = await done("hold", id, { matter: "M-1", by: "somebody else" });
    should(again.holds).eql(first.holds);
    await done("hold", id, { matter: "Smith ./. Jones & Co." });
    should((await done("status", id)).holds.map(({ matter }) => matter)).eql(["M-1", "Smith ./. Jones & Co."]);
    should(await refused("delete", id)).match({ code: "on-hold", lifecycle: { held: true } });
    should(await done("release", id, { matter: "M-1" })).match({ held: true, released: ["M-1"] });
    should(await refused("delete", id)).match({ code: "on-hold" });
    should(await refused("release", id, { matter: "M-9" })).match({ code: "not-found" });
    const last = await done("release", id, { matter: "Smith ./. Jones & Co." });
    should(last).match({ held: false, holds: [], deletable: true });
    // Anew for a matter that was released before.
    should((await done("hold", id, { matter: "M-1" })).holds).match([{ matter: "M-1" }]);
    should(there(id)).be.true();
  });

  it("holds every version, and lets a hold on any version protect the whole object", async () => {
    await load();
    const [first, held] = [await statement(), await statement({ def_legal_hold: { x: { matter_id: "M-2" } } })];
    const second = await nextVersion(first);
    await nextVersion(held);
    should(await refused("delete", held)).match({ code: "on-hold", lifecycle: { versions: 2 } });
    await done("hold", first, { matter: "M-3" });
    for (const id of [first, second]) should((await traitsOf(id)).def_legal_hold?.["M-3"]).match({ matter_id: "M-3" });
  });

  it("notes the tier and since when it is the tier", async () => {
    await load();
    const id = await statement();
    const { tier } = await done("tier", id, { tier: "cool", next: "2030-01-01" });
    should(tier).match({ name: "cool", nextOn: "2030-01-01", since: /^\d{4}-/ });
    should((await done("tier", id, { tier: "cool", next: "2031-01-01" })).tier).eql({ ...tier, nextOn: "2031-01-01" });
    should((await done("tier", id, { tier: "cold" })).tier?.name).equal("cold");
  });

  for (const deletion of ["bin", "forGood"] as const) {
    it(`deletes an object with all its versions, and says what is gone: ${deletion}`, async () => {
      await load({ deletion });
      const first = await statement();
      const second = await nextVersion(first);
      const report = await done("delete", first, { by: "clerk" });
      should(report.deleted).match({ how: deletion, by: "clerk" });
      should(report.deleted?.versions).eql([
        { id: second, version: 2 },
        { id: first, version: 1 },
      ]);
      await shown(second).should.be.rejectedWith(/404/);
      const inBin = ((await other().ask("GET", "/deleted"))._embedded as { collection: Fields[] } | undefined)?.collection ?? [];
      should(inBin.filter(({ id }) => id === first || id === second).length).equal(deletion === "bin" ? 2 : 0);
      should(await refused("delete", first)).match({ code: "not-found" });
      should(await refused("hold", first, { matter: "M-late" })).match({ code: "not-found" });
    });
  }

  it("lets only those expire whose retention is over and says so", async () => {
    await load();
    const retained = (values: Fields) => statement({ def_retention: { main: values } });
    const none = await statement();
    const later = await retained({ retain_until: "2999-01-01", disposition: "delete" });
    const today = await retained({ retain_until: new Date().toISOString().slice(0, 10), disposition: "delete" });
    const review = await retained({ retain_until: "2020-01-01", disposition: "review" });
    const held = await statement({
      def_retention: { main: { retain_until: "2020-01-01", disposition: "delete" } },
      def_legal_hold: { x: { matter_id: "M-4" } },
    });
    const due = await retained({ retain_until: "2020-01-01", disposition: "delete" });
    for (const [id, code] of [
      [none, "not-due"],
      [later, "retained"],
      [today, "retained"],
      [review, "not-due"],
      [held, "on-hold"],
    ] as const) {
      should((await refused("expire", id)).code).equal(code);
      should(there(id)).be.true();
    }
    should((await done("expire", due)).deleted).match({ how: "forGood" });
    should(there(due)).be.false();
  });

  it("deletes nothing whose holds or retention it cannot read", async () => {
    await load();
    const unreadable = [
      await statement({ def_retention: { main: { policy: "for ever" } } }),
      await statement({ def_legal_hold: { x: {} } }),
    ];
    should((await refused("delete", unreadable[0] as string)).code).equal("lifecycle-unreadable");
    should((await refused("delete", unreadable[1] as string)).code).equal("on-hold");
    const id = await statement();
    for (const path of ["/versions", `${id}$`]) {
      rig.sandbox.app.faults.set([{ kind: "status", service: "cms", method: "GET", path, status: 503 }]);
      should((await refused("delete", id)).code).equal("service-unavailable");
    }
    rig.sandbox.app.faults.set([]);
    for (const each of [...unreadable, id]) should(there(each)).be.true();
    should((await shown(id)).lock_owner).be.null();
  });

  it("leaves an object alone that somebody else has locked, also when it is held", async () => {
    await load();
    const id = await statement();
    await other().ask("PUT", other().statement(id, "/lock"));
    for (const [operation, more] of [
      ["delete", {}],
      ["hold", { matter: "M-5" }],
    ] as const) {
      should(await refused(operation, id, more)).match({ code: "locked", text: new RegExp(other().name) });
    }
    should((await shown(id)).lock_owner).equal(other().name);
    await other().ask("DELETE", other().statement(id, "/lock"));
    should((await done("delete", id)).deleted).be.ok();
  });

  it("takes its lock and its mark back when the deletion is refused, so that a hold is certain at once", async () => {
    await load({ waitSeconds: "0" });
    const id = await statement();
    rig.sandbox.app.faults.set([{ kind: "status", service: "cms", method: "DELETE", path: "/all$", status: 403, times: 1 }]);
    should((await refused("delete", id)).code).equal("permission-denied");
    should(await shown(id)).match({ lock_owner: null });
    should(await done("hold", id, { matter: "M-6" })).match({ held: true, beingDeleted: false });
  });

  it("knows that the object is gone when the reply to its deletion is lost", async () => {
    await load();
    const id = await statement();
    rig.sandbox.app.faults.set([{ kind: "drop-reply", service: "cms", method: "DELETE", path: "/all$", times: 1 }]);
    should((await done("delete", id)).deleted).be.ok();
    should(there(id)).be.false();
  });

  it("holds an object although the replies to what it writes are lost", async () => {
    await load();
    const id = await statement();
    rig.sandbox.app.faults.set([{ kind: "drop-reply", service: "cms", method: "PATCH", path: `${id}$`, times: 2 }]);
    should((await done("hold", id, { matter: "M-7" })).holds).match([{ matter: "M-7" }]);
  });

  it("calls a hold uncertain while a deletion is under way, and certain when its process has died", async () => {
    await load({ waitSeconds: "0.3" });
    const mark = (begun: number) => ({ def_deletion: { another: { begun_at: new Date(begun).toISOString() } } });
    const fresh = await statement(mark(Date.now()));
    should(await done("status", fresh)).match({ beingDeleted: true });
    should(await refused("hold", fresh, { matter: "M-8" })).match({ code: "being-deleted", lifecycle: { held: true } });
    should((await refused("delete", fresh)).code).equal("on-hold");
    const stale = await statement(mark(Date.now() - 3_600_000));
    should(await done("hold", stale, { matter: "M-8" })).match({ held: true, beingDeleted: false });
  });

  describe("with an ACL for objects on hold", () => {
    const aclsOf = async () => {
      const lists = ((await other().ask("GET", "/permissions"))._embedded as { collection: Fields[] }).collection;
      return Object.fromEntries(lists.map(({ name, id }) => [name, id])) as Record<string, string>;
    };

    it("puts the object under it with the first hold, and back with the last release", async () => {
      await load({ holdAcl: "record" });
      const { record, default: normal } = await aclsOf();
      const first = await statement();
      const second = await nextVersion(first);
      should(await done("hold", first, { matter: "M-1" })).match({ aclId: record });
      for (const id of [first, second]) await other().ask("DELETE", other().statement(id)).should.be.rejectedWith(/403/);
      should((await done("hold", first, { matter: "M-2" })).holds.length).equal(2);
      should(await done("tier", first, { tier: "cold" })).match({ aclId: record, tier: { name: "cold" } });
      should(await done("retention", first, { until: "2036-12-31" })).match({ aclId: record, retained: true });
      should(await done("release", first, { matter: "M-1" })).match({ aclId: record, held: true });
      should(await done("release", first, { matter: "M-2" })).match({ aclId: normal, held: false });
      should(await shown(first)).match({ acl_id: normal });
    });

    it("does not leave a held object open when a change of it fails", async () => {
      await load({ holdAcl: "record" });
      const { record } = await aclsOf();
      const id = await statement();
      await done("hold", id, { matter: "M-1" });
      rig.sandbox.app.faults.set([{ kind: "status", service: "cms", method: "PATCH", path: `${id}$`, status: 400 }]);
      should((await refused("release", id, { matter: "M-1" })).code).equal("refused");
      should(await shown(id)).match({ acl_id: record });
      rig.sandbox.app.faults.set([]);
    });

    it("says so when there is no such ACL, and holds nothing", async () => {
      await load({ holdAcl: "nobody's" });
      const id = await statement();
      should(await refused("hold", id, { matter: "M-1" })).match({ code: "configuration", text: /holdAcl/, lifecycle: { held: false } });
    });
  });

  it("names the trait that the tenant lacks", async () => {
    await load({ traitPrefix: "acme" });
    const id = await statement();
    should(await refused("hold", id, { matter: "M-1" })).match({ code: "unknown-type", text: /acme_legal_hold/ });
    should(await refused("delete", id)).match({ code: "unknown-type", text: /acme_deletion/ });
    should(await shown(id)).match({ lock_owner: null });
  });
});
