import { nameOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Value } from "../model/types";
import { badRequest, cause, notFound } from "../wire/failures";
import { demandChangeable } from "./demands";

/** An aspect of this site that retains what it is attached to, under the policy that `retention_class` names. */
const RETAINING_ASPECT = "demo_retention";
const INITIAL_POLICY = "records-10-years";

/** The aspects that objects can have. */
export function aspectTypes(repository: Repository): ObjectRecord[] {
  return [...repository.objects.idsOf("dmc_aspect_type")].map((id) => repository.objects.get(id)).filter((one) => one !== undefined);
}

/** Names in a request: at a creation, or to attach them (wire/documentum.md 16.4). Throws when one is unknown. */
export function readAspects(repository: Repository, body: unknown): string[] {
  const names = (body as { aspects?: unknown } | null | undefined)?.aspects;
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string"))
    throw badRequest("The member 'aspects' is not a list of names.");
  const known = aspectTypes(repository).map(nameOf);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw badRequest("The aspect does not exist.", cause("DM_ASPECT_E_NOT_FOUND", "There is no aspect of one of the names given."));
}

/** What attaching aspects changes on an object that shows these values. */
export function withAspects(
  repository: Repository,
  values: Readonly<Record<string, Value>>,
  names: readonly string[],
): Record<string, Value> {
  const known = aspectsOf(values);
  const all = [...new Set([...known, ...names])];
  if (all.length === known.length) return {};
  const policy = repository.governance.policy(String(values.retention_class ?? "")) ? String(values.retention_class) : INITIAL_POLICY;
  const retention = names.includes(RETAINING_ASPECT) ? repository.governance.underPolicy(values, policy) : {};
  return { r_aspect_name: all, ...retention };
}

/** Aspects of an object with these values. */
export function aspectsOf(values: Readonly<Record<string, Value>>): string[] {
  return (values.r_aspect_name as string[] | undefined) ?? [];
}

export function attachAspects(repository: Repository, user: User, record: ObjectRecord, names: readonly string[]): ObjectRecord {
  demandChangeable(repository, user, record);
  const changes = withAspects(repository, record.values, names);
  return Object.keys(changes).length === 0 ? record : repository.save(record, changes, user);
}

export function detachAspect(repository: Repository, user: User, record: ObjectRecord, name: string): ObjectRecord {
  demandChangeable(repository, user, record);
  if (!aspectsOf(record.values).includes(name)) throw notFound("The aspect");
  if (name === RETAINING_ASPECT) repository.governance.demandFree(record, "unlink");
  const left = aspectsOf(record.values).filter((one) => one !== name);
  return repository.save(record, { r_aspect_name: left.length > 0 ? left : undefined }, user);
}
