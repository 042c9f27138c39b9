import { nameOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Changes } from "../model/values";
import { badRequest, cause, noObject, refused } from "../wire/failures";
import { demandChangeable } from "./demands";

/** Where `copy-behavior` stands in a containment. */
export const COPY_BEHAVIOURS = ["UNSPECIFIED", "REFERENCE", "DUPLICATION"] as const;

/** What a request may say about a node. */
export interface NodeSettings {
  order?: number;
  binding?: string;
  overrideLateBinding?: boolean;
  followAssembly?: boolean;
  copyBehaviour?: (typeof COPY_BEHAVIOURS)[number];
}

/** Makes an object a virtual document, without components yet. */
export function convert(repository: Repository, user: User, record: ObjectRecord): ObjectRecord {
  demandEditable(repository, user, record);
  return repository.virtualDocuments.isVirtual(record) ? record : repository.save(record, { r_is_virtual_doc: 1 }, user);
}

/** Adds a component at the end, or before the one whose place it is given. Returns the containment. */
export function addComponent(
  repository: Repository,
  user: User,
  record: ObjectRecord,
  component: ObjectRecord,
  settings: NodeSettings,
): ObjectRecord {
  demandEditable(repository, user, record);
  if (repository.folders.isFolder(component)) throw badRequest("A folder cannot be a component.");
  repository.permits.demand(user, component, "browse");
  if (repository.virtualDocuments.wouldCircle(record, component)) {
    throw badRequest(
      "An object cannot be part of itself.",
      cause("DM_SYSOBJECT_E_CIRCULAR_VD", `'${nameOf(component)}' contains '${nameOf(record)}'.`),
    );
  }
  const others = repository.virtualDocuments.containments(record);
  convert(repository, user, record);
  return repository.add("dmr_containment", {
    parent_id: record.id,
    component_id: repository.versions.chronicleOf(component),
    order_no: others.length + 1,
    ...definedOnly(changesOf(settings)),
  });
}

/** Changes the binding or the place of a node. */
export function changeNode(repository: Repository, user: User, containment: ObjectRecord, settings: NodeSettings): ObjectRecord {
  demandEditable(repository, user, parentOf(repository, containment));
  return repository.save(containment, changesOf(settings), user);
}

export function removeNode(repository: Repository, user: User, containment: ObjectRecord): void {
  demandEditable(repository, user, parentOf(repository, containment));
  repository.objects.delete(containment.id);
}

/** The object a node is in. */
export function parentOf(repository: Repository, containment: ObjectRecord): ObjectRecord {
  const id = String(containment.values.parent_id ?? "");
  const parent = repository.objects.get(id);
  if (!parent) throw noObject(id);
  return parent;
}

/** A new version has the components of the one it was made of. */
export function copyComponents(repository: Repository, from: ObjectRecord, toId: string): void {
  for (const { values } of repository.virtualDocuments.containments(from)) {
    repository.add("dmr_containment", { ...values, parent_id: toId });
  }
}

function changesOf(settings: NodeSettings): Changes {
  return {
    ...(settings.order === undefined ? {} : { order_no: settings.order - 0.5 }),
    ...(settings.binding === undefined ? {} : { version_label: settings.binding || undefined }),
    ...(settings.overrideLateBinding === undefined ? {} : { use_node_ver_label: settings.overrideLateBinding }),
    ...(settings.followAssembly === undefined ? {} : { follow_assembly: settings.followAssembly }),
    ...(settings.copyBehaviour === undefined ? {} : { copy_child: COPY_BEHAVIOURS.indexOf(settings.copyBehaviour) }),
  };
}

function definedOnly(changes: Changes) {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Record<
    string,
    string | number | boolean
  >;
}

function demandEditable(repository: Repository, user: User, record: ObjectRecord): void {
  if (repository.folders.isFolder(record)) throw badRequest("A folder cannot be a virtual document.");
  demandChangeable(repository, user, record);
  if (repository.versions.descendants(record).length === 0) return;
  throw refused(
    repository.switches.number("lock-refusal-status"),
    "DM_SYSOBJECT_E_CANT_SAVE",
    `Cannot save sysobject named '${nameOf(record)}': the version is immutable.`,
  );
}
