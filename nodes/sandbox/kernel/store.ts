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
  /** The changes of a transaction that is open. */
  private open: Change[] | undefined;
  /** While a transaction is taken back, nothing is written. */
  private silent = false;

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

  /**
   * The live records of one kind, by id. Values are replaced as a whole with `put`, never changed in place. Changes of
   * a `lasting` kind are kept also when the transaction they happen in is taken back.
   */
  collection<T>(kind: string, { lasting = false } = {}): Collection<T> {
    const map = this.mapOf(kind) as Map<string, T>;
    return {
      get: (id) => map.get(id),
      has: (id) => map.has(id),
      values: () => map.values(),
      size: () => map.size,
      put: (id, value) => {
        this.append({ op: "put", kind, id, value, before: map.get(id) }, lasting);
        map.set(id, value);
        return value;
      },
      delete: (id) => {
        const before = map.get(id);
        if (!map.delete(id)) return false;
        this.append({ op: "del", kind, id, before }, lasting);
        return true;
      },
    };
  }

  /** From now on changes wait for `commit`. Whoever begins must end it before anybody else's changes can come in between. */
  begin(): void {
    if (this.open) throw new Error(`the store of '${this.service}' has a transaction already`);
    this.open = [];
  }

  /** Writes the changes since `begin`; after a kill all of them are there, or none. */
  commit(): void {
    const changes = this.open ?? [];
    this.open = undefined;
    this.write(changes.map((change, at) => this.line(change, at < changes.length - 1)));
  }

  /** Takes the changes since `begin` back, the last one first; `restore` does so for the kinds whose records it follows. */
  rollback(restore: Record<string, (id: string, before: unknown) => void>): void {
    const changes = (this.open ?? []).reverse();
    this.open = undefined;
    this.silent = true;
    try {
      for (const { kind, id, before } of changes) {
        const map = this.mapOf(kind);
        if (restore[kind]) restore[kind](id, before);
        else if (before === undefined) map.delete(id);
        else map.set(id, before);
      }
    } finally {
      this.silent = false;
    }
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

  private append(change: Change, lasting: boolean): void {
    if (this.silent) return;
    if (this.open && !lasting) this.open.push(change);
    else this.write([this.line(change, false)]);
  }

  /** One write call: after a kill the file holds whole lines, at most the last one cut. */
  private write(lines: string[]): void {
    // The number of a closed file may already belong to another one.
    if (this.closed) throw new Error(`the store of '${this.service}' is closed`);
    if (lines.length > 0) appendFileSync(this.fd, lines.join(""));
  }

  /** `more`: the next line belongs to the same transaction. */
  private line({ op, kind, id, value }: Change, more: boolean): string {
    this.seq += 1;
    const record = { seq: this.seq, at: new Date().toISOString(), op, kind, id, value, ...(more ? { more } : {}) };
    return `${JSON.stringify(record)}\n`;
  }

  /** Takes in every whole line and transaction; returns where the last one ends. What follows is something a kill has cut. */
  private replay(log: Buffer): number {
    let whole = 0;
    let waiting: Line[] = [];
    for (let start = 0, end = log.indexOf(LINE_FEED); end >= 0; start = end + 1, end = log.indexOf(LINE_FEED, start)) {
      const line = JSON.parse(log.toString("utf8", start, end)) as Line;
      waiting.push(line);
      if (line.more) continue;
      for (const { op, kind, id, value } of waiting) {
        if (op === "put") this.mapOf(kind).set(id, value);
        else this.mapOf(kind).delete(id);
      }
      waiting = [];
      this.seq = line.seq;
      whole = end + 1;
    }
    return whole;
  }

  private mapOf(kind: string): Map<string, unknown> {
    const known = this.kinds.get(kind);
    if (known) return known;
    const map = new Map<string, unknown>();
    this.kinds.set(kind, map);
    return map;
  }
}

interface Change {
  op: "put" | "del";
  kind: string;
  id: string;
  value?: unknown;
  /** What the record was; undefined when there was none. */
  before: unknown;
}

type Line = Omit<Change, "before"> & { seq: number; more?: boolean };

/** Live view of one kind of record; every change outside a transaction is on disk before the call returns. */
export interface Collection<T> {
  get(id: string): T | undefined;
  has(id: string): boolean;
  values(): Iterable<T>;
  size(): number;
  put(id: string, value: T): T;
  delete(id: string): boolean;
}
