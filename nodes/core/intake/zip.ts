import { type FileHandle, open } from "node:fs/promises";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32, createInflateRaw } from "node:zlib";
import { DocbridgeError } from "../errors";

/** The end of a zip is looked for in its last bytes: the record itself and the longest comment. */
const END_SIZE = 22;
const MAX_COMMENT = 65_535;
const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
/** A directory of more bytes is no zip of one customer. */
const MAX_DIRECTORY = 64 * 1024 * 1024;
const STORED = 0;
const DEFLATED = 8;

interface Member {
  method: number;
  crc: number;
  packed: number;
  size: number;
  offset: number;
}

/**
 * The bytes of one member of a zip file, by its name as it stands in the directory, or without folders. Throws
 * DocbridgeError `not-found` when there is none, and `body-unreadable` for a file that is no zip, is cut off, or is
 * packed in a way that is not known (zip64, encryption).
 */
export async function* readZipMember(path: string, name: string): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    const member = await find(file, name);
    yield* unpacked(file, member);
  } finally {
    await file.close();
  }
}

async function find(file: FileHandle, name: string): Promise<Member> {
  const { count, directory } = await readDirectory(file);
  let at = 0;
  for (let entry = 0; entry < count; entry += 1) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== ENTRY_SIGNATURE) throw damaged("has a broken directory");
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => directory.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const found = directory.toString("utf8", at + 46, at + 46 + nameLength);
    if (found === name || found.slice(found.lastIndexOf("/") + 1) === name) return memberAt(directory, at);
    at += 46 + nameLength + extraLength + commentLength;
  }
  throw new DocbridgeError("not-found", {
    message: `The artifacts of the customer have no file "${name}". Correct the template that makes its name.`,
    subject: name,
  });
}

function memberAt(directory: Buffer, at: number): Member {
  const method = directory.readUInt16LE(at + 10);
  const [packed, size, offset] = [20, 24, 42].map((field) => directory.readUInt32LE(at + field)) as [number, number, number];
  const isEncrypted = (directory.readUInt16LE(at + 8) & 1) === 1;
  if (isEncrypted || (method !== STORED && method !== DEFLATED) || [packed, size, offset].includes(0xffffffff)) {
    throw damaged("is packed in a way that is not known");
  }
  return { method, crc: directory.readUInt32LE(at + 16), packed, size, offset };
}

async function readDirectory(file: FileHandle): Promise<{ count: number; directory: Buffer }> {
  const { size } = await file.stat();
  const tail = await read(file, Math.max(0, size - END_SIZE - MAX_COMMENT), size);
  const end = tail.lastIndexOf(Buffer.of(0x50, 0x4b, 0x05, 0x06));
  if (end < 0 || end + END_SIZE > tail.length || tail.readUInt32LE(end) !== END_SIGNATURE) throw damaged("is no zip, or has been cut off");
  const [count, length, offset] = [tail.readUInt16LE(end + 10), tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  if (length > MAX_DIRECTORY || offset + length > size) throw damaged("has a broken directory");
  return { count, directory: await read(file, offset, offset + length) };
}

async function* unpacked(file: FileHandle, { method, crc, packed, size, offset }: Member): AsyncGenerator<Buffer> {
  const head = await read(file, offset, offset + 30);
  if (head.length < 30 || head.readUInt32LE(0) !== LOCAL_SIGNATURE) throw damaged("has a broken directory");
  const start = offset + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
  const bytes = packed === 0 ? [] : file.createReadStream({ start, end: start + packed - 1, autoClose: false });
  let length = 0;
  let sum = 0;
  for await (const chunk of method === DEFLATED ? inflated(bytes) : bytes) {
    length += (chunk as Buffer).length;
    if (length > size) break;
    sum = crc32(chunk as Buffer, sum);
    yield chunk as Buffer;
  }
  if (length !== size || sum !== crc) throw damaged("has been cut off or changed");
}

async function* inflated(bytes: Readable | never[]): AsyncGenerator<Buffer> {
  const out = new PassThrough();
  const work = pipeline(bytes, createInflateRaw(), out).catch((error) => out.destroy(damaged("cannot be unpacked", error)));
  try {
    for await (const chunk of out) yield chunk as Buffer;
  } finally {
    out.destroy();
    await work;
  }
}

/** The bytes from one place to before another; fewer when the file ends. */
async function read(file: FileHandle, from: number, until: number): Promise<Buffer> {
  const buffer = Buffer.alloc(until - from);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
  return buffer.subarray(0, bytesRead);
}

function damaged(what: string, cause?: unknown): DocbridgeError {
  return new DocbridgeError("body-unreadable", {
    message: `The archive of a customer's artifacts ${what}. Get it again, or fetch outputs by their names.`,
    subject: "customer-artifacts",
    cause,
  });
}
