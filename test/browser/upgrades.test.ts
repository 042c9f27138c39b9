import type { Browser } from "playwright-core";
import should from "should";
import { expected, oldNodes } from "../editor/old-nodes.ts";
import { launchBrowser } from "../support/browser.ts";
import { flowsOnDisk, type NodeRed, startNodeRed } from "../support/node-red.ts";
import { EditorPage, type EditorWindow } from "./editor-page.ts";
import { flow, sandboxFlows } from "./flows.ts";

const olds = Object.entries(oldNodes).map(([what, old], at) => ({
  what,
  old,
  id: `old-${at}`,
  node: { id: `old-${at}`, z: flow, x: 200, y: 100 + 60 * at, wires: [], ...old.stored },
}));
const [pasted] = olds as [(typeof olds)[number]];
const newer = { id: "newer", type: "asset-fetch", version: 99, z: flow, x: 500, y: 100, wires: [], source: "css", tenant: "css" };

for (const version of ["5", "4"] as const) {
  describe(`settings of other versions, in the editor of Node-RED ${version}`, function () {
    this.timeout(120_000);
    let browser: Browser;
    let nodeRed: NodeRed;
    let editor: EditorPage;

    before(async () => {
      const flows = [...sandboxFlows(), ...olds.map(({ node }) => node), newer];
      [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed({ version, flows })]);
      editor = await EditorPage.open(browser, nodeRed, "ledger");
      await changed(pasted.id);
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.dispose();
    });
    afterEach(() => editor.errors.should.eql([]));

    const changed = (id: string) =>
      editor.page.waitForFunction((node) => (window as unknown as EditorWindow).RED.nodes.node(node)?.changed === true, id);

    for (const { what, old, id } of olds) {
      it(`${old.stored.type}, ${what}: is brought up to date, and is called changed`, async () => {
        const node = await editor.exported(id);
        should(node).match(expected(old));
        should(node.createCabinet).be.undefined();
        await changed(id);
      });
    }

    it("says what a person must look at, for each node", async () => {
      const notice = editor.page.locator(".red-ui-notification", { hasText: "brought up to date" });
      await notice.getByText("documentum archive: Create cabinet is a setting of the Documentum connection now").waitFor();
      await notice.getByText("documentum archive: Documents were not verified").waitFor();
      await notice.getByText("css store: Documents were not verified").waitFor();
      await notice.getByRole("button", { name: "Close" }).click();
      await notice.waitFor({ state: "detached" });
    });

    it("leaves a node of a newer version as it is, and says why it cannot be used", async () => {
      should((await editor.validationErrors("newer")).join("\n")).match(/newer version of this package.*version 99.*up to 1/);
      should(await editor.exported("newer")).match({ version: 99 });
      const state = editor.page.locator("#newer .red-ui-flow-node-status-label");
      await state.filter({ hasText: "too new a version" }).waitFor();
    });

    it("does the same with nodes that are imported", async () => {
      await editor.page.evaluate((node) => {
        const { RED } = window as unknown as EditorWindow & { RED: { nodes: { import(nodes: object[]): void } } };
        RED.nodes.import([{ ...node, id: "imported" }]);
      }, pasted.node);
      await changed("imported");
      should(await editor.exported("imported")).match(expected(pasted.old));
    });

    it("deploys them as they are shown", async () => {
      await editor.page.evaluate(() => (window as unknown as EditorWindow).RED.nodes.remove("newer"));
      await editor.deploy();
      const stored = flowsOnDisk(nodeRed.userDir);
      for (const { old, id } of olds) {
        const node = stored.find((each) => each.id === id);
        should(node).match(expected(old));
        should(node).not.have.property("createCabinet");
      }
    });
  });
}
