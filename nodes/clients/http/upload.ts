import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { asDocbridgeError, DocbridgeError } from "../../core/errors";
import { CHUNK_SIZE, type Loan, sharedBuffers } from "./buffers";
import { Exchange, isSuccess } from "./exchange";
import { type FailureReader, replyFailure, transportFailure, unexpectedReply } from "./failures";
import type { Http } from "./http";
import { type Frame, type Framing, frame } from "./multipart";

/** A file that must still hold exactly these bytes. */
export interface SourceFile {
  path: string;
  size: number;
  /** Lower-case hex. */
  sha256: string;
}

export interface UploadCall {
  method?: "POST" | "PUT";
  url: string;
  headers: Record<string, string>;
  file: SourceFile;
  /** Multipart around the file; without it the body is the file and `headers` names its type. */
  framing?: Framing;
  /** Milliseconds without a byte in either direction; default 120,000. There is no limit on the whole upload. */
  idleTimeoutMs?: number;
  signal?: AbortSignal;
  /** Also computes md5 of what is sent (costs twice what sha256 does). */
  md5?: boolean;
  readFailure?: FailureReader;
}

export interface Sent {
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
  /** Lower-case hex; only when asked for. */
  md5?: string;
}

export interface UploadReply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  /** Of the file's bytes, computed while they passed. */
  sent: Sent;
}

export const IDLE_TIMEOUT_MS = 120_000;
/** Files no larger than this get a buffer of their own: cheaper than waiting for a pooled one. */
const OWN_BUFFER = 64 * 1024;

/**
 * Sends a file as a request's body, hashing it on the way. Up to 1 MiB it is one corked write; above, 1 MiB chunks from
 * pooled buffers. Resolves for 2xx only. Throws DocbridgeError `content-missing`, `content-altered` (before the last
 * bytes are sent, so the server cannot take them for the document), and what failures.ts says of transport and replies.
 */
export function uploadFile(http: Http, call: UploadCall): Promise<UploadReply> {
  return http.run(() => sendFile(http, call), call.signal, { measureLatency: false });
}

async function sendFile(http: Http, call: UploadCall): Promise<UploadReply> {
  const source = await openSource(call.file);
  try {
    const around = call.framing && frame(call.framing, call.file.size);
    return await (call.file.size <= CHUNK_SIZE ? sendAtOnce : sendInChunks)(http, call, source, around);
  } finally {
    await source.close();
  }
}

async function openSource(file: SourceFile): Promise<FileHandle> {
  let handle: FileHandle;
  try {
    handle = await open(file.path, "r");
  } catch (cause) {
    if (!isMissing(cause)) throw unreadable(file, cause);
    throw new DocbridgeError("content-missing", {
      message: `The bytes of the document (sha256 ${file.sha256}) are not in the spool any more. Take the document in again.`,
      subject: file.sha256,
      cause,
    });
  }
  const { size } = await handle.stat();
  if (size === file.size) return handle;
  await handle.close();
  throw altered(file, `it has ${size} bytes instead of ${file.size}`);
}

async function sendAtOnce(http: Http, call: UploadCall, source: FileHandle, around: Frame | undefined): Promise<UploadReply> {
  const { size } = call.file;
  const loan = size <= OWN_BUFFER ? ownBuffer(size) : await sharedBuffers.borrow("body", call.signal);
  let flushed = true;
  try {
    const bytes = loan.buffer.subarray(0, size);
    await readFull(source, bytes, 0, call.file);
    const hashes = new Hashes(call.md5);
    hashes.update(bytes);
    const sent = hashes.finish(call.file);
    const exchange = openExchange(http, call, around);
    flushed = await exchange.end(...(around ? [around.head, bytes, around.tail] : [bytes]));
    return await conclude(http, call, exchange, flushed ? sent : undefined);
  } finally {
    loan.release(flushed);
  }
}

async function sendInChunks(http: Http, call: UploadCall, source: FileHandle, around: Frame | undefined): Promise<UploadReply> {
  const loan = await sharedBuffers.borrow("stream", call.signal);
  const stream = new ChunkedBody(call, source, around, loan);
  try {
    const exchange = openExchange(http, call, around);
    await stream.sendOver(exchange);
    return await conclude(http, call, exchange, stream.sent);
  } finally {
    stream.release();
  }
}

/** A large body on its way: reads the next chunk while the last one leaves, where there is a second buffer to spare. */
class ChunkedBody {
  /** Set when the whole body has left. */
  sent: Sent | undefined;
  readonly #call: UploadCall;
  readonly #source: FileHandle;
  readonly #around: Frame | undefined;
  readonly #hashes: Hashes;
  #loans: Loan[];
  /** The write whose end has not been reported, and the buffer it reads. */
  #leaving: { loan: Loan; flushed: Promise<boolean> } | undefined;

  constructor(call: UploadCall, source: FileHandle, around: Frame | undefined, loan: Loan) {
    this.#call = call;
    this.#source = source;
    this.#around = around;
    this.#hashes = new Hashes(call.md5);
    this.#loans = [loan];
  }

  /** Returns when the body has left or the exchange is over, for example because the file was found altered. */
  async sendOver(exchange: Exchange): Promise<void> {
    try {
      await this.#sendChunks(exchange);
    } catch (thrown) {
      exchange.cancel(asDocbridgeError(thrown, "spool-io"));
    }
  }

