import type { Browser } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { auditDialog, nothingWrong } from "./audit.ts";
import { EditorPage, type EditorWindow } from "./editor-page.ts";
import { configNodes, flow, flowNodes, sandboxFlows } from "./flows.ts";

const configEntries = Object.entries(configNodes);
const connections = ["exstream-server", "documentum-repository", "css-tenant"];

describe("dialogs in German and in the dark", function () {
  this.timeout(120_000);
  let browser: Browser;
  let nodeRed: NodeRed;
  let editor: EditorPage;

  before(async () => {
    [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed({ flows: sandboxFlows() })]);
    editor = await EditorPage.open(browser, nodeRed, "ledger", { language: "de", dark: true });
  });

  after(async () => {
    await browser?.close();
    await nodeRed?.dispose();
  });

  for (const [at, type] of flowNodes.entries()) {
    it(`${type}: is German and readable`, async () => {
      await editor.openNode(await editor.drop(type, flow, 80 + 60 * at));
      await editor.expandAll();
      (await auditDialog(editor.page)).should.eql(nothingWrong);
      await editor.picture(`${type}-de-dark`);
      await editor.done();
      editor.errors.should.eql([]);
    });
  }

  for (const [type, id] of configEntries) {
    it(`${type}: is German and readable`, async () => {
      await editor.openConfig(type, id);
      if (connections.includes(type)) await editor.field("sandbox").uncheck();
      await editor.expandAll();
      if (connections.includes(type)) (await editor.message("timeoutSeconds")).should.equal("");
      (await auditDialog(editor.page)).should.eql(nothingWrong);
      await editor.picture(`${type}-de-dark`);
      await editor.page.click("#node-config-dialog-cancel");
      await editor.page.waitForSelector("#node-config-input-name", { state: "detached" });
      editor.errors.should.eql([]);
    });
  }

  it("speaks German in messages and in the help too", async () => {
    await editor.openConfig("document-ledger", "ledger");
    await editor.fill("spoolGb", "viel");
    (await editor.message("spoolGb")).should.match(/Bitte eine Zahl/);
    await editor.fill("backoffMaxSeconds", "0.5");
    (await editor.message("backoffMaxSeconds")).should.match(/nicht kürzer/);
    await editor.page.click("#node-config-dialog-cancel");
    const help = await editor.page.evaluate(() => (window as unknown as EditorWindow).RED.nodes.getNodeHelp("css-store"));
    help.should.match(/Eingangsdaten/);
  });
});
