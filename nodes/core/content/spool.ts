import { createHash, randomUUID } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { DocbridgeError } from "../errors";
import { countStreamed } from "./memory";
import { PartFile } from "./part-file";
import type { ContentStore, ReadOptions } from "./reference";

export interface SpoolOptions {
  dir: string;
  /** Bytes the spool may hold; over that it refuses, it never evicts. */
  maxBytes: number;
}

export interface SpooledContent {
  /** Lower-case hex. */
  sha256: string;
  /** Bytes. */
  size: number;
}

export interface PutOptions {
  /** Refuse a body larger than this many bytes with `body-too-large`. */
  maxBytes?: number;
}

interface Folder {
  path: string;
  /** Its own name may not be on disk yet. */
  isNew: boolean;
}

const CHUNK = 1024 * 1024;
/** File systems without hard links, and files that have too many. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EMLINK"];
/** A part file this old has no writer any more. */
const STALE_PART_MS = 24 * 3600 * 1000;

/**
 * Content-addressed store of bytes: `<dir>/<first two hex digits>/<sha256>`. What `put` and `adopt` return is synced
 * to disk under its final name; a name alone promises nothing, because bytes and name are synced at the same time. The same
 * bytes are kept once; who still needs them is the ledger's knowledge.
 */
export class Spool implements ContentStore {
  private usedBytes = 0;
  /** Folders that were there and synced before. */
  private readonly safeFolders = new Set<string>();

  private constructor(private readonly options: SpoolOptions) {}

  /** Makes the folders, clears what broken-off writers left, and counts what is there. Throws `spool-io`. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    try {
      await mkdir(spool.partDir, { recursive: true });
      await spool.clearStaleParts();
      spool.usedBytes = await spool.measure();
    } catch (error) {
      throw ioError(error, `The spool folder ${options.dir} cannot be used`);
    }
    return spool;
  }

  /** Bytes held and bytes allowed. */
  usage(): { usedBytes: number; maxBytes: number } {
    return { usedBytes: this.usedBytes, maxBytes: this.options.maxBytes };
  }

  /**
   * Streams bytes in while hashing them. Throws `spool-full` (retryable), `body-too-large`, `spool-io`, or whatever
   * the source throws; in each case nothing is kept.
   */
  async put(body: AsyncIterable<Uint8Array>, { maxBytes = Number.POSITIVE_INFINITY }: PutOptions = {}): Promise<SpooledContent> {
    const part = join(this.partDir, randomUUID());
    const hash = createHash("sha256");
    let size = 0;
    let reserved = 0;
    const file = new PartFile(part);
    try {
      for await (const chunk of body) {
        if (size + chunk.length > maxBytes) {
          throw new DocbridgeError("body-too-large", {
            message: `The document is larger than the ${maxBytes} bytes allowed. Raise the limit of the receiving node or send it another way.`,
          });
        }
        this.reserve(chunk.length);
        reserved += chunk.length;
        hash.update(chunk);
        size += chunk.length;
        await file.write(chunk);
        countStreamed(chunk.length);
      }
      const sha256 = hash.digest("hex");
      const [folder] = await Promise.all([this.makeFolder(sha256), file.written()]);
      const kept = await this.place(file, part, sha256, folder);
      await file.close();
      if (!kept) this.usedBytes -= size;
      return { sha256, size };
    } catch (error) {
      this.usedBytes -= reserved;
      await file.close();
      await rm(part, { force: true });
      throw isNodeIoError(error) ? ioError(error, "The document could not be written to the spool") : error;
    }
  }

