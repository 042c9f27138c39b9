import type { JsonObject } from "../../clients/http/json";
import { DocbridgeError } from "../../core/errors";
import { endOf, isOver, type LifecycleTraits } from "../../core/lifecycle/lifecycle";
import type { GovernedObject, GovernedVersion } from "../../runtime/governed-object";
import type { Changes } from "./changes";

/** Name of the instance of the traits that an object has once. */
const MAIN = "main";

export interface RetentionWish {
  retainUntil: string;
  policy?: string;
  basis?: string;
  disposition: string;
}

export interface TierWish {
  tier: string;
  nextTierOn?: string;
}

/** Sets or prolongs the retention. Throws `retained` when it would end earlier than it does, and what `Changes.make` throws. */
export async function setRetention(changes: Changes, names: LifecycleTraits, id: string, wish: RetentionWish): Promise<GovernedObject> {
  const { retention } = await changes.read(id);
  if (retention && !isOver(retention, Date.now()) && endOf(wish.retainUntil) < endOf(retention.retainUntil)) {
    throw new DocbridgeError("retained", {
      message: `CMS object ${id} is retained for longer than the message says. Retention can be prolonged, not shortened; msg.lifecycle.retention says until when.`,
      subject: id,
    });
  }
  const { retainUntil, policy, basis, disposition } = wish;
  const values = { retain_until: retainUntil, disposition, ...(policy ? { policy } : {}), ...(basis ? { basis } : {}) };
  return changes.make(
    id,
    settled(names.retention, values, () => values),
  );
}

/** Writes down the storage tier: since when is noted when it changes. Throws what `Changes.make` throws. */
export function setTier(changes: Changes, names: LifecycleTraits, id: string, { tier, nextTierOn }: TierWish): Promise<GovernedObject> {
  const values = { tier, ...(nextTierOn ? { next_tier_on: nextTierOn } : {}) };
  const since = new Date().toISOString();
  return changes.make(
    id,
    settled(names.tier, values, ({ lifecycle }) => (lifecycle.tier?.name === tier ? values : { ...values, tier_since: since })),
  );
}

/** The change that brings these values into the main instance of a trait. */
function settled(trait: string, wanted: JsonObject, values: (version: GovernedVersion) => JsonObject) {
  return {
    isDone: ({ instance }: GovernedVersion) => {
      const there = (instance.traits[trait] as Record<string, JsonObject> | undefined)?.[MAIN] ?? {};
      return Object.entries(wanted).every(([name, value]) => isSame(there[name], value));
    },
    isHeld: ({ lifecycle }: GovernedVersion) => lifecycle.holds.length > 0,
    traits: (version: GovernedVersion) => ({ [trait]: { [MAIN]: values(version) } }),
  };
}

/** A service may give a date back in another form than it was sent in. */
function isSame(there: unknown, wanted: unknown): boolean {
  if (there === wanted) return true;
  const isDay = typeof there === "string" && typeof wanted === "string" && /^\d{4}-\d{2}-\d{2}$/.test(wanted);
  return isDay ? there.startsWith(`${wanted}T`) : Date.parse(String(there)) === Date.parse(String(wanted));
}
