import { createReadStream } from "node:fs";
import { crc32 } from "node:zlib";

/** A file of an archive. */
export interface ZipEntry {
  name: string;
  path: string;
}

/** UTF-8 names; sizes and checksum follow the bytes. */
const FLAGS = 0x0808;
const VERSION = 20;

/**
 * Streams a ZIP archive of files as they are, without compression: their bytes can be checked against the originals.
 * For archives below 4 GB.
 */
export async function* zipOf(entries: readonly ZipEntry[]): AsyncIterable<Buffer> {
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, path } of entries) {
    const fileName = Buffer.from(name);
    const local = header(0x04034b50, 30);
    local.writeUInt16LE(VERSION, 4);
    local.writeUInt16LE(FLAGS, 6);
    local.writeUInt16LE(fileName.length, 26);
    yield Buffer.concat([local, fileName]);
    let size = 0;
    let checksum = 0;
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      checksum = crc32(chunk as Buffer, checksum);
      size += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
    const sums = Buffer.alloc(12);
    sums.writeUInt32LE(checksum, 0);
    sums.writeUInt32LE(size, 4);
    sums.writeUInt32LE(size, 8);
    yield Buffer.concat([header(0x08074b50, 4), sums]);
    const central = header(0x02014b50, 46);
    central.writeUInt16LE(VERSION, 4);
    central.writeUInt16LE(VERSION, 6);
    central.writeUInt16LE(FLAGS, 8);
    sums.copy(central, 16);
    central.writeUInt16LE(fileName.length, 28);
    central.writeUInt32LE(at, 42);
    directory.push(central, fileName);
    at += local.length + fileName.length + size + 16;
  }
  const all = Buffer.concat(directory);
  const end = header(0x06054b50, 22);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(all.length, 12);
  end.writeUInt32LE(at, 16);
  yield Buffer.concat([all, end]);
}

function header(signature: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32LE(signature, 0);
  return bytes;
}
