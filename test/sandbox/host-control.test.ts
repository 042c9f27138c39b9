import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import should from "should";
import { startSandbox } from "../../dist/sandbox/main.js";
import {
  createStatement,
  fetchToken,
  findStatements,
  type Json,
  list,
  type Reply,
  reply,
  startWorld,
  temporaryFolder,
  type World,
} from "./platform-support.ts";

describe("sandbox host control", () => {
  describe("routes", () => {
    let world: World;
    let control: string;

    before(async () => {
      world = await startWorld({ switches: { "css.content-disposition": true } });
      control = world.description.control.url;
    });
    after(() => world.stop());
    afterEach(() => world.setFaults([]));

    it("carries every service on one origin", async () => {
      const { origin, documentum } = world.description;
      should((await fetch(`${documentum.contextUrl}/services`, { headers: { Accept: "application/*" } })).status).equal(200);
      should((await fetch(`${origin}/v2/content/x`)).status).equal(401);
      should((await fetch(`${origin}/cms/deleted`)).status).equal(401);
      should((await fetch(`${origin}/oauth2/jwks`)).status).equal(200);
      should((await fetch(`${origin}/orchestration/api/v1/runtime/demo/jobs/x`)).status).equal(401);
      should((await fetch(`${origin}/nobody/serves/this`)).status).equal(404);
    });

    it("says that it is no vendor's API", async () => {
      for (const path of ["", "/faults", "/switches", "/metrics"]) {
        const got = await fetch(control + path);
        should(got.status).equal(200, path);
        should(got.headers.get("x-sandbox-control")).equal("not a vendor API");
      }
    });

    it("lists and sets switches, all or none", async () => {
      const { json } = await reply(await fetch(`${control}/switches`));
      const switches = list(json.switches);
      should(switches.find((one) => String(one.name) === "css.content-disposition")).containEql({ value: true, default: false });
      for (const one of switches) should(String(one.help).length).be.above(10);
      const put = (body: unknown): Promise<Reply> => world.call("PUT", `${control}/switches`, body);
      should((await put({ "css.ranges": false, "css.unknown": true })).status).equal(400);
      should((await put({ "css.ranges": "no" })).status).equal(400);
      should(world.sandbox.app.switches.get("css.ranges")).be.true();
      should((await put({ "css.ranges": false })).status).equal(200);
      should(world.sandbox.app.switches.get("css.ranges")).be.false();
      should((await put([])).status).equal(400);
    });

    it("arms fault rules and reports their hits; refuses rules that make no sense", async () => {
      const rules = [{ kind: "latency", service: "otds", ms: 1, times: 2 }];
      should((await world.call("PUT", `${control}/faults`, { rules })).json.rules).eql(rules);
      for (let count = 0; count < 3; count += 1) await fetchToken(world.description);
      const { json } = await reply(await fetch(`${control}/faults`));
      should(json.report).eql([{ rule: rules[0], seen: 3, hits: 2 }]);
      const bad = [{}, { rules: {} }, { rules: [{ kind: "explode", service: "css" }] }, { rules: [{ kind: "reset" }] }];
      const worse = [
        { kind: "reset", service: "css", path: "(" },
        { kind: "reset", service: "css", rate: -1 },
        { kind: "reset", service: "css", rat: 1 },
      ];
      for (const body of [...bad, ...worse.map((rule) => ({ rules: [rule] }))]) {
        should((await world.call("PUT", `${control}/faults`, body)).status).equal(400, JSON.stringify(body));
      }
      should((await reply(await fetch(`${control}/faults`))).json.rules).eql(rules);
    });

    it("answers to this machine under its own name only", async () => {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const get = request(control, { headers: { Host: "attacker.example" } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        get.on("error", reject);
        get.end();
      });
      should(status).equal(403);
    });

    it("counts requests and their time by service", async () => {
      await fetchToken(world.description);
      const { json } = await reply(await fetch(`${control}/metrics`));
      should(Number(json.services?.otds?.requests)).be.above(0);
      should(json.services?.otds?.meanMilliseconds).be.a.Number();
      should(json.memory?.rss).be.a.Number();
    });

    it("refuses switches that nobody declared", async () => {
      const dir = temporaryFolder();
      await should(startSandbox({ port: 0, dataDir: dir, switches: { "cms.typo": true } })).be.rejectedWith(/cms\.typo.*css\.ranges/);
      rmSync(dir, { recursive: true });
    });
  });

  describe("faults", () => {
    let world: World;

    before(async () => {
      world = await startWorld();
    });
    after(() => world.stop());
    afterEach(() => world.setFaults([]));

    const find = (key: string): Promise<Json[]> => findStatements(world.description, world.token, key);
    const create = (key: string): Promise<Json> => createStatement(world.description, world.token, key);

    it("drop-reply: the request is carried out, the connection is cut", async () => {
      await world.setFaults([{ kind: "drop-reply", service: "cms", method: "POST", times: 1 }]);
      await should(create("dropped")).be.rejectedWith(/fetch failed/);
      should(await find("dropped")).have.length(1);
      await create("not dropped");
    });

    it("reset: the connection is cut, the request is not carried out", async () => {
      await world.setFaults([{ kind: "reset", service: "cms", method: "POST", times: 1 }]);
      await should(create("reset")).be.rejectedWith(/fetch failed/);
      should(await find("reset")).be.empty();
    });

    it("status: answered with Retry-After in the service's own words, not carried out", async () => {
      await world.setFaults([
        { kind: "status", service: "cms", method: "POST", status: 503, retryAfter: 3, times: 1 },
        { kind: "status", service: "css", path: "/v3/", status: 429, times: 1 },
      ]);
      const url = `${world.description.cms.baseUrl}/instances/file/def_statement`;
      const cms = await world.call("POST", url, { name: "x", properties: { customer_number: "C", docbridge_key: "refused" } });
      should(cms.status).equal(503);
      should(cms.headers.get("retry-after")).equal("3");
      should(Object.keys(cms.json)).eql(["status", "exception", "details"]);
      should(await find("refused")).be.empty();
      const files = readdirSync(join(world.dir, "css")).length;
      const css = await world.call("POST", `${world.description.css.baseUrl}/v3/files/fromStream`, randomBytes(500_000), {
        "Content-Type": "application/pdf",
      });
      should(css.status).equal(429);
      should(css.headers.get("retry-after")).be.null();
      should(Object.keys(css.json)).eql(["type", "title", "status", "detail"]);
      should(readdirSync(join(world.dir, "css")).length).equal(files);
    });

    it("latency: carried out later", async () => {
      await world.setFaults([{ kind: "latency", service: "cms", ms: 60, times: 1 }]);
      const started = performance.now();
      await find("nothing");
      should(performance.now() - started).be.aboveOrEqual(50);
    });

    it("expire-tokens: as a fault in mid-run, and by hand", async () => {
      await world.setFaults([{ kind: "expire-tokens", service: "cms", after: 2, times: 1 }]);
      const url = `${world.description.cms.baseUrl}/deleted`;
      const statuses: number[] = [];
      for (let count = 0; count < 4; count += 1) statuses.push((await world.call("GET", url)).status);
      should(statuses).eql([200, 200, 401, 401]);
      world.token = await fetchToken(world.description);
      should((await world.call("GET", url)).status).equal(200);
      should((await world.call("POST", `${world.description.control.url}/expire-tokens`)).status).equal(204);
      should((await world.call("GET", url)).status).equal(401);
      world.token = await fetchToken(world.description);
    });

    it("rate: the same seed hits the same requests", async () => {
      const rule = { kind: "status", service: "cms", status: 503, rate: 0.3, seed: 7 };
      const run = async (): Promise<number[]> => {
        await world.setFaults([rule]);
        const statuses: number[] = [];
        for (let count = 0; count < 40; count += 1)
          statuses.push((await world.call("GET", `${world.description.cms.baseUrl}/deleted`)).status);
        return statuses;
      };
      const first = await run();
      should(await run()).eql(first);
      should(first.filter((status) => status === 503).length).be.within(4, 22);
    });

    it("stops at once, even with an upload and a slow reply under way", async () => {
      const other = await startWorld();
      await other.setFaults([{ kind: "latency", service: "cms", ms: 60_000 }]);
      const slow = other.call("GET", `${other.description.cms.baseUrl}/deleted`).catch((error: Error) => error);
      const headers = { Authorization: `Bearer ${other.token}`, "Content-Length": 1_000_000, "Content-Type": "application/pdf" };
      const upload = request(`${other.description.css.baseUrl}/v2/content`, { method: "POST", headers });
      const broken = once(upload, "error");
      upload.write(randomBytes(600_000));
      while (!readdirSync(join(other.dir, "css")).some((name) => name.endsWith(".part"))) await new Promise(setImmediate);
      await other.sandbox.close();
      should(await slow).be.an.Error();
      await broken;
      should(readdirSync(join(other.dir, "css")).some((name) => name.endsWith(".part"))).be.false();
      rmSync(other.dir, { recursive: true });
    });
  });
});
