import { join } from "node:path";
import type { Browser } from "playwright-core";
import "should";
import { exampleFlow } from "../../scripts/support/example-flow.ts";
import { launchBrowser } from "../support/browser.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { EditorPage, type EditorWindow } from "./editor-page.ts";

const artifacts = join(import.meta.dirname, "../../test-artifacts");

for (const version of ["5", "4"] as const) {
  describe(`flow linter in Node-RED ${version}`, function () {
    this.timeout(120_000);
    let browser: Browser;
    let nodeRed: NodeRed;
    let editor: EditorPage;
    const badge = (id: string) => editor.page.locator(`[id="${id}"] .docbridge-finding-badge:not(.hide)`);

    before(async () => {
      [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed({ version, flows: exampleFlow() })]);
      editor = await EditorPage.open(browser, nodeRed, "dbr-trigger");
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.dispose();
    });
    afterEach(() => editor.errors.should.eql([]));

    it("puts no badge on the example", async () => {
      await editor.page.locator('[id="dbr-trigger"]').waitFor();
      // The badges are drawn, hidden, once the flows were looked at.
      await editor.page.locator('[id="dbr-trigger"] .docbridge-finding-badge').waitFor({ state: "attached" });
      (await editor.page.locator(".docbridge-finding-badge:not(.hide)").count()).should.equal(0);
    });

    it("marks a trigger whose destination nobody keeps, and takes the mark away again", async () => {
      await editor.openNode("dbr-trigger");
      await editor.fill("destinations", "documentum,css,mail");
      await editor.done();
      await badge("dbr-trigger").waitFor();
      await editor.page.screenshot({ path: join(artifacts, `linter-${version}.png`) });
      await badge("dbr-trigger").locator("path").hover();
      await editor.page
        .getByText(/for the destination mail/)
        .first()
        .waitFor();
      await editor.openNode("dbr-trigger");
      await editor.fill("destinations", "documentum,css");
      await editor.done();
      await badge("dbr-trigger").waitFor({ state: "detached" });
    });

    it("marks nodes whose errors nobody sees", async () => {
      await editor.page.evaluate(() => {
        const { RED } = window as unknown as EditorWindow;
        RED.nodes.remove("dbr-catch");
        RED.view.redraw();
      });
      for (const id of ["dbr-archive", "dbr-store", "dbr-map-css"]) await badge(id).waitFor();
    });
  });
}
