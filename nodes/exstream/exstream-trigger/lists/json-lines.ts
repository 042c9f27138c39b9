import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** How much of a file counts; what a kill left behind it does not. */
export interface LinesPlace {
  /** File name in its folder. */
  name: string;
  bytes: number;
}

/** A file of JSON lines that grows with the work it belongs to, and whose length is kept in the bookmark of that work. */
export class JsonLines<T> {
  private file: FileHandle | undefined;

  /** @param name free name for the file, given a number: 0, then 1 when that is taken, and so on. */
  constructor(
    private readonly folder: string,
    private readonly name: (number: number) => string,
    public place?: LinesPlace,
  ) {}

  /** On disk when it resolves. The file is made with the first line. Throws what the disk throws. */
  async append(lines: readonly T[]): Promise<void> {
    if (lines.length === 0) return;
    this.file ??= await this.open();
    const place = this.place as LinesPlace;
    const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    await this.file.write(bytes, 0, bytes.length, place.bytes);
    await this.file.datasync();
    this.place = { ...place, bytes: place.bytes + bytes.length };
  }

  async *read(): AsyncGenerator<T> {
    if (!this.place || this.place.bytes === 0) return;
    const input = createReadStream(join(this.folder, this.place.name), { end: this.place.bytes - 1, highWaterMark: 16 * 1024 });
    try {
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) yield JSON.parse(line) as T;
    } finally {
      input.destroy();
    }
  }

  async close(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }

  async remove(): Promise<void> {
    await this.close();
    if (this.place) await rm(join(this.folder, this.place.name), { force: true });
  }

  private async open(): Promise<FileHandle> {
    await mkdir(this.folder, { recursive: true });
    if (this.place) {
      const file = await open(join(this.folder, this.place.name), "r+");
      await file.truncate(this.place.bytes);
      return file;
    }
    for (let number = 0; ; number += 1) {
      const name = this.name(number);
      const file = await open(join(this.folder, name), "wx").catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      });
      if (!file) continue;
      this.place = { name, bytes: 0 };
      return file;
    }
  }
}

/** What stands in a name whose first choices are taken: nothing, then `.1`, `.2` ... */
export function numbered(number: number): string {
  return number === 0 ? "" : `.${number}`;
}
