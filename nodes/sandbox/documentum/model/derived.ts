import { primaryPages } from "./contents";
import { parentsOf } from "./folder-tree";
import { NO_ID } from "./id-source";
import type { ObjectRecord } from "./records";
import type { Repository } from "./repository";
import type { Value } from "./types";

/** Computes an attribute from other records; undefined for its empty value. */
export type Derivation = (repository: Repository, record: ObjectRecord) => Value | undefined;

const MAX_INTEGER = 0x7fffffff;

/** Attributes that are never stored because they follow from other records. Undefined means the empty value. */
export const derivations: ReadonlyMap<string, Derivation> = new Map<string, Derivation>([
  ["r_object_id", (_repository, record) => record.id],
  ["r_object_type", (_repository, record) => record.type],
  ["i_reference_cnt", (_repository, record) => Math.max(1, parentsOf(record).length)],
  ["i_has_folder", (repository, record) => repository.versions.isCurrent(record)],
  ["i_cabinet_id", (repository, record) => cabinetOf(repository, record)],
  [
    "r_link_cnt",
    (repository, record) => (repository.folders.isFolder(record) ? linkCount(repository, record) : componentCount(repository, record)),
  ],
  ["r_folder_path", (repository, record) => [...repository.folders.pathsOf(record.id)]],
  ["i_ancestor_id", (repository, record) => repository.folders.ancestors(record.id)],
  ["i_contents_id", (_repository, record) => primaryPages(record)[0]?.id],
  ["a_content_type", (_repository, record) => primaryPages(record)[0]?.format ?? record.values.a_content_type],
  ["a_storage_type", (_repository, record) => (record.contents?.length ? "filestore_01" : record.values.a_storage_type)],
  ["r_page_cnt", (_repository, record) => primaryPages(record).length],
  // A size an integer cannot hold is only in r_full_content_size.
  ["r_content_size", (repository, record) => (contentSize(repository, record) > MAX_INTEGER ? 0 : contentSize(repository, record))],
  ["r_full_content_size", (repository, record) => contentSize(repository, record)],
  ["owner_permit", (repository, record) => repository.permits.permitOf(record, "dm_owner")],
  ["group_permit", (repository, record) => repository.permits.permitOf(record, "dm_world")],
  ["world_permit", (repository, record) => repository.permits.permitOf(record, "dm_world")],
  ["r_lock_owner", (repository, record) => repository.locks.of(record)?.owner],
  ["r_lock_date", (repository, record) => repository.locks.of(record)?.date],
  ["r_lock_machine", (repository, record) => (repository.locks.of(record) ? "docbridge-sandbox" : undefined)],
  ["r_version_label", (repository, record) => repository.versions.labelsOf(record)],
  ["i_latest_flag", (repository, record) => repository.versions.successor(record) === undefined],
  ["i_direct_dsc", (repository, record) => repository.versions.successor(record) !== undefined],
  ["i_branch_cnt", (repository, record) => branchCount(repository, record)],
  ["r_immutable_flag", (repository, record) => repository.versions.descendants(record).length > 0],
]);

function cabinetOf(repository: Repository, record: ObjectRecord): string {
  return repository.types.isA(record.type, "dm_cabinet") ? record.id : repository.folders.cabinetOf(parentsOf(record)[0]) || NO_ID;
}

function linkCount(repository: Repository, record: ObjectRecord): number {
  return repository.objects.count("i_folder_id", record.id);
}

function componentCount(repository: Repository, record: ObjectRecord): number | undefined {
  return repository.virtualDocuments.isVirtual(record) ? repository.virtualDocuments.count(record) : undefined;
}

function contentSize(repository: Repository, record: ObjectRecord): number {
  const first = primaryPages(record)[0];
  return first ? (repository.contents.get(first.id)?.size ?? 0) : 0;
}

function branchCount(repository: Repository, record: ObjectRecord): number {
  const next = repository.versions.successor(record);
  return repository.versions.descendants(record).filter((descendant) => descendant !== next).length;
}
