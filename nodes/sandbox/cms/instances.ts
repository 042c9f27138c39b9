import { randomUUID } from "node:crypto";
import type { Principal } from "../kernel/identity";
import type { InstanceDraft } from "./body";
import type { Contents } from "./contents";
import type { Definitions } from "./definitions";
import { conflict, invalid, notFound } from "./errors";
import type { Action, History } from "./history";
import { checkHolds } from "./holds";
import type { InstanceStore } from "./instance-store";
import { mergedProperties, mergedTraits } from "./merge";
import type { Category, Instance, Permission, Traits } from "./model";
import type { Permissions } from "./permissions";
import type { Restores } from "./restores";
import { checkedProperties, checkedTraits, type Values } from "./validate";

/** The type a path names, `cms_any` included. */
export interface PathType {
  category: string;
  type: string;
}

export interface Parts {
  store: InstanceStore;
  restores: Restores;
  definitions: Definitions;
  contents: Contents;
  permissions: Permissions;
  history: History;
  now: () => number;
  /** True in guarded mode (ours): holds and retention are enforced. */
  guarded: () => boolean;
}

/** What can be done with one instance, apart from its place in folders (wire/css.md 6.1). */
export class Instances {
  constructor(readonly parts: Parts) {}

  /** Every type that instances under a path can have. Throws CmsError 404 or 400. */
  typesUnder({ category, type }: PathType): Set<string> {
    const definition = this.parts.definitions.type(type);
    if (definition.category !== category) throw invalid(`type '${type}' is of category '${definition.category}', not '${category}'`);
    return this.parts.definitions.family(type);
  }

  /** The instance a path names, if the caller may see it. Throws CmsError 404, 403. */
  get(path: PathType, id: string, principal: Principal): Instance {
    const types = this.typesUnder(path);
    const instance = this.parts.store.get(id);
    if (!instance || !types.has(instance.type)) throw notFound(`instance '${id}' of type '${path.type}'`);
    this.parts.permissions.require(instance, principal, "browse");
    return this.parts.restores.current(instance);
  }

  create(path: PathType, draft: InstanceDraft, principal: Principal): Instance {
    this.typesUnder(path);
    if (path.category === "any") throw invalid("instances are created under their own category and type");
    const renditions = draft.renditions ?? [];
    if (renditions.length > 0 && path.category !== "file") throw invalid("only instances of category 'file' have renditions");
    const parentFolderId = this.checkedFolder(draft.parentFolderId, principal);
    const instance = this.newInstance(path.category as Category, path.type, draft, principal.user);
    this.checkUnique(instance);
    const created = this.parts.store.put({ ...instance, parent_folder_id: parentFolderId });
    for (const rendition of renditions) this.parts.contents.add(created, rendition, principal.user);
    this.note(created, "create", principal);
    return created;
  }

  /** PUT (`whole`) or PATCH. Throws CmsError 400, 403, 409. */
  update(instance: Instance, draft: InstanceDraft, principal: Principal, whole: boolean): Instance {
    this.allowChange(instance, principal, "modify");
    // A change of single values has to stay possible: holds are placed and released that way.
    if (whole) this.checkGuard(instance);
    if (draft.renditions && !this.parts.contents.areThose(instance, draft.renditions)) {
      throw invalid("renditions are changed under contents, or by a new version");
    }
    if (draft.parentFolderId !== undefined && draft.parentFolderId !== (instance.parent_folder_id ?? "")) {
      throw invalid("parent_folder_id is changed by PUT .../parent");
    }
    if (draft.aclId !== undefined && draft.aclId !== instance.acl_id) throw invalid("acl_id is changed by PUT .../acl");
    if (whole && !draft.name) throw invalid("name is required");
    if (draft.name === "") throw invalid("name must not be empty");
    const properties = whole ? mergedProperties({}, draft.properties ?? {}) : mergedProperties(instance.properties, draft.properties ?? {});
    const traits = draft.traits === undefined ? instance.traits : mergedTraits(whole ? {} : instance.traits, draft.traits);
    const changed = {
      ...instance,
      name: draft.name ?? instance.name,
      description: draft.description ?? (whole ? "" : instance.description),
      display_name: draft.displayName ?? (whole ? "" : instance.display_name),
      version_label: draft.versionLabel ?? instance.version_label,
      ...this.checked(instance.type, properties, this.parts.restores.answered(instance, traits)),
      ...this.touched(principal.user),
    };
    this.checkUnique(changed);
    this.note(instance, "update", principal, { attributes: Object.keys(draft.properties ?? {}), traits: Object.keys(draft.traits ?? {}) });
    return this.parts.store.put(changed);
  }

