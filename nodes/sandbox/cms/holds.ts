import { conflict } from "./errors";
import type { Instance } from "./model";

/**
 * Refuses what a hold or a retention date forbids. NOT the vendor's behaviour: to the real service these traits are mere
 * metadata (wire/css.md section 11). Used only in guarded mode. Throws CmsError 409.
 */
export function checkHolds(instance: Instance, nowMs: number): void {
  for (const [trait, named] of Object.entries(instance.traits)) {
    for (const [name, values] of Object.entries(named)) {
      if (trait.endsWith("_legal_hold") && !values.released_at) {
        throw conflict(`guarded mode (ours): '${instance.id}' is under legal hold '${name}'`);
      }
      const until = trait.endsWith("_retention") ? values.retain_until : undefined;
      if (typeof until === "string" && Date.parse(until) > nowMs) {
        throw conflict(`guarded mode (ours): '${instance.id}' is retained`);
      }
    }
  }
}
