import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ErrorCode } from "../../core/errors";

/** An entry of a list that could not be taken in: a line of the report. */
export interface ListFailure {
  /** From 1, in the order of the list. */
  entry: number;
  code: ErrorCode;
  message: string;
  subject?: string;
  /** What the list says of it, as far as it could be read. */
  jobId?: string;
  customerNumber?: string;
  queueName?: string;
  file?: string;
}

/** How much of a report counts; what a kill left behind it does not. */
export interface ReportPlace {
  /** File name in its folder. */
  name: string;
  bytes: number;
}

/** The entries of a list that could not be taken in, one a line of JSON, in the order of the list. The file is made with the first. */
export class ListReport {
  private file: FileHandle | undefined;

  constructor(
    private readonly folder: string,
    /** What the report is of: it is called `<name>.errors.jsonl`. */
    private readonly name: string,
    public place?: ReportPlace,
  ) {}

  /** On disk when it resolves. */
  async append(failures: readonly ListFailure[]): Promise<void> {
    if (failures.length === 0) return;
    this.file ??= await this.open();
    const place = this.place as ReportPlace;
    const lines = Buffer.from(failures.map((failure) => `${JSON.stringify(failure)}\n`).join(""));
    await this.file.write(lines, 0, lines.length, place.bytes);
    await this.file.datasync();
    this.place = { ...place, bytes: place.bytes + lines.length };
  }

  /** The failures so far, in the order of the list. */
  async *failures(): AsyncGenerator<ListFailure> {
    if (!this.place || this.place.bytes === 0) return;
    const input = createReadStream(join(this.folder, this.place.name), { end: this.place.bytes - 1 });
    try {
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) yield JSON.parse(line) as ListFailure;
    } finally {
      input.destroy();
    }
  }

  async close(): Promise<void> {
    await this.file?.close();
    this.file = undefined;
  }

  private async open(): Promise<FileHandle> {
    await mkdir(this.folder, { recursive: true });
    if (this.place) {
      const file = await open(join(this.folder, this.place.name), "r+");
      await file.truncate(this.place.bytes);
      return file;
    }
    for (let number = 0; ; number += 1) {
      const name = `${this.name}${number === 0 ? "" : `.${number}`}.errors.jsonl`;
      const file = await open(join(this.folder, name), "wx").catch((error: NodeJS.ErrnoException) => {
        // The report of an older list of that name stays.
        if (error.code !== "EEXIST") throw error;
      });
      if (!file) continue;
      this.place = { name, bytes: 0 };
      return file;
    }
  }
}
