import { asDocbridgeError, DocbridgeError } from "../../core/errors";
import type { Digest, OpenReply } from "../http/download";
import type { JsonObject } from "../http/json";
import type { LimiterStatus } from "../http/limiter";
import { Lru } from "../http/lru";
import type { CallOptions } from "../http/session";
import { unlessAborted } from "../http/signals";
import type { Content } from "../http/source";
import type { TypeDefinition } from "../type-definition";
import { type BatchedCreate, createInBatch } from "./batches";
import { type ContentPlace, hashContent, locateContent, type MediaUrlPolicy, openContent } from "./content";
import { dqlName, dqlQuote } from "./dql";
import { hrefOf } from "./feed";
import { type Folder, type FolderKind, type FolderOptions, FolderTree } from "./folders";
import { demandUngoverned } from "./governance";
import { type KeyPlace, KeyProbes } from "./keys";
import { DocumentumLinks, type FolderRef } from "./links";
import { type DocumentumObject, readObject, readResource } from "./objects";
import { DocumentumPolicies, type SiteCall, textsOf } from "./policies";
import { type PageOptions, pagesOf } from "./query";
import { DocumentumRelations } from "./relations";
import { DocumentumRenditions, type RenditionPlace, type StoredContent } from "./renditions";
import { missingLink, type QueryOptions, Repository, type RepositoryOptions } from "./repository";
import { type CreatedDocument, type ObjectWithContent, sendObject } from "./send";
import { listTypes, readType } from "./types";
import { updateObject } from "./updates";
import { DocumentumVersions } from "./versions";

export interface DocumentumOptions extends RepositoryOptions, FolderOptions {
  /** Default `local`: downloads stay on the REST host. */
  mediaUrlPolicy?: MediaUrlPolicy;
}

/** `object_name` is among the properties. */
export interface NewDocument extends ObjectWithContent {
  /** A path (created where it is missing), or the id of a folder. */
  folder: string | { objectId: string };
  type: string;
}

/** An object's id, or an object this client returned (which saves asking for its links). */
export type ObjectRef = string | Pick<DocumentumObject, "objectId" | "links" | "href">;

export interface KeyOptions extends QueryOptions {
  /** Also versions that are no longer the current one; default false. */
  allVersions?: boolean;
  /** Further attributes to read. */
  attributes?: string[];
}

/** A row of a query. */
export interface FoundRow {
  values: JsonObject;
  object?: DocumentumObject;
}

/** What is read of the objects a key finds. */
const COLUMNS = [
  "r_object_id",
  "i_chronicle_id",
  "object_name",
  "r_object_type",
  "r_version_label",
  "r_full_content_size",
  "a_content_type",
  "r_creation_date",
];
/** Objects whose addresses are kept between creating and verifying them. */
const KEPT = 2_000;

/**
 * Documentum REST Services (wire/documentum.md): one repository, one account. All methods throw DocbridgeError; a
 * create that fails with `ambiguous` may have been carried out, and must be looked up with `findByKey` before it is
 * tried again (client rule 11).
 */
export class DocumentumClient {
  readonly #repository: Repository;
  readonly #folders: FolderTree;
  readonly #policy: MediaUrlPolicy;
  readonly #contents = new Lru<string>(KEPT);
  readonly #addresses = new Lru<string>(KEPT);
  readonly #probes: KeyProbes;
  /** Locks and new versions. */
  readonly versions: DocumentumVersions;
  readonly renditions: DocumentumRenditions;
  readonly links: DocumentumLinks;
  readonly policies: DocumentumPolicies;
  readonly relations: DocumentumRelations;

