import type { DocbridgeDocument } from "./document";
import { DocbridgeError } from "./errors";

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string" && value !== "";
const isObject: Check = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isHash: Check = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
const isTexts: Check = (value) => Array.isArray(value) && value.every((item) => typeof item === "string");

/** What every `msg.document` must have, whatever Change and Function nodes did to it; docs/document.schema.json says the same. */
const REQUIRED: [field: string, check: Check, rule: string][] = [
  ["id", isText, "a text"],
  ["ledger", isText, "the id of a document-ledger node"],
  ["key", isHash, "64 lower-case hex digits"],
  ["source", isObject, "an object"],
  ["content", isObject, "a content reference"],
  ["content.sha256", isHash, "64 lower-case hex digits"],
  ["content.size", isCount, "a number of bytes"],
  ["content.mediaType", isText, "a media type"],
  ["content.fileName", isText, "a file name"],
  ["metadata", isObject, "an object"],
  ["attributes", isObject, "an object"],
  ["variant", isObject, "an object"],
  ["targets", isTexts, "a list of texts"],
  ["receipts", isObject, "an object"],
  ["attempt", isCount, "a number"],
  ["fence", isCount, "a number"],
];

/** Throws `invalid-message` naming every field that is missing or of the wrong form; values are never shown. */
export function requireDocument(value: unknown): asserts value is DocbridgeDocument {
  if (!isObject(value)) throw invalid(["document must be an object"]);
  const wrong = REQUIRED.filter(([field, check]) => !check(at(value, field)));
  if (wrong.length > 0) throw invalid(wrong.map(([field, , rule]) => `${field} must be ${rule}`));
}

function at(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((from, name) => (isObject(from) ? (from as Record<string, unknown>)[name] : undefined), value);
}

function invalid(problems: string[]): DocbridgeError {
  return new DocbridgeError("invalid-message", {
    message: `msg.document is not a Docbridge document: ${problems.join("; ")}. Wire this node behind an Exstream trigger, and change only metadata and attributes of msg.document on the way.`,
    subject: "msg.document",
  });
}
