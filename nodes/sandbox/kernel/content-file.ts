import { createHash } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";

/** What a content file turned out to be once it was written. */
export interface StoredContent {
  /** Bytes received. */
  size: number;
  /** Lower-case hex. */
  md5: string;
  /** Lower-case hex. */
  sha256: string;
}

/** Damage a fault switch asks for while a content file is written (use-cases.md F7). */
export type Damage = "flip" | "truncate";

/** Content up to this many bytes is gathered and written at one go: the thread pool's round trips cost more than the write. */
const GATHER_LIMIT = 256 * 1024;

/**
 * Streams bytes into `path`. The file appears under its name only when it is whole, so an upload that breaks off leaves
 * nothing behind. Size and checksums are those of the bytes received, before any damage.
 */
export async function writeContentFile(path: string, body: AsyncIterable<Uint8Array>, damage?: Damage): Promise<StoredContent> {
  const part = `${path}.part`;
  const sha256 = createHash("sha256");
  const md5 = createHash("md5");
  let size = 0;
  let gathered: Uint8Array[] = [];
  let file: FileHandle | undefined;
  try {
    for await (const chunk of body) {
      sha256.update(chunk);
      md5.update(chunk);
      size += chunk.length;
      if (!file && size <= GATHER_LIMIT) {
        gathered.push(chunk);
        continue;
      }
      file ??= await open(part, "w+");
      for (const waiting of [...gathered, chunk]) await writeAll(file, waiting);
      gathered = [];
    }
    if (file) {
      await damageFile(file, size, damage);
      await file.close();
      await rename(part, path);
    } else {
      writeFileSync(part, damaged(Buffer.concat(gathered), damage));
      renameSync(part, path);
    }
  } catch (error) {
    await file?.close();
    await rm(part, { force: true });
    throw error;
  }
  return { size, md5: md5.digest("hex"), sha256: sha256.digest("hex") };
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += (await file.write(bytes, written)).bytesWritten;
}

function damaged(bytes: Buffer, damage: Damage | undefined): Buffer {
  if (damage === "truncate") return bytes.subarray(0, Math.max(0, bytes.length - 1));
  if (damage === "flip" && bytes.length > 0) {
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] as number) ^ 0xff;
  }
  return bytes;
}

async function damageFile(file: FileHandle, size: number, damage: Damage | undefined): Promise<void> {
  if (damage === "truncate") await file.truncate(size - 1);
  if (damage !== "flip") return;
  const middle = Math.floor(size / 2);
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, middle);
  await file.write(damaged(buffer, "flip"), 0, 1, middle);
}
