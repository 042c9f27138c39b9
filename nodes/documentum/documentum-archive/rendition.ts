import type { DocumentumClient, DocumentumObject, StoredContent } from "../../clients/documentum/documentum";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import { renderTemplate } from "../../core/mapping/template";
import { documentView } from "../../core/mapping/view";
import { OneAtATime } from "../../core/one-at-a-time";
import { keyValue, noObject } from "../../runtime/business-key";
import { findObject } from "./business-object";
import type { ArchiveSettings } from "./config";
import { type Connect, differs, type Operation, receiptOf } from "./operation";

/**
 * A rendition of the object with the document's business key (wire/documentum.md 12.4). A rendition has no attributes that
 * could carry the document's key: its place on the object and its bytes tell that it is there already.
 */
export class Rendition implements Operation {
  private readonly queue = new OneAtATime();

  constructor(
    private readonly client: Connect,
    private readonly settings: ArchiveSettings,
  ) {}

  async lookUp(document: DocbridgeDocument, signal: AbortSignal): Promise<Receipt | undefined> {
    const { find } = this.settings;
    const client = await this.client();
    const found = await findObject(client, find, keyValue(find, document), signal);
    return found && this.existing(client, await client.getObject(found, { signal }), document, signal);
  }

  async perform(document: DocbridgeDocument, _progress: unknown, _save: unknown, signal: AbortSignal): Promise<Receipt> {
    const { find } = this.settings;
    const value = keyValue(find, document);
    return this.queue.run(value, async () => {
      const client = await this.client();
      const found = await findObject(client, find, value, signal);
      if (!found) throw noObject(find);
      const object = await client.getObject(found, { signal });
      const there = await this.existing(client, object, document, signal);
      return there ?? receiptFor(object, await client.renditions.add(object, this.place(document), document.content, { signal }));
    });
  }

  async verify(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<"read-back" | "size"> {
    const { sha256, size } = document.content;
    const client = await this.client();
    const stored = await this.stored(client, await client.getObject(receipt.objectId, { signal }), document, signal);
    if (!stored?.href) throw differs(receipt, "the rendition is not there");
    if (this.settings.verify === "size") {
      if (stored.size !== size)
        throw differs(receipt, `the rendition has ${stored.size ?? "an unknown number of"} bytes instead of ${size}`);
      return "size";
    }
    const found = await client.hashContentAt(stored.href, { signal });
    if (found.sha256 !== sha256)
      throw differs(receipt, `${found.bytes} bytes of the rendition were read back, ${size} were sent, and their sha256 differs`);
    return "read-back";
  }

  /** Throws `conflict` when other bytes have the place: nothing is overwritten. */
  private async existing(client: DocumentumClient, object: DocumentumObject, document: DocbridgeDocument, signal: AbortSignal) {
    const stored = await this.stored(client, object, document, signal);
    if (!stored?.href) return undefined;
    const { sha256 } = await client.hashContentAt(stored.href, { signal });
    if (sha256 === document.content.sha256) return receiptFor(object, stored);
    throw new DocbridgeError("conflict", {
      message: `Object ${object.objectId} has another rendition in this place (format ${stored.format ?? "unknown"}, page ${stored.pages.join(", ")}${stored.modifier ? `, modifier ${stored.modifier}` : ""}). It was not replaced; give the document another modifier, or have the old one removed.`,
      subject: object.objectId,
    });
  }

  private stored(client: DocumentumClient, object: DocumentumObject, document: DocbridgeDocument, signal: AbortSignal) {
    return client.renditions.find(object, this.place(document), document.content.mediaType, { signal });
  }

  private place(document: DocbridgeDocument) {
    const { format, renditionPage, renditionModifier } = this.settings;
    const modifier = renderTemplate(renditionModifier, documentView(document), { name: "modifier" });
    return { page: renditionPage, modifier, ...(format ? { format } : {}) };
  }
}

function receiptFor(object: DocumentumObject, { contentId, size }: StoredContent): Receipt {
  const { size: _primary, ...receipt } = receiptOf(object);
  return { ...receipt, ...(contentId ? { contentId } : {}), ...(size === undefined ? {} : { size }) };
}
