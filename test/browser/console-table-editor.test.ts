import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { firstTable, rule, TABLE } from "./tables-flow.ts";
import { card, order, TablesRig, told, unfold } from "./tables-rig.ts";

describe("The editor of route tables in the operator console", function () {
  this.timeout(120_000);
  const rig = new TablesRig();
  const files = mkdtempSync(join(tmpdir(), "docbridge-tables-"));
  after(() => rmSync(files, { recursive: true, force: true }));

  it("lists the tables with what is in force of them", async () => {
    await rig.anna.goto("tables");
    const row = rig.anna.page.getByRole("row", { name: /Letters/ });
    await row.waitFor();
    should(await row.innerText()).match(/Version 2[\s\S]*by anna[\s\S]*In order/);
    should(await rig.anna.violations()).eql([]);
    await rig.anna.picture("tables-list");
    await row.getByRole("link").click();
    await card(rig.anna, "Test jobs").waitFor();
    should(await order(rig.anna)).eql(["Test jobs", "Key accounts", "Portal users"]);
  });

  it("says each rule in words, and shows its fields when it is unfolded", async () => {
    should(await card(rig.anna, "Key accounts").locator(".rule-words").innerText()).equal(
      "If source.customerNumber is one of 1001, 1002, 1003 → print, portal. Priority 5.",
    );
    const key = await unfold(rig.anna, "Key accounts");
    should(await key.getByLabel("Values").inputValue()).equal("1001\n1002\n1003");
    should(await key.getByLabel("Print centre").isChecked()).be.true();
    should(await key.getByLabel("Archive").isChecked()).be.false();
    // What real documents have is asked for, and comes when it comes.
    await rig.anna.page.locator('datalist option[value="metadata.branch"]').first().waitFor({ state: "attached" });
  });

  it("checks while one types, shows what is wrong at its field, and leads there", async () => {
    const key = await unfold(rig.anna, "Key accounts");
    await key.getByRole("button", { name: "Add condition" }).click();
    const condition = key.getByRole("group", { name: "Condition 2" });
    await condition.getByLabel("Comparison").selectOption("matches");
    await condition.getByLabel("Pattern").fill("(unclosed");
    await condition.getByLabel("Property").fill("receipts.css");
    await condition.getByText(/Rules cannot use “receipts.css”/).waitFor();
    await condition.getByText(/The pattern cannot be used/).waitFor();
    should(await condition.getByLabel("Pattern").getAttribute("aria-invalid")).equal("true");
    should(await rig.anna.button("Activate …").isDisabled()).be.true();
    should(await rig.anna.violations()).eql([]);
    await rig.anna.picture("tables-problems");

    await key.locator(".rule-title").click();
    const summary = rig.anna.page.getByRole("region", { name: "Check" });
    await summary.getByRole("button", { name: "Key accounts, Condition 2" }).first().click();
    await rig.anna.page.waitForFunction(() => (document.activeElement as HTMLInputElement)?.value === "receipts.css");

    await rig.anna.page.keyboard.press("Escape"); // closes the browser's proposals
    await card(rig.anna, "Key accounts").getByRole("button", { name: "Remove condition 2" }).click();
    await rig.anna.page.getByText("No problems found").waitFor();
  });

  it("takes back and does again, by button and by keyboard", async () => {
    const undo = rig.anna.button("Undo");
    await card(rig.anna, "Portal users").getByRole("switch").click();
    await rig.anna.page.getByText("Unsaved changes").waitFor();
    await rig.anna.page.keyboard.press("Control+z");
    should(await card(rig.anna, "Portal users").getByRole("switch").isChecked()).be.true();
    await rig.anna.page.keyboard.press("Control+y");
    should(await card(rig.anna, "Portal users").getByRole("switch").isChecked()).be.false();
    await undo.click();
    await rig.anna.page.getByText("Unsaved changes").waitFor({ state: "detached" });
    should(await undo.isDisabled()).be.true();
  });

  it("changes the order by dragging, and lets it be on Escape", async () => {
    const drag = async (from: string, to: string) => {
      const grip = await card(rig.anna, from).locator(".grip").boundingBox();
      const place = await card(rig.anna, to).boundingBox();
      if (!grip || !place) throw new Error("the rules are not to be seen");
      await rig.anna.page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2);
      await rig.anna.page.mouse.down();
      await rig.anna.page.mouse.move(grip.x + 10, place.y + 2, { steps: 8 });
    };
    await drag("Portal users", "Test jobs");
    await rig.anna.page.locator(".drop-before").waitFor();
    await rig.anna.page.keyboard.press("Escape");
    await rig.anna.page.mouse.up();
    should(await order(rig.anna)).eql(["Test jobs", "Key accounts", "Portal users"]);
    await drag("Portal users", "Test jobs");
    await rig.anna.page.mouse.up();
    should(await order(rig.anna)).eql(["Portal users", "Test jobs", "Key accounts"]);
  });

  it("changes the order by keyboard, keeps the focus and says the new place", async () => {
    const up = card(rig.anna, "Portal users").getByRole("button", { name: "Move up: Portal users" });
    await up.focus();
    await rig.anna.page.keyboard.press("Enter");
    await rig.anna.page.keyboard.press("Enter");
    should(await order(rig.anna)).eql(["Portal users", "Test jobs", "Key accounts"]);
    should(await up.evaluate((button) => button === document.activeElement)).be.true();
    should(await rig.anna.page.locator("[aria-live]").allInnerTexts()).matchAny(/Portal users is now at place 1 of 3/);
    await rig.anna.page.keyboard.press("Enter");
    should(await up.evaluate((button) => button === document.activeElement)).be.true();
  });

  it("asks before it is left with unsaved changes", async () => {
    await (await unfold(rig.anna, "Portal users")).getByLabel("Name", { exact: true }).fill("Users of the portal");
    await rig.anna.page.getByRole("navigation", { name: "Operator console" }).getByRole("link", { name: "Holds" }).click();
    await rig.anna.dialog().getByText("Your changes to this table are not saved.").waitFor();
    await rig.anna.dialog().getByRole("button", { name: "Stay" }).click();
    should(await card(rig.anna, "Users of the portal").count()).equal(1);
    await rig.anna.page.getByRole("link", { name: "History" }).click();
    await rig.anna.page.getByText("The first rules").waitFor();
    should(await rig.anna.dialog().count()).equal(0);
    await rig.anna.page.goBack();
    await rig.anna.page.getByRole("link", { name: "Route tables" }).first().click();
    await rig.anna.dialog().getByRole("button", { name: "Leave", exact: true }).click();
    await rig.anna.page.getByRole("heading", { name: "Route tables", level: 1 }).waitFor();
    await rig.anna.goto(`tables/${TABLE}`);
    await card(rig.anna, "Portal users").waitFor();
  });

  it("says what the server refuses, and saves nothing of it", async () => {
    const portal = await unfold(rig.anna, "Portal users");
    await portal.getByLabel("Comparison").selectOption("between");
    await portal.getByText("From must be a number.").waitFor();
    await rig.anna.button("Save draft").click();
    const refusal = rig.anna.page.locator(".note", { hasText: "The table has errors, so it was not taken." });
    await refusal.waitFor();
    await rig.anna.page.getByText("rules[2].conditions[0].from must be a number.").waitFor();
    should((await rig.detail()).draft).be.undefined();
    await portal.getByLabel("From", { exact: true }).first().fill("2.5");
    await portal.getByLabel("To", { exact: true }).fill("7");
    await rig.anna.page.getByText("No problems found").waitFor();
    await rig.anna.button("Save draft").click();
    await told(rig.anna, "Draft saved");
    should((await rig.detail()).draft.content.rules[2].conditions).eql([{ path: "source.queueName", op: "between", from: 2.5, to: 7 }]);
    await refusal.waitFor({ state: "detached" });
  });

  it("keeps settings and conditions of every kind as they are entered", async () => {
    const portal = await unfold(rig.anna, "Portal users");
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
    await rig.anna.page.getByText("No problems found").waitFor();
    should(await portal.locator(".rule-words").innerText()).equal(
      "If source.queueName is not after 2026-03-31 or content.size is 1000 or the expression $length(source.jobId) > 3 holds → portal. " +
        "12.5 % of them. Until 2030-01-01 00:00 Mon 22:00–06:00 Europe/Berlin. Held until released. Retention class K10.",
    );
    await rig.anna.button("Save draft").click();
    await told(rig.anna, "Draft saved");
    should((await rig.detail()).draft.content.rules[2]).match({
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
    await rig.anna.button("Discard draft").click();
    await rig.anna.dialog().getByRole("button", { name: "Discard draft" }).click();
    await told(rig.anna, "Discarded");
  });

  it("adds, duplicates and removes rules, and puts the focus where one goes on", async () => {
    await rig.anna.button("Add rule").click();
    const name = card(rig.anna, "Rule 4").getByLabel("Name", { exact: true });
    should(await name.evaluate((field) => field === document.activeElement)).be.true();
    await card(rig.anna, "Rule 4").getByText("Choose at least one destination.").waitFor();
    await card(rig.anna, "Key accounts").getByRole("button", { name: "Duplicate: Key accounts" }).click();
    should(await order(rig.anna)).eql(["Test jobs", "Key accounts", "Key accounts (copy)", "Portal users", "Rule 4"]);
    should(await card(rig.anna, "Key accounts \\(copy\\)").getByRole("switch").isChecked()).be.false();
    await card(rig.anna, "Rule 4").getByRole("button", { name: "Remove: Rule 4" }).click();
    should(
      await card(rig.anna, "Portal users")
        .locator(".rule-title")
        .evaluate((title) => title === document.activeElement),
    ).be.true();
    should(await rig.anna.page.locator("[aria-live]").allInnerTexts()).matchAny(/Rule 4 is removed/);
  });

  it("exports a file and reads it again; a broken one changes nothing and is explained", async () => {
    const download = rig.anna.page.waitForEvent("download");
    await rig.anna.button("Export").click();
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
      const chooser = rig.anna.page.waitForEvent("filechooser");
      await rig.anna.button("Import …").click();
      await (await chooser).setFiles(path);
    };
    await choose(broken);
    await rig.anna.dialog().getByText("rules[0].conditions must be a list.").waitFor();
    should(await rig.anna.violations()).eql([]);
    await rig.anna.picture("tables-broken-import");
    await rig.anna.dialog().getByRole("button", { name: "Close" }).last().click();
    writeFileSync(broken, "{ not JSON");
    await choose(broken);
    await rig.anna.dialog().getByText("The file is not JSON.").waitFor();
    await rig.anna.dialog().getByRole("button", { name: "Close" }).last().click();
    should(await order(rig.anna)).eql(["Test jobs", "Key accounts", "Portal users"]);
    should(await rig.anna.page.getByText("Unsaved changes").count()).equal(0);

    const renamed = join(files, "renamed.json");
    const content = { ...firstTable, rules: [...firstTable.rules, rule("r-x", "From elsewhere", { destinations: ["fax"] })] };
    writeFileSync(renamed, JSON.stringify({ ...exported, table: "elsewhere", content }));
    await choose(renamed);
    await told(rig.anna, "They come from the table “elsewhere”.");
    const unknown = (await unfold(rig.anna, "From elsewhere")).locator(".box.unknown");
    should(await unknown.innerText()).match(/fax[\s\S]*no router offers it/);
    await card(rig.anna, "From elsewhere").getByText("No router of this table offers the destination “fax”.").waitFor();
    await rig.anna.picture("tables-unknown-destination");
    await rig.anna.button("Discard changes").click();
    await rig.anna.dialog().getByRole("button", { name: "Discard changes" }).click();
    await card(rig.anna, "From elsewhere").waitFor({ state: "detached" });
  });
});
