import { randomUUID } from "node:crypto";
import type { Collection, Store } from "../kernel/store";
import { readAttributes } from "./attributes";
import { conflict, invalid, notFound } from "./errors";
import {
  type Attribute,
  CATEGORIES,
  type Category,
  type Namespace,
  type RequiredTrait,
  type TraitDefinition,
  type TypeDefinition,
} from "./model";

/** A definition as a client sends it; every field is judged before it is used. */
export type Draft = Record<string, unknown>;

/** Namespaces, types and traits (wire/css.md section 8). */
export class Definitions {
  readonly namespaces: Collection<Namespace>;
  readonly types: Collection<TypeDefinition>;
  readonly traits: Collection<TraitDefinition>;
  private readonly inherited = new Map<string, Attribute[]>();

  constructor(
    store: Store,
    private readonly now: () => string,
  ) {
    this.namespaces = store.collection("namespace");
    this.types = store.collection("type-definition");
    this.traits = store.collection("trait-definition");
  }

  /** Throws CmsError 404. */
  type(systemName: string): TypeDefinition {
    const type = this.types.get(systemName);
    if (!type) throw notFound(`type '${systemName}'`);
    return type;
  }

  /** Throws CmsError 404. */
  trait(systemName: string): TraitDefinition {
    const trait = this.traits.get(systemName);
    if (!trait) throw notFound(`trait '${systemName}'`);
    return trait;
  }

  /** Own attributes and those of every type above, from the top down. */
  allAttributes(systemName: string): Attribute[] {
    const known = this.inherited.get(systemName);
    if (known) return known;
    const type = this.type(systemName);
    const attributes = [...(type.parent ? this.allAttributes(type.parent) : []), ...type.attributes];
    this.inherited.set(systemName, attributes);
    return attributes;
  }

  /** Own required traits and those of every type above. */
  allRequiredTraits(systemName: string): RequiredTrait[] {
    const type = this.type(systemName);
    return [...(type.parent ? this.allRequiredTraits(type.parent) : []), ...type.required_traits];
  }

  /** The type and every type below it. */
  family(systemName: string): Set<string> {
    const family = new Set([systemName]);
    // A parent is older than its children, so one pass in order of creation meets every generation.
    for (const type of this.types.values()) if (type.parent && family.has(type.parent)) family.add(type.system_name);
    return family;
  }

  createNamespace(draft: Draft, user: string): Namespace {
    const name = textOf(draft, "name", true);
    const prefix = textOf(draft, "prefix", true);
    if (!/^[a-z][a-z0-9]{0,15}$/.test(prefix)) throw invalid("prefix must be up to 16 lower-case letters and digits");
    if (this.namespaceCalled(name) || this.namespaceCalled(prefix))
      throw conflict(`namespace '${name}' or prefix '${prefix}' exists already`);
    const id = randomUUID();
    return this.namespaces.put(id, { id, name, prefix, ...this.described(draft, name), ...this.stamp(user) });
  }

  updateNamespace(id: string, draft: Draft, user: string): Namespace {
    const before = this.namespaces.get(id);
    if (!before) throw notFound(`namespace '${id}'`);
    return this.namespaces.put(id, { ...before, ...this.described(draft, before.display_name, before.description), ...this.touch(user) });
  }

  deleteNamespace(id: string): void {
    const namespace = this.namespaces.get(id);
    if (!namespace) throw notFound(`namespace '${id}'`);
    const used = [...this.types.values(), ...this.traits.values()].some((definition) => definition.namespace === namespace.name);
    if (used) throw conflict(`namespace '${namespace.name}' is in use`);
    this.namespaces.delete(id);
  }

  createType(category: string, draft: Draft, user: string): TypeDefinition {
    if (!isCategory(category)) throw invalid(`category must be one of ${CATEGORIES.join(", ")}`);
    const parent = textOf(draft, "parent", false) || `cms_${category}`;
    if (this.types.get(parent)?.category !== category) throw invalid(`parent '${parent}' is not a type of category '${category}'`);
    const head = this.newHead(draft, user, this.types);
    const attributes = readAttributes(draft.attributes);
    this.checkInherited(attributes, parent);
    return this.putType({
      ...head,
      category,
      parent,
      attributes,
      required_traits: this.readRequiredTraits(draft.required_traits),
      indexes: listOf(draft, "indexes"),
      operations: listOf(draft, "operations"),
      methods: listOf(draft, "methods"),
      scripts: listOf(draft, "scripts"),
      non_auditable_actions: listOf(draft, "non_auditable_actions").map(String),
    });
  }

  /** PUT replaces attributes and required traits; PATCH adds or replaces attributes by name. The merge is ours. */
  updateType(systemName: string, draft: Draft, user: string, whole: boolean): TypeDefinition {
    const before = this.type(systemName);
    if (!before.parent || before.system_name.startsWith("cms_")) throw invalid(`system type '${systemName}' cannot be changed`);
    const attributes = changedAttributes(before.attributes, draft, whole);
    this.checkInherited(attributes, before.parent);
    const keepTraits = draft.required_traits === undefined && !whole;
    return this.putType({
      ...before,
      ...this.described(draft, before.display_name, before.description),
      attributes,
      required_traits: keepTraits ? before.required_traits : this.readRequiredTraits(draft.required_traits),
      non_auditable_actions:
        draft.non_auditable_actions === undefined ? before.non_auditable_actions : listOf(draft, "non_auditable_actions").map(String),
      ...this.touch(user),
    });
  }

