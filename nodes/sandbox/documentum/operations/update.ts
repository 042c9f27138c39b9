import { nameOf, parentsOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ObjectRecord } from "../model/records";
import { merge, type Repository } from "../model/repository";
import { readProperties } from "../model/values";
import { badRequest, refused } from "../wire/failures";
import { demandAcl, demandFolderName } from "./create";
import { demandChangeable, demandNotFrozen } from "./demands";
import { materializing } from "./lightweight";
import { demandOwner } from "./permissions";
import { NO_VALIDATION, type Validation } from "./validation";

/** Attributes that may change on a version that others were checked in on top of. */
const OF_IMMUTABLE = new Set(["acl_name", "acl_domain", "a_status"]);

/** Changes the named properties of an object and nothing else (wire/documentum.md section 11). */
export function updateObject(
  repository: Repository,
  user: User,
  record: ObjectRecord,
  kind: string,
  body: Record<string, unknown>,
  validation: Validation = NO_VALIDATION,
): ObjectRecord {
  const type = repository.types.known(record.type);
  const properties = body.properties as Record<string, unknown> | undefined;
  const named = properties?.r_object_type ?? body.type;
  if (named !== undefined && named !== record.type) throw badRequest("The type of an object cannot be changed.");
  const changes = readProperties(type, kind, body.properties, repository.switches);
  demandChangeable(repository, user, record);
  demandNotFrozen(repository, record);
  repository.governance.demandFree(record, "properties");
  const names = Object.keys(changes);
  if (repository.versions.descendants(record).length > 0 && !names.every((name) => OF_IMMUTABLE.has(name))) {
    throw refused(
      repository.switches.number("lock-refusal-status"),
      "DM_SYSOBJECT_E_CANT_SAVE",
      `Cannot save sysobject named '${nameOf(record)}': the version is immutable.`,
    );
  }
  const values = merge(record.values, changes);
  validation(type, values, Object.keys(changes));
  if ("acl_name" in changes || "acl_domain" in changes) {
    demandOwner(user, record);
    demandAcl(repository, values);
  }
  if (repository.folders.isFolder(record) && "object_name" in changes) {
    demandFolderName(repository, String(values.object_name ?? ""), parentsOf(record), record);
  }
  const saved = repository.save(record, { ...changes, ...materializing(repository, record, Object.keys(changes)) }, user);
  repository.audit.note("dm_save", user, saved, record.values);
  return saved;
}
