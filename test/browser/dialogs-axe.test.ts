import type { Browser } from "playwright-core";
import { seriousViolations } from "../support/axe.ts";
import { launchBrowser } from "../support/browser.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { EditorPage } from "./editor-page.ts";
import { configNodes, flow, flowNodes, sandboxFlows } from "./flows.ts";

const variants = [
  { version: "5", dark: false },
  { version: "5", dark: true },
  { version: "4", dark: false },
] as const;

for (const { version, dark } of variants) {
  describe(`axe-core and the dialogs in Node-RED ${version}, ${dark ? "dark" : "light"}`, function () {
    this.timeout(120_000);
    let browser: Browser;
    let nodeRed: NodeRed;
    let editor: EditorPage;

    before(async () => {
      [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed({ version, flows: sandboxFlows() })]);
      editor = await EditorPage.open(browser, nodeRed, "ledger", { dark });
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.dispose();
    });

    for (const [at, type] of flowNodes.entries()) {
      it(`${type} has nothing that axe-core calls serious`, async () => {
        await editor.openNode(await editor.drop(type, flow, 80 + 60 * at));
        await editor.showAll();
        (await seriousViolations(editor.page, ".docbridge-form")).should.eql([]);
        await editor.cancel();
      });
    }

    for (const [type, id] of Object.entries(configNodes)) {
      it(`${type} has nothing that axe-core calls serious`, async () => {
        await editor.openConfig(type, id);
        await editor.showAll();
        (await seriousViolations(editor.page, ".docbridge-form")).should.eql([]);
        await editor.cancel();
      });
    }
  });
}
