import { nameOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { refused } from "../wire/failures";

/** Throws unless the user may write to the object and nobody else has it checked out. */
export function demandChangeable(repository: Repository, user: User, record: ObjectRecord): void {
  repository.permits.demand(user, record, "write");
  const lock = repository.locks.of(record);
  if (!lock || lock.owner === user.name) return;
  throw refused(
    repository.switches.number("lock-refusal-status"),
    "DM_SYSOBJECT_E_LOCKED",
    `The operation on sysobject named '${nameOf(record)}' failed because it is locked by user ${lock.owner}.`,
  );
}

/** Throws when the object is frozen, or part of a snapshot that is. */
export function demandNotFrozen(repository: Repository, record: ObjectRecord): void {
  if (record.values.r_frozen_flag !== true && record.values.r_has_frzn_assembly !== true) return;
  throw refused(
    repository.switches.number("lock-refusal-status"),
    "DM_SYSOBJECT_E_CANT_SAVE_FROZEN",
    `Sysobject named '${nameOf(record)}' is frozen, or part of a frozen snapshot.`,
  );
}
