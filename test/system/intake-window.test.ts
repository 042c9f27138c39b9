import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import should from "should";
import { change, exampleFlow, LEDGER_ID } from "../../scripts/support/example-flow.ts";
import { freePort, type NodeRed, startNodeRed } from "../support/node-red.ts";

/** A sender that, as Exstream does, tries again when nobody listens or 5xx is answered, and takes any 4xx for the last word. */
class Sender {
  readonly statuses = new Map<number, number>();
  accepted = 0;
  private stopped = false;
  private readonly done: Promise<void>;

  constructor(url: string) {
    this.done = this.run(url);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
  }

  private async run(url: string): Promise<void> {
    for (let number = 1; !this.stopped; ) {
      const status = await this.send(url, number);
      if (status) this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      if (status === 200 || status === 201) this.accepted = number++;
      if (status === 0) await sleep(2);
    }
  }

  /** 0 when nobody listens or the connection was cut. */
  private async send(url: string, number: number): Promise<number> {
    const headers = { "Content-Type": "text/plain", "X-Idempotency-Key": `window-${number}`, "X-Customer-Number": String(number) };
    const reply = await fetch(url, { method: "POST", headers, body: `letter ${number}` }).catch(() => undefined);
    await reply?.arrayBuffer().catch(() => undefined);
    return reply?.status ?? 0;
  }
}

describe("deliveries while Node-RED starts, deploys and stops", function () {
  this.timeout(120_000);
  const userDir = mkdtempSync(join(tmpdir(), "docbridge-window-"));
  let nodeRed: NodeRed | undefined;
  after(async () => {
    await nodeRed?.dispose();
    rmSync(userDir, { recursive: true, force: true });
  });

  for (const httpAdminRoot of ["/", "/red"]) {
    it(`are never answered with 404, and each accepted one is in the ledger (admin root ${httpAdminRoot})`, async () => {
      const flows = exampleFlow();
      change(flows, "dbr-trigger", { sandboxDelivers: false, doneWhen: "emitted", wires: [[]] });
      change(flows, LEDGER_ID, { directory: `ledger${httpAdminRoot.length}` });
      const port = await freePort();
      const start = () => startNodeRed({ userDir, port, flows, httpAdminRoot });
      const sender = new Sender(`http://127.0.0.1:${port}/exstream/documents`);
      for (let restart = 0; restart < 3; restart += 1) {
        nodeRed = await start();
        const before = sender.accepted;
        await until(() => sender.accepted > before);
        for (let deploy = 0; deploy < 2; deploy += 1) {
          const reply = await fetch(`${nodeRed.adminUrl}/flows`, {
            method: "POST",
            headers: { "Content-Type": "application/json", "Node-RED-Deployment-Type": "full" },
            body: JSON.stringify(flows),
          });
          reply.status.should.equal(204);
        }
        if (restart < 2) await nodeRed.stop(restart === 0 ? "SIGTERM" : "SIGKILL");
      }
      await sender.stop();
      const reply = await fetch(`${nodeRed?.adminUrl}/docbridge/ledgers/${LEDGER_ID}`);
      const { byState } = (await reply.json()) as { byState: Record<string, number> };
      const known = Object.values(byState).reduce((sum, count) => sum + count, 0);
      await nodeRed?.stop();
      [...sender.statuses.keys()].filter((status) => status !== 0 && status !== 503 && status >= 300).should.eql([]);
      should(known).be.aboveOrEqual(sender.accepted);
    });
  }
});

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 30_000; !holds(); await sleep(10)) if (Date.now() > end) throw new Error("the condition did not come true");
}
