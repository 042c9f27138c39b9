import bcrypt from "bcryptjs";
import type { Browser } from "playwright-core";
import { ConsoleRig, consoleFlow } from "../console/rig.ts";
import { someBytes } from "../nodes/values.ts";
import { launchBrowser } from "../support/browser.ts";
import { from } from "./console-documents.ts";
import { EditorPage } from "./editor-page.ts";

interface SidebarWindow {
  RED: { sidebar: { show(id: string): void } };
}

for (const version of ["5", "4"] as const) {
  describe(`the sidebar tab in Node-RED ${version === "5" ? "5.0" : "4.1"}`, function () {
    this.timeout(120_000);
    const rig = new ConsoleRig(() => ({ version, flows: consoleFlow(), httpAdminRoot: "/red" }));
    let browser: Browser;
    before(async () => {
      browser = await launchBrowser();
      await rig.post("/holds", { destination: "later", why: "the archive moves" });
      await rig.inState(await rig.deliver("quarantined", from("C-1", "job-1"), someBytes()), "quarantined");
      await rig.inState(await rig.deliver("held", from("C-2", "job-1"), someBytes()), "held");
    });
    after(() => browser.close());

    const schemes = version === "5" ? [false, true] : [false];
    for (const dark of schemes) {
      it(`shows each ledger's figures, keeps them current, and opens the console (${dark ? "German, dark" : "English, light"})`, async () => {
        const editor = await EditorPage.open(browser, rig.nodeRed, "ledger", { dark, language: dark ? "de" : "en-US" });
        await editor.page.evaluate(() => (window as unknown as SidebarWindow).RED.sidebar.show("docbridge"));
        const tab = editor.page.locator(".docbridge-sidebar");
        const figure = (label: string) => tab.locator(`dt:text-is("${label}") + dd`);
        const failed = dark ? "Zu entscheiden" : "Needs a decision";
        await tab.getByRole("heading", { name: "Main" }).waitFor();
        // The figures of a moment ago may be the first it shows.
        await figure(failed)
          .getByText(/^[1-9]/)
          .waitFor();
        const before = Number(await figure(failed).innerText());
        await figure(dark ? "Angehalten" : "Held")
          .getByText("1", { exact: true })
          .waitFor();
        await rig.inState(await rig.deliver("quarantined", from(`C-3${dark}`, "job-2"), someBytes()), "quarantined");
        await figure(failed)
          .getByText(String(before + 1), { exact: true })
          .waitFor();
        await tab.screenshot({ path: `test-artifacts/sidebar-node-red-${version}-${dark ? "dark" : "light"}.png` });
        const [opened] = await Promise.all([editor.page.context().waitForEvent("page"), tab.getByRole("link").first().click()]);
        await opened.getByRole("heading", { level: 1, name: "Live" }).waitFor();
        await opened.close();
        editor.errors.should.eql([]);
        await editor.close();
      });
    }
  });
}

describe("the sidebar tab, for who may not read the console", function () {
  this.timeout(120_000);
  const rig = new ConsoleRig(() => ({
    flows: consoleFlow(),
    settings: {
      adminAuth: {
        type: "credentials",
        users: [
          {
            username: "builder",
            password: bcrypt.hashSync("a-password", 4),
            permissions: ["flows.read", "flows.write", "settings.read", "nodes.read", "plugins.read"],
          },
        ],
      },
    },
  }));

  it("says whom to ask", async () => {
    const browser = await launchBrowser();
    const page = await (await browser.newContext({ locale: "en-US" })).newPage();
    await page.goto(`${rig.nodeRed.adminUrl}/`);
    await page.fill("#node-dialog-login-username", "builder");
    await page.fill("#node-dialog-login-password", "a-password");
    await page.click("#node-dialog-login-submit");
    await page.waitForFunction(() => document.querySelector(".docbridge-sidebar"));
    await page.evaluate(() => (window as unknown as SidebarWindow).RED.sidebar.show("docbridge"));
    await page.getByText("An administrator can grant the permission docbridge.read.").waitFor();
    await browser.close();
  });
});
