import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright-core";
import should from "should";
import { exampleFlow, INJECT_ID, LEDGER_ID } from "../../scripts/support/example-flow.ts";
import { ledgerCounts } from "../../scripts/support/progress.ts";
import { launchBrowser } from "../support/browser.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { auditDialog, nothingWrong } from "./audit.ts";
import { EditorPage } from "./editor-page.ts";

const MAPPER = "dbr-map-documentum";

describe("the mapper's dialog knows the target", function () {
  this.timeout(120_000);
  let browser: Browser;
  let nodeRed: NodeRed;
  let editor: EditorPage;
  const note = () => editor.page.locator(".docbridge-map-note");
  const row = (at: number) => editor.page.locator(".docbridge-list-row").nth(at);
  const tool = (name: string) => editor.page.locator(".docbridge-map-tools").getByText(name);

  before(async () => {
    [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed({ flows: exampleFlow() })]);
    editor = await EditorPage.open(browser, nodeRed, MAPPER);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.dispose();
  });
  afterEach(() => editor.errors.should.eql([]));

  it("lists types and attributes before any document is there", async () => {
    await editor.openNode(MAPPER);
    await note()
      .getByText(/demo_statement: \d+ attributes read/)
      .waitFor();
    await note()
      .getByText(/No document to try the rows on yet/)
      .waitFor();
    (await editor.page.locator("#docbridge-map-types option[value=demo_statement]").count()).should.equal(1);
    (await editor.page.locator("#docbridge-map-attributes option[value=customer_number]").count()).should.equal(1);
    await row(0)
      .getByText(/^string\(\d+\)/)
      .waitFor();
    await editor.page.click("#node-dialog-cancel");
    await editor.page.waitForSelector("#node-input-name", { state: "detached" });
  });

  it("shows what the rows give for the newest document", async () => {
    await fetch(`${nodeRed.adminUrl}/inject/${INJECT_ID}`, { method: "POST" });
    for (const end = Date.now() + 60_000; (await ledgerCounts(nodeRed.adminUrl, LEDGER_ID))?.byState.closed !== 25; await sleep(100)) {
      if (Date.now() > end) throw new Error("the documents did not close");
    }
    await editor.openNode(MAPPER);
    await note()
      .getByText(/newest document, received/)
      .waitFor();
    await row(0)
      .getByText(/^gives \S+/)
      .waitFor();
    await editor.picture("mapper-values-light");
    (await auditDialog(editor.page)).should.eql(nothingWrong);
    await editor.page.evaluate(() => document.documentElement.classList.add("nr-theme-dark"));
    await editor.picture("mapper-values-dark");
    await editor.page.evaluate(() => document.documentElement.classList.remove("nr-theme-dark"));
  });

  it("says at once what the repository would refuse", async () => {
    await row(0).locator(".docbridge-map-attribute").fill("customer_nummer");
    await row(0)
      .getByText(/does not exist in the type "demo_statement"/)
      .waitFor();
    await note()
      .getByText(/"customer_number" is required by the type/)
      .waitFor();
    await editor.picture("mapper-refused");
    await row(0).locator(".docbridge-map-attribute").fill("customer_number");
    await row(0)
      .getByText(/^gives \S+/)
      .waitFor();
  });

  it("suggests rows, and imports them from a table", async () => {
    const before = await editor.page.locator(".docbridge-list-row").count();
    await editor.page
      .locator("input[type=file]")
      .last()
      .setInputFiles({
        name: "rows.csv",
        mimeType: "text/csv",
        buffer: Buffer.from("attribute;source;ifEmpty\nsubject;metadata.subject;skip\n"),
      });
    await note()
      .getByText(/1 rows imported/)
      .waitFor();
    (await editor.page.locator(".docbridge-list-row").count()).should.equal(before + 1);
    await editor.page
      .locator("input[type=file]")
      .last()
      .setInputFiles({
        name: "rows.csv",
        mimeType: "text/csv",
        buffer: Buffer.from("name;value\na;b\n"),
      });
    await note()
      .getByText(/attribute, source is missing/)
      .waitFor();
    (await editor.page.locator(".docbridge-list-row").count()).should.equal(before + 1);
    await tool("Suggest rows").click();
    await note()
      .getByText(/rows added|No attribute is left/)
      .waitFor();
  });

  it("tries the rows on a pasted document", async () => {
    await tool("Sample").click();
    const field = editor.page.locator(".docbridge-map-paste textarea");
    await field.fill("{ no json");
    await editor.page.getByText("Use it").click();
    await editor.page.getByText(/This is not JSON/).waitFor();
    await field.fill(JSON.stringify({ document: { source: { customerNumber: "<b>pasted</b>" } } }));
    await editor.page.getByText("Use it").click();
    await row(0).getByText("gives <b>pasted</b>").waitFor();
    await note()
      .getByText(/pasted document/)
      .waitFor();
  });

  it("notes the type it was mapped for with Done, and alarms when that is no longer so", async () => {
    await editor.done();
    const { typeMarks } = (await editor.exported(MAPPER)) as { typeMarks: Record<string, string> };
    should(typeMarks.customer_number).match(/^string\(\d+\)/);
    await editor.page.evaluate((id) => {
      const { RED } = window as unknown as { RED: { nodes: { node(id: string): { typeMarks: Record<string, string> } } } };
      RED.nodes.node(id).typeMarks.customer_number = "string(8)";
    }, MAPPER);
    await editor.openNode(MAPPER);
    await note()
      .getByText(/customer_number was string\(8\) and is/)
      .waitFor();
    await editor.picture("mapper-drift");
    await tool("Accept the type").click();
    await note()
      .getByText(/customer_number was/)
      .waitFor({ state: "detached" });
    await editor.done();
    const accepted = (await editor.exported(MAPPER)) as { typeMarks: Record<string, string> };
    should(accepted.typeMarks.customer_number).equal(typeMarks.customer_number);
  });

  it("stays usable when the server does not answer", async () => {
    await editor.openNode(MAPPER);
    await note()
      .getByText(/attributes read/)
      .waitFor();
    await editor.page.route("**/docbridge/mapping/**", (route) => route.abort());
    await tool("Check now").click();
    await note()
      .getByText(/did not answer/)
      .waitFor();
    await row(0).locator(".docbridge-map-attribute").fill("account_number");
    await editor.page.unroute("**/docbridge/mapping/**");
    editor.errors.length = 0;
    await editor.page.click("#node-dialog-cancel");
    await editor.page.waitForSelector("#node-input-name", { state: "detached" });
  });
});
