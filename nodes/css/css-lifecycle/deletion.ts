import { randomUUID } from "node:crypto";
import type { CmsClient } from "../../clients/cms/cms";
import { DocbridgeError } from "../../core/errors";
import { isOver, type LifecycleTraits } from "../../core/lifecycle/lifecycle";
import { type GovernedObject, type GovernedVersion, readObject } from "../../runtime/governed-object";
import { type Change, Changes } from "./changes";
import type { Config } from "./config";

/** A deletion that has not come to its request after this time is given up, milliseconds. */
const LONGEST_MS = 60_000;
/** Marks and locks are given up even when the work itself was cut, milliseconds. */
const WITHDRAW_MS = 10_000;

export interface DeletionWish {
  how: Config["deletion"];
  by?: string;
  /** Only an object whose retention is over and says that it is deleted then. */
  expire: boolean;
}

/** Throws `on-hold`, `retained`, and for an expiry `not-due`. */
export function demandDeletable(object: GovernedObject, id: string, nowMs: number, expire: boolean): void {
  const { holds, retention } = object;
  if (holds.length > 0) {
    throw new DocbridgeError("on-hold", {
      message: `CMS object ${id} is on hold for ${holds.length} matter(s), so it is not deleted. msg.lifecycle.holds names them.`,
      subject: id,
    });
  }
  if (retention && !isOver(retention, nowMs)) {
    throw new DocbridgeError("retained", {
      message: `CMS object ${id} is under retention, so it is not deleted. msg.lifecycle.retention says until when.`,
      subject: id,
    });
  }
  if (expire && retention?.disposition !== "delete") {
    throw new DocbridgeError("not-due", {
      message: `CMS object ${id} does not expire: ${retention ? "the disposition of its retention is not 'delete'" : "it has no retention"}.`,
      subject: id,
    });
  }
}

/**
 * Deletes an object with all its versions, unless a hold or its retention forbids that.
 *
 * CMS documents neither an etag nor a condition for deleting an instance, so a hold that is placed between reading and
 * deleting has to win in another way. The object is locked, which keeps other accounts from changing it, and marked in a
 * trait, because a lock does not keep out another worker with the same account; only then holds and retention are read
 * for the last time. Whoever places a hold writes it first and reads the marks then (see hold.ts).
 */
export class Deletion {
  constructor(
    private readonly cms: CmsClient,
    private readonly type: string,
    private readonly names: LifecycleTraits,
    private readonly signal: AbortSignal,
  ) {}

  /** Gives what was deleted. Throws what `demandDeletable` and `readObject` throw, and `locked`. */
  async carryOut(id: string, { how, by, expire }: DeletionWish): Promise<GovernedObject> {
    const { latest } = this.demanded(await this.read(id), id, expire);
    const mark = randomUUID();
    let asked = false;
    try {
      await this.cms.versions.lock(latest.ref, { signal: this.signal });
      const begunAt = new Date();
      await this.mark(latest, mark, { begun_at: begunAt.toISOString(), ...(by ? { begun_by: by } : {}) }, this.signal);
      const inTime = AbortSignal.any([this.signal, AbortSignal.timeout(LONGEST_MS)]);
      const object = this.demanded(await this.read(id), id, expire);
      if (!object.deletions.some((deletion) => deletion.id === mark)) throw unmarked(id, this.names);
      if (inTime.aborted) throw tooSlow(id);
      asked = true;
      await this.delete(object.latest, how, inTime);
      return object;
    } catch (thrown) {
      // A deletion that may have been carried out keeps its mark: a hold must not take the object for safe.
      if (asked && !(thrown instanceof DocbridgeError && !thrown.ambiguous)) throw thrown;
      const code = thrown instanceof DocbridgeError ? thrown.code : undefined;
      // The lock of somebody else stays as it is.
      if (code !== "locked") await this.withdraw(id, mark);
      // A hold that came in between may have taken the rights away: that is what a person should read.
      if (code === "locked" || code === "permission-denied") this.demanded(await this.read(id), id, expire);
      throw thrown;
    }
  }

  private read(id: string): Promise<GovernedObject> {
    return readObject(this.cms, { type: this.type, id }, this.names, this.signal);
  }

  private demanded(object: GovernedObject, id: string, expire: boolean): GovernedObject {
    demandDeletable(object, id, Date.now(), expire);
    return object;
  }

  private mark({ ref }: GovernedVersion, mark: string, values: Record<string, string>, signal: AbortSignal) {
    return this.cms.updateInstance(ref, { traits: { [this.names.deletion]: { [mark]: values } } }, { signal });
  }

  private async delete({ ref }: GovernedVersion, how: Config["deletion"], signal: AbortSignal): Promise<void> {
    try {
      if (how === "bin") await this.cms.bin.put(ref, { allVersions: true, signal });
      else await this.cms.bin.deleteForGood(ref, { allVersions: true, signal });
    } catch (thrown) {
      if (!(thrown instanceof DocbridgeError) || !thrown.ambiguous || !(await this.isGone(ref))) throw thrown;
    }
  }

  private async isGone(ref: GovernedVersion["ref"]): Promise<boolean> {
    try {
      await this.cms.getInstance("file", ref.type, ref.id, { signal: this.signal });
      return false;
    } catch (thrown) {
      return thrown instanceof DocbridgeError && thrown.code === "not-found";
    }
  }

  /**
   * Takes mark and lock back, also from an object that a hold has put under another ACL meanwhile. What fails for good
   * here is no worse than what led here: the mark ends by itself, a lock shows its owner.
   */
  private async withdraw(id: string, mark: string): Promise<void> {
    const signal = AbortSignal.timeout(WITHDRAW_MS);
    const changes = new Changes(this.cms, this.type, this.names, undefined, signal);
    const ended = { [this.names.deletion]: { [mark]: { ended_at: new Date().toISOString() } } };
    const change: Change = {
      // A version that came meanwhile took the mark over with the other traits.
      isDone: ({ lifecycle }) => lifecycle.deletions.every((deletion) => deletion.id !== mark),
      isHeld: ({ lifecycle }) => lifecycle.holds.length > 0,
      traits: () => ended,
      also: ({ ref }) => this.cms.versions.unlock(ref, { signal }),
    };
    await again(() => changes.make(id, change));
    await again(async () => {
      const { latest } = await this.read(id);
      if (latest.instance.lockOwner) await this.cms.versions.unlock(latest.ref, { signal });
    });
  }
}

/** Tries work that does no harm when it is done twice, and leaves it at that. */
async function again(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    try {
      await work();
      return;
    } catch (thrown) {
      if (!(thrown instanceof DocbridgeError) || !(thrown.retryable || thrown.ambiguous)) return;
    }
  }
}

function tooSlow(id: string): DocbridgeError {
  return new DocbridgeError("timeout", {
    message: `CMS took so long to mark and read object ${id} that its deletion was given up: nobody would wait for it any more. Send the message again.`,
    retryable: true,
    subject: id,
  });
}

function unmarked(id: string, names: LifecycleTraits): DocbridgeError {
  return new DocbridgeError("policy-unconfirmed", {
    message: `CMS object ${id} does not show the mark of its deletion when it is read back, so it is not deleted. Check the trait ${names.deletion}.`,
    subject: id,
  });
}
