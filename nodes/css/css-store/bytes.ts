import type { Rendition } from "../../clients/cms/cms";
import type { StoredContent } from "../../clients/css/css";
import type { ContentReference } from "../../core/content/reference";
import { demandDeclaredType } from "../../core/content/signature";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import { asDocbridgeError, DocbridgeError } from "../../core/errors";
import type { IntentProgress, StoredFile } from "../../core/ledger/ledger";
import type { CssTenantNode } from "../../runtime/connections";
import type { VerifyRule } from "./config";
import type { Save, Verified } from "./operation";

/** A document's bytes in CSS: stored, described for CMS, and compared. */
export class Bytes {
  constructor(
    private readonly tenant: () => CssTenantNode,
    private readonly rule: VerifyRule,
  ) {}

  /** Uploads the bytes, unless an earlier attempt has. */
  async store(document: DocbridgeDocument, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<IntentProgress> {
    if (progress.contentId) return progress;
    const made: IntentProgress = { ...progress, ...(await this.upload(document.content, progress, save, signal)) };
    await save(made);
    return made;
  }

  /** The same for one of several contents of an object. */
  async storePart(content: ContentReference, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<IntentProgress> {
    if (progress.parts?.[content.sha256]) return progress;
    const file = await this.upload(content, progress, save, signal);
    const made: IntentProgress = { ...progress, parts: { ...progress.parts, [content.sha256]: file } };
    await save(made);
    return made;
  }

  /** What `storePart` has stored. */
  partOf({ sha256 }: ContentReference, { parts }: IntentProgress): StoredFile {
    return parts?.[sha256] as StoredFile;
  }

  /**
   * Until the reply is there the upload counts as a suspected orphan: nobody can look content up in CSS
   * (use-cases.md 2.1).
   */
  private async upload(content: ContentReference, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<StoredFile> {
    await demandDeclaredType(content);
    const { suspectedOrphans: orphans = 0, lostUploads = [] } = progress;
    await save({ ...progress, suspectedOrphans: orphans + 1, lostUploads: [...lostUploads, new Date().toISOString()] });
    let stored: StoredContent;
    try {
      stored = await (await this.tenant().css()).upload(content, { signal });
    } catch (thrown) {
      if (!asDocbridgeError(thrown).ambiguous) await save(progress);
      throw thrown;
    }
    const { contentId, md5 } = stored;
    return { contentId, ...(md5 ? { checksum: { algorithm: "md5", value: md5.toLowerCase() } } : {}) };
  }

  /** The rendition that points to the stored bytes of a document. */
  rendition(document: DocbridgeDocument, { contentId }: IntentProgress, kind: Rendition["rendition_type"], name: string): Rendition {
    return this.renditionOf(document.content, { contentId: contentId as string }, kind, name);
  }

  renditionOf(
    { mediaType, size }: Pick<ContentReference, "mediaType" | "size">,
    { contentId }: StoredFile,
    kind: Rendition["rendition_type"],
    name: string,
  ): Rendition {
    return {
      name,
      rendition_type: kind,
      blob_id: contentId,
      mime_type: mediaType,
      content_size: size,
      // v3 content is named by its file id (wire/css.md 6.2).
      ...(this.tenant().apiVersion === "v3" ? { source: "FILE_ID" } : {}),
    };
  }

  async hash(contentId: string, signal: AbortSignal): Promise<{ bytes: number; sha256: string }> {
    return (await this.tenant().css()).hashContent(contentId, { signal });
  }

  /** Compares the bytes at CSS with ours, as the rule says. Throws `verification-failed`. */
  async verify(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<Verified> {
    // The checksum was compared when the bytes were stored; a receipt without one is read back in any case.
    if (receipt.checksum && !readsBack(this.rule, document.key)) return "server-checksum";
    if (!receipt.contentId) throw differs(receipt, "the object points to no content");
    const found = await this.hash(receipt.contentId, signal);
    if (found.sha256 !== document.content.sha256) {
      throw differs(receipt, `${found.bytes} bytes were read back, ${document.content.size} were sent, and their sha256 differs`);
    }
    return "read-back";
  }
}

/** Whether the bytes of the document with this key are read back: the same document is always or never in the sample. */
export function readsBack({ by, percent }: VerifyRule, key: string): boolean {
  if (by !== "sampled") return by === "read-back";
  return Number.parseInt(key.slice(0, 8), 16) / 2 ** 32 < percent / 100;
}

/** Facts of the document's bytes for the integrity trait. */
export function integrityOf(document: DocbridgeDocument, checksum: Receipt["checksum"]): Record<string, string | number> {
  const { sha256, size } = document.content;
  return { sha256, bytes: size, ...(checksum?.algorithm === "md5" ? { md5: checksum.value } : {}) };
}

function differs(receipt: Receipt, how: string): DocbridgeError {
  return new DocbridgeError("verification-failed", {
    message: `The content of CMS object ${receipt.objectId} is not what was stored: ${how}. Our bytes are kept; have the object examined before anything else is done with it.`,
    subject: receipt.objectId,
  });
}
