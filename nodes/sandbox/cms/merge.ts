import type { Traits } from "./model";
import type { Values } from "./validate";

/** Changed properties over those there are; null takes one away (wire/css.md 6.1, PATCH). */
export function mergedProperties(before: Values, changes: Values): Values {
  const merged = { ...before };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete merged[name];
    else merged[name] = value;
  }
  return merged;
}

/** Merges down to the single attribute (wire/css.md section 8); null takes away an attribute, an instance or a trait. */
export function mergedTraits(before: Traits, changes: Traits): Traits {
  const merged: Traits = structuredClone(before);
  for (const [trait, named] of Object.entries(changes)) {
    if (named === null) {
      delete merged[trait];
      continue;
    }
    const instances = { ...merged[trait] };
    for (const [name, values] of Object.entries(named)) {
      if (values === null) delete instances[name];
      else instances[name] = mergedProperties(instances[name] ?? {}, values);
    }
    merged[trait] = instances;
  }
  return merged;
}
