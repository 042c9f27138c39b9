import { nameOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { refused } from "../wire/failures";

/** Throws when somebody else has the object checked out. */
export function demandUnlocked(repository: Repository, user: User, record: ObjectRecord, id = "DM_SYSOBJECT_E_LOCKED"): void {
  const lock = repository.locks.of(record);
  if (!lock || lock.owner === user.name) return;
  throw refused(
    repository.switches.number("lock-refusal-status"),
    id,
    `The operation on sysobject named '${nameOf(record)}' failed because it is locked by user ${lock.owner}.`,
  );
}

/** Throws unless the user may write to the object and nobody else has it checked out. */
export function demandChangeable(repository: Repository, user: User, record: ObjectRecord): void {
  repository.permits.demand(user, record, "write");
  demandUnlocked(repository, user, record);
}
