import type { Browser } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import { flowsOnDisk, type NodeRed, startNodeRed } from "../support/node-red.ts";
import { auditDialog, nothingWrong } from "./audit.ts";
import { EditorPage, type EditorWindow } from "./editor-page.ts";
import { configNodes, flow, flowNodes, sandboxFlows } from "./flows.ts";

const configEntries = Object.entries(configNodes);

/** A node as a flow from elsewhere brings it: without the config nodes of this Node-RED. */
const imported = { id: "imported", type: "documentum-archive", z: flow, name: "", version: 1, repository: "", ledger: "", wires: [[]] };

describe("dialogs in Node-RED 4.1", function () {
  this.timeout(120_000);
  let browser: Browser;
  let nodeRed: NodeRed;
  let editor: EditorPage;

  before(async () => {
    [browser, nodeRed] = await Promise.all([
      launchBrowser(),
      startNodeRed({ version: "4", httpAdminRoot: "/red", flows: [...sandboxFlows(), imported] }),
    ]);
    editor = await EditorPage.open(browser, nodeRed, "ledger");
  });

  after(async () => {
    await browser?.close();
    await nodeRed?.dispose();
  });

  for (const [at, type] of flowNodes.entries()) {
    it(`${type}: opens without errors and keeps its values`, async () => {
      const id = await editor.drop(type, flow, 80 + 60 * at);
      const before = await editor.exported(id);
      await editor.openNode(id);
      await editor.expandAll();
      (await auditDialog(editor.page)).should.eql(nothingWrong);
      await editor.picture(`${type}-node-red-4`);
      await editor.done();
      (await editor.exported(id)).should.eql(before);
      (await editor.validationErrors(id)).should.eql([]);
      editor.errors.should.eql([]);
    });
  }

  for (const [type, id] of configEntries) {
    it(`${type}: opens without errors and keeps its values`, async () => {
      const before = await editor.exported(id);
      await editor.openConfig(type, id);
      await editor.expandAll();
      (await auditDialog(editor.page)).should.eql(nothingWrong);
      await editor.picture(`${type}-node-red-4`);
      await editor.done();
      (await editor.exported(id)).should.eql(before);
      editor.errors.should.eql([]);
    });
  }

  it("proposes the only ledger and connection to a node that has none", async () => {
    await editor.openNode("imported");
    (await editor.field("ledger").inputValue()).should.equal("ledger");
    (await editor.field("repository").inputValue()).should.equal("documentum");
    await editor.page.click("#node-dialog-cancel");
    await editor.page.waitForSelector("#node-input-name", { state: "detached" });
    await editor.page.evaluate(() => {
      const { RED } = window as unknown as EditorWindow;
      RED.nodes.remove("imported");
    });
  });

  it("deploys what was dropped", async () => {
    await editor.deploy();
    flowsOnDisk(nodeRed.userDir).length.should.equal(sandboxFlows().length + flowNodes.length);
    editor.errors.should.eql([]);
  });
});
