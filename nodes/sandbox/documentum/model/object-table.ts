import type { Collection } from "../../kernel/store";
import type { ObjectRecord } from "./records";
import type { Value } from "./types";

type KeysOf = (record: ObjectRecord) => readonly string[];

interface Index {
  keysOf: KeysOf;
  /** One id or, when several share the key, the set of them: most keys are unique, and sets are dear. */
  entries: Map<string, string | Set<string>>;
}

export type ObjectListener = (before: ObjectRecord | undefined, after: ObjectRecord | undefined) => void;

const NOTHING: readonly string[] = [];

/** All objects, by id, by type and by the value of any stored attribute. Changes go through the store first. */
export class ObjectTable {
  private readonly byType = new Map<string, Set<string>>();
  private readonly indexes = new Map<string, Index>();
  private readonly listeners: ObjectListener[] = [];

  constructor(private readonly records: Collection<ObjectRecord>) {
    for (const record of records.values()) this.enterType(record);
  }

  get(id: string): ObjectRecord | undefined {
    return this.records.get(id);
  }

  /** Ids of the objects of exactly this type, oldest first. */
  idsOf(type: string): ReadonlySet<string> {
    return this.byType.get(type) ?? new Set();
  }

  put(record: ObjectRecord): ObjectRecord {
    const before = this.records.get(record.id);
    this.records.put(record.id, record);
    if (!before) this.enterType(record);
    for (const index of this.indexes.values()) {
      if (before) leave(index, before);
      enter(index, record);
    }
    for (const listener of this.listeners) listener(before, record);
    return record;
  }

  delete(id: string): void {
    const before = this.records.get(id);
    if (!before) return;
    this.records.delete(id);
    this.byType.get(before.type)?.delete(id);
    for (const index of this.indexes.values()) leave(index, before);
    for (const listener of this.listeners) listener(before, undefined);
  }

  /** Called after every change. */
  watch(listener: ObjectListener): void {
    this.listeners.push(listener);
  }

  /**
   * Ids of the objects whose attribute holds the value, or has it among its values. The first look-up by an
   * attribute reads all objects once; from then on its index is kept.
   */
  lookup(attribute: string, value: string): Iterable<string> {
    return this.find(
      this.indexOf(attribute, (record) => keysOfValue(record.values[attribute])),
      value,
    );
  }

  /** How many objects `lookup` would name. */
  count(attribute: string, value: string): number {
    const found = this.indexOf(attribute, (record) => keysOfValue(record.values[attribute])).entries.get(value);
    return found === undefined ? 0 : typeof found === "string" ? 1 : found.size;
  }

  /** Ids of the objects that refer to a content object. */
  withContent(contentId: string): Iterable<string> {
    return this.find(
      this.indexOf("#content", (record) => record.contents?.map(({ id }) => id) ?? NOTHING),
      contentId,
    );
  }

  private find(index: Index, key: string): Iterable<string> {
    const found = index.entries.get(key);
    if (found === undefined) return NOTHING;
    return typeof found === "string" ? [found] : found;
  }

  private indexOf(name: string, keysOf: KeysOf): Index {
    const known = this.indexes.get(name);
    if (known) return known;
    const index: Index = { keysOf, entries: new Map() };
    for (const record of this.records.values()) enter(index, record);
    this.indexes.set(name, index);
    return index;
  }

  private enterType(record: ObjectRecord): void {
    const ids = this.byType.get(record.type);
    if (ids) ids.add(record.id);
    else this.byType.set(record.type, new Set([record.id]));
  }
}

function keysOfValue(value: Value | undefined): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? (value.filter((one) => typeof one === "string") as string[]) : NOTHING;
}

function enter(index: Index, record: ObjectRecord): void {
  for (const key of index.keysOf(record)) {
    const known = index.entries.get(key);
    if (known === undefined) index.entries.set(key, record.id);
    else if (typeof known !== "string") known.add(record.id);
    else if (known !== record.id) index.entries.set(key, new Set([known, record.id]));
  }
}

function leave(index: Index, record: ObjectRecord): void {
  for (const key of index.keysOf(record)) {
    const known = index.entries.get(key);
    if (known === record.id) index.entries.delete(key);
    else if (known !== undefined && typeof known !== "string") {
      known.delete(record.id);
      if (known.size === 0) index.entries.delete(key);
    }
  }
}
