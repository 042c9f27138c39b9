import { DocbridgeError } from "../../core/errors";
import type { OpenReply } from "../http/download";
import { asBoolean, asList, asNumber, asObject, asText, type JsonObject, parseJson } from "../http/json";
import { type CallOptions, type JsonCall, Session } from "../http/session";
import { type Content, sourceOf } from "../http/source";
import { errorOfBody, readExstreamFailure } from "./errors";
import type { ExstreamOptions } from "./exstream";

export const RESOURCE_STATES = ["DRAFT", "REVIEW", "APPROVED", "REJECTED"] as const;
export type ResourceState = (typeof RESOURCE_STATES)[number];

export interface DesignOptions extends Omit<ExstreamOptions, "orchestrationPrefix" | "externalIdHeader"> {
  /** Path of the design service; default `/design` (wire/exstream.md 2.1). */
  designPrefix?: string;
}

/** A version of a design asset (wire/exstream.md 10.1). */
export interface Resource {
  id: string;
  name: string;
  type: string;
  version: number;
  /** One of RESOURCE_STATES, or a word of a newer server or another workflow. */
  state: string;
  locked: boolean;
  mediaType?: string;
  /** As the server gave it. */
  properties: JsonObject;
}

export interface ResourceFilter extends CallOptions {
  types?: string[];
  states?: string[];
  name?: string;
  latestVersion?: boolean;
  offset?: number;
  count?: number;
}

export interface ResourcePage {
  resources: Resource[];
  totalElements?: number;
}

/** Which version: a number, or the latest in a state; neither: the latest. */
export interface VersionChoice extends CallOptions {
  version?: number;
  state?: string;
}

export type ExportVersions = "ALL" | "LATEST_APPROVED" | "LATEST";
export type ImportPolicy = "ERROR" | "REPLACE" | "SKIP" | "AUTO_RENAME" | "REPLACE_IF_NEWER" | "EXISTING";

export interface ImportRequest extends CallOptions {
  /** False: a dry run that only says what would happen. */
  commit: boolean;
  policy: ImportPolicy;
  packageType: "das" | "migrator";
}

/** A version of an asset in a collection (wire/exstream.md 10.7). */
export interface CollectedResource extends Pick<Resource, "id" | "version" | "type" | "name" | "state"> {
  approvedBy?: string;
  /** As the server gave it, normally ISO 8601. */
  lastModified?: string;
}

/** What an import did, or would do. */
export interface ImportReport {
  imported: JsonObject[];
  ignored: JsonObject[];
  existing: JsonObject[];
  conflicted: JsonObject[];
}

const PAGE = 500;

/** Exstream's design service (wire/exstream.md 10), one domain. Throws DocbridgeError. */
export class ExstreamDesignClient {
  readonly #session: Session;
  readonly #root: string;
  readonly #domain: string;

  /** Throws `configuration` when the base URL is no http address. */
  constructor(options: DesignOptions) {
    this.#session = new Session(options.baseUrl, options, { readFailure: readExstreamFailure, hiddenFailure: errorOfBody });
    this.#root = `${options.designPrefix ?? "/design"}/api/v1`;
    this.#domain = encodeURIComponent(options.domain);
  }

  async list({ types = [], states = [], name, latestVersion, offset, count, signal }: ResourceFilter = {}): Promise<ResourcePage> {
    const query = queryOf({
      "filter.types": types.join(",") || undefined,
      "filter.states": states.join(",") || undefined,
      "filter.name": name,
      "filter.latestVersion": latestVersion,
      offset,
      count,
    });
    const json = await this.#json({ url: `${this.#resources()}${query}`, signal });
    return {
      resources: asList(json.data).map((each) => readResource(asObject(each))),
      totalElements: asNumber(asObject(json.page).totalElements),
    };
  }

  /** Throws `not-found` when there is no such version. */
  async get(id: string, { version, state, signal }: VersionChoice = {}): Promise<Resource> {
    return this.#resource({ url: `${this.#resources(id)}${queryOf({ version, state })}`, signal });
  }

  /** The bytes of a version; read them to their end or destroy them. */
  openContent(id: string, { version, state, signal }: VersionChoice = {}): Promise<OpenReply> {
    return this.#session.open({ url: `${this.#resources(id)}/content${queryOf({ version, state })}`, signal });
  }

