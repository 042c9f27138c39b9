import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Scalar } from "../model/types";
import type { FacetDefinition } from "./query";

export interface FacetValue {
  value: string;
  count: number;
}

/** How many of the hits have which value, in the order and up to the number the facet asks for. */
export function countFacet(repository: Repository, hits: readonly ObjectRecord[], facet: FacetDefinition): FacetValue[] {
  const counts = new Map<string, number>();
  for (const record of hits) {
    for (const value of new Set(facetValuesOf(repository, record, facet))) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const all = [...counts].map(([value, count]) => ({ value, count }));
  const byValue = (a: FacetValue, b: FacetValue): number => (a.value < b.value ? -1 : 1);
  if (facet.sort === "VALUE_ASCENDING") all.sort(byValue);
  else if (facet.sort === "VALUE_DESCENDING") all.sort((a, b) => byValue(b, a));
  else all.sort((a, b) => b.count - a.count || byValue(a, b));
  return all.slice(0, facet.maxValues < 0 ? undefined : facet.maxValues);
}

/** The groups an object falls into. */
export function facetValuesOf(repository: Repository, record: ObjectRecord, facet: FacetDefinition): string[] {
  const type = repository.types.known(record.type);
  return facet.attributes.flatMap((name) => {
    const attribute = type.byName.get(name);
    const value = attribute && repository.value(record, attribute);
    const all = value === undefined ? [] : Array.isArray(value) ? value : [value];
    return all.filter((one) => one !== null && one !== "").map((one) => groupOf(one, facet.groupBy));
  });
}

/** A group's name; dates are cut at the unit asked for. What `range` and `alpharange` group by is not documented: they are taken whole. */
function groupOf(value: Scalar, groupBy: string): string {
  const text = String(value);
  switch (groupBy) {
    case "day":
      return text.slice(0, 10);
    case "month":
      return text.slice(0, 7);
    case "year":
      return text.slice(0, 4);
    case "quarter":
      return `${text.slice(0, 4)}-Q${Math.ceil(Number(text.slice(5, 7)) / 3)}`;
    case "week": {
      const date = new Date(`${text.slice(0, 10)}T00:00:00Z`);
      date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
      return date.toISOString().slice(0, 10);
    }
    default:
      return text;
  }
}
