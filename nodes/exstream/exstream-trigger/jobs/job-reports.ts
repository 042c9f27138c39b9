import type { Readable } from "node:stream";
import { fieldsOf, recordsOf } from "../../../core/intake/lists/records";
import type { BatchFailure } from "../batches/batch-event";

const SEPARATOR = Buffer.from("|");
const MAX_LINE = 64 * 1024;
const MAX_MESSAGES = 200;
/** Codes in the style `EX######` with a severity letter: severe, error, warning (wire/exstream.md 8.4). */
const NOTEWORTHY = /^\s*EX\d{6}[SEW]\b/;

/**
 * Customers for whom Exstream composed nothing, by its error report: pipe-separated with a first line of names, as seen at
 * one site (wire/exstream.md 9.2). `columns` says which of them are `customerNumber`, `queueName`, `status` and `message`;
 * a status of success is no failure. Throws what reading throws.
 */
export async function* failedCustomers(stream: Readable, name: string, columns: ReadonlyMap<string, string>): AsyncGenerator<BatchFailure> {
  let names: string[] | undefined;
  for await (const { bytes } of recordsOf(stream, name, undefined, MAX_LINE)) {
    const values = bytes && fieldsOf(bytes, SEPARATOR, undefined)?.map((field) => field.toString("utf8").trim());
    if (!values || values.every((value) => value === "")) continue;
    if (!names) {
      names = values.map((value) => columns.get(value) ?? value);
      continue;
    }
    const row = new Map(names.map((column, at) => [column, values[at] ?? ""]));
    if (/^success/i.test(row.get("status") ?? "")) continue;
    yield {
      code: "not-composed",
      message: row.get("message") || row.get("status") || "Exstream composed nothing.",
      customerNumber: row.get("customerNumber") || undefined,
      queueName: row.get("queueName")?.replace(/^\*$/, "") || undefined,
    };
  }
}

/** The lines of a message file that tell of trouble, the first 200. */
export async function noteworthyMessages(stream: Readable): Promise<string[]> {
  const messages: string[] = [];
  for await (const { bytes } of recordsOf(stream, "message file", undefined, MAX_LINE)) {
    const line = bytes?.toString("utf8").trim() ?? "";
    if (NOTEWORTHY.test(line)) messages.push(line);
    if (messages.length === MAX_MESSAGES) break;
  }
  stream.destroy();
  return messages;
}
