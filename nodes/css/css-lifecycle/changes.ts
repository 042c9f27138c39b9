import type { CmsClient } from "../../clients/cms/cms";
import type { Traits } from "../../clients/cms/instance";
import { locked } from "../../clients/cms/versions";
import { DocbridgeError } from "../../core/errors";
import type { LifecycleTraits } from "../../core/lifecycle/lifecycle";
import { type GovernedObject, type GovernedVersion, readObject } from "../../runtime/governed-object";

/** Versions may come, and other holds end or begin, meanwhile; a node that is not done after so many rounds gives up. */
const ROUNDS = 8;
/** What was opened is closed again even when the work itself was cut, milliseconds. */
const CLOSE_MS = 10_000;

/** A change of every version of an object. */
export interface Change {
  isDone(version: GovernedVersion): boolean;
  /** The traits to write into a version. */
  traits(version: GovernedVersion): Traits;
  /** What else needs the rights that an ACL for holds takes away; nobody waits for its success. */
  also?(version: GovernedVersion): Promise<void>;
  /** Is a version held afterwards? */
  isHeld(version: GovernedVersion): boolean;
}

/** Changes traits of objects and proves it by reading back, also under an ACL for holds, which does not allow it. */
export class Changes {
  constructor(
    private readonly cms: CmsClient,
    private readonly type: string,
    private readonly names: LifecycleTraits,
    /** Id of the ACL of objects on hold. */
    private readonly holdAcl: string | undefined,
    private readonly signal: AbortSignal,
  ) {}

  read(id: string): Promise<GovernedObject> {
    return readObject(this.cms, { type: this.type, id }, this.names, this.signal);
  }

  /** Makes a change on every version; gives the object as it is read back. Throws `policy-unconfirmed`, `locked`. */
  async make(id: string, change: Change): Promise<GovernedObject> {
    let refusal: DocbridgeError | undefined;
    for (let round = 0; round < ROUNDS; round += 1) {
      const object = await this.read(id);
      const open = object.versions.filter((version) => !change.isDone(version) || !this.hasAcl(version, change.isHeld(version)));
      if (open.length === 0) return object;
      // Where holds change ACLs, one that came or went in between may be the reason.
      if (refusal && !object.versions.some(aclBeforeHolds)) throw refusal;
      try {
        for (const version of open) await this.write(version, change);
      } catch (thrown) {
        if (!(thrown instanceof DocbridgeError) || thrown.code !== "permission-denied") throw thrown;
        refusal = thrown;
      }
    }
    if (refusal) throw refusal;
    throw new DocbridgeError("policy-unconfirmed", {
      message: `CMS object ${id} does not show the change when it is read back. Check the traits, their attributes and the ACL of holds in CMS.`,
      subject: id,
    });
  }

  /** Under the ACL for holds, where there is one and the version is held. */
  private hasAcl({ instance }: GovernedVersion, held: boolean): boolean {
    return !this.holdAcl || !held || instance.aclId === this.holdAcl;
  }

  private async write(version: GovernedVersion, change: Change): Promise<void> {
    const { ref, instance } = version;
    const before = aclBeforeHolds(version);
    const isClosed = before !== undefined && instance.aclId !== before;
    const holdAcl = this.holdAcl ?? (isClosed ? instance.aclId : undefined);
    let held = version.lifecycle.holds.length > 0;
    if (isClosed) await this.cms.access.change(ref, before, { signal: this.signal });
    try {
      if (!change.isDone(version)) await this.patch(version, change.traits(version));
      await change.also?.(version).catch(() => undefined);
      held = change.isHeld(version);
    } finally {
      // Also after a failure: an object that is still on hold does not stay open.
      const signal = AbortSignal.timeout(CLOSE_MS);
      if (holdAcl && held && (isClosed || instance.aclId !== holdAcl)) await this.cms.access.change(ref, holdAcl, { signal });
    }
  }

  private async patch({ ref }: GovernedVersion, traits: Traits): Promise<void> {
    try {
      await this.cms.updateInstance(ref, { traits }, { signal: this.signal });
    } catch (thrown) {
      // The next round reads whether it was carried out.
      if (thrown instanceof DocbridgeError && thrown.ambiguous && !this.signal.aborted) return;
      if (!(thrown instanceof DocbridgeError) || thrown.status !== 409) throw thrown;
      const { lockOwner } = await this.cms.getInstance("file", ref.type, ref.id, { signal: this.signal });
      throw lockOwner ? locked(ref.id, lockOwner) : thrown;
    }
  }

  /** The ACL that a hold is to leave behind when it ends. */
  aclBefore(version: GovernedVersion): string | undefined {
    const { aclId } = version.instance;
    return aclBeforeHolds(version) ?? (this.holdAcl && aclId !== this.holdAcl ? aclId : undefined);
  }
}

function aclBeforeHolds({ lifecycle }: GovernedVersion): string | undefined {
  return lifecycle.holds.find(({ aclBefore }) => aclBefore)?.aclBefore;
}