  /**
   * Takes in a finished file. On the same file system it is linked, not copied, so the caller must not write to it
   * afterwards; a change would be found by its hash when the bytes are sent. Throws as `put`.
   */
  async adopt(path: string): Promise<SpooledContent> {
    const source = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error) => {
      throw ioError(error, `The file ${path} cannot be read`);
    });
    try {
      const { sha256, size } = await hashFile(source);
      const target = this.fileOf(sha256);
      const folder = await this.makeFolder(sha256);
      this.reserve(size);
      try {
        // The producer need not have synced it, and from here on we vouch for it.
        await source.datasync();
        await this.syncName(
          folder,
          link(path, target).then(() => touch(target)),
        );
      } catch (error) {
        this.usedBytes -= size;
        const { code } = error as NodeJS.ErrnoException;
        if (code === "EEXIST" && (await this.vouchFor(target, sha256, folder))) return { sha256, size };
        if (!["EEXIST", "EXDEV", ...NO_LINKS].includes(code ?? "")) throw error;
        return await this.put(createReadStream(path, { highWaterMark: CHUNK }));
      }
      return { sha256, size };
    } catch (error) {
      throw isNodeIoError(error) ? ioError(error, `The file ${path} could not be taken into the spool`) : error;
    } finally {
      await source.close();
    }
  }

  async read(sha256: string, options: ReadOptions = {}): Promise<Readable> {
    return createReadStream(await this.pathOf(sha256), { highWaterMark: options.chunkSize ?? CHUNK });
  }

  async pathOf(sha256: string): Promise<string> {
    const path = this.fileOf(sha256);
    const found = await stat(path).catch(() => undefined);
    if (found) return path;
    throw new DocbridgeError("content-missing", {
      message: `The spool no longer holds content ${sha256}. Its document was closed and its grace period is over, or the spool folder was changed by hand.`,
      subject: sha256,
    });
  }

  /** Says that bytes are still of use, so that `remove` leaves them for another while. False when they are not there. */
  async keep(sha256: string): Promise<boolean> {
    return touch(this.fileOf(sha256)).then(
      () => true,
      () => false,
    );
  }

  /** The hashes in one of the 256 folders of the spool, given by its number. */
  async shard(number: number): Promise<string[]> {
    const names = await readdir(join(this.options.dir, number.toString(16).padStart(2, "0"))).catch(() => []);
    return names.filter((name) => /^[0-9a-f]{64}$/.test(name));
  }

  /**
   * Deletes bytes nobody needs any more. Bytes that came in again after `unusedSince` (milliseconds since 1970) stay:
   * their new document may not be in the ledger yet. Returns false when they stayed.
   */
  async remove(sha256: string, unusedSince: number): Promise<boolean> {
    const path = this.fileOf(sha256);
    const found = await stat(path).catch(() => undefined);
    if (!found) return true;
    if (found.mtimeMs > unusedSince) return false;
    await rm(path, { force: true });
    this.usedBytes = Math.max(0, this.usedBytes - found.size);
    return true;
  }

  /**
   * Gives the part file its final name, and syncs both at the same time. False when the same bytes are there already. A name
   * is linked, never replaced: whoever else came with the same bytes vouches for the file that has it.
   */
  private async place(file: PartFile, part: string, sha256: string, folder: Folder): Promise<boolean> {
    const target = this.fileOf(sha256);
    if (await this.vouchFor(target, sha256, folder)) {
      await rm(part, { force: true });
      return false;
    }
    const naming = link(part, target);
    try {
      await Promise.all([file.sync(), this.syncName(folder, naming), naming.then(() => rm(part, { force: true }))]);
      return true;
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") return this.place(file, part, sha256, folder);
      if (NO_LINKS.includes(code)) return this.rename(file, part, target, folder);
      // Else the next one with these bytes would find them in memory and take them for safe.
      if (await naming.then(() => true).catch(() => false)) await rm(target, { force: true });
      throw error;
    }
  }

  /** As `place`, where files cannot be linked: what may replace another file has to be on disk before. */
  private async rename(file: PartFile, part: string, target: string, folder: Folder): Promise<boolean> {
    await file.sync();
    await this.syncName(folder, rename(part, target));
    return true;
  }

  /**
   * Are these bytes there? Whoever brought them may have died before they were on disk, or may still be at it, so they are
   * read and synced again. Other bytes under their name, which a power cut may leave, are removed.
   */
  private async vouchFor(target: string, sha256: string, folder: Folder): Promise<boolean> {
    const file = await open(target, "r").catch(() => undefined);
    if (!file) return false;
    try {
      if ((await hashFile(file)).sha256 !== sha256) {
        await rm(target, { force: true });
        return false;
      }
      await Promise.all([file.datasync(), this.syncName(folder, touch(target))]);
      return true;
    } finally {
      await file.close();
    }
  }

  /** The folder of a hash. */
  private async makeFolder(sha256: string): Promise<Folder> {
    const path = dirname(this.fileOf(sha256));
    const made = await mkdir(path, { recursive: true });
    return { path, isNew: made !== undefined || !this.safeFolders.has(path) };
  }

  /** A name in a folder that may be new is safe once both are synced, which happens at the same time. */
  private async syncName({ path, isNew }: Folder, naming: Promise<void>): Promise<void> {
    await Promise.all([syncFolder(path, naming), isNew ? syncFolder(this.options.dir, naming) : undefined]);
    this.safeFolders.add(path);
  }

  private reserve(bytes: number): void {
    if (this.usedBytes + bytes > this.options.maxBytes) {
      throw new DocbridgeError("spool-full", {
        message: `The spool is full (${this.options.maxBytes} bytes). Documents leave it once they are closed and their grace period is over; clear the backlog or raise its size.`,
        retryable: true,
        retryAfterMs: 30_000,
      });
    }
    this.usedBytes += bytes;
  }

  private fileOf(sha256: string): string {
    if (!/^[0-9a-f]{64}$/.test(sha256)) {
      throw new DocbridgeError("content-missing", { message: "A content reference without a valid sha256 cannot be opened." });
    }
    return join(this.options.dir, sha256.slice(0, 2), sha256);
  }

  private get partDir(): string {
    return join(this.options.dir, "part");
  }

  private async clearStaleParts(): Promise<void> {
    for (const name of await readdir(this.partDir)) {
      const path = join(this.partDir, name);
      const found = await stat(path).catch(() => undefined);
      if (found && Date.now() - found.mtimeMs > STALE_PART_MS) await rm(path, { force: true });
    }
  }

  private async measure(): Promise<number> {
    let bytes = 0;
    for (const shard of await readdir(this.options.dir)) {
      if (!/^[0-9a-f]{2}$/.test(shard)) continue;
      for (const name of await readdir(join(this.options.dir, shard))) {
        bytes += (await stat(join(this.options.dir, shard, name)).catch(() => undefined))?.size ?? 0;
      }
    }
    return bytes;
  }
}

