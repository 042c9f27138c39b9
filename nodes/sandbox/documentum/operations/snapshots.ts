import { nameOf, parentsOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Value } from "../model/types";
import type { VdNode } from "../model/virtual-documents";
import { badRequest, cause } from "../wire/failures";
import { commitDraft } from "./create";
import { demandChangeable, demandNotFrozen } from "./demands";

/** Keeps the components of a virtual document as they are bound now (wire/documentum.md 16.3). */
export function takeSnapshot(
  repository: Repository,
  user: User,
  root: ObjectRecord,
  values: Record<string, Value>,
  options: { label: string; includeBroken: boolean; frozen: boolean },
): ObjectRecord {
  repository.permits.demand(user, root, "read");
  if (!repository.virtualDocuments.isVirtual(root)) throw badRequest("Only a virtual document has snapshots.");
  const nodes = [...repository.virtualDocuments.nodes(root, -1, options.label)];
  const bound = nodes.map((node) => (node.component || !options.includeBroken ? node : { ...node, component: current(repository, node) }));
  const folderId = parentsOf(root)[0];
  const type = repository.types.known(root.type);
  const draft = { object_name: `${nameOf(root)} snapshot`, ...values };
  const snapshot = commitDraft(repository, user, { type, values: draft, place: { folderId, type: "dm_sysobject", kind: "snapshot" } });
  for (const [index, node] of bound.entries()) {
    if (!node.component) continue;
    repository.add("dm_assembly", {
      book_id: snapshot.id,
      parent_id: node.parent.id,
      component_id: node.component.id,
      order_no: index + 1,
      depth_no: node.number.split(".").length,
      path_name: node.number,
    });
  }
  const assembled = repository.save(snapshot, { r_assembled_from_id: root.id }, user);
  return options.frozen ? setFrozen(repository, user, assembled, true) : assembled;
}

function current(repository: Repository, { containment }: VdNode): ObjectRecord | undefined {
  return repository.versions.current(String(containment.values.component_id));
}

/** The nodes of a snapshot in their order. */
export function assembliesOf(repository: Repository, snapshot: ObjectRecord): ObjectRecord[] {
  const all = [...repository.objects.lookup("book_id", snapshot.id)].map((id) => repository.objects.get(id));
  const found = all.filter((one) => one?.type === "dm_assembly") as ObjectRecord[];
  return found.sort((a, b) => Number(a.values.order_no) - Number(b.values.order_no));
}

/** A frozen snapshot and its components cannot be changed or deleted. */
export function setFrozen(repository: Repository, user: User, snapshot: ObjectRecord, frozen: boolean): ObjectRecord {
  demandChangeable(repository, user, snapshot);
  if ((snapshot.values.r_frozen_flag === true) === frozen) return snapshot;
  for (const { values } of assembliesOf(repository, snapshot)) {
    const component = repository.objects.get(String(values.component_id));
    if (!component) continue;
    const count = ((component.values.r_frzn_assembly_cnt as number | undefined) ?? 0) + (frozen ? 1 : -1);
    repository.save(
      component,
      { r_frzn_assembly_cnt: count === 0 ? undefined : count, r_has_frzn_assembly: count > 0 ? true : undefined },
      user,
    );
  }
  repository.audit.note(frozen ? "dm_freeze" : "dm_unfreeze", user, snapshot);
  return repository.save(snapshot, { r_frozen_flag: frozen ? true : undefined }, user);
}

/** Deletes a snapshot with its nodes; the components stay. */
export function dropSnapshot(repository: Repository, user: User, snapshot: ObjectRecord): void {
  repository.permits.demand(user, snapshot, "delete");
  demandNotFrozen(repository, snapshot);
  if (repository.locks.of(snapshot))
    throw badRequest("The snapshot is locked.", cause("DM_SYSOBJECT_E_CANT_DELETE_LOCKED", "It is checked out."));
  for (const { id } of assembliesOf(repository, snapshot)) repository.objects.delete(id);
  repository.objects.delete(snapshot.id);
}
