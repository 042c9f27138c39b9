import should from "should";
import type { DestructionCertificate, ScheduledDisposition } from "../../dist/css/css-lifecycle/disposition.js";
import type { LifecycleReport } from "../../dist/css/css-lifecycle/report.js";
import type { Fields } from "../../scripts/support/sandbox-files.ts";
import { CmsPerson } from "./cms-person.ts";
import { node } from "./flows.ts";
import { rigOfSuite, type SeenMessage } from "./rig.ts";
import { cmsInstances } from "./stored.ts";
import { sha256, until } from "./values.ts";

const lifecycle = (operation: string) =>
  node("css-lifecycle", operation, {
    tenant: "css",
    ledger: "ledger",
    operation,
    findBy: "id",
    cmsType: "def_statement",
    objectId: "{{objectId}}",
    matter: "{{matter}}",
    by: "",
    person: "{{by}}",
    tier: "cold",
    nextTierOn: "",
    retainUntil: "2036-12-31",
    disposition: "delete",
    policy: "letters",
    basis: "",
    deletion: "forGood",
    holdAcl: "",
    keyAttribute: "docbridge_key",
    traitPrefix: "def",
    waitSeconds: "10",
    wires: [["out"]],
  });
const OPERATIONS = ["status", "tier", "hold", "release", "retention", "delete", "schedule", "dispose"];
const store = (id: string, values: Fields = {}) =>
  node("css-store", id, { tenant: "css", ledger: "ledger", destination: "css", wires: [["out"]], ...values });
const DUE = { retain_until: "2020-12-31", policy: "letters", disposition: "delete" };

type Seen = SeenMessage & {
  lifecycle?: LifecycleReport;
  disposition?: ScheduledDisposition;
  certificate?: DestructionCertificate;
  payload?: unknown;
};

