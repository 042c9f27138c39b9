import type { DocbridgeDocument } from "../core/document";
import { DocbridgeError } from "../core/errors";
import { renderTemplate } from "../core/mapping/template";
import { documentView } from "../core/mapping/view";

/** How an object that is there already is recognised at a target: by the value of one attribute. */
export interface ObjectKey {
  type: string;
  attribute: string;
  /** Mustache template over the document. */
  value: string;
  /** While there is none: wait for it, or not. */
  wait: boolean;
}

/** The business key of a document. Throws `missing-metadata`. */
export function keyValue({ value }: ObjectKey, document: DocbridgeDocument): string {
  return renderTemplate(value, documentView(document), { name: "business key" });
}

/** The one of these, or undefined when there is none. Throws `ambiguous-key`: nothing is guessed between several. */
export function onlyOne<T>(found: T[], { type, attribute }: ObjectKey, idOf: (object: T) => string): T | undefined {
  if (found.length > 1) {
    throw new DocbridgeError("ambiguous-key", {
      message: `Several objects of type ${type} have the document's business key in ${attribute}: ${found.map(idOf).join(", ")}. A person has to decide which one is meant; correct the others, then try again.`,
      subject: attribute,
    });
  }
  return found[0];
}

/** Nothing has the business key. Where the node is to wait, it can be waited for. */
export function noObject({ type, attribute, wait }: ObjectKey): DocbridgeError {
  return new DocbridgeError("not-found", {
    message: `No object of type ${type} has the document's business key in ${attribute}.`,
    subject: attribute,
    ...(wait ? { parkMs: 0 } : {}),
  });
}
