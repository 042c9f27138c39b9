import type { Readable } from "node:stream";

export interface RemoteContentInfo {
  objectId: string;
  fileName: string;
  /** Bytes, as the server reports them. */
  size?: number;
  /** Documentum's name of the format, e.g. `pdf`. */
  format?: string;
}

/**
 * Handle to bytes that are still at their server: nothing is fetched before `open` is called. The tag makes Node-RED's
 * clone pass it by reference; `toJSON` keeps only the facts.
 */
export class RemoteContent implements RemoteContentInfo {
  readonly objectId: string;
  readonly fileName: string;
  readonly size: number | undefined;
  readonly format: string | undefined;
  readonly #open: () => Promise<Readable>;

  constructor(info: RemoteContentInfo, open: () => Promise<Readable>) {
    this.objectId = info.objectId;
    this.fileName = info.fileName;
    this.size = info.size;
    this.format = info.format;
    this.#open = open;
  }

  get [Symbol.toStringTag](): string {
    return "RemoteContent";
  }

  /** The bytes as they are now, as a fresh stream; every call asks the server anew. Throws DocbridgeError. */
  open(): Promise<Readable> {
    return this.#open();
  }

  toJSON(): RemoteContentInfo {
    const { objectId, fileName, size, format } = this;
    return { objectId, fileName, ...(size === undefined ? {} : { size }), ...(format === undefined ? {} : { format }) };
  }
}