  /** A new version from a whole body; the one before is no longer the latest, and its lock is gone (the latter is ours). */
  nextVersion(instance: Instance, draft: InstanceDraft, principal: Principal): Instance {
    this.allowChange(instance, principal, "create_version");
    if (instance.category !== "file") throw invalid("only instances of category 'file' have versions");
    if (!instance.latest) throw conflict(`'${instance.id}' is not the latest version`);
    const fresh = this.newInstance(instance.category, instance.type, draft, principal.user);
    const version: Instance = {
      ...fresh,
      series: instance.series,
      version_no: instance.version_no + 1,
      parent_folder_id: instance.parent_folder_id,
      linked_parent_folder_ids: instance.linked_parent_folder_ids,
      acl_id: draft.aclId ? fresh.acl_id : instance.acl_id,
    };
    this.checkUnique(version);
    this.parts.store.put({ ...instance, latest: false, lock_owner: null, lock_time: null });
    this.parts.store.put(version);
    for (const rendition of draft.renditions ?? []) this.parts.contents.add(version, rendition, principal.user);
    this.note(version, "create_version", principal, { version_no: version.version_no });
    return version;
  }

  versions(instance: Instance): Instance[] {
    return this.parts.store.versionsOf(instance.series);
  }

  lock(instance: Instance, principal: Principal): Instance {
    this.parts.permissions.require(instance, principal, "lock");
    this.checkLock(instance, principal);
    this.note(instance, "lock", principal);
    return this.parts.store.put({ ...instance, lock_owner: principal.user, lock_time: new Date(this.parts.now()).toISOString() });
  }

  unlock(instance: Instance, principal: Principal): Instance {
    this.parts.permissions.require(instance, principal, "lock");
    this.checkLock(instance, principal);
    this.note(instance, "unlock", principal);
    return this.parts.store.put({ ...instance, lock_owner: null, lock_time: null });
  }

  changeAcl(instance: Instance, aclId: string, principal: Principal): Instance {
    this.parts.permissions.require(instance, principal, "edit_permissions");
    this.parts.permissions.acl(aclId);
    this.note(instance, "change_acl", principal, { acl_id: aclId });
    return this.parts.store.put({ ...instance, acl_id: aclId, ...this.touched(principal.user) });
  }

  /** Deletes versions or whole folders for good, all or none; the newest version left becomes the latest. */
  async delete(doomed: Instance[], principal: Principal): Promise<void> {
    this.checkDeletion(doomed, principal);
    for (const instance of doomed) {
      this.note(instance, "delete", principal);
      this.parts.store.delete(instance);
      this.renewLatest(instance.series);
    }
    // Only now: another request may come in between, and must find all of them or none.
    for (const instance of doomed) await this.parts.contents.deleteAll(instance);
  }

  /** Puts versions or whole folders into the recycle bin, all or none. */
  softDelete(doomed: Instance[], principal: Principal): void {
    this.checkDeletion(doomed, principal);
    for (const instance of doomed) {
      this.parts.store.put({ ...instance, deleted_time: new Date(this.parts.now()).toISOString() });
      this.renewLatest(instance.series);
      this.note(instance, "soft_delete", principal);
    }
  }

