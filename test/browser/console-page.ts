/** The operator console in a real browser: one person's page. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import type { NodeRed } from "../support/node-red.ts";

const artifacts = join(import.meta.dirname, "../../test-artifacts");
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface PageOptions {
  user?: string;
  password?: string;
  dark?: boolean;
  phone?: boolean;
  language?: "en-US" | "de";
}

export class ConsolePage {
  readonly page: Page;
  /** Uncaught errors and what the browser complained about, refused requests apart: those the tests bring about. */
  readonly errors: string[] = [];
  private readonly context: BrowserContext;
  private readonly root: string;

  private constructor(context: BrowserContext, page: Page, nodeRed: NodeRed) {
    this.context = context;
    this.page = page;
    this.root = `${nodeRed.adminUrl}/docbridge/console/`;
    page.on("pageerror", (error) => this.errors.push(String(error.stack ?? error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) this.errors.push(message.text());
    });
  }

  /** Opens the console at a place such as `tables/letters`, and signs in when a user is named. */
  static async open(browser: Browser, nodeRed: NodeRed, place: string, options: PageOptions = {}): Promise<ConsolePage> {
    const context = await browser.newContext({
      viewport: options.phone ? { width: 390, height: 844 } : { width: 1280, height: 900 },
      colorScheme: options.dark ? "dark" : "light",
      locale: options.language ?? "en-US",
      timezoneId: "Europe/Berlin",
      ...(options.phone ? { hasTouch: true, isMobile: true } : {}),
    });
    const page = await context.newPage();
    const opened = new ConsolePage(context, page, nodeRed);
    await page.goto(`${opened.root}#/${place}`);
    if (options.user) await opened.signIn(options.user, options.password ?? "");
    await page.locator("h1").waitFor();
    return opened;
  }

  private async signIn(user: string, password: string): Promise<void> {
    await this.page.fill("input[name=username]", user);
    await this.page.fill("input[name=password]", password);
    await this.page.click(".sign-in button[type=submit]");
    await this.page.locator(".rail").waitFor();
  }

  async goto(place: string): Promise<void> {
    await this.page.goto(`${this.root}#/${place}`);
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, exact: typeof name === "string" });
  }

  get dialog(): Locator {
    return this.page.getByRole("dialog");
  }

  /** Fills the reason of the open dialog and carries out what it asks about. */
  async confirm(button: string, reason: string): Promise<void> {
    await this.dialog.locator("textarea").fill(reason);
    await this.dialog.getByRole("button", { name: button, exact: true }).click();
    await this.dialog.waitFor({ state: "detached" });
  }

  /** Waits for a message in passing. */
  async told(text: string | RegExp): Promise<void> {
    await this.page.locator(".toast", { hasText: text }).first().waitFor();
  }

  /** The page from its top as a picture in test-artifacts/, without the messages in passing. */
  async picture(name: string): Promise<void> {
    const toasts = (visibility: string) =>
      this.page.locator(".toasts").evaluate((element, value) => {
        element.style.visibility = value;
      }, visibility);
    await this.page.evaluate(() => window.scrollTo(0, 0));
    await toasts("hidden");
    await this.page.screenshot({ path: join(artifacts, `${name}.png`), fullPage: true });
    await toasts("");
  }

  /** Serious and critical violations that axe finds, as `rule: element`. */
  async violations(): Promise<string[]> {
    await this.page.evaluate(axeSource);
    return this.page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } };
      interface AxeViolation {
        id: string;
        impact: string;
        nodes: { html: string; failureSummary: string }[];
      }
      const { violations } = await axe.run();
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`));
    });
  }

  close(): Promise<void> {
    return this.context.close();
  }
}
