/** Node-RED's editor in a browser, driven the way a person would where that is possible. */
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import type { NodeRed } from "../support/node-red.ts";

/** The parts of the editor's own API that the tests call in the page. */
export interface EditorWindow {
  RED: {
    nodes: {
      node(id: string): PageNode | null;
      add(node: PageNode): void;
      addLink(link: { source: PageNode; sourcePort: number; target: PageNode }): void;
      remove(id: string): void;
      convertNode(node: PageNode, withCredentials: boolean): Record<string, unknown>;
      getType(type: string): unknown;
      getNodeHelp(type: string): string;
      dirty(isDirty?: boolean): boolean;
    };
    view: { createNode(type: string, x: number, y: number, z: string): { node: PageNode }; redraw(): void };
    editor: {
      validateNode(node: PageNode): boolean;
      edit(node: PageNode): void;
      editConfig(name: string, type: string, id: string): void;
    };
  };
}

export interface PageNode {
  id: string;
  type: string;
  valid?: boolean;
  validationErrors?: string[];
  [property: string]: unknown;
}

export interface EditorOptions {
  language?: string;
  dark?: boolean;
}

const artifacts = join(import.meta.dirname, "../../test-artifacts");

export class EditorPage {
  /** Page errors, and what was written to the console as an error or about one. */
  readonly errors: string[] = [];
  readonly page: Page;
  /** Which dialog is open: flow nodes and config nodes name their fields and buttons differently. */
  private prefix = "node-input";

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.errors.push(String(error.stack ?? error)));
    page.on("console", (message) => {
      const isTrouble = message.type() === "error" || /error|oneditprepare|oneditsave|Unknown type|Definition/i.test(message.text());
      if (isTrouble) this.errors.push(`${message.text()} (${message.location().url})`);
    });
  }

  /** Opens the editor and waits until node `known` of the deployed flows is there. */
  static async open(browser: Browser, nodeRed: NodeRed, known: string, options: EditorOptions = {}): Promise<EditorPage> {
    const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, locale: options.language ?? "en-US" });
    const editor = new EditorPage(await context.newPage());
    await editor.load(nodeRed, known);
    if (options.dark) await editor.page.evaluate(() => document.documentElement.classList.add("nr-theme-dark"));
    return editor;
  }

  async load(nodeRed: NodeRed, known: string): Promise<void> {
    await this.page.goto(`${nodeRed.adminUrl}/`);
    await this.page.waitForFunction((id) => (window as unknown as Partial<EditorWindow>).RED?.nodes?.node?.(id), known);
    await this.page.waitForSelector("#red-ui-workspace-chart");
    await this.page.waitForSelector(".red-ui-loader, #red-ui-main-container .red-ui-palette-spinner", { state: "hidden" });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** Adds a node as dropping it from the palette does, and gives its id. */
  async drop(type: string, flow: string, y: number): Promise<string> {
    return this.page.evaluate(
      ([nodeType, z, top]) => {
        const { RED } = window as unknown as EditorWindow;
        const { node } = RED.view.createNode(nodeType, 300, top, z);
        RED.nodes.add(node);
        RED.nodes.dirty(true);
        RED.editor.validateNode(node);
        RED.view.redraw();
        return node.id;
      },
      [type, flow, y] as const,
    );
  }

  /** Draws a wire from each output of a node to the node of that place. */
  async wire(id: string, targets: string[]): Promise<void> {
    await this.page.evaluate(
      ([source, others]) => {
        const { nodes } = (window as unknown as EditorWindow).RED;
        const node = (wanted: string) => nodes.node(wanted) as PageNode;
        others.forEach((target, sourcePort) => {
          nodes.addLink({ source: node(source), sourcePort, target: node(target) });
        });
      },
      [id, targets] as const,
    );
  }

  async openNode(id: string): Promise<void> {
    await this.page.evaluate((node) => {
      const { RED } = window as unknown as EditorWindow;
      RED.editor.edit(RED.nodes.node(node) as PageNode);
    }, id);
    await this.opened("node-input");
  }

  async openConfig(type: string, id: string): Promise<void> {
    await this.page.evaluate(
      ([configType, node]) => {
        const { RED } = window as unknown as EditorWindow;
        RED.editor.editConfig("", configType, node);
      },
      [type, id] as const,
    );
    await this.opened("node-config-input");
  }

  /** Waits for a dialog that something else opened. */
  async opened(prefix: "node-input" | "node-config-input"): Promise<void> {
    this.prefix = prefix;
    await this.page.waitForSelector(`#${prefix}-name`);
    await this.page.waitForFunction(() => !document.querySelector(".red-ui-tray")?.getAnimations().length);
  }

  field(property: string) {
    return this.page.locator(`#${this.prefix}-${property}`);
  }

  /** The message below a field, or "" when there is none. */
  async message(property: string): Promise<string> {
    return this.shownText(this.page.locator(`#${this.prefix}-${property}-error`));
  }

  /** The text of an element, or "" when it is hidden or not there. */
  async shownText(place: Locator): Promise<string> {
    return (await place.count()) > 0 && (await place.isVisible()) ? ((await place.textContent()) ?? "") : "";
  }

  async fill(property: string, value: string): Promise<void> {
    await this.field(property).fill(value);
    await this.field(property).press("Tab");
  }

  async expandAll(): Promise<void> {
    await this.page.evaluate(() => {
      for (const details of document.querySelectorAll(".docbridge-form details")) (details as HTMLDetailsElement).open = true;
    });
  }

  /** Opens all that is folded, and shows the fields that the present choices hide; they hide again with the next change. */
  async showAll(): Promise<void> {
    await this.expandAll();
    await this.page.evaluate(() => {
      for (const part of document.querySelectorAll<HTMLElement>(".docbridge-form [data-show-when]")) part.hidden = false;
    });
  }

  async cancel(): Promise<void> {
    const isConfig = this.prefix === "node-config-input";
    await this.page.click(isConfig ? "#node-config-dialog-cancel" : "#node-dialog-cancel");
    await this.page.waitForSelector(`#${this.prefix}-name`, { state: "detached" });
    this.prefix = "node-input";
  }

  async done(): Promise<void> {
    const isConfig = this.prefix === "node-config-input";
    await this.page.click(isConfig ? "#node-config-dialog-ok" : "#node-dialog-ok");
    await this.page.waitForSelector(`#${this.prefix}-name`, { state: "detached" });
    this.prefix = "node-input";
  }

  /** A node as it would be deployed, but for its place on the canvas, which Node-RED snaps to its grid. */
  async exported(id: string): Promise<Record<string, unknown>> {
    return this.page.evaluate((node) => {
      const { RED } = window as unknown as EditorWindow;
      const { x, y, ...rest } = RED.nodes.convertNode(RED.nodes.node(node) as PageNode, true);
      // Properties without a value are not deployed.
      return JSON.parse(JSON.stringify(rest));
    }, id);
  }

  /** What is wrong with a node, as the triangle on it tells. */
  async validationErrors(id: string): Promise<string[]> {
    return this.page.evaluate((node) => {
      const { RED } = window as unknown as EditorWindow;
      const found = RED.nodes.node(node) as PageNode;
      RED.editor.validateNode(found);
      return found.validationErrors ?? [];
    }, id);
  }

  async deploy(): Promise<void> {
    const answer = this.page.waitForResponse((response) => response.url().endsWith("/flows") && response.request().method() === "POST");
    await this.page.click("#red-ui-header-button-deploy");
    const status = (await answer).status();
    if (status >= 300) throw new Error(`deploy was answered with ${status}`);
    await this.page.waitForFunction(() => !(window as unknown as EditorWindow).RED.nodes.dirty());
  }

  /** The open dialog as a picture in test-artifacts/. */
  async picture(name: string): Promise<void> {
    await this.page
      .locator(".red-ui-tray")
      .last()
      .screenshot({ path: join(artifacts, `${name}.png`), animations: "disabled" });
  }
}
