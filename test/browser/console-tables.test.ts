import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator } from "playwright-core";
import should from "should";
import type { RouteTable } from "../../dist/core/routing/table.js";
import { ConsoleRig } from "../console/rig.ts";
import { PDF_HEADERS } from "../nodes/deliveries.ts";
import { someBytes, until } from "../nodes/values.ts";
import { launchBrowser } from "../support/browser.ts";
import { type ConsoleOptions, ConsolePage } from "./console-page.ts";
import { firstTable, PASSWORD, routedFlow, rule, signIns, TABLE } from "./tables-flow.ts";

describe("Route tables in the operator console", function () {
  this.timeout(120_000);
  const rig = new ConsoleRig(() => ({ flows: routedFlow(), settings: signIns }));
  const files = mkdtempSync(join(tmpdir(), "docbridge-tables-"));
  let browser: Browser;
  let anna: ConsolePage;
  const pages: ConsolePage[] = [];
  let headers: Record<string, string>;
  let flowFile: string;

  before(async () => {
    const form = { client_id: "node-red-editor", grant_type: "password", scope: "", username: "anna", password: PASSWORD };
    const reply = await fetch(`${rig.nodeRed.adminUrl}/auth/token`, { method: "POST", body: new URLSearchParams(form) });
    headers = { Authorization: `Bearer ${((await reply.json()) as { access_token: string }).access_token}` };
    await until("the router has made its table", async () => (await detail()).inForce);
    await activate(firstTable, "The first rules");
    flowFile = hashOfFlows();
    for (let at = 0; at < 40; at++) await deliver(String(1000 + (at % 8)), at % 10 === 9 ? "TEST" : "JOB-7");
    browser = await launchBrowser();
  });

  beforeEach(async () => {
    anna = await open("anna", `tables/${TABLE}`);
    await anna.page.locator(".rule").first().waitFor();
  });

  after(async () => {
    await browser?.close();
    rmSync(files, { recursive: true, force: true });
  });

  afterEach(async () => {
    const opened = pages.splice(0);
    for (const page of opened) await page.close();
    // Asking before the sign-in and what the tests have refused; the browser notes that, too.
    should(opened.flatMap(({ errors }) => errors).filter((error) => !/status of 4(01|09|22)/.test(error))).eql([]);
  });

  /** Somebody's page at a place; it is closed after the test. */
  const open = async (user: string, place: string, options: ConsoleOptions = {}) => {
    const page = await ConsolePage.open(browser, rig.nodeRed, { timeZone: "Europe/Berlin", ...options });
    pages.push(page);
    await page.goto(place);
    await page.signIn(user, PASSWORD);
    return page;
  };
  const detail = async () => (await rig.api(`/tables/${TABLE}`, { headers })).json;
  const hashOfFlows = () =>
    createHash("sha256")
      .update(readFileSync(join(rig.nodeRed.userDir, "flows.json")))
      .digest("hex");

  async function activate(content: RouteTable, note: string): Promise<void> {
    const { active } = await detail();
    const reply = await rig.post(`/tables/${TABLE}/activate`, { content, expectedVersion: active?.version ?? 0, note }, headers);
    reply.status.should.equal(200, reply.text);
  }

  let delivered = 0;
  function deliver(customer: string, job = "JOB-8"): Promise<string> {
    const source = {
      "X-Exstream-Customer-Number": customer,
      "X-Exstream-Job-Id": job,
      "X-Exstream-File-Name": `letter-${++delivered}.pdf`,
      "X-Exstream-Meta-Branch": "north",
    };
    return rig.deliver("in", { ...PDF_HEADERS, ...source }, someBytes());
  }

  /** One rule's card, by its name; what is in it is found by labels. */
  const card = (page: ConsolePage, name: string): Locator =>
    page.page.locator(".rule").filter({ has: page.page.getByRole("button", { name: new RegExp(`^${name}`) }) });
  const unfold = async (page: ConsolePage, name: string) => {
    const title = card(page, name).locator(".rule-title");
    if ((await title.getAttribute("aria-expanded")) === "false") await title.click();
    return card(page, name);
  };
  const told = (page: ConsolePage, text: string) => page.page.locator(".toast", { hasText: text }).first().waitFor();
  const order = (page: ConsolePage) =>
    page.page.locator(".rule-name").evaluateAll((names) => names.map((name) => name.firstChild?.textContent));

  it("lists the tables with what is in force of them", async () => {
    await anna.goto("tables");
    const row = anna.page.getByRole("row", { name: /Letters/ });
    await row.waitFor();
    should(await row.innerText()).match(/Version 2[\s\S]*by anna[\s\S]*In order/);
    should(await anna.violations()).eql([]);
    await anna.picture("tables-list");
    await row.getByRole("link").click();
    await card(anna, "Test jobs").waitFor();
    should(await order(anna)).eql(["Test jobs", "Key accounts", "Portal users"]);
  });

  it("says each rule in words, and shows its fields when it is unfolded", async () => {
    should(await card(anna, "Key accounts").locator(".rule-words").innerText()).equal(
      "If source.customerNumber is one of 1001, 1002, 1003 → print, portal. Priority 5.",
    );
    const key = await unfold(anna, "Key accounts");
    should(await key.getByLabel("Values").inputValue()).equal("1001\n1002\n1003");
    should(await key.getByLabel("Print centre").isChecked()).be.true();
    should(await key.getByLabel("Archive").isChecked()).be.false();
    const proposed = await anna.page
      .locator("datalist option[value^=metadata]")
      .evaluateAll((all) => all.map((each) => (each as HTMLOptionElement).value));
    should(proposed).containEql("metadata.branch");
  });

  it("checks while one types, shows what is wrong at its field, and leads there", async () => {
    const key = await unfold(anna, "Key accounts");
    await key.getByRole("button", { name: "Add condition" }).click();
    const condition = key.getByRole("group", { name: "Condition 2" });
    await condition.getByLabel("Comparison").selectOption("matches");
    await condition.getByLabel("Pattern").fill("(unclosed");
    await condition.getByLabel("Property").fill("receipts.css");
    await condition.getByText(/Rules cannot use “receipts.css”/).waitFor();
    await condition.getByText(/The pattern cannot be used/).waitFor();
    should(await condition.getByLabel("Pattern").getAttribute("aria-invalid")).equal("true");
    should(await anna.button("Activate …").isDisabled()).be.true();
    should(await anna.violations()).eql([]);
    await anna.picture("tables-problems");

    await key.locator(".rule-title").click();
    const summary = anna.page.getByRole("region", { name: "Check" });
    await summary.getByRole("button", { name: "Key accounts, Condition 2" }).first().click();
    await anna.page.waitForFunction(() => (document.activeElement as HTMLInputElement)?.value === "receipts.css");

    await anna.page.keyboard.press("Escape"); // closes the browser's proposals
    await card(anna, "Key accounts").getByRole("button", { name: "Remove condition 2" }).click();
    await anna.page.getByText("No problems found").waitFor();
  });

  it("takes back and does again, by button and by keyboard", async () => {
    const undo = anna.button("Undo");
    await card(anna, "Portal users").getByRole("switch").click();
    await anna.page.getByText("Unsaved changes").waitFor();
    await anna.page.keyboard.press("Control+z");
    should(await card(anna, "Portal users").getByRole("switch").isChecked()).be.true();
    await anna.page.keyboard.press("Control+y");
    should(await card(anna, "Portal users").getByRole("switch").isChecked()).be.false();
    await undo.click();
    await anna.page.getByText("Unsaved changes").waitFor({ state: "detached" });
    should(await undo.isDisabled()).be.true();
  });

  it("changes the order by dragging, and lets it be on Escape", async () => {
    const drag = async (from: string, to: string) => {
      const grip = await card(anna, from).locator(".grip").boundingBox();
      const place = await card(anna, to).boundingBox();
      if (!grip || !place) throw new Error("the rules are not to be seen");
      await anna.page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2);
      await anna.page.mouse.down();
      await anna.page.mouse.move(grip.x + 10, place.y + 2, { steps: 8 });
    };
    await drag("Portal users", "Test jobs");
    await anna.page.locator(".drop-before").waitFor();
    await anna.page.keyboard.press("Escape");
    await anna.page.mouse.up();
    should(await order(anna)).eql(["Test jobs", "Key accounts", "Portal users"]);
    await drag("Portal users", "Test jobs");
    await anna.page.mouse.up();
    should(await order(anna)).eql(["Portal users", "Test jobs", "Key accounts"]);
  });

  it("changes the order by keyboard, keeps the focus and says the new place", async () => {
    const up = card(anna, "Portal users").getByRole("button", { name: "Move up: Portal users" });
    await up.focus();
    await anna.page.keyboard.press("Enter");
    await anna.page.keyboard.press("Enter");
    should(await order(anna)).eql(["Portal users", "Test jobs", "Key accounts"]);
    should(await up.evaluate((button) => button === document.activeElement)).be.true();
    should(await anna.page.locator("[aria-live]").allInnerTexts()).matchAny(/Portal users is now at place 1 of 3/);
    await anna.page.keyboard.press("Enter");
    should(await up.evaluate((button) => button === document.activeElement)).be.true();
  });

  it("asks before it is left with unsaved changes", async () => {
    await (await unfold(anna, "Portal users")).getByLabel("Name", { exact: true }).fill("Users of the portal");
    await anna.page.getByRole("navigation", { name: "Operator console" }).getByRole("link", { name: "Holds" }).click();
    await anna.dialog().getByText("Your changes to this table are not saved.").waitFor();
    await anna.dialog().getByRole("button", { name: "Stay" }).click();
    should(await card(anna, "Users of the portal").count()).equal(1);
    await anna.page.getByRole("link", { name: "History" }).click();
    await anna.page.getByText("The first rules").waitFor();
    should(await anna.dialog().count()).equal(0);
    await anna.page.goBack();
    await anna.page.getByRole("link", { name: "Route tables" }).first().click();
    await anna.dialog().getByRole("button", { name: "Leave", exact: true }).click();
    await anna.page.getByRole("heading", { name: "Route tables", level: 1 }).waitFor();
    await anna.goto(`tables/${TABLE}`);
    await card(anna, "Portal users").waitFor();
  });

  it("saves a draft, tries it on real documents, activates it, and the next document goes by it without a deploy", async () => {
    const first = await rig.inState(await deliver("1005"), "closed", headers);
    should(first.document.route).match({ version: 2, rule: "default", destinations: ["archive"] });
    should(Object.keys(first.document.receipts)).eql(["documentum"]);

    const key = await unfold(anna, "Key accounts");
    await key.getByLabel("Values").fill("1001\n1002\n1003\n1005");
    await anna.page.getByText("No problems found").waitFor();
    await anna.button("Save draft").click();
    await told(anna, "Draft saved");
    should((await detail()).draft).match({ revision: 1, author: "anna", basedOn: 2 });

    await anna.page.getByRole("link", { name: "Dry run" }).click();
    await anna.page.getByLabel("Documents").selectOption({ label: "The last 100" });
    await anna.button("Run").click();
    await anna.page.getByRole("heading", { name: "5 of 41 documents would go elsewhere." }).waitFor();
    const sentence = anna.page.locator(".sentences > li").first();
    should(await sentence.innerText()).match(/^5 documents would go to print, portal instead of archive\. \(rule “Key accounts”\)/);
    const [sample] = await sentence.getByRole("link").evaluateAll((links) => links.map((link) => link.getAttribute("title") ?? ""));
    should((await rig.api(`/documents/${sample}`, { headers })).json.document.source.customerNumber).equal("1005");
    should(await anna.violations()).eql([]);
    await anna.picture("tables-dry-run");

    await anna.button("Activate …").click();
    await anna.dialog().getByText("5 of 41 documents would go elsewhere.").waitFor();
    should(await anna.dialog().locator(".diff").innerText()).match(/Changed[\s\S]*Key accounts[\s\S]*1001, 1002, 1003[\s\S]*1005/);
    await anna.dialog().getByRole("button", { name: "Activate", exact: true }).click();
    await anna.dialog().getByText("Please give a reason").waitFor();
    should(await anna.violations()).eql([]);
    await anna.picture("tables-activate");
    should(await anna.confirm("Activate", "1005 became a key account")).equal("Version 3 is in force.");

    await until("the router has the new version", async () => (await detail()).inForce === 3);
    const next = await rig.inState(await deliver("1005"), "closed", headers);
    should(next.document.route).match({ version: 3, rule: "r-key", destinations: ["print", "portal"] });
    should(next.document.receipts).eql({});
    should(hashOfFlows()).equal(flowFile);
    should(rig.nodeRed.logs.filter((line) => line.includes("Started flows")).length).equal(1);
  });

  it("tells the second of two people who edit, and overwrites neither", async () => {
    const bert = await open("bert", `tables/${TABLE}`);
    await (await unfold(anna, "Test jobs")).getByLabel("Name", { exact: true }).fill("Jobs of the test system");
    await (await unfold(bert, "Test jobs")).getByLabel("Name", { exact: true }).fill("Trial jobs");
    await anna.button("Save draft").click();
    await told(anna, "Draft saved");

    await bert.page.getByRole("heading", { name: /anna saved a draft of this table on/ }).waitFor();
    const conflict = bert.page.getByRole("region", { name: "Changed by somebody else" });
    should(await conflict.locator(".diff").innerText()).match(/Trial jobs → Jobs of the test system/);
    should(await bert.button("Save draft").isDisabled()).be.true();
    should(await bert.violations()).eql([]);
    await bert.picture("tables-conflict");
    await conflict.getByRole("button", { name: "Take theirs" }).click();
    should(await order(bert)).containEql("Jobs of the test system");
    await bert.button("Undo").click();
    should(await order(bert)).containEql("Trial jobs");
    should((await detail()).draft.content.rules[0].name).equal("Jobs of the test system");

    // Anna goes on, and Bert keeps his: Anna sees what he has made of it.
    await (await unfold(anna, "Jobs of the test system")).getByLabel("Name", { exact: true }).fill("All test jobs");
    await anna.button("Save draft").click();
    await conflict.getByRole("button", { name: "Keep mine as the draft" }).click();
    await told(bert, "Draft saved");
    should((await detail()).draft).match({ author: "bert", content: { rules: [{ name: "Trial jobs" }, {}, {}] } });
    await told(anna, "Somebody else changed this table");
    should(await order(anna)).containEql("Trial jobs");

    await anna.button("Discard draft").click();
    await anna
      .dialog()
      .getByText(/last saved by bert/)
      .waitFor();
    await anna.dialog().getByRole("button", { name: "Discard draft" }).click();
    await told(anna, "Discarded");
    should((await detail()).draft).be.undefined();
    should(await order(anna)).containEql("Test jobs");
  });

  it("tells who edits that another version came into force, and activates nothing over it", async () => {
    await (await unfold(anna, "Portal users")).getByLabel("Name", { exact: true }).fill("Portal only");
    const { active } = await detail();
    await anna.button("Activate …").click();
    await anna.dialog().locator("textarea").fill("A clearer name");
    await activate({ ...active.content, rules: active.content.rules.toReversed() }, "Turned round");
    await anna.dialog().getByRole("button", { name: "Activate", exact: true }).click();
    await anna.page.getByRole("heading", { name: /anna put version 4 in force on/ }).waitFor();
    should((await detail()).active).match({ version: 4, note: "Turned round" });
    await anna.page.getByRole("region", { name: "Changed by somebody else" }).getByRole("button", { name: "Take theirs" }).click();
    should(await order(anna)).eql(["Portal users", "Key accounts", "Test jobs"]);
  });

  it("says what the server refuses, and saves nothing of it", async () => {
    const portal = await unfold(anna, "Portal users");
    await portal.getByLabel("Comparison").selectOption("between");
    await portal.getByText("From must be a number.").waitFor();
    await anna.button("Save draft").click();
    const refusal = anna.page.locator(".note", { hasText: "The table has errors, so it was not taken." });
    await refusal.waitFor();
    await anna.page.getByText("rules[0].conditions[0].from must be a number.").waitFor();
    should((await detail()).draft).be.undefined();
    await portal.getByLabel("From", { exact: true }).first().fill("2.5");
    await portal.getByLabel("To", { exact: true }).fill("7");
    await anna.page.getByText("No problems found").waitFor();
    await anna.button("Save draft").click();
    await told(anna, "Draft saved");
    should((await detail()).draft.content.rules[0].conditions).eql([{ path: "source.queueName", op: "between", from: 2.5, to: 7 }]);
    await refusal.waitFor({ state: "detached" });
  });

  it("keeps settings and conditions of every kind as they are entered", async () => {
    const portal = await unfold(anna, "Portal users");
    const condition = portal.getByRole("group", { name: "Condition 1" });
    await condition.getByLabel("Comparison").selectOption("after");
    await condition.getByLabel("Value").fill("2026-03-31");
    await condition.getByLabel("Not").check();
    await portal.getByRole("button", { name: "Add condition" }).click();
    const second = portal.getByRole("group", { name: "Condition 2" });
    await second.getByLabel("Property").fill("content.size");
    await second.getByLabel("Kind").selectOption("number");
    await second.getByLabel("Value").fill("1000");
    await portal.getByRole("button", { name: "Add condition" }).click();
    const third = portal.getByRole("group", { name: "Condition 3" });
    await third.getByLabel("Comparison").selectOption("jsonata");
    await third.getByLabel("Expression").fill("$length(source.jobId) > 3");
    await portal.getByLabel("one is enough").check();
    await portal.locator("summary").click();
    await portal.getByLabel("Retention class").fill("K10");
    await portal.getByLabel("Sample, per cent").fill("12.5");
    await portal.getByLabel("Hold the documents of this rule").check();
    await portal.getByLabel("Mon").check();
    await portal.getByLabel("Daily from").fill("22:00");
    await portal.getByText("Daily hours need both their beginning and their end.").waitFor();
    await portal.getByLabel("Daily until").fill("06:00");
    await portal.getByLabel("Until", { exact: true }).fill("2030-01-01T00:00");
    await anna.page.getByText("No problems found").waitFor();
    should(await portal.locator(".rule-words").innerText()).equal(
      "If source.queueName is not after 2026-03-31 or content.size is 1000 or the expression $length(source.jobId) > 3 holds → portal. " +
        "12.5 % of them. Until 2030-01-01 00:00 Mon 22:00–06:00 Europe/Berlin. Held until released. Retention class K10.",
    );
    await anna.button("Save draft").click();
    await told(anna, "Draft saved");
    should((await detail()).draft.content.rules[0]).match({
      match: "any",
      conditions: [
        { path: "source.queueName", op: "after", value: "2026-03-31", negate: true },
        { path: "content.size", op: "equals", value: 1000 },
        { op: "jsonata", expression: "$length(source.jobId) > 3" },
      ],
      settings: {
        retentionClass: "K10",
        samplePercent: 12.5,
        hold: true,
        window: { until: "2029-12-31T23:00:00.000Z", days: [1], dailyFrom: "22:00", dailyUntil: "06:00", timeZone: "Europe/Berlin" },
      },
    });
    await anna.button("Discard draft").click();
    await anna.dialog().getByRole("button", { name: "Discard draft" }).click();
    await told(anna, "Discarded");
  });

  it("adds, duplicates and removes rules, and puts the focus where one goes on", async () => {
    await anna.button("Add rule").click();
    const name = card(anna, "Rule 4").getByLabel("Name", { exact: true });
    should(await name.evaluate((field) => field === document.activeElement)).be.true();
    await card(anna, "Rule 4").getByText("Choose at least one destination.").waitFor();
    await card(anna, "Key accounts").getByRole("button", { name: "Duplicate: Key accounts" }).click();
    should(await order(anna)).eql(["Portal users", "Key accounts", "Key accounts (copy)", "Test jobs", "Rule 4"]);
    should(await card(anna, "Key accounts \\(copy\\)").getByRole("switch").isChecked()).be.false();
    await card(anna, "Rule 4").getByRole("button", { name: "Remove: Rule 4" }).click();
    should(
      await card(anna, "Test jobs")
        .locator(".rule-title")
        .evaluate((title) => title === document.activeElement),
    ).be.true();
    should(await anna.page.locator("[aria-live]").allInnerTexts()).matchAny(/Rule 4 is removed/);
  });

  it("shows the history with what was new, and rolls back as a new version", async () => {
    await anna.goto(`tables/${TABLE}?tab=history`);
    const version = (number: number) =>
      anna.page.locator(".version").filter({ has: anna.page.getByRole("heading", { name: `Version ${number}` }) });
    await version(3).getByRole("button", { name: "What was new in it" }).click();
    should(await version(3).locator(".diff").innerText()).match(/Key accounts[\s\S]*1005/);
    await version(3).getByRole("button", { name: "What is different now" }).click();
    should(await version(3).locator(".diff").innerText()).match(/Moved/);
    should(await anna.violations()).eql([]);
    await anna.picture("tables-history");
    await version(2).getByRole("button", { name: "Roll back to it …" }).click();
    should(await anna.dialog().locator(".diff").innerText()).match(/1005/);
    should(await anna.confirm("Roll back", "1005 is no key account after all")).equal("Version 5 is in force.");
    should((await detail()).active).match({ version: 5, author: "anna", note: "1005 is no key account after all", content: firstTable });
    await until("the router has the old rules again", async () => (await detail()).inForce === 5);
    const next = await rig.inState(await deliver("1005"), "closed", headers);
    should(next.document.route).match({ version: 5, rule: "default", destinations: ["archive"] });
    should(hashOfFlows()).equal(flowFile);
  });

  it("exports a file and reads it again; a broken one changes nothing and is explained", async () => {
    const download = anna.page.waitForEvent("download");
    await anna.button("Export").click();
    const file = join(files, "letters.json");
    await (await download).saveAs(file);
    const exported = JSON.parse(readFileSync(file, "utf8"));
    should(exported).match({ docbridge: "route-table", table: TABLE, content: firstTable });

    const broken = join(files, "broken.json");
    writeFileSync(
      broken,
      JSON.stringify({ ...exported, content: { ...firstTable, rules: [{ ...rule("r-1", "No list"), conditions: "all" }] } }),
    );
    const choose = async (path: string) => {
      const chooser = anna.page.waitForEvent("filechooser");
      await anna.button("Import …").click();
      await (await chooser).setFiles(path);
    };
    await choose(broken);
    await anna.dialog().getByText("rules[0].conditions must be a list.").waitFor();
    should(await anna.violations()).eql([]);
    await anna.picture("tables-broken-import");
    await anna.dialog().getByRole("button", { name: "Close" }).last().click();
    writeFileSync(broken, "{ not JSON");
    await choose(broken);
    await anna.dialog().getByText("The file is not JSON.").waitFor();
    await anna.dialog().getByRole("button", { name: "Close" }).last().click();
    should(await order(anna)).eql(["Test jobs", "Key accounts", "Portal users"]);
    should(await anna.page.getByText("Unsaved changes").count()).equal(0);

    const renamed = join(files, "renamed.json");
    const content = { ...firstTable, rules: [...firstTable.rules, rule("r-x", "From elsewhere", { destinations: ["fax"] })] };
    writeFileSync(renamed, JSON.stringify({ ...exported, table: "elsewhere", content }));
    await choose(renamed);
    await told(anna, "They come from the table “elsewhere”.");
    const unknown = (await unfold(anna, "From elsewhere")).locator(".box.unknown");
    should(await unknown.innerText()).match(/fax[\s\S]*no router offers it/);
    await card(anna, "From elsewhere").getByText("No router of this table offers the destination “fax”.").waitFor();
    await anna.picture("tables-unknown-destination");
    await anna.button("Discard changes").click();
    await anna.dialog().getByRole("button", { name: "Discard changes" }).click();
    await card(anna, "From elsewhere").waitFor({ state: "detached" });
  });

  it("holds a destination, shows what waits, and releases it", async () => {
    await anna.goto("holds");
    await anna.page.getByText("Nothing is held").waitFor();
    await anna.button("Hold a destination …").click();
    await anna.dialog().getByLabel("Destination").fill("prnt");
    await anna
      .dialog()
      .getByText(/No router offers “prnt”/)
      .waitFor();
    await anna.dialog().getByLabel("Destination").fill("print");
    should(await anna.confirm("Hold", "The printers are serviced")).equal("print is held.");
    const held = [await deliver("1001"), await deliver("1002")];
    for (const id of held) await rig.inState(id, "held", headers);

    const row = anna.page.getByRole("row", { name: /^print/ });
    await row.getByRole("link", { name: "2 documents" }).waitFor();
    should(await row.innerText()).match(/The printers are serviced[\s\S]*anna/);
    should(await anna.violations()).eql([]);
    await anna.picture("holds");
    await row.getByRole("link", { name: "2 documents" }).click();
    await anna.page.getByText("letter-", { exact: false }).first().waitFor();
    await anna.goto("holds");
    await row.getByRole("button", { name: "Release …" }).click();
    await anna.dialog().getByText("2 documents will go.").waitFor();
    await anna.dialog().getByLabel("At most, documents a second").fill("0");
    await anna
      .dialog()
      .getByText(/Enter a number above 0/)
      .waitFor();
    await anna.dialog().getByLabel("At most, documents a second").fill("10");
    should(await anna.violations()).eql([]);
    await anna.picture("holds-release");
    should(await anna.confirm("Release", "The printers are back")).equal("2 documents of print go on.");
    for (const id of held) await rig.inState(id, "closed", headers);
    await anna.page.getByText("Nothing is held").waitFor();
  });

  it("shows documents that rules hold, which no hold in force keeps", async () => {
    const { active } = await detail();
    const holding = rule("r-hold", "Wait for approval", {
      conditions: [{ path: "source.customerNumber", op: "equals", value: "7777" }],
      destinations: ["portal"],
      settings: { hold: true },
    });
    await activate({ ...active.content, rules: [holding, ...active.content.rules] }, "Approval first");
    await until("the router has it", async () => (await detail()).inForce === active.version + 1);
    const id = await deliver("7777");
    await rig.inState(id, "held", headers);
    await anna.goto("holds");
    const row = anna.page.getByRole("row", { name: /^portal/ });
    await row.getByText("by rules", { exact: true }).waitFor();
    await row.getByRole("button", { name: "Release …" }).click();
    await anna.dialog().getByText("1 document will go.").waitFor();
    await anna.confirm("Release", "Approved");
    await rig.inState(id, "closed", headers);
  });

  it("is all in words, and nothing to change, for who may only look", async () => {
    const rita = await open("rita", `tables/${TABLE}`);
    await rita.page.getByText("You may look at this table, but not change it.", { exact: false }).waitFor();
    should(await rita.page.locator(".rule-words").first().innerText()).match(/^If source\.customerNumber is 7777 → portal/);
    should(await rita.page.locator("main input, main select, main textarea").count()).equal(0);
    should(await rita.page.locator("main button").allInnerTexts()).eql(["Export"]);
    should(await rita.violations()).eql([]);
    await rita.picture("tables-read-only");
    await rita.goto(`tables/${TABLE}?tab=history`);
    await rita.page.locator(".version").first().waitFor();
    should(await rita.page.getByRole("button", { name: /Roll back/ }).count()).equal(0);
    await rita.goto("holds");
    await rita.page.getByText("Nothing is held").waitFor();
    should(await rita.page.locator("main button").count()).equal(0);
  });

  for (const [name, options] of Object.entries({
    dark: { dark: true },
    phone: { phone: true },
    "german-dark-phone": { dark: true, phone: true, language: "de" },
  } satisfies Record<string, ConsoleOptions>)) {
    it(`fits: ${name}`, async () => {
      const page = await open("anna", "tables", options);
      const fits = async (picture: string) => {
        should(await page.violations()).eql([]);
        should(await page.overflow()).equal(0, `${picture} is wider than the screen`);
        await page.picture(`${picture}-${name}`);
      };
      await page.page.getByRole("link", { name: "Letters" }).click();
      await unfold(page, "Key accounts");
      await card(page, "Key accounts").locator("summary").click();
      await page.page.locator(".summary.fine .icon").waitFor();
      await fits("tables-rules");
      await page.goto(`tables/${TABLE}?tab=dry-run`);
      await page.page.locator(".dry-run-form button").click();
      await page.page.locator(".bars").first().waitFor();
      await fits("tables-dry-run");
      await page.goto(`tables/${TABLE}?tab=history`);
      await page.page.locator(".version button").first().click();
      await page.page.locator(".diff").waitFor();
      await fits("tables-history");
      await page.goto("holds");
      await page.page.locator(".empty").waitFor();
      await fits("holds-none");
    });
  }
});
