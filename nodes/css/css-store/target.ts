import type { Instance, NewInstance } from "../../clients/cms";
import type { StoredContent } from "../../clients/css";
import type { ArchiveTarget } from "../../core/archiving";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import { asDocbridgeError, DocbridgeError } from "../../core/errors";
import type { IntentProgress } from "../../core/ledger/ledger";
import { renderTemplate } from "../../core/mapping/template";
import { documentView } from "../../core/mapping/view";
import { attributesFor } from "../../runtime/archiving-node";
import type { CssTenantNode } from "../../runtime/connections";

export interface CssTargetSettings {
  destination: string;
  cmsType: string;
  objectName: string;
  parentFolder: string;
  keyAttribute: string;
  integrityTrait: string;
  verify: "read-back" | "server-checksum";
}

type Save = (progress: IntentProgress) => Promise<void>;

/** Name of the one instance of the integrity trait on an object (our convention, wire/css.md section 11). */
const INTEGRITY_INSTANCE = "primary";

/**
 * CSS as a target: bytes first, then one CMS object that points to them. Bytes cannot be looked up in CSS, so "once" is
 * made at the CMS object; uploads whose reply never came are counted as suspected orphans (use-cases.md 2.1).
 */
export class CssTarget implements ArchiveTarget {
  constructor(
    private readonly tenant: () => CssTenantNode,
    private readonly settings: CssTargetSettings,
  ) {}

  async lookUp(document: DocbridgeDocument, signal: AbortSignal): Promise<Receipt | undefined> {
    const { cmsType, keyAttribute } = this.settings;
    const found = await (await this.tenant().cms()).findByAttribute("file", cmsType, keyAttribute, document.key, { signal });
    if (found.length > 1) {
      throw new DocbridgeError("ambiguous-key", {
        message: `${found.length} CMS objects of type ${cmsType} carry the key of this document: ${found.map((object) => object.id).join(", ")}. A person has to decide which one counts.`,
        subject: keyAttribute,
      });
    }
    return found[0] && { ...receiptOf(found[0]), contentId: contentIdOf(found[0]) };
  }

  async create(document: DocbridgeDocument, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<Receipt> {
    const content = await this.storeBytes(document, progress, save, signal);
    const contentId = content.contentId as string;
    const object = await (await this.tenant().cms()).createInstance(
      "file",
      this.settings.cmsType,
      this.instanceOf(document, contentId, content.checksum),
      { signal },
    );
    return {
      ...receiptOf(object),
      contentId,
      size: document.content.size,
      ...(content.checksum ? { checksum: content.checksum } : {}),
      ...(content.suspectedOrphans ? { suspectedOrphans: content.suspectedOrphans } : {}),
    };
  }

  async verify(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<"read-back" | "server-checksum"> {
    // The checksum was compared when the bytes were stored; a receipt that was looked up has none, so it is read back.
    if (this.settings.verify === "server-checksum" && receipt.checksum) return "server-checksum";
    if (!receipt.contentId) throw differs(receipt, "the object points to no content");
    const found = await (await this.tenant().css()).hashContent(receipt.contentId, { signal });
    if (found.sha256 !== document.content.sha256) {
      throw differs(receipt, `${found.bytes} bytes were read back, ${document.content.size} were sent, and their sha256 differs`);
    }
    return "read-back";
  }

  /** Uploads the bytes, unless an earlier attempt has. Until the reply is there the upload counts as a suspected orphan. */
  private async storeBytes(
    document: DocbridgeDocument,
    progress: IntentProgress,
    save: Save,
    signal: AbortSignal,
  ): Promise<IntentProgress> {
    if (progress.contentId) return progress;
    const orphans = progress.suspectedOrphans ?? 0;
    await save({ suspectedOrphans: orphans + 1 });
    let stored: StoredContent;
    try {
      stored = await (await this.tenant().css()).upload(document.content, { signal });
    } catch (thrown) {
      if (!asDocbridgeError(thrown).ambiguous) await save({ suspectedOrphans: orphans });
      throw thrown;
    }
    const made: IntentProgress = {
      contentId: stored.contentId,
      ...(stored.md5 ? { checksum: { algorithm: "md5", value: stored.md5.toLowerCase() } } : {}),
      ...(orphans > 0 ? { suspectedOrphans: orphans } : {}),
    };
    await save(made);
    return made;
  }

  private instanceOf(document: DocbridgeDocument, contentId: string, checksum: Receipt["checksum"]): NewInstance {
    const { destination, objectName, parentFolder, keyAttribute, integrityTrait } = this.settings;
    const { sha256, size, mediaType, fileName } = document.content;
    const md5 = checksum?.algorithm === "md5" ? { md5: checksum.value } : {};
    return {
      name: renderTemplate(objectName, documentView(document), { name: "object name" }),
      ...(parentFolder ? { parent_folder_id: parentFolder } : {}),
      properties: { ...attributesFor(document, destination), [keyAttribute]: document.key },
      ...(integrityTrait ? { traits: { [integrityTrait]: { [INTEGRITY_INSTANCE]: { sha256, bytes: size, ...md5 } } } } : {}),
      renditions: [
        {
          name: fileName,
          rendition_type: "primary",
          blob_id: contentId,
          mime_type: mediaType,
          content_size: size,
          // v3 content is named by its file id (wire/css.md 6.2).
          ...(this.tenant().apiVersion === "v3" ? { source: "FILE_ID" } : {}),
        },
      ],
    };
  }
}

function receiptOf(object: Instance): Receipt {
  return {
    objectId: object.id,
    ...(object.versionNo === undefined ? {} : { version: String(object.versionNo) }),
    at: new Date().toISOString(),
  };
}

function contentIdOf(object: Instance): string | undefined {
  const primary = object.renditions.find((rendition) => String(rendition.rendition_type).toLowerCase() === "primary");
  const blobId = (primary ?? object.renditions[0])?.blob_id;
  return typeof blobId === "string" ? blobId : undefined;
}

function differs(receipt: Receipt, how: string): DocbridgeError {
  return new DocbridgeError("verification-failed", {
    message: `The content of CMS object ${receipt.objectId} is not what was stored: ${how}. Our bytes are kept; have the object examined before anything else is done with it.`,
    subject: receipt.objectId,
  });
}
