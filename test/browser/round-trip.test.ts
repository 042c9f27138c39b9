import { join } from "node:path";
import type { Browser } from "playwright-core";
import should from "should";
import { launchBrowser } from "../support/browser.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { changeEveryField, fieldValues } from "./change-fields.ts";
import { EditorPage, type EditorWindow } from "./editor-page.ts";
import { configNodes, flow, flowNodes, sandboxFlows } from "./flows.ts";

/** A second one of everything that can be pointed at, and what the first ones can point at. */
function flowsToChooseFrom(): Record<string, unknown>[] {
  const configs = sandboxFlows().slice(1);
  return [
    ...sandboxFlows(),
    ...configs.map((config) => ({ ...config, id: `${config.id}-2` })),
    { id: "tls", type: "tls-config", name: "TLS" },
    { id: "proxy", type: "http proxy", name: "Proxy", url: "http://127.0.0.1:1", noproxy: [] },
    { id: "link", type: "link in", z: flow, name: "Elsewhere", links: [], x: 700, y: 40, wires: [[]] },
  ];
}

/** Neither a field of its own nor a choice of the user: the schema, what the mapper notes, what the router's list makes. */
const WITHOUT_FIELD = new Set(["version", "typeMarks", "links", "outputs"]);

for (const version of ["5", "4"] as const) {
  describe(`every field keeps what it was changed to, in Node-RED ${version}`, function () {
    this.timeout(120_000);
    let browser: Browser;
    let nodeRed: NodeRed;
    let editor: EditorPage;

    before(async () => {
      [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed({ version, flows: flowsToChooseFrom() })]);
      editor = await EditorPage.open(browser, nodeRed, "ledger");
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.dispose();
    });

    /** A dialog that a failed test left open is not the next one's. */
    beforeEach(() => editor.load(nodeRed, "ledger"));

    const stored = async (id: string) => {
      const { credentials, ...rest } = await editor.exported(id);
      return rest;
    };

    async function roundTrip(id: string, open: () => Promise<void>): Promise<void> {
      const before = await stored(id);
      await open();
      await editor.expandAll();
      await changeEveryField(editor.page, id, join(nodeRed.userDir, "changed"));
      const shown = await fieldValues(editor.page);
      await editor.done();
      (await editor.validationErrors(id)).should.eql([]);
      const changed = await stored(id);
      const properties = Object.keys(before).filter((name) => !["id", "type", "z", "wires"].includes(name) && !WITHOUT_FIELD.has(name));
      for (const name of properties) should(changed[name]).not.eql(before[name], name);

      await editor.deploy();
      await editor.load(nodeRed, id);
      (await stored(id)).should.eql(changed);
      await open();
      (await fieldValues(editor.page)).should.eql(shown);
      await editor.done();
      (await stored(id)).should.eql(changed);
      (await editor.page.evaluate(() => (window as unknown as EditorWindow).RED.nodes.dirty())).should.equal(false);
      editor.errors.should.eql([]);
    }

    for (const [at, type] of flowNodes.entries()) {
      it(type, async () => {
        const id = await editor.drop(type, flow, 80 + 60 * at);
        await roundTrip(id, () => editor.openNode(id));
        // Valid now, but perhaps not with what the next tests make of the connections.
        await editor.page.evaluate((node) => {
          const { nodes } = (window as unknown as EditorWindow).RED;
          nodes.remove(node);
          nodes.dirty(true);
        }, id);
        await editor.deploy();
      });
    }

    for (const [type, id] of Object.entries(configNodes)) {
      it(type, () => roundTrip(id, () => editor.openConfig(type, id)));
    }
  });
}
