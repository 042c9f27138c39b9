import type { DocbridgeDocument, Receipt } from "../../core/document";
import type { IntentProgress } from "../../core/ledger/ledger";
import { renderTemplate } from "../../core/mapping/template";
import { documentView } from "../../core/mapping/view";
import { keyValue, noObject } from "../../runtime/business-key";
import type { Bytes } from "./bytes";
import type { StoreSettings } from "./config";
import { NewObject } from "./new-object";
import { type Connect, findObject, type Operation, type Save } from "./operation";

/** Name of the one instance of the evidence trait on an object (our convention). */
const EVIDENCE_INSTANCE = "of";

/**
 * An error artefact, a proof of delivery or other evidence beside a document: an object of its own, linked to the
 * document's by a trait with its business key. A relation of CMS is not known (wire/css.md section 8).
 */
export class Evidence implements Operation {
  private readonly object: NewObject;

  constructor(
    private readonly cms: Connect,
    bytes: Bytes,
    private readonly settings: StoreSettings,
  ) {
    this.object = new NewObject(cms, bytes, settings);
  }

  lookUp(document: DocbridgeDocument, signal: AbortSignal): Promise<Receipt | undefined> {
    return this.object.lookUp(document, signal);
  }

  async perform(document: DocbridgeDocument, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<Receipt> {
    const { find, evidenceMissing, evidenceTrait, evidenceRole } = this.settings;
    const value = keyValue(find, document);
    const role = renderTemplate(evidenceRole, documentView(document), { name: "kind of evidence" });
    const belongsTo = await findObject(await this.cms(), find, value, signal);
    if (!belongsTo && evidenceMissing !== "store") throw noObject(find);
    const link = { document_key: value, role, ...(belongsTo ? { object_id: belongsTo.id } : {}) };
    const more = {
      traits: { [evidenceTrait]: { [EVIDENCE_INSTANCE]: link } },
      ...(belongsTo?.parentFolderId ? { parent_folder_id: belongsTo.parentFolderId } : {}),
    };
    return this.object.create(document, more, progress, save, signal);
  }
}
