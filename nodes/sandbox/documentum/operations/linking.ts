import { nameOf, parentsOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { badRequest, cause, notFound, refused } from "../wire/failures";
import { demandFolder, demandFolderName } from "./create";
import { demandChangeable } from "./demands";

/** Links an object into one more folder (wire/documentum.md 16.1). Filing under a governed folder retains it. */
export function linkObject(repository: Repository, user: User, record: ObjectRecord, folderId: string): ObjectRecord {
  demandLinkable(repository, user, record, folderId);
  const linked = relink(repository, user, record, [...parentsOf(record), folderId]);
  repository.audit.note("dm_link", user, linked);
  return linked;
}

/** Takes an object out of a folder. Its last link stays [INF]. */
export function unlinkObject(repository: Repository, user: User, record: ObjectRecord, folderId: string): ObjectRecord {
  demandLinked(record, folderId);
  demandChangeable(repository, user, record);
  repository.governance.demandFree(record, "unlink");
  const parents = parentsOf(record).filter((parent) => parent !== folderId);
  if (parents.length === 0) {
    throw badRequest("The link cannot be removed.", cause("DM_SYSOBJECT_E_CANT_UNLINK_LAST", `'${nameOf(record)}' has no other folder.`));
  }
  const unlinked = relink(repository, user, record, parents);
  repository.audit.note("dm_unlink", user, unlinked);
  return unlinked;
}

/** Replaces one of an object's folders by another, in the same place of the list. */
export function moveObject(repository: Repository, user: User, record: ObjectRecord, from: string, to: string): ObjectRecord {
  demandLinked(record, from);
  demandLinkable(repository, user, record, to);
  repository.governance.demandFree(record, "unlink");
  const parents = parentsOf(record).map((parent) => (parent === from ? to : parent));
  const moved = relink(repository, user, record, parents);
  repository.audit.note("dm_unlink", user, moved);
  repository.audit.note("dm_link", user, moved);
  return moved;
}

/** Throws 404 when the object is not in the folder. */
export function demandLinked(record: ObjectRecord, folderId: string): void {
  if (!parentsOf(record).includes(folderId)) throw notFound("The link");
}

function demandLinkable(repository: Repository, user: User, record: ObjectRecord, folderId: string): void {
  demandFolder(repository, user, folderId);
  demandChangeable(repository, user, record);
  const folder = repository.folders.isFolder(record);
  if (repository.types.isA(record.type, "dm_cabinet")) throw badRequest("A cabinet cannot be linked into a folder.");
  if (parentsOf(record).includes(folderId)) {
    const id = folder ? "DM_FOLDER_E_ALREADY_LINKED" : "DM_SYSOBJECT_E_ALREADY_LINKED";
    throw refused(repository.switches.number("already-linked-status"), id, `'${nameOf(record)}' is already linked to folder ${folderId}.`);
  }
  if (!folder) return;
  if (repository.folders.ancestors(folderId).includes(record.id)) {
    throw badRequest(
      "A folder cannot be linked below itself.",
      cause("DM_FOLDER_E_CIRCULAR_LINK", `'${nameOf(record)}' is above the folder.`),
    );
  }
  demandFolderName(repository, nameOf(record), [folderId], record);
}

function relink(repository: Repository, user: User, record: ObjectRecord, parents: string[]): ObjectRecord {
  if (!repository.folders.isFolder(record)) {
    return repository.save(record, { i_folder_id: parents, ...repository.governance.onFiling(record.values, parents) }, user);
  }
  const linked = repository.save(record, { i_folder_id: parents }, user);
  retainBelow(repository, user, record.id);
  return linked;
}

/** After a folder came under a governed one: what is in it is retained from now on, too. */
function retainBelow(repository: Repository, user: User, folderId: string): void {
  for (const folder of repository.folders.subtree(folderId)) {
    for (const id of [...repository.folders.children(folder)]) {
      const child = repository.objects.get(id);
      if (!child || repository.folders.isFolder(child)) continue;
      const changes = repository.governance.onFiling(child.values, parentsOf(child));
      if (Object.keys(changes).length > 0) repository.save(child, changes, user);
    }
  }
}
