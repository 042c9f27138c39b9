import type { ObjectTable } from "./object-table";
import type { ObjectRecord } from "./records";

/** Groups of users and groups (wire/documentum.md 16.8). */
export class Groups {
  /** Every user of a group and of the groups in it; forgotten when a group changes. */
  private readonly everybody = new Map<string, ReadonlySet<string>>();

  constructor(private readonly objects: ObjectTable) {
    objects.watch((before, after) => {
      if ((after ?? before)?.type === "dm_group") this.everybody.clear();
    });
  }

  byName(name: string): ObjectRecord | undefined {
    for (const id of this.objects.lookup("group_name", name)) {
      const record = this.objects.get(id);
      if (record?.type === "dm_group") return record;
    }
    return undefined;
  }

  *all(): Iterable<ObjectRecord> {
    for (const id of this.objects.idsOf("dm_group")) {
      const record = this.objects.get(id);
      if (record) yield record;
    }
  }

  /** Names of the users in a group, also of those in its sub groups. */
  usersIn(group: string): ReadonlySet<string> {
    const known = this.everybody.get(group);
    if (known) return known;
    const found = new Set([group, ...this.subgroups(group)].flatMap((name) => membersOf(this.byName(name), "users_names")));
    this.everybody.set(group, found);
    return found;
  }

  /** Names of the groups in a group, and in those. */
  subgroups(group: string): Set<string> {
    const found = new Set(membersOf(this.byName(group), "groups_names"));
    for (const name of found) for (const inner of membersOf(this.byName(name), "groups_names")) found.add(inner);
    return found;
  }
}

/** The users or the groups directly in a group. */
export function membersOf(group: ObjectRecord | undefined, attribute: "users_names" | "groups_names"): string[] {
  return (group?.values[attribute] as string[] | undefined) ?? [];
}