  /** Throws `content-altered` and `spool-io` before the last chunk leaves. */
  async #sendChunks(exchange: Exchange): Promise<void> {
    const { size } = this.#call.file;
    for (let at = 0; at < size; at += CHUNK_SIZE) {
      const loan = await this.#freeBuffer();
      if (!loan) return;
      const bytes = loan.buffer.subarray(0, Math.min(CHUNK_SIZE, size - at));
      await readFull(this.#source, bytes, at, this.#call.file);
      this.#hashes.update(bytes);
      const last = at + bytes.length === size;
      const sent = last ? this.#hashes.finish(this.#call.file) : undefined;
      if (!(await this.#landed())) return;
      const head = at === 0 && this.#around ? [this.#around.head] : [];
      const flushed = last ? exchange.end(...head, bytes, ...(this.#around ? [this.#around.tail] : [])) : exchange.write(...head, bytes);
      this.#leaving = { loan, flushed };
      if (last && (await this.#landed())) this.sent = sent;
    }
  }

  /** Gives the buffers back; one whose write was never reported is given up. */
  release(): void {
    for (const loan of this.#loans) loan.release(loan !== this.#leaving?.loan);
  }

  /** A buffer no write reads from: the other one, or the one in use once it has left; undefined when all is over. */
  async #freeBuffer(): Promise<Loan | undefined> {
    const busy = this.#leaving?.loan;
    if (busy) this.#adjustSpare(busy);
    const idle = this.#loans.find((loan) => loan !== busy);
    if (idle) return idle;
    return (await this.#landed()) ? busy : undefined;
  }

  /** A second buffer while nobody else waits for a first. */
  #adjustSpare(busy: Loan): void {
    const spare = this.#loans.find((loan) => loan !== busy);
    if (spare && sharedBuffers.waiting > 0) {
      this.#loans = [busy];
      spare.release(true);
    } else if (!spare) {
      const borrowed = sharedBuffers.borrowSpare();
      if (borrowed) this.#loans.push(borrowed);
    }
  }

  /** Waits for the write under way. False when its bytes did not leave. */
  async #landed(): Promise<boolean> {
    if (!this.#leaving) return true;
    if (!(await this.#leaving.flushed)) return false;
    this.#leaving = undefined;
    return true;
  }
}

function openExchange(http: Http, call: UploadCall, around: Frame | undefined): Exchange {
  const length = call.file.size + (around ? around.head.length + around.tail.length : 0);
  return new Exchange(http, {
    method: call.method ?? "POST",
    url: call.url,
    headers: { ...call.headers, ...(around ? { "Content-Type": around.contentType } : {}), "Content-Length": length },
    idleTimeoutMs: call.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
    signal: call.signal,
  });
}

/** Reads the reply and judges it. `sent` is missing when the server answered before it had the whole body. */
async function conclude(http: Http, call: UploadCall, exchange: Exchange, sent: Sent | undefined): Promise<UploadReply> {
  const { attempt, startedAt } = exchange;
  try {
    const reply = await exchange.wholeReply();
    if (!isSuccess(reply.status)) throw replyFailure(attempt, reply, call.readFailure);
    if (!sent) throw unexpectedReply(attempt, "came before the server had the whole document", reply.status);
    http.report(attempt, startedAt, { status: reply.status });
    return { status: reply.status, headers: reply.headers, body: reply.body.toString("utf8"), sent };
  } catch (thrown) {
    const failure = transportFailure(thrown, attempt);
    http.report(attempt, startedAt, { status: failure.status, code: failure.code });
    throw failure;
  }
}

class Hashes {
  readonly #sha256 = createHash("sha256");
  readonly #md5: Hash | undefined;
  #bytes = 0;

  constructor(md5 = false) {
    this.#md5 = md5 ? createHash("md5") : undefined;
  }

  update(bytes: Buffer): void {
    this.#sha256.update(bytes);
    this.#md5?.update(bytes);
    this.#bytes += bytes.length;
  }

  /** Throws `content-altered` when the bytes are not the file's. */
  finish(file: SourceFile): Sent {
    const sha256 = this.#sha256.digest("hex");
    if (sha256 !== file.sha256) throw altered(file, "its sha256 is another one");
    return { bytes: this.#bytes, sha256, md5: this.#md5?.digest("hex") };
  }
}

async function readFull(source: FileHandle, into: Buffer, at: number, file: SourceFile): Promise<void> {
  let filled = 0;
  while (filled < into.length) {
    const { bytesRead } = await source.read(into, filled, into.length - filled, at + filled).catch((cause) => {
      throw unreadable(file, cause);
    });
    if (bytesRead === 0) throw altered(file, "it ends too early");
    filled += bytesRead;
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
}

function ownBuffer(size: number): Loan {
  return { buffer: Buffer.allocUnsafe(size), release: () => undefined };
}

function altered(file: SourceFile, how: string): DocbridgeError {
  return new DocbridgeError("content-altered", {
    message: `The file of the document (sha256 ${file.sha256}) was changed after it was taken in: ${how}. It was not sent; take the document in again.`,
    subject: file.sha256,
  });
}

function unreadable(file: SourceFile, cause: unknown): DocbridgeError {
  return new DocbridgeError("spool-io", {
    message: `The file of the document (sha256 ${file.sha256}) could not be read. Check the disk of the spool.`,
    retryable: true,
    subject: file.sha256,
    cause,
  });
}
