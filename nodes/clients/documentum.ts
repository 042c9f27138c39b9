import { DocbridgeError } from "../core/errors";
import {
  hashPrimaryContent,
  locatePrimaryContent,
  type MediaUrlPolicy,
  openPrimaryContent,
  type PrimaryContent,
} from "./documentum-content";
import { hrefOf, withQuery } from "./documentum-feed";
import { type Folder, type FolderOptions, FolderTree } from "./documentum-folders";
import { type DocumentumObject, readObject, readResource } from "./documentum-objects";
import { DOCUMENTUM_JSON, missingLink, type QueryOptions, Repository, type RepositoryOptions } from "./documentum-repository";
import { listTypes, readType } from "./documentum-types";
import type { Digest, OpenReply } from "./download";
import { dqlName, dqlQuote } from "./dql";
import { asObject, type JsonObject, parseJson } from "./json";
import type { LimiterStatus } from "./limiter";
import { Lru } from "./lru";
import type { CallOptions } from "./session";
import { type Content, sourceOf } from "./source";
import type { TypeDefinition } from "./type-definition";
import type { Sent } from "./upload";

export interface DocumentumOptions extends RepositoryOptions, FolderOptions {
  /** Default `local`: downloads stay on the REST host. */
  mediaUrlPolicy?: MediaUrlPolicy;
}

export interface NewDocument {
  /** A path (created where it is missing), or the id of a folder. */
  folder: string | { objectId: string };
  type: string;
  /** Attributes by name; `object_name` among them. */
  properties: JsonObject;
  content: Content;
  /** Documentum's format name, e.g. `pdf`; without it the server derives it from the media type. */
  format?: string;
}

export interface CreatedDocument extends DocumentumObject {
  /** What was sent, hashed on the way. */
  sent: Sent;
}

/** An object's id, or an object this client returned (which saves asking for its links). */
export type ObjectRef = string | Pick<DocumentumObject, "objectId" | "links">;

