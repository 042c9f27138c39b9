import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import should from "should";
import type { FlowNode } from "../../scripts/support/example-flow.ts";
import { judge } from "../../scripts/support/judge.ts";
import { ledgerCounts } from "../../scripts/support/progress.ts";
import { launchBrowser } from "../support/browser.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";

const artifacts = join(import.meta.dirname, "../../test-artifacts");
const EXAMPLE = "Statement job to Documentum and CSS";

describe("the example, as a newcomer meets it", function () {
  this.timeout(120_000);
  let browser: Browser;
  let nodeRed: NodeRed;
  let page: Page;
  const errors: string[] = [];

  before(async () => {
    [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed()]);
    page = await (await browser.newContext({ viewport: { width: 1480, height: 820 }, locale: "en-US" })).newPage();
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(`${nodeRed.adminUrl}/`);
    await page.waitForSelector(".red-ui-palette-node");
    await page.waitForSelector(".red-ui-loader", { state: "hidden" });
  });

  after(async () => {
    await browser?.close();
    await nodeRed?.dispose();
  });

  it("is imported from the menu", async () => {
    await page.click("#red-ui-header-button-sidemenu");
    await page.click("#menu-item-import");
    await page.click("#red-ui-tab-red-ui-clipboard-dialog-import-tab-examples");
    const examples = page.locator("#red-ui-clipboard-dialog-import-tab-examples");
    await examples.getByText("@docbridge/node-red-opentext").click();
    await examples.getByText(EXAMPLE, { exact: true }).click();
    await page.click("#red-ui-clipboard-dialog-ok");
    await page.waitForSelector(`.red-ui-tab-label:has-text("${EXAMPLE}")`);
  });

  it("runs after Deploy and one press, and archives 25 documents in both targets", async () => {
    await page.click(`.red-ui-tab-label:has-text("${EXAMPLE}")`);
    await page.click("#red-ui-header-button-deploy");
    await page.waitForSelector(".red-ui-notification-success");
    const flows = (await (await fetch(`${nodeRed.adminUrl}/flows`)).json()) as FlowNode[];
    const inject = flows.find(({ name }) => name === "Run the statement job") as FlowNode;
    await page.click(`[id="${inject.id}"] .red-ui-flow-node-button-button`);
    const ledger = flows.find(({ type }) => type === "document-ledger") as FlowNode;
    const counts = () => ledgerCounts(nodeRed.adminUrl, ledger.id);
    for (const end = Date.now() + 60_000; (await counts())?.byState.closed !== 25; await sleep(100)) {
      if (Date.now() > end) throw new Error(`not closed: ${JSON.stringify(await counts())}\n${nodeRed.logs.join("\n")}`);
    }
    const verdict = await judge(join(nodeRed.userDir, "docbridge/sandbox"));
    should(verdict).containEql({ documents: 25, lost: 0, duplicates: 0, altered: 0 });
    await page.locator(".red-ui-notification").first().waitFor({ state: "detached" });
    await page.screenshot({ path: join(artifacts, "example-light.png") });
    await page.evaluate(() => document.documentElement.classList.add("nr-theme-dark"));
    await page.screenshot({ path: join(artifacts, "example-dark.png") });
    errors.should.eql([]);
  });
});
