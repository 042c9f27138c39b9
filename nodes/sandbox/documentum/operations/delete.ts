import { nameOf, parentsOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { badRequest, cause, refused } from "../wire/failures";

import { demandNotFrozen } from "./demands";
import { demandUnshared } from "./lightweight";

/** wire/documentum.md section 11. */
export interface DeleteOptions {
  versions: "selected" | "unused" | "all";
  /** Virtual documents: delete their components as well. */
  components?: boolean;
  /** Folders: delete what is inside as well. */
  nonEmpty: boolean;
  /** Folders: delete also what is linked elsewhere, instead of only unlinking it here. */
  allLinks: boolean;
}

/** Deletes an object, some of its versions, or a folder with what is in it. Everything is checked before anything goes. */
export async function deleteObject(repository: Repository, user: User, record: ObjectRecord, options: DeleteOptions): Promise<void> {
  const { gone, unlinked } = repository.folders.isFolder(record)
    ? folderPlan(repository, record, options)
    : versionPlan(repository, record, options);
  for (const one of gone) demandDeletable(repository, user, one);
  for (const { child } of unlinked) repository.governance.demandFree(child, "unlink");
  for (const { child, keep } of unlinked) repository.save(child, { i_folder_id: keep }, user);
  // Children first: a kill in between must not leave anything without a parent.
  for (const one of gone.reverse()) {
    repository.audit.note("dm_destroy", user, one);
    removeObject(repository, one);
  }
  await repository.contents.discard(gone.flatMap((one) => one.contents?.map(({ id }) => id) ?? []));
}

interface Plan {
  /** Parents before their children. */
  gone: ObjectRecord[];
  unlinked: { child: ObjectRecord; keep: string[] }[];
}

function versionPlan(repository: Repository, record: ObjectRecord, options: DeleteOptions): Plan {
  const plan = ownVersions(repository, record, options);
  const components = options.components ? [...repository.virtualDocuments.nodes(record, -1)].map(({ component }) => component) : [];
  // A component that stands in several places goes once.
  return { ...plan, gone: [...new Set([...plan.gone, ...components.filter((one) => one !== undefined)])] };
}

function ownVersions(repository: Repository, record: ObjectRecord, options: DeleteOptions): Plan {
  if (options.versions === "selected") return { gone: [record], unlinked: [] };
  const all = repository.versions.versions(repository.versions.chronicleOf(record));
  if (options.versions === "all") return { gone: all, unlinked: [] };
  // UNUSED: those without symbolic labels.
  return { gone: all.filter((one) => repository.versions.labelsOf(one).length === 1), unlinked: [] };
}

function folderPlan(repository: Repository, folder: ObjectRecord, options: DeleteOptions): Plan {
  const folders = repository.folders.subtree(folder.id);
  const plan: Plan = { gone: [], unlinked: [] };
  const children = new Map<string, ObjectRecord>();
  for (const id of folders) {
    const record = repository.objects.get(id);
    if (record) plan.gone.push(record);
    for (const child of repository.folders.children(id)) {
      const found = repository.objects.get(child);
      if (found && !folders.has(child)) children.set(child, found);
    }
  }
  if (!options.nonEmpty && (folders.size > 1 || children.size > 0)) {
    throw badRequest(
      "The folder is not empty.",
      cause("DM_FOLDER_E_CANT_DELETE_NOT_EMPTY", `Folder '${nameOf(folder)}' still has objects in it.`),
    );
  }
  for (const child of children.values()) {
    const keep = parentsOf(child).filter((parent) => !folders.has(parent));
    if (keep.length === 0 || options.allLinks) plan.gone.push(child);
    else plan.unlinked.push({ child, keep });
  }
  return plan;
}

function demandDeletable(repository: Repository, user: User, record: ObjectRecord): void {
  repository.permits.demand(user, record, "delete");
  if (repository.locks.of(record)) {
    throw refused(
      repository.switches.number("lock-refusal-status"),
      "DM_SYSOBJECT_E_CANT_DELETE_LOCKED",
      `Cannot delete sysobject named '${nameOf(record)}' since it is locked.`,
    );
  }
  demandNotFrozen(repository, record);
  demandUnshared(repository, record);
  repository.governance.demandFree(record, "delete");
}

/** With its lock, the relations it takes part in and, of a virtual document or a snapshot, the nodes in it. */
function removeObject(repository: Repository, record: ObjectRecord): void {
  for (const attribute of ["parent_id", "child_id", "book_id"]) {
    for (const relation of [...repository.objects.lookup(attribute, record.id)]) repository.objects.delete(relation);
  }
  repository.objects.delete(record.id);
  repository.locks.release(record.id);
}