  /** Throws `configuration` when `contextUrl` is no http address. */
  constructor(options: DocumentumOptions) {
    this.#repository = new Repository(options);
    this.#folders = new FolderTree(this.#repository, options);
    this.#policy = options.mediaUrlPolicy ?? "local";
    this.#probes = new KeyProbes((dql) => this.#find(dql, {}), COLUMNS);
    this.versions = new DocumentumVersions(this.#repository);
    this.renditions = new DocumentumRenditions(this.#repository);
    this.links = new DocumentumLinks(this.#repository);
    this.policies = new DocumentumPolicies(this.#repository);
    this.relations = new DocumentumRelations(this.#repository);
  }

  /** What the limiter does at present, for a status line. */
  get limiter(): LimiterStatus {
    return this.#repository.session.limiter.status();
  }

  /** Version of the server; also proves that address, repository and account are right. */
  async check(options: CallOptions = {}): Promise<{ major: number; version?: string }> {
    await this.#repository.address("types", options);
    return this.#repository.productInfo(options);
  }

  /**
   * Rows of a SELECT, as objects by column. All rows unless `maxRows` is given. Quote values with `dqlQuote` and check
   * names with `dqlName` (client rule 21).
   */
  async dql(query: string, options: QueryOptions = {}): Promise<JsonObject[]> {
    const rows: JsonObject[] = [];
    for await (const { properties } of this.#repository.query(query, options)) rows.push(properties);
    return rows;
  }

  /** Pages of a SELECT; each is asked for when the caller comes for it. An object is there where `r_object_id` was selected. */
  async *pages(query: string, options: PageOptions): AsyncGenerator<FoundRow[]> {
    for await (const entries of pagesOf(this.#repository, query, options)) {
      yield entries.map(({ properties, links, href }) => ({ values: properties, object: readObject(properties, links, href) }));
    }
  }

  /** A type with its inherited attributes. Throws `unknown-type`. */
  getType(name: string, options: CallOptions = {}): Promise<TypeDefinition> {
    return readType(this.#repository, name, options);
  }

  /** Names of all types the account can see. */
  listTypes(options: CallOptions = {}): Promise<string[]> {
    return listTypes(this.#repository, options);
  }

  /** The folder at a path such as `/Customers/4711`; undefined when there is none. */
  async findFolder(path: string, options: CallOptions = {}): Promise<FolderRef | undefined> {
    const folder = await this.#folders.find(path, options);
    return folder && { objectId: folder.objectId, href: folder.href };
  }

  /**
   * The folder at a path, created level by level where it is missing. Throws `not-found` for a missing cabinet unless
   * cabinets may be created. `as` says what the last level becomes, where it is the one missing.
   */
  async ensureFolder(path: string, options: CallOptions & { as?: FolderKind } = {}): Promise<{ objectId: string }> {
    const { objectId } = await this.#folders.ensure(path, options, options.as);
    return { objectId };
  }

  /** Creates a document with its content in one request (wire/documentum.md 12.1). */
  async createDocument(document: NewDocument, options: CallOptions = {}): Promise<CreatedDocument> {
    const first = await this.#create(document, options).catch((thrown) => asDocbridgeError(thrown));
    const made = await this.#unlessFolderGone(first, document, options);
    if (made instanceof DocbridgeError) throw made;
    return made;
  }

  /**
   * Creates documents in one request. Gives what became of each, in their order; throws when the request as a whole
   * failed, which leaves open what became of them, or when the server offers no batches (`unexpected-reply`).
   */
  async createDocuments(documents: NewDocument[], options: CallOptions = {}): Promise<(CreatedDocument | DocbridgeError)[]> {
    const placed = await Promise.all(
      documents.map((document) => this.#place(document, options).catch((thrown) => asDocbridgeError(thrown))),
    );
    const creates = placed.filter((each): each is BatchedCreate => !(each instanceof DocbridgeError));
    const results = creates.length > 0 ? await createInBatch(this.#repository, creates, options) : [];
    const settled = placed.map((each) => (each instanceof DocbridgeError ? each : (results.shift() as CreatedDocument | DocbridgeError)));
    return Promise.all(settled.map((result, at) => this.#unlessFolderGone(result, documents[at] as NewDocument, options)));
  }

  /** True when the server takes several creates in one request. */
  hasBatches(options: CallOptions = {}): Promise<boolean> {
    return this.#repository.address("batches", options).then(
      () => true,
      (thrown) => {
        if (thrown instanceof DocbridgeError && thrown.subject === "batches") return false;
        throw thrown;
      },
    );
  }

  /** As `findByKey` for a document's own key; what is asked for at nearly the same time becomes one query. */
  probeKey(place: KeyPlace, key: string, options: CallOptions = {}): Promise<DocumentumObject[]> {
    return unlessAborted(this.#probes.find(place, key), options.signal);
  }

  /** Objects of a type whose attribute holds this value; more than one object means that the value is no key. */
  async findByKey(type: string, attribute: string, key: string, options: KeyOptions = {}): Promise<DocumentumObject[]> {
    const columns = [...new Set([...COLUMNS, ...(options.attributes ?? []).map(dqlName)])].join(", ");
    const from = `${dqlName(type)}${options.allVersions ? " (all)" : ""}`;
    return this.#find(`select ${columns} from ${from} where ${dqlName(attribute)}=${dqlQuote(key)}`, options);
  }

  /** An object with all its properties, as it is now. Throws `not-found`. */
  async getObject(ref: ObjectRef, options: CallOptions = {}): Promise<DocumentumObject> {
    const { objectId, href } = typeof ref === "string" ? { objectId: ref, href: undefined } : ref;
    const object = readResource(await this.#repository.get(href ?? (await this.#addressOf(objectId, options)), options));
    if (!object)
      throw new DocbridgeError("unexpected-reply", { message: `Object ${objectId} came without its r_object_id.`, subject: objectId });
    return this.#kept(object);
  }

  /**
   * Changes attributes by what they are now; `change` is asked again when somebody else was faster, and gives undefined
   * when there is nothing to do. Gives the object as it is afterwards.
   */
  updateObject(
    object: DocumentumObject,
    change: (now: DocumentumObject) => JsonObject | undefined,
    options: CallOptions = {},
  ): Promise<DocumentumObject> {
    return updateObject(this.#repository, object, change, options);
  }

  /** Creates an object without content in a folder, which is made where it is missing. */
  async createObject(
    object: { folder: string; type: string; properties: JsonObject },
    options: CallOptions = {},
  ): Promise<DocumentumObject> {
    const { folder, type, properties } = object;
    const place = await this.#folders.ensure(folder, options);
    if (!place.objects) throw missingLink("The folder", "objects");
    const body = await this.#repository.post(place.objects, { properties: { ...properties, r_object_type: type } }, options);
    const created = readResource(body);
    if (created) return this.#kept(created);
    throw new DocbridgeError("unexpected-reply", {
      message: "The reply to the creation of an object names no r_object_id, so the object is looked up by its key.",
      retryable: true,
      ambiguous: true,
    });
  }

  /**
   * Refuses an object that is under retention or on hold, or does not show whether it is; `holdAttribute` is the site's
   * own sign of a hold. The object is as `getObject` gave it. Throws `retained`.
   */
  demandUngoverned(object: DocumentumObject, holdAttribute?: string, options: CallOptions = {}): Promise<void> {
    return demandUngoverned(this.#repository, object, holdAttribute, options);
  }

  /** Where the primary content can be downloaded now; do not keep the address (client rule 15). */
  async primaryContent(object: ObjectRef, options: CallOptions = {}): Promise<ContentPlace> {
    return locateContent(this.#repository, await this.#contentOf(object, options), this.#policy, options);
  }

  /** Reads the primary content back for its length and hashes. */
  async hashContent(object: ObjectRef, options: CallOptions = {}): Promise<Digest> {
    return hashContent(this.#repository, await this.primaryContent(object, options), options);
  }

  /** Reads a content back whose resource is at this address, for its length and hashes. */
  async hashContentAt(href: string, options: CallOptions = {}): Promise<Digest> {
    const content = await locateContent(this.#repository, href, this.#policy, options);
    return hashContent(this.#repository, content, options);
  }

  /** Opens the primary content for reading. */
  async openContent(object: ObjectRef, options: CallOptions = {}): Promise<OpenReply & ContentPlace> {
    const content = await this.primaryContent(object, options);
    return { ...content, ...(await openContent(this.#repository, content, options)) };
  }

  close(): void {
    this.#repository.close();
  }

  #openFolder(folder: NewDocument["folder"], options: CallOptions): Promise<Folder> {
    return typeof folder === "string" ? this.#folders.ensure(folder, options) : this.#folders.byId(folder.objectId, options);
  }

  /** The folder went away since we learnt of it, and nothing was created: looks once more, or makes it again. */
  async #unlessFolderGone(result: CreatedDocument | DocbridgeError, document: NewDocument, options: CallOptions) {
    if (!(result instanceof DocbridgeError)) return this.#kept(result);
    if (result.code !== "not-found" || result.status === undefined) return result;
    this.#folders.forget(typeof document.folder === "string" ? document.folder : document.folder.objectId);
    return this.#create(document, options).then(
      (made) => this.#kept(made),
      (thrown) => asDocbridgeError(thrown),
    );
  }

  async #create(document: NewDocument, options: CallOptions): Promise<CreatedDocument> {
    const { href, ...sent } = await this.#place(document, options);
    return sendObject(this.#repository, href, sent, options);
  }

  /** Where a document is posted to, and what. */
  async #place(document: NewDocument, options: CallOptions): Promise<BatchedCreate> {
    const { folder, type, properties, content, format } = document;
    const { documents } = await this.#openFolder(folder, options);
    if (!documents) throw missingLink("The folder", "documents");
    return { href: documents, properties: { ...properties, r_object_type: type }, content, ...(format ? { format } : {}) };
  }

  async #find(dql: string, options: QueryOptions): Promise<DocumentumObject[]> {
    const found = new Map<string, DocumentumObject>();
    for await (const { properties, links, href } of this.#repository.query(dql, options)) {
      const object = readObject(properties, links, href);
      if (!object) continue;
      // A repeating column can spread one object over several rows.
      const known = found.get(object.objectId);
      if (known) known.versionLabels.push(...object.versionLabels);
      else found.set(object.objectId, this.#kept(object));
    }
    return [...found.values()];
  }

  /** Keeps where an object and its content are, so that what follows need not ask. */
  #kept<T extends DocumentumObject>(object: T): T {
    if (object.href) this.#addresses.set(object.objectId, object.href);
    const address = hrefOf(object.links, "primary-content");
    if (address) this.#contents.set(object.objectId, address);
    return object;
  }

  /** Address of the primary content's resource. */
  async #contentOf(object: ObjectRef, options: CallOptions): Promise<string> {
    const { objectId, links } = typeof object === "string" ? { objectId: object, links: [] } : object;
    const known = hrefOf(links, "primary-content") ?? this.#contents.get(objectId);
    const address = known ?? hrefOf((await this.getObject(objectId, options)).links, "primary-content");
    if (address) return address;
    throw new DocbridgeError("not-found", {
      message: `Object ${objectId} has no primary content that the account can read.`,
      subject: objectId,
    });
  }

  /** Objects have no address that could be built; a query for the id gives it (client rule 1). */
  async #addressOf(objectId: string, options: CallOptions): Promise<string> {
    const known = this.#addresses.get(objectId);
    if (known) return known;
    for (const versions of ["", " (all)"]) {
      const dql = `select r_object_id from dm_sysobject${versions} where r_object_id=${dqlQuote(objectId)}`;
      for await (const { href } of this.#repository.query(dql, { ...options, maxRows: 1 })) if (href) return href;
    }
    throw new DocbridgeError("not-found", { message: `There is no object ${objectId} that the account can see.`, subject: objectId });
  }
}

export type {
  Content,
  ContentPlace,
  CreatedDocument,
  DocumentumObject,
  FolderRef,
  MediaUrlPolicy,
  QueryOptions,
  RenditionPlace,
  SiteCall,
  StoredContent,
};
export { dqlName, dqlQuote, textsOf };
