import { DocbridgeError } from "../../core/errors";
import { Lru } from "../http/lru";
import type { CallOptions } from "../http/session";
import { unlessAborted } from "../http/signals";
import { dqlQuote } from "./dql";
import { hasCause } from "./errors";
import { hrefOf, linksOf } from "./feed";
import { type DocumentumObject, readResource } from "./objects";
import { missingLink, type Repository } from "./repository";

export interface Folder {
  objectId: string;
  href?: string;
  /** Where documents are created in it. */
  documents?: string;
  /** Where objects of any type are created in it. */
  objects?: string;
  /** Where folders are created in it. */
  folders?: string;
}

/** What the last level of a path is, where it has to be created. */
export interface FolderKind {
  type: string;
  properties: Record<string, unknown>;
}

export interface FolderOptions {
  /** Whether a missing first level may be created as a cabinet; default false: cabinets are a site's own furniture. */
  createCabinets?: boolean;
  /** Type of the folders that are created; default `dm_folder`. */
  folderType?: string;
}

/** Folders kept: a batch files under a few hundred of them. */
const KEPT = 2_000;

/** Finds folders by path and creates missing ones; there is no endpoint for either (wire/documentum.md 11). */
export class FolderTree {
  readonly #repository: Repository;
  readonly #options: FolderOptions;
  readonly #kept = new Lru<Folder>(KEPT);
  /** Levels being found or created right now, so that many documents make each level once. */
  readonly #making = new Map<string, Promise<Folder>>();

  constructor(repository: Repository, options: FolderOptions) {
    this.#repository = repository;
    this.#options = options;
  }

  async find(path: string, options: CallOptions = {}): Promise<Folder | undefined> {
    const asked = pathOf(levelsOf(path));
    const dql = `select r_object_id, object_name from dm_folder where any r_folder_path=${dqlQuote(asked)}`;
    for await (const { href } of this.#repository.query(dql, { ...options, maxRows: 1 })) {
      if (!href) throw missingLink("A row of a query for a folder", "edit");
      return this.#open(href, options);
    }
    return undefined;
  }

  /** The folder, created level by level where it is missing. */
  ensure(path: string, options: CallOptions = {}, kind?: FolderKind): Promise<Folder> {
    return unlessAborted(this.#level(levelsOf(path), kind), options.signal);
  }

  /** The folder with this id. Throws `not-found`. */
  async byId(id: string, options: CallOptions = {}): Promise<Folder> {
    const kept = this.#kept.get(id);
    if (kept) return kept;
    const dql = `select r_object_id, object_name from dm_folder where r_object_id=${dqlQuote(id)}`;
    for await (const { href } of this.#repository.query(dql, { ...options, maxRows: 1 })) {
      if (!href) throw missingLink("A row of a query for a folder", "edit");
      const folder = await this.#open(href, options);
      this.#kept.set(id, folder);
      return folder;
    }
    throw new DocbridgeError("not-found", { message: `There is no folder ${id}. Check the folder id in the node.`, subject: id });
  }

  /** Drops what is known of a folder, by path or id, because the server does not know it any more. */
  forget(pathOrId: string): void {
    const levels = pathOrId.startsWith("/") ? levelsOf(pathOrId) : [];
    this.#kept.delete(pathOrId);
    for (let depth = 1; depth <= levels.length; depth++) this.#kept.delete(pathOf(levels.slice(0, depth)));
  }

  async #level(levels: string[], kind?: FolderKind): Promise<Folder> {
    const path = pathOf(levels);
    const kept = this.#kept.get(path);
    if (kept) return kept;
    const making = this.#making.get(path) ?? this.#findOrCreate(levels, kind).finally(() => this.#making.delete(path));
    this.#making.set(path, making);
    return making;
  }

  /** Runs for everybody who waits for this level, so no single caller's signal ends it. */
  async #findOrCreate(levels: string[], kind?: FolderKind): Promise<Folder> {
    const path = pathOf(levels);
    const folder = (await this.find(path)) ?? (await this.#create(levels, kind));
    this.#kept.set(path, folder);
    return folder;
  }

  async #create(levels: string[], kind?: FolderKind): Promise<Folder> {
    const name = levels.at(-1) as string;
    const parent = levels.length === 1 ? undefined : await this.#level(levels.slice(0, -1));
    if (!parent && !this.#options.createCabinets) {
      throw new DocbridgeError("not-found", {
        message: `There is no cabinet "${name}" that the account can see. Create it in Documentum, or let the node create cabinets.`,
        subject: name,
      });
    }
    const address = parent ? parent.folders : await this.#repository.address("cabinets");
    if (!address) throw missingLink("A folder", "folders");
    const type = kind?.type ?? (parent ? (this.#options.folderType ?? "dm_folder") : "dm_cabinet");
    const properties = { ...kind?.properties, object_name: name, r_object_type: type };
    try {
      const body = await this.#repository.post(address, { properties });
      const created = readResource(body);
      const folder = created && asFolder(created);
      if (folder?.folders && folder.documents) return folder;
      if (created?.href) return await this.#open(created.href, {});
    } catch (thrown) {
      // Another worker was faster, or the reply was lost: either way the folder may be there by now (client rule 12).
      // A site can suppress the details that would name the cause.
      const doubtful = thrown instanceof DocbridgeError && (thrown.ambiguous || thrown.code === "refused");
      if (!doubtful && !hasCause(thrown, "DM_FOLDER_E_PATH_EXISTS")) throw thrown;
      const found = await this.find(pathOf(levels));
      if (!found) throw thrown;
      return found;
    }
    throw new DocbridgeError("unexpected-reply", {
      message: "The reply to the creation of a folder names no folder. Try again; if it persists, check the server's log.",
      retryable: true,
    });
  }

  /** A row's address may lead to the general object, which does not offer what a folder does (wire/documentum.md 7.1). */
  async #open(href: string, options: CallOptions): Promise<Folder> {
    const body = await this.#repository.get(href, options);
    const canonical = hrefOf(linksOf(body), "canonical");
    const special = hrefOf(linksOf(body), "documents") || !canonical ? body : await this.#repository.get(canonical, options);
    const folder = readResource(special);
    if (folder) return asFolder(folder);
    throw new DocbridgeError("unexpected-reply", { message: "A folder of the repository came without its r_object_id." });
  }
}

function asFolder({ objectId, href, links }: DocumentumObject): Folder {
  return {
    objectId,
    href,
    documents: hrefOf(links, "documents", "objects"),
    objects: hrefOf(links, "objects", "documents"),
    folders: hrefOf(links, "folders"),
  };
}

/** The levels of `/Cabinet/Folder`. Throws `invalid-metadata` when it is no such path. */
function levelsOf(path: string): string[] {
  const levels = path.replace(/\/$/, "").split("/").slice(1);
  const wrong = levels.some((level) => level.trim() === "" || level === "." || level === "..");
  if (path.startsWith("/") && levels.length > 0 && !wrong) return levels;
  throw new DocbridgeError("invalid-metadata", {
    message: "A Documentum folder path begins with / and has no empty levels. Check the folder template of the node.",
    subject: "folder",
  });
}

function pathOf(levels: string[]): string {
  return `/${levels.join("/")}`;
}
