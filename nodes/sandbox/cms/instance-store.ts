import type { Collection, Store } from "../kernel/store";
import type { Filter } from "./filter";
import { type Instance, SYSTEM_FIELDS } from "./model";
import { ValueIndex } from "./value-index";

/** Fields of an instance that are looked up by value, besides its properties. */
const INDEXED_FIELDS = ["name", "parent_folder_id", "linked_parent_folder_ids", "series"] as const;
type IndexedField = (typeof INDEXED_FIELDS)[number];

/** The index keeps fields and properties of the same name apart. */
const propertyKey = (name: string): string => `properties.${name}`;

/** The instances on disk, and what is needed to find one among very many. */
export class InstanceStore {
  private readonly instances: Collection<Instance>;
  /** Of those that are not in the recycle bin. */
  private readonly index = new ValueIndex();
  private readonly idsByType = new Map<string, Set<string>>();
  private readonly deletedIds = new Set<string>();
  /** Order of creation: the order of lists that are not sorted. */
  private readonly ordinals = new Map<string, number>();
  private created = 0;

  constructor(store: Store) {
    this.instances = store.collection("instance");
    for (const instance of this.instances.values()) this.enter(instance);
  }

  /** One that is not in the recycle bin. */
  get(id: string): Instance | undefined {
    const instance = this.instances.get(id);
    return instance?.deleted_time ? undefined : instance;
  }

  getDeleted(id: string): Instance | undefined {
    const instance = this.instances.get(id);
    return instance?.deleted_time ? instance : undefined;
  }

  put(instance: Instance): Instance {
    const before = this.instances.get(instance.id);
    if (before) this.leave(before);
    this.instances.put(instance.id, instance);
    this.enter(instance);
    return instance;
  }

  delete(instance: Instance): void {
    this.leave(instance);
    this.idsByType.get(instance.type)?.delete(instance.id);
    this.ordinals.delete(instance.id);
    this.instances.delete(instance.id);
  }

  /** Live instances that hold the value, in order of creation. */
  byValue(field: IndexedField, value: string): Instance[] {
    return this.inOrder(this.index.ids(field, value));
  }

  deleted(): Instance[] {
    return this.inOrder(this.deletedIds);
  }

  /** Every version of one object, oldest first, without those in the recycle bin. */
  versionsOf(series: string): Instance[] {
    return this.byValue("series", series).sort((a, b) => a.version_no - b.version_no);
  }

  /** Every instance of a type, in the recycle bin or not. */
  ofType(type: string): Instance[] {
    return this.inOrder(this.idsByType.get(type) ?? new Set());
  }

  /** Live instances whose property holds the value. */
  byProperty(name: string, value: string): Instance[] {
    return this.inOrder(this.index.ids(propertyKey(name), value));
  }

  /**
   * Live instances of the types that can fit the filter, in order of creation; the caller still tests each. A filter that
   * asks for an exact value anywhere decisive reads only the holders of that value.
   */
  *candidates(types: Set<string>, filter: Filter | undefined): Iterable<Instance> {
    const narrow = filter && this.narrow(filter);
    const found = narrow ? this.inOrder(narrow.ids()) : this.ofTypes(types);
    for (const instance of found) if (!instance.deleted_time && types.has(instance.type)) yield instance;
  }

  private *ofTypes(types: Set<string>): Iterable<Instance> {
    const [only, ...more] = types;
    if (only === undefined || more.length > 0) yield* this.instances.values();
    else for (const id of this.idsByType.get(only) ?? []) yield this.instances.get(id) as Instance;
  }

  private narrow(filter: Filter): { count: number; ids(): Set<string> } | undefined {
    if (filter.kind === "and") {
      const narrowed = filter.terms.map((term) => this.narrow(term)).filter((one) => one !== undefined);
      return narrowed.sort((a, b) => a.count - b.count)[0];
    }
    if (filter.kind === "or") {
      const narrowed = filter.terms.map((term) => this.narrow(term));
      if (!narrowed.every((one) => one !== undefined)) return undefined;
      return { count: narrowed.reduce((sum, one) => sum + one.count, 0), ids: () => union(narrowed.map((one) => one.ids())) };
    }
    if (filter.kind !== "equals" || filter.lower) return undefined;
    const { field, values } = filter;
    if (field === "id") return { count: values.length, ids: () => new Set(values) };
    const key = indexKeyOf(field);
    if (!key) return undefined;
    const count = values.reduce((sum, value) => sum + this.index.count(key, value), 0);
    return { count, ids: () => union(values.map((value) => this.index.ids(key, value))) };
  }

  private inOrder(ids: Set<string>): Instance[] {
    const found: Instance[] = [];
    for (const id of ids) {
      const instance = this.instances.get(id);
      if (instance) found.push(instance);
    }
    return found.sort((a, b) => (this.ordinals.get(a.id) ?? 0) - (this.ordinals.get(b.id) ?? 0));
  }

  private enter(instance: Instance): void {
    if (!this.ordinals.has(instance.id)) this.ordinals.set(instance.id, this.created++);
    const ofType = this.idsByType.get(instance.type) ?? new Set();
    this.idsByType.set(instance.type, ofType.add(instance.id));
    if (instance.deleted_time) {
      this.deletedIds.add(instance.id);
      return;
    }
    this.eachIndexed(instance, (field, value) => this.index.add(field, value, instance.id));
  }

  private leave(instance: Instance): void {
    this.deletedIds.delete(instance.id);
    if (!instance.deleted_time) this.eachIndexed(instance, (field, value) => this.index.remove(field, value, instance.id));
  }

  private eachIndexed(instance: Instance, visit: (field: string, value: unknown) => void): void {
    for (const field of INDEXED_FIELDS) visit(field, instance[field]);
    for (const [name, value] of Object.entries(instance.properties)) visit(propertyKey(name), value);
  }
}

/** The field a filter names: one of every instance wins over a property of that name. */
function indexKeyOf(field: string): string | undefined {
  if (!SYSTEM_FIELDS.has(field)) return propertyKey(field);
  return (INDEXED_FIELDS as readonly string[]).includes(field) ? field : undefined;
}

function union(sets: Set<string>[]): Set<string> {
  return sets.length === 1 ? (sets[0] as Set<string>) : new Set(sets.flatMap((set) => [...set]));
}