  deleteType(systemName: string): void {
    this.types.delete(systemName);
    this.inherited.clear();
  }

  createTrait(draft: Draft, user: string): TraitDefinition {
    const head = this.newHead(draft, user, this.traits);
    return this.traits.put(head.system_name, { ...head, attributes: readAttributes(draft.attributes) });
  }

  updateTrait(systemName: string, draft: Draft, user: string, whole: boolean): TraitDefinition {
    const before = this.trait(systemName);
    return this.traits.put(systemName, {
      ...before,
      ...this.described(draft, before.display_name, before.description),
      attributes: changedAttributes(before.attributes, draft, whole),
      ...this.touch(user),
    });
  }

  deleteTrait(systemName: string): void {
    this.trait(systemName);
    const user = [...this.types.values()].find((type) => type.required_traits.some((required) => required.trait_name === systemName));
    if (user) throw conflict(`type '${user.system_name}' requires trait '${systemName}'`);
    this.traits.delete(systemName);
  }

  /** The five system types; part of every tenant. */
  ensureSystemTypes(attributes: Attribute[]): void {
    this.ensureSystemType("any", undefined, attributes);
    for (const category of CATEGORIES) this.ensureSystemType(category, "cms_any", []);
  }

  private ensureSystemType(category: Category | "any", parent: string | undefined, attributes: Attribute[]): void {
    const systemName = `cms_${category}`;
    if (this.types.has(systemName)) return;
    this.putType({
      id: randomUUID(),
      system_name: systemName,
      name: category,
      display_name: category,
      description: "System type",
      namespace: "cms",
      category,
      parent,
      attributes,
      required_traits: [],
      indexes: [],
      operations: [],
      methods: [],
      scripts: [],
      non_auditable_actions: [],
      ...this.stamp("system"),
    });
  }

  private putType(type: TypeDefinition): TypeDefinition {
    this.inherited.clear();
    return this.types.put(type.system_name, type);
  }

  /** System name = `{namespace prefix}_{name}` (wire/css.md section 6). */
  private newHead(draft: Draft, user: string, taken: { has(id: string): boolean }) {
    const name = textOf(draft, "name", true);
    if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw invalid("name must be lower-case letters, digits and underscores");
    const wanted = textOf(draft, "namespace", false) || "def";
    const namespace = this.namespaceCalled(wanted);
    if (!namespace) throw invalid(`namespace '${wanted}' does not exist`);
    const systemName = `${namespace.prefix}_${name}`;
    if (taken.has(systemName)) throw conflict(`'${systemName}' exists already`);
    const described = this.described(draft, name);
    return { id: randomUUID(), system_name: systemName, name, namespace: namespace.name, ...described, ...this.stamp(user) };
  }

  private namespaceCalled(nameOrPrefix: string): Namespace | undefined {
    return [...this.namespaces.values()].find(({ name, prefix }) => name === nameOrPrefix || prefix === nameOrPrefix);
  }

  private readRequiredTraits(value: unknown): RequiredTrait[] {
    return listOf({ required_traits: value }, "required_traits").map((entry) => {
      const draft = (entry ?? {}) as Draft;
      const traitName = textOf(draft, "trait_name", true);
      if (!this.traits.has(traitName)) throw invalid(`required trait '${traitName}' does not exist`);
      return { instance_name: textOf(draft, "instance_name", true), trait_name: traitName };
    });
  }

  private checkInherited(attributes: Attribute[], parent: string): void {
    const above = new Set(this.allAttributes(parent).map(({ name }) => name));
    const twice = attributes.find(({ name }) => above.has(name));
    if (twice) throw invalid(`attribute '${twice.name}' exists already in a type above`);
  }

  private described(draft: Draft, displayName: string, description = ""): { display_name: string; description: string } {
    return {
      display_name: textOf(draft, "display_name", false) || displayName,
      description: textOf(draft, "description", false) || description,
    };
  }

  private stamp(user: string) {
    return { create_time: this.now(), created_by: user, ...this.touch(user) };
  }

  private touch(user: string) {
    return { update_time: this.now(), updated_by: user };
  }
}

function changedAttributes(before: Attribute[], draft: Draft, whole: boolean): Attribute[] {
  if (whole) return readAttributes(draft.attributes);
  const merged = new Map(before.map((attribute) => [attribute.name, attribute]));
  for (const attribute of readAttributes(draft.attributes)) merged.set(attribute.name, attribute);
  return [...merged.values()];
}

export function isCategory(text: string): text is Category {
  return (CATEGORIES as readonly string[]).includes(text);
}

/** A text member of a draft; empty when it is absent and not needed. Throws CmsError 400. */
export function textOf(draft: Draft, name: string, needed: boolean): string {
  const value = draft[name];
  if (value === undefined || value === null || value === "") {
    if (needed) throw invalid(`${name} is required`);
    return "";
  }
  if (typeof value !== "string") throw invalid(`${name} must be a string`);
  return value;
}

function listOf(draft: Draft, name: string): unknown[] {
  const value = draft[name] ?? [];
  if (!Array.isArray(value)) throw invalid(`${name} must be a list`);
  return value;
}
