import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import should from "should";
import { type RunningSandbox, type SandboxDescription, type SandboxOptions, startSandbox } from "../../dist/sandbox/main.js";

/** A running sandbox with its folder, and the requests a test of the platform services needs. Speaks plain `fetch`. */
export interface World {
  description: SandboxDescription;
  sandbox: RunningSandbox;
  dir: string;
  token: string;
  /** Sends JSON with the world's bearer token; `body` undefined sends none. */
  call(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  setSwitches(values: Record<string, unknown>): Promise<void>;
  setFaults(rules: object[]): Promise<void>;
  /** Stops the sandbox and starts another on the same folder. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface Reply {
  status: number;
  headers: Headers;
  json: Json;
  bytes: Buffer;
}

/** Parsed JSON whose shape the test asserts: every step may lead nowhere. */
export interface Json {
  [name: string]: Json | undefined;
}

/** A JSON list; empty when there is none. */
export function list(json: Json | undefined): Json[] {
  return (json ?? []) as unknown as Json[];
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "docbridge-sandbox-"));
}

export async function startWorld(options: Partial<SandboxOptions> = {}): Promise<World> {
  const dir = temporaryFolder();
  const world = { dir } as World;
  const start = async (): Promise<void> => {
    world.sandbox = await startSandbox({ port: 0, dataDir: dir, ...options });
    world.description = world.sandbox.description;
    world.token = await fetchToken(world.description);
  };
  world.call = async (method, url, body, headers = {}) => {
    const isJson = body !== undefined && !(body instanceof Uint8Array) && !(body instanceof FormData);
    const sent: Record<string, string> = { Authorization: `Bearer ${world.token}`, ...headers };
    if (isJson) sent["Content-Type"] ??= "application/json";
    return reply(await fetch(url, { method, headers: sent, body: isJson ? JSON.stringify(body) : (body as BodyInit | undefined) }));
  };
  world.setSwitches = async (values) => expectOk(await world.call("PUT", `${world.description.control.url}/switches`, values));
  world.setFaults = async (rules) => expectOk(await world.call("PUT", `${world.description.control.url}/faults`, { rules }));
  world.restart = async () => {
    await world.sandbox.close();
    await start();
  };
  world.stop = async () => {
    await world.sandbox.close();
    rmSync(dir, { recursive: true });
  };
  await start();
  return world;
}

export async function fetchToken({ otds }: SandboxDescription): Promise<string> {
  const body = { grant_type: "client_credentials", client_id: otds.clientId, client_secret: otds.clientSecret };
  const headers = { "Content-Type": "application/json" };
  const { json } = await reply(await fetch(otds.tokenUrl, { method: "POST", headers, body: JSON.stringify(body) }));
  return String(json.access_token);
}

export async function reply(response: Response): Promise<Reply> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    json: (isJson ? JSON.parse(bytes.toString("utf8")) : {}) as Json,
  };
}

/** The live records of a service, replayed from its JSONL file by this test's own few lines. */
export function replayed(dir: string, service: string): Map<string, Map<string, Json>> {
  const kinds = new Map<string, Map<string, Json>>();
  for (const line of readFileSync(join(dir, `${service}.jsonl`), "utf8").split("\n")) {
    if (line === "") continue;
    const { op, kind, id, value } = JSON.parse(line);
    if (!kinds.has(kind)) kinds.set(kind, new Map());
    if (op === "put") kinds.get(kind)?.set(id, value);
    else kinds.get(kind)?.delete(id);
  }
  return kinds;
}

/** A multipart body written by hand, for names that FormData would not send. */
export function multipart(parts: { name: string; fileName?: string; type?: string; bytes: Buffer }[]): { body: Buffer; type: string } {
  const boundary = "----handmade-boundary-7d4";
  const chunks: Buffer[] = [];
  for (const { name, fileName, type, bytes } of parts) {
    const file = fileName === undefined ? "" : `; filename="${fileName}"`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n`;
    chunks.push(Buffer.from(`${head}${type ? `Content-Type: ${type}\r\n` : ""}\r\n`), bytes, Buffer.from("\r\n"));
  }
  chunks.push(Buffer.from(`--${boundary}--\r\n`));
  return { body: Buffer.concat(chunks), type: `multipart/form-data; boundary=${boundary}` };
}

function expectOk({ status, bytes }: Reply): void {
  if (status !== 200) throw new Error(`control route answered ${status}: ${bytes.toString("utf8")}`);
}

/** Makes a `def_statement` with the key, and the v3 file as its rendition. */
export async function createStatement({ cms }: SandboxDescription, token: string, key: string, fileId?: string): Promise<Json> {
  const renditions = fileId ? [{ name: "x.pdf", rendition_type: "primary", blob_id: fileId, source: "FILE_ID" }] : [];
  const body = JSON.stringify({ name: key, properties: { customer_number: "C1", docbridge_key: key }, renditions });
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const got = await reply(await fetch(`${cms.baseUrl}/instances/file/def_statement`, { method: "POST", headers, body }));
  should(got.status).equal(201, got.bytes.toString());
  return got.json;
}

/** Every version of the statements with the key. */
export async function findStatements({ cms }: SandboxDescription, token: string, key: string): Promise<Json[]> {
  const filter = encodeURIComponent(`docbridge_key eq '${key}'`);
  const headers = { Authorization: `Bearer ${token}` };
  const got = await reply(await fetch(`${cms.baseUrl}/instances/file/def_statement?filter=${filter}`, { headers }));
  should(got.status).equal(200);
  return list(got.json._embedded?.collection);
}