  private checkDeletion(doomed: Instance[], principal: Principal): void {
    for (const instance of doomed) {
      this.allowChange(instance, principal, "delete_content");
      this.checkGuard(instance);
    }
  }

  restore(instance: Instance, principal: Principal): Instance {
    this.parts.permissions.require(instance, principal, "delete_content");
    const folder = instance.parent_folder_id;
    if (folder !== null && !this.parts.store.get(folder)) throw conflict(`restore folder '${folder}' first`);
    const { deleted_time: _gone, ...kept } = instance;
    this.parts.store.put(kept);
    this.renewLatest(instance.series);
    this.note(instance, "restore", principal);
    return this.parts.store.get(instance.id) as Instance;
  }

  /** The folder a new or moved instance goes into; null for none. Throws CmsError 400, 403. */
  checkedFolder(id: string | undefined, principal: Principal): string | null {
    if (!id) return null;
    const folder = this.parts.store.get(id);
    if (folder?.category !== "folder") throw invalid(`folder '${id}' does not exist`);
    this.parts.permissions.require(folder, principal, "add_move_items");
    return id;
  }

  /** Throws CmsError 403 without the permission, 409 when another user holds the lock. */
  allowChange(instance: Instance, principal: Principal, permission: Permission): void {
    this.parts.permissions.require(instance, principal, permission);
    this.checkLock(instance, principal);
  }

  checkGuard(instance: Instance): void {
    if (this.parts.guarded()) checkHolds(instance, this.parts.now());
  }

  note(instance: Instance, action: Action, principal: Principal, value?: unknown): void {
    this.parts.history.note(instance, action, principal.user, value);
  }

  touched(user: string): { update_time: string; updated_by: string } {
    return { update_time: new Date(this.parts.now()).toISOString(), updated_by: user };
  }

  private newInstance(category: Category, type: string, draft: InstanceDraft, user: string): Instance {
    if (!draft.name) throw invalid("name is required");
    const { permissions } = this.parts;
    const aclId = draft.aclId ? permissions.acl(draft.aclId).id : permissions.named("default").id;
    const touched = this.touched(user);
    return {
      id: randomUUID(),
      series: randomUUID(),
      name: draft.name,
      description: draft.description ?? "",
      display_name: draft.displayName ?? "",
      category,
      type,
      parent_folder_id: null,
      linked_parent_folder_ids: [],
      acl_id: aclId,
      ...this.checked(type, mergedProperties({}, draft.properties ?? {}), mergedTraits({}, draft.traits ?? {})),
      version_no: 1,
      version_label: draft.versionLabel ?? [],
      latest: true,
      lock_time: null,
      lock_owner: null,
      owner: user,
      create_time: touched.update_time,
      created_by: user,
      ...touched,
    };
  }

  private checked(type: string, properties: Values, traits: Traits): { properties: Values; traits: Traits } {
    const { definitions } = this.parts;
    return { properties: checkedProperties(definitions, type, properties), traits: checkedTraits(definitions, type, traits) };
  }

  /** Attributes declared unique hold a value once among objects; versions of one object may share it. */
  private checkUnique(instance: Instance): void {
    for (const { name, unique } of this.parts.definitions.allAttributes(instance.type)) {
      const value = instance.properties[name];
      if (!unique || value === undefined) continue;
      const other = this.parts.store
        .byProperty(name, String(value))
        .find((one) => one.type === instance.type && one.series !== instance.series);
      if (other) throw conflict(`attribute '${name}' is unique, and '${other.id}' has the same value`);
    }
  }

  private checkLock(instance: Instance, principal: Principal): void {
    if (instance.lock_owner && instance.lock_owner !== principal.user) throw conflict(`'${instance.id}' is locked by another user`);
  }

  private renewLatest(series: string): void {
    const versions = this.parts.store.versionsOf(series);
    versions.forEach((version, index) => {
      const latest = index === versions.length - 1;
      if (version.latest !== latest) this.parts.store.put({ ...version, latest });
    });
  }
}
