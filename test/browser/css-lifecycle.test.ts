import type { Browser } from "playwright-core";
import should from "should";
import { launchBrowser } from "../support/browser.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { auditDialog, nothingWrong } from "./audit.ts";
import { EditorPage } from "./editor-page.ts";
import { flow, sandboxFlows } from "./flows.ts";

/** What each operation asks for, besides the object. */
const FIELDS: Record<string, string[]> = {
  status: [],
  retention: ["retainUntil", "disposition", "policy", "basis", "holdAcl"],
  hold: ["matter", "by", "holdAcl", "waitSeconds"],
  release: ["matter", "holdAcl"],
  tier: ["tier", "nextTierOn", "holdAcl"],
  delete: ["deletion", "by"],
  expire: ["deletion", "by"],
  recall: ["onlineTiers", "waitHours", "askAgainSeconds", "recallsPerMinute", "costPerDay", "costEach", "overBudget"],
  schedule: ["person"],
  dispose: ["deletion", "person"],
};
const ALL = [...new Set(Object.values(FIELDS).flat())];

describe("css-lifecycle's dialog", function () {
  this.timeout(120_000);
  let browser: Browser;
  let nodeRed: NodeRed;
  let editor: EditorPage;

  before(async () => {
    [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed({ flows: sandboxFlows() })]);
    editor = await EditorPage.open(browser, nodeRed, "ledger");
    await editor.openNode(await editor.drop("css-lifecycle", flow, 200));
    await editor.expandAll();
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.dispose();
  });
  afterEach(() => editor.errors.should.eql([]));

  for (const [operation, fields] of Object.entries(FIELDS)) {
    it(`asks for what the operation needs, and nothing else: ${operation}`, async () => {
      await editor.field("operation").selectOption(operation);
      for (const field of ALL) should(await editor.field(field).isVisible()).equal(fields.includes(field), field);
      (await auditDialog(editor.page)).should.eql(nothingWrong);
      await editor.picture(`css-lifecycle-${operation}`);
    });
  }

  it("asks for an id or a key, and finds mistakes in templates", async () => {
    should(await editor.field("objectId").isVisible()).be.true();
    await editor.field("findBy").selectOption("key");
    should(await editor.field("objectId").isVisible()).be.false();
    await editor.fill("findValue", "");
    should(await editor.message("findValue")).not.equal("");
    await editor.fill("findValue", "{{payload");
    should(await editor.message("findValue")).not.equal("");
    await editor.fill("findValue", "{{payload}}");
    should(await editor.message("findValue")).equal("");
  });

  it("finds the sandbox complete, and shows what another prefix lacks", async () => {
    const result = editor.page.locator(".docbridge-definitions-result");
    await editor.field("operation").selectOption("hold");
    await editor.page.click("[data-check-definitions]");
    await result.getByText(/has everything this node needs/).waitFor();
    await editor.fill("traitPrefix", "def_other");
    await editor.page.click("[data-check-definitions]");
    await result.getByText(/^Trait def_other_legal_hold with matter_id/).waitFor();
    await result.getByRole("button", { name: "Create it in CMS" }).click();
    await result.getByText(/^Created\./).waitFor();
    await editor.page.click("[data-check-definitions]");
    await result.getByText(/has everything this node needs/).waitFor();
  });
});
