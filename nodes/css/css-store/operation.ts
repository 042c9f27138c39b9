import type { CmsClient, Instance, InstanceRef } from "../../clients/cms/cms";
import type { ArchiveTarget } from "../../core/archiving";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import type { IntentProgress } from "../../core/ledger/ledger";
import { type ObjectKey, onlyOne } from "../../runtime/business-key";
import type { StoreSettings } from "./config";

export type Save = (progress: IntentProgress) => Promise<void>;
export type Connect = () => Promise<CmsClient>;

/** What the node does with a document; one class for each choice of *Operation*. All throw DocbridgeError. */
export interface Operation {
  /** What an earlier try, which has saved `progress`, has made of this document; or undefined. */
  lookUp(document: DocbridgeDocument, signal: AbortSignal, progress: IntentProgress): Promise<Receipt | undefined>;
  perform(document: DocbridgeDocument, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<Receipt>;
  /** Does what the operation left pending in the receipt. Twice does no harm. */
  complete?(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<void>;
}

export type Verified = Awaited<ReturnType<ArchiveTarget["verify"]>>;

export function refOf(type: string, { id }: { id: string }): InstanceRef {
  return { category: "file", type, id };
}

/** The current version of the one object with a business key; undefined when there is none. Throws `ambiguous-key`. */
export async function findObject(cms: CmsClient, key: ObjectKey, value: string, signal: AbortSignal): Promise<Instance | undefined> {
  const found = await cms.findByAttribute("file", key.type, key.attribute, value, { signal });
  return onlyOne(found, key, ({ id }) => id);
}

/** The one object of the type that carries a document's or a set's key. Throws `ambiguous-key`. */
export async function objectWithKey(
  cms: CmsClient,
  { cmsType, keyAttribute }: Pick<StoreSettings, "cmsType" | "keyAttribute">,
  key: string,
  signal: AbortSignal,
): Promise<Instance | undefined> {
  const found = await cms.findByAttribute("file", cmsType, keyAttribute, key, { signal });
  if (found.length > 1) {
    throw new DocbridgeError("ambiguous-key", {
      message: `${found.length} CMS objects of type ${cmsType} carry the key of this document: ${found.map((object) => object.id).join(", ")}. A person has to decide which one counts.`,
      subject: keyAttribute,
    });
  }
  return found[0];
}

export function receiptOf(object: Pick<Instance, "id" | "versionNo">): Receipt {
  return {
    objectId: object.id,
    ...(object.versionNo === undefined ? {} : { version: String(object.versionNo) }),
    at: new Date().toISOString(),
  };
}

/** A receipt for an object that points to bytes that were just stored. */
export function receiptWith(object: Instance, document: DocbridgeDocument, stored: IntentProgress): Receipt {
  const { contentId, checksum, suspectedOrphans, lostUploads } = stored;
  return {
    ...receiptOf(object),
    ...(contentId ? { contentId } : {}),
    size: document.content.size,
    ...(checksum ? { checksum } : {}),
    ...(suspectedOrphans ? { suspectedOrphans } : {}),
    ...(lostUploads?.length ? { lostUploads } : {}),
  };
}

/** Content in CSS that an object's primary rendition points to. */
export function contentIdOf(object: Instance): string | undefined {
  const primary = object.renditions.find((rendition) => String(rendition.rendition_type).toLowerCase() === "primary");
  const blobId = (primary ?? object.renditions[0])?.blob_id;
  return typeof blobId === "string" ? blobId : undefined;
}
