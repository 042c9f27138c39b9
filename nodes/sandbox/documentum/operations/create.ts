import { nameOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ContentRef, ObjectRecord } from "../model/records";
import { merge, type Repository } from "../model/repository";
import type { ObjectType, Value } from "../model/types";
import { readProperties } from "../model/values";
import { dateText } from "../wire/dates";
import { badRequest, cause, invalidValue, noObject, refused } from "../wire/failures";
import { readAspects, withAspects } from "./aspects";
import { attachment } from "./lifecycle";
import { NO_VALIDATION, type Validation } from "./validation";

/** Name and domain of the ACL of everything that names none. */
export const DEFAULT_ACL = { name: "demo_open", domain: "dmadmin" };

/** What may be created at an address. */
export interface Place {
  /** The folder it is filed in; none for a cabinet. */
  folderId?: string;
  /** Type when the request names none, and the type it must be or descend from. */
  type: string;
  /** A type that is created elsewhere. */
  except?: string;
  /** Word for the kind in messages. */
  kind: string;
}

/** A checked request for a new object, before its content has come. */
export interface Draft {
  type: ObjectType;
  values: Record<string, Value>;
  place: Place;
}

/** Checks everything that can be checked before the content comes. Throws the failures of section 11. */
export function draftObject(
  repository: Repository,
  user: User,
  place: Place,
  body: Record<string, unknown>,
  validation: Validation = NO_VALIDATION,
): Draft {
  const type = typeOf(repository, place, body);
  if (place.folderId !== undefined) demandFolder(repository, user, place.folderId);
  const changes = readProperties(type, place.kind, body.properties, repository.switches);
  const values = withExtras(repository, type, merge({}, changes), body);
  validation(type, values, Object.keys(changes));
  demandAcl(repository, values);
  const draft = { type, values, place };
  demandFreePath(repository, draft);
  return draft;
}

/**
 * Writes the new object. Between this check of the path and the write nothing else can run, so two requests for the
 * same folder cannot both succeed.
 */
export function commitDraft(repository: Repository, user: User, draft: Draft, contents: ContentRef[] = []): ObjectRecord {
  const { type, place } = draft;
  if (place.folderId !== undefined) demandFolder(repository, user, place.folderId);
  demandFreePath(repository, draft);
  const id = repository.ids.id(type.tag);
  const parents = place.folderId === undefined ? [] : [place.folderId];
  const at = dateText(repository.now());
  const values: Record<string, Value> = {
    ...draft.values,
    r_creation_date: at,
    r_modify_date: at,
    r_modifier: user.name,
    r_creator_name: user.name,
    i_chronicle_id: id,
    ...(parents.length > 0 ? { i_folder_id: parents, ...retention(repository, type, draft.values, parents) } : {}),
    ...(repository.governance.isGoverned(type.name) ? { retainer_id: repository.ids.id("08") } : {}),
  };
  values.owner_name ??= user.name;
  values.acl_name ??= DEFAULT_ACL.name;
  values.acl_domain ??= DEFAULT_ACL.domain;
  const record = repository.objects.put({ id, type: type.name, values, ...(contents.length > 0 ? { contents } : {}) });
  repository.audit.note("dm_save", user, record, {});
  return record;
}

/** Aspects and lifecycle of a new object (16.4 of the product's versions on, wire/documentum.md 7.4). */
function withExtras(repository: Repository, type: ObjectType, plain: Record<string, Value>, body: Record<string, unknown>) {
  const { "object-aspects": aspects, "object-lifecycle": lifecycle } = body;
  const values = aspects ? { ...plain, ...withAspects(repository, plain, readAspects(repository, aspects)) } : plain;
  return lifecycle ? merge(values, attachment(repository, type.name, values, lifecycle)) : values;
}

/** Folders are governed, not retained: only what is filed in them is. */
function retention(repository: Repository, type: ObjectType, values: Record<string, Value>, parents: string[]): Record<string, Value> {
  return repository.types.isA(type.name, "dm_folder") ? {} : repository.governance.onFiling(values, parents);
}

function typeOf(repository: Repository, place: Place, body: Record<string, unknown>): ObjectType {
  const properties = body.properties as Record<string, unknown> | null | undefined;
  const name = properties?.r_object_type ?? body.type ?? place.type;
  const type = typeof name === "string" ? repository.types.get(name) : undefined;
  if (!type)
    throw badRequest("The object type is not known.", cause("DM_OBJ_MGR_E_NO_TYPE", "The type named in r_object_type does not exist."));
  const { types } = repository;
  if (!types.isA(type.name, place.type) || (place.except && types.isA(type.name, place.except))) {
    throw badRequest(`An object of type ${type.name} cannot be created here.`);
  }
  return type;
}

/** Throws when there is no such folder or the user may not file in it. */
export function demandFolder(repository: Repository, user: User, id: string): ObjectRecord {
  const folder = repository.objects.get(id);
  if (!folder || !repository.folders.isFolder(folder)) throw noObject(id);
  repository.permits.demand(user, folder, "write");
  return folder;
}

/** Throws when values name an ACL that does not exist. */
export function demandAcl(repository: Repository, values: Readonly<Record<string, Value | undefined>>): void {
  const name = values.acl_name;
  if (name === undefined) return;
  const domain = values.acl_domain ?? DEFAULT_ACL.domain;
  if (!repository.permits.acl(String(name), String(domain))) {
    throw invalidValue("acl_name", "DM_SYSOBJECT_E_ACL_NOT_EXIST", "The ACL of that name and domain does not exist.");
  }
}

function demandFreePath(repository: Repository, { type, values, place }: Draft): void {
  if (!repository.types.isA(type.name, "dm_folder")) return;
  demandFolderName(repository, String(values.object_name ?? ""), place.folderId === undefined ? [] : [place.folderId]);
}

/** Throws unless a folder of this name may stand under these parents. The status is a switch. */
export function demandFolderName(repository: Repository, name: string, parents: readonly string[], self?: ObjectRecord): void {
  if (name === "" || name.includes("/")) {
    throw invalidValue("object_name", "DM_FOLDER_E_BAD_NAME", "The name of a folder must not be empty and must not contain a slash.");
  }
  const path = repository.folders.taken(name, parents, self?.id);
  if (path === undefined) return;
  throw refused(
    repository.switches.number("path-exists-status"),
    "DM_FOLDER_E_PATH_EXISTS",
    `Cannot save folder '${name}': a folder with the path '${path}' already exists.`,
  );
}

/** A copy of an object in another folder: new id, own history, same contents. */
export function copyObject(repository: Repository, user: User, source: ObjectRecord, folderId: string): ObjectRecord {
  repository.permits.demand(user, source, "read");
  const type = repository.types.known(source.type);
  if (repository.types.isA(type.name, "dm_folder")) throw badRequest("Copying a folder is not offered by this server.");
  const own = Object.entries(source.values).filter(([name]) => !(type.byName.get(name)?.readonly ?? true));
  const draft: Draft = { type, values: Object.fromEntries(own), place: { folderId, type: "dm_sysobject", kind: "object" } };
  draft.values.object_name = nameOf(source);
  draft.values.owner_name = user.name;
  return commitDraft(repository, user, draft, source.contents ?? []);
}
