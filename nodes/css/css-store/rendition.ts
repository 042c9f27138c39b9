import type { CmsClient, Instance } from "../../clients/cms/cms";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import type { IntentProgress } from "../../core/ledger/ledger";
import { renderTemplate } from "../../core/mapping/template";
import { documentView } from "../../core/mapping/view";
import { OneAtATime } from "../../core/one-at-a-time";
import { keyValue, noObject } from "../../runtime/business-key";
import { type Bytes, integrityOf } from "./bytes";
import type { StoreSettings } from "./config";
import { Locks, UNLOCK } from "./locks";
import { type Connect, findObject, type Operation, receiptOf, receiptWith, refOf, type Save } from "./operation";

/** In `pending` of a receipt: hash and size are not yet in the object's integrity trait. */
const INTEGRITY = "integrity";

/**
 * A rendition of the object with the document's business key. A rendition has no attributes that could carry the
 * document's key: its name on the object and its bytes tell that it is there already.
 */
export class AddedRendition implements Operation {
  private readonly queue = new OneAtATime();
  private readonly locks: Locks;

  constructor(
    private readonly cms: Connect,
    private readonly bytes: Bytes,
    private readonly settings: StoreSettings,
  ) {
    this.locks = new Locks(settings);
  }

  async lookUp(document: DocbridgeDocument, signal: AbortSignal, progress: IntentProgress): Promise<Receipt | undefined> {
    const { find } = this.settings;
    const cms = await this.cms();
    const found = await findObject(cms, find, keyValue(find, document), signal);
    return found && this.existing(cms, found, document, progress, signal);
  }

  async perform(document: DocbridgeDocument, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<Receipt> {
    const { cmsType, find } = this.settings;
    const value = keyValue(find, document);
    return this.queue.run(value, async () => {
      const cms = await this.cms();
      const found = await findObject(cms, find, value, signal);
      if (!found) throw noObject(find);
      const there = await this.existing(cms, found, document, progress, signal);
      if (there) return there;
      await this.locks.demandFree(cms, found, progress, signal);
      const stored = await this.bytes.store(document, progress, save, signal);
      const rendition = this.bytes.rendition(document, stored, "secondary", this.nameOf(document));
      const { pending } = await this.locks.under(cms, found, stored, save, signal, () =>
        cms.contents.add(refOf(cmsType, found), rendition, { signal }),
      );
      return this.halfDone(receiptWith(found, document, stored), pending);
    });
  }

  async complete(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<void> {
    const { cmsType, integrityTrait } = this.settings;
    const cms = await this.cms();
    if (receipt.pending?.includes(UNLOCK)) await this.locks.release(cms, receipt.objectId, signal);
    if (!receipt.pending?.includes(INTEGRITY)) return;
    // What a name of an instance may consist of is unknown, so the rendition's own is not used.
    const instance = `rendition_${document.content.sha256.slice(0, 16)}`;
    const traits = { [integrityTrait]: { [instance]: integrityOf(document, receipt.checksum) } };
    await cms.updateInstance(refOf(cmsType, { id: receipt.objectId }), { traits }, { signal });
  }

  /** Throws `conflict` when other bytes have the name: nothing is replaced. */
  private async existing(cms: CmsClient, object: Instance, document: DocbridgeDocument, { lockedId }: IntentProgress, signal: AbortSignal) {
    const { cmsType } = this.settings;
    const name = this.nameOf(document);
    const stored = (await cms.contents.list(refOf(cmsType, object), { signal })).find((each) => !each.primary && each.name === name);
    if (!stored?.blobId) return undefined;
    const { sha256, bytes } = await this.bytes.hash(stored.blobId, signal);
    if (sha256 === document.content.sha256) {
      const receipt = { ...receiptOf(object), contentId: stored.blobId, size: bytes };
      return this.halfDone(receipt, lockedId === object.id ? [UNLOCK] : []);
    }
    throw new DocbridgeError("conflict", {
      message: `CMS object ${object.id} has another rendition of the document's rendition name. It was not replaced; give the document another name, or have the old one removed.`,
      subject: object.id,
    });
  }

  private nameOf(document: DocbridgeDocument): string {
    return renderTemplate(this.settings.renditionName, documentView(document), { name: "rendition name" });
  }

  private halfDone(receipt: Receipt, pending: string[]): Receipt {
    const open = this.settings.integrityTrait ? [...pending, INTEGRITY] : pending;
    return open.length > 0 ? { ...receipt, pending: open } : receipt;
  }
}