  /** Replaces the content of a draft. Throws `refused` (409) in any other state. */
  async setContent(id: string, content: Content, options: CallOptions = {}): Promise<Resource> {
    return readResource(firstOf(await this.#upload("PUT", `${this.#resources(id)}/content`, "file", content, options)));
  }

  /** Makes a resource of a file. An `ambiguous` failure may have made it: look for it by name and type before trying again. */
  async create(
    { name, type, subtype }: { name: string; type: string; subtype?: string },
    content: Content,
    options: CallOptions = {},
  ): Promise<Resource> {
    const url = `${this.#resources()}/content${queryOf({ name, type, subtype })}`;
    return readResource(firstOf(await this.#upload("POST", url, "file", content, options)));
  }

  async changeState(id: string, state: string, { comment, signal }: CallOptions & { comment?: string } = {}): Promise<Resource> {
    const json = { state, ...(comment === undefined ? {} : { auditedComment: comment }) };
    return this.#resource({ method: "PUT", url: `${this.#resources(id)}/state`, json, signal });
  }

  /** The versions in collections, page by page. */
  async *collectionDetails(collectionIds: string[], { signal }: CallOptions = {}): AsyncGenerator<CollectedResource> {
    for (let offset = 0; collectionIds.length > 0; ) {
      // `requestFilter` is an object in the query, so its fields stand there one by one.
      const url = `${this.#root}/collection-resources/collection-details${queryOf({ offset, count: PAGE })}`;
      const json = await this.#json({ method: "POST", url, json: collectionIds, signal });
      const data = asList(json.data).map(asObject);
      for (const each of data) {
        const { id, version, type, name, state } = readResource(each);
        yield { id, version, type, name, state, approvedBy: asText(each.approvedBy), lastModified: asText(each.lastModifiedDate) };
      }
      offset += data.length;
      const total = asNumber(asObject(json.page).totalElements);
      if (total === undefined ? data.length < PAGE : data.length === 0 || offset >= total) return;
    }
  }

  /** A zip of a resource and all it uses; read it to its end or destroy it. */
  openExport(rootId: string, versions: ExportVersions, { signal }: CallOptions = {}): Promise<OpenReply> {
    return this.#session.open({ url: `${this.#root}/export/${this.#domain}/${encodeURIComponent(rootId)}?versions=${versions}`, signal });
  }

  /** How a caller names the policy is not public: it goes into a part `policies` [OURS], and into none when it is ERROR. */
  async importPackage(content: Content, { commit, policy, packageType, signal }: ImportRequest): Promise<ImportReport> {
    const url = `${this.#root}/import/${packageType}/${this.#domain}?commit=${commit}`;
    const body = JSON.stringify({ generalPolicy: policy });
    const parts = policy === "ERROR" ? [] : [{ name: "policies", body, contentType: "application/json" }];
    const data = firstOf(await this.#upload("POST", url, "exportPackage", content, { signal }, parts));
    const listOf = (name: string) => asList(data[name]).map(asObject);
    return {
      imported: listOf("importedResources"),
      ignored: listOf("ignoredResources"),
      existing: listOf("existingResources"),
      conflicted: listOf("conflictedResources"),
    };
  }

  close(): void {
    this.#session.close();
  }

  #resources(id?: string): string {
    return `${this.#root}/resources/${this.#domain}${id === undefined ? "" : `/${encodeURIComponent(id)}`}`;
  }

  async #resource(call: JsonCall): Promise<Resource> {
    return readResource(firstOf(await this.#json(call)));
  }

  async #json(call: JsonCall): Promise<JsonObject> {
    return (await this.#session.json(call)).json;
  }

  async #upload(
    method: "POST" | "PUT",
    url: string,
    part: string,
    content: Content,
    { signal }: CallOptions,
    parts: { name: string; body: string; contentType: string }[] = [],
  ): Promise<JsonObject> {
    const fileName = content.fileName ?? "content";
    const framing = { parts, file: { name: part, contentType: content.mediaType, fileName } };
    const reply = await this.#session.upload({
      method,
      url,
      headers: { Accept: "application/json" },
      file: await sourceOf(content),
      framing,
      signal,
    });
    return checked(asObject(parseJson(reply.body)), reply.status);
  }
}

/** A failure may come with a status of success (wire/exstream.md 7). */
function checked(json: JsonObject, status: number): JsonObject {
  const failure = errorOfBody(json, status);
  if (failure) throw failure;
  return json;
}

function firstOf(json: JsonObject): JsonObject {
  return asObject(asList(json.data)[0]);
}

function queryOf(parameters: Record<string, string | number | boolean | undefined>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return given.length === 0 ? "" : `?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")}`;
}

function readResource(data: JsonObject): Resource {
  const [id, version, state] = [asText(data.id), asNumber(data.version), asText(data.state)];
  if (id === undefined || version === undefined || state === undefined) {
    throw new DocbridgeError("unexpected-reply", {
      message: "A resource of the design service came without its id, version or state. Check the address of the connection.",
      ambiguous: true,
    });
  }
  return {
    id,
    name: asText(data.name) ?? "",
    type: asText(data.type) ?? "",
    version,
    state,
    locked: asBoolean(data.locked),
    mediaType: asText(data.contentMimeType),
    properties: data,
  };
}
