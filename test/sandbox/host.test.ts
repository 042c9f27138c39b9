import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import should from "should";
import { type SandboxDescription, startSandbox } from "../../dist/sandbox/main.js";
import { fetchToken, type Json, list, type Reply, replayed, reply, startWorld, temporaryFolder, type World } from "./platform-support.ts";

const DIST = join(import.meta.dirname, "../../dist/sandbox");

describe("sandbox host", () => {
  describe("as a process", () => {
    const running: ChildProcess[] = [];
    let dir: string;

    beforeEach(() => {
      dir = temporaryFolder();
    });
    afterEach(async () => {
      for (const child of running.splice(0)) {
        if (child.exitCode === null && child.signalCode === null) {
          child.kill("SIGKILL");
          await once(child, "exit");
        }
      }
      rmSync(dir, { recursive: true });
    });

    function launch(...parameters: string[]): ChildProcess {
      const child = spawn(process.execPath, [join(DIST, "cli.js"), ...parameters], { stdio: ["ignore", "pipe", "pipe"] });
      running.push(child);
      return child;
    }

    /** Starts on a free port; resolves with the first line of standard output. */
    async function launchReady(
      ...parameters: string[]
    ): Promise<{ child: ChildProcess; lines: string[]; description: SandboxDescription }> {
      const child = launch("--port", "0", "--data", dir, ...parameters);
      const lines: string[] = [];
      const reader = createInterface({ input: child.stdout as NodeJS.ReadableStream });
      reader.on("line", (line) => lines.push(line));
      await once(reader, "line");
      return { child, lines, description: JSON.parse(lines[0] as string) };
    }

    async function outcome(child: ChildProcess): Promise<{ code: number | null; errors: string }> {
      let errors = "";
      child.stderr?.on("data", (chunk) => {
        errors += chunk;
      });
      const [code] = await once(child, "close");
      return { code, errors };
    }

    it("prints one line of JSON that describes it, and ends on SIGTERM", async () => {
      const { child, lines, description } = await launchReady("--token-lifetime", "7");
      should((await reply(await fetch(description.control.url))).json).eql(description);
      should(Object.keys(description)).eql(["origin", "otds", "documentum", "css", "cms", "exstream", "control"]);
      should(description.css).eql({ baseUrl: `${description.origin}/css`, tenant: "demo" });
      should(description.cms.baseUrl).equal(`${description.origin}/cms`);
      should(description.otds).containEql({ tenant: "demo", clientId: "docbridge", clientSecret: "docbridge-secret", user: "demo" });
      for (const part of Object.values(description)) {
        for (const value of typeof part === "string" ? [part] : Object.values(part)) should(value).be.a.String().and.not.be.empty();
      }
      const { otds } = description;
      const body = new URLSearchParams({ grant_type: "password", username: otds.user, password: otds.password });
      body.set("client_id", otds.clientId);
      body.set("client_secret", otds.clientSecret);
      should((await reply(await fetch(otds.tokenUrl, { method: "POST", body }))).json.expires_in).equal(7);

      child.kill("SIGTERM");
      should((await outcome(child)).code).equal(0);
      should(lines).have.length(1);
    });

    it("says plainly that a port is taken or an argument is wrong", async () => {
      const blocker = createServer();
      await once(blocker.listen(0, "127.0.0.1"), "listening");
      const { port } = blocker.address() as AddressInfo;
      const busy = await outcome(launch("--port", String(port), "--data", dir));
      blocker.close();
      should(busy.code).equal(1);
      should(busy.errors).containEql(`Port ${port}`).and.containEql("in use").and.not.containEql("    at ");
      for (const bad of [["--port", "many"], ["--port", "70000"], ["--token-lifetime", "0"], ["--colour", "red"], ["stray"]]) {
        const { code, errors } = await outcome(launch("--data", dir, ...bad));
        should(code).equal(2, bad.join(" "));
        should(errors).containEql("usage:");
      }
      // A file where the folder should be.
      appendFileSync(join(dir, "file"), "");
      const noFolder = await outcome(launch("--port", "0", "--data", join(dir, "file")));
      should(noFolder.code).equal(1);
      should(noFolder.errors).containEql(join(dir, "file"));
    });

    it("has everything it acknowledged after kill -9, whatever line the kill cut", async () => {
      const first = await launchReady();
      const token = await fetchToken(first.description);
      const bytes = randomBytes(100_000);
      const { id } = await storeV3(first.description, token, bytes);
      const made = await createStatement(first.description, token, "killed", String(id));
      first.child.kill("SIGKILL");
      await once(first.child, "exit");
      for (const service of ["otds", "css", "cms"]) appendFileSync(join(dir, `${service}.jsonl`), '{"seq":99,"op":"put","kin');

      const second = await launchReady();
      const headers = { Authorization: `Bearer ${token}` };
      const again = await fetch(`${second.description.css.baseUrl}/v3/files/${id}/stream`, { headers });
      should(again.status).equal(200);
      should(Buffer.from(await again.arrayBuffer()).equals(bytes)).be.true();
      should((await findStatements(second.description, token, "killed")).map((row) => row.id)).eql([made.id]);
      await createStatement(second.description, token, "after the kill", String(id));
      // The cut line is gone, and what came after it can be read.
      should(
        [...(replayed(dir, "cms").get("instance")?.values() ?? [])].filter((row) => row.type === ("def_statement" as never)),
      ).have.length(2);
    });

    it("takes 300 MB as a raw body and as a part, and gives it back, without holding it in memory", async function () {
      this.timeout(120_000);
      const { description } = await launchReady();
      const token = await fetchToken(description);
      const rss = async (): Promise<number> => Number((await reply(await fetch(`${description.control.url}/metrics`))).json.memory?.rss);
      const before = await rss();
      let peak = before;
      const sample = async (): Promise<void> => {
        peak = Math.max(peak, await rss());
      };
      const megabyte = randomBytes(1024 * 1024);
      const sha256 = createHash("sha256");
      for (let count = 0; count < 300; count += 1) sha256.update(megabyte);
      const expected = sha256.digest("hex");

      const rawId = (await sendMegabytes(`${description.css.baseUrl}/v3/files/fromStream`, token, megabyte, 300, sample)).json.id;
      const sent = await sendMegabytes(`${description.css.baseUrl}/v2/content`, token, megabyte, 300, sample, "big.pdf");
      const [entry] = list(sent.json.entries) as [Json];
      should(entry).containEql({ size: 300 * 1024 * 1024, fileName: "big.pdf" });
      const urls = [`${description.css.baseUrl}/v3/files/${rawId}/stream`, `${description.css.baseUrl}/v2/content/${entry.id}/download`];
      for (const url of urls) {
        const hash = createHash("sha256");
        const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) hash.update(chunk);
        should(hash.digest("hex")).equal(expected);
        await sample();
      }
      const growth = Math.round((peak - before) / 2 ** 20);
      should(growth).be.below(128, `memory grew by ${growth} MB`);
    });
  });

  describe("in a worker thread", () => {
    it("posts its description, serves, and stops on 'close'", async () => {
      const dir = temporaryFolder();
      const worker = new Worker(join(DIST, "worker.js"), { workerData: { port: 0, dataDir: dir } });
      const [description] = (await once(worker, "message")) as [SandboxDescription];
      should(await fetchToken(description)).be.a.String();
      worker.postMessage("close");
      should((await once(worker, "exit"))[0]).equal(0);
      await should(fetch(description.control.url)).be.rejected();
      rmSync(dir, { recursive: true });
    });

    it("reports a start that fails as the worker's error", async () => {
      const dir = temporaryFolder();
      const worker = new Worker(join(DIST, "worker.js"), { workerData: { port: 0, dataDir: dir, switches: { "css.typo": true } } });
      const [error] = (await once(worker, "error")) as [Error];
      should(error.message).containEql("css.typo");
      rmSync(dir, { recursive: true });
    });
  });

  describe("control", () => {
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
      should(performance.now() - started).be.aboveOrEqual(59);
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

  it("keeps every service's state in a file that a person can read", async () => {
    const world = await startWorld();
    await createStatement(world.description, world.token, "readable");
    await world.sandbox.close();
    for (const service of ["otds", "css", "cms", "documentum", "exstream"])
      should(existsSync(join(world.dir, `${service}.jsonl`))).be.true();
    const lines = readFileSync(join(world.dir, "cms.jsonl"), "utf8").trimEnd().split("\n");
    const last = lines
      .map((line) => JSON.parse(line))
      .filter(({ kind }) => kind === "instance")
      .at(-1);
    should(last).containEql({ op: "put", kind: "instance" });
    should(last.value.properties.docbridge_key).equal("readable");
    should(Number.isNaN(Date.parse(last.at))).be.false();
    should(lines.map((line) => JSON.parse(line).seq)).eql(lines.map((_line, index) => index + 1));
    rmSync(world.dir, { recursive: true });
  });
});

async function storeV3({ css }: SandboxDescription, token: string, bytes: Buffer): Promise<Json> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/pdf" };
  return (await reply(await fetch(`${css.baseUrl}/v3/files/fromStream`, { method: "POST", headers, body: bytes }))).json;
}

