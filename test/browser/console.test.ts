import type { Browser } from "playwright-core";
import should from "should";
import type { DocumentDetail } from "../../dist/core/ledger/console.js";
import { ConsoleRig, consoleFlow } from "../console/rig.ts";
import { someBytes, until } from "../nodes/values.ts";
import { launchBrowser } from "../support/browser.ts";
import { conflict, from, numbered, previews, quarantine } from "./console-documents.ts";
import { ConsolePage } from "./console-page.ts";

describe("the operator console", function () {
  this.timeout(120_000);
  const rig = new ConsoleRig(() => ({ flows: consoleFlow(), httpAdminRoot: "/red" }));
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  /** What stands on the document's timeline and in the audit log once an action was carried out. */
  const detail = async (id: string): Promise<DocumentDetail> => (await rig.api(`/documents/${id}`)).json;
  const eventsOf = async (id: string) => (await detail(id)).events.map(({ type }) => type);
  const lastEntry = async () => (await rig.api("/audit?limit=1")).json.entries[0];

  for (const scheme of ["light", "dark"] as const) {
    describe(`in ${scheme} colours`, () => {
      let console: ConsolePage;
      let ids: string[];
      let conflicting: string;
      const job = `job-${scheme}`;
      before(async () => {
        ids = await quarantine(rig, 4, job);
        conflicting = await conflict(rig, `key-${scheme}`);
        console = await ConsolePage.open(browser, rig.nodeRed, { dark: scheme === "dark" });
      });
      after(() => console.close());
      afterEach(() => console.errors.should.eql([]));

      it("shows what goes on", async () => {
        await console.goto("live");
        await console.heading("Live").waitFor();
        await console.page.locator(".chart canvas").waitFor();
        await console.page.locator(".batch", { hasText: job }).waitFor();
        (await console.page.title()).should.equal("Live – Docbridge");
        // What comes first may be the figures of a moment ago.
        await console.page.locator(".figure", { hasText: /Needs a decision\s*([5-9]|\d\d)/ }).waitFor();
        await console.page
          .locator(".batch", { hasText: job })
          .filter({ hasText: /4 failed[\s\S]*4 of 4|4 of 4[\s\S]*4 failed/ })
          .waitFor();
        await console.button("6 hours").click();
        await console.page.getByText("in the last 6 hours").waitFor();
        (await console.violations()).should.eql([]);
        await console.picture(`live-${scheme}`);
      });

      it("retries one document from its page, and says who ordered it on its timeline", async () => {
        const id = ids[0] ?? "";
        await console.goto(`documents/${id}`);
        await console.heading("letter-1.pdf").waitFor();
        await console.page.locator(".event", { hasText: "Quarantined at archive (The target refuses connections)" }).waitFor();
        await console.page.getByText("Chain verified").waitFor();
        (await console.violations()).should.eql([]);
        await console.picture(`document-${scheme}`);
        await console.button("Retry").click();
        await console.dialog().getByText("1 document will be touched.").waitFor();
        (await console.violations()).should.eql([]);
        await console.picture(`confirm-${scheme}`);
        (await console.confirm("Retry", "The archive is back")).should.equal("1 document is due again.");
        await console.page
          .locator(".event", { hasText: "anonymous ordered a retry" })
          .getByText("The archive is back", { exact: true })
          .waitFor();
        should(await lastEntry()).match({ action: "retry", why: "The archive is back", data: { documents: 1 } });
        await rig.inState(id, "quarantined");
      });

      it("asks for the reason, and does nothing without it or when the dialog is left", async () => {
        await console.goto(`documents/${ids[0]}`);
        const before = await lastEntry();
        await console.button("Reject").click();
        await console.dialog().getByText("1 document will be touched.").waitFor();
        await console.button("Reject", console.dialog()).click();
        await console.dialog().getByText("Please give a reason").waitFor();
        await console.page.keyboard.press("Escape");
        await console.dialog().waitFor({ state: "detached" });
        (await console.button("Reject").evaluate((element) => element === document.activeElement)).should.equal(true);
        should(await lastEntry()).eql(before);
      });

      it("routes the documents of a search again, those that are chosen", async () => {
        await console.goto("documents");
        await console.heading("Documents").waitFor();
        await console.page.getByLabel("Job", { exact: true }).fill(job);
        await console.button("Search").click();
        await console.page.getByText("4 documents shown").waitFor();
        console.page.url().should.match(new RegExp(`#/documents\\?job=${job}$`));
        await console.page.getByLabel("Select letter-2.pdf").check();
        await console.page.getByLabel("Select letter-3.pdf").check();
        await console.page.getByText("2 selected").waitFor();
        (await console.violations()).should.eql([]);
        await console.picture(`documents-${scheme}`);
        await console.button("Route again").click();
        await console.dialog().getByText("2 documents will be touched.").waitFor();
        (await console.confirm("Route again", "The table was wrong")).should.equal("2 documents are routed anew.");
        for (const id of ids.slice(1, 3)) (await eventsOf(id)).should.containEql("route-again");
        (await eventsOf(ids[3] ?? "")).should.not.containEql("route-again");
        for (const id of ids) await rig.inState(id, "quarantined");
      });

      it("accepts a conflicting document, and replays it once it is closed", async () => {
        await console.goto(`documents/${conflicting}`);
        await console.button("Accept").click();
        await console.dialog().getByText("1 document will be touched.").waitFor();
        (await console.confirm("Accept", "Both are right")).should.equal("1 document is accepted.");
        await rig.inState(conflicting, "closed");
        await console.button("Replay").click();
        await console.dialog().getByText("1 document will be touched.").waitFor();
        (await console.confirm("Replay", "The printer lost it")).should.equal("1 document goes through its flow again.");
        await rig.inState(conflicting, "closed");
        (await eventsOf(conflicting)).should.containDeep(["accepted", "closed", "replayed", "closed"]);
      });

      it("groups failures by cause and rejects a whole group", async () => {
        await console.goto("live");
        await console.view("Failures", "Failures");
        const group = console.page.locator(".failure", { hasText: "The target refuses connections" });
        await group.getByText(/4 documents/).waitFor();
        (await console.violations()).should.eql([]);
        await console.picture(`failures-${scheme}`);
        await console.button("Reject", group).click();
        await console.dialog().getByText("4 documents will be touched.").waitFor();
        (await console.confirm("Reject", "Test letters")).should.equal("4 documents are rejected.");
        await group.waitFor({ state: "detached" });
        for (const id of ids) (await detail(id)).document.state.should.equal("rejected");
      });

      it("tells in the audit log who did what and why", async () => {
        await console.view("Audit log", "Audit log");
        await console.page.getByText("Chain verified").waitFor();
        const first = console.page.locator("tbody tr").first();
        (await first.innerText()).should.match(/anonymous[\s\S]*Reject[\s\S]*4 documents[\s\S]*Test letters/);
        (await console.violations()).should.eql([]);
        await console.picture(`audit-${scheme}`);
      });
    });
  }

  it("retries with the keyboard alone", async () => {
    const [id = ""] = await quarantine(rig, 1, "job-keyboard");
    const console = await ConsolePage.open(browser, rig.nodeRed);
    const { keyboard } = console.page;
    const focused = () =>
      console.page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.getAttribute("aria-label"));
    const tabTo = async (name: string) => {
      for (let steps = 0; (await focused()) !== name; steps += 1) {
        if (steps > 60) throw new Error(`the keyboard does not reach ${name}`);
        await keyboard.press("Tab");
      }
    };
    await console.goto(`documents/${id}`);
    await console.heading("letter-1.pdf").waitFor();
    await keyboard.press("Tab");
    should(await focused()).equal("Skip to the content");
    await keyboard.press("Enter");
    should(await focused()).equal("letter-1.pdf");
    await tabTo("Retry");
    await keyboard.press("Enter");
    await console.dialog().getByText("1 document will be touched.").waitFor();
    await keyboard.type("By hand");
    await tabTo("Retry");
    await keyboard.press("Enter");
    await console.dialog().waitFor({ state: "detached" });
    (await console.page.locator(".toast").innerText()).should.match(/1 document is due again/);
    (await eventsOf(id)).should.containEql("retried");
    should(await lastEntry()).match({ action: "retry", why: "By hand" });
    should(await focused()).be.ok();
    await rig.inState(id, "quarantined");
    await rig.post("/actions", { action: "reject", selection: { ids: [id] }, why: "of no more use" });
    console.errors.should.eql([]);
    await console.close();
  });

  it("chooses all that match, also those not shown", async () => {
    const count = 55;
    const ids: string[] = [];
    for (let at = 0; at < count; at += 1) ids.push(await rig.deliver("closed", numbered("job-many", at), someBytes(100)));
    for (const id of ids) await rig.inState(id, "closed");
    const console = await ConsolePage.open(browser, rig.nodeRed);
    await console.goto("documents?job=job-many");
    await console.page.getByText("50 documents shown").waitFor();
    await console.page.getByLabel("Select all shown").check();
    await console.button("Select all that match").click();
    await console.button("Replay").click();
    await console.dialog().getByText("55 documents will be touched.").waitFor();
    await console.button("Cancel", console.dialog()).click();
    await console.button("Clear selection").click();
    await console.button("Show more").click();
    await console.page.getByText("55 documents shown").waitFor();
    (await console.page.locator("tbody tr").count()).should.equal(count);
    await console.page.getByRole("link", { name: "letter-7.pdf" }).click();
    await console.heading("letter-7.pdf").waitFor();
    await console.page.locator("main").getByRole("link", { name: "Documents" }).click();
    await console.page.getByText("50 documents shown").waitFor();
    console.page.url().should.match(/#\/documents\?job=job-many$/);
    console.errors.should.eql([]);
    await console.close();
  });

  it("shows with a document which asset versions its run used", async () => {
    const id = await rig.deliver("closed", from("C-assets", "job-assets"), someBytes());
    const ledger = await rig.otherWorker();
    const asset = { id: "a", version: 12, type: "exstrtextmessage", name: "Price notice", state: "APPROVED", approvedBy: "alice" };
    await ledger.keepRunAssets("job-assets", [asset], { who: "Ended jobs", why: "" });
    await ledger.close();
    const console = await ConsolePage.open(browser, rig.nodeRed);
    await console.goto(`documents/${id}`);
    await console.page.getByRole("row", { name: /Price notice[\s\S]*12[\s\S]*APPROVED[\s\S]*approved by alice/ }).waitFor();
    (await console.violations()).should.eql([]);
    await console.picture("run-assets");
    await console.goto("audit");
    await console.page.getByRole("row", { name: /Ended jobs[\s\S]*asset versions of a run[\s\S]*job-assets · 1 asset version/ }).waitFor();
    console.errors.should.eql([]);
    await console.close();
  });

  it("shows documents as their readers got them, without running anything in them", async () => {
    const console = await ConsolePage.open(browser, rig.nodeRed);
    for (const { type, name, bytes } of Object.values(previews)) {
      const id = await rig.deliver(
        "closed",
        from("C-preview", "job-preview", { "Content-Type": type, "X-Exstream-File-Name": name }),
        bytes,
      );
      await console.goto(`documents/${id}`);
      await console.heading(name).waitFor();
      const preview = console.page.locator(".preview");
      if (type === "text/html") {
        const letter = preview.frameLocator("iframe").frameLocator("iframe");
        await letter.getByText("Dear customer").waitFor();
        const colour = await letter.getByText("Your statement").evaluate((element) => getComputedStyle(element).color);
        colour.should.equal("rgb(170, 0, 0)");
        (await letter.locator("body").innerText()).should.not.match(/ran/);
      }
      if (type === "text/plain") await preview.locator("pre", { hasText: /^Your invoice is due.\nGrüße$/ }).waitFor();
      if (type === "image/png") await preview.getByRole("img", { name: /logo.png/ }).waitFor();
      if (type === "application/zip") await preview.getByText("No preview for this kind of file").waitFor();
      const [download] = await Promise.all([console.page.waitForEvent("download"), console.button("Download").click()]);
      download.suggestedFilename().should.equal(name);
      if (type === "text/html") await console.picture("preview-html");
    }
    console.errors.filter((text) => !text.includes("about:srcdoc")).should.eql([]);
    await console.close();
  });

  it("keeps its layout while documents flow", async () => {
    const console = await ConsolePage.open(browser, rig.nodeRed);
    await console.goto("live");
    await console.page.locator(".chart canvas").waitFor();
    await console.page.locator(".batch").first().waitFor();
    await console.page.evaluate(() => {
      const shifts: number[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) =>
        shifts.push(...list.getEntries().map((entry) => (entry as unknown as { value: number }).value)),
      ).observe({
        type: "layout-shift",
        buffered: false,
      });
    });
    const closed = () => rig.api("/figures").then(({ json }) => json.byState.closed as number);
    const before = await closed();
    for (let at = 0; at < 100; at += 1) await rig.deliver("closed", numbered("job-flow", at), someBytes(100));
    await until("all are closed", async () => (await closed()) === before + 100);
    await console.page.locator(".batch", { hasText: "job-flow" }).getByText("100 of 100").waitFor();
    const shifts = await console.page.evaluate(() => (window as unknown as { shifts: number[] }).shifts);
    shifts.reduce((sum, shift) => sum + shift, 0).should.be.below(0.02);
    console.errors.should.eql([]);
    await console.close();
  });

  it("does without the drawing where the system names a language that browsers do not know", async () => {
    const console = await ConsolePage.open(browser, rig.nodeRed);
    await console.page.addInitScript(() => Object.defineProperty(navigator, "language", { get: () => "en-US@posix" }));
    const library = console.page.waitForResponse(/uPlot[\w.-]*\.js$/);
    await console.goto("live");
    await (await library).finished();
    await console.page.locator(".legend").getByText("Received").waitFor();
    await console.page.locator(".figure").first().waitFor();
    (await console.page.locator(".chart canvas").count()).should.equal(0);
    console.errors.should.eql([]);
    await console.close();
  });

  it("says that the connection is lost, and takes it up again by itself", async () => {
    const console = await ConsolePage.open(browser, rig.nodeRed);
    await console.goto("live");
    await console.page.locator(".connection.open").waitFor();
    await rig.deploy();
    await console.page.locator(".connection.open").waitFor();
    await console.page.context().setOffline(true);
    await rig.deploy();
    await console.page.locator(".connection.lost").waitFor();
    await console.page.getByText("The connection is lost and is being taken up again.").waitFor();
    await console.picture("connection-lost");
    await console.page.context().setOffline(false);
    await console.page.locator(".connection.open").waitFor();
    await console.close();
  });
});
