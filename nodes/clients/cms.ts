import { DocbridgeError } from "../core/errors";
import type { Digest, OpenReply } from "./download";
import type { FailureReader } from "./failures";
import { asBoolean, asList, asNumber, asObject, asText, excerpt, isObject, type JsonObject } from "./json";
import type { LimiterStatus } from "./limiter";
import { type CallOptions, type ConnectionOptions, Session } from "./session";
import type { AttributeDefinition, AttributeKind, TypeDefinition } from "./type-definition";

export interface CmsOptions extends ConnectionOptions {
  /** Base of the platform, e.g. `https://us.api.opentext.com`; media links on another origin need `trustedOrigins`. */
  baseUrl: string;
  /** Path of the service below the base; default `/cms`. */
  prefix?: string;
}

export type Category = "file" | "folder" | "object" | "case" | "any";

/** A rendition of a new instance; v3 content needs `source: "FILE_ID"` (wire/css.md 6.2). */
export interface Rendition {
  name: string;
  rendition_type: "primary" | "secondary";
  blob_id: string;
  mime_type?: string;
  content_size?: number;
  source?: "FILE_ID";
}

/** Body of a create (wire/css.md 6.1). */
export interface NewInstance {
  name: string;
  description?: string;
  display_name?: string;
  parent_folder_id?: string;
  acl_id?: string;
  version_label?: string[];
  properties?: JsonObject;
  /** By trait, instance name and attribute (wire/css.md 8). */
  traits?: Record<string, Record<string, JsonObject>>;
  renditions?: Rendition[];
}

export interface Instance {
  id: string;
  name?: string;
  category?: string;
  type?: string;
  versionNo?: number;
  latest?: boolean;
  properties: JsonObject;
  traits: JsonObject;
  renditions: JsonObject[];
  /** By relation. */
  links: Record<string, string>;
}

export interface FindOptions extends CallOptions {
  /** Default true; without it every version may come back (client rule 12). */
  latestOnly?: boolean;
  /** Instances a request asks for; default 20. */
  itemsPerPage?: number;
}

/** The vendor documents 5 requests a second for CMS (wire/css.md section 5); `ratePerSecond: 0` lifts the limit. */
const REQUESTS_PER_SECOND = 5;
const DOWNLOAD_RELATION = "urn:eim:linkrel:download-media";

/** Content Metadata Service: what stored content is called, what is known of it and who may read it. Throws DocbridgeError. */
export class CmsClient {
  readonly #session: Session;
  readonly #prefix: string;

  /** Throws `configuration` when the base URL is no http address. */
  constructor(options: CmsOptions) {
    const ratePerSecond = options.ratePerSecond ?? REQUESTS_PER_SECOND;
    this.#session = new Session(options.baseUrl, { ...options, ratePerSecond }, { readFailure: readCmsFailure });
    this.#prefix = options.prefix ?? "/cms";
  }

  get limiter(): LimiterStatus {
    return this.#session.limiter.status();
  }

