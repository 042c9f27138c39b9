import { Readable } from "node:stream";
import type { CmsClient, Instance, NewInstance, Rendition } from "../../clients/cms/cms";
import type { Traits } from "../../clients/cms/instance";
import { ContentReference } from "../../core/content/reference";
import type { DocbridgeDocument, Receipt, ReleasedSet } from "../../core/document";
import { asDocbridgeError, DocbridgeError } from "../../core/errors";
import { communicationKey } from "../../core/key";
import type { IntentProgress } from "../../core/ledger/ledger";
import { INTEGRITY_INSTANCE } from "../../core/lifecycle/lifecycle";
import { renderTemplate } from "../../core/mapping/template";
import type { TargetType } from "../../core/mapping/types";
import { documentView } from "../../core/mapping/view";
import { OneAtATime } from "../../core/one-at-a-time";
import { attributesFor } from "../../runtime/archiving-node";
import type { Stores } from "../../runtime/ledger-service";
import { type Bytes, integrityOf } from "./bytes";
import type { StoreSettings } from "./config";
import { Locks, UNLOCK } from "./locks";
import { carriedOver } from "./new-version";
import { type Connect, type Operation, objectWithKey, receiptOf, receiptWith, refOf, type Save } from "./operation";
import { entriesOf, entryOf, MANIFEST, mainOf, manifestOf, type SetEntry, type SetMember, traitsOf } from "./set-object";

/** A member asks again so soon whether the first one has stored the set, milliseconds. */
const ASK_AGAIN_MS = 500;

interface OwnSet {
  /** Key of the communication, as people read it. */
  of: string;
  set: ReleasedSet;
  /** The place of the document in its set. */
  role: string;
}

/**
 * All variants of a communication as one CMS object: a rendition each, named by its role, and traits that list them. One
 * object, because hold, retention and version are then those of the whole communication, and because it is made by one
 * request: the set is there whole or not at all. Its first member stores it; the others find theirs in it. What comes
 * late is added by the next version, which leaves the one before as it was.
 */
export class VariantSet implements Operation {
  private readonly queue = new OneAtATime();
  private readonly locks: Locks;

  constructor(
    private readonly cms: Connect,
    private readonly bytes: Bytes,
    private readonly settings: StoreSettings,
    private readonly typeOf: (name: string) => Promise<TargetType>,
    private readonly storesOf: (document: DocbridgeDocument) => Promise<Stores>,
  ) {
    this.locks = new Locks(settings);
  }

  async lookUp(document: DocbridgeDocument, signal: AbortSignal, { lockedId }: IntentProgress): Promise<Receipt | undefined> {
    const own = ownSet(document);
    const found = await this.find(await this.cms(), own, signal);
    const entry = found && this.entryFor(found, document, own);
    // Of what a lost reply has left the bytes are read back in any case, so no checksum goes along.
    return entry && { ...receiptOf(found), contentId: entry.content_id, size: entry.bytes, ...(lockedId ? { pending: [UNLOCK] } : {}) };
  }

