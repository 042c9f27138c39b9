import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mountDocumentum } from "../../dist/sandbox/documentum/mount.js";
import { SandboxApp } from "../../dist/sandbox/kernel/app.js";

export const LR = "http://identifiers.emc.com/linkrel/";
export const JSON_TYPE = "application/vnd.emc.documentum+json";
const PASSWORD = "demo-password";

export interface Link {
  rel: string;
  href: string;
  title?: string;
  hreftemplate?: string;
}

export interface Json {
  [name: string]: unknown;
  properties: Record<string, unknown>;
  links: Link[];
  entries?: (Json & { title: string; id: string; content: Json & { src?: string } })[];
  title: string;
  name: string;
  status: number;
  code: string;
  message: string;
  details: string;
  id: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: Json;
}

export interface Part {
  name: string;
  body: string | Buffer;
  fileName?: string;
  type?: string;
  extra?: string[];
}

/** An identity service of two users with passwords, one bearer token and one ticket. */
export const identity = {
  byToken: (token: string | undefined) => (token === "good-token" ? { user: "demo", tenant: "demo" } : undefined),
  byTicket: (ticket: string | undefined) => (ticket === "*OTDSSSO*good" ? { user: "demo", tenant: "demo" } : undefined),
  byPassword: (user: string, password: string) =>
    ["demo", "dmadmin", "guest"].includes(user) && password === PASSWORD ? { user, tenant: "demo" } : undefined,
};

/** One sandbox with only the Documentum stand-in, in a folder of its own. */
export class Rig {
  readonly dir = mkdtempSync(join(tmpdir(), "documentum-"));
  clock = Date.parse("2025-03-01T12:00:00Z");
  app!: SandboxApp;
  private readonly user: string;

  constructor(user = "demo") {
    this.user = user;
  }

  async start(): Promise<this> {
    this.app = new SandboxApp(this.dir, () => this.clock);
    mountDocumentum(this.app, identity);
    await this.app.listen(0);
    return this;
  }

  /** Stops and starts on the same folder, as after a crash. */
  async restart(): Promise<void> {
    await this.app.close();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.app.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  set(name: string, value: boolean | number | string): void {
    this.app.switches.set(`documentum.${name}`, value);
  }

  /** `{ctx}`. */
  get ctx(): string {
    return `${this.app.origin}/dctm-rest`;
  }

  /** `{R}`. */
  get repository(): string {
    return `${this.ctx}/repositories/demo`;
  }

  basic(user = this.user, password = PASSWORD): string {
    return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  }

  /** One request; the path is below `{R}` unless it is a whole address. */
  async call(
    method: string,
    path: string,
    options: { body?: string | Buffer; headers?: Record<string, string>; user?: string } = {},
  ): Promise<Answer> {
    const headers = { Authorization: this.basic(options.user), ...options.headers };
    const response = await fetch(this.address(path), { method, headers, body: options.body as BodyInit | undefined, redirect: "manual" });
    const text = await response.text();
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : ({} as Json) };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call("GET", path, { headers });
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}, user?: string): Promise<Answer> {
    return this.call("POST", path, { body: JSON.stringify(body), headers: { "Content-Type": JSON_TYPE, ...headers }, user });
  }

  multipart(path: string, parts: Part[], headers: Record<string, string> = {}): Promise<Answer> {
    const { type, body } = multipartBody(parts);
    return this.call("POST", path, { body, headers: { "Content-Type": type, ...headers } });
  }

  /** The rows of a query, as plain properties. */
  async dql(query: string, more = ""): Promise<Record<string, unknown>[]> {
    const answer = await this.get(`?dql=${encodeURIComponent(query)}${more}`);
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body.details}`);
    return (answer.body.entries ?? []).map(({ content }) => content.properties);
  }

  /** Id of the folder at a path, from a query as clients make it. */
  async folderId(path: string): Promise<string> {
    const [row] = await this.dql(`select r_object_id from dm_folder where any r_folder_path='${path}'`);
    if (!row) throw new Error(`no folder at ${path}`);
    return row.r_object_id as string;
  }

  /** A document with content in a folder; its id. */
  async document(folderId: string, name: string, content = "bytes", properties: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.multipart(`/folders/${folderId}/documents`, [
      { name: "metadata", type: JSON_TYPE, body: JSON.stringify({ properties: { object_name: name, ...properties } }) },
      { name: "binary", type: "text/plain", body: content },
    ]);
    if (answer.status !== 201) throw new Error(`${answer.status}: ${answer.text}`);
    return answer.body.properties.r_object_id as string;
  }

  private address(path: string): string {
    return /^https?:/.test(path) ? path : this.repository + path;
  }
}

/** A multipart body with exactly the part headers a test wants. */
export function multipartBody(parts: Part[], boundary = "----=_Part_7_1234"): { type: string; body: Buffer } {
  const chunks: Buffer[] = [];
  for (const { name, fileName, type, extra = [], body } of parts) {
    const file = fileName === undefined ? "" : `; filename="${fileName}"`;
    const lines = [`Content-Disposition: form-data; name="${name}"${file}`, ...(type ? [`Content-Type: ${type}`] : []), ...extra];
    chunks.push(Buffer.from(`--${boundary}\r\n${lines.join("\r\n")}\r\n\r\n`), Buffer.from(body), Buffer.from("\r\n"));
  }
  chunks.push(Buffer.from(`--${boundary}--\r\n`));
  return { type: `multipart/form-data;boundary="${boundary}"`, body: Buffer.concat(chunks) };
}

/** A request on `node:http` that sends exactly the given headers. */
export function rawRequest(
  address: string,
  method: string,
  headers: Record<string, string>,
  body?: Buffer,
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(address, { method, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text: Buffer.concat(chunks).toString() }),
      );
      incoming.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** The address of a relation, short or with the LR prefix. */
export function hrefOf(body: { links: Link[] }, rel: string): string | undefined {
  return body.links.find((link) => link.rel === rel || link.rel === LR + rel)?.href;
}

/** The relations of a body, without prefix. */
export function rels(body: { links: Link[] }): string[] {
  return body.links.map(({ rel }) => rel.replace(LR, ""));
}
