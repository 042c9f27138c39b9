import type { Browser } from "playwright-core";
import should from "should";
import { launchBrowser } from "../support/browser.ts";
import { type NodeRed, startNodeRed } from "../support/node-red.ts";
import { auditDialog, nothingWrong } from "./audit.ts";
import { EditorPage } from "./editor-page.ts";
import { flow, sandboxFlows } from "./flows.ts";

/** A node as the first version of the pack saved it. */
const saved = {
  id: "store",
  type: "css-store",
  z: flow,
  name: "",
  version: 1,
  tenant: "css",
  ledger: "ledger",
  destination: "css",
  cmsType: "def_statement",
  objectName: "{{content.fileName}}",
  parentFolder: "",
  keyAttribute: "docbridge_key",
  integrityTrait: "def_integrity",
  lookUp: "doubt",
  verify: "read-back",
  parallel: "8",
  x: 200,
  y: 100,
  wires: [[]],
};

describe("css-store's dialog", function () {
  this.timeout(120_000);
  let browser: Browser;
  let nodeRed: NodeRed;
  let editor: EditorPage;
  const result = () => editor.page.locator(".docbridge-definitions-result");
  const check = () => editor.page.click("[data-check-definitions]");

  before(async () => {
    [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed({ flows: [...sandboxFlows(), saved] })]);
    editor = await EditorPage.open(browser, nodeRed, "store");
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.dispose();
  });
  afterEach(() => editor.errors.should.eql([]));

  it("shows a node that was saved before there were operations as the one it is", async () => {
    should(await editor.validationErrors("store")).eql([]);
    await editor.openNode("store");
    should(await editor.field("operation").inputValue()).equal("store");
    for (const hidden of ["findAttribute", "renditionName", "evidenceRole", "samplePercent"]) {
      should(await editor.field(hidden).isVisible()).be.false();
    }
  });

  it("finds the sandbox complete", async () => {
    await check();
    await result()
      .getByText(/has everything this node needs/)
      .waitFor();
  });

  it("shows only the fields of the chosen operation, and what they lack", async () => {
    await editor.field("operation").selectOption("evidence");
    await editor.field("findAttribute").waitFor();
    should(await editor.message("findAttribute")).not.equal("");
    should(await editor.field("renditionName").isVisible()).be.false();
    await editor.fill("findAttribute", "docbridge_key");
    await editor.fill("findValue", "{{metadata.document_key}}");
    should(await editor.message("findAttribute")).equal("");
  });

  it("lists what is missing, creates it on the second button only, and says so", async () => {
    await editor.fill("cmsType", "def_proof");
    await editor.expandAll();
    await editor.fill("evidenceTrait", "def_proof_of");
    await check();
    await result().getByText("Type def_proof with docbridge_key (string, 64 characters)").waitFor();
    await result()
      .getByText(/^Trait def_proof_of with document_key \(string, 255 characters\), object_id/)
      .waitFor();
    (await auditDialog(editor.page)).should.eql(nothingWrong);
    await editor.picture("css-store-definitions");
    await result().getByRole("button", { name: "Create it in CMS" }).click();
    await result()
      .getByText(/^Created\./)
      .waitFor();
    await check();
    await result()
      .getByText(/^The tenant has everything/)
      .waitFor();
    await editor.done();
    should(await editor.validationErrors("store")).eql([]);
  });
});
