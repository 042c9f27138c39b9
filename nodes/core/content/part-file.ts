import { type FileHandle, open } from "node:fs/promises";

/** Bytes that may wait while others are being written. */
const MOST_WAITING = 1024 * 1024;

/**
 * A new file that is written while its next bytes still come in: opening and writing hold nobody up who is not too far
 * ahead, and what came in meanwhile leaves in one write.
 */
export class PartFile {
  private readonly opened: Promise<FileHandle>;
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;
  /** The write under way; the next one begins when it ends. */
  private current: Promise<void> | undefined;
  private failure: unknown;

  constructor(path: string) {
    this.opened = open(path, "wx");
    this.opened.catch(() => undefined);
  }

  /** Takes bytes, which stay as they are from now on. Throws what an earlier write or opening the file failed with. */
  async write(chunk: Uint8Array): Promise<void> {
    this.waiting.push(chunk);
    this.waitingBytes += chunk.length;
    this.current ??= this.next();
    while (this.waitingBytes >= MOST_WAITING && this.current) await this.current;
    if (this.failure !== undefined) throw this.failure;
  }

  /** The system has all bytes once this returns. Throws as `write`. */
  async written(): Promise<void> {
    while (this.current) await this.current;
    if (this.failure !== undefined) throw this.failure;
    await this.opened;
  }

  /** All bytes are on disk once this returns; the file's name need not be. */
  async sync(): Promise<void> {
    await (await this.opened).datasync();
  }

  /** Waits for a write under way. */
  async close(): Promise<void> {
    while (this.current) await this.current;
    const file = await this.opened.catch(() => undefined);
    await file?.close();
  }

  private async next(): Promise<void> {
    const chunks = this.waiting;
    this.waiting = [];
    this.waitingBytes = 0;
    try {
      await writeAll(await this.opened, chunks);
    } catch (error) {
      this.failure = error;
    }
    this.current = this.waiting.length > 0 && this.failure === undefined ? this.next() : undefined;
  }
}

/** A disk may take less than it is given. */
async function writeAll(file: FileHandle, chunks: Uint8Array[]): Promise<void> {
  let { bytesWritten: left } = await file.writev(chunks);
  for (const chunk of chunks) {
    let offset = Math.min(left, chunk.length);
    left -= offset;
    while (offset < chunk.length) offset += (await file.write(chunk, offset)).bytesWritten;
  }
}
