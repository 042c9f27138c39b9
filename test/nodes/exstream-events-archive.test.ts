import should from "should";
import { httpTrigger } from "./deliveries.ts";
import { CREDENTIALS, eventOf, eventTrigger, keyOf, sendDocument, sendEvents } from "./delivery-events.ts";
import { node, row } from "./flows.ts";
import { documentOf, rigOfSuite } from "./rig.ts";
import { cmsInstances, documentumObjects } from "./stored.ts";
import { sha256, until } from "./values.ts";

const TYPES = ["sent", "delivered", "undeliverable", "opened", "bounced"];
const documentum = { repository: "documentum", ledger: "ledger" };
const css = { tenant: "css", ledger: "ledger" };
/** Documents into Documentum. */
const archive = [
  httpTrigger({ id: "documents", doneWhen: "receipts", destinations: "documentum", wires: [["map"]] }),
  node("metadata-mapper", "map", {
    target: "documentum",
    repository: "documentum",
    targetType: "demo_statement",
    destination: "documentum",
    rows: [row("customer_number", "property", "source.customerNumber"), row("account_number", "property", "metadata.accountNumber")],
    wires: [["archive"]],
  }),
  node("documentum-archive", "archive", { ...documentum, folderPath: "/Statements/Events", wires: [["stored"]] }),
  node("helper", "stored"),
];
/** Their events into the objects. */
const annotate = [
  eventTrigger({ doneWhen: "receipts", destinations: "delivery", wires: [["facts"]] }),
  node("metadata-mapper", "facts", {
    target: "documentum",
    repository: "documentum",
    targetType: "demo_statement",
    destination: "delivery",
    rows: [
      // The type demands it; annotating leaves what is set alone.
      row("customer_number", "property", "about.source.customerNumber"),
      row("keywords", "template", "{{metadata.type}} {{metadata.occurredAt}}"),
      row("subject", "property", "about.deliveries.delivered", { ifEmpty: "skip" }),
    ],
    wires: [["annotate"]],
  }),
  node("documentum-archive", "annotate", {
    ...documentum,
    operation: "annotate",
    destination: "delivery",
    findAttribute: "docbridge_key",
    findValue: "{{about.key}}",
    ifMissing: "wait",
    annotateAs: "attributes",
    markAttribute: "",
    askAgainSeconds: "0.2",
    wires: [["out"]],
  }),
];

/** A generator of numbers that is the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}

function shuffled<T>(values: T[], random: (below: number) => number): T[] {
  const left = [...values];
  return values.map(() => left.splice(random(left.length), 1)[0] as T);
}

describe("delivery events into the archives", function () {
  this.timeout(60_000);
  const rig = rigOfSuite();

  it("leave every object the same, in whatever order, how often and before or after its document they come", async () => {
    await rig.load([...archive, ...annotate], {}, CREDENTIALS);
    const random = numbers(7);
    const customers = Array.from({ length: 24 }, (_, at) => `p${at}`);
    const events = customers.flatMap((customer) =>
      TYPES.map((type, at) => eventOf(keyOf(customer), type, { occurredAt: `2026-05-0${at + 1}T10:00:00.000Z`, customer })),
    );
    const doubled = shuffled([...events, ...events.filter((_, at) => at % 4 === 0)], random);
    const half = doubled.length / 2;
    const send = async (list: typeof events) => {
      for (const each of list) should((await sendEvents(rig.url, each)).status).be.oneOf(200, 201);
    };
    await send(doubled.slice(0, half));
    for (const customer of shuffled(customers, random)) await sendDocument(rig.url, customer);
    await send(doubled.slice(half));
    await rig.received(events.length);
    const ledger = await rig.ledger();
    await until("all events closed", async () => {
      const { byState } = await ledger.counts();
      return byState.closed === events.length + customers.length;
    });
    const objects = documentumObjects(rig.dataDir, "demo_statement").filter(({ values }) => /^A-p\d+$/.test(String(values.account_number)));
    should(objects.length).equal(customers.length);
    for (const { values } of objects) {
      should([...(values.keywords as string[])].sort()).eql(TYPES.map((type, at) => `${type} 2026-05-0${at + 1}T10:00:00.000Z`).sort());
      should(values.subject).equal("2026-05-02T10:00:00.000Z");
    }
    for (const message of rig.messages("stored")) {
      const chain = (await ledger.events(documentOf(message).id)).filter(({ type }) => type === "delivery");
      should(chain.map(({ data }) => data.type).sort()).eql([...TYPES].sort());
    }
  });

  it("never overwrite the first delivery with a later one, nor with one that comes late", async () => {
    await rig.load([...archive, ...annotate], {}, CREDENTIALS);
    await sendDocument(rig.url, "first");
    for (const [count, day] of ["05", "09", "02"].entries()) {
      await sendEvents(rig.url, eventOf(keyOf("first"), "delivered", { occurredAt: `2026-06-${day}T10:00:00.000Z` }));
      await rig.received(count + 1);
    }
    const [object] = documentumObjects(rig.dataDir, "demo_statement").filter(({ values }) => values.account_number === "A-first");
    should(object?.values).match({ subject: "2026-06-05T10:00:00.000Z", keywords: { length: 3 } });
  });

  it("are a proof beside the document in CSS, with the bytes that were signed", async () => {
    const store = node("css-store", "store", { ...css, operation: "store", parentFolder: "", wires: [["stored"]] });
    const evidence = node("css-store", "evidence", {
      ...css,
      operation: "evidence",
      destination: "proof",
      cmsType: "def_evidence",
      findType: "def_statement",
      findAttribute: "docbridge_key",
      findValue: "{{about.key}}",
      evidenceMissing: "wait",
      evidenceTrait: "def_evidence_of",
      evidenceRole: "delivery-proof: {{metadata.type}}",
      waitHours: "1",
      askAgainSeconds: "0.2",
      wires: [["out"]],
    });
    const map = (id: string, destination: string, targetType: string, next: string, value: string) =>
      node("metadata-mapper", id, {
        target: "css",
        tenant: "css",
        targetType,
        destination,
        rows: [row("customer_number", "property", value)].slice(0, targetType === "def_statement" ? 1 : 0),
        wires: [[next]],
      });
    await rig.load(
      [
        httpTrigger({ id: "documents", doneWhen: "receipts", destinations: "css", wires: [["map"]] }),
        map("map", "css", "def_statement", "store", "source.customerNumber"),
        store,
        node("helper", "stored"),
        eventTrigger({ doneWhen: "receipts", destinations: "proof", wires: [["evidence"]] }),
        evidence,
      ],
      {},
      CREDENTIALS,
    );
    await sendDocument(rig.url, "proof");
    const event = eventOf(keyOf("proof"));
    await sendEvents(rig.url, event);
    const carried = documentOf((await rig.received())[0]);
    const [object] = cmsInstances(rig.dataDir, "def_evidence").filter(({ id }) => id === carried.receipts.proof?.objectId);
    should(object?.sha256).equal(sha256(Buffer.from(JSON.stringify(event))));
    const document = documentOf((await rig.received(1, "stored"))[0]);
    should(object?.traits.def_evidence_of).eql({
      of: { document_key: document.key, object_id: document.receipts.css?.objectId, role: "delivery-proof: delivered" },
    });
    await rig.inState(carried.id, "closed");
  });
});
