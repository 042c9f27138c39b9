import { once } from "node:events";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { type Agent as TlsAgent, request as tlsRequest } from "node:https";
import mustache from "mustache";
import type { ChannelAuthorization, HttpChannel } from "./config";
import { flat, type Metadata, outputContext } from "./metadata";
import type { Outcome, Parcel } from "./outcome";

/** Keep-alive connections of all HTTP channels. */
export interface Agents {
  plain: Agent;
  tls: TlsAgent;
}

/** A request body around the bytes of a file. */
interface Body {
  type: string;
  head: Buffer;
  tail: Buffer;
  /** The file's bytes go out as base64. */
  base64: boolean;
  headers: Record<string, string>;
}

interface Reply {
  status: number;
  retryAfter?: string;
}

const CHUNK = 1024 * 1024;
/** A multiple of 3, so chunks of base64 join without padding. */
const BASE64_CHUNK = 768 * 1024;
const BOUNDARY = "----docbridge-sandbox-exstream-part";
const RETRYABLE = [408, 425, 429];

/**
 * Sends one document to the channel's receiver (wire/exstream.md 13.4, H1 to H3) and judges the reply. Statuses 408, 425, 429
 * and 5xx, a lost connection and silence are worth another try; any other status that is not 2xx is for good.
 */
export async function deliverByHttp(channel: HttpChannel, parcel: Parcel, agents: Agents, signal: AbortSignal): Promise<Outcome> {
  try {
    return judge(await submit(channel, parcel, agents, signal));
  } catch (error) {
    return { kind: "retry", reason: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
  }
}

function judge({ status, retryAfter }: Reply): Outcome {
  if (status >= 200 && status < 300) return { kind: "delivered", status };
  const reason = `the receiver answered ${status}`;
  if (status < 500 && !RETRYABLE.includes(status)) return { kind: "rejected", status, reason };
  return { kind: "retry", status, reason, afterMs: pauseOf(retryAfter) };
}

/** `Retry-After` in milliseconds; seconds or a date. */
function pauseOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const pause = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(pause) ? Math.max(0, pause) : undefined;
}

async function submit(channel: HttpChannel, parcel: Parcel, agents: Agents, signal: AbortSignal): Promise<Reply> {
  const body = bodyOf(channel, parcel);
  const url = new URL(channel.url);
  const tls = url.protocol === "https:";
  const size = body.base64 ? 4 * Math.ceil(parcel.output.size / 3) : parcel.output.size;
  const headers = {
    "Content-Type": body.type,
    "Content-Length": String(body.head.length + size + body.tail.length),
    ...body.headers,
    ...authorizationOf(channel.authorization),
    ...ownHeaders(channel, parcel.metadata),
  };
  const options = { method: channel.method, headers, signal };
  const req = tls ? tlsRequest(url, { ...options, agent: agents.tls }) : httpRequest(url, { ...options, agent: agents.plain });
  req.setTimeout(channel.timeoutMs, () => req.destroy(new Error(`no answer for ${channel.timeoutMs} ms`)));
  const answered = new AbortController();
  const reply = replyOf(req).finally(() => answered.abort());
  // Why the body could not be sent shows in the reply, or in the request's own error.
  const sent = send(req, body, parcel, answered.signal).catch(() => {});
  try {
    return await reply;
  } finally {
    await sent;
    if (!req.writableFinished) req.destroy();
  }
}

function replyOf(req: ClientRequest): Promise<Reply> {
  return new Promise((resolve, reject) => {
    req.on("error", reject);
    req.on("response", (res: IncomingMessage) => {
      res.on("error", reject);
      res.on("end", () => resolve({ status: res.statusCode ?? 0, retryAfter: res.headers["retry-after"] }));
      res.on("close", () => reject(new Error("the reply broke off")));
      res.resume();
    });
  });
}

