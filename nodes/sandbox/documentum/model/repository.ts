import type { Store } from "../../kernel/store";
import type { DocumentumSwitches } from "../switches";
import { dateText } from "../wire/dates";
import { noObject } from "../wire/failures";
import { AuditTrail } from "./audit";
import { Contents } from "./contents";
import { derivations } from "./derived";
import { FolderTree } from "./folder-tree";
import { Formats } from "./formats";
import { Governance } from "./governance";
import { Groups } from "./groups";
import { IdSource } from "./id-source";
import { Lifecycles } from "./lifecycles";
import { Locks } from "./locks";
import { ObjectTable } from "./object-table";
import { Permits, type User } from "./permits";
import type { LockRecord, ObjectRecord } from "./records";
import { type Attribute, type Scalar, TypeRegistry, type TypeSpec, type Value } from "./types";
import type { Changes } from "./values";
import { VersionTrees } from "./version-trees";
import { VirtualDocuments } from "./virtual-documents";

/** One repository: its state on disk, and what can be asked about it. Changes of objects go through `save`. */
export class Repository {
  readonly types = new TypeRegistry();
  readonly ids: IdSource;
  readonly objects: ObjectTable;
  readonly folders: FolderTree;
  readonly versions: VersionTrees;
  readonly locks: Locks;
  readonly contents: Contents;
  readonly formats: Formats;
  readonly groups: Groups;
  readonly permits: Permits;
  readonly governance: Governance;
  readonly lifecycles: Lifecycles;
  readonly virtualDocuments: VirtualDocuments;
  readonly audit: AuditTrail;
  private readonly users = new Map<string, User>();

  constructor(
    readonly name: string,
    readonly store: Store,
    readonly switches: DocumentumSwitches,
    readonly now: () => number,
    types: TypeSpec[],
  ) {
    for (const type of types) this.types.define(type);
    // An id that was given out once is never given again, not even when its object was taken back.
    this.ids = new IdSource(store.collection("meta", { lasting: true }));
    this.objects = new ObjectTable(store.collection<ObjectRecord>("objects"));
    this.folders = new FolderTree(this.objects, this.types);
    this.versions = new VersionTrees(this.objects);
    this.locks = new Locks(store.collection<LockRecord & { id: string }>("locks"), this.ids, now);
    this.contents = new Contents(store, this.objects, this.ids, now);
    this.formats = new Formats(this.objects);
    this.groups = new Groups(this.objects);
    this.permits = new Permits(this.objects, this.groups);
    this.governance = new Governance(this.objects, this.folders, this.types, switches, now);
    this.lifecycles = new Lifecycles(this.objects, this.types);
    this.audit = new AuditTrail(this.objects, this.types, this.versions, this.ids, now);
    this.virtualDocuments = new VirtualDocuments(this.objects, this.versions);
    this.objects.watch((before, after) => {
      if ((after ?? before)?.type === "dm_user") this.users.clear();
    });
  }

  /** An object of this type or below it. Throws the 404 failure when there is none. */
  object(id: string, type: string): ObjectRecord {
    const record = this.objects.get(id);
    if (!record || !this.types.isA(record.type, type)) throw noObject(id);
    return record;
  }

  /** What an attribute shows, stored or derived; undefined for its empty value. */
  value(record: ObjectRecord, attribute: Attribute): Value | undefined {
    const derive = derivations.get(attribute.name);
    const value = derive ? derive(this, record) : record.values[attribute.name];
    return value ?? attribute.initial;
  }

  /** Stores an object with changed values, its stamp one up, modified by this user. */
  save(record: ObjectRecord, changes: Changes, user: User, parts: Partial<ObjectRecord> = {}): ObjectRecord {
    const stamp = ((record.values.i_vstamp as number | undefined) ?? 0) + 1;
    const kept = this.types.isA(record.type, "dm_sysobject") ? { r_modify_date: dateText(this.now()), r_modifier: user.name } : {};
    const values = merge(record.values, { ...changes, ...kept, i_vstamp: stamp });
    return this.objects.put({ ...record, ...parts, values });
  }

  /**
   * Carries out changes as one: all of them are there afterwards, or none. `work` waits for nothing but memory, so no
   * other request can run in between; it is a fault of this program when it does.
   */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    let interrupted = false;
    const turn = setImmediate(() => {
      interrupted = true;
    });
    this.contents.hold();
    this.store.begin();
    try {
      const result = await work();
      if (interrupted) throw new Error("a transaction has waited for something outside of memory");
      this.store.commit();
      return result;
    } catch (error) {
      this.store.rollback({
        objects: (id, before) => {
          if (before) this.objects.put(before as ObjectRecord);
          else this.objects.delete(id);
        },
      });
      throw error;
    } finally {
      clearImmediate(turn);
      await this.contents.release();
    }
  }

  /** Stores a new object that is no sysobject (format, user, ACL, relation). */
  add(type: string, values: Record<string, Scalar | Scalar[]>): ObjectRecord {
    return this.objects.put({ id: this.ids.id(this.types.known(type).tag), type, values });
  }

  /** The repository's user of a login name; one that only the identity service knows so far is entered. */
  user(name: string): User {
    const known = this.users.get(name);
    if (known) return known;
    if (!this.userRecord(name)) this.add("dm_user", userValues(name, 0));
    const user = this.accessor(name);
    this.users.set(name, user);
    return user;
  }

  /** Somebody whose permissions are asked for; need not be known. */
  accessor(name: string): User {
    const privileges = this.userRecord(name)?.values.user_privileges as number | undefined;
    return { name, superuser: (privileges ?? 0) >= 16 };
  }

  /** May a permission set or a task name it? */
  isAccessor(name: string): boolean {
    return name === "dm_world" || name === "dm_owner" || this.userRecord(name) !== undefined || this.groups.byName(name) !== undefined;
  }

  userRecord(name: string): ObjectRecord | undefined {
    for (const id of this.objects.lookup("user_name", name)) {
      const record = this.objects.get(id);
      if (record?.type === "dm_user") return record;
    }
    return undefined;
  }
}

/** Values of a user object; 16 in `privileges` makes a superuser. */
export function userValues(name: string, privileges: number): Record<string, Scalar> {
  return {
    user_name: name,
    user_os_name: name,
    user_login_name: name,
    user_source: "OTDS",
    default_folder: "/Temp",
    ...(privileges > 0 ? { user_privileges: privileges } : {}),
  };
}

/** Values with changes applied; what is undefined is taken away. */
export function merge(values: Readonly<Record<string, Value>>, changes: Changes): Record<string, Value> {
  const merged: Record<string, Value> = { ...values };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete merged[name];
    else merged[name] = value;
  }
  return merged;
}
