import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Attribute, Value } from "../model/types";

export interface SortKey {
  attribute: Attribute;
  descending: boolean;
}

/** Compares objects by attributes; empty values come first, objects that are alike keep their order. */
export function comparator(repository: Repository, keys: readonly SortKey[]): (a: ObjectRecord, b: ObjectRecord) => number {
  return (a, b) => {
    for (const { attribute, descending } of keys) {
      const order = compareValues(first(repository.value(a, attribute)), first(repository.value(b, attribute)));
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  };
}

function first(value: Value | undefined): Value | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function compareValues(a: Value | undefined, b: Value | undefined): number {
  const left = a ?? "";
  const right = b ?? "";
  if (left === right) return 0;
  if (left === "") return -1;
  if (right === "") return 1;
  return left < right ? -1 : 1;
}
