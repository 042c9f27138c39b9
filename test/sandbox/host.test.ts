import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import should from "should";
import type { SandboxDescription } from "../../dist/sandbox/main.js";
import {
  createStatement,
  fetchToken,
  findStatements,
  type Json,
  list,
  type Reply,
  replayed,
  reply,
  startWorld,
  temporaryFolder,
} from "./platform-support.ts";

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
      should([...(replayed(dir, "cms").get("instance")?.values() ?? [])].filter((row) => String(row.type) === "def_statement")).have.length(
        2,
      );
    });

    it("takes 300 MB as a raw body and 100 MB as a part, and gives it back, without holding it in memory", async function () {
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
      const sha256 = (megabytes: number): string => {
        const hash = createHash("sha256");
        for (let count = 0; count < megabytes; count += 1) hash.update(megabyte);
        return hash.digest("hex");
      };

      const rawId = (await sendMegabytes(`${description.css.baseUrl}/v3/files/fromStream`, token, megabyte, 300, sample)).json.id;
      const sent = await sendMegabytes(`${description.css.baseUrl}/v2/content`, token, megabyte, 100, sample, "big.pdf");
      const [entry] = list(sent.json.entries) as [Json];
      should(entry).containEql({ size: 100 * 1024 * 1024, fileName: "big.pdf" });
      const downloads: [url: string, megabytes: number][] = [
        [`${description.css.baseUrl}/v3/files/${rawId}/stream`, 300],
        [`${description.css.baseUrl}/v2/content/${entry.id}/download`, 100],
      ];
      for (const [url, megabytes] of downloads) {
        const hash = createHash("sha256");
        const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
        for await (const chunk of response.body as AsyncIterable<Uint8Array>) hash.update(chunk);
        should(hash.digest("hex")).equal(sha256(megabytes));
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
  return (await reply(await fetch(`${css.baseUrl}/v3/files/fromStream`, { method: "POST", headers, body: new Uint8Array(bytes) }))).json;
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
