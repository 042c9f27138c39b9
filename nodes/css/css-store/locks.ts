import type { CmsClient, Instance } from "../../clients/cms/cms";
import { locked } from "../../clients/cms/versions";
import { DocbridgeError } from "../../core/errors";
import type { IntentProgress } from "../../core/ledger/ledger";
import { isUnderWay } from "../../core/lifecycle/lifecycle";
import { readObject } from "../../runtime/governed-object";
import type { StoreSettings } from "./config";
import { refOf, type Save } from "./operation";

/** After a failure the lock is given up even when the work itself was cut, milliseconds. */
const UNLOCK_MS = 10_000;
/** In `pending` of a receipt: the lock on the object may still be there. */
export const UNLOCK = "unlock";

/**
 * Adds to objects that are there already, under a lock, and only where no legal hold forbids it. The holds are read
 * before any byte is sent, and again under the lock, which keeps other accounts from placing one in between.
 */
export class Locks {
  constructor(private readonly settings: Pick<StoreSettings, "cmsType" | "lifecycle">) {}

  /**
   * Nothing is replaced, so retention allows it: what was there stays as it was. A hold means that nothing changes.
   * Throws `on-hold`, `being-deleted`, and `lifecycle-unreadable` for what may be a hold.
   */
  async demandOpen(cms: CmsClient, { id }: Pick<Instance, "id">, signal: AbortSignal): Promise<void> {
    const { cmsType: type, lifecycle } = this.settings;
    const { holds, deletions } = await readObject(cms, { type, id }, lifecycle, signal);
    if (holds.length > 0) {
      throw new DocbridgeError("on-hold", {
        message: `CMS object ${id} is on hold for ${holds.length} matter(s), so nothing is added to it. Have the holds released, or file the document otherwise; then try it again.`,
        subject: id,
      });
    }
    if (deletions.some((deletion) => isUnderWay(deletion, Date.now()))) {
      throw new DocbridgeError("being-deleted", {
        message: `CMS object ${id} is being deleted, so nothing is added to it. It is tried again: the object is gone then, or its deletion was given up.`,
        retryable: true,
        subject: id,
      });
    }
  }

  /** Throws `locked` for a lock that an earlier try of this document did not leave, and what `demandOpen` throws. */
  async demandFree(cms: CmsClient, object: Instance, progress: IntentProgress, signal: AbortSignal): Promise<void> {
    if (object.lockOwner && progress.lockedId !== object.id) throw locked(object.id, object.lockOwner);
    await this.demandOpen(cms, object, signal);
  }

  /**
   * Carries out work that adds to the latest version of an object, and gives what is still pending afterwards. While it
   * is open whether it was carried out the lock stays: the next attempt knows it as its own.
   */
  async under<T>(
    cms: CmsClient,
    object: Instance,
    stored: IntentProgress,
    save: Save,
    signal: AbortSignal,
    work: (now: Instance) => Promise<T>,
  ): Promise<{ made: T; pending: string[] }> {
    const ref = refOf(this.settings.cmsType, object);
    const now = await this.lock(cms, object, stored, save, signal);
    let made: T;
    try {
      demandLatest(now);
      await this.demandOpen(cms, now, signal);
      made = await work(now);
    } catch (thrown) {
      const settled = thrown instanceof DocbridgeError && !thrown.ambiguous;
      if (settled && (await this.unlock(cms, object))) await save({ ...stored, lockedId: undefined });
      // Another worker with the same account is not kept out by our lock.
      if (settled) demandLatest(await cms.getInstance("file", ref.type, ref.id, { signal }).catch(() => now));
      throw await this.explained(cms, object, thrown, signal);
    }
    return { made, pending: (await this.unlock(cms, object)) ? [] : [UNLOCK] };
  }

  /** False when the lock may still be there. */
  private unlock(cms: CmsClient, object: Instance): Promise<boolean> {
    return cms.versions.unlock(refOf(this.settings.cmsType, object), { signal: AbortSignal.timeout(UNLOCK_MS) }).then(
      () => true,
      () => false,
    );
  }

  /** What is locked is noted before, so that a lock which a crash leaves behind is known as this document's own. */
  private async lock(cms: CmsClient, object: Instance, stored: IntentProgress, save: Save, signal: AbortSignal): Promise<Instance> {
    if (stored.lockedId !== object.id) await save({ ...stored, lockedId: object.id });
    try {
      return await cms.versions.lock(refOf(this.settings.cmsType, object), { signal });
    } catch (thrown) {
      if (thrown instanceof DocbridgeError && !thrown.ambiguous) await save({ ...stored, lockedId: undefined });
      throw await this.explained(cms, object, thrown, signal);
    }
  }

  /** A hold that came in between may have taken the rights away: that is what a person should read. */
  private async explained(cms: CmsClient, object: Instance, thrown: unknown, signal: AbortSignal): Promise<unknown> {
    if (thrown instanceof DocbridgeError && thrown.code === "permission-denied") await this.demandOpen(cms, object, signal);
    return thrown;
  }

  /** Gives up a lock that a try of this document may have left on an object. */
  async release(cms: CmsClient, id: string, signal: AbortSignal): Promise<void> {
    const { cmsType: type } = this.settings;
    const { lockOwner } = await cms.getInstance("file", type, id, { signal });
    if (lockOwner) await cms.versions.unlock(refOf(type, { id }), { signal });
  }

  /** The same on the version before the one that was made. */
  async releaseBefore(cms: CmsClient, { objectId, version }: { objectId: string; version?: string }, signal: AbortSignal): Promise<void> {
    const versions = await cms.versions.list(refOf(this.settings.cmsType, { id: objectId }), { signal });
    const before = versions.find(({ versionNo }) => versionNo !== undefined && versionNo < Number(version));
    if (before) await this.release(cms, before.id, signal);
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
