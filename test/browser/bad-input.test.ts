import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import should from "should";
import { CmsClient } from "../../dist/clients/cms/cms.js";
import { type SandboxProcess, startSandboxProcess } from "../../scripts/support/sandbox-process.ts";
import { launchBrowser } from "../support/browser.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { EditorPage } from "./editor-page.ts";
import { flow, sandboxFlows } from "./flows.ts";

const ATTRIBUTES = 5000;
const markup = '<img src="x" onerror="document.title=1"><b>bold</b>';
const node = (id: string, type: string, more: Record<string, unknown>) => ({
  id,
  type,
  z: flow,
  name: "",
  version: 1,
  ledger: "ledger",
  wires: [[]],
  ...more,
});

for (const version of ["5", "4"] as const) {
  describe(`dialogs and what nobody expects, in Node-RED ${version}`, function () {
    this.timeout(120_000);
    const work = mkdtempSync(join(tmpdir(), "docbridge-bad-input-"));
    let sandbox: SandboxProcess;
    let browser: Browser;
    let nodeRed: NodeRed;
    let editor: EditorPage;

    before(async () => {
      [browser, sandbox] = await Promise.all([launchBrowser(), startSandboxProcess(work)]);
      const { otds, css, cms } = sandbox.description;
      const { tokenUrl, clientId, clientSecret } = otds;
      const credentials = {
        kind: "oauth2",
        tokenUrl,
        clientId,
        clientSecret,
        grant: "client_credentials",
        bodyFormat: "form",
        clientAuth: "body",
      } as const;
      const client = new CmsClient({ baseUrl: cms.baseUrl, credentials } as never);
      const attributes = Array.from({ length: ATTRIBUTES }, (_, at) => ({
        name: `attribute_${at}`,
        data_type: "string" as const,
        size: 32,
      }));
      const [namespace] = await client.definitions.namespaces();
      await client.definitions.createType("file", { namespace: namespace?.name ?? "", name: "huge", attributes } as never);
      client.close();
      const tenant = sandboxFlows().find(({ type }) => type === "css-tenant");
      nodeRed = await startNodeRed({
        version,
        credentials: { huge: { clientId, clientSecret } },
        flows: [
          ...sandboxFlows(),
          { ...tenant, id: "huge", name: markup, sandbox: false, tokenUrl, cssUrl: css.baseUrl, cmsUrl: cms.baseUrl, tenant: css.tenant },
          { ...tenant, id: "disabled", d: true },
          node("mapper", "metadata-mapper", {
            destination: "css",
            target: "css",
            tenant: "huge",
            targetType: `${namespace?.prefix}_huge`,
            rows: [],
            typeMarks: {},
          }),
          node("orphan", "css-store", { tenant: "nowhere" }),
          node("paused", "css-store", { tenant: "disabled", name: markup }),
          { id: "link", type: "link in", z: flow, name: markup, links: [], x: 500, y: 400, wires: [[]] },
          node("router", "document-router", {
            table: "table",
            outputs: 0,
            links: ["link"],
            destinations: [{ name: "a", label: "", targets: "a", way: "link" }],
          }),
        ],
      });
      editor = await EditorPage.open(browser, nodeRed, "mapper");
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.dispose();
      await sandbox?.stop();
      rmSync(work, { recursive: true, force: true });
    });
    beforeEach(() => editor.load(nodeRed, "mapper"));
    afterEach(async () => {
      editor.errors.should.eql([]);
      should(await editor.page.title()).match(/Node-RED/);
    });

    it("a type of 5,000 attributes is read, proposed and mapped", async () => {
      await editor.openNode("mapper");
      await editor.page
        .locator(".docbridge-map-note")
        .getByText(/_huge: \d+ attributes read/)
        .waitFor();
      (await editor.page.locator("#docbridge-map-attributes option").count()).should.be.aboveOrEqual(ATTRIBUTES);
      await editor.page.locator(".docbridge-list .red-ui-editableList-addButton").click();
      const row = editor.page.locator(".docbridge-list-row").first();
      await row.locator(".docbridge-map-attribute").fill("attribute_4999");
      await row.getByText(/^string\(32\)/).waitFor();
      await row.locator(".red-ui-typedInput-input").fill("source.customerNumber");
      await editor.done();
      const { rows } = (await editor.exported("mapper")) as { rows: { attribute: string }[] };
      rows.map(({ attribute }) => attribute).should.eql(["attribute_4999"]);
    });

    it("a connection that is gone, and one that is disabled, are named as what they are", async () => {
      (await editor.validationErrors("orphan")).join().should.match(/does not exist any more/);
      await editor.openNode("orphan");
      await editor.fill("objectName", "by-hand.pdf");
      (await editor.message("tenant")).should.match(/Choose (one|another one)/);
      await editor.done();
      should((await editor.exported("orphan")).objectName).equal("by-hand.pdf");
      (await editor.validationErrors("paused")).join().should.match(/disabled/i);
      await editor.openNode("paused");
      (await editor.message("tenant")).should.match(/disabled/i);
      await editor.cancel();
    });

    it("markup in names stays text", async () => {
      await editor.openNode("router");
      (await editor.page.locator(".docbridge-destination-link option:checked").textContent())?.should.containEql("<b>bold</b>");
      await editor.cancel();
      (await editor.page.locator("b:text-is('bold')").count()).should.equal(0);
    });
  });
}
