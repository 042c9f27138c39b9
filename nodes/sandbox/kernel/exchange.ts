import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy } from "@fastify/busboy";
import { outliveBreak, takeParts } from "./parts";
import type { Damage } from "./store";

/** One part of a multipart body, in the order of the wire. `body` must be read to its end before the next part comes. */
export interface Part {
  name: string;
  /** As sent; may be empty, or a path: never use it as one. */
  fileName: string;
  /** As sent, in lower case and without parameters; `text/plain` when the part names none. */
  mediaType: string;
  body: Readable;
}

/** One request and its reply, with what every stand-in service needs for reading and answering. */
export class Exchange {
  /** Path as sent, without query, not decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly params: Record<string, string> = {};
  /** Set by a fault switch: the next reply is not sent, the connection is cut instead. */
  dropReply = false;
  /** Set by a fault switch: hand this to `Store.writeContent`. */
  damage: Damage | undefined;
  replied = false;

  constructor(
    readonly req: IncomingMessage,
    readonly res: ServerResponse,
  ) {
    const url = new URL(req.url ?? "/", "http://sandbox");
    this.path = url.pathname;
    this.query = url.searchParams;
  }

  /** Path parameter, percent-decoded once. */
  param(name: string): string {
    return decodeURIComponent(this.params[name] ?? "");
  }

  header(name: string): string | undefined {
    const value = this.req.headers[name.toLowerCase()];
    return Array.isArray(value) ? value[0] : value;
  }

  /** Media type of the request body, in lower case and without parameters. */
  get mediaType(): string {
    return (this.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  }

  /** The token of `Authorization: Bearer`, or undefined. */
  get bearer(): string | undefined {
    return /^Bearer\s+(\S+)$/i.exec(this.header("authorization") ?? "")?.[1];
  }

  /** User and password of `Authorization: Basic`, or undefined. */
  get basic(): { user: string; password: string } | undefined {
    const found = /^Basic\s+(\S+)$/i.exec(this.header("authorization") ?? "")?.[1];
    if (!found) return undefined;
    const text = Buffer.from(found, "base64").toString("utf8");
    const at = text.indexOf(":");
    return at < 0 ? undefined : { user: text.slice(0, at), password: text.slice(at + 1) };
  }

  /** The whole body in memory; for metadata, never for content. Throws over `limit` bytes. */
  async bytes(limit = 8 * 1024 * 1024): Promise<Buffer> {
    return readAll(this.req, limit);
  }

  async text(limit?: number): Promise<string> {
    return (await this.bytes(limit)).toString("utf8");
  }

  /** The body as JSON. Throws SyntaxError when it is not JSON. */
  async bodyJson(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  /** The body as form fields, or as the members of a JSON object. */
  async fields(): Promise<Record<string, string>> {
    if (this.mediaType === "application/json") {
      const object = (await this.bodyJson()) as Record<string, unknown>;
      return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, String(value)]));
    }
    return Object.fromEntries(new URLSearchParams(await this.text()));
  }

  /**
   * Hands on the parts of a `multipart/form-data` body one after the other, whatever their names, and returns how
   * many there were. Throws when the body is no multipart body, breaks off, or `onPart` throws; then no part is left open.
   */
  async parts(onPart: (part: Part, index: number) => Promise<void>): Promise<number> {
    const busboy = new Busboy({
      headers: { ...this.req.headers, "content-type": this.header("content-type") ?? "" },
      isPartAFile: () => true,
      preservePath: true,
      highWaterMark: 1024 * 1024,
      fileHwm: 1024 * 1024,
    });
    return takeParts(this.req, busboy, (announce) =>
      busboy.on("file", (name, file, fileName, _encoding, mediaType) => {
        const body = file as Readable;
        outliveBreak(body);
        const part = { name, fileName: fileName ?? "", mediaType: (mediaType ?? "").toLowerCase(), body };
        announce(body, (index) => onPart(part, index));
      }),
    );
  }

  /** Sends a JSON reply. */
  json(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.send(status, JSON.stringify(body), { "Content-Type": "application/json", ...headers });
  }

  /** Sends a reply of text or bytes, or (without body) an empty one. */
  send(status: number, body: string | Buffer | undefined, headers: Record<string, string> = {}): void {
    this.replied = true;
    if (this.cut()) return;
    const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(body);
    this.res.writeHead(status, { ...headers, ...(status === 204 || status === 304 ? {} : { "Content-Length": String(bytes.length) }) });
    this.res.end(this.req.method === "HEAD" ? undefined : bytes);
  }

  /** Streams a file, honouring one `Range` when `ranges` is on. */
  async file(path: string, headers: Record<string, string>, ranges = false): Promise<void> {
    const { size } = await stat(path);
    const range = ranges ? parseRange(this.header("range"), size) : undefined;
    if (range === "unsatisfiable") {
      this.send(416, undefined, { "Content-Range": `bytes */${size}` });
      return;
    }
    this.replied = true;
    if (this.cut()) return;
    const start = range?.start ?? 0;
    const end = range?.end ?? size - 1;
    this.res.writeHead(range ? 206 : 200, {
      ...headers,
      "Content-Length": String(size === 0 ? 0 : end - start + 1),
      ...(range ? { "Content-Range": `bytes ${start}-${end}/${size}` } : {}),
    });
    if (this.req.method === "HEAD" || size === 0) this.res.end();
    else await pipeline(createReadStream(path, { start, end, highWaterMark: 1024 * 1024 }), this.res);
  }

  /** Streams a reply piece by piece, in chunks unless `headers` give its length. */
  async stream(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, headers: Record<string, string>): Promise<void> {
    this.replied = true;
    if (this.cut()) return;
    this.res.writeHead(200, headers);
    if (this.req.method === "HEAD") this.res.end();
    else await pipeline(Readable.from(pieces), this.res);
  }

  private cut(): boolean {
    if (!this.dropReply) return false;
    this.res.destroy();
    this.req.socket.destroy();
    return true;
  }
}

/** Collects a stream. Throws over `limit` bytes. */
export async function readAll(stream: AsyncIterable<Uint8Array>, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) throw new Error(`body is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseRange(header: string | undefined, size: number): { start: number; end: number } | "unsatisfiable" | undefined {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!found || (found[1] === "" && found[2] === "")) return undefined;
  const start = found[1] === "" ? Math.max(0, size - Number(found[2])) : Number(found[1]);
  const end = found[1] === "" || found[2] === "" ? size - 1 : Math.min(size - 1, Number(found[2]));
  return start > end || start >= size ? "unsatisfiable" : { start, end };
}
