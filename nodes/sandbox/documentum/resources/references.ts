import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { badRequest, noObject } from "../wire/failures";
import { nameFromPath } from "../wire/names";

const ADDRESS = /\/repositories\/([^/]+)\/(?:objects|documents|folders|cabinets)\/([0-9a-f]{16})(?:\.json|\.xml)?(?:\?.*)?$/;

/**
 * The object a request body refers to by its address (wire/documentum.md 7.4). Every address of the object will do:
 * `/folders/{id}`, `/cabinets/{id}`, `/objects/{id}`, with or without `.json`.
 */
export function objectOfHref(repository: Repository, href: unknown, type: string): ObjectRecord {
  if (typeof href !== "string") throw badRequest("The member 'href' must be the address of a resource.");
  const [, repositoryName, id] = ADDRESS.exec(href) ?? [];
  if (!id || nameFromPath(repositoryName ?? "") !== repository.name)
    throw badRequest("The member 'href' is not the address of an object of this repository.");
  const record = repository.objects.get(id);
  if (!record || !repository.types.isA(record.type, type)) throw noObject(id);
  return record;
}
