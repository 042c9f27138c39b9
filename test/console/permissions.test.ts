import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import bcrypt from "bcryptjs";
import should from "should";
import { consoleRoutes } from "../../dist/console/register.js";
import { PDF_HEADERS } from "../nodes/deliveries.ts";
import { someBytes, until } from "../nodes/values.ts";
import { type Asking, ConsoleRig, consoleFlow, LEDGER, routerFlow, TABLE } from "./rig.ts";

const PASSWORD = "a-password";
const users: Record<string, string | string[]> = {
  admin: "*",
  operator: ["docbridge.read", "docbridge.write"],
  writer: "write",
  reader: "read",
  auditor: ["docbridge.read"],
  stranger: ["flows.read", "flows.write"],
};

const content = { mode: "first", rules: [], default: ["archive"] };

describe("The console, when people have to sign in", function () {
  this.timeout(60_000);
  const rig = new ConsoleRig(() => ({
    flows: [...consoleFlow(), ...routerFlow()],
    settings: {
      adminAuth: {
        type: "credentials",
        users: Object.entries(users).map(([username, permissions]) => ({ username, permissions, password: bcrypt.hashSync(PASSWORD, 4) })),
      },
    },
  }));
  const tokens: Record<string, string> = {};
  let document: string;
  /** What every route is asked, so that a user who may gets something done. Those that read need nothing. */
  const requests: Record<string, () => unknown> = {
    "post /actions/preview": () => ({ action: "retry", selection: { ids: [document] } }),
    "post /actions": () => ({ action: "retry", selection: { ids: [document] }, why: "to see" }),
    "post /holds": () => ({ destination: "archive", why: "to see" }),
    "post /holds/release": () => ({ destination: "archive", why: "to see" }),
    "put /tables/:table/draft": () => ({ content, revision: 0 }),
    "delete /tables/:table/draft": () => ({ revision: 1 }),
    "post /tables/:table/check": () => ({ content }),
    "post /tables/:table/dry-run": () => ({ content }),
    "post /tables/:table/activate": () => ({ content, expectedVersion: 1, note: "to see" }),
  };
  const routes = consoleRoutes.map(({ method, path, permission }) => {
    const short = path.replace("/docbridge/api/ledgers/:ledger", "");
    return { name: `${method} ${short}`, method, path: path.replace("/docbridge", ""), permission };
  });
  type TestedRoute = (typeof routes)[number];

  before(async () => {
    for (const username of Object.keys(users)) {
      const form = { client_id: "node-red-editor", grant_type: "password", scope: "", username, password: PASSWORD };
      const reply = await fetch(`${rig.nodeRed.adminUrl}/auth/token`, { method: "POST", body: new URLSearchParams(form) });
      tokens[username] = ((await reply.json()) as { access_token: string }).access_token;
    }
    document = await rig.deliver("quarantined", { ...PDF_HEADERS, "X-Exstream-Customer-Number": "1" }, someBytes());
    await rig.inState(document, "quarantined", as("reader"));
    // The first router of a table makes its first version.
    const table = async () => (await rig.api(`/tables/${TABLE}`, { headers: as("reader") })).json;
    await until("the first version is in force", async () => (await table()).inForce === 1);
  });

  const as = (user: string | undefined): Record<string, string> => (user ? { Authorization: `Bearer ${tokens[user]}` } : {});
  const asking = ({ name, method }: TestedRoute, user: string | undefined, headers: Record<string, string> = {}): Asking => ({
    method: method.toUpperCase(),
    headers: { ...as(user), ...headers },
    ...(method === "get" ? {} : { body: requests[name]?.() ?? {} }),
  });
  const pathOf = ({ path }: TestedRoute) => path.replace(":ledger", LEDGER).replace(":table", TABLE).replace(":id", document);
  /** The stream never ends by itself. */
  const answered = routes.filter(({ name }) => name !== "get /stream");
  const writing = routes.filter(({ permission }) => permission === "docbridge.write");

  /** All that anybody could have changed. */
  const everything = async () => {
    const read = async (path: string) => (await rig.api(path, { headers: as("admin") })).json;
    const { at, ...figures } = await read("/figures");
    const { events } = await read(`/documents/${document}`);
    return { figures, events, audit: await read("/audit"), holds: await read("/holds"), table: await read(`/tables/${TABLE}`) };
  };

  it("tells every user truly whether they may write", async () => {
    for (const [user, canWrite] of Object.entries({ admin: true, operator: true, reader: false, auditor: false })) {
      const { status, json } = await rig.ask("/api/session", { headers: as(user) });
      should({ status, user: json.user, canWrite: json.canWrite }).eql({ status: 200, user, canWrite });
    }
    // May change, but not look: Node-RED's `write` does not contain `read`.
    for (const user of ["writer", "stranger", undefined]) (await rig.ask("/api/session", { headers: as(user) })).status.should.equal(401);
  });

  it("lets nobody in without a sign-in, whatever they ask", async () => {
    const before = await everything();
    for (const user of [undefined, "stranger"]) {
      for (const route of routes) {
        const reply = await rig.ask(pathOf(route), asking(route, user));
        should([route.name, reply.status, reply.text]).match([route.name, 401, /^(Unauthorized)?$/]);
      }
    }
    for (const headers of [{ Authorization: "Bearer wrong" }, { Authorization: "Basic YWRtaW46YS1wYXNzd29yZA==" }]) {
      (await rig.ask("/api/session", { headers })).status.should.equal(401);
    }
    should(await everything()).eql(before);
    // The page holds no data, and is where one signs in.
    (await rig.send("/console/", "GET", {})).status.should.equal(200);
  });

  for (const user of ["reader", "auditor"]) {
    it(`lets a user with ${JSON.stringify(users[user])} read everything and change nothing by any route`, async () => {
      writing.length.should.be.above(5);
      const before = await everything();
      for (const route of answered) {
        const { status } = await rig.ask(pathOf(route), asking(route, user));
        should([route.name, status]).eql([route.name, route.permission === "docbridge.read" ? 200 : 401]);
      }
      for (const route of routes) {
        for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
          await rig.ask(pathOf(route), { ...asking(route, user), method, body: requests[route.name]?.() ?? {} });
        }
      }
      should(await everything()).eql(before);
    });
  }

  it("does what a user may, in their name, once the request is no stranger's", async () => {
    for (const route of writing) {
      const strange = await rig.ask(pathOf(route), asking(route, "operator", { "X-Docbridge": "" }));
      should([route.name, strange.status, strange.json.code]).eql([route.name, 403, "foreign-request"]);
      const { status, text } = await rig.ask(pathOf(route), asking(route, "operator"));
      should([route.name, status]).eql([route.name, 200], text);
    }
    const { json } = await rig.api("/audit", { headers: as("auditor") });
    const byPeople = json.entries.filter(({ who }: { who: string }) => who !== "document-router");
    should(byPeople.map(({ who, action, why }: Record<string, string>) => [who, action, why])).eql([
      ["operator", "activate-table", "to see"],
      ["operator", "discard-draft", ""],
      ["operator", "release-hold", "to see"],
      ["operator", "hold", "to see"],
      ["operator", "retry", "to see"],
    ]);
  });

  it("is served by no code that leaves out the permission, but for the page", () => {
    const root = join(import.meta.dirname, "../..");
    const serving = globSync("nodes/**/*.ts", { cwd: root })
      .map((file) => ({ file, code: readFileSync(join(root, file), "utf8") }))
      .filter(({ code }) => /RED\.httpAdmin/.test(code));
    const open = serving.filter(({ code }) => !code.includes("RED.auth.needsPermission(")).map(({ file }) => file);
    open.should.eql(["nodes/console/page.ts"]);
    should(serving.map(({ file }) => file)).containEql("nodes/console/register.ts");
  });
});
