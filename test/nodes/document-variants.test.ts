import should from "should";
import { deliver } from "./deliveries.ts";
import { node } from "./flows.ts";
import { documentOf, rigOfSuite, type SeenMessage } from "./rig.ts";
import { someBytes, until } from "./values.ts";

type Seen = SeenMessage & { variants?: Record<string, unknown>; parts?: { id: string; index: number; count: number } };

describe("document-variants", () => {
  const rig = rigOfSuite();
  const trigger = node("exstream-trigger", "trigger", {
    ledger: "ledger",
    server: "",
    sandboxDelivers: false,
    doneWhen: "receipts",
    destinations: "css",
    wires: [["variants"]],
  });
  const variants = (values = {}) =>
    node("document-variants", "variants", {
      key: "{{source.customerNumber}}",
      expected: "pdf, html,sms",
      expectedType: "list",
      deadlineMinutes: "60",
      wires: [["out"], ["incomplete"]],
      ...values,
    });
  const flow = (values = {}) => [trigger, variants(values), node("helper", "incomplete")];

  async function give(customer: string, role: string, metadata = {}): Promise<string> {
    const envelope = {
      content: someBytes().toString("base64"),
      mimeType: role === "pdf" ? "application/pdf" : "text/plain",
      variantRole: role,
      metadata: { customerNumber: customer, ...metadata },
    };
    const { status, body } = await deliver(
      `${rig.url}/exstream/documents`,
      { "Content-Type": "application/json" },
      JSON.stringify(envelope),
    );
    status.should.equal(201);
    return String(body.documentId);
  }
  const stateOf = async (id: string) => (await (await rig.ledger()).get(id))?.state;
  const parked = (id: string) => until(`document ${id} waits`, async () => (await stateOf(id)) === "parked");

  it("lets the variants wait in the ledger, and go on together with what a join needs", async () => {
    await rig.load(flow());
    const first = await give("4711", "sms");
    await parked(first);
    const others = [await give("4711", "pdf"), await give("4712", "pdf"), await give("4711", "html")];
    const messages = (await rig.received(3)) as Seen[];
    const roles = messages.map((message) => documentOf(message).variant);
    should(roles.map(({ role }) => role).sort()).eql(["html", "pdf", "sms"]);
    should(roles.map(({ of }) => of)).eql(["4711", "4711", "4711"]);
    should(messages.map(({ parts }) => parts?.index).sort()).eql([0, 1, 2]);
    const members = [
      { role: "pdf", id: others[0] },
      { role: "html", id: others[2] },
      { role: "sms", id: first },
    ];
    for (const { variants: note } of messages) should(note).eql({ key: "4711", complete: true, late: false, members, missing: [] });
    await parked(others[1] as string);
  });

  it("lets what is there go on by the second output when the time is over, and a late one after it", async () => {
    await rig.load(flow({ deadlineMinutes: "0.005" }));
    await give("1", "pdf");
    const [incomplete] = (await rig.received(1, "incomplete")) as Seen[];
    should(incomplete?.variants).match({ complete: false, late: false, missing: ["html", "sms"] });
    await give("1", "sms");
    await rig.received(2, "incomplete");
    const late = (rig.messages("incomplete") as Seen[]).find((message) => documentOf(message).variant.role === "sms");
    should(late?.variants).match({ complete: false, late: true, missing: ["html"] });
    rig.messages().should.be.empty();
  });

  it("still waits after a redeploy", async () => {
    await rig.load(flow({ expected: "pdf,sms" }));
    await parked(await give("7", "pdf"));
    await rig.redeploy();
    await give("7", "sms");
    should((await rig.received(2)).map((message) => documentOf(message).variant.role).sort()).eql(["pdf", "sms"]);
  });

  it("takes the expected variants from the document", async () => {
    await rig.load(flow({ expected: "metadata.channels", expectedType: "property" }));
    await give("8", "pdf", { channels: ["pdf"] });
    should(((await rig.received()) as Seen[])[0]?.variants).match({ complete: true });
    await give("9", "pdf");
    const [caught] = await rig.received(1, "caught");
    should(caught?.error).match({ code: "missing-metadata" });
  });

  it("passes a variant on that nobody expects", async () => {
    await rig.load(flow());
    await give("10", "fax");
    should(((await rig.received()) as Seen[])[0]?.variants).be.undefined();
  });

  it("quarantines a second document of one role, and takes it when a person rejected the first", async () => {
    await rig.load(flow({ expected: "pdf,sms" }));
    const first = await give("11", "pdf");
    await parked(first);
    const second = await give("11", "pdf", { edition: 2 });
    const [caught] = await rig.received(1, "caught");
    should(caught?.error).match({ code: "conflict" });
    const ledger = await rig.ledger();
    const by = { who: "olga", why: "the second edition counts" };
    await ledger.console.act("reject", { ids: [first] }, by);
    await ledger.console.act("retry", { ids: [second] }, by);
    await parked(second);
    await give("11", "sms");
    should((await rig.received(2)).map((message) => documentOf(message).id)).containEql(second);
  });

  it("groups mandatory and optional parts, keeps two proofs apart, and lets late parts follow by the second output", async () => {
    await rig.load(flow({ expected: "pdf, proof", optional: "metadata", several: "proof" }));
    const [proof, second] = [await give("12", "proof"), await give("12", "proof", { carrier: "second" })];
    for (const id of [proof, second]) await parked(id);
    const pdf = await give("12", "pdf");
    const [first] = (await rig.received(3)) as Seen[];
    const members = [
      { role: "pdf", id: pdf },
      { role: "proof", id: proof },
      { role: "proof-2", id: second },
    ];
    should(first?.variants).match({ complete: true, late: false, members, missing: [] });
    should(documentOf(first).variant.set).eql({ expected: ["pdf", "proof"], members, missing: [] });
    const metadata = await give("12", "metadata");
    const [late] = (await rig.received(1, "incomplete")) as Seen[];
    should(late?.variants).match({ complete: true, late: true, missing: [] });
    should(late?.variants?.members).containEql({ role: "metadata", id: metadata, late: true });
  });

  it("quarantines a proof whose document has not come in time, and lets it follow when it has", async () => {
    await rig.load(flow({ expected: "pdf, proof", main: "pdf", deadlineMinutes: "0.005" }));
    const proof = await give("13", "proof");
    should((await rig.caught()).error).match({ code: "document-missing", message: /"pdf"/ });
    await rig.inState(proof, "quarantined");
    await give("13", "pdf");
    await rig.received(1, "incomplete");
    const ledger = await rig.ledger();
    await ledger.console.act("retry", { ids: [proof] }, { who: "olga", why: "its document is there" });
    const [, followed] = (await rig.received(2, "incomplete")) as Seen[];
    should(documentOf(followed).id).equal(proof);
    should(followed?.variants).match({ missing: [] });
  });

  it("makes documents of payloads, which wait like others, also over a redeploy", async () => {
    const key = "{{metadata.customer}}";
    await rig.load(flow({ key, expected: "pdf, proof", ledger: "ledger", destination: "css" }));
    const proof = { payload: '{"delivered":"2026-01-31"}', filename: "proof.json", role: "proof", attributes: { customer: "14" } };
    rig.send("variants", { ...proof });
    const ledger = await rig.ledger();
    await until("the proof waits", async () => (await ledger.counts()).byState.parked === 1);
    rig.send("variants", { ...proof });
    await rig.shown("variants", "waits for 1");
    await rig.redeploy();
    await give("14", "pdf", { customer: "14" });
    const released = (await rig.received(2)).map((message) => documentOf(message));
    should(released.map(({ variant }) => variant.role).sort()).eql(["pdf", "proof"]);
    should(released.find(({ variant }) => variant.role === "proof")).match({
      source: { system: "message" },
      content: { mediaType: "application/json", fileName: "proof.json" },
      targets: ["css"],
    });
  });
});