/** Objects whose content address is kept between creating and verifying them. */
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

  /** Throws `configuration` when `contextUrl` is no http address. */
  constructor(options: DocumentumOptions) {
    this.#repository = new Repository(options);
    this.#folders = new FolderTree(this.#repository, options);
    this.#policy = options.mediaUrlPolicy ?? "local";
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

  /** A type with its inherited attributes. Throws `unknown-type`. */
  getType(name: string, options: CallOptions = {}): Promise<TypeDefinition> {
    return readType(this.#repository, name, options);
  }

  /** Names of all types the account can see. */
  listTypes(options: CallOptions = {}): Promise<string[]> {
    return listTypes(this.#repository, options);
  }

  /** The folder at a path such as `/Customers/4711`; undefined when there is none. */
  async findFolder(path: string, options: CallOptions = {}): Promise<{ objectId: string } | undefined> {
    const folder = await this.#folders.find(path, options);
    return folder && { objectId: folder.objectId };
  }

  /**
   * The folder at a path, created level by level where it is missing. Throws `not-found` for a missing cabinet unless
   * cabinets may be created.
   */
  async ensureFolder(path: string, options: CallOptions = {}): Promise<{ objectId: string }> {
    const { objectId } = await this.#folders.ensure(path, options);
    return { objectId };
  }

  /** Creates a document with its content in one request (wire/documentum.md 12.1). */
  async createDocument(document: NewDocument, options: CallOptions = {}): Promise<CreatedDocument> {
    const { folder } = document;
    const key = typeof folder === "string" ? folder : folder.objectId;
    try {
      return await this.#createIn(await this.#openFolder(folder, options), document, options);
    } catch (thrown) {
      if (!(thrown instanceof DocbridgeError) || thrown.code !== "not-found" || thrown.status === undefined) throw thrown;
      // The folder went away since we learnt of it, and nothing was created: look once more, or make it again.
      this.#folders.forget(key);
      return this.#createIn(await this.#openFolder(folder, options), document, options);
    }
  }

  /** Current versions of a type whose attribute holds this key; more than one means that the key is not unique. */
  async findByKey(type: string, attribute: string, key: string, options: CallOptions = {}): Promise<DocumentumObject[]> {
    const columns = "r_object_id, i_chronicle_id, object_name, r_object_type, r_version_label, r_full_content_size, a_content_type";
    return this.#find(`select ${columns} from ${dqlName(type)} where ${dqlName(attribute)}=${dqlQuote(key)}`, options);
  }

  /** An object with all its properties. Throws `not-found`. */
  async getObject(objectId: string, options: CallOptions = {}): Promise<DocumentumObject> {
    const body = await this.#repository.get(await this.#addressOf(objectId, options), options);
    const object = readResource(body);
    if (!object)
      throw new DocbridgeError("unexpected-reply", { message: `Object ${objectId} came without its r_object_id.`, subject: objectId });
    this.#keepContentOf(object);
    return object;
  }

  /** Where the primary content can be downloaded now; do not keep the address (client rule 15). */
  async primaryContent(object: ObjectRef, options: CallOptions = {}): Promise<PrimaryContent> {
    return locatePrimaryContent(this.#repository, await this.#contentOf(object, options), this.#policy, options);
  }

  /** Reads the primary content back for its length and hashes. */
  async hashContent(object: ObjectRef, options: CallOptions = {}): Promise<Digest> {
    return hashPrimaryContent(this.#repository, await this.primaryContent(object, options), options);
  }

  /** Opens the primary content for reading. */
  async openContent(object: ObjectRef, options: CallOptions = {}): Promise<OpenReply & PrimaryContent> {
    const content = await this.primaryContent(object, options);
    return { ...content, ...(await openPrimaryContent(this.#repository, content, options)) };
  }

  close(): void {
    this.#repository.close();
  }

  #openFolder(folder: NewDocument["folder"], options: CallOptions): Promise<Folder> {
    return typeof folder === "string" ? this.#folders.ensure(folder, options) : this.#folders.byId(folder.objectId, options);
  }

  async #createIn(folder: Folder, document: NewDocument, options: CallOptions): Promise<CreatedDocument> {
    if (!folder.documents) throw missingLink("The folder", "documents");
    const { type, properties, content, format } = document;
    const metadata = JSON.stringify({ properties: { ...properties, r_object_type: type } });
    const reply = await this.#repository.upload({
      url: withQuery(folder.documents, { format }),
      file: await sourceOf(content),
      framing: {
        parts: [{ name: "metadata", body: metadata, contentType: DOCUMENTUM_JSON }],
        file: { name: "binary", contentType: content.mediaType, partLength: true },
      },
      signal: options.signal,
    });
    const created = readResource(asObject(parseJson(reply.body)));
    if (!created) {
      throw new DocbridgeError("unexpected-reply", {
        message: "The reply to the creation of a document names no r_object_id, so the document is looked up by its key.",
        retryable: true,
        ambiguous: true,
        status: reply.status,
      });
    }
    this.#keepContentOf(created);
    return { ...created, sent: reply.sent };
  }

  async #find(dql: string, options: QueryOptions): Promise<DocumentumObject[]> {
    const found = new Map<string, DocumentumObject>();
    for await (const { properties, links, href } of this.#repository.query(dql, options)) {
      const object = readObject(properties, links, href);
      if (!object) continue;
      // A repeating column can spread one object over several rows.
      const known = found.get(object.objectId);
      if (known) known.versionLabels.push(...object.versionLabels);
      else found.set(object.objectId, object);
    }
    return [...found.values()];
  }

  #keepContentOf(object: DocumentumObject): void {
    const address = hrefOf(object.links, "primary-content");
    if (address) this.#contents.set(object.objectId, address);
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
    for (const versions of ["", " (all)"]) {
      const dql = `select r_object_id from dm_sysobject${versions} where r_object_id=${dqlQuote(objectId)}`;
      for await (const { href } of this.#repository.query(dql, { ...options, maxRows: 1 })) if (href) return href;
    }
    throw new DocbridgeError("not-found", { message: `There is no object ${objectId} that the account can see.`, subject: objectId });
  }
}

export type { Content, DocumentumObject, MediaUrlPolicy, PrimaryContent, QueryOptions };
export { dqlName, dqlQuote };
