import { join } from "node:path";
import type { Browser } from "playwright-core";
import "should";
import { exampleFlow } from "../../scripts/support/example-flow.ts";
import { seriousViolations } from "../support/axe.ts";
import { launchBrowser } from "../support/browser.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { EditorPage, type EditorWindow } from "./editor-page.ts";

interface SidebarWindow {
  RED: { sidebar: { show(id: string): void }; workspaces: { show(id: string): void; active(): string } };
}

const other = { id: "other", type: "tab", label: "Other" };
const artifacts = join(import.meta.dirname, "../../test-artifacts");

for (const version of ["5", "4"] as const) {
  describe(`flow linter in Node-RED ${version}`, function () {
    this.timeout(120_000);
    let browser: Browser;
    let nodeRed: NodeRed;
    let editor: EditorPage;
    const badge = (id: string) => editor.page.locator(`[id="${id}"] .docbridge-finding-badge:not(.hide)`);

    before(async () => {
      [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed({ version, flows: [...exampleFlow(), other] })]);
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

    const list = () => editor.page.locator(".docbridge-sidebar-findings");
    const entry = (label: string) => list().locator(".docbridge-sidebar-finding").filter({ hasText: label });

    it("lists what it finds in the sidebar tab, by node and with hints as hints; a click shows the node", async () => {
      await editor.page.evaluate((id) => {
        const { sidebar, workspaces } = (window as unknown as SidebarWindow).RED;
        sidebar.show("docbridge");
        workspaces.show(id);
      }, other.id);
      await entry("Finished statements")
        .getByText(/^Hint: It takes deliveries from anybody/)
        .waitFor();
      const archive = entry("Archive in Documentum");
      await archive.getByText(/^Hint: It archives without a retention policy/).waitFor();
      await archive.getByText(/^Its errors reach no Catch node/).waitFor();
      await editor.page.screenshot({ path: join(artifacts, `findings-${version}.png`) });
      (await seriousViolations(editor.page, ".docbridge-sidebar")).should.eql([]);
      await archive.getByRole("button").press("Enter");
      const shown = await editor.page.evaluate(() => (window as unknown as SidebarWindow).RED.workspaces.active());
      shown.should.not.equal(other.id);
    });

    it("follows the name of a node, and has nothing to report without nodes", async () => {
      await editor.openNode("dbr-archive");
      await editor.fill("name", "Archive of <b>records</b>");
      await editor.done();
      await entry("Archive of <b>records</b>").waitFor();
      await editor.page.evaluate(
        (type) => {
          const { RED } = window as unknown as EditorWindow;
          for (const id of type) RED.nodes.remove(id);
          RED.view.redraw();
        },
        exampleFlow().flatMap(({ id, type }) => (String(type) === "tab" ? [] : [String(id)])),
      );
      await list().getByText("Nothing to report.").waitFor();
    });
  });
}
