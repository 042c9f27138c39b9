import type { DocumentumClient, DocumentumObject } from "../../clients/documentum";
import type { ArchiveTarget } from "../../core/archiving";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import { renderTemplate } from "../../core/mapping/template";
import { documentView } from "../../core/mapping/view";
import { attributesFor } from "../../runtime/archiving-node";

export interface DocumentumTargetSettings {
  destination: string;
  objectType: string;
  folderPath: string;
  objectName: string;
  keyAttribute: string;
  format: string;
  verify: "read-back" | "size";
}

/** Documentum as a target: one create with content, found again by the key in an attribute (wire/documentum.md 12.1). */
export class DocumentumTarget implements ArchiveTarget {
  constructor(
    private readonly client: () => Promise<DocumentumClient>,
    private readonly settings: DocumentumTargetSettings,
  ) {}

  async lookUp(document: DocbridgeDocument, signal: AbortSignal): Promise<Receipt | undefined> {
    const { objectType, keyAttribute } = this.settings;
    const found = await (await this.client()).findByKey(objectType, keyAttribute, document.key, { signal });
    if (found.length > 1) {
      throw new DocbridgeError("ambiguous-key", {
        message: `${found.length} objects of type ${objectType} carry the key of this document: ${found.map((object) => object.objectId).join(", ")}. A person has to decide which one counts.`,
        subject: keyAttribute,
      });
    }
    return found[0] && receiptOf(found[0]);
  }

  async create(document: DocbridgeDocument, _progress: unknown, _save: unknown, signal: AbortSignal): Promise<Receipt> {
    const { destination, objectType, folderPath, objectName, keyAttribute, format } = this.settings;
    const view = documentView(document);
    const folder = renderTemplate(folderPath, view, { name: "folder path" });
    const client = await this.client();
    const created = await client.createDocument(
      {
        folder,
        type: objectType,
        properties: {
          ...attributesFor(document, destination),
          object_name: renderTemplate(objectName, view, { name: "object name" }),
          [keyAttribute]: document.key,
        },
        content: document.content,
        ...(format ? { format } : {}),
      },
      { signal },
    );
    return { ...receiptOf(created), location: folder };
  }

  async verify(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<"read-back" | "size"> {
    const { sha256, size } = document.content;
    if (this.settings.verify === "size") {
      if (receipt.size !== size) throw differs(receipt, `it has ${receipt.size ?? "an unknown number of"} bytes instead of ${size}`);
      return "size";
    }
    const found = await (await this.client()).hashContent(receipt.objectId, { signal });
    if (found.sha256 !== sha256) throw differs(receipt, `${found.bytes} bytes were read back, ${size} were sent, and their sha256 differs`);
    return "read-back";
  }
}

function receiptOf(object: DocumentumObject): Receipt {
  return {
    objectId: object.objectId,
    ...(object.chronicleId ? { chronicleId: object.chronicleId } : {}),
    ...(object.versionLabels.length > 0 ? { version: object.versionLabels.join(", ") } : {}),
    ...(object.size !== undefined ? { size: object.size } : {}),
    at: new Date().toISOString(),
  };
}

function differs(receipt: Receipt, how: string): DocbridgeError {
  return new DocbridgeError("verification-failed", {
    message: `The content of object ${receipt.objectId} is not what was archived: ${how}. Our bytes are kept; have the object examined before anything else is done with it.`,
    subject: receipt.objectId,
  });
}
