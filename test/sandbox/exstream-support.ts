import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import "should";
import { mountExstream } from "../../dist/sandbox/exstream/mount.js";
import { SandboxApp } from "../../dist/sandbox/kernel/app.js";
import type { Identity } from "../../dist/sandbox/kernel/identity.js";

/** A token the test identity knows. */
export const TOKEN = "good-token";

/** A ticket the test identity knows. */
export const TICKET = "*OTDSSSO*good";

export const identity: Identity = {
  byToken: (token) => {
    if (token === TOKEN) return { user: "demo", tenant: "test" };
    return token === "other-token" ? { user: "other", tenant: "test" } : undefined;
  },
  byTicket: (ticket) => (ticket === TICKET ? { user: "demo", tenant: "test" } : undefined),
  byPassword: (user, password) => (user === "demo" && password === "good-password" ? { user, tenant: "test" } : undefined),
};

export const RUNTIME = "/orchestration/api/v1/runtime/demo";
export const BATCH = "/orchestration/api/v1/inputs/batch/demo/statements";

/** Reply of a JSON route; tests look into it freely. */
export interface Reply {
  status: number;
  body: Json;
  headers: Headers;
}

/** Parsed JSON; what it holds is for the assertions to find out. */
export type Json = ReturnType<typeof JSON.parse>;

/** The stand-in on a folder of its own. */
export class Sandbox {
  readonly app: SandboxApp;
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
    this.app = new SandboxApp(dir);
    mountExstream(this.app, identity);
  }

  /** Starts one on `dir`, or on a new folder. */
  static async start(dir = mkdtempSync(join(tmpdir(), "exstream-"))): Promise<Sandbox> {
    const sandbox = new Sandbox(dir);
    await sandbox.app.listen(0);
    return sandbox;
  }

  async close(keep = false): Promise<void> {
    await this.app.close();
    if (!keep) rmSync(this.dir, { recursive: true, force: true });
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.app.origin + path, { ...init, headers: { Authorization: `Bearer ${TOKEN}`, ...init.headers } });
  }

  async json(path: string, init: RequestInit = {}): Promise<Reply> {
    const response = await this.fetch(path, init);
    return { status: response.status, body: (await response.json()) as Json, headers: response.headers };
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    return this.json(path, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });
  }

  async channels(...channels: object[]): Promise<void> {
    const response = await fetch(`${this.app.origin}/sandbox/exstream/channels`, { method: "PUT", body: JSON.stringify({ channels }) });
    if (response.status !== 200) throw new Error(await response.text());
  }

  /** Submits a batch; the ids of its job and flow instance. */
  async submit(body: unknown, headers: Record<string, string> = {}): Promise<{ jobId: string; id: string }> {
    const reply = await this.post(BATCH, body, headers);
    if (reply.status !== 201) throw new Error(JSON.stringify(reply.body));
    return { jobId: reply.body.data[0].jobId, id: reply.body.data[0].id };
  }

  async job(jobId: string): Promise<Json> {
    return (await this.json(`${RUNTIME}/jobs/${jobId}`)).body.data;
  }

  /** Polls, as every client of the vendor must, until the job has one of the statuses. */
  async until(jobId: string, ...statuses: string[]): Promise<Json> {
    for (;;) {
      const job = await this.job(jobId);
      if (statuses.includes(job.status)) return job;
      await sleep(10);
    }
  }

  ended(jobId: string): Promise<Json> {
    return this.until(jobId, "complete", "error", "canceled");
  }

  async communicationStep(instanceId: string): Promise<Json> {
    const { body } = await this.json(`${RUNTIME}/flow-steps?filter=flowInstanceId:${instanceId};stepTypes:communication`);
    return body.data[0];
  }

  /** The live records of one kind, read from the log as a program without our code would. */
  records(kind: string): Json[] {
    return [...replay(this.dir, kind).values()];
  }
}

/** Replays the log of the store. */
export function replay(dir: string, kind: string): Map<string, Json> {
  const live = new Map<string, Json>();
  for (const line of logOf(dir)) {
    if (line.kind !== kind) continue;
    if (line.op === "put") live.set(line.id, line.value);
    else live.delete(line.id);
  }
  return live;
}

