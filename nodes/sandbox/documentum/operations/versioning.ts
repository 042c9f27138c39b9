import { nameOf } from "../model/folder-tree";
import { serialOf } from "../model/id-source";
import type { User } from "../model/permits";
import type { ContentRef, ObjectRecord } from "../model/records";
import { merge, type Repository } from "../model/repository";
import type { Value } from "../model/types";
import type { Changes } from "../model/values";
import { versionOf } from "../model/version-trees";
import { dateText } from "../wire/dates";
import { badRequest, noObject, refused } from "../wire/failures";
import { mayUnlock } from "../wire/links";
import { copyComponents } from "./virtual-documents";

export type VersionPolicy = "next-major" | "next-minor" | "branch-version" | "same-version";

/** wire/documentum.md section 13. */
export interface CheckinOptions {
  policy: VersionPolicy;
  labels: string[];
  makeCurrent: boolean;
  retainLock: boolean;
  comment?: string;
}

/** Locks an object for the user. */
export function checkOut(repository: Repository, user: User, record: ObjectRecord): ObjectRecord {
  if (repository.folders.isFolder(record)) throw badRequest("A folder cannot be checked out.");
  repository.permits.demand(user, record, "version");
  repository.governance.demandFree(record, "version");
  const lock = repository.locks.of(record);
  if (lock) throw lockRefusal(repository, "DM_SYSOBJECT_E_CANT_LOCK", record, `it is locked by user ${lock.owner}`);
  repository.locks.take(record.id, user.name);
  repository.audit.note("dm_checkout", user, record);
  return stamp(repository, record);
}

/** Gives up a lock: its owner, or a superuser. */
export function cancelCheckout(repository: Repository, user: User, record: ObjectRecord): void {
  const lock = repository.locks.of(record);
  if (!lock) throw lockRefusal(repository, "DM_SYSOBJECT_E_CANT_UNLOCK", record, "it is not locked");
  if (!mayUnlock(user, lock.owner))
    throw lockRefusal(repository, "DM_SYSOBJECT_E_CANT_UNLOCK", record, `it is locked by user ${lock.owner}`);
  repository.locks.release(record.id);
  repository.audit.note("dm_unlock", user, record);
  stamp(repository, record);
}

/** Throws unless the user may check in on top of this version. */
export function demandCheckin(repository: Repository, user: User, record: ObjectRecord, options: CheckinOptions): void {
  repository.permits.demand(user, record, options.policy === "same-version" ? "write" : "version");
  const lock = repository.locks.of(record);
  if (!lock) throw lockRefusal(repository, "DM_SYSOBJECT_E_NOT_LOCKED", record, "it is not checked out");
  if (lock.owner !== user.name) throw lockRefusal(repository, "DM_SYSOBJECT_E_LOCKED", record, `it is locked by user ${lock.owner}`);
  if (options.policy !== "same-version") repository.governance.demandFree(record, "version");
  const bad = options.labels.find((label) => label === "" || label.toUpperCase() === "CURRENT" || /^[\d.]+$/.test(label));
  if (bad !== undefined) throw badRequest("A version label must be symbolic and must not be CURRENT.");
  if (!options.makeCurrent && options.labels.length === 0) throw badRequest("A version label is needed when make-current is false.");
}

/**
 * Checks in: a new object with a new id and the same chronicle, or the same object changed. New primary pages replace
 * the old ones; without any, the new version shares the contents of the old.
 */
export function checkIn(
  repository: Repository,
  user: User,
  base: ObjectRecord,
  options: CheckinOptions,
  changes: Changes,
  contents: ContentRef[] | undefined,
): ObjectRecord {
  demandCheckin(repository, user, base, options);
  const all: Changes = options.comment === undefined ? changes : { ...changes, log_entry: options.comment };
  const saved =
    options.policy === "same-version"
      ? sameVersion(repository, user, base, options, all, contents)
      : newVersion(repository, user, base, options, options.policy, all, contents);
  repository.locks.release(base.id);
  if (options.retainLock) repository.locks.take(saved.id, user.name);
  repository.audit.note(options.policy === "branch-version" ? "dm_branch" : "dm_checkin", user, saved, base.values);
  return saved;
}

function sameVersion(
  repository: Repository,
  user: User,
  base: ObjectRecord,
  options: CheckinOptions,
  changes: Changes,
  contents: ContentRef[] | undefined,
): ObjectRecord {
  if (contents) repository.governance.demandFree(base, "content");
  const known = versionOf(base);
  const labels = { ...known.labels, ...claims(repository, options.labels) };
  const labelled = options.labels.length > 0 ? { version: { ...known, labels } } : {};
  return repository.save(base, changes, user, { ...(contents ? { contents } : {}), ...labelled });
}

function newVersion(
  repository: Repository,
  user: User,
  base: ObjectRecord,
  options: CheckinOptions,
  policy: Exclude<VersionPolicy, "same-version">,
  changes: Changes,
  contents: ContentRef[] | undefined,
): ObjectRecord {
  const id = repository.ids.id(repository.types.known(base.type).tag);
  const at = dateText(repository.now());
  const values: Record<string, Value> = {
    ...merge(base.values, { log_entry: undefined, i_vstamp: undefined, ...changes }),
    i_antecedent_id: base.id,
    r_creation_date: at,
    r_modify_date: at,
    r_modifier: user.name,
    r_creator_name: user.name,
  };
  const kept = contents ?? base.contents?.filter(({ rendition }) => rendition === 0);
  copyComponents(repository, base, id);
  return repository.objects.put({
    id,
    type: base.type,
    values,
    ...(kept ? { contents: kept } : {}),
    version: {
      number: repository.versions.nextNumber(base, policy),
      labels: claims(repository, options.labels),
      current: options.makeCurrent ? repository.ids.serial() : -1,
    },
  });
}

function claims(repository: Repository, labels: readonly string[]): Record<string, number> {
  return Object.fromEntries(labels.map((label) => [label, repository.ids.serial()]));
}

/** The version a check-in address means: the one named, else the current one of the chronicle. */
export function checkinBase(repository: Repository, chronicle: string, objectId: string | null): ObjectRecord {
  const record = objectId ? repository.objects.get(objectId) : repository.versions.current(chronicle);
  if (!record || repository.versions.chronicleOf(record) !== chronicle) throw noObject(objectId ?? chronicle);
  return record;
}

/** A lock changes what an object shows, so its stamp goes up, but nobody has modified it. */
function stamp(repository: Repository, record: ObjectRecord): ObjectRecord {
  const values = { ...record.values, i_vstamp: ((record.values.i_vstamp as number | undefined) ?? 0) + 1 };
  return repository.objects.put({ ...record, values });
}

function lockRefusal(repository: Repository, id: string, record: ObjectRecord, why: string): Error {
  return refused(
    repository.switches.number("lock-refusal-status"),
    id,
    `The operation on sysobject named '${nameOf(record)}' failed: ${why}.`,
  );
}

/**
 * At start: a lock whose object was checked in before the process was killed is no lock any more. The new version
 * is written first, the lock is released after it.
 */
export function releaseFinishedLocks(repository: Repository): void {
  for (const id of repository.locks.ids()) {
    const record = repository.objects.get(id);
    const taken = (record && repository.locks.of(record)?.serial) ?? 0;
    const finished = record && repository.versions.descendants(record).some((next) => serialOf(next.id) > taken);
    if (!record || finished) repository.locks.release(id);
  }
}