async function createStatement({ cms }: SandboxDescription, token: string, key: string, fileId?: string): Promise<Json> {
  const renditions = fileId ? [{ name: "x.pdf", rendition_type: "primary", blob_id: fileId, source: "FILE_ID" }] : [];
  const body = JSON.stringify({ name: key, properties: { customer_number: "C1", docbridge_key: key }, renditions });
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const got = await reply(await fetch(`${cms.baseUrl}/instances/file/def_statement`, { method: "POST", headers, body }));
  should(got.status).equal(201, got.bytes.toString());
  return got.json;
}

async function findStatements({ cms }: SandboxDescription, token: string, key: string): Promise<Json[]> {
  const filter = encodeURIComponent(`docbridge_key eq '${key}'`);
  const headers = { Authorization: `Bearer ${token}` };
  const got = await reply(await fetch(`${cms.baseUrl}/instances/file/def_statement?filter=${filter}`, { headers }));
  should(got.status).equal(200);
  return list(got.json._embedded?.collection);
}

/** Uploads the same megabyte many times, raw or as a multipart part, no faster than the server takes it. */
async function sendMegabytes(
  url: string,
  token: string,
  megabyte: Buffer,
  count: number,
  sample: () => Promise<void>,
  fileName?: string,
): Promise<Reply> {
  const head = fileName
    ? `--x\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\nContent-Type: application/pdf\r\n\r\n`
    : "";
  const tail = fileName ? "\r\n--x--\r\n" : "";
  const headers = {
    Authorization: `Bearer ${token}`,
    "Content-Type": fileName ? "multipart/form-data; boundary=x" : "application/pdf",
    "Content-Length": head.length + count * megabyte.length + tail.length,
  };
  const sending = request(url, { method: "POST", headers });
  const answered = once(sending, "response");
  sending.write(head);
  for (let index = 0; index < count; index += 1) {
    if (!sending.write(megabyte)) await once(sending, "drain");
    if (index % 50 === 0) await sample();
  }
  sending.end(tail);
  const [response] = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  await sample();
  should(response.statusCode).equal(201);
  return { status: 201, headers: new Headers(), bytes: Buffer.concat(chunks), json: JSON.parse(Buffer.concat(chunks).toString()) };
}
