import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { crc32 } from "node:zlib";

/** A file, or bytes, that go into an archive under a name. */
export type ZipEntry = { name: string; path: string } | { name: string; bytes: Buffer };

/** Sizes and offsets have 32 bits in the plain format. */
export const ZIP_LIMIT = 0xffff_ffff;

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
/** 1980-01-01 00:00, the first date the format knows: equal entries give equal archives. */
const DOS_DATE = 0x0021;
const CHUNK = 1024 * 1024;

/** A ZIP archive with the entries stored as they are; every file is read twice, as its checksum stands before its bytes. */
export async function* zipOf(entries: ZipEntry[]): AsyncGenerator<Buffer> {
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const shared = sharedFields(await checksumOf(entry), await sizeOf(entry), name.length);
    const local = Buffer.concat([uint32(LOCAL), shared, name]);
    yield local;
    let written = local.length;
    for await (const chunk of piecesOf(entry)) {
      written += chunk.length;
      yield chunk;
    }
    directory.push(Buffer.concat([uint32(CENTRAL), uint16(VERSION), shared, Buffer.alloc(10), uint32(offset), name]));
    offset += written;
  }
  const central = Buffer.concat(directory);
  yield central;
  const count = uint16(entries.length);
  yield Buffer.concat([uint32(END), Buffer.alloc(4), count, count, uint32(central.length), uint32(offset), uint16(0)]);
}

/** Length of the archive of `entries`, whose files have `size` bytes together. */
export function zipLength(entries: ZipEntry[], size: number): number {
  return entries.reduce((sum, { name }) => sum + 30 + 46 + 2 * Buffer.byteLength(name), 22 + size);
}

/** What the local header and the directory say alike: from the version needed to the length of the extra field. */
function sharedFields(crc: number, size: number, nameLength: number): Buffer {
  return Buffer.concat([
    ...[VERSION, UTF8_NAMES, 0, 0, DOS_DATE].map(uint16),
    ...[crc, size, size].map(uint32),
    ...[nameLength, 0].map(uint16),
  ]);
}

async function checksumOf(entry: ZipEntry): Promise<number> {
  let crc = 0;
  for await (const chunk of piecesOf(entry)) crc = crc32(chunk, crc);
  return crc;
}

async function sizeOf(entry: ZipEntry): Promise<number> {
  return "bytes" in entry ? entry.bytes.length : (await stat(entry.path)).size;
}

async function* piecesOf(entry: ZipEntry): AsyncGenerator<Buffer> {
  if ("bytes" in entry) yield entry.bytes;
  else yield* createReadStream(entry.path, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>;
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
