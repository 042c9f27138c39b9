import bcrypt from "bcryptjs";
import type { Browser } from "playwright-core";
import should from "should";
import { ConsoleRig, consoleFlow } from "../console/rig.ts";
import { someBytes } from "../nodes/values.ts";
import { launchBrowser } from "../support/browser.ts";
import { from } from "./console-documents.ts";
import { ConsolePage } from "./console-page.ts";

const PASSWORD = "a-password";
const users: Record<string, string[]> = {
  operator: ["docbridge.read", "docbridge.write"],
  auditor: ["docbridge.read"],
  stranger: ["flows.read", "flows.write"],
  editor: ["*"],
};

describe("the operator console, when people have to sign in", function () {
  this.timeout(120_000);
  const rig = new ConsoleRig(() => ({
    flows: consoleFlow(),
    httpAdminRoot: "/red",
    settings: {
      adminAuth: {
        type: "credentials",
        users: Object.entries(users).map(([username, permissions]) => ({ username, permissions, password: bcrypt.hashSync(PASSWORD, 4) })),
      },
    },
  }));
  let browser: Browser;
  let id: string;

  const tokenOf = async (username: string): Promise<Record<string, string>> => {
    const form = new URLSearchParams({ client_id: "node-red-editor", grant_type: "password", scope: "", username, password: PASSWORD });
    const reply = await fetch(`${rig.nodeRed.adminUrl}/auth/token`, { method: "POST", body: form });
    return { Authorization: `Bearer ${((await reply.json()) as { access_token: string }).access_token}` };
  };

  before(async () => {
    browser = await launchBrowser();
    id = await rig.deliver("quarantined", from("C-1", "job-1"), someBytes());
    await rig.inState(id, "quarantined", await tokenOf("auditor"));
  });
  after(() => browser.close());

  /** The browser notes every 401 as an error by itself; everything else is ours. */
  const ours = ({ errors }: ConsolePage) => errors.filter((text) => !/status of 40[13]/.test(text));

  async function signIn(console: ConsolePage, username: string, password = PASSWORD): Promise<void> {
    await console.page.getByLabel("Name").fill(username);
    await console.page.getByLabel("Password").fill(password);
    await console.button("Sign in").click();
  }

  it("asks for the editor's name and password, tells a wrong one, and goes on where one wanted to go", async () => {
    const console = await ConsolePage.open(browser, rig.nodeRed);
    await console.goto("failures");
    await console.heading("Sign in").waitFor();
    (await console.violations()).should.eql([]);
    await console.picture("sign-in");
    await signIn(console, "operator", "wrong");
    await console.page.getByText("Name or password is not right.").waitFor();
    await signIn(console, "operator");
    await console.heading("Failures").waitFor();
    await console.page.locator(".rail").getByText("operator").waitFor();
    await console.button("Retry").click();
    await console.dialog().getByText("1 document will be touched.").waitFor();
    (await console.confirm("Retry", "The archive is back")).should.equal("1 document is due again.");
    const { events } = await rig.inState(id, "quarantined", await tokenOf("auditor"));
    should(events.find(({ type }) => type === "retried")?.data).match({ who: "operator", why: "The archive is back" });
    ours(console).should.eql([]);
    await console.close();
  });

  it("shows who may only read everything, and no action", async () => {
    const console = await ConsolePage.open(browser, rig.nodeRed, { dark: true });
    await console.goto("live");
    await signIn(console, "auditor");
    await console.heading("Live").waitFor();
    await console.page.getByText("You may look, but not change anything.").waitFor();
    for (const place of ["failures", "documents", "audit", "holds", `documents/${id}`]) {
      await console.goto(place);
      await console.page.locator("main h1").waitFor();
      await console.page.getByText("Loading …").first().waitFor({ state: "detached" });
      for (const action of ["Retry", "Route again", "Reject", "Accept", "Replay"])
        (await console.button(action).count()).should.equal(0, place);
      (await console.page.locator("main input[type=checkbox][aria-label]").count()).should.equal(0, place);
    }
    await console.picture("read-only");
    ours(console).should.eql([]);
    await console.close();
  });

  it("tells who may not even read whom to ask", async () => {
    const console = await ConsolePage.open(browser, rig.nodeRed);
    await console.goto("live");
    await signIn(console, "stranger");
    await console.page.getByText("An administrator can grant the permission docbridge.read.").waitFor();
    ours(console).should.eql([]);
    await console.close();
  });

  it("is signed in with the editor, and signs out of both", async () => {
    const console = await ConsolePage.open(browser, rig.nodeRed);
    await console.page.goto(`${rig.nodeRed.adminUrl}/`);
    await console.page.fill("#node-dialog-login-username", "editor");
    await console.page.fill("#node-dialog-login-password", PASSWORD);
    await console.page.click("#node-dialog-login-submit");
    await console.page.waitForSelector("#red-ui-workspace-chart");
    console.errors.length = 0;
    await console.goto("live");
    await console.heading("Live").waitFor();
    await console.page.locator(".connection.open").waitFor();
    await console.button("Sign out").click();
    await console.heading("Sign in").waitFor();
    should(await console.page.evaluate(() => localStorage.getItem("auth-tokens-red"))).be.null();
    ours(console).should.eql([]);
    await console.close();
  });

  it("comes back to the sign-in when it has ended elsewhere", async () => {
    const console = await ConsolePage.open(browser, rig.nodeRed);
    await console.goto("documents");
    await signIn(console, "operator");
    await console.heading("Documents").waitFor();
    await console.page.evaluate(() => localStorage.setItem("auth-tokens-red", JSON.stringify({ access_token: "revoked" })));
    await console.button("Refresh").click();
    await console.heading("Sign in").waitFor();
    ours(console).should.eql([]);
    await console.close();
  });
});
