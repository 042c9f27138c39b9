import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import should from "should";
import { until } from "../nodes/values.ts";
import type { ConsoleOptions } from "./console-page.ts";
import { firstTable, rule, TABLE } from "./tables-flow.ts";
import { card, order, TablesRig, told, unfold } from "./tables-rig.ts";

describe("Route tables and holds in the operator console", function () {
  this.timeout(120_000);
  const rig = new TablesRig();
  let flowFile: string;
  before(() => {
    flowFile = hashOfFlows();
  });
  const hashOfFlows = () =>
    createHash("sha256")
      .update(readFileSync(join(rig.nodeRed.userDir, "flows.json")))
      .digest("hex");

  it("saves a draft, tries it on real documents, activates it, and the next document goes by it without a deploy", async () => {
    const first = await rig.inState(await rig.letter("1005"), "closed", rig.headers);
    should(first.document.route).match({ version: 2, rule: "default", destinations: ["archive"] });
    should(Object.keys(first.document.receipts)).eql(["documentum"]);

    const key = await unfold(rig.anna, "Key accounts");
    await key.getByLabel("Values").fill("1001\n1002\n1003\n1005");
    await rig.anna.page.getByText("No problems found").waitFor();
    await rig.anna.button("Save draft").click();
    await told(rig.anna, "Draft saved");
    should((await rig.detail()).draft).match({ revision: 1, author: "anna", basedOn: 2 });

    await rig.anna.page.getByRole("link", { name: "Dry run" }).click();
    await rig.anna.page.getByLabel("Documents").selectOption({ label: "The last 100" });
    await rig.anna.button("Run").click();
    await rig.anna.page.getByRole("heading", { name: "5 of 41 documents would go elsewhere." }).waitFor();
    const sentence = rig.anna.page.locator(".sentences > li").first();
    should(await sentence.innerText()).match(/^5 documents would go to print, portal instead of archive\. \(rule “Key accounts”\)/);
    const [sample] = await sentence.getByRole("link").evaluateAll((links) => links.map((link) => link.getAttribute("title") ?? ""));
    should((await rig.api(`/documents/${sample}`, { headers: rig.headers })).json.document.source.customerNumber).equal("1005");
    should(await rig.anna.violations()).eql([]);
    await rig.anna.picture("tables-dry-run");

    await rig.anna.button("Activate …").click();
    await rig.anna.dialog().getByText("5 of 41 documents would go elsewhere.").waitFor();
    should(await rig.anna.dialog().locator(".diff").innerText()).match(/Changed[\s\S]*Key accounts[\s\S]*1001, 1002, 1003[\s\S]*1005/);
    await rig.anna.dialog().getByRole("button", { name: "Activate", exact: true }).click();
    await rig.anna.dialog().getByText("Please give a reason").waitFor();
    should(await rig.anna.violations()).eql([]);
    await rig.anna.picture("tables-activate");
    should(await rig.anna.confirm("Activate", "1005 became a key account")).equal("Version 3 is in force.");

    await until("the router has the new version", async () => (await rig.detail()).inForce === 3);
    const next = await rig.inState(await rig.letter("1005"), "closed", rig.headers);
    should(next.document.route).match({ version: 3, rule: "r-key", destinations: ["print", "portal"] });
    should(next.document.receipts).eql({});
    should(hashOfFlows()).equal(flowFile);
    should(rig.nodeRed.logs.filter((line) => line.includes("Started flows")).length).equal(1);
  });

  it("tells the second of two people who edit, and overwrites neither", async () => {
    const bert = await rig.open("bert", `tables/${TABLE}`);
    await (await unfold(rig.anna, "Test jobs")).getByLabel("Name", { exact: true }).fill("Jobs of the test system");
    await (await unfold(bert, "Test jobs")).getByLabel("Name", { exact: true }).fill("Trial jobs");
    await rig.anna.button("Save draft").click();
    await told(rig.anna, "Draft saved");

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
    should((await rig.detail()).draft.content.rules[0].name).equal("Jobs of the test system");

    // Anna goes on, and Bert keeps his: Anna sees what he has made of it.
    await (await unfold(rig.anna, "Jobs of the test system")).getByLabel("Name", { exact: true }).fill("All test jobs");
    await rig.anna.button("Save draft").click();
    await conflict.getByRole("button", { name: "Keep mine as the draft" }).click();
    await told(bert, "Draft saved");
    should((await rig.detail()).draft).match({ author: "bert", content: { rules: [{ name: "Trial jobs" }, {}, {}] } });
    await told(rig.anna, "Somebody else changed this table");
    should(await order(rig.anna)).containEql("Trial jobs");

    await rig.anna.button("Discard draft").click();
    await rig.anna
      .dialog()
      .getByText(/last saved by bert/)
      .waitFor();
    await rig.anna.dialog().getByRole("button", { name: "Discard draft" }).click();
    await told(rig.anna, "Discarded");
    should((await rig.detail()).draft).be.undefined();
    should(await order(rig.anna)).containEql("Test jobs");
  });

  it("tells who edits that another version came into force, and activates nothing over it", async () => {
    await (await unfold(rig.anna, "Portal users")).getByLabel("Name", { exact: true }).fill("Portal only");
    const { active } = await rig.detail();
    await rig.anna.button("Activate …").click();
    await rig.anna.dialog().locator("textarea").fill("A clearer name");
    await rig.activate({ ...active.content, rules: active.content.rules.toReversed() }, "Turned round");
    await rig.anna.dialog().getByRole("button", { name: "Activate", exact: true }).click();
    await rig.anna.page.getByRole("heading", { name: /anna put version 4 in force on/ }).waitFor();
    should((await rig.detail()).active).match({ version: 4, note: "Turned round" });
    await rig.anna.page.getByRole("region", { name: "Changed by somebody else" }).getByRole("button", { name: "Take theirs" }).click();
    should(await order(rig.anna)).eql(["Portal users", "Key accounts", "Test jobs"]);
  });

  it("shows the history with what was new, and rolls back as a new version", async () => {
    await rig.anna.goto(`tables/${TABLE}?tab=history`);
    const version = (number: number) =>
      rig.anna.page.locator(".version").filter({ has: rig.anna.page.getByRole("heading", { name: `Version ${number}` }) });
    await version(3).getByRole("button", { name: "What was new in it" }).click();
    should(await version(3).locator(".diff").innerText()).match(/Key accounts[\s\S]*1005/);
    await version(3).getByRole("button", { name: "What is different now" }).click();
    should(await version(3).locator(".diff").innerText()).match(/Moved/);
    should(await rig.anna.violations()).eql([]);
    await rig.anna.picture("tables-history");
    await version(2).getByRole("button", { name: "Roll back to it …" }).click();
    should(await rig.anna.dialog().locator(".diff").innerText()).match(/1005/);
    should(await rig.anna.confirm("Roll back", "1005 is no key account after all")).equal("Version 5 is in force.");
    should((await rig.detail()).active).match({
      version: 5,
      author: "anna",
      note: "1005 is no key account after all",
      content: firstTable,
    });
    await until("the router has the old rules again", async () => (await rig.detail()).inForce === 5);
    const next = await rig.inState(await rig.letter("1005"), "closed", rig.headers);
    should(next.document.route).match({ version: 5, rule: "default", destinations: ["archive"] });
    should(hashOfFlows()).equal(flowFile);
  });

  it("holds a destination, shows what waits, and releases it", async () => {
    await rig.anna.goto("holds");
    await rig.anna.page.getByText("Nothing is held").waitFor();
    await rig.anna.button("Hold a destination …").click();
    await rig.anna.dialog().getByLabel("Destination").fill("prnt");
    await rig.anna
      .dialog()
      .getByText(/No router offers “prnt”/)
      .waitFor();
    await rig.anna.dialog().getByLabel("Destination").fill("print");
    should(await rig.anna.confirm("Hold", "The printers are serviced")).equal("print is held.");
    const held = [await rig.letter("1001"), await rig.letter("1002")];
    for (const id of held) await rig.inState(id, "held", rig.headers);

    const row = rig.anna.page.getByRole("row", { name: /^print/ });
    await row.getByRole("link", { name: "2 documents" }).waitFor();
    should(await row.innerText()).match(/The printers are serviced[\s\S]*anna/);
    should(await rig.anna.violations()).eql([]);
    await rig.anna.picture("holds");
    await row.getByRole("link", { name: "2 documents" }).click();
    await rig.anna.page.getByText("letter-", { exact: false }).first().waitFor();
    await rig.anna.goto("holds");
    await row.getByRole("button", { name: "Release …" }).click();
    await rig.anna.dialog().getByText("2 documents will go.").waitFor();
    await rig.anna.dialog().getByLabel("At most, documents a second").fill("0");
    await rig.anna
      .dialog()
      .getByText(/Enter a number above 0/)
      .waitFor();
    await rig.anna.dialog().getByLabel("At most, documents a second").fill("10");
    should(await rig.anna.violations()).eql([]);
    await rig.anna.picture("holds-release");
    should(await rig.anna.confirm("Release", "The printers are back")).equal("2 documents of print go on.");
    for (const id of held) await rig.inState(id, "closed", rig.headers);
    await rig.anna.page.getByText("Nothing is held").waitFor();
  });

  it("shows documents that rules hold, which no hold in force keeps", async () => {
    const { active } = await rig.detail();
    const holding = rule("r-hold", "Wait for approval", {
      conditions: [{ path: "source.customerNumber", op: "equals", value: "7777" }],
      destinations: ["portal"],
      settings: { hold: true },
    });
    await rig.activate({ ...active.content, rules: [holding, ...active.content.rules] }, "Approval first");
    await until("the router has it", async () => (await rig.detail()).inForce === active.version + 1);
    const id = await rig.letter("7777");
    await rig.inState(id, "held", rig.headers);
    await rig.anna.goto("holds");
    const row = rig.anna.page.getByRole("row", { name: /^portal/ });
    await row.getByText("by rules", { exact: true }).waitFor();
    await row.getByRole("button", { name: "Release …" }).click();
    await rig.anna.dialog().getByText("1 document will go.").waitFor();
    await rig.anna.confirm("Release", "Approved");
    await rig.inState(id, "closed", rig.headers);
  });

  it("is all in words, and nothing to change, for who may only look", async () => {
    const rita = await rig.open("rita", `tables/${TABLE}`);
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
      const page = await rig.open("anna", "tables", options);
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
