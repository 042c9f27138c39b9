import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Browser } from "playwright-core";
import should from "should";
import { launchBrowser } from "../support/browser.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { EditorPage, type EditorWindow } from "./editor-page.ts";

interface Placed {
  id: string;
  name: string;
  left: number;
  right: number;
  y: number;
}

const root = join(import.meta.dirname, "../..");
/** Pixels. */
const NODE_HEIGHT = 30;
const examples = globSync("examples/*.json", { cwd: root })
  .sort()
  .map((file) => ({
    title: basename(file, ".json"),
    flow: JSON.parse(readFileSync(join(root, file), "utf8")) as Record<string, unknown>[],
  }));

describe("examples side by side in the editor", function () {
  this.timeout(120_000);
  let browser: Browser;
  let nodeRed: NodeRed;
  let editor: EditorPage;

  before(async () => {
    const flows = examples.flatMap(({ flow }) => flow);
    [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed({ flows, settings: { safeMode: true } })]);
    editor = await EditorPage.open(browser, nodeRed, String(flows[1]?.id));
  });

  after(async () => {
    await browser?.close();
    await nodeRed?.dispose();
  });

  it("have ids of their own, so that one can be imported beside the others", () => {
    const ids = examples.flatMap(({ flow }) => flow.map(({ id }) => id));
    should(ids.filter((id, at) => ids.indexOf(id) !== at)).eql([]);
  });

  it("are as this version of the package saves them", async () => {
    should(await editor.page.evaluate(() => (window as unknown as EditorWindow).RED.nodes.dirty())).be.false();
    const changed = await editor.page.evaluate(
      (ids) => ids.filter((id) => (window as unknown as EditorWindow).RED.nodes.node(id)?.changed),
      examples.flatMap(({ flow }) => flow.map(({ id }) => String(id))),
    );
    should(changed).eql([]);
  });

  for (const { title, flow } of examples) {
    it(`${title}: no node lies on another one or beyond the left border`, async () => {
      const tab = String(flow.find(({ type }) => type === "tab")?.id);
      const placed = await editor.page.evaluate(async (flowId) => {
        const { RED } = window as unknown as EditorWindow & {
          RED: { workspaces: { show(id: string): void }; nodes: { filterNodes(filter: object): PlacedNode[] } };
        };
        interface PlacedNode {
          id: string;
          type: string;
          name?: string;
          x: number;
          y: number;
          w: number;
        }
        RED.workspaces.show(flowId);
        // Widths are known once the flow is drawn.
        while (RED.nodes.filterNodes({ z: flowId }).some(({ id }) => !document.getElementById(id))) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        return RED.nodes
          .filterNodes({ z: flowId })
          .map(({ id, type, name, x, y, w }) => ({ id, name: name || type, left: x - w / 2, right: x + w / 2, y }));
      }, tab);
      should(placed.length).be.above(2);
      should(placed.filter(({ left }) => left < 0).map(({ name }) => name)).eql([]);
      const lies = (one: Placed, other: Placed) =>
        Math.abs(one.y - other.y) < NODE_HEIGHT && one.left < other.right && other.left < one.right;
      const pairs = placed.flatMap((one, at) => placed.slice(at + 1).map((other) => [one, other] as const));
      should(pairs.filter(([one, other]) => lies(one, other)).map(([one, other]) => `${one.name} / ${other.name}`)).eql([]);
    });
  }
});
