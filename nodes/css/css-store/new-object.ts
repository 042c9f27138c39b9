import type { NewInstance } from "../../clients/cms/cms";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import type { IntentProgress } from "../../core/ledger/ledger";
import { INTEGRITY_INSTANCE } from "../../core/lifecycle/lifecycle";
import { renderTemplate } from "../../core/mapping/template";
import { documentView } from "../../core/mapping/view";
import { attributesFor } from "../../runtime/archiving-node";
import { type Bytes, integrityOf } from "./bytes";
import type { StoreSettings } from "./config";
import { type Connect, contentIdOf, type Operation, objectWithKey, receiptOf, receiptWith, type Save } from "./operation";

/** What an operation adds to a new object. */
export type Additions = Pick<NewInstance, "properties" | "traits" | "parent_folder_id">;

/**
 * A new object: bytes first, then one CMS object that points to them. Bytes cannot be looked up in CSS, so "once" is made
 * at the CMS object.
 */
export class NewObject implements Operation {
  constructor(
    private readonly cms: Connect,
    private readonly bytes: Bytes,
    private readonly settings: StoreSettings,
  ) {}

  async lookUp(document: DocbridgeDocument, signal: AbortSignal): Promise<Receipt | undefined> {
    const found = await objectWithKey(await this.cms(), this.settings, document.key, signal);
    return found && { ...receiptOf(found), contentId: contentIdOf(found) };
  }

  perform(document: DocbridgeDocument, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<Receipt> {
    return this.create(document, {}, progress, save, signal);
  }

  async create(document: DocbridgeDocument, more: Additions, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<Receipt> {
    const { destination, cmsType, objectName, parentFolder, keyAttribute, integrityTrait } = this.settings;
    const name = renderTemplate(objectName, documentView(document), { name: "object name" });
    const stored = await this.bytes.store(document, progress, save, signal);
    const folder = parentFolder || more.parent_folder_id;
    const integrity = integrityTrait && { [integrityTrait]: { [INTEGRITY_INSTANCE]: integrityOf(document, stored.checksum) } };
    const body: NewInstance = {
      name,
      ...(folder ? { parent_folder_id: folder } : {}),
      properties: { ...attributesFor(document, destination), ...more.properties, [keyAttribute]: document.key },
      ...(integrity || more.traits ? { traits: { ...(integrity || {}), ...more.traits } } : {}),
      renditions: [this.bytes.rendition(document, stored, "primary", document.content.fileName)],
    };
    const object = await (await this.cms()).createInstance("file", cmsType, body, { signal });
    return receiptWith(object, document, stored);
  }
}
