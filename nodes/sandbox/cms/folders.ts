import { randomUUID } from "node:crypto";
import type { Principal } from "../kernel/identity";
import { conflict, invalid, notFound } from "./errors";
import type { Instances } from "./instances";
import type { Instance } from "./model";

/** Name of the root folder. */
export const ROOT_NAME = "subscription-root";

/** The place of instances in folders: children, moving, linking, copying, and what goes down a whole tree. */
export class Folders {
  constructor(private readonly instances: Instances) {}

  /** The folder above all others; the seed makes it. */
  root(): Instance | undefined {
    return this.store.byValue("name", ROOT_NAME).find((one) => one.category === "folder" && one.parent_folder_id === null);
  }

  /** Children, linked ones included, in order of creation. */
  items(folder: Instance): Instance[] {
    return [...this.store.byValue("parent_folder_id", folder.id), ...this.store.byValue("linked_parent_folder_ids", folder.id)];
  }

  childNamed(folder: Instance, name: string): Instance | undefined {
    return this.store.byValue("parent_folder_id", folder.id).find((one) => one.name === name);
  }

  /** Folder ids from the root down to `folderId`. */
  pathTo(folderId: string | null): string[] {
    const path: string[] = [];
    for (let id = folderId; id !== null; id = this.store.get(id)?.parent_folder_id ?? null) path.unshift(id);
    return path;
  }

  parentOf(instance: Instance): Instance {
    const parent = instance.parent_folder_id === null ? undefined : this.store.get(instance.parent_folder_id);
    if (!parent) throw notFound(`the parent folder of '${instance.id}'`);
    return parent;
  }

  move(instance: Instance, folderId: string, principal: Principal): Instance {
    this.instances.allowChange(instance, principal, "change_location");
    const target = this.neededFolder(folderId, principal);
    if (this.pathTo(target).includes(instance.id)) throw invalid("a folder cannot be moved below itself");
    // Versions of one object lie in one folder.
    for (const version of this.instances.versions(instance)) {
      this.store.put({ ...version, parent_folder_id: target, ...this.instances.touched(principal.user) });
    }
    this.instances.note(instance, "move", principal, { parent_folder_id: target });
    return this.store.get(instance.id) as Instance;
  }

  link(instance: Instance, folderId: string, principal: Principal): Instance {
    this.instances.allowChange(instance, principal, "change_location");
    const target = this.neededFolder(folderId, principal);
    const links = instance.linked_parent_folder_ids;
    if (links.includes(target) || instance.parent_folder_id === target) throw conflict(`'${instance.id}' is in folder '${target}' already`);
    this.instances.note(instance, "link", principal, { folder: target });
    return this.store.put({ ...instance, linked_parent_folder_ids: [...links, target] });
  }

  unlink(instance: Instance, folderId: string, principal: Principal): void {
    this.instances.allowChange(instance, principal, "change_location");
    const links = instance.linked_parent_folder_ids;
    if (!links.includes(folderId)) throw notFound(`the link of '${instance.id}' to folder '${folderId}'`);
    this.store.put({ ...instance, linked_parent_folder_ids: links.filter((id) => id !== folderId) });
    this.instances.note(instance, "unlink", principal, { folder: folderId });
  }

  /** A copy of the one version (its blobs shared) in another folder, of a folder with all below it when `recursive`. */
  copy(instance: Instance, folderId: string, principal: Principal, recursive: boolean): Instance {
    this.instances.parts.permissions.require(instance, principal, "read_content");
    const target = this.neededFolder(folderId, principal);
    if (recursive && this.pathTo(target).includes(instance.id)) throw invalid("a folder cannot be copied below itself");
    return this.copyInto(instance, target, principal, recursive);
  }

  private copyInto(instance: Instance, target: string, principal: Principal, recursive: boolean): Instance {
    const { user } = principal;
    const touched = this.instances.touched(user);
    const copied = this.store.put({
      ...instance,
      id: randomUUID(),
      series: randomUUID(),
      parent_folder_id: target,
      linked_parent_folder_ids: [],
      version_no: 1,
      latest: true,
      lock_owner: null,
      lock_time: null,
      owner: user,
      create_time: touched.update_time,
      created_by: user,
      ...touched,
    });
    this.instances.parts.contents.copy(instance, copied, user);
    this.instances.note(copied, "copy", principal, { copied_from: instance.id });
    if (recursive && instance.category === "folder") {
      const latest = this.store.byValue("parent_folder_id", instance.id).filter((child) => child.latest);
      for (const child of latest) this.copyInto(child, copied.id, principal, true);
    }
    return copied;
  }

  /** Deletes for good: a folder with all below it when `recursive`. Throws CmsError 409 for a folder that is not empty. */
  async delete(instance: Instance, principal: Principal, recursive: boolean): Promise<void> {
    await this.instances.delete(this.tree(instance, recursive), principal);
  }

  softDelete(instance: Instance, principal: Principal, recursive: boolean): void {
    this.instances.softDelete(this.tree(instance, recursive), principal);
  }

  /** An instance and, for a folder, all below it: the deepest first. */
  private tree(instance: Instance, recursive: boolean): Instance[] {
    if (instance.category !== "folder") return [instance];
    const children = this.store.byValue("parent_folder_id", instance.id);
    if (children.length > 0 && !recursive) throw conflict(`folder '${instance.id}' is not empty; use recursive=true`);
    return [...children.flatMap((child) => this.tree(child, true)), instance];
  }

  private neededFolder(id: string, principal: Principal): string {
    const folder = this.instances.checkedFolder(id, principal);
    if (folder === null) throw invalid("the id of a folder is needed");
    return folder;
  }

  private get store() {
    return this.instances.parts.store;
  }
}
