import { nameOf, parentsOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Value } from "../model/types";
import { badRequest, refused } from "../wire/failures";
import { type Draft, draftObject } from "./create";
import { demandChangeable } from "./demands";

/**
 * Lightweight objects share the values of a parent object until they are materialized (wire/documentum.md section 14,
 * `category`). Here a light object keeps a copy of them that follows the parent, so that queries find it by them.
 */
export function draftLight(repository: Repository, user: User, parent: ObjectRecord, body: Record<string, unknown>): Draft {
  const [lightType] = lightTypesOf(repository, parent.type);
  if (!lightType) throw badRequest("Objects of this type have no lightweight objects.");
  repository.permits.demand(user, parent, "relate");
  const place = { folderId: parentsOf(parent)[0], type: lightType, kind: "object" };
  const draft = draftObject(repository, user, place, body);
  const own = Object.keys(draft.values).filter((name) => isShared(repository, draft.type.name, name));
  return {
    ...draft,
    values: {
      ...sharedValues(repository, parent),
      ...draft.values,
      i_sharing_parent: parent.id,
      ...(own.length > 0 ? { is_materialized: true } : {}),
    },
  };
}

/** Lightweight types whose objects share objects of a type. */
function lightTypesOf(repository: Repository, type: string): string[] {
  return [...repository.types.values()].filter(({ sharedParent }) => sharedParent === type).map(({ name }) => name);
}

function isLight(repository: Repository, record: ObjectRecord): boolean {
  return repository.types.known(record.type).sharedParent !== undefined;
}

/** The object it shares. Throws 400 for an object that is not light. */
export function sharedParentOf(repository: Repository, record: ObjectRecord): ObjectRecord {
  const parent = repository.objects.get(String(record.values.i_sharing_parent ?? ""));
  if (parent) return parent;
  throw badRequest("The object is no lightweight object.");
}

export function setMaterialized(repository: Repository, user: User, record: ObjectRecord, materialized: boolean): ObjectRecord {
  demandChangeable(repository, user, record);
  const parent = sharedParentOf(repository, record);
  if ((record.values.is_materialized === true) === materialized) {
    throw badRequest(materialized ? "The object is materialized already." : "The object is not materialized.");
  }
  if (materialized) return repository.save(record, { is_materialized: true }, user);
  return repository.save(record, { is_materialized: undefined, ...sharedValues(repository, parent) }, user);
}

/** Lets a light object share another one. */
export function shareOther(repository: Repository, user: User, record: ObjectRecord, parent: ObjectRecord): ObjectRecord {
  demandChangeable(repository, user, record);
  sharedParentOf(repository, record);
  if (repository.types.known(record.type).sharedParent !== parent.type) throw badRequest("The object cannot share one of that type.");
  const shared = record.values.is_materialized === true ? {} : sharedValues(repository, parent);
  return repository.save(record, { ...shared, i_sharing_parent: parent.id }, user);
}

/** A change of what is shared gives a light object values of its own. */
export function materializing(repository: Repository, record: ObjectRecord, names: readonly string[]): Record<string, Value> {
  if (!isLight(repository, record) || !names.some((name) => isShared(repository, record.type, name))) return {};
  return { is_materialized: true };
}

/** Throws when others share the object. */
export function demandUnshared(repository: Repository, record: ObjectRecord): void {
  if (repository.objects.count("i_sharing_parent", record.id) === 0) return;
  throw refused(
    repository.switches.number("lock-refusal-status"),
    "DM_SYSOBJECT_E_CANT_DELETE_SHARED_PARENT",
    `Cannot delete sysobject named '${nameOf(record)}': lightweight objects share it.`,
  );
}

/** Hands changes of a shared object on to those that share it. */
export function followSharedParents(repository: Repository): void {
  repository.objects.watch((before, after) => {
    if (!before || !after || repository.types.known(after.type).category !== 2) return;
    for (const id of [...repository.objects.lookup("i_sharing_parent", after.id)]) {
      const light = repository.objects.get(id);
      if (!light || light.values.is_materialized === true) continue;
      repository.objects.put({ ...light, values: { ...light.values, ...sharedValues(repository, after) } });
    }
  });
}

/** Name, place and history are always an object's own; the rest of what the shareable type has is shared. */
function isShared(repository: Repository, lightType: string, attribute: string): boolean {
  const { sharedParent } = repository.types.known(lightType);
  const own = /^(?:object_name|r_|i_|owner_name|acl_|a_content_type)/.test(attribute);
  return !own && sharedParent !== undefined && repository.types.known(sharedParent).byName.has(attribute);
}

function sharedValues(repository: Repository, parent: ObjectRecord): Record<string, Value> {
  const [lightType = parent.type] = lightTypesOf(repository, parent.type);
  return Object.fromEntries(Object.entries(parent.values).filter(([name]) => isShared(repository, lightType, name)));
}