async function send(req: ClientRequest, body: Body, parcel: Parcel, answered: AbortSignal): Promise<void> {
  if (parcel.output.size <= CHUNK) {
    const bytes = await readFile(parcel.path);
    req.end(Buffer.concat([body.head, body.base64 ? Buffer.from(bytes.toString("base64")) : bytes, body.tail]));
    return;
  }
  req.write(body.head);
  for await (const chunk of createReadStream(parcel.path, { highWaterMark: body.base64 ? BASE64_CHUNK : CHUNK })) {
    const going = body.base64 ? req.write((chunk as Buffer).toString("base64"), "latin1") : req.write(chunk);
    if (!going) await once(req, "drain", { signal: answered });
    answered.throwIfAborted();
  }
  req.end(body.tail);
}

function bodyOf(channel: HttpChannel, { output, metadata }: Parcel): Body {
  if (channel.mode === "raw") {
    const headers = rawHeaders(metadata, output.id);
    return { type: output.mimeType, head: Buffer.alloc(0), tail: Buffer.alloc(0), base64: false, headers };
  }
  if (channel.mode === "multipart") {
    const head =
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: application/json\r\n\r\n` +
      `${JSON.stringify(metadata)}\r\n--${BOUNDARY}\r\n` +
      `Content-Disposition: form-data; name="document"; filename="${metadata.file.name}"\r\nContent-Type: ${output.mimeType}\r\n\r\n`;
    const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
    return { type: `multipart/form-data; boundary=${BOUNDARY}`, head: Buffer.from(head), tail, base64: false, headers: {} };
  }
  const element = `"mimeType":${JSON.stringify(output.mimeType)},"engineOutputContext":${JSON.stringify(outputContext(output))}`;
  const own = `"metadata":${JSON.stringify(metadata)}`;
  const reply = channel.envelope === "reply";
  return {
    type: "application/json",
    head: Buffer.from(reply ? `{"status":"success","data":[{"content":"` : `{"content":"`),
    tail: Buffer.from(reply ? `",${element}}],${own}}` : `",${element},${own}}`),
    base64: true,
    headers: {},
  };
}

/** Metadata with a header of its own in wire/exstream.md 13.4; all metadata also goes as `X-Exstream-Meta-*` (our convention). */
function rawHeaders(metadata: Metadata, trackerId: string): Record<string, string> {
  const named: Record<string, string | undefined> = {
    "X-Exstream-Job-Id": metadata.jobId,
    "X-Exstream-Flow-Instance-Id": metadata.flowInstanceId,
    "X-Exstream-Flow-Step-Id": metadata.flowStepId,
    "X-Exstream-Queue-Name": metadata.queueName,
    "X-Exstream-Customer-Number": metadata.customerNumber,
    "X-Exstream-File-Name": metadata.file.name,
    "X-Exstream-Communication-Id": metadata.communication.id,
    "X-Exstream-Communication-Version": String(metadata.communication.version),
    "X-Exstream-External-Id": metadata.externalId,
    "X-Exstream-Tracker-Id": trackerId,
  };
  for (const [name, value] of flat(metadata)) named[`X-Exstream-Meta-${name.replace(/([a-z0-9])([A-Z])/g, "$1-$2")}`] = value;
  return Object.fromEntries(Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [[name, headerValue(value)]])));
}

function ownHeaders(channel: HttpChannel, metadata: Metadata): Record<string, string> {
  return Object.fromEntries(
    Object.entries(channel.headers).map(([name, template]) => [
      name,
      headerValue(mustache.render(template, metadata, undefined, { escape: String })),
    ]),
  );
}

/** A header holds printable ASCII only: everything else, and the percent sign, goes percent-encoded as UTF-8 (our convention). */
function headerValue(value: string): string {
  return value.replace(/[^\x20-\x24\x26-\x7e]+/g, (part) =>
    [...Buffer.from(part)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}

function authorizationOf(authorization: ChannelAuthorization | undefined): Record<string, string> {
  switch (authorization?.type) {
    case undefined:
      return {};
    case "basic":
      return { Authorization: `Basic ${Buffer.from(`${authorization.user}:${authorization.password}`).toString("base64")}` };
    case "bearer":
      return { Authorization: `Bearer ${authorization.token}` };
    case "header":
      return { [authorization.name]: authorization.value };
  }
}
