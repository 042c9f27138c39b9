import { setTimeout as sleep } from "node:timers/promises";
import { instanceName } from "../../clients/cms/instance";
import { DocbridgeError } from "../../core/errors";
import { isUnderWay, type LifecycleTraits } from "../../core/lifecycle/lifecycle";
import type { GovernedObject } from "../../runtime/governed-object";
import type { Changes } from "./changes";

const ASK_AGAIN_MS = 250;

/**
 * Places a hold for a matter and gives the object when the hold is certain: it is on every version, and no deletion is
 * under way that began before it. A deletion marks the object first and reads the holds then; here the hold is written
 * first and the marks are read then. So at least one of the two sees the other (see deletion.ts).
 * Throws `being-deleted`, `not-found` when the deletion was first, and what `Changes.make` throws.
 */
export async function placeHold(
  changes: Changes,
  names: LifecycleTraits,
  id: string,
  hold: { matter: string; by?: string },
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
): Promise<GovernedObject> {
  const { matter, by } = hold;
  const placed = { matter_id: matter, placed_at: new Date().toISOString(), released_at: null, ...(by ? { placed_by: by } : {}) };
  const until = performance.now() + waitMs;
  for (;;) {
    const object = await changes.make(id, {
      isDone: ({ lifecycle }) => lifecycle.holds.some((each) => each.matter === matter),
      isHeld: () => true,
      traits: (version) => {
        const aclBefore = changes.aclBefore(version);
        return { [names.hold]: { [instanceName(matter, "matter")]: { ...placed, ...(aclBefore ? { acl_before: aclBefore } : {}) } } };
      },
    });
    if (!object.deletions.some((deletion) => isUnderWay(deletion, Date.now()))) return object;
    if (performance.now() > until) throw stillBeingDeleted(id);
    await sleep(ASK_AGAIN_MS, undefined, { signal });
  }
}

/** Ends the hold for a matter; with the last one the ACL from before comes back. Throws `not-found` when there is none. */
export async function releaseHold(changes: Changes, names: LifecycleTraits, id: string, matter: string): Promise<GovernedObject> {
  const now = await changes.read(id);
  if (!now.holds.some((hold) => hold.matter === matter) && !now.released.includes(matter)) {
    throw new DocbridgeError("not-found", {
      message: `CMS object ${id} is on no hold for the matter of this message. Check the matter; msg.lifecycle lists the holds.`,
      subject: id,
    });
  }
  const releasedAt = new Date().toISOString();
  return changes.make(id, {
    isDone: ({ lifecycle }) => lifecycle.holds.every((hold) => hold.matter !== matter),
    isHeld: ({ lifecycle }) => lifecycle.holds.some((hold) => hold.matter !== matter),
    traits: ({ lifecycle }) => {
      const ended = lifecycle.holds.filter((hold) => hold.matter === matter);
      return { [names.hold]: Object.fromEntries(ended.map(({ instance }) => [instance, { released_at: releasedAt }])) };
    },
  });
}

function stillBeingDeleted(id: string): DocbridgeError {
  return new DocbridgeError("being-deleted", {
    message: `The hold is written on CMS object ${id}, but a deletion that began before it has not ended, so it is not certain. Send the message again: the hold is confirmed then, or the object is gone.`,
    retryable: true,
    subject: id,
  });
}
