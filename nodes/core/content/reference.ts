import type { Readable } from "node:stream";

/** What is known of some bytes without reading them. */
export interface ContentInfo {
  /** Lower-case hex. */
  sha256: string;
  /** Bytes. */
  size: number;
  mediaType: string;
  /** Plain file name, never a path. */
  fileName: string;
}

/** Where the bytes of a hash can be read; the spool is the one implementation in production. */
export interface ContentStore {
  /** Opens the bytes for reading. Throws DocbridgeError `content-missing` when they are not there. */
  read(sha256: string, options?: ReadOptions): Promise<Readable>;
  /** Path of the file that holds exactly these bytes. Throws DocbridgeError `content-missing` when it is not there. */
  pathOf(sha256: string): Promise<string>;
}

export interface ReadOptions {
  /** Bytes a chunk; default 1 MiB (64 KiB chunks cost a third of the speed of large bodies). */
  chunkSize?: number;
}

/**
 * Re-openable handle to bytes. The tag makes Node-RED's clone pass it by reference, so it may sit in a message that
 * goes over many wires; `toJSON` keeps only the facts, and `ContentReference.from` makes a handle of them again.
 */
export class ContentReference implements ContentInfo {
  readonly sha256: string;
  readonly size: number;
  readonly mediaType: string;
  readonly fileName: string;
  readonly #store: ContentStore;

  constructor(info: ContentInfo, store: ContentStore) {
    this.sha256 = info.sha256;
    this.size = info.size;
    this.mediaType = info.mediaType;
    this.fileName = info.fileName;
    this.#store = store;
  }

  get [Symbol.toStringTag](): string {
    return "ContentReference";
  }

  /** The bytes as a fresh stream; every call starts at the beginning. Throws DocbridgeError `content-missing`. */
  open(options?: ReadOptions): Promise<Readable> {
    return this.#store.read(this.sha256, options);
  }

  /** Path of a file with exactly these bytes, for senders that read it themselves. Never write to it. */
  path(): Promise<string> {
    return this.#store.pathOf(this.sha256);
  }

  toJSON(): ContentInfo {
    return { sha256: this.sha256, size: this.size, mediaType: this.mediaType, fileName: this.fileName };
  }

  /** A handle again from what `toJSON` left, for example after a context store or a Function node copied it. */
  static from(value: ContentInfo, store: ContentStore): ContentReference {
    return new ContentReference(value, store);
  }
}
