import { type ContentChoice, chooseContent, primaryPages } from "../model/contents";
import { nameOf } from "../model/folder-tree";
import type { User } from "../model/permits";
import type { ContentRef, ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import { badRequest, notFound, refused } from "../wire/failures";
import { demandChangeable, demandNotFrozen } from "./demands";

/** wire/documentum.md 12.4. */
export interface ContentPlace {
  primary: boolean;
  /** Undefined: the request does not say; a switch decides. */
  overwrite?: boolean;
  page: number;
  modifier: string;
}

/** Throws when the content must not be added. Called before the bytes come and again before they count. */
export function demandPlace(repository: Repository, user: User, record: ObjectRecord, place: ContentPlace, format?: string): void {
  if (repository.folders.isFolder(record)) throw badRequest("A folder takes no content.");
  demandChangeable(repository, user, record);
  if (place.primary) demandOverwritable(repository, record);
  const existing = existingAt(record, place, format);
  if (!existing || (place.overwrite ?? repository.switches.isOn("overwrite-by-default"))) return;
  throw refused(
    repository.switches.number("content-exists-status"),
    "DM_SYSOBJECT_E_CONTENT_EXISTS",
    `Sysobject named '${nameOf(record)}' already has ${place.primary ? "a primary content" : "such a rendition"} and overwrite is not true.`,
  );
}

/** Adds a page or a rendition, or replaces the one in its place. */
export async function placeContent(
  repository: Repository,
  user: User,
  record: ObjectRecord,
  place: ContentPlace,
  written: ContentRef,
): Promise<ContentRef> {
  demandPlace(repository, user, record, place, written.format);
  const ref: ContentRef = { ...written, page: place.page, modifier: place.modifier, rendition: place.primary ? 0 : 2 };
  const pages = primaryPages(record);
  if (place.primary && place.page > pages.length) throw badRequest("The page is not the next one of the primary content.");
  const replaced = existingAt(record, place, written.format);
  const others = (record.contents ?? []).filter((one) => one !== replaced);
  if (place.primary && others.some((one) => one.rendition === 0 && one.format !== ref.format)) {
    throw badRequest("All pages of the primary content must have one format.");
  }
  repository.audit.note("dm_setfile", user, repository.save(record, {}, user, { contents: [...others, ref] }));
  if (replaced) await repository.contents.discard([replaced.id]);
  return ref;
}

/** Takes one content away from an object. */
export async function removeContent(repository: Repository, user: User, record: ObjectRecord, choice: ContentChoice): Promise<void> {
  const ref = chooseContent(record, choice);
  if (!ref) throw notFound("The content");
  demandChangeable(repository, user, record);
  if (ref.rendition === 0) demandOverwritable(repository, record);
  repository.save(record, {}, user, { contents: record.contents?.filter((one) => one !== ref) });
  await repository.contents.discard([ref.id]);
}

function demandOverwritable(repository: Repository, record: ObjectRecord): void {
  demandNotFrozen(repository, record);
  repository.governance.demandFree(record, "content");
}

/** Gives a rendition another page modifier. */
export function modifyContent(
  repository: Repository,
  user: User,
  record: ObjectRecord,
  choice: ContentChoice,
  modifier: string,
): ContentRef {
  const ref = chooseContent(record, choice);
  if (!ref) throw notFound("The content");
  demandChangeable(repository, user, record);
  if (ref.rendition === 0) throw badRequest("A page of the primary content has no modifier.");
  const changed = { ...ref, modifier };
  const there = existingAt(record, { primary: false, page: ref.page, modifier }, ref.format);
  if (there && there !== ref) throw badRequest("There is such a rendition already.");
  repository.save(record, {}, user, { contents: record.contents?.map((one) => (one === ref ? changed : one)) });
  return changed;
}

/** What an added content would replace; without a format any page of the primary content in that place. */
function existingAt(record: ObjectRecord, place: ContentPlace, format: string | undefined): ContentRef | undefined {
  const { page, modifier } = place;
  if (place.primary) return primaryPages(record).find((ref) => ref.page === page);
  return record.contents?.find((ref) => ref.rendition !== 0 && ref.format === format && ref.page === page && ref.modifier === modifier);
}
