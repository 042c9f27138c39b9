import { nameOf } from "../model/folder-tree";
import { PERMIT, type Permit, type User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Value } from "../model/types";
import { accessDenied, badRequest, cause } from "../wire/failures";

/** Who may do what, as a request names it. */
export interface Grant {
  accessor: string;
  level: number;
  application: string;
}

/** Throws unless the user may say who may do what: the owner or a superuser. */
export function demandOwner(user: User, record: ObjectRecord): void {
  if (user.superuser || record.values.owner_name === user.name) return;
  throw accessDenied(
    cause("DM_SYSOBJECT_E_NO_CHANGE_PERMIT_ACCESS", `No permission to change the ACL of sysobject named '${nameOf(record)}'`),
  );
}

/** The `permitted` member of a permission set. `basic-permission` is a number or a word (wire/documentum.md 16.5). */
export function readGrants(repository: Repository, body: Record<string, unknown>): Grant[] {
  for (const name of ["restricted", "required-group", "required-group-set"]) {
    const list = body[name];
    if (Array.isArray(list) && list.length > 0)
      throw badRequest(`The member '${name}' must be empty: this server has no such restrictions.`);
  }
  if (!Array.isArray(body.permitted)) throw badRequest("The member 'permitted' is not a list.");
  return body.permitted.map((one) => {
    const { accessor, "basic-permission": basic, "application-permission": application } = (one ?? {}) as Record<string, unknown>;
    if (typeof accessor !== "string" || !repository.isAccessor(accessor)) {
      throw badRequest(
        "An accessor does not exist.",
        cause("DM_ACL_E_ACCESSOR_NOT_FOUND", "A user or group of a permission set does not exist."),
      );
    }
    return { accessor, level: levelOf(basic), application: typeof application === "string" ? application : "" };
  });
}

function levelOf(basic: unknown): number {
  const level = typeof basic === "string" && /^[a-z]+$/i.test(basic) ? PERMIT[basic.toLowerCase() as Permit] : Number(basic);
  if (!(Number.isInteger(level) && level >= PERMIT.none && level <= PERMIT.delete)) {
    throw badRequest("The member 'basic-permission' is not a permission.");
  }
  return level;
}

/** Gives the object an ACL of its own with these grants; one that it has alone is changed, every other is left as it is. */
export function grant(repository: Repository, user: User, record: ObjectRecord, grants: readonly Grant[]): ObjectRecord {
  demandOwner(user, record);
  const lists: Record<string, Value> = {
    r_accessor_name: grants.map(({ accessor }) => accessor),
    r_accessor_permit: grants.map(({ level }) => level),
    r_accessor_xpermit: grants.map(() => 0),
    r_is_group: grants.map(({ accessor }) => repository.groups.byName(accessor) !== undefined),
    r_permit_type: grants.map(() => 0),
    r_application_permit: grants.map(({ application }) => application),
  };
  const known = repository.permits.aclOf(record);
  if (known?.values.r_is_internal === true && repository.objects.count("acl_name", String(known.values.object_name)) === 1) {
    repository.save(known, lists, user);
    return record;
  }
  const owner = String(record.values.owner_name ?? user.name);
  const acl = repository.add("dm_acl", { ...lists, owner_name: owner, r_is_internal: true });
  // Such ACLs are named by their own id.
  repository.save(acl, { object_name: `dm_${acl.id}` }, user);
  return repository.save(record, { acl_name: `dm_${acl.id}`, acl_domain: owner }, user);
}
