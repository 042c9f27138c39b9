import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import type { FlowNode } from "../../scripts/support/example-flow.ts";
import { judge } from "../../scripts/support/judge.ts";
import { ledgerCounts } from "../../scripts/support/progress.ts";
import { records } from "../../scripts/support/sandbox-files.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";

const folder = join(import.meta.dirname, "../../examples");
const QUIET_MS = 1_500;
const LIMIT_MS = 60_000;

/** Every example as a user gets it: imported, deployed, each of its buttons pressed once, nothing edited. */
describe("every example, as imported", function () {
  this.timeout(LIMIT_MS + 60_000);

  for (const file of globSync("*.json", { cwd: folder }).sort()) {
    describe(basename(file, ".json"), () => {
      const flow: FlowNode[] = JSON.parse(readFileSync(join(folder, file), "utf8"));
      const ofType = (type: string) => flow.filter((node) => node.type === type);
      let nodeRed: NodeRed;
      before(async () => {
        nodeRed = await startNodeRed({ flows: flow });
      });
      after(() => nodeRed?.dispose());

      it("says what to press and what to look at", () => {
        const notes = ofType("comment").filter(({ info }) => String(info ?? "").length > 100);
        notes.length.should.be.above(0);
        ofType("inject").length.should.be.above(0);
      });

      it("brings every document it makes to its end, with nothing lost, doubled or altered", async () => {
        for (const { id } of ofType("inject"))
          (await fetch(`${nodeRed.adminUrl}/inject/${id}`, { method: "POST" })).status.should.equal(200);
        const dataDir = join(nodeRed.userDir, "docbridge/sandbox");
        const composers = ofType("exstream-compose");
        const makesDocuments = composers.some(({ operation }) => operation === "ondemand" || ofType("exstream-trigger").length > 0);
        for (const { id } of ofType("document-ledger"))
          await untilAtRest(nodeRed, id, () => (makesDocuments ? Math.max(1, composedIn(dataDir)) : 0));
        should(await judge(dataDir)).match({ duplicates: 0, altered: 0 });
        if (makesDocuments) composedIn(dataDir).should.be.above(0);
      });

      it("logs no warning and no error of a node", () => {
        nodeRed.logs.filter((line) => /\[(warn|error)\] \[/.test(line)).should.eql([]);
      });
    });
  }
});

/** Outputs; not those that wait in Empower for somebody to edit them. */
function composedIn(dataDir: string): number {
  return [...records(dataDir, "exstream", "output").values()].filter(({ variant }) => variant !== "mpw").length;
}

/** Waits until all that was composed is there and nothing waits or is under way, for a while; what ended must have ended well. */
async function untilAtRest(nodeRed: NodeRed, ledger: string, composed: () => number): Promise<void> {
  let quietSince = Date.now();
  let before = "";
  for (const end = Date.now() + LIMIT_MS; Date.now() - quietSince < QUIET_MS; await sleep(100)) {
    const counts = await ledgerCounts(nodeRed.adminUrl, ledger);
    const now = JSON.stringify(counts?.byState);
    const known = Object.values(counts?.byState ?? {}).reduce((sum, count) => sum + count, 0);
    // A document that waits for somebody else is at rest: that is what some of the examples show.
    const waiting = (counts?.waiting ?? 0) - (counts?.byState.parked ?? 0);
    const isBusy = !counts || counts.leased > 0 || waiting > 0 || now !== before || known < composed();
    before = now;
    if (isBusy) quietSince = Date.now();
    if (Date.now() > end) throw new Error(`not at rest: ${now}\n${nodeRed.logs.slice(-30).join("\n")}`);
  }
  const { quarantined = 0, conflict = 0, rejected = 0 } = (await ledgerCounts(nodeRed.adminUrl, ledger))?.byState ?? {};
  should({ quarantined, conflict, rejected }).eql({ quarantined: 0, conflict: 0, rejected: 0 });
}
