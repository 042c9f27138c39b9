import { DocbridgeError, type ErrorCode } from "../../errors";
import type { IntakeFacts } from "../metadata";
import type { IdentityField } from "../well-known";

/** A list file: an index file or a delivery file, with an entry for each document. */
export interface ListContext {
  /** Name of the list, for messages. */
  name: string;
  /** What is known of all its documents where the list does not say it. */
  around?: Partial<Record<IdentityField, string>>;
}

/** What a list says of one document, or why it cannot be used. */
export type ListEntry = {
  /** From 1, in the order of the list. */
  number: number;
} & EntryContent;

export type EntryContent = GoodEntry | BadEntry;

export interface GoodEntry {
  facts: IntakeFacts;
  /** Of the file with the bytes, as the list gives it, with slashes: not checked. */
  path: string;
}

export interface BadEntry {
  error: DocbridgeError;
  /** What is known of the entry all the same. */
  customerNumber?: string;
  queueName?: string;
  jobId?: string;
  path?: string;
}

/** The error of a list that cannot be read on; `what` follows its name. Entries before that place are good. */
export function unreadableList({ name }: ListContext, what: string, cause?: unknown): DocbridgeError {
  return new DocbridgeError("list-unreadable", {
    message: `The list "${name}" ${what}. Correct it where it is written and deliver it again; entries that were taken in are known then.`,
    subject: name,
    cause,
  });
}

/** The error of one entry; `what` follows "Entry 12 of the list "x"". */
export function badEntry(code: ErrorCode, { name }: ListContext, number: number, what: string): DocbridgeError {
  return new DocbridgeError(code, {
    message: `Entry ${number} of the list "${name}" ${what}. Correct it where it is written and deliver it in a list again.`,
    subject: `entry ${number}`,
  });
}

/** A path as a list writes it, with slashes: lists written on Windows have backslashes, and some begin in their own folder by `./`. */
export function plainPath(path: string): string {
  return path
    .trim()
    .replaceAll("\\", "/")
    .replace(/^(\.\/)+/, "");
}

/**
 * What the folders of the product's own job tree say, `<job>/<id>/docgen/<uuid>/output` (wire/exstream.md 9.2; seen at one
 * site, the meaning of the last two is inferred). `path` is that of the list, with slashes.
 */
export function jobTreeFacts(path: string): NonNullable<ListContext["around"]> {
  const [, jobId, flowInstanceId, flowStepId] = /([^/]+)\/([^/]+)\/docgen\/([^/]+)\/output\/[^/]+$/.exec(path) ?? [];
  return jobId ? { jobId, flowInstanceId, flowStepId } : {};
}

/** The last part of a path with slashes. */
export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
