import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { ledgerCounts } from "../../scripts/support/progress.ts";
import { node } from "../nodes/flows.ts";
import { until } from "../nodes/values.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";

const MB = 1024 * 1024;
const LIST = "_STDDELIVERYFILE.xml";
const memory = (pid: number, field: "VmRSS" | "VmHWM") =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;

describe("a delivery file that is larger than the memory it may take", function () {
  this.timeout(300_000);
  const customers = 6_000;
  let folder: string;
  let nodeRed: NodeRed;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "docbridge-list-"));
    const trigger = node("exstream-trigger", "trigger", {
      ledger: "ledger",
      server: "",
      mode: "folder",
      folder: join(folder, "out"),
      describedBy: "delivery",
      listName: LIST,
      fileTemplate: "a.pdf",
      documentsFolder: "",
      pollSeconds: "0.2",
      doneWhen: "emitted",
      destinations: "",
      wires: [[]],
    });
    mkdirSync(join(folder, "out"));
    nodeRed = await startNodeRed({ flows: [{ id: "tab", type: "tab", label: "Test" }, node("document-ledger", "ledger"), trigger] });
  });
  after(async () => {
    await nodeRed?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The document of all customers is one file: it is the list that is large. */
  const deliver = (job: string, count: number, filler: number) => {
    mkdirSync(join(folder, job));
    writeFileSync(join(folder, job, "a.pdf"), job);
    const customer = (number: number) =>
      `<customer><key name="filler">${"x".repeat(filler)}</key><customerNumber>${number}</customerNumber><queueName>PDF</queueName></customer>\n`;
    const all = Array.from({ length: count }, (_, number) => customer(number));
    writeFileSync(join(folder, job, LIST), `<deliveryFile jobId="${job}">${all.join("")}</deliveryFile>`);
    renameSync(join(folder, job), join(folder, "out", job));
  };
  const closed = async () => (await ledgerCounts(nodeRed.adminUrl, "ledger"))?.byState.closed ?? 0;
  const done = (job: string) => until(`${job} is done`, () => existsSync(join(folder, "out/processed", job, LIST)), 240_000);

  it("is taken in with growth of at most 64 MB, and its first document is out before it is read to its end", async () => {
    deliver("warm-up", 1_500, 100);
    await done("warm-up");
    await sleep(1_000);
    const idle = memory(nodeRed.pid, "VmRSS");
    // Makes the high-water mark start anew.
    writeFileSync(`/proc/${nodeRed.pid}/clear_refs`, "5");
    deliver("large", customers, 20_000);
    await until("the first document is closed", async () => (await closed()) > 1_500, 60_000);
    const counts = await ledgerCounts(nodeRed.adminUrl, "ledger");
    const known = Object.values(counts?.byState ?? {}).reduce((sum, each) => sum + each, 0);
    should(known).be.below(1_500 + customers);
    await done("large");
    await until("all documents are closed", async () => (await closed()) === 1_500 + customers, 60_000);
    const growth = memory(nodeRed.pid, "VmHWM") - idle;
    console.log(
      `      idle ${Math.round(idle / MB)} MB, growth for a list of ${Math.round((customers * 20_100) / MB)} MB: ${Math.round(growth / MB)} MB`,
    );
    should(growth).be.belowOrEqual(64 * MB);
  });
});