describe("css-lifecycle, what the ledger learns, and dispositions", () => {
  const rig = rigOfSuite();
  const other = () => new CmsPerson(rig.sandbox.description);
  let made = 0;

  beforeEach(() =>
    rig.load([
      ...OPERATIONS.map(lifecycle),
      store("store"),
      store("evidence", {
        operation: "evidence",
        cmsType: "def_evidence",
        findType: "def_statement",
        findAttribute: "docbridge_key",
        findValue: "{{metadata.document_key}}",
        evidenceMissing: "store",
        evidenceRole: "certificate of destruction",
        evidenceTrait: "def_evidence_of",
      }),
    ]),
  );

  /** The message that comes out for one that goes in. */
  async function done(id: string, message: Fields): Promise<Seen> {
    const before = rig.messages().length;
    rig.send(id, { ...message });
    return (await rig.received(before + 1))[before] as Seen;
  }
  async function refused(id: string, message: Fields): Promise<Seen> {
    const before = rig.messages("caught").length;
    rig.send(id, { ...message });
    return (await rig.received(before + 1, "caught"))[before] as Seen;
  }
  /** A statement that css-store made, with its document; its retention is over where it is to be due. */
  async function stored(traits: Fields = {}) {
    const payload = `statement ${++made}`;
    const { document } = await done("store", { payload, filename: "s.txt", attributes: { customer_number: "4711" } });
    const objectId = document?.receipts.css?.objectId as string;
    await other().ask("PATCH", other().statement(objectId), { traits });
    return { objectId, id: document?.id as string, key: document?.key as string, hash: sha256(Buffer.from(payload)) };
  }
  const there = (id: string) => cmsInstances(rig.dataDir).some((object) => object.id === id);
  const events = async (id: string, ...types: string[]) =>
    (await (await rig.ledger()).events(id)).filter(({ type }) => types.includes(type)).map(({ type, data }) => ({ ...data, type }));

  it("notes tier, retention and holds at the document, when they change, and what stopped a deletion", async () => {
    const { objectId, id } = await stored();
    for (const operation of ["status", "tier", "tier", "status", "retention"]) await done(operation, { objectId });
    await done("hold", { objectId, matter: "M-1" });
    should(await refused("delete", { objectId })).match({ error: { code: "on-hold" } });
    const state = { type: "lifecycle", objectId, tier: "cold", retainUntil: "2036-12-31", policy: "letters" };
    should(await events(id, "lifecycle")).eql([
      { type: "lifecycle", objectId, tier: null, holds: [] },
      { type: "lifecycle", objectId, tier: "cold", holds: [] },
      { ...state, holds: [] },
      { ...state, holds: ["M-1"] },
    ]);
  });

  it("destroys what is due when somebody else approves, and certifies it; css-store keeps the certificate", async () => {
    const { objectId, id, key, hash } = await stored({ def_retention: { main: DUE } });
    const { disposition } = await done("schedule", { objectId, by: "clerk" });
    should(disposition).match({ objectId, scheduledBy: "clerk", policy: "letters", retainUntil: "2020-12-31" });
    should((await done("schedule", { objectId, by: "another" })).disposition).eql(disposition);
    for (const by of ["clerk", " Clerk "]) should(await refused("dispose", { objectId, by })).match({ error: { code: "approval-needed" } });
    should(await refused("dispose", { objectId })).match({ error: { code: "missing-metadata" } });
    should(there(objectId)).be.true();
    const message = await done("dispose", { objectId, by: "auditor", document: undefined });
    should(message.certificate).match({
      kind: "certificate of destruction",
      id: disposition?.id,
      scheduledBy: "clerk",
      approvedBy: "auditor",
      documentKey: key,
      how: "forGood",
      versions: [{ id: objectId, sha256: hash }],
    });
    should(there(objectId)).be.false();
    should(JSON.parse(String(message.payload))).eql(message.certificate);
    // The same message again, because its answer was lost.
    should((await done("dispose", { objectId, by: "auditor" })).certificate).eql(message.certificate);
    should((await events(id, "disposition-scheduled", "destroyed")).map(({ type }) => type)).eql(["disposition-scheduled", "destroyed"]);
    should((await events(id, "destroyed"))[0]).match({ approvedBy: "auditor", hashes: [hash] });
    const before = cmsInstances(rig.dataDir, "def_evidence").length;
    await done("evidence", { ...message } as Fields);
    const evidence = await until("the certificate in CSS", () => cmsInstances(rig.dataDir, "def_evidence")[before]);
    should(evidence.sha256).equal(sha256(Buffer.from(String(message.payload))));
    should(evidence.traits.def_evidence_of?.of).match({ document_key: key, role: "certificate of destruction" });
  });

  it("schedules nothing that is held, retained or not due, and approves nothing that nobody scheduled", async () => {
    const held = await stored({ def_retention: { main: DUE }, def_legal_hold: { x: { matter_id: "M-2" } } });
    const retained = await stored({ def_retention: { main: { ...DUE, retain_until: "2999-01-01" } } });
    const none = await stored();
    for (const [{ objectId }, code] of [
      [held, "on-hold"],
      [retained, "retained"],
      [none, "not-due"],
    ] as const) {
      should(await refused("schedule", { objectId, by: "clerk" })).match({ error: { code } });
      should(await refused("dispose", { objectId, by: "auditor" })).match({ error: { code: "approval-needed" } });
      should(there(objectId)).be.true();
    }
  });

  it("stops for a hold that was placed after it was scheduled, names it, and goes on when it is released", async () => {
    const { objectId, id } = await stored({ def_retention: { main: DUE } });
    await done("schedule", { objectId, by: "clerk" });
    await done("hold", { objectId, matter: "M-3" });
    const stopped = await refused("dispose", { objectId, by: "auditor" });
    should(stopped).match({ error: { code: "on-hold" }, lifecycle: { holds: [{ matter: "M-3" }] } });
    should(await events(id, "disposition-stopped")).match([{ code: "on-hold", holds: ["M-3"] }]);
    should(there(objectId)).be.true();
    await done("release", { objectId, matter: "M-3" });
    await done("dispose", { objectId, by: "auditor" });
    should(there(objectId)).be.false();
  });

  it("certifies an object that was deleted when the process died before it could say so, and no other that is gone", async () => {
    const due = () => stored({ def_retention: { main: DUE } });
    const [one, two] = [await due(), await due()];
    for (const { objectId } of [one, two]) await done("schedule", { objectId, by: "clerk" });
    // The deletion is carried out, and no answer ever says so.
    rig.sandbox.app.faults.set([
      { kind: "drop-reply", service: "cms", method: "DELETE", path: "/all$", times: 1 },
      { kind: "status", service: "cms", method: "GET", path: `${one.objectId}$`, status: 503, after: 4 },
    ]);
    const { error } = await refused("dispose", { objectId: one.objectId, by: "auditor" });
    should(error?.code).not.equal("not-found");
    rig.sandbox.app.faults.set([]);
    should(there(one.objectId)).be.false();
    const { certificate } = await done("dispose", { objectId: one.objectId, by: "auditor" });
    should(certificate).match({ approvedBy: "auditor", recovered: true, versions: [{ sha256: one.hash }] });
    await other().ask("DELETE", other().statement(two.objectId, "/all"));
    should(await refused("dispose", { objectId: two.objectId, by: "auditor" })).match({ error: { code: "not-found" } });
  });
});
