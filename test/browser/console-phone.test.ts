import type { Browser } from "playwright-core";
import { ConsoleRig, consoleFlow } from "../console/rig.ts";
import { node } from "../nodes/flows.ts";
import { someBytes } from "../nodes/values.ts";
import { launchBrowser } from "../support/browser.ts";
import { conflict, from, quarantine } from "./console-documents.ts";
import { ConsolePage } from "./console-page.ts";

const long = `statement-${"of-the-year-2026-".repeat(6)}.pdf`;

describe("the operator console on a phone", function () {
  this.timeout(120_000);
  const rig = new ConsoleRig(() => ({
    flows: [...consoleFlow(), node("document-ledger", "second", { name: "Second", directory: "elsewhere" })],
  }));
  let browser: Browser;
  let id: string;
  before(async () => {
    browser = await launchBrowser();
    await quarantine(rig, 2, "a-job-with-a-name-so-long-that-it-has-to-be-broken-somewhere-0001");
    await conflict(rig, "key");
    id = await rig.deliver("quarantined", from("4711".repeat(10), "job-2", { "X-Exstream-File-Name": long }), someBytes());
    await rig.inState(id, "quarantined");
    await rig.post("/actions", { action: "retry", selection: { ids: [id] }, why: "a-reason-in-one-word-".repeat(20) });
    await rig.inState(id, "quarantined");
  });
  after(() => browser.close());

  const headings = { "en-US": ["Live", "Failures", "Documents", "Audit log"], de: ["Live", "Fehler", "Dokumente", "Protokoll"] };
  for (const [language, titles] of Object.entries(headings)) {
    for (const dark of [false, true]) {
      it(`has no sideways scrolling and nothing unreadable: ${language}, ${dark ? "dark" : "light"}`, async () => {
        const console = await ConsolePage.open(browser, rig.nodeRed, { language, dark, phone: true });
        for (const [at, place] of ["live", "failures", "documents", "audit"].entries()) {
          await console.goto(place);
          await console.heading(titles[at] ?? "").waitFor();
          await console.page
            .locator(place === "live" ? ".batch" : place === "failures" ? ".failure" : "tbody tr")
            .first()
            .waitFor();
          (await console.overflow()).should.equal(0, place);
          (await console.violations()).should.eql([]);
          await console.picture(`phone-${place}-${language}-${dark ? "dark" : "light"}`);
        }
        await console.goto(`documents/${id}`);
        await console.page.locator(".event").nth(4).waitFor();
        (await console.overflow()).should.equal(0, "document");
        (await console.violations()).should.eql([]);
        await console.picture(`phone-document-${language}-${dark ? "dark" : "light"}`);
        await console.page.locator("main .button.danger").click();
        await console.page.locator("dialog .touched").waitFor();
        (await console.overflow()).should.equal(0, "dialog");
        (await console.violations()).should.eql([]);
        await console.picture(`phone-dialog-${language}-${dark ? "dark" : "light"}`);
        console.errors.should.eql([]);
        await console.close();
      });
    }
  }

  it("keeps to the ledger that was chosen", async () => {
    const console = await ConsolePage.open(browser, rig.nodeRed, { phone: true });
    await console.goto("documents");
    await console.page.getByLabel("Ledger").selectOption("Second");
    await console.page.getByText("No document matches").waitFor();
    console.page.url().should.match(/#\/documents\?ledger=second$/);
    await console.goto("failures");
    await console.page.getByText("Nothing waits for a decision").waitFor();
    await console.picture("phone-empty");
    await console.goto("failures?ledger=ledger");
    await console.page.locator(".failure").first().waitFor();
    console.errors.should.eql([]);
    await console.close();
  });
});
