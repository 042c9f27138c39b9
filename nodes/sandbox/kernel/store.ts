import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Damage, type StoredContent, writeContentFile } from "./content-file";

export type { Damage, StoredContent } from "./content-file";

const LINE_FEED = 0x0a;

/**
 * One service's state: `<dir>/<service>.jsonl` with a line per change, and `<dir>/<service>/<content id>` for bytes.
 * A reader without this code replays the lines (`put` replaces, `del` removes by `kind` and `id`) and has the state.
 */
export class Store {
  private readonly fd: number;
  private readonly kinds = new Map<string, Map<string, unknown>>();
  private seq = 0;
  private closed = false;

  constructor(
    private readonly dir: string,
    readonly service: string,
  ) {
    mkdirSync(join(dir, service), { recursive: true });
    // What a kill left of uploads.
    for (const file of readdirSync(join(dir, service))) if (file.endsWith(".part")) rmSync(join(dir, service, file));
    const log = join(dir, `${service}.jsonl`);
    if (existsSync(log)) truncateSync(log, this.replay(readFileSync(log)));
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
  writeContent(id: string, body: AsyncIterable<Uint8Array>, damage?: Damage): Promise<StoredContent> {
    return writeContentFile(this.contentPath(id), body, damage);
  }

  async deleteContent(id: string): Promise<void> {
    await rm(this.contentPath(id), { force: true });
  }

  /** Further changes throw. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.fd);
  }

  private append(record: object): void {
    // The number of a closed file may already belong to another one.
    if (this.closed) throw new Error(`the store of '${this.service}' is closed`);
    this.seq += 1;
    // One write call a line: after a kill the file holds whole lines, at most the last one cut.
    appendFileSync(this.fd, `${JSON.stringify({ seq: this.seq, at: new Date().toISOString(), ...record })}\n`);
  }

  /** Takes in every whole line; returns where the last one ends. What follows it is a line a kill has cut. */
  private replay(log: Buffer): number {
    let start = 0;
    for (let end = log.indexOf(LINE_FEED); end >= 0; end = log.indexOf(LINE_FEED, start)) {
      const record = JSON.parse(log.toString("utf8", start, end)) as { seq: number; op: string; kind: string; id: string; value: unknown };
      this.seq = record.seq;
      if (record.op === "put") this.mapOf(record.kind).set(record.id, record.value);
      else this.mapOf(record.kind).delete(record.id);
      start = end + 1;
    }
    return start;
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
