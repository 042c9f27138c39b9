import type { DocumentumClient, DocumentumObject } from "../../clients/documentum/documentum";
import type { DocbridgeDocument, Receipt } from "../../core/document";
import { DocbridgeError } from "../../core/errors";
import type { IntentProgress } from "../../core/ledger/ledger";
import { OneAtATime } from "../../core/one-at-a-time";
import { keyValue, noObject } from "../../runtime/business-key";
import { findObject } from "./business-object";
import type { ArchiveSettings } from "./config";
import { NewObject } from "./new-object";
import { type Connect, demandOneObject, filedAttributes, type Operation, receiptOf, type Save, verifyContent } from "./operation";

/** After a failure the lock is given up even when the work itself was cut, milliseconds. */
const UNLOCK_MS = 10_000;

/**
 * The next version of the object with the document's business key: lock, check in, and the lock given up when that fails
 * (wire/documentum.md 13). Every version carries the key of its own document.
 */
export class NewVersion implements Operation {
  private readonly first: NewObject;
  private readonly queue = new OneAtATime();

  constructor(
    private readonly client: Connect,
    private readonly settings: ArchiveSettings,
  ) {
    this.first = new NewObject(client, settings);
  }

  /** The version with this document's key, also when it is no longer the current one. */
  async lookUp(document: DocbridgeDocument, signal: AbortSignal): Promise<Receipt | undefined> {
    const { objectType, keyAttribute } = this.settings;
    const found = await (await this.client()).probeKey({ type: objectType, attribute: keyAttribute, allVersions: true }, document.key, {
      signal,
    });
    demandOneObject(found, objectType, keyAttribute);
    // Versions that other people made of it inherited the key: ours is the first.
    const [ours] = found.sort((a, b) => (madeAt(a) < madeAt(b) ? -1 : 1));
    return ours && receiptOf(ours);
  }

  async perform(document: DocbridgeDocument, progress: IntentProgress, save: Save, signal: AbortSignal): Promise<Receipt> {
    const { find, createFirst, holdAttribute } = this.settings;
    const value = keyValue(find, document);
    return this.queue.run(value, async () => {
      const client = await this.client();
      const found = await findObject(client, find, value, signal);
      if (!found && createFirst) return this.first.create(document, { [find.attribute]: value }, signal);
      if (!found) throw noObject(find);
      const object = await client.getObject(found, { signal });
      await client.demandUngoverned(object, holdAttribute || undefined, { signal });
      const locked = await this.lock(client, object, progress, save, signal);
      try {
        demandCurrent(locked);
        return receiptOf(await this.checkIn(client, locked, document, signal));
      } catch (thrown) {
        if (await this.unlock(client, locked)) await save({ ...progress, lockedId: undefined });
        throw thrown;
      }
    });
  }

  async verify(document: DocbridgeDocument, receipt: Receipt, signal: AbortSignal): Promise<"read-back" | "size"> {
    return verifyContent(await this.client(), this.settings.verify, document, receipt, signal);
  }

  /** What is locked is noted before, so that a lock which a crash leaves behind is known as this document's own. */
  private async lock(client: DocumentumClient, object: DocumentumObject, progress: IntentProgress, save: Save, signal: AbortSignal) {
    if (progress.lockedId === object.objectId && client.versions.isLockedByUs(object)) return object;
    await save({ ...progress, lockedId: object.objectId });
    try {
      return await client.versions.checkOut(object, { signal });
    } catch (thrown) {
      if (thrown instanceof DocbridgeError && !thrown.ambiguous) await save({ ...progress, lockedId: undefined });
      throw thrown;
    }
  }

  private checkIn(client: DocumentumClient, locked: DocumentumObject, document: DocbridgeDocument, signal: AbortSignal) {
    const { keyAttribute, format, versionPolicy } = this.settings;
    return client.versions.checkIn(
      locked,
      {
        policy: versionPolicy,
        properties: { ...filedAttributes(document, this.settings), [keyAttribute]: document.key },
        content: document.content,
        ...(format ? { format } : {}),
      },
      { signal },
    );
  }

  /** False when the lock may still be there: the next attempt of the document knows it as its own. */
  private async unlock(client: DocumentumClient, locked: DocumentumObject): Promise<boolean> {
    return client.versions.cancel(locked, { signal: AbortSignal.timeout(UNLOCK_MS) }).then(
      () => true,
      () => false,
    );
  }
}

/** Versions made in the same second are told apart by their ids. */
function madeAt({ properties, objectId }: DocumentumObject): string {
  return `${properties.r_creation_date} ${objectId}`;
}

/** Somebody can have checked in between our query and our lock; on top of an old version ours would become a branch. */
function demandCurrent({ objectId, versionLabels }: DocumentumObject): void {
  if (versionLabels.some((label) => label.toUpperCase() === "CURRENT")) return;
  throw new DocbridgeError("refused", {
    message: `Object ${objectId} is no longer the current version: somebody else has just checked in. It is tried again on top of theirs.`,
    retryable: true,
    subject: objectId,
  });
}
