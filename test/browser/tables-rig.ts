/** Route tables and holds in real browsers: a Node-RED with users and a router, people's pages, and what they do there. */
import type { Browser, Locator } from "playwright-core";
import should from "should";
import type { RouteTable } from "../../dist/core/routing/table.js";
import { ConsoleRig } from "../console/rig.ts";
import { PDF_HEADERS } from "../nodes/deliveries.ts";
import { someBytes, until } from "../nodes/values.ts";
import { launchBrowser } from "../support/browser.ts";
import { type ConsoleOptions, ConsolePage } from "./console-page.ts";
import { firstTable, PASSWORD, routedFlow, signIns, TABLE } from "./tables-flow.ts";

export class TablesRig extends ConsoleRig {
  /** Anna at the rules of the table, anew for each test. */
  anna!: ConsolePage;
  /** Her sign-in, for asking the API. */
  headers: Record<string, string> = {};
  private browser!: Browser;
  private pages: ConsolePage[] = [];
  private delivered = 0;

  /** For the suite that calls this: version 2 of the table is in force, and 40 documents have gone by it. */
  constructor() {
    super(() => ({ flows: routedFlow(), settings: signIns }));
    before(async () => {
      const form = { client_id: "node-red-editor", grant_type: "password", scope: "", username: "anna", password: PASSWORD };
      const reply = await fetch(`${this.nodeRed.adminUrl}/auth/token`, { method: "POST", body: new URLSearchParams(form) });
      this.headers = { Authorization: `Bearer ${((await reply.json()) as { access_token: string }).access_token}` };
      await until("the router has made its table", async () => (await this.detail()).inForce);
      await this.activate(firstTable, "The first rules");
      for (let at = 0; at < 40; at++) await this.letter(String(1000 + (at % 8)), at % 10 === 9 ? "TEST" : "JOB-7");
      this.browser = await launchBrowser();
    });
    beforeEach(async () => {
      this.anna = await this.open("anna", `tables/${TABLE}`);
      await this.anna.page.locator(".rule").first().waitFor();
    });
    afterEach(async () => {
      const opened = this.pages.splice(0);
      for (const page of opened) await page.close();
      // Asking before the sign-in and what the tests have refused; the browser notes that, too.
      should(opened.flatMap(({ errors }) => errors).filter((error) => !/status of 4(01|09|22)/.test(error))).eql([]);
    });
    after(() => this.browser?.close());
  }

  /** Somebody's page at a place; it is closed after the test. */
  async open(user: string, place: string, options: ConsoleOptions = {}): Promise<ConsolePage> {
    const page = await ConsolePage.open(this.browser, this.nodeRed, { timeZone: "Europe/Berlin", ...options });
    this.pages.push(page);
    await page.goto(place);
    await page.signIn(user, PASSWORD);
    return page;
  }

  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of an answer is what it tests
  async detail(): Promise<any> {
    return (await this.api(`/tables/${TABLE}`, { headers: this.headers })).json;
  }

  async activate(content: RouteTable, note: string): Promise<void> {
    const { active } = await this.detail();
    const reply = await this.post(`/tables/${TABLE}/activate`, { content, expectedVersion: active?.version ?? 0, note }, this.headers);
    reply.status.should.equal(200, reply.text);
  }

  /** Delivers a letter for a customer and gives its id. */
  letter(customer: string, job = "JOB-8"): Promise<string> {
    const source = {
      "X-Exstream-Customer-Number": customer,
      "X-Exstream-Job-Id": job,
      "X-Exstream-File-Name": `letter-${++this.delivered}.pdf`,
      "X-Exstream-Meta-Branch": "north",
    };
    return this.deliver("in", { ...PDF_HEADERS, ...source }, someBytes());
  }
}

/** One rule's card, by how its name begins; what is in it is found by labels. */
export function card(page: ConsolePage, name: string): Locator {
  return page.page.locator(".rule").filter({ has: page.page.getByRole("button", { name: new RegExp(`^${name}`) }) });
}

export async function unfold(page: ConsolePage, name: string): Promise<Locator> {
  const title = card(page, name).locator(".rule-title");
  if ((await title.getAttribute("aria-expanded")) === "false") await title.click();
  return card(page, name);
}

/** Names of the rules as they stand. */
export function order(page: ConsolePage): Promise<(string | null | undefined)[]> {
  return page.page.locator(".rule-name").evaluateAll((names) => names.map((name) => name.firstChild?.textContent));
}

/** Waits for a message in passing. */
export function told(page: ConsolePage, text: string): Promise<void> {
  return page.page.locator(".toast", { hasText: text }).first().waitFor();
}
