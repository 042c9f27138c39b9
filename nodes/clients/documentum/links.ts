import { asList } from "../http/json";
import type { CallOptions } from "../http/session";
import { hrefOf } from "./feed";
import { type DocumentumObject, readResource } from "./objects";
import { missingLink, type Repository } from "./repository";

/** A folder as a query or a read gave it. */
export type FolderRef = Pick<DocumentumObject, "objectId" | "href">;

/** Links of objects into folders (wire/documentum.md 16.1). */
export class DocumentumLinks {
  readonly #repository: Repository;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  isIn(object: DocumentumObject, folder: FolderRef): boolean {
    return asList(object.properties.i_folder_id).includes(folder.objectId);
  }

  /** Links an object, as it was last read, into one more folder; one that is in it already is left as it is. */
  async link(object: DocumentumObject, folder: FolderRef, options: CallOptions = {}): Promise<void> {
    if (this.isIn(object, folder)) return;
    const address = hrefOf(object.links, "parent-links");
    const self = object.href ?? hrefOf(object.links, "self");
    if (!address || !self) throw missingLink(`Object ${object.objectId}`, "parent-links");
    if (!folder.href) throw missingLink(`Folder ${folder.objectId}`, "self");
    try {
      await this.#repository.post(address, { href: folder.href }, options);
    } catch (thrown) {
      // Another worker was faster, or the reply was lost: what counts is where the object is now (client rule 12).
      const now = await this.#repository.get(self, options).then(readResource, () => undefined);
      if (!now || !this.isIn(now, folder)) throw thrown;
    }
  }
}
