/** The operator console in a browser, driven the way a person would. */
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { seriousViolations } from "../support/axe.ts";
import type { NodeRed } from "../support/node-red.ts";

export interface ConsoleOptions {
  language?: string;
  dark?: boolean;
  /** Width of a phone instead of a desk's. */
  phone?: boolean;
  /** IANA name; else the system's. */
  timeZone?: string;
}

const artifacts = join(import.meta.dirname, "../../test-artifacts");

export class ConsolePage {
  /** Page errors, and what was written to the console as an error or a warning. */
  readonly errors: string[] = [];
  readonly page: Page;
  private readonly address: string;

  private constructor(page: Page, nodeRed: NodeRed) {
    this.page = page;
    this.address = `${nodeRed.adminUrl}/docbridge/console/`;
    page.on("pageerror", (error) => this.errors.push(String(error.stack ?? error)));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.errors.push(`${message.text()} (${message.location().url})`);
    });
  }

  static async open(browser: Browser, nodeRed: NodeRed, options: ConsoleOptions = {}): Promise<ConsolePage> {
    const context = await browser.newContext({
      viewport: options.phone ? { width: 360, height: 740 } : { width: 1400, height: 900 },
      locale: options.language ?? "en-US",
      colorScheme: options.dark ? "dark" : "light",
      ...(options.timeZone ? { timezoneId: options.timeZone } : {}),
    });
    return new ConsolePage(await context.newPage(), nodeRed);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** Opens the page anew at a place, for example `failures` or `documents?state=held`. */
  async goto(place: string): Promise<void> {
    await this.page.goto("about:blank");
    await this.page.goto(`${this.address}#/${place}`);
  }

  /** On the page that asks who is there. */
  async signIn(user: string, password: string): Promise<void> {
    await this.page.fill("input[name=username]", user);
    await this.page.fill("input[name=password]", password);
    await this.page.click(".sign-in button[type=submit]");
    await this.page.locator(".rail").waitFor();
  }

  /** Opens a view by its link, as a person would, and waits for its heading. */
  async view(name: string, heading: string): Promise<void> {
    await this.page.locator("nav").getByRole("link", { name }).click();
    await this.heading(heading).waitFor();
  }

  heading(name: string): Locator {
    return this.page.getByRole("heading", { level: 1, name, exact: true });
  }

  button(name: string, within: Locator | Page = this.page): Locator {
    return within.getByRole("button", { name, exact: true });
  }

  /** The open dialog. */
  dialog(): Locator {
    return this.page.getByRole("dialog");
  }

  /** Confirms the open dialog with a reason and gives what the page then says. */
  async confirm(action: string, why: string): Promise<string> {
    const dialog = this.dialog();
    await dialog.getByRole("textbox").fill(why);
    await this.button(action, dialog).click();
    await dialog.waitFor({ state: "detached" });
    return this.toast();
  }

  /** The newest message in passing, which is then closed. */
  async toast(): Promise<string> {
    const newest = this.page.locator(".toast").last();
    const text = await newest.locator("span").first().innerText();
    await newest.getByRole("button").click();
    await newest.waitFor({ state: "detached" });
    return text;
  }

  /** Rules of axe-core that the page breaks seriously. */
  async violations(): Promise<string[]> {
    return seriousViolations(this.page);
  }

  /** By how many pixels the page is wider than the window. */
  async overflow(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  }

  /** The page as a picture in test-artifacts/. */
  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: join(artifacts, `console-${name}.png`), fullPage: true, animations: "disabled" });
  }
}