/** Every whole line of the store's log. */
export function logOf(dir: string): Json[] {
  const text = readFileSync(join(dir, "exstream.jsonl"), "utf8");
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Json);
}

/** One request a receiver got. */
export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  /** Empty when the receiver only hashes. */
  body: Buffer;
  size: number;
  sha256: string;
}

/** How a receiver answers: a status (with headers), or by cutting the connection without a reply. */
export type Answer = { status: number; headers?: Record<string, string> } | "drop";

/** A receiver of HTTP submits that keeps, or only hashes, what it gets. */
export class Receiver {
  readonly got: Received[] = [];
  private server: Server | undefined;
  private waiting: { count: number; resolve: () => void }[] = [];
  private port = 0;
  private readonly answer: (request: Received, number: number) => Answer;
  private readonly keepBodies: boolean;

  constructor(answer: (request: Received, number: number) => Answer = () => ({ status: 201 }), keepBodies = true) {
    this.answer = answer;
    this.keepBodies = keepBodies;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/documents`;
  }

  /** Listens; after a stop on the same port again. */
  async start(): Promise<this> {
    this.server = createServer(async (req, res) => {
      const hash = createHash("sha256");
      const chunks: Buffer[] = [];
      let size = 0;
      try {
        for await (const chunk of req) {
          hash.update(chunk);
          size += chunk.length;
          if (this.keepBodies) chunks.push(chunk);
        }
      } catch {
        return;
      }
      const { method = "", url = "", headers } = req;
      const request = { method, url, headers, body: Buffer.concat(chunks), size, sha256: hash.digest("hex") };
      const answer = this.answer(request, this.got.length);
      this.got.push(request);
      if (answer === "drop") res.destroy();
      else res.writeHead(answer.status, answer.headers).end("{}");
      this.waiting = this.waiting.filter(({ count, resolve }) => this.got.length < count || resolve());
    });
    this.server.listen(this.port, "127.0.0.1");
    await once(this.server, "listening");
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** The one request it got. */
  only(): Received {
    const [first, ...more] = this.got;
    if (!first || more.length > 0) throw new Error(`got ${this.got.length} requests, not one`);
    return first;
  }

  /** Resolves once `count` requests were taken in whole. */
  received(count: number): Promise<void> {
    if (this.got.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ count, resolve }));
  }

  /** Ends at once, with whatever is under way cut. */
  async stop(): Promise<void> {
    if (!this.server) return;
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
    this.server = undefined;
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const FIRST = {
  number: "C-1",
  name: "Customer Größe & Söhne (1)",
  address: ["Prüfweg 1", "00000 Köln\\Süd"],
  account: "4711/1",
  period: "2026-05",
  currency: "EUR",
  balance: 1234.5,
  transactions: [
    { date: "2026-05-03", text: "Überweisung", amount: -12.34 },
    { date: "2026-05-09", text: "Gutschrift", amount: 1246.84 },
  ],
  email: "c1@example.com",
  language: "de",
};

const SECOND = {
  number: "C-2",
  name: "Customer 2",
  address: "Street 2\nTown",
  account: "4711/2",
  period: "2026-05",
  currency: "EUR",
  balance: 0,
  transactions: [],
  mobile: "+491713920002",
  language: "en",
};

/** Two customers as an integrator might send them. */
export const CUSTOMERS: [typeof FIRST, typeof SECOND] = [FIRST, SECOND];

/** Stored entries of an archive, by its directory. */
export function unzip(bytes: Buffer): Map<string, Buffer> {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  let at = bytes.readUInt32LE(end + 16);
  const entries = new Map<string, Buffer>();
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    bytes.readUInt32LE(at).should.equal(0x02014b50);
    const size = bytes.readUInt32LE(at + 24);
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString("utf8", at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    bytes.readUInt32LE(local).should.equal(0x04034b50);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    entries.set(name, bytes.subarray(start, start + size));
    at += 46 + nameLength;
  }
  at.should.equal(end);
  return entries;
}