  /** Creates an instance. An `ambiguous` failure may have been carried out: look the key up before trying again. */
  async createInstance(category: Category, type: string, body: NewInstance, options: CallOptions = {}): Promise<Instance> {
    const { json, status } = await this.#session.json({
      method: "POST",
      url: this.#instances(category, type),
      accept: ACCEPT,
      json: body,
      signal: options.signal,
    });
    const created = readInstance(json);
    if (created) return created;
    throw new DocbridgeError("unexpected-reply", {
      message: "The reply to the creation of a CMS instance names no id, so the instance is looked up by its key.",
      retryable: true,
      ambiguous: true,
      status,
    });
  }

  /** Instances of a type whose attribute holds this value. */
  async findByAttribute(
    category: Category,
    type: string,
    attribute: string,
    value: string,
    options: FindOptions = {},
  ): Promise<Instance[]> {
    const { latestOnly = true, itemsPerPage = 20, signal } = options;
    const filter = `${attributeName(attribute)} eq ${cmsQuote(value)}${latestOnly ? " and latest eq 'true'" : ""}`;
    const first = `${this.#instances(category, type)}?filter=${encodeURIComponent(filter)}&page=1&items-per-page=${itemsPerPage}`;
    const found: Instance[] = [];
    for await (const item of this.#pages(first, { signal })) {
      const instance = readInstance(item);
      if (instance) found.push(instance);
    }
    return found;
  }

  /** Throws `not-found`. */
  async getInstance(category: Category, type: string, id: string, options: CallOptions = {}): Promise<Instance> {
    const url = `${this.#instances(category, type)}/${encodeURIComponent(id)}`;
    const { json } = await this.#session.json({ url, accept: ACCEPT, signal: options.signal });
    const instance = readInstance(json);
    if (instance) return instance;
    throw new DocbridgeError("unexpected-reply", { message: `CMS instance ${id} came without its id.`, subject: id });
  }

  /** System names of all types. The list itself is documented for traits only (wire/css.md 8). */
  async listTypes(options: CallOptions = {}): Promise<string[]> {
    const names: string[] = [];
    for await (const item of this.#pages(`${this.#prefix}/type-definitions?page=1&items-per-page=200`, options)) {
      const name = asText(item.system_name);
      if (name) names.push(name);
    }
    return names;
  }

  /** A type with its inherited attributes, where the server offers them. Throws `unknown-type`. */
  async getTypeDefinition(systemName: string, options: CallOptions = {}): Promise<TypeDefinition> {
    const url = `${this.#prefix}/type-definitions/${encodeURIComponent(systemName)}`;
    const { json } = await this.#definition(url, systemName, options);
    const all = await this.#attributes(`${url}/attributes-all`, options);
    return {
      name: asText(json.system_name) ?? systemName,
      attributes: (all ?? asList(json.attributes)).map(readAttribute),
      parent: isObject(json.parent) ? (asText(json.parent.system_name) ?? asText(json.parent.name)) : asText(json.parent),
    };
  }

  /** A trait with its attributes. Throws `unknown-type`. */
  async getTraitDefinition(systemName: string, options: CallOptions = {}): Promise<TypeDefinition> {
    const url = `${this.#prefix}/trait-definitions/${encodeURIComponent(systemName)}/attributes`;
    const { value } = await this.#definition(url, systemName, options);
    return { name: systemName, attributes: attributeList(value).map(readAttribute) };
  }

  /** Address of the instance's primary content, absolute and usually on the CSS host; undefined when it has none. */
  downloadLink(instance: Instance): string | undefined {
    return instance.links[DOWNLOAD_RELATION];
  }

  /** Reads the instance's primary content back for its length and hashes. Throws `not-found` when it has none. */
  async hashContent(instance: Instance, options: CallOptions = {}): Promise<Digest> {
    return this.#session.hash({ url: this.#media(instance), signal: options.signal });
  }

  /** Opens the instance's primary content for reading. Throws `not-found` when it has none. */
  async openContent(instance: Instance, options: CallOptions = {}): Promise<OpenReply> {
    return this.#session.open({ url: this.#media(instance), signal: options.signal });
  }

  close(): void {
    this.#session.close();
  }

  #instances(category: Category, type: string): string {
    return `${this.#prefix}/instances/${category}/${encodeURIComponent(type)}`;
  }

  #media(instance: Instance): string {
    const link = this.downloadLink(instance);
    if (link) return link;
    throw new DocbridgeError("not-found", {
      message: `CMS instance ${instance.id} has no content that the account can read.`,
      subject: instance.id,
    });
  }

  async #definition(url: string, systemName: string, options: CallOptions) {
    try {
      return await this.#session.json({ url, accept: ACCEPT, signal: options.signal });
    } catch (thrown) {
      if (!(thrown instanceof DocbridgeError) || thrown.code !== "not-found") throw thrown;
      throw new DocbridgeError("unknown-type", {
        message: `CMS has no definition "${systemName}" that the account can see. Check the system name (prefix_name) in the node.`,
        status: thrown.status,
        remote: thrown.remote,
        subject: systemName,
      });
    }
  }

  /** Attributes of a sub-resource; undefined when this server has no such resource. */
  /** The members of a list, page by page. */
  async *#pages(first: string, options: CallOptions): AsyncGenerator<JsonObject> {
    for (let page: string | undefined = first; page !== undefined; ) {
      const { json } = await this.#session.json({ url: page, accept: ACCEPT, signal: options.signal });
      yield* embedded(json).map(asObject);
      const next: string | undefined = halLinks(json).next;
      if (next === page) throw new DocbridgeError("unexpected-reply", { message: "A page of a CMS list names itself as the next one." });
      page = next;
    }
  }

  async #attributes(url: string, options: CallOptions): Promise<unknown[] | undefined> {
    try {
      return attributeList((await this.#session.json({ url, accept: ACCEPT, signal: options.signal })).value);
    } catch (thrown) {
      if (thrown instanceof DocbridgeError && (thrown.status === 404 || thrown.status === 405)) return undefined;
      throw thrown;
    }
  }
}

