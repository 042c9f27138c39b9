import type { CmsClient, Instance, NewInstance } from "../../clients/cms/cms";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import type { IntentProgress } from "../../core/ledger/ledger";
import { INTEGRITY_INSTANCE } from "../../core/lifecycle/lifecycle";
import type { TargetType } from "../../core/mapping/types";
import { OneAtATime } from "../../core/one-at-a-time";
import { attributesFor } from "../../runtime/archiving-node";
import { keyValue, noObject } from "../../runtime/business-key";
import { type Bytes, integrityOf } from "./bytes";
import type { StoreSettings } from "./config";
import { Locks, UNLOCK } from "./locks";
import { NewObject } from "./new-object";
import { type Connect, contentIdOf, findObject, type Operation, receiptOf, receiptWith, refOf, type Save } from "./operation";

/**
 * The next version of the object with the document's business key. The bytes are stored first, so that the object is
 * locked for two requests only. Every version carries the key of its own document.
 */
export class NewVersion implements Operation {
  private readonly first: NewObject;
  private readonly locks: Locks;
  private readonly queue = new OneAtATime();

  constructor(
    private readonly cms: Connect,
    private readonly bytes: Bytes,
    private readonly settings: StoreSettings,
    private readonly typeOf: (name: string) => Promise<TargetType>,
  ) {
    this.first = new NewObject(cms, bytes, settings);
    this.locks = new Locks(settings);
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
      await this.locks.demandFree(cms, found, progress, signal);
      const stored = await this.bytes.store(document, progress, save, signal);
      const { made, pending } = await this.locks.under(cms, found, stored, save, signal, async (before) =>
        cms.versions.createNext(refOf(cmsType, before), await this.bodyOf(document, before, stored), { signal }),
      );
      return { ...receiptWith(made, document, stored), ...(pending.length > 0 ? { pending } : {}) };
    });
  }

  async complete(_document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<void> {
    await this.locks.releaseBefore(await this.cms(), receipt, signal);
  }

  /** The version before, with what the document brings: how much of it the service itself would take over is unknown. */
  private async bodyOf(document: DocbridgeDocument, before: Instance, stored: IntentProgress): Promise<NewInstance> {
    const { destination, cmsType, keyAttribute, integrityTrait } = this.settings;
    const carried = carriedOver(before, await this.typeOf(cmsType));
    return {
      ...carried,
      properties: { ...carried.properties, ...attributesFor(document, destination), [keyAttribute]: document.key },
      // Holds, retention and tier go on to the new version; only what is said of the old bytes does not.
      traits: {
        ...(before.traits as NewInstance["traits"]),
        ...(integrityTrait ? { [integrityTrait]: { [INTEGRITY_INSTANCE]: integrityOf(document, stored.checksum) } } : {}),
      },
      renditions: [this.bytes.rendition(document, stored, "primary", document.content.fileName)],
    };
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

/** Name, description and attributes of a version for the one after it. */
export function carriedOver(before: Instance, { attributes }: TargetType): NewInstance {
  const readOnly = new Set(attributes.filter((attribute) => attribute.readOnly).map(({ name }) => name));
  const kept = Object.entries(before.properties).filter(([name, value]) => value !== null && !readOnly.has(name));
  return {
    name: before.name ?? before.id,
    ...(before.description ? { description: before.description } : {}),
    ...(before.displayName ? { display_name: before.displayName } : {}),
    properties: Object.fromEntries(kept),
  };
}
