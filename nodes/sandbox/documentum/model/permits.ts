import { accessDenied, cause } from "../wire/failures";
import { nameOf } from "./folder-tree";
import type { Groups } from "./groups";
import type { ObjectTable } from "./object-table";
import type { ObjectRecord } from "./records";

/** wire/documentum.md 16.5; 1 is no access at all. */
export const PERMIT = { none: 1, browse: 2, read: 3, relate: 4, version: 5, write: 6, delete: 7 } as const;
export type Permit = keyof typeof PERMIT;

export interface Accessor {
  name: string;
  permit: number;
}

export interface User {
  name: string;
  superuser: boolean;
}

const MESSAGE: Record<Permit, string> = {
  none: "DM_SYSOBJECT_E_NO_BROWSE_ACCESS",
  browse: "DM_SYSOBJECT_E_NO_BROWSE_ACCESS",
  read: "DM_SYSOBJECT_E_NO_READ_ACCESS",
  relate: "DM_SYSOBJECT_E_NO_RELATE_ACCESS",
  version: "DM_SYSOBJECT_E_NO_VERSION_ACCESS",
  write: "DM_SYSOBJECT_E_NO_WRITE_ACCESS",
  delete: "DM_SYSOBJECT_E_NO_DELETE_ACCESS",
};

/** Who may do what: owner, named users, members of named groups and everybody else, by the object's ACL. */
export class Permits {
  private readonly accessors = new Map<string, Accessor[]>();

  constructor(
    private readonly objects: ObjectTable,
    private readonly groups: Groups,
  ) {
    objects.watch((before, after) => {
      if (before?.type === "dm_acl" || after?.type === "dm_acl") this.accessors.clear();
    });
  }

  /** The ACL of a name and domain. */
  acl(name: string, domain: string): ObjectRecord | undefined {
    for (const id of this.objects.lookup("object_name", name)) {
      const record = this.objects.get(id);
      if (record?.type === "dm_acl" && (record.values.owner_name ?? "") === domain) return record;
    }
    return undefined;
  }

  /** The ACL that governs an object. */
  aclOf(record: ObjectRecord): ObjectRecord | undefined {
    return this.acl((record.values.acl_name as string | undefined) ?? "", (record.values.acl_domain as string | undefined) ?? "");
  }

  /** Who has what by an object's ACL. */
  accessorsOf(record: ObjectRecord): Accessor[] {
    const key = `${record.values.acl_domain ?? ""}\n${record.values.acl_name ?? ""}`;
    const known = this.accessors.get(key);
    if (known) return known;
    const acl = this.aclOf(record);
    const names = (acl?.values.r_accessor_name as string[] | undefined) ?? [];
    const permits = (acl?.values.r_accessor_permit as number[] | undefined) ?? [];
    const accessors = names.map((name, at) => ({ name, permit: permits[at] ?? PERMIT.none }));
    this.accessors.set(key, accessors);
    return accessors;
  }

  /** Permit of one accessor of the ACL, for example `dm_world`. */
  permitOf(record: ObjectRecord, accessor: string): number {
    return this.accessorsOf(record).find(({ name }) => name === accessor)?.permit ?? PERMIT.none;
  }

  levelOf(user: User, record: ObjectRecord): number {
    if (user.superuser) return PERMIT.delete;
    const owner = record.values.owner_name === user.name ? Math.max(this.permitOf(record, "dm_owner"), PERMIT.read) : PERMIT.none;
    const accessors = this.accessorsOf(record);
    const named = accessors.filter(({ name }) => name === user.name || this.groups.usersIn(name).has(user.name));
    return Math.max(owner, ...(named.length > 0 ? named.map(({ permit }) => permit) : [this.permitOf(record, "dm_world")]));
  }

  allows(user: User, record: ObjectRecord, permit: Permit): boolean {
    return this.levelOf(user, record) >= PERMIT[permit];
  }

  /** Throws the 403 failure when the user's permit on the object is lower. */
  demand(user: User, record: ObjectRecord, permit: Permit): void {
    if (this.allows(user, record, permit)) return;
    throw accessDenied(cause(MESSAGE[permit], `No ${permit} access for sysobject named '${nameOf(record)}'`));
  }
}