const ACCEPT = "application/hal+json, application/json";

/**
 * A value as a literal of the filter language. How the vendor escapes a quote is unknown (wire/css.md 7); doubling it is
 * our convention. Keys of ours are hex and never meet it.
 */
export function cmsQuote(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function attributeName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_.]*$/.test(name)) return name;
  throw new DocbridgeError("configuration", {
    message: "The name of a CMS attribute consists of letters, digits, underscores and dots. Correct it in the node.",
    subject: name,
  });
}

/** `_embedded` is absent when nothing matches (client rule 11). */
function embedded(body: JsonObject): unknown[] {
  return asList(asObject(body._embedded).collection);
}

function halLinks(body: JsonObject): Record<string, string> {
  const links = Object.entries(asObject(body._links)).map(([relation, link]) => [relation, asText(asObject(link).href)] as const);
  return Object.fromEntries(links.filter((link): link is readonly [string, string] => link[1] !== undefined));
}

function readInstance(body: JsonObject): Instance | undefined {
  const id = asText(body.id);
  if (!id) return undefined;
  return {
    id,
    name: asText(body.name),
    category: asText(body.category),
    type: asText(body.type),
    versionNo: asNumber(body.version_no),
    latest: body.latest === undefined || body.latest === null ? undefined : asBoolean(body.latest),
    properties: asObject(body.properties),
    traits: asObject(body.traits),
    renditions: asList(body.renditions).map(asObject),
    links: halLinks(body),
  };
}

/** The envelope of attribute lists is not documented: a bare array, `attributes` and the list envelope are all read. */
function attributeList(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  const body = asObject(value);
  const inside = Object.values(asObject(body._embedded)).find(Array.isArray);
  return asList(body.attributes ?? inside);
}

const KINDS: Record<string, AttributeKind> = {
  integer: "integer",
  long: "integer",
  bigint: "integer",
  double: "double",
  float: "double",
  boolean: "boolean",
  date: "date",
};

function readAttribute(item: unknown): AttributeDefinition {
  const attribute = asObject(item);
  const type = KINDS[(asText(attribute.data_type) ?? "").toLowerCase()] ?? "string";
  const length = asNumber(attribute.size);
  return {
    name: asText(attribute.name) ?? "",
    type,
    ...(type === "string" && length !== undefined && length > 0 ? { length } : {}),
    repeating: asBoolean(attribute.repeating),
    required: asBoolean(attribute.required),
    readOnly: asBoolean(attribute.read_only) || asBoolean(attribute.system),
  };
}

/** `{status, exception, details}`, or the gateway's own `{fault: {faultstring}}` (wire/css.md 9). */
const readCmsFailure: FailureReader = (body) => {
  const { fault, exception, details } = asObject(body);
  if (isObject(fault)) return { code: "gateway", message: excerpt(fault.faultstring) };
  return { code: excerpt(exception, 80), message: excerpt(details) };
};
