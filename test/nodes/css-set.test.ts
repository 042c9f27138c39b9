import should from "should";
import { CmsPerson } from "./cms-person.ts";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { cssBlobs } from "./stored.ts";
import { sha256, someBytes, until } from "./values.ts";
import { checkedManifest, communications, give, type StoredCommunication, setFlow } from "./variant-sets.ts";

const ROLES = ["pdf", "html", "sms"];
const page = (number: number) => Buffer.from(`<html><body><img src="https://cdn.example.com/${number}.png"></body></html>`);

describe("css-store, the variants of a communication as one object", () => {
  const rig = rigOfSuite();

  const bytes = () => ({ pdf: someBytes(), html: page(Math.random()), sms: someBytes(160) }) as Record<string, Buffer>;
  const of = (customer: string) => communications(rig.dataDir, customer);
  const person = () => new CmsPerson(rig.sandbox.description);
  const instance = (id: string) => `/instances/file/def_communication/${id}`;
  const closed = (ids: string[]) => Promise.all(ids.map((id) => rig.inState(id, "closed")));
  async function deliverAll(customer: string, contents: Record<string, Buffer>, order = Object.keys(contents)): Promise<string[]> {
    const ids: string[] = [];
    for (const role of order) ids.push(await give(rig, customer, role, contents[role] as Buffer));
    return ids;
  }
  /** What must not depend on the order of arrival. */
  const lasting = ({ values, main, variants, renditions }: StoredCommunication) => ({
    values,
    main: { ...main, closed_at: undefined },
    variants: Object.fromEntries(
      Object.entries(variants).map(([role, entry]) => [role, { ...entry, content_id: undefined, received_at: undefined }]),
    ),
    renditions: Object.entries(renditions).map(([name, { kind, sha256: hash }]) => ({ name, kind, hash })),
  });

  for (const apiVersion of ["v2", "v3"] as const) {
    it(`lists every member by role, with a rendition and a receipt for each, and a manifest: ${apiVersion}`, async () => {
      await rig.load(setFlow(), { css: { apiVersion } });
      const customer = `S-1-${apiVersion}`;
      const contents = bytes();
      const ids = await deliverAll(customer, contents);
      await closed(ids);
      const [stored, ...others] = of(customer);
      should(others).be.empty();
      const { main, variants, renditions, values, traits } = stored as StoredCommunication;
      should(values).match({ customer_number: customer, communication_key: `set-job/${customer}` });
      should(main).match({
        communication: `set-job/${customer}`,
        expected: ROLES,
        present: ROLES,
        missing: [],
        late: [],
        state: "complete",
      });
      should(main.closed_at).be.a.String();
      should(Object.keys(variants)).eql(ROLES);
      for (const role of ROLES) {
        const hash = sha256(contents[role] as Buffer);
        should(renditions[role]).match({ kind: role === "pdf" ? "PRIMARY" : "SECONDARY", sha256: hash });
        should(variants[role]).match({ role, sha256: hash, content_id: renditions[role]?.contentId, bytes: contents[role]?.length });
        should(variants[role]).match({ derived_from: "set-job", file_name: new RegExp(`^letter.${role}`) });
      }
      should(variants.html).match({ media_type: "text/html", resources_total: 1, resources: [/^https:\/\/cdn\.example\.com\/.*png$/] });
      should(variants.pdf).not.have.property("resources");
      should(checkedManifest(stored as StoredCommunication)).eql(ROLES);
      should(traits.def_integrity?.primary?.sha256).equal(sha256(contents.pdf as Buffer));
      for (const message of rig.messages()) {
        const { variant, receipts } = documentOf(message);
        should(receipts.css).match({ objectId: stored?.id, contentId: renditions[variant.role]?.contentId, verified: "read-back" });
      }
    });
  }

  it("makes the same set whatever the order in which its variants come", async () => {
    await rig.load(setFlow());
    const contents = bytes();
    const orders = [ROLES, ["sms", "html", "pdf"], ["html", "pdf", "sms"], ["sms", "pdf", "html"]];
    for (const [at, order] of orders.entries()) await closed(await deliverAll(`S-2-${at}`, contents, order));
    const sets = orders.map((_order, at) => of(`S-2-${at}`));
    should(sets.map(({ length }) => length)).eql([1, 1, 1, 1]);
    const plain = sets.map(([set], at) => JSON.parse(JSON.stringify(lasting(set as StoredCommunication)).replaceAll(`S-2-${at}`, "S")));
    for (const [at, set] of plain.entries()) {
      // The keys differ with the customer.
      for (const each of Object.values(set.variants as Record<string, { document_key: string }>)) each.document_key = "";
      set.values.docbridge_key = "";
      should(set).eql(plain[0], `order ${orders[at]}`);
    }
  });

  it("changes nothing when the same variants are stored again, also from another ledger", async () => {
    const contents = bytes();
    await rig.load(setFlow());
    await closed(await deliverAll("S-3", contents));
    const [before, blobs] = [JSON.stringify(of("S-3")), cssBlobs(rig.dataDir).length];
    await rig.redeploy({ ledger: { directory: `${rig.ledgerDir}-other` } });
    await closed(await deliverAll("S-3", contents, ["sms", "pdf", "html"]));
    should(JSON.stringify(of("S-3"))).equal(before);
    should(cssBlobs(rig.dataDir).length).equal(blobs);
  });

  it("makes one object of each set when replies to requests of every kind are lost", async () => {
    const sets = 8;
    await rig.load(setFlow({}, { parallel: "32" }), { ledger: { backoffSeconds: "0.5", backoffMaxSeconds: "1", maxAttempts: "50" } });
    const lost = (service: string, method: string, path: string, times: number) => ({
      kind: "drop-reply" as const,
      service,
      method,
      path,
      times,
    });
    rig.sandbox.app.faults.set([
      lost("css", "POST", "/content$", sets * 2),
      lost("cms", "POST", "/def_communication$", sets),
      lost("cms", "GET", "/def_communication$", sets),
      lost("css", "GET", "/download$", sets),
    ]);
    const contents = Array.from({ length: sets }, bytes);
    const ids: string[] = [];
    for (const [at, each] of contents.entries()) ids.push(...(await deliverAll(`S-4-${at}`, each)));
    await closed(ids);
    should(rig.sandbox.app.faults.report().map(({ hits }) => hits)).eql([sets * 2, sets, sets, sets]);
    for (const [at, each] of contents.entries()) {
      const stored = of(`S-4-${at}`);
      should(stored.length).equal(1);
      for (const role of ROLES) should(stored[0]?.renditions[role]?.sha256).equal(sha256(each[role] as Buffer));
      should(checkedManifest(stored[0] as StoredCommunication)).eql(ROLES);
    }
    should((await (await rig.ledger()).counts()).suspectedOrphans).equal(sets * 2);
    rig.messages("caught").should.be.empty();
  });

  it("names what is missing at the deadline, and adds what comes late by a version that leaves the first as it was", async () => {
    await rig.load(setFlow({ deadlineMinutes: "0.005" }));
    const contents = bytes();
    const [pdf] = await deliverAll("S-5", { pdf: contents.pdf as Buffer });
    await closed([pdf as string]);
    const [first] = of("S-5");
    const incomplete = { state: "incomplete", missing: ["html", "sms"], reason: "incomplete: html, sms missing", present: ["pdf"] };
    should(first?.main).match(incomplete);
    should(first?.main).not.have.property("closed_at");
    const retained = { def_retention: { main: { retain_until: "2040-01-01" } } };
    await person().ask("PATCH", instance(first?.id as string), { traits: retained });
    const late = await deliverAll("S-5", { sms: contents.sms as Buffer, html: contents.html as Buffer });
    await closed(late);
    const versions = of("S-5");
    should(versions.map(({ version, latest }) => [version, latest])).eql([
      [1, false],
      [2, false],
      [3, true],
    ]);
    should(versions[0]?.main).match(incomplete);
    const last = versions[2] as StoredCommunication;
    should(last.main).match({ state: "complete", missing: [] });
    should([...(last.main.late as string[])].sort()).eql(["html", "sms"]);
    should(last.traits).match(retained);
    should(checkedManifest(last).sort()).eql([...ROLES].sort());
    for (const { id } of versions) should(await person().ask("GET", instance(id))).match({ lock_owner: null });
  });

  it("adds nothing late to a communication on hold, and sends no bytes", async () => {
    await rig.load(setFlow({ deadlineMinutes: "0.005" }));
    await closed(await deliverAll("S-6", { pdf: someBytes() }));
    const [first] = of("S-6");
    await person().ask("PATCH", instance(first?.id as string), { traits: { def_legal_hold: { "M-1": { matter_id: "M-1" } } } });
    const before = cssBlobs(rig.dataDir).length;
    const [late] = await deliverAll("S-6", { sms: someBytes() });
    should((await rig.caught()).error).match({ code: "on-hold" });
    await rig.inState(late as string, "quarantined");
    should(of("S-6").length).equal(1);
    should(cssBlobs(rig.dataDir).length).equal(before);
  });

  it("waits for its first member, says which it is, and goes on without it when a person has rejected it", async () => {
    await rig.load(setFlow());
    rig.sandbox.app.faults.set([{ kind: "status", service: "css", method: "POST", path: "/content$", status: 422, times: 1 }]);
    const [pdf, html, sms] = (await deliverAll("S-7", bytes())) as [string, string, string];
    await rig.inState(pdf, "quarantined");
    await rig.shown("store", "parked not-found");
    const ledger = await rig.ledger();
    should((await ledger.get(html))?.state).equal("parked");
    await ledger.console.act("reject", { ids: [pdf] }, { who: "olga", why: "damaged" });
    await closed([html, sms]);
    should(of("S-7").map(({ main }) => main)).match([{ state: "incomplete", missing: ["pdf"], present: ["html", "sms"] }]);
  });

  it("refuses a document that no set was released with", async () => {
    await rig.load(setFlow());
    rig.send("store", { payload: someBytes(), attributes: { customer_number: "S-8" } });
    should((await rig.caught()).error).match({ code: "invalid-message", message: /document variants/ });
  });

  it("stores a package of an output, two proofs and a metadata file, closed only once the mandatory parts are in", async () => {
    const flow = setFlow({ expected: "output,proof", optional: "metadata", several: "proof", main: "output" });
    await rig.load(flow);
    const parts = { proof: someBytes(), metadata: Buffer.from('{"channel":"mail"}') };
    const ids = await deliverAll("S-9", parts);
    ids.push(await give(rig, "S-9", "proof", someBytes(), {}, "second.txt"));
    await until("the parts wait", async () => (await (await rig.ledger()).counts()).byState.parked === 3);
    should(of("S-9")).be.empty();
    ids.push(await give(rig, "S-9", "output", someBytes()));
    await closed(ids);
    const [stored] = of("S-9");
    should(stored?.main).match({ state: "complete", expected: ["output", "proof"], missing: [] });
    should(checkedManifest(stored as StoredCommunication)).eql(["output", "proof", "metadata", "proof-2"]);
    should(stored?.renditions.output?.kind).equal("PRIMARY");
  });

  it("says that the proof is missing when none has come in time", async () => {
    await rig.load(setFlow({ expected: "output,proof", several: "proof", main: "output", deadlineMinutes: "0.005" }));
    await closed(await deliverAll("S-10", { output: someBytes() }));
    should(of("S-10")[0]?.main).match({ state: "incomplete", reason: "incomplete: proof missing" });
  });

  it("gives each variant by its channel", async () => {
    const fetcher = node("asset-fetch", "fetch", {
      source: "css",
      tenant: "css",
      ledger: "ledger",
      findBy: "key",
      asset: "communication",
      assetType: "msg",
      objectType: "def_communication",
      keyAttribute: "communication_key",
      rendition: "{{channel}}",
      approvalAttribute: "",
      approvalValue: "",
      cacheSeconds: "60",
      wires: [["read"]],
    });
    await rig.load([...setFlow(), fetcher, node("helper", "read")]);
    const contents = bytes();
    await closed(await deliverAll("S-11", contents));
    for (const channel of ROLES) rig.send("fetch", { communication: "set-job/S-11", channel });
    const read = (await rig.received(3, "read")) as unknown as { channel: string; asset: { content: { sha256: string } } }[];
    for (const { channel, asset } of read) should(asset.content.sha256).equal(sha256(contents[channel] as Buffer));
    rig.send("fetch", { communication: "set-job/S-11", channel: "fax" });
    should((await rig.caught()).error).match({ code: "content-missing" });
  });

  it("says which member the virus scan has refused", async () => {
    await rig.load(setFlow());
    const eicar = Buffer.from(String.raw`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`);
    const [pdf, html] = (await deliverAll("S-12", { ...bytes(), html: eicar })) as [string, string];
    should((await rig.caught()).error).match({ code: "virus-found", message: /"html"/ });
    await rig.inState(pdf, "quarantined");
    const ledger = await rig.ledger();
    await ledger.console.act("reject", { ids: [html] }, { who: "olga", why: "infected" });
    await ledger.console.act("retry", { ids: [pdf] }, { who: "olga", why: "without it" });
    await rig.inState(pdf, "closed");
    should(of("S-12")[0]?.main).match({ state: "incomplete", missing: ["html"] });
  });
});
