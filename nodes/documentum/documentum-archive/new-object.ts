import type { DocbridgeDocument, Receipt } from "../../core/document";
import { renderTemplate } from "../../core/mapping/template";
import { documentView } from "../../core/mapping/view";
import { BatchedCreates } from "./batched-creates";
import type { ArchiveSettings } from "./config";
import { type Connect, demandOneObject, filedAttributes, type Operation, receiptOf, verifyContent } from "./operation";

/** A new object: one create with content, found again by the key in an attribute (wire/documentum.md 12.1). */
export class NewObject implements Operation {
  private readonly creates: BatchedCreates;

  constructor(
    private readonly client: Connect,
    private readonly settings: ArchiveSettings,
  ) {
    this.creates = new BatchedCreates(settings.batch);
  }

  async lookUp(document: DocbridgeDocument, signal: AbortSignal): Promise<Receipt | undefined> {
    const { objectType, keyAttribute } = this.settings;
    const found = await (await this.client()).probeKey({ type: objectType, attribute: keyAttribute, allVersions: false }, document.key, {
      signal,
    });
    demandOneObject(found, objectType, keyAttribute);
    return found[0] && receiptOf(found[0]);
  }

  async perform(document: DocbridgeDocument, _progress: unknown, _save: unknown, signal: AbortSignal): Promise<Receipt> {
    return this.create(document, {}, signal);
  }

  /** Creates the object with these attributes on top of the mapped ones. */
  async create(document: DocbridgeDocument, more: Record<string, string>, signal: AbortSignal): Promise<Receipt> {
    const { objectType, folderPath, objectName, keyAttribute, format } = this.settings;
    const view = documentView(document);
    const folder = renderTemplate(folderPath, view, { name: "folder path" });
    const created = await this.creates.create(
      await this.client(),
      {
        folder,
        type: objectType,
        properties: {
          ...filedAttributes(document, this.settings),
          ...more,
          object_name: renderTemplate(objectName, view, { name: "object name" }),
          [keyAttribute]: document.key,
        },
        content: document.content,
        ...(format ? { format } : {}),
      },
      signal,
    );
    return { ...receiptOf(created), location: folder };
  }

  async verify(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<"read-back" | "size"> {
    return verifyContent(await this.client(), this.settings.verify, document, receipt, signal);
  }
}
