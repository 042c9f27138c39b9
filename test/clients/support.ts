import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a test server was asked. */
export interface Asked {
  method: string;
  /** Path and query, exactly as on the request line. */
  path: string;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

export interface Answer {
  status?: number;
  headers?: http.OutgoingHttpHeaders;
  json?: unknown;
  body?: string | Buffer;
}

export interface TestServer {
  url: string;
  port: number;
  asked: Asked[];
  server: http.Server;
  close(): Promise<void>;
}

/** A server that reads each request whole, notes it and gives the handler's answer. */
export function serve(handler: (asked: Asked, index: number) => Answer | Promise<Answer>): Promise<TestServer> {
  const asked: Asked[] = [];
  return listen(asked, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url: path = "", headers } = request;
    const index = asked.push({ method, path, headers, body: Buffer.concat(chunks) }) - 1;
    const answer = await handler(asked[index] as Asked, index);
    if (response.destroyed) return;
    const body = answer.json === undefined ? answer.body : JSON.stringify(answer.json);
    const type = answer.json === undefined ? {} : { "Content-Type": "application/json" };
    response.writeHead(answer.status ?? 200, { ...type, ...answer.headers }).end(body);
  });
}

/** A server whose handler has the request to itself. */
export function serveRaw(handler: (request: http.IncomingMessage, response: http.ServerResponse) => void): Promise<TestServer> {
  return listen([], handler);
}

async function listen(
  asked: Asked[],
  handler: (request: http.IncomingMessage, response: http.ServerResponse) => unknown,
): Promise<TestServer> {
  const server = http.createServer((request, response) => {
    Promise.resolve(handler(request, response)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, port, asked, server, close };
}

export interface TestFile {
  path: string;
  size: number;
  sha256: string;
  md5: string;
  mediaType: string;
  fileName: string;
  bytes: Buffer;
}

/** A folder for the files of one suite. */
export class TestFolder {
  readonly path = mkdtempSync(join(tmpdir(), "docbridge-clients-"));

  file(bytes: Buffer | number, fileName = "letter.pdf", mediaType = "application/pdf"): TestFile {
    const content = typeof bytes === "number" ? randomBytes(bytes) : bytes;
    const path = join(this.path, `${randomBytes(6).toString("hex")}-${fileName}`);
    writeFileSync(path, content);
    const hash = (algorithm: string): string => createHash(algorithm).update(content).digest("hex");
    return { path, size: content.length, sha256: hash("sha256"), md5: hash("md5"), mediaType, fileName, bytes: content };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A port nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = http.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The error a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown> & { message: string; code: string }> {
  try {
    await promise;
  } catch (thrown) {
    return thrown as Record<string, unknown> & { message: string; code: string };
  }
  throw new Error("expected a failure");
}

export interface Part {
  headers: Record<string, string>;
  disposition: string;
  body: Buffer;
}

/** Parts of a multipart body, read with a parser of the tests' own. */
export function partsOf(body: Buffer, contentType: string): Part[] {
  const boundary = /boundary=(.+)$/.exec(contentType)?.[1] ?? "";
  const text = body.toString("latin1");
  if (!text.startsWith(`--${boundary}\r\n`) || !text.endsWith(`\r\n--${boundary}--\r\n`)) throw new Error("not framed by its boundary");
  return text
    .slice(boundary.length + 4, -(boundary.length + 8))
    .split(`\r\n--${boundary}\r\n`)
    .map((part) => {
      const end = part.indexOf("\r\n\r\n");
      const lines = part.slice(0, end).split("\r\n");
      const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
      return { headers, disposition: headers["Content-Disposition"] ?? "", body: Buffer.from(part.slice(end + 4), "latin1") };
    });
}
