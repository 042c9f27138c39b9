import { createHash } from "node:crypto";
import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** What a content file turned out to be once it was written. */
export interface StoredContent {
  /** Bytes as stored. */
  size: number;
  /** Lower-case hex. */
  md5: string;
  /** Lower-case hex. */
  sha256: string;
}

/** Damage a fault switch asks for while a content file is written (use-cases.md F7). */
export type Damage = "flip" | "truncate";

/**
 * One service's state: `<dir>/<service>.jsonl` with a line per change, and `<dir>/<service>/<content id>` for bytes.
 * A reader without this code replays the lines (`put` replaces, `del` removes by `kind` and `id`) and has the state.
 */
export class Store {
  private readonly fd: number;
  private readonly kinds = new Map<string, Map<string, unknown>>();
  private seq = 0;

  constructor(
    private readonly dir: string,
    readonly service: string,
  ) {
    mkdirSync(join(dir, service), { recursive: true });
    const log = join(dir, `${service}.jsonl`);
    if (existsSync(log)) this.replay(readFileSync(log, "utf8"));
    this.fd = openSync(log, "a");
  }

  /** The live records of one kind, by id. Values are replaced as a whole with `put`, never changed in place. */
  collection<T>(kind: string): Collection<T> {
    const map = this.mapOf(kind) as Map<string, T>;
    return {
      get: (id) => map.get(id),
      has: (id) => map.has(id),
      values: () => map.values(),
      size: () => map.size,
      put: (id, value) => {
        this.append({ op: "put", kind, id, value });
        map.set(id, value);
        return value;
      },
      delete: (id) => {
        if (!map.delete(id)) return false;
        this.append({ op: "del", kind, id });
        return true;
      },
    };
  }

  /** Where the bytes of a content id lie. The id must be a plain file name. */
  contentPath(id: string): string {
    if (!/^[A-Za-z0-9._-]+$/.test(id)) throw new Error(`content id '${id}' is not a plain file name`);
    return join(this.dir, this.service, id);
  }

  /**
   * Streams bytes into the file of a content id. The file appears under its name only when it is whole, so an
   * upload that breaks off leaves nothing behind. Checksums are of the bytes received, before any damage.
   */
  async writeContent(id: string, body: AsyncIterable<Uint8Array>, damage?: Damage): Promise<StoredContent> {
    const path = this.contentPath(id);
    const part = `${path}.part`;
    const sha256 = createHash("sha256");
    const md5 = createHash("md5");
    let size = 0;
    const file = await open(part, "w");
    try {
      for await (const chunk of body) {
        sha256.update(chunk);
        md5.update(chunk);
        size += chunk.length;
        await file.write(chunk);
      }
      if (damage === "truncate") await file.truncate(Math.max(0, size - 1));
      if (damage === "flip" && size > 0) await flipByte(part, Math.floor(size / 2));
    } catch (error) {
      await file.close();
      await rm(part, { force: true });
      throw error;
    }
    await file.close();
    await rename(part, path);
    return { size, md5: md5.digest("hex"), sha256: sha256.digest("hex") };
  }

  async deleteContent(id: string): Promise<void> {
    await rm(this.contentPath(id), { force: true });
  }

  close(): void {
    closeSync(this.fd);
  }

  private append(record: object): void {
    this.seq += 1;
    // One write call a line: after a kill the file holds whole lines, at most the last one cut.
    appendFileSync(this.fd, `${JSON.stringify({ seq: this.seq, at: new Date().toISOString(), ...record })}\n`);
  }

  private replay(text: string): void {
    for (const line of text.split("\n")) {
      if (!line) continue;
      const record = JSON.parse(line) as { seq: number; op: string; kind: string; id: string; value: unknown };
      this.seq = record.seq;
      if (record.op === "put") this.mapOf(record.kind).set(record.id, record.value);
      else this.mapOf(record.kind).delete(record.id);
    }
  }

  private mapOf(kind: string): Map<string, unknown> {
    const known = this.kinds.get(kind);
    if (known) return known;
    const map = new Map<string, unknown>();
    this.kinds.set(kind, map);
    return map;
  }
}

/** Live view of one kind of record; every change is on disk before the call returns. */
export interface Collection<T> {
  get(id: string): T | undefined;
  has(id: string): boolean;
  values(): Iterable<T>;
  size(): number;
  put(id: string, value: T): T;
  delete(id: string): boolean;
}

async function flipByte(path: string, at: number): Promise<void> {
  const file = await open(path, "r+");
  try {
    const one = Buffer.alloc(1);
    await file.read(one, 0, 1, at);
    one[0] = (one[0] as number) ^ 0xff;
    await file.write(one, 0, 1, at);
  } finally {
    await file.close();
  }
}
