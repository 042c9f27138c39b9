import { DocbridgeError } from "../../core/errors";

/** The error of a document whose key another one has, with other bytes. */
export function conflictOf(document: string, other: string): DocbridgeError {
  return new DocbridgeError("conflict", {
    message: `Document ${other} has the same key as "${document}" but other bytes. Both are kept; a person has to decide which one counts.`,
    subject: document,
  });
}
