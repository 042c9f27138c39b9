import type { DocumentumClient, DocumentumObject } from "../../clients/documentum/documentum";
import type { Attributes, DocbridgeDocument, Receipt } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import type { IntentProgress } from "../../core/ledger/ledger";
import { attributesFor } from "../../runtime/archiving-node";
import { aclOf } from "./acl";
import type { ArchiveSettings } from "./config";

export type Connect = () => Promise<DocumentumClient>;
export type Save = (progress: IntentProgress) => Promise<void>;

/** What the node does with a document; one class for each choice of *Operation*. All throw DocbridgeError. */
export interface Operation {
  /** What an earlier try has made of this document, or undefined. */
  lookUp(document: DocbridgeDocument, signal: AbortSignal): Promise<Receipt | undefined>;
  perform(document: DocbridgeDocument, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<Receipt>;
  verify(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<NonNullable<Receipt["verified"]>>;
}

/** Something to be done with the object once it is there. While it is pending the receipt is half-done. */
export interface Step {
  /** Its name in `pending` of the receipt. */
  readonly name: string;
  /** What can be found out, and refused, before anything is archived. */
  prepare(document: DocbridgeDocument, signal: AbortSignal): Promise<void>;
  /** Does it, and gives the receipt with what it adds to it. Twice does no harm. */
  carryOut(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<Receipt>;
}

/** What the object gets beside name and key: the mapped attributes, and its ACL from the first moment on. */
export function filedAttributes(document: DocbridgeDocument, { destination, acl }: ArchiveSettings): Attributes {
  const { name, domain } = acl ? aclOf(acl, document) : { name: "", domain: "" };
  return { ...attributesFor(document, destination), ...(name ? { acl_name: name } : {}), ...(domain ? { acl_domain: domain } : {}) };
}

export function receiptOf(object: DocumentumObject): Receipt {
  return {
    objectId: object.objectId,
    ...(object.chronicleId ? { chronicleId: object.chronicleId } : {}),
    ...(object.versionLabels.length > 0 ? { version: object.versionLabels.join(", ") } : {}),
    ...(object.size !== undefined ? { size: object.size } : {}),
    at: new Date().toISOString(),
  };
}

/** Throws `ambiguous-key` unless all these are versions of one object. */
export function demandOneObject(found: DocumentumObject[], objectType: string, keyAttribute: string): void {
  if (new Set(found.map(({ objectId, chronicleId }) => chronicleId ?? objectId)).size <= 1) return;
  throw new DocbridgeError("ambiguous-key", {
    message: `${found.length} objects of type ${objectType} carry the key of this document: ${found.map((object) => object.objectId).join(", ")}. A person has to decide which one counts.`,
    subject: keyAttribute,
  });
}

/** Compares the primary content of the receipt's object with the document's bytes. Throws `verification-failed`. */
export async function verifyContent(
  client: DocumentumClient,
  verify: "read-back" | "size",
  document: DocbridgeDocument,
  receipt: Receipt,
  signal: AbortSignal,
): Promise<"read-back" | "size"> {
  const { sha256, size } = document.content;
  if (verify === "size") {
    if (receipt.size !== size) throw differs(receipt, `it has ${receipt.size ?? "an unknown number of"} bytes instead of ${size}`);
    return "size";
  }
  const found = await client.hashContent(receipt.objectId, { signal });
  if (found.sha256 !== sha256) throw differs(receipt, `${found.bytes} bytes were read back, ${size} were sent, and their sha256 differs`);
  return "read-back";
}

export function differs(receipt: Receipt, how: string): DocbridgeError {
  return new DocbridgeError("verification-failed", {
    message: `The content of object ${receipt.objectId} is not what was archived: ${how}. Our bytes are kept; have the object examined before anything else is done with it.`,
    subject: receipt.objectId,
  });
}
