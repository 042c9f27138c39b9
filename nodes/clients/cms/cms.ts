import { DocbridgeError } from "../../core/errors";
import type { Digest, OpenReply } from "../http/download";
import type { LimiterStatus } from "../http/limiter";
import type { CallOptions } from "../http/session";
import type { TypeDefinition } from "../type-definition";
import { CmsAccess } from "./access";
import { CmsBin } from "./bin";
import { CmsContents } from "./contents";
import { CmsDefinitions } from "./definitions";
import { cmsEquals } from "./filter";
import {
  type Category,
  createdInstance,
  type Instance,
  type InstanceChanges,
  type InstanceRef,
  knownInstance,
  type NewInstance,
  readInstance,
} from "./instance";
import { type CmsOptions, CmsService, instancePath, instancesPath } from "./service";
import { CmsVersions } from "./versions";

export type { Instance, InstanceRef, NewInstance, Rendition } from "./instance";
export type { CmsOptions } from "./service";

export interface FindOptions extends CallOptions {
  /** Default true; without it every version may come back (client rule 12). */
  latestOnly?: boolean;
  /** Instances a request asks for; default 20. */
  itemsPerPage?: number;
}

const DOWNLOAD_RELATION = "urn:eim:linkrel:download-media";

/** Content Metadata Service: what stored content is called, what is known of it and who may read it. Throws DocbridgeError. */
export class CmsClient {
  readonly #service: CmsService;
  readonly versions: CmsVersions;
  readonly contents: CmsContents;
  readonly definitions: CmsDefinitions;
  readonly access: CmsAccess;
  readonly bin: CmsBin;

  /** Throws `configuration` when the base URL is no http address. */
  constructor(options: CmsOptions) {
    this.#service = new CmsService(options);
    this.versions = new CmsVersions(this.#service);
    this.contents = new CmsContents(this.#service);
    this.definitions = new CmsDefinitions(this.#service);
    this.access = new CmsAccess(this.#service);
    this.bin = new CmsBin(this.#service);
  }

  get limiter(): LimiterStatus {
    return this.#service.session.limiter.status();
  }

  /** Creates an instance. An `ambiguous` failure may have been carried out: look the key up before trying again. */
  async createInstance(category: Category, type: string, body: NewInstance, { signal }: CallOptions = {}): Promise<Instance> {
    const { json, status } = await this.#service.call({ method: "POST", path: instancesPath(category, type), json: body, signal });
    return createdInstance(json, status);
  }

  /** Instances of a type whose attribute holds this value. */
  async findByAttribute(
    category: Category,
    type: string,
    attribute: string,
    value: string,
    { latestOnly = true, itemsPerPage = 20, signal }: FindOptions = {},
  ): Promise<Instance[]> {
    const filter = `${cmsEquals(attribute, value)}${latestOnly ? " and latest eq 'true'" : ""}`;
    const first = `${instancesPath(category, type)}?filter=${encodeURIComponent(filter)}&page=1&items-per-page=${itemsPerPage}`;
    const found: Instance[] = [];
    for await (const item of this.#service.pages(first, { signal })) {
      const instance = readInstance(item);
      if (instance) found.push(instance);
    }
    return found;
  }

  /** Instances of a type in the server's order, at most `limit`. */
  async listInstances(category: Category, type: string, { limit, signal }: CallOptions & { limit: number }): Promise<Instance[]> {
    const found: Instance[] = [];
    const first = `${instancesPath(category, type)}?page=1&items-per-page=${Math.min(limit, 200)}`;
    for await (const item of this.#service.pages(first, { signal })) {
      const instance = readInstance(item);
      if (instance) found.push(instance);
      if (found.length >= limit) break;
    }
    return found;
  }

  /** Throws `not-found`. */
  async getInstance(category: Category, type: string, id: string, { signal }: CallOptions = {}): Promise<Instance> {
    return knownInstance((await this.#service.call({ path: instancePath({ category, type, id }), signal })).json, id);
  }

  /** Changes what is named and leaves the rest. Doing it twice does no harm. */
  async updateInstance(ref: InstanceRef, changes: Partial<InstanceChanges>, { signal }: CallOptions = {}): Promise<Instance> {
    const { json } = await this.#service.call({ method: "PATCH", path: instancePath(ref), json: changes, signal });
    return knownInstance(json, ref.id);
  }

  listTypes(options: CallOptions = {}): Promise<string[]> {
    return this.definitions.listTypes(options);
  }

  /** Throws `unknown-type`. */
  getTypeDefinition(systemName: string, options: CallOptions = {}): Promise<TypeDefinition> {
    return this.definitions.type(systemName, options);
  }

  /** Throws `unknown-type`. */
  getTraitDefinition(systemName: string, options: CallOptions = {}): Promise<TypeDefinition> {
    return this.definitions.trait(systemName, options);
  }

  /** Address of the instance's primary content, absolute and usually on the CSS host; undefined when it has none. */
  downloadLink(instance: Instance): string | undefined {
    return instance.links[DOWNLOAD_RELATION];
  }

  /** Reads the instance's primary content back for its length and hashes. Throws `not-found` when it has none. */
  async hashContent(instance: Instance, options: CallOptions = {}): Promise<Digest> {
    return this.#service.session.hash({ url: this.#media(instance), signal: options.signal });
  }

  /** Opens the instance's primary content for reading. Throws `not-found` when it has none. */
  async openContent(instance: Instance, options: CallOptions = {}): Promise<OpenReply> {
    return this.#service.session.open({ url: this.#media(instance), signal: options.signal });
  }

  close(): void {
    this.#service.session.close();
  }

  #media(instance: Instance): string {
    const link = this.downloadLink(instance);
    if (link) return link;
    throw new DocbridgeError("not-found", {
      message: `CMS instance ${instance.id} has no content that the account can read.`,
      subject: instance.id,
    });
  }
}
