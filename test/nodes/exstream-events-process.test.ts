import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { type RunningSandbox, startSandbox } from "../../dist/sandbox/main.js";
import { freePort, type NodeRed, startNodeRed } from "../support/node-red.ts";
import { httpTrigger } from "./deliveries.ts";
import { CREDENTIALS, eventOf, eventTrigger, keyOf, sendDocument, sendEvents } from "./delivery-events.ts";
import { node, row, surroundings } from "./flows.ts";
import { documentumObjects } from "./stored.ts";
import { sha256, until } from "./values.ts";

/** The event itself becomes an object, once it has found its document. */
const flow = () => [
  eventTrigger({ doneWhen: "receipts", destinations: "documentum", wires: [["map"]] }),
  node("metadata-mapper", "map", {
    target: "documentum",
    repository: "documentum",
    targetType: "demo_statement",
    destination: "documentum",
    rows: [row("customer_number", "property", "about.source.customerNumber")],
    wires: [["archive"]],
  }),
  node("documentum-archive", "archive", {
    repository: "documentum",
    ledger: "ledger",
    folderPath: "/Statements/Delivery proofs",
    objectName: "{{metadata.type}} {{about.source.customerNumber}}",
  }),
  httpTrigger({ id: "documents", wires: [[]] }),
];

describe("exstream-trigger, delivery events in a real Node-RED", function () {
  this.timeout(60_000);
  let work: string;
  let sandbox: RunningSandbox;
  let nodeRed: NodeRed | undefined;
  before(async () => {
    work = mkdtempSync(join(tmpdir(), "docbridge-events-"));
    sandbox = await startSandbox({ port: 0, dataDir: join(work, "sandbox") });
  });
  afterEach(() => nodeRed?.dispose());
  after(async () => {
    await sandbox.close();
    rmSync(work, { recursive: true, force: true });
  });

  for (const [version, httpAdminRoot] of [
    ["5", "/"],
    ["5", "/red"],
    ["4", "/"],
  ] as const) {
    it(`checks the signature over the bytes, and loses no event to kill -9 before or after its document (Node-RED ${version}, admin root ${httpAdminRoot})`, async () => {
      const customer = `k${version}${httpAdminRoot.length}`;
      const around = surroundings(sandbox.description);
      const options = {
        version,
        httpAdminRoot,
        userDir: join(work, customer),
        port: await freePort(),
        flows: [...around.nodes, ...flow()],
        credentials: { ...around.credentials, ...CREDENTIALS },
      };
      nodeRed = await startNodeRed(options);
      const early = eventOf(keyOf(customer), "sent", { text: "ü  ümlaut" });
      const spaced = JSON.stringify(early, null, 3);
      should((await sendEvents(nodeRed.url, spaced, { "X-Exstream-Signature": "sha256=00" })).status).equal(401);
      should((await sendEvents(nodeRed.url, spaced)).status).equal(201);
      await nodeRed.kill();
      nodeRed = await startNodeRed(options);
      await sendDocument(nodeRed.url, customer);
      const late = JSON.stringify(eventOf(keyOf(customer), "delivered"));
      should((await sendEvents(nodeRed.url, late)).status).equal(201);
      await nodeRed.kill();
      nodeRed = await startNodeRed(options);
      const proofs = () =>
        documentumObjects(sandbox.app.dataDir).filter(({ values }) => String(values.object_name).endsWith(` ${customer}`));
      await until("both proofs", () => proofs().length >= 2);
      should((await sendEvents(nodeRed.url, spaced)).status).equal(200);
      should(
        proofs()
          .map((object) => object.sha256)
          .sort(),
      ).eql([spaced, late].map((text) => sha256(Buffer.from(text))).sort());
    });
  }
});