async function hashFile(file: FileHandle): Promise<SpooledContent> {
  const hash = createHash("sha256");
  // A megabyte for each of a million small files would be freed too late.
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(1, (await file.stat()).size)));
  let size = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size);
    if (bytesRead === 0) return { sha256: hash.digest("hex"), size };
    hash.update(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
}

/** A new name is only safe from a power cut once its folder is synced too, after `naming`. */
async function syncFolder(dir: string, naming: Promise<void>): Promise<void> {
  const opened = open(dir, "r");
  // Where it fails, that shows once the name is given.
  opened.catch(() => undefined);
  try {
    await naming;
    await (await opened).sync();
  } finally {
    await opened.then((folder) => folder.close());
  }
}

/** Marks bytes as just come in (see `remove`); a linked file may carry any old time. */
async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

function isNodeIoError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && !(error instanceof DocbridgeError) && typeof (error as NodeJS.ErrnoException).syscall === "string";
}

function ioError(error: unknown, what: string): DocbridgeError {
  if (error instanceof DocbridgeError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new DocbridgeError("spool-full", { message: `${what}: the disk is full.`, retryable: true, retryAfterMs: 30_000, cause: error });
  }
  return new DocbridgeError("spool-io", { message: `${what}: ${code ?? message}.`, retryable: true, cause: error });
}
