import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import should from "should";
import { change, exampleFlow, INJECT_ID, LEDGER_ID, setJob, useSandbox } from "../../scripts/support/example-flow.ts";
import { judge } from "../../scripts/support/judge.ts";
import { ledgerCounts } from "../../scripts/support/progress.ts";
import { control, type SandboxProcess, startSandboxProcess } from "../../scripts/support/sandbox-process.ts";
import { until } from "../nodes/values.ts";
import { launchBrowser } from "../support/browser.ts";
import { freePort, type NodeRed, startNodeRed } from "../support/node-red.ts";
import { ConsolePage } from "./console-page.ts";

/** The replies to three uploads are lost; the sandbox keeps their bytes, as CSS would. */
describe("suspected orphans in the operator console", function () {
  this.timeout(120_000);
  let dir: string;
  let browser: Browser;
  let sandbox: SandboxProcess;
  let nodeRed: NodeRed;

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "docbridge-orphans-"));
    [browser, sandbox] = await Promise.all([launchBrowser(), startSandboxProcess(dir)]);
    const flows = exampleFlow();
    setJob(flows, { customers: 5, size: 20_000 });
    const credentials = useSandbox(flows, sandbox.description);
    change(flows, "dbr-trigger", { sandboxDelivers: false });
    change(flows, LEDGER_ID, { backoffSeconds: "0.1", backoffMaxSeconds: "1" });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/exstream/documents`;
    await control(sandbox.description, "PUT", "/exstream/channels", {
      channels: [{ name: "node-red", kind: "http", url, mode: "multipart" }],
    });
    await control(sandbox.description, "PUT", "/faults", { rules: [{ service: "css", method: "POST", kind: "drop-reply", times: 3 }] });
    nodeRed = await startNodeRed({ flows, credentials, port });
    await fetch(`${nodeRed.adminUrl}/inject/${INJECT_ID}`, { method: "POST" });
    await until("all are closed", async () => (await ledgerCounts(nodeRed.adminUrl))?.byState.closed === 5);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.dispose();
    await sandbox?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it("are as many as replies were lost, and listed with their documents", async () => {
    should(await judge(dir)).match({ documents: 5, lost: 0, duplicates: 0, orphans: 3 });
    const page = await ConsolePage.open(browser, nodeRed);
    await page.goto("failures");
    const card = page.page.locator("section", { hasText: "Uploads that may have left bytes behind" });
    await card.waitFor();
    const uploads = await card.locator("tbody tr").evaluateAll((rows) => rows.map((row) => row.textContent ?? ""));
    uploads.length.should.be.within(1, 3);
    await page.picture("orphans");
    await card.locator("tbody a").first().click();
    await page.page.getByRole("heading", { name: /\.pdf/ }).first().waitFor();
    page.errors.should.eql([]);
    await page.close();
  });
});
