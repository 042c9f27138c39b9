import type { Browser } from "playwright-core";
import should from "should";
import { settingsVersion } from "../../dist/core/upgrades.js";
import { launchBrowser } from "../support/browser.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { EditorPage, type EditorWindow } from "./editor-page.ts";
import { configNodes, flow, flowNodes, sandboxFlows } from "./flows.ts";

/** Nodes that store next to nothing but what they point at. */
const pointers = { ledger: "ledger", server: "exstream", repository: "documentum", tenant: "css", table: "table" };
/** A router always had its destinations: without them it has no output. */
const needed: Record<string, object> = {
  "document-router": { outputs: 1, destinations: [{ name: "archive", label: "", targets: "documentum", way: "output" }] },
};
const bare = flowNodes.map((type) => ({
  id: `old-${type}`,
  type,
  version: settingsVersion(type),
  z: flow,
  x: 200,
  y: 100,
  wires: [],
  ...pointers,
  ...needed[type],
}));
const bareConfigs = sandboxFlows().map(({ id, type, label, ledger }) => ({
  id,
  type,
  ...(label ? { label } : {}),
  ...(ledger ? { ledger } : {}),
}));

for (const version of ["5", "4"] as const) {
  describe(`flows of an older version, in Node-RED ${version}`, function () {
    this.timeout(120_000);
    let browser: Browser;
    let nodeRed: NodeRed;
    let editor: EditorPage;

    before(async () => {
      [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed({ version, flows: [...bareConfigs, ...bare] })]);
      editor = await EditorPage.open(browser, nodeRed, "ledger");
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.dispose();
    });
    beforeEach(() => editor.load(nodeRed, "ledger"));
    afterEach(() => editor.errors.should.eql([]));

    async function looksAt(id: string): Promise<void> {
      const dirty = await editor.page.evaluate((node) => {
        const { nodes } = (window as unknown as EditorWindow).RED;
        return { flows: nodes.dirty(), node: nodes.node(node)?.changed };
      }, id);
      should(dirty.flows).equal(false);
      should(dirty.node ?? false).equal(false);
      const { name, type, version: schema } = await editor.exported(id);
      should({ name, schema }).eql({ name: "", schema: settingsVersion(String(type)) });
    }

    for (const { id, type } of bare) {
      it(`${type}: opens with what it does, and only looking at it changes nothing`, async () => {
        await editor.openNode(id);
        await editor.done();
        await looksAt(id);
      });
    }

    for (const [type, id] of Object.entries(configNodes)) {
      it(`${type}: opens with what it does, and only looking at it changes nothing`, async () => {
        await editor.openConfig(type, id);
        await editor.done();
        await looksAt(id);
      });
    }
  });
}
