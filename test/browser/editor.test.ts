import type { Browser } from "playwright-core";
import should from "should";
import { launchBrowser } from "../support/browser.ts";
import { flowsOnDisk, type NodeRed, startNodeRed } from "../support/node-red.ts";
import { auditDialog, nothingWrong } from "./audit.ts";
import { EditorPage, type EditorWindow } from "./editor-page.ts";
import { configNodes, flow, flowNodes, sandboxFlows } from "./flows.ts";

const configEntries = Object.entries(configNodes);

describe("dialogs in Node-RED 5", function () {
  this.timeout(120_000);
  let browser: Browser;
  let nodeRed: NodeRed;
  let editor: EditorPage;
  const ids: Record<string, string> = {};

  before(async () => {
    [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed({ flows: sandboxFlows() })]);
    editor = await EditorPage.open(browser, nodeRed, "ledger");
    for (const [at, type] of flowNodes.entries()) ids[type] = await editor.drop(type, flow, 80 + 60 * at);
  });

  after(async () => {
    await browser?.close();
    await nodeRed?.dispose();
  });

  afterEach(() => editor.errors.should.eql([]));

  it("a dropped node uses the only ledger and the only connections, and lacks nothing", async () => {
    for (const type of flowNodes) {
      const id = ids[type] as string;
      (await editor.validationErrors(id)).should.eql([], type);
      const node = await editor.exported(id);
      const pointers = { ledger: "ledger", server: "exstream", repository: "documentum", table: "table" };
      for (const [property, target] of Object.entries(pointers)) if (property in node) should(node[property]).equal(target, type);
    }
  });

  for (const type of flowNodes) {
    it(`${type}: opens, reads well, and Done without a change keeps everything`, async () => {
      const id = ids[type] as string;
      const before = await editor.exported(id);
      await editor.openNode(id);
      await editor.expandAll();
      (await auditDialog(editor.page)).should.eql(nothingWrong);
      await editor.picture(`${type}-light`);
      await editor.done();
      (await editor.exported(id)).should.eql(before);
      (await editor.validationErrors(id)).should.eql([]);
    });
  }

  for (const [type, id] of configEntries) {
    it(`${type}: opens, reads well, and Update without a change keeps everything`, async () => {
      const before = await editor.exported(id);
      await editor.openConfig(type, id);
      await editor.expandAll();
      (await auditDialog(editor.page)).should.eql(nothingWrong);
      await editor.picture(`${type}-light`);
      await editor.done();
      (await editor.exported(id)).should.eql(before);
    });
  }

  for (const type of ["exstream-server", "documentum-repository", "css-tenant"] as const) {
    it(`${type}: without the sandbox it asks for what a real server needs`, async () => {
      await editor.openConfig(type, configNodes[type]);
      (await editor.field("auth").isVisible()).should.equal(false);
      await editor.field("sandbox").uncheck();
      await editor.field("auth").selectOption("oauth2");
      await editor.expandAll();
      for (const property of ["tokenUrl", "clientId", "clientSecret"])
        (await editor.message(property)).should.match(/fill this in/, property);
      (await editor.field("user").isVisible()).should.equal(false);
      await editor.field("grant").selectOption("password");
      (await editor.message("user")).should.match(/fill this in/);
      (await auditDialog(editor.page)).should.eql(nothingWrong);
      await editor.picture(`${type}-own-server`);
      await editor.field("sandbox").check();
      (await editor.field("tokenUrl").isVisible()).should.equal(false);
      await editor.page.click("#node-config-dialog-cancel");
      await editor.page.waitForSelector("#node-config-input-name", { state: "detached" });
    });
  }

  it("exstream-server: with an engine service it can do without an orchestration service", async () => {
    await editor.openConfig("exstream-server", configNodes["exstream-server"]);
    await editor.field("sandbox").uncheck();
    await editor.expandAll();
    (await editor.field("engineAuth").isVisible()).should.equal(false);
    for (const property of ["baseUrl", "domain"]) (await editor.message(property)).should.match(/fill this in/, property);
    await editor.fill("engineUrl", "http://engine.example:8080/EngineService/EngineService");
    await editor.field("engineAuth").selectOption("usernameToken");
    for (const property of ["baseUrl", "domain"]) (await editor.message(property)).should.equal("", property);
    for (const property of ["engineUser", "enginePassword"]) (await editor.message(property)).should.match(/fill this in/, property);
    await editor.fill("baseUrl", "no address");
    (await editor.message("baseUrl")).should.not.equal("");
    (await editor.message("domain")).should.match(/fill this in/);
    (await auditDialog(editor.page)).should.eql(nothingWrong);
    await editor.page.click("#node-config-dialog-cancel");
    await editor.page.waitForSelector("#node-config-input-name", { state: "detached" });
  });

  it("documentum-repository: tests the connection before anything is deployed, and says which step failed", async () => {
    const result = editor.page.locator(".docbridge-test-result");
    await editor.openConfig("documentum-repository", "documentum");
    await editor.page.getByText("Test connection").click();
    await result.getByText(/It works: Documentum REST Services/).waitFor();
    await editor.field("sandbox").uncheck();
    await editor.fill("contextUrl", "http://127.0.0.1:1/dctm-rest");
    await editor.fill("repository", "nowhere");
    await editor.field("auth").selectOption("basic");
    await editor.fill("user", "somebody");
    await editor.fill("password", "secret");
    await editor.page.getByText("Test connection").click();
    await result.getByText("Connection: failed").waitFor();
    await result.getByText("Sign-in: not reached").waitFor();
    (await auditDialog(editor.page)).should.eql(nothingWrong);
    await editor.picture("documentum-repository-test");
    await editor.page.click("#node-config-dialog-cancel");
    await editor.page.waitForSelector("#node-config-input-name", { state: "detached" });
  });

  it("documentum-repository: shows the ticket's fields for a ticket only", async () => {
    await editor.openConfig("documentum-repository", "documentum");
    await editor.field("sandbox").uncheck();
    await editor.field("auth").selectOption("otds-ticket");
    (await editor.field("ticketUrl").isVisible()).should.equal(true);
    (await editor.field("ticketHeader").inputValue()).should.equal("OTDS_TICKET");
    (await editor.field("tokenUrl").isVisible()).should.equal(false);
    await editor.fill("ticketHeader", "not a header");
    (await editor.message("ticketHeader")).should.match(/HTTP header/);
    await editor.field("auth").selectOption("basic");
    (await editor.field("ticketUrl").isVisible()).should.equal(false);
    (await editor.message("password")).should.match(/fill this in/);
    await editor.page.click("#node-config-dialog-cancel");
    await editor.page.waitForSelector("#node-config-input-name", { state: "detached" });
  });

  it("says below the field what is wrong with a value, and takes it back", async () => {
    await editor.openNode(ids["exstream-trigger"] as string);
    await editor.fill("path", "exstream documents");
    (await editor.message("path")).should.match(/begins with \//);
    should(await editor.field("path").getAttribute("aria-invalid")).equal("true");
    should(await editor.field("path").getAttribute("aria-describedby")).match(/node-input-path-error/);
    await editor.picture("exstream-trigger-mistake");
    await editor.fill("path", `/\${${"SITE"}}/documents`);
    (await editor.message("path")).should.equal("");
    await editor.fill("path", "/exstream/documents");
    await editor.field("mode").selectOption("folder");
    // The sandbox knows where to put its files.
    (await editor.message("folder")).should.equal("");
    await editor.field("sandboxDelivers").uncheck();
    (await editor.message("folder")).should.match(/fill this in/);
    (await editor.field("path").isVisible()).should.equal(false);
    await editor.field("completion").selectOption("marker");
    (await editor.field("marker").inputValue()).should.equal(".done");
    await editor.picture("exstream-trigger-folder");
    await editor.field("sandboxDelivers").check();
    await editor.field("mode").selectOption("http");
    await editor.done();
    (await editor.validationErrors(ids["exstream-trigger"] as string)).should.eql([]);
  });

  it("exstream-trigger: asks for lists and jobs only what they need, and gets its second output", async () => {
    const id = ids["exstream-trigger"] as string;
    await editor.openNode(id);
    await editor.field("mode").selectOption("folder");
    await editor.fill("folder", "/data/out");
    (await editor.field("listName").isVisible()).should.equal(false);
    await editor.field("describedBy").selectOption("index");
    (await editor.field("sidecar").isVisible()).should.equal(false);
    await editor.fill("separator", "0x1");
    (await editor.message("separator")).should.match(/0x1F/);
    await editor.fill("separator", "0x1F");
    (await editor.message("separator")).should.equal("");
    await editor.field("header").uncheck();
    (await editor.message("columns")).should.match(/fill this in/);
    await editor.field("header").check();
    await editor.picture("exstream-trigger-index");
    await editor.field("describedBy").selectOption("delivery");
    (await editor.field("listName").inputValue()).should.equal("_STDDELIVERYFILE.xml");
    await editor.fill("fileTemplate", "{{#a}}");
    (await editor.message("fileTemplate")).should.match(/Mustache/);
    await editor.fill("fileTemplate", "{{fileName}}");
    await editor.field("mode").selectOption("jobs");
    (await editor.field("folder").isVisible()).should.equal(false);
    (await editor.field("fileTemplate").isVisible()).should.equal(true);
    await editor.fill("deadlineMinutes", "-1");
    (await editor.message("deadlineMinutes")).should.match(/0 or more/);
    await editor.fill("deadlineMinutes", "60");
    (await auditDialog(editor.page)).should.eql(nothingWrong);
    await editor.picture("exstream-trigger-jobs");
    await editor.field("batchEvents").check();
    await editor.done();
    should((await editor.exported(id)).outputs).equal(2);
    (await editor.validationErrors(id)).should.eql([]);
    await editor.openNode(id);
    await editor.field("batchEvents").uncheck();
    await editor.field("mode").selectOption("http");
    await editor.done();
    should((await editor.exported(id)).outputs).equal(1);
  });

  it("css-store: does not promise a checksum that CSS v3 does not give", async () => {
    await editor.openConfig("css-tenant", "css");
    await editor.field("apiVersion").selectOption("v3");
    await editor.done();
    await editor.openNode(ids["css-store"] as string);
    await editor.field("verify").selectOption("server-checksum");
    (await editor.message("verify")).should.match(/v3 gives no checksum/);
    await editor.field("verify").selectOption("read-back");
    (await editor.message("verify")).should.equal("");
    await editor.done();
    await editor.openConfig("css-tenant", "css");
    await editor.field("apiVersion").selectOption("v2");
    await editor.done();
  });

  it("metadata-mapper: follows the target with the demo's type as long as nobody chose another", async () => {
    await editor.openNode(ids["metadata-mapper"] as string);
    await editor.field("target").selectOption("css");
    (await editor.field("targetType").inputValue()).should.equal("def_statement");
    (await editor.field("destination").inputValue()).should.equal("css");
    (await editor.field("tenant").inputValue()).should.equal("css");
    await editor.fill("targetType", "def_letter");
    await editor.field("target").selectOption("documentum");
    (await editor.field("targetType").inputValue()).should.equal("def_letter");
    await editor.page.click("#node-dialog-cancel");
    await editor.page.waitForSelector("#node-input-name", { state: "detached" });
  });

  it("metadata-mapper: edits rows by mouse and by keyboard, and finds their mistakes", async () => {
    const { page } = editor;
    await editor.openNode(ids["metadata-mapper"] as string);
    await page.click(".red-ui-editableList-addButton");
    const rows = page.locator(".docbridge-list-row");
    (await rows.count()).should.equal(2);
    const second = rows.nth(1);
    (await editor.shownText(second.locator(".docbridge-error"))).should.match(/Attribute: Please fill this in/);
    await page.keyboard.type("customer_number");
    (await editor.shownText(second.locator(".docbridge-error"))).should.match(/already filled by row 1/);
    await second.locator(".docbridge-map-attribute").fill("title");
    await page.evaluate(() => {
      const field = $(".docbridge-list-row").eq(1).find("input.docbridge-map-source") as unknown as {
        typedInput(...values: string[]): void;
      };
      field.typedInput("type", "template");
      field.typedInput("value", "Statement {{metadata.accountNumber}");
    });
    (await editor.shownText(second.locator(".docbridge-error"))).should.match(/not a valid Mustache template/);
    await second.locator(".red-ui-typedInput-input").fill("Statement {{metadata.accountNumber}}");
    await second.locator(".docbridge-map-ifEmpty").selectOption("default");
    (await editor.shownText(second.locator(".docbridge-error"))).should.match(/Replacement value/);
    await second.locator(".docbridge-map-fallback").fill("Statement");
    await second.locator(".docbridge-error").waitFor({ state: "hidden" });
    await second.locator(".docbridge-map-more").click();
    should(await second.locator(".docbridge-map-more").getAttribute("aria-expanded")).equal("false");
    await second.locator(".docbridge-map-more").press("Enter");
    should(await second.locator(".docbridge-map-more").getAttribute("aria-expanded")).equal("true");
    (await auditDialog(page)).should.eql(nothingWrong);
    await editor.picture("metadata-mapper-rows");
    await second.locator(".docbridge-map-attribute").press("Alt+ArrowUp");
    await editor.done();
    should((await editor.exported(ids["metadata-mapper"] as string)).rows).eql([
      {
        attribute: "title",
        sourceKind: "template",
        source: "Statement {{metadata.accountNumber}}",
        ifEmpty: "default",
        fallback: "Statement",
        dateFormat: "",
        decimal: "",
      },
      {
        attribute: "customer_number",
        sourceKind: "property",
        source: "source.customerNumber",
        ifEmpty: "quarantine",
        fallback: "",
        dateFormat: "",
        decimal: "",
      },
    ]);
  });

  it("metadata-mapper: proposes paths of the document while one is typed", async () => {
    const { page } = editor;
    await editor.openNode(ids["metadata-mapper"] as string);
    const source = page.locator(".docbridge-list-row").nth(1).locator(".red-ui-typedInput-input");
    await source.fill("");
    await source.pressSequentially("source.job");
    await page.locator(".red-ui-autoComplete-container").getByText("source.jobId").click();
    (await source.inputValue()).should.equal("source.jobId");
    await page.click("#node-dialog-cancel");
    await page.waitForSelector("#node-input-name", { state: "detached" });
  });

  it("document-router: wires keep their destination when destinations are moved, added and removed", async () => {
    const { page } = editor;
    const router = ids["document-router"] as string;
    await editor.openNode(router);
    await addDestination("second");
    await addDestination("third");
    await editor.done();
    await editor.wire(router, [ids["documentum-archive"], ids["css-store"], ids["asset-fetch"]] as string[]);
    await editor.openNode(router);
    await page.locator(".docbridge-destination-name").nth(2).press("Alt+ArrowUp");
    await page.locator(".docbridge-destination-name").nth(1).press("Alt+ArrowUp");
    await page.locator(".docbridge-list li .red-ui-editableList-item-remove").nth(2).click();
    await addDestination("fourth");
    await editor.done();
    const { destinations, outputs, wires } = await editor.exported(router);
    (destinations as { name: string }[]).map(({ name }) => name).should.eql(["third", "archive", "fourth"]);
    should(outputs).equal(3);
    should(wires).eql([[ids["asset-fetch"]], [ids["documentum-archive"]], []]);

    async function addDestination(name: string): Promise<void> {
      await page.click(".red-ui-editableList-addButton");
      await page.keyboard.type(name);
    }
  });

  it("document-router: finds mistakes, owes receipts of its own name by default, and says what no receipt means", async () => {
    const { page } = editor;
    await editor.openNode(ids["document-router"] as string);
    await page.click(".red-ui-editableList-addButton");
    const row = page.locator(".docbridge-list-row").nth(3);
    const error = row.locator(".docbridge-error");
    (await editor.shownText(error)).should.match(/Name: Please fill this in/);
    await page.keyboard.type("archive");
    (await editor.shownText(error)).should.match(/already the name of row 2/);
    await row.locator(".docbridge-destination-name").fill("letters");
    (await row.locator(".docbridge-destination-targets").inputValue()).should.equal("letters");
    (await editor.shownText(error)).should.equal("");
    await row.locator(".docbridge-destination-targets").fill("");
    (await editor.shownText(row.locator(".docbridge-hint"))).should.match(/closed as soon as it is sent/);
    await row.locator(".docbridge-destination-name").fill("letters-out");
    (await row.locator(".docbridge-destination-targets").inputValue()).should.equal("");
    await row.locator(".docbridge-destination-targets").fill("css;documentum");
    (await editor.shownText(error)).should.match(/separated by commas/);
    (await auditDialog(page)).should.eql(nothingWrong);
    await editor.picture("document-router-mistake");
    await page.click("#node-dialog-cancel");
    await page.waitForSelector("#node-input-name", { state: "detached" });
  });

  it("document-router: sends to a link in node chosen by flow and name, and says when it is gone", async () => {
    const { page } = editor;
    const router = ids["document-router"] as string;
    const link = await editor.drop("link in", flow, 620);
    await editor.openNode(router);
    const row = page.locator(".docbridge-list-row").nth(1);
    (await row.locator(".docbridge-destination-link").isVisible()).should.equal(false);
    await row.locator(".docbridge-destination-way").selectOption("link");
    (await editor.shownText(row.locator(".docbridge-error"))).should.match(/Choose the link in node/);
    should(await row.locator(`option[value="${link}"]`).textContent()).match(/^Flow \/ ./);
    await row.locator(".docbridge-destination-link").selectOption(link);
    (await editor.shownText(row.locator(".docbridge-error"))).should.equal("");
    (await auditDialog(page)).should.eql(nothingWrong);
    await editor.picture("document-router-link");
    await editor.done();
    const { links, outputs, wires } = await editor.exported(router);
    should(links).eql([link]);
    should(outputs).equal(2);
    should(wires).eql([[ids["asset-fetch"]], []]);
    (await editor.validationErrors(router)).should.eql([]);
    await page.evaluate((id) => (window as unknown as EditorWindow).RED.nodes.remove(id), link);
    (await editor.validationErrors(router)).should.eql(["Destination 2: It does not exist any more. Choose another one."]);
    await editor.openNode(router);
    await row.locator(".docbridge-destination-way").selectOption("output");
    await editor.done();
    (await editor.validationErrors(router)).should.eql([]);
  });

  it("reaches the buttons beside a config node with the keyboard", async () => {
    await editor.openNode(ids["documentum-archive"] as string);
    await editor.page.locator("#node-input-btn-repository-edit").press("Enter");
    await editor.opened("node-config-input");
    await editor.done();
    await editor.page.waitForSelector("#node-input-name");
    await editor.done();
  });

  it("exstream-trigger: makes a new secret that can be copied until Done", async () => {
    await editor.openNode(ids["exstream-trigger"] as string);
    const first = await editor.field("secret").inputValue();
    first.should.match(/^[\w-]{43}$/);
    should(await editor.field("secret").getAttribute("type")).equal("password");
    await editor.page.click('[data-generate-for="node-input-secret"]');
    const second = await editor.field("secret").inputValue();
    second.should.match(/^[\w-]{43}$/);
    second.should.not.equal(first);
    should(await editor.field("secret").getAttribute("type")).equal("text");
    await editor.done();
  });

  it("what was changed is deployed, on disk, and there again after a reload; secrets are not in the flow file", async () => {
    const { page } = editor;
    await editor.openNode(ids["exstream-trigger"] as string);
    await editor.fill("name", "Statements in");
    await editor.fill("path", "/statements/in");
    await editor.done();
    await editor.openNode(ids["exstream-compose"] as string);
    await page.evaluate(() => {
      const field = $("#node-input-data") as unknown as { typedInput(...values: string[]): void };
      field.typedInput("type", "jsonata");
      field.typedInput("value", "payload.customers");
    });
    await editor.done();
    await editor.openConfig("document-ledger", "ledger");
    await editor.fill("spoolGb", "2.5");
    await editor.done();
    const expected = await Promise.all(Object.values(ids).map((id) => editor.exported(id)));
    await editor.deploy();

    const saved = new Map(flowsOnDisk(nodeRed.userDir).map((node) => [node.id, node]));
    for (const { credentials, ...node } of expected) {
      const { x, y, ...onDisk } = saved.get(node.id) ?? {};
      onDisk.should.eql(node);
    }
    should(saved.get("ledger")?.spoolGb).equal("2.5");
    should(saved.get(ids["exstream-compose"])?.dataType).equal("jsonata");
    const trigger = expected.find(({ type }) => type === "exstream-trigger")?.credentials as { secret: string };
    trigger.secret.should.match(/^[\w-]{43}$/);
    JSON.stringify([...saved.values()]).should.not.containEql(trigger.secret);

    await editor.load(nodeRed, ids["exstream-trigger"] as string);
    await editor.openNode(ids["exstream-trigger"] as string);
    (await editor.field("name").inputValue()).should.equal("Statements in");
    (await editor.field("path").inputValue()).should.equal("/statements/in");
    (await editor.field("secret").inputValue()).should.equal("__PWRD__");
    (await editor.message("secret")).should.equal("");
    await editor.done();
    await editor.openNode(ids["exstream-compose"] as string);
    should(await page.evaluate(() => ($("#node-input-data") as unknown as { typedInput(what: string): string }).typedInput("type"))).equal(
      "jsonata",
    );
    await editor.done();
    await editor.openNode(ids["metadata-mapper"] as string);
    (await page.locator(".docbridge-list-row").count()).should.equal(2);
    await editor.done();
    (await page.evaluate(() => (window as unknown as EditorWindow).RED.nodes.dirty())).should.equal(false);
  });

  it("adds a ledger without anything being typed, and then leaves the choice between two to the user", async () => {
    await editor.openNode(ids["css-store"] as string);
    await editor.page.click("#node-input-btn-ledger-add");
    await editor.opened("node-config-input");
    await editor.done();
    await editor.opened("node-input");
    (await editor.field("ledger").locator('option:not([value="_ADD_"])').count()).should.equal(2);
    (await editor.field("ledger").inputValue()).should.not.equal("ledger");
    await editor.page.click("#node-dialog-cancel");
    await editor.page.waitForSelector("#node-input-name", { state: "detached" });
    const id = await editor.drop("documentum-archive", flow, 500);
    const node = await editor.exported(id);
    should(node.ledger).equal("");
    should(node.repository).equal("documentum");
    (await editor.validationErrors(id)).should.eql(["Ledger: Choose one, or add one with +."]);
  });

  it("has help for every node", async () => {
    for (const type of [...flowNodes, ...Object.keys(configNodes)]) {
      const help = await editor.page.evaluate((name) => (window as unknown as EditorWindow).RED.nodes.getNodeHelp(name), type);
      help.length.should.be.above(400, type);
    }
  });
});
