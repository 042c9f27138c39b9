import type { Browser } from "playwright-core";
import "should";
import { launchBrowser } from "../support/browser.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { EditorPage } from "./editor-page.ts";
import { flow, sandboxFlows } from "./flows.ts";

const archive = (id: string, more: Record<string, unknown>) => ({
  id,
  z: flow,
  name: "",
  version: 1,
  ledger: "ledger",
  wires: [[]],
  ...more,
});

/** Nodes at the sandbox, and one whose repository nobody answers for. */
const flows = [
  ...sandboxFlows(),
  {
    ...sandboxFlows().find(({ id }) => id === "documentum"),
    id: "down",
    sandbox: false,
    contextUrl: "http://127.0.0.1:1/dctm-rest",
    repository: "gone",
  },
  archive("archive", { type: "documentum-archive", repository: "documentum", retention: "lifecycle" }),
  archive("unreachable", { type: "documentum-archive", repository: "down" }),
  archive("store", { type: "css-store", tenant: "css" }),
  archive("fetch", { type: "asset-fetch", source: "documentum", repository: "documentum", tenant: "css" }),
];

for (const version of ["5", "4"] as const) {
  describe(`fields propose what the server has, in Node-RED ${version}`, function () {
    this.timeout(120_000);
    let browser: Browser;
    let nodeRed: NodeRed;
    let editor: EditorPage;
    const proposal = (property: string, value: string) => editor.page.locator(`#node-input-${property}-choices option[value="${value}"]`);

    before(async () => {
      [browser, nodeRed] = await Promise.all([
        launchBrowser(),
        startNodeRed({ version, flows, credentials: { down: { user: "archiver", password: "a-password" } } }),
      ]);
      editor = await EditorPage.open(browser, nodeRed, "archive");
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.dispose();
    });
    afterEach(() => editor.errors.should.eql([]));

    async function proposes(property: string, value: string): Promise<void> {
      const field = editor.field(property);
      await field.focus();
      await proposal(property, value).waitFor({ state: "attached" });
      ((await field.getAttribute("list")) ?? "").should.equal(`node-input-${property}-choices`);
    }

    async function choose(property: string, value: string): Promise<void> {
      await editor.field(property).focus();
      await editor.field(property).selectOption(value);
    }

    it("types, folders, ACLs and lifecycles of a repository", async () => {
      await editor.openNode("archive");
      await editor.expandAll();
      await proposes("objectType", "demo_statement");
      await proposes("folderPath", "/Statements");
      await proposes("aclName", "demo_open");
      await proposes("lifecycleName", "demo_record_lifecycle");
      await editor.cancel();
    });

    it("types and folders of a tenant, folders with their names", async () => {
      await editor.openNode("store");
      await editor.expandAll();
      await proposes("cmsType", "def_statement");
      await editor.field("parentFolder").focus();
      await editor.page.locator("#node-input-parentFolder-choices option[label]").first().waitFor({ state: "attached" });
      await editor.cancel();
    });

    it("assets, by what they are found by and of the chosen source", async () => {
      await editor.openNode("fetch");
      const shown = editor.page.locator("#node-input-asset + .red-ui-typedInput-container .red-ui-typedInput-input");
      await shown.focus();
      await proposal("asset", "terms-and-conditions").waitFor({ state: "attached" });
      await choose("findBy", "id");
      await shown.focus();
      await proposal("asset", "terms-and-conditions").waitFor({ state: "detached" });
      await choose("findBy", "key");
      await choose("source", "css");
      await shown.focus();
      await proposal("asset", "terms-and-conditions").waitFor({ state: "attached" });
      await editor.cancel();
    });

    it("nothing while the server is down, and typing goes on", async () => {
      await editor.openNode("unreachable");
      const answer = editor.page.waitForResponse((response) => response.url().includes("/docbridge/choices/"));
      await editor.field("folderPath").focus();
      const { failure } = (await (await answer).json()) as { failure: { code: string } };
      failure.code.should.equal("connection-refused");
      await editor.fill("folderPath", "/By/hand");
      await editor.fill("objectType", "my_statement");
      await editor.done();
      const { folderPath, objectType } = await editor.exported("unreachable");
      [folderPath, objectType].should.eql(["/By/hand", "my_statement"]);
    });
  });
}
