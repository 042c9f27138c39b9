import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import should from "should";
import { type RunningSandbox, startSandbox } from "../../dist/sandbox/main.js";
import { ledgerCounts } from "../../scripts/support/progress.ts";
import { freePort, type NodeRed, startNodeRed } from "../support/node-red.ts";
import { deliver, envelopeOf, PDF_HEADERS, partsOf } from "./deliveries.ts";
import { node, row, surroundings } from "./flows.ts";
import { documentumObjects, hashOfFile } from "./stored.ts";
import { sha256, someBytes, until } from "./values.ts";

const SECRET = "a-secret-of-the-trigger";
const bearer = { Authorization: `Bearer ${SECRET}` };

/** From the trigger to Documentum; nothing says that a secret is needed, so one is. */
const flow = () => [
  node("exstream-trigger", "trigger", {
    ledger: "ledger",
    server: "",
    path: "/in",
    secretMode: undefined,
    destinations: "documentum",
    wires: [["map"]],
  }),
  node("metadata-mapper", "map", {
    target: "documentum",
    repository: "documentum",
    targetType: "demo_statement",
    destination: "documentum",
    rows: [
      row("customer_number", "property", "source.customerNumber"),
      row("job_id", "property", "source.jobId"),
      row("account_number", "property", "metadata.accountNumber"),
    ],
    wires: [["archive"]],
  }),
  node("documentum-archive", "archive", { repository: "documentum", ledger: "ledger", folderPath: "/Statements/{{source.jobId}}" }),
];

describe("exstream-trigger in a real Node-RED", function () {
  this.timeout(60_000);
  let work: string;
  let sandbox: RunningSandbox;
  let nodeRed: NodeRed | undefined;
  before(async () => {
    work = mkdtempSync(join(tmpdir(), "docbridge-trigger-"));
    sandbox = await startSandbox({ port: 0, dataDir: join(work, "sandbox") });
  });
  afterEach(() => nodeRed?.dispose());
  after(async () => {
    await sandbox.close();
    rmSync(work, { recursive: true, force: true });
  });

  for (const httpAdminRoot of ["/", "/red"]) {
    it(`has everything on disk when it answers 201, and archives it after kill -9 (admin root ${httpAdminRoot})`, async () => {
      const job = `job-${httpAdminRoot.length}`;
      const ofJob = () => documentumObjects(sandbox.app.dataDir).filter(({ values }) => values.job_id === job);
      const userDir = join(work, job);
      const port = await freePort();
      const url = `http://127.0.0.1:${port}/in`;
      const around = surroundings(sandbox.description);
      const flows = [...around.nodes, ...flow()].map((each) =>
        each.id === "ledger" ? { ...each, directory: "", maxAttempts: "1000", leaseSeconds: "5" } : each,
      );
      const start = async (more = {}) => {
        nodeRed = await startNodeRed({ userDir, port, httpAdminRoot, flows, ...more });
        return nodeRed;
      };
      const first = await start({ credentials: { ...around.credentials, trigger: { secret: SECRET } } });
      // Nothing can be archived before the kill.
      sandbox.app.faults.set([{ kind: "status", service: "documentum", status: 503 }]);

      const [raw, multipart, envelope] = [1, 2, 3].map(() => someBytes(200_000)) as [
        Buffer<ArrayBuffer>,
        Buffer<ArrayBuffer>,
        Buffer<ArrayBuffer>,
      ];
      const metadata = { jobId: job, customerNumber: "2", keys: { accountNumber: "0815" } };
      const context = { jobId: job, customerNumber: "3", queueName: "Q" };
      const deliveries: [Record<string, string>, () => BodyInit][] = [
        [
          { ...PDF_HEADERS, "X-Exstream-Job-Id": job, "X-Exstream-Customer-Number": "1", "X-Exstream-Meta-Account-Number": "0815" },
          () => raw,
        ],
        [
          {},
          () =>
            partsOf([
              ["document", new File([multipart], "a.pdf", { type: "application/pdf" })],
              ["metadata", new File([JSON.stringify(metadata)], "m", { type: "application/json" })],
            ]),
        ],
        [{ "Content-Type": "application/json" }, () => JSON.stringify(envelopeOf(envelope, context))],
      ];
      for (const [headers, body] of deliveries) {
        for (const wrong of [{}, { Authorization: "Bearer wrong" }] as Record<string, string>[]) {
          should(await deliver(url, { ...headers, ...wrong }, body())).match({ status: 401, body: { code: "unauthorized-intake" } });
        }
      }
      const ids: unknown[] = [];
      for (const [headers, body] of deliveries) {
        const answer = await deliver(url, { ...headers, ...bearer }, body());
        should(answer).match({ status: 201, body: { status: "stored", duplicate: false } });
        ids.push(answer.body.documentId);
      }
      await first.kill();

      const hashes = [raw, multipart, envelope].map(sha256);
      const db = new DatabaseSync(join(userDir, "docbridge/ledger.sqlite"), { readOnly: true });
      const entered = db.prepare("SELECT id, sha256 FROM documents ORDER BY seq").all();
      db.close();
      should(entered.map((each) => ({ ...each }))).eql(ids.map((id, number) => ({ id, sha256: hashes[number] })));
      for (const hash of hashes) hashOfFile(join(userDir, "docbridge/spool", hash.slice(0, 2), hash)).should.equal(hash);
      ofJob().should.eql([]);

      sandbox.app.faults.set([]);
      const second = await start();
      await until("the three documents are closed", async () => (await ledgerCounts(second.adminUrl, "ledger"))?.byState.closed === 3);
      should(
        ofJob()
          .map(({ values, sha256 }) => [values.customer_number, values.account_number, sha256])
          .sort(),
      ).eql(hashes.map((hash, number) => [String(number + 1), "0815", hash]));
      for (const [number, [headers, body]] of deliveries.entries()) {
        should(await deliver(url, { ...headers, ...bearer }, body())).match({
          status: 200,
          body: { documentId: ids[number], duplicate: true },
        });
      }
      second.logs.filter((line) => line.includes("[error]")).should.eql([]);
      await checkJson(url, httpAdminRoot);
      [...first.logs, ...second.logs].filter((line) => line.includes(SECRET)).should.eql([]);
    });
  }

  /** With the editor at "/" Node-RED's own parsers see JSON first, and bytes they have read are gone. */
  async function checkJson(url: string, httpAdminRoot: string): Promise<void> {
    const bytes = Buffer.from('{ "a document" : "that is JSON" }');
    const headers = { ...bearer, "Content-Type": "application/json", "X-Exstream-Customer-Number": "9", "Idempotency-Key": "json" };
    const asRaw = await deliver(url, headers, bytes);
    if (httpAdminRoot === "/") {
      should(asRaw).match({ status: 415, body: { code: "body-consumed", message: /httpAdminRoot/ } });
      return;
    }
    asRaw.status.should.equal(201);
    // More than Node-RED's own limit of 5 MB.
    const large = JSON.stringify(envelopeOf(someBytes(6_000_000), { customerNumber: "10" }));
    (await deliver(url, { ...bearer, "Content-Type": "application/json" }, large)).status.should.equal(201);
  }
});