  async perform(document: DocbridgeDocument, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<Receipt> {
    const own = ownSet(document);
    return this.queue.run(own.of, async () => {
      const cms = await this.cms();
      const found = await this.find(cms, own, signal);
      if (!found) return this.create(cms, document, own, progress, save, signal);
      const entry = this.entryFor(found, document, own);
      if (!entry) return this.addTo(cms, found, document, own, progress, save, signal);
      const checksum = entry.md5 ? { algorithm: "md5" as const, value: entry.md5 } : undefined;
      return { ...receiptOf(found), contentId: entry.content_id, size: entry.bytes, ...(checksum ? { checksum } : {}) };
    });
  }

  async complete(_document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<void> {
    await this.locks.releaseBefore(await this.cms(), receipt, signal);
  }

  /** Stores the whole set; only the first member does, so that an open question about it is that member's alone. */
  private async create(
    cms: CmsClient,
    document: DocbridgeDocument,
    own: OwnSet,
    progress: IntentProgress,
    save: Save,
    signal: AbortSignal,
  ) {
    const { destination, cmsType, objectName, parentFolder, keyAttribute, integrityTrait, sets } = this.settings;
    const first = own.set.members.find(({ late }) => !late) ?? own.set.members[0];
    if (first?.id !== document.id) throw notThereYet(own, first?.id);
    const stores = await this.storesOf(document);
    const name = renderTemplate(objectName, documentView(document), { name: "object name" });
    const entries: SetEntry[] = [];
    let stored = progress;
    for (const member of await this.members(document, own, stores)) {
      stored = await this.bytes.storePart(member.content, stored, save, signal).catch((thrown) => {
        throw member.key === document.key ? thrown : ofMember(member, thrown);
      });
      entries.push(await entryOf(member, this.bytes.partOf(member.content, stored)));
    }
    const manifest = await this.storedManifest(entries, stores, stored, save, signal);
    const file = this.bytes.partOf(document.content, stored);
    const integrity: Traits = integrityTrait ? { [integrityTrait]: { [INTEGRITY_INSTANCE]: integrityOf(document, file.checksum) } } : {};
    const body: NewInstance = {
      name,
      ...(parentFolder ? { parent_folder_id: parentFolder } : {}),
      properties: { ...attributesFor(document, destination), [keyAttribute]: communicationKey(own.of) },
      traits: { ...integrity, ...traitsOf(entries, { communication: own.of, expected: own.set.expected, late: [] }, sets) },
      renditions: [...entries.map((entry, at) => this.rendition(entry, at === 0)), manifest.rendition],
    };
    const object = await cms.createInstance("file", cmsType, body, { signal });
    return receiptWith(object, document, { ...manifest.stored, ...file });
  }

  /** Adds a late member by the next version of the object. */
  private async addTo(
    cms: CmsClient,
    found: Instance,
    document: DocbridgeDocument,
    own: OwnSet,
    progress: IntentProgress,
    save: Save,
    signal: AbortSignal,
  ): Promise<Receipt> {
    const { cmsType, sets } = this.settings;
    await this.locks.demandFree(cms, found, progress, signal);
    const stores = await this.storesOf(document);
    const stored = await this.bytes.storePart(document.content, progress, save, signal);
    const file = this.bytes.partOf(document.content, stored);
    const entry = await entryOf(await this.self(document, own, stores), file);
    let latest = stored;
    // Giving the lock up saves what was known before it, and the manifest is uploaded under it.
    const keep = async (made: IntentProgress) => {
      latest = { ...made, parts: { ...latest.parts, ...made.parts } };
      await save(latest);
    };
    const { made, pending } = await this.locks.under(cms, found, stored, keep, signal, async (before) => {
      const entries = [...entriesOf(before, sets), entry];
      const manifest = await this.storedManifest(entries, stores, latest, keep, signal);
      const { communication, expected, late } = mainOf(before, sets);
      const kept = before.renditions.filter(({ name }) => name !== MANIFEST).map((each) => this.keptRendition(each));
      const body: NewInstance = {
        ...carriedOver(before, await this.typeOf(cmsType)),
        traits: {
          ...(before.traits as Traits),
          ...traitsOf(entries, { communication, expected, late: [...late, own.role] }, sets),
        },
        renditions: [...kept, this.rendition(entry, false), manifest.rendition],
      };
      return cms.versions.createNext(refOf(cmsType, before), body, { signal });
    });
    return { ...receiptWith(made, document, { ...latest, ...file }), ...(pending.length > 0 ? { pending } : {}) };
  }

  private async find(cms: CmsClient, { of }: OwnSet, signal: AbortSignal): Promise<Instance | undefined> {
    const { cmsType } = this.settings;
    const found = await objectWithKey(cms, this.settings, communicationKey(of), signal);
    // A list may leave traits out.
    return found?.hasTraits === false ? cms.getInstance("file", cmsType, found.id, { signal }) : found;
  }

  /** The document's place in the stored set. Throws `conflict` when another document has it. */
  private entryFor(found: Instance, document: DocbridgeDocument, { role }: OwnSet): SetEntry | undefined {
    const entries = entriesOf(found, this.settings.sets);
    const own = entries.find(({ document_key: key }) => key === document.key);
    const inPlace = entries.find((entry) => entry.role === role);
    if (own || !inPlace) return own;
    if (inPlace.sha256 === document.content.sha256) return inPlace;
    throw new DocbridgeError("conflict", {
      message: `CMS object ${found.id} has another document in the place "${role}" of this communication. Nothing was replaced; a person has to decide which one counts.`,
      subject: role,
    });
  }

  /** Those that were released together, as far as nobody has rejected them. */
  private async members(document: DocbridgeDocument, own: OwnSet, stores: Stores): Promise<SetMember[]> {
    const members: SetMember[] = [];
    for (const { role, id, late } of own.set.members) {
      if (late && id !== document.id) continue;
      const record = await stores.ledger.get(id);
      if (!record || record.state === "rejected" || record.state === "conflict") continue;
      const { key, source, metadata, createdAt } = record;
      members.push({ role, key, content: new ContentReference(record.content, stores.spool), source, metadata, receivedAt: createdAt });
    }
    return members;
  }

  private async self(document: DocbridgeDocument, { role }: OwnSet, stores: Stores): Promise<SetMember> {
    const { key, content, source, metadata } = document;
    const record = await stores.ledger.get(document.id);
    return { role, key, content, source, metadata, receivedAt: record?.createdAt ?? Date.now() };
  }

  private async storedManifest(entries: SetEntry[], { spool }: Stores, progress: IntentProgress, save: Save, signal: AbortSignal) {
    const kept = await spool.put(Readable.from([manifestOf(entries)]));
    const content = new ContentReference({ ...kept, mediaType: "text/plain", fileName: MANIFEST }, spool);
    const stored = await this.bytes.storePart(content, progress, save, signal);
    return { stored, rendition: this.bytes.renditionOf(content, this.bytes.partOf(content, stored), "secondary", MANIFEST) };
  }

  private rendition({ role, content_id, media_type, bytes }: SetEntry, isFirst: boolean): Rendition {
    const content = { mediaType: media_type, size: bytes };
    return this.bytes.renditionOf(content, { contentId: content_id }, isFirst ? "primary" : "secondary", role);
  }

  private keptRendition({ name, rendition_type, blob_id, mime_type, content_size }: Instance["renditions"][number]): Rendition {
    const kind = String(rendition_type).toLowerCase() === "primary" ? "primary" : "secondary";
    const content = { mediaType: String(mime_type), size: Number(content_size) };
    return this.bytes.renditionOf(content, { contentId: String(blob_id) }, kind, String(name));
  }
}

/** Throws `invalid-message` for a document that comes from no set. */
function ownSet({ id, variant }: DocbridgeDocument): OwnSet {
  const { of, set } = variant;
  const member = set?.members.find((each) => each.id === id);
  if (of && set && member) return { of, set, role: member.role };
  throw new DocbridgeError("invalid-message", {
    message:
      "The document is in no set of variants. Place a 'document variants' node before this one, and send on only what it has released.",
    subject: "msg.document.variant.set",
  });
}

function notThereYet({ set }: OwnSet, first: string | undefined): DocbridgeError {
  return new DocbridgeError("not-found", {
    message: `The set is not stored yet: its first member "${set.members.find(({ id }) => id === first)?.role}", document ${first}, stores it. Should that one be in quarantine, try it again or reject it.`,
    subject: first,
    parkMs: ASK_AGAIN_MS,
  });
}

/** The first member fails with what is wrong with another one: a person has to see which. */
function ofMember({ role }: SetMember, thrown: unknown): DocbridgeError {
  const error = asDocbridgeError(thrown);
  return new DocbridgeError(error.code, {
    ...error,
    message: `The member "${role}" of the set cannot be stored. ${error.message}`,
    cause: thrown,
  });
}
