import type { Browser } from "playwright-core";
import should from "should";
import { launchBrowser } from "../support/browser.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { auditDialog, nothingWrong } from "./audit.ts";
import { EditorPage } from "./editor-page.ts";
import { flow, sandboxFlows } from "./flows.ts";

/** As an earlier version of the pack saved it: nothing of what the node has learnt since. */
const older = {
  id: "older",
  type: "documentum-archive",
  z: flow,
  name: "",
  version: 1,
  repository: "documentum",
  ledger: "ledger",
  destination: "documentum",
  objectType: "demo_statement",
  folderPath: "/Statements/{{source.jobId}}",
  objectName: "{{content.fileName}}",
  keyAttribute: "docbridge_key",
  format: "",
  lookUp: "doubt",
  verify: "read-back",
  parallel: "8",
  x: 400,
  y: 600,
  wires: [[]],
};

describe("dialogs of the Documentum nodes", function () {
  this.timeout(120_000);
  let browser: Browser;
  let nodeRed: NodeRed;
  let editor: EditorPage;
  let archive: string;
  let find: string;

  before(async () => {
    [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed({ flows: [...sandboxFlows(), older] })]);
    editor = await EditorPage.open(browser, nodeRed, "ledger");
    archive = await editor.drop("documentum-archive", flow, 100);
    find = await editor.drop("documentum-find", flow, 200);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.dispose();
  });
  afterEach(() => editor.errors.should.eql([]));

  const visible = async (...properties: string[]): Promise<string[]> => {
    const shown: string[] = [];
    for (const property of properties) if (await editor.field(property).isVisible()) shown.push(property);
    return shown;
  };

  const ALL = [
    "folderPath",
    "objectName",
    "findAttribute",
    "versionPolicy",
    "renditionModifier",
    "annotateAs",
    "verify",
    "fileInCase",
    "retention",
  ];
  for (const [operation, fields] of [
    ["create", ["folderPath", "objectName", "verify", "fileInCase", "retention"]],
    ["version", ["findAttribute", "versionPolicy", "verify", "fileInCase", "retention"]],
    ["rendition", ["findAttribute", "renditionModifier", "verify"]],
    ["annotate", ["findAttribute", "annotateAs"]],
  ] as const) {
    it(`documentum-archive: shows what the operation "${operation}" needs, and nothing else`, async () => {
      await editor.openNode(archive);
      await editor.field("operation").selectOption(operation);
      await editor.expandAll();
      should(await visible(...ALL)).eql([...fields]);
      if (operation !== "create") (await editor.message("findAttribute")).should.match(/fill this in/);
      (await auditDialog(editor.page)).should.eql(nothingWrong);
      await editor.picture(`documentum-archive-${operation}`);
      await editor.cancel();
    });
  }

  it("documentum-archive: asks for the fields of a case and of the chosen retention only", async () => {
    await editor.openNode(archive);
    await editor.expandAll();
    should(await visible("caseType", "casePath", "governedFolder", "proofName", "waitHours")).eql([]);
    await editor.field("fileInCase").check();
    await editor.field("caseMissing").selectOption("create");
    await editor.field("retention").selectOption("folder");
    should(await visible("caseType", "casePath", "governedFolder", "lifecycleName", "proofName", "waitHours")).eql([
      "caseType",
      "casePath",
      "governedFolder",
      "proofName",
      "waitHours",
    ]);
    (await editor.message("governedFolder")).should.match(/fill this in/);
    (await editor.message("proofName")).should.equal("");
    await editor.field("retention").selectOption("extension");
    (await editor.message("proofName")).should.match(/fill this in/);
    (await auditDialog(editor.page)).should.eql(nothingWrong);
    await editor.picture("documentum-archive-records");
    await editor.cancel();
  });

  it("documentum-archive: a node of an older flow is valid, shows what it does, and keeps doing it", async () => {
    (await editor.validationErrors("older")).should.eql([]);
    await editor.openNode("older");
    await editor.expandAll();
    (await editor.field("operation").inputValue()).should.equal("create");
    (await editor.field("retention").inputValue()).should.equal("none");
    (await editor.field("batchSize").inputValue()).should.equal("0");
    await editor.done();
    should(await editor.exported("older")).containEql({ operation: "create", retention: "none", fileInCase: false, batchSize: "0" });
    (await editor.validationErrors("older")).should.eql([]);
  });

  it("documentum-find: edits conditions and values, and finds their mistakes", async () => {
    const { page } = editor;
    await editor.openNode(find);
    const conditions = page.locator(".docbridge-conditions .docbridge-list-row");
    (await conditions.count()).should.equal(1);
    await page.click(".docbridge-conditions .red-ui-editableList-addButton");
    const second = conditions.nth(1);
    (await editor.shownText(second.locator(".docbridge-error"))).should.match(/Name: Please fill this in/);
    await page.keyboard.type("statement_date");
    await second.locator(".docbridge-query-operator").selectOption("set");
    await second.locator(".docbridge-error").waitFor({ state: "hidden" });
    (await second.locator(".red-ui-typedInput-container").isVisible()).should.equal(false);
    await second.locator(".docbridge-query-operator").selectOption("ge");
    (await editor.shownText(second.locator(".docbridge-error"))).should.match(/Value: Please fill this in/);
    await second.locator(".red-ui-typedInput-input").fill("2026-01-01");
    (await auditDialog(page)).should.eql(nothingWrong);
    await editor.picture("documentum-find-conditions");
    await editor.field("queryBy").selectOption("dql");
    (await conditions.first().isVisible()).should.equal(false);
    await page.click(".docbridge-binds .red-ui-editableList-addButton");
    await page.keyboard.type("customer");
    await page.locator(".docbridge-binds .red-ui-typedInput-input").fill("4711");
    await page.evaluate(() => {
      const field = $("#node-input-dql") as unknown as { typedInput(...values: string[]): void };
      field.typedInput("value", "select r_object_id from dm_document where title = :customer");
    });
    (await auditDialog(page)).should.eql(nothingWrong);
    await editor.done();
    should(await editor.exported(find)).containEql({
      queryBy: "dql",
      conditions: [
        { name: "customer_number", operator: "eq", valueKind: "msg", value: "payload" },
        { name: "statement_date", operator: "ge", valueKind: "str", value: "2026-01-01" },
      ],
      binds: [{ name: "customer", operator: "eq", valueKind: "str", value: "4711" }],
    });
    (await editor.validationErrors(find)).should.eql([]);
  });
});
