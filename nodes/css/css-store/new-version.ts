import type { CmsClient, Instance, NewInstance } from "../../clients/cms";
import { locked } from "../../clients/cms-versions";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import type { IntentProgress } from "../../core/ledger/ledger";
import { INTEGRITY_INSTANCE } from "../../core/lifecycle/lifecycle";
import type { TargetType } from "../../core/mapping/types";
import { attributesFor } from "../../runtime/archiving-node";
import { keyValue, noObject, OneAtATime } from "../../runtime/business-key";
import { type Bytes, integrityOf } from "./bytes";
import type { StoreSettings } from "./config";
import { NewObject } from "./new-object";
import { type Connect, contentIdOf, findObject, type Operation, receiptOf, receiptWith, refOf, type Save } from "./operation";

/** After a failure the lock is given up even when the work itself was cut, milliseconds. */
const UNLOCK_MS = 10_000;
/** In `pending` of a receipt: the lock on the version before may still be there. */
const UNLOCK = "unlock";

/**
 * The next version of the object with the document's business key. The bytes are stored first, so that the object is
 * locked for two requests only. Every version carries the key of its own document.
 */
export class NewVersion implements Operation {
  private readonly first: NewObject;
  private readonly queue = new OneAtATime();

  constructor(
    private readonly cms: Connect,
    private readonly bytes: Bytes,
    private readonly settings: StoreSettings,
    private readonly typeOf: (name: string) => Promise<TargetType>,
  ) {
    this.first = new NewObject(cms, bytes, settings);
  }

  /** The version with this document's key, also when it is no longer the latest. */
  async lookUp(document: DocbridgeDocument, signal: AbortSignal): Promise<Receipt | undefined> {
    const { cmsType, keyAttribute } = this.settings;
    const cms = await this.cms();
    const found = await cms.findByAttribute("file", cmsType, keyAttribute, document.key, { signal, latestOnly: false });
    // Versions that other people made of it may have the key as well: ours is the first.
    const [ours, ...others] = found.sort((a, b) => (a.versionNo ?? 0) - (b.versionNo ?? 0));
    if (!ours) return undefined;
    if (others.length > 0) await this.demandVersionsOf(cms, ours, others, signal);
    return { ...receiptOf(ours), contentId: contentIdOf(ours), pending: [UNLOCK] };
  }

  async perform(document: DocbridgeDocument, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<Receipt> {
    const { cmsType, find, createFirst } = this.settings;
    const value = keyValue(find, document);
    return this.queue.run(value, async () => {
      const cms = await this.cms();
      const found = await findObject(cms, find, value, signal);
      if (!found && createFirst) return this.first.create(document, { properties: { [find.attribute]: value } }, progress, save, signal);
      if (!found) throw noObject(find);
      if (found.lockOwner && progress.lockedId !== found.id) throw locked(found.id, found.lockOwner);
      const stored = await this.bytes.store(document, progress, save, signal);
      const before = await this.lock(cms, found, stored, save, signal);
      let made: Instance;
      try {
        demandLatest(before);
        made = await cms.versions.createNext(refOf(cmsType, before), await this.bodyOf(document, before, stored), { signal });
      } catch (thrown) {
        // While it is open whether the version was made the lock stays: the next attempt knows it as its own.
        const settled = thrown instanceof DocbridgeError && !thrown.ambiguous;
        if (settled && (await this.unlock(cms, before))) await save({ ...stored, lockedId: undefined });
        // Another worker with the same account is not kept out by our lock.
        if (settled) demandLatest(await cms.getInstance("file", cmsType, before.id, { signal }).catch(() => before));
        throw thrown;
      }
      const receipt = receiptWith(made, document, stored);
      return (await this.unlock(cms, before)) ? receipt : { ...receipt, pending: [UNLOCK] };
    });
  }

  /** Gives up the lock that may be left on the version before. */
  async complete(_document: DocbridgeDocument, { objectId, version }: Receipt, signal: AbortSignal): Promise<void> {
    const { cmsType } = this.settings;
    const cms = await this.cms();
    const [before] = (await cms.versions.list(refOf(cmsType, { id: objectId }), { signal })).filter(
      ({ versionNo }) => versionNo !== undefined && versionNo < Number(version),
    );
    if (!before) return;
    const { lockOwner } = await cms.getInstance("file", cmsType, before.id, { signal });
    if (lockOwner) await cms.versions.unlock(refOf(cmsType, before), { signal });
  }

  /** What is locked is noted before, so that a lock which a crash leaves behind is known as this document's own. */
  private async lock(cms: CmsClient, object: Instance, stored: IntentProgress, save: Save, signal: AbortSignal): Promise<Instance> {
    if (stored.lockedId !== object.id) await save({ ...stored, lockedId: object.id });
    try {
      return await cms.versions.lock(refOf(this.settings.cmsType, object), { signal });
    } catch (thrown) {
      if (thrown instanceof DocbridgeError && !thrown.ambiguous) await save({ ...stored, lockedId: undefined });
      throw thrown;
    }
  }

  /** The version before, with what the document brings: how much of it the service itself would take over is unknown. */
  private async bodyOf(document: DocbridgeDocument, before: Instance, stored: IntentProgress): Promise<NewInstance> {
    const { destination, cmsType, keyAttribute, integrityTrait } = this.settings;
    const { attributes } = await this.typeOf(cmsType);
    const readOnly = new Set(attributes.filter((attribute) => attribute.readOnly).map(({ name }) => name));
    const kept = Object.entries(before.properties).filter(([name, value]) => value !== null && !readOnly.has(name));
    return {
      name: before.name ?? document.content.fileName,
      ...(before.description ? { description: before.description } : {}),
      ...(before.displayName ? { display_name: before.displayName } : {}),
      properties: { ...Object.fromEntries(kept), ...attributesFor(document, destination), [keyAttribute]: document.key },
      // Holds, retention and tier go on to the new version; only what is said of the old bytes does not.
      traits: {
        ...(before.traits as NewInstance["traits"]),
        ...(integrityTrait ? { [integrityTrait]: { [INTEGRITY_INSTANCE]: integrityOf(document, stored.checksum) } } : {}),
      },
      renditions: [this.bytes.rendition(document, stored, "primary", document.content.fileName)],
    };
  }

  /** False when the lock may still be there. */
  private unlock(cms: CmsClient, object: Instance): Promise<boolean> {
    return cms.versions.unlock(refOf(this.settings.cmsType, object), { signal: AbortSignal.timeout(UNLOCK_MS) }).then(
      () => true,
      () => false,
    );
  }

  private async demandVersionsOf(cms: CmsClient, ours: Instance, others: Instance[], signal: AbortSignal): Promise<void> {
    const { cmsType, keyAttribute } = this.settings;
    const versions = await cms.versions.list(refOf(cmsType, ours), { signal });
    const strangers = others.filter(({ id }) => !versions.some((version) => version.id === id));
    if (strangers.length === 0) return;
    throw new DocbridgeError("ambiguous-key", {
      message: `Several CMS objects of type ${cmsType} carry the key of this document: ${[ours, ...strangers].map(({ id }) => id).join(", ")}. A person has to decide which one counts.`,
      subject: keyAttribute,
    });
  }
}

/** Somebody can have made a version between our query and our lock. */
function demandLatest({ id, latest }: Instance): void {
  if (latest !== false) return;
  throw new DocbridgeError("refused", {
    message: `CMS object ${id} is no longer the latest version: somebody else has just made one. It is tried again on top of theirs.`,
    retryable: true,
    subject: id,
  });
}
