import { inflateRawSync } from "node:zlib";

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

/** Most bytes all entries of a package may have together. */
const MOST_BYTES = 256 * 1024 * 1024;

/** An archive that cannot be read. */
export class ZipError extends Error {}

/** The files of a ZIP archive by name, read by its directory. Throws `ZipError`. */
export function unzip(bytes: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  try {
    const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
    if (end < 0 || bytes.readUInt32LE(end) !== END) throw new ZipError("the file is no ZIP archive");
    let at = bytes.readUInt32LE(end + 16);
    let room = MOST_BYTES;
    for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
      const entry = entryAt(bytes, at);
      const content = contentOf(bytes, entry, room);
      room -= content.length;
      if (!entry.name.endsWith("/")) files.set(entry.name, content);
      at = entry.next;
    }
    return files;
  } catch (error) {
    throw error instanceof ZipError ? error : new ZipError(`the archive is damaged: ${(error as Error).message}`);
  }
}

interface Entry {
  name: string;
  method: number;
  packed: number;
  size: number;
  local: number;
  /** Where the directory goes on. */
  next: number;
}

function entryAt(bytes: Buffer, at: number): Entry {
  if (bytes.readUInt32LE(at) !== CENTRAL) throw new ZipError("the directory of the archive is damaged");
  const name = bytes.readUInt16LE(at + 28);
  return {
    name: bytes.toString("utf8", at + 46, at + 46 + name),
    method: bytes.readUInt16LE(at + 10),
    packed: bytes.readUInt32LE(at + 20),
    size: bytes.readUInt32LE(at + 24),
    local: bytes.readUInt32LE(at + 42),
    next: at + 46 + name + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32),
  };
}

function contentOf(bytes: Buffer, { name, method, packed, size, local }: Entry, room: number): Buffer {
  if (bytes.readUInt32LE(local) !== LOCAL) throw new ZipError(`entry '${name}' is not where the directory says`);
  if (size > room) throw new ZipError(`the archive holds more than ${MOST_BYTES} bytes`);
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const raw = bytes.subarray(start, start + packed);
  if (method !== STORED && method !== DEFLATED) throw new ZipError(`entry '${name}' is packed by a method that is not read`);
  // The directory may lie about the size: what unpacks to more than the room that is left is refused while it unpacks.
  const content = method === STORED ? raw : inflateRawSync(raw, { maxOutputLength: Math.max(1, room) });
  if (content.length !== size) throw new ZipError(`entry '${name}' has not the size the directory says`);
  return content;
}
