import type { Readable } from "node:stream";
import type { Instance } from "../../clients/cms/cms";
import { dqlName, dqlQuote } from "../../clients/documentum/documentum";
import type { JsonObject } from "../../clients/http/json";
import { DocbridgeError } from "../../core/errors";
import { mediaTypeOf, UNKNOWN_MEDIA_TYPE } from "../../core/intake/media-types";
import type { CssTenantNode, DocumentumRepositoryNode } from "../../runtime/connections";

export interface AssetQuery {
  findBy: "key" | "name" | "id";
  value: string;
  /** Name of a rendition in CMS, such as a channel; empty: the primary one. */
  rendition: string;
}

export interface AssetRules {
  objectType: string;
  /** Attribute that holds the asset's key. */
  keyAttribute: string;
  /** Attribute that says whether a version is approved; empty: every version counts as approved. */
  approvalAttribute: string;
  approvalValue: string;
}

/** A version of an asset at its source. */
export interface FoundAsset {
  id: string;
  version?: string;
  name: string;
  /** Changes whenever the bytes may have changed. */
  revision: string;
  /** Where the bytes are, when that is not the object itself. */
  content?: { id: string; storedBy?: "v3" };
}

export interface AssetContent {
  stream: Readable;
  mediaType: string;
}

/** A place approved assets come from. `find` gives one entry for each distinct asset, in its latest approved version. */
export interface AssetSource {
  find(query: AssetQuery, signal: AbortSignal): Promise<FoundAsset[]>;
  open(asset: FoundAsset, signal: AbortSignal): Promise<AssetContent>;
}

/** Documentum: the newest approved version of an object, also when a newer draft exists. */
export class DocumentumAssets implements AssetSource {
  constructor(
    private readonly repository: () => DocumentumRepositoryNode,
    private readonly rules: AssetRules,
  ) {}

  async find({ findBy, value }: AssetQuery, signal: AbortSignal): Promise<FoundAsset[]> {
    const { objectType, keyAttribute, approvalAttribute, approvalValue } = this.rules;
    const attribute = { key: keyAttribute, name: "object_name", id: "r_object_id" }[findBy];
    const approved = approvalAttribute ? ` and ${dqlName(approvalAttribute)}=${dqlQuote(approvalValue)}` : "";
    const rows = await (await this.repository().client()).dql(
      `select r_object_id, i_chronicle_id, object_name, i_vstamp, r_creation_date from ${dqlName(objectType)} (all) where ${dqlName(attribute)}=${dqlQuote(value)}${approved}`,
      { signal },
    );
    const newest = new Map<string, JsonObject>();
    for (const row of rows) {
      const chronicle = String(row.i_chronicle_id);
      const known = newest.get(chronicle);
      if (!known || isNewer(row, known)) newest.set(chronicle, row);
    }
    return [...newest.values()].map((row) => ({
      id: String(row.r_object_id),
      name: String(row.object_name),
      revision: `${row.r_object_id}/${row.i_vstamp}`,
    }));
  }

  async open(asset: FoundAsset, signal: AbortSignal): Promise<AssetContent> {
    const client = await this.repository().client();
    const { versionLabel } = await client.getObject(asset.id, { signal });
    if (versionLabel) asset.version = versionLabel;
    const { stream, mediaType, headers } = await client.openContent(asset.id, { signal });
    return { stream, mediaType: mediaTypeOf(mediaType ?? headers["content-type"]) ?? UNKNOWN_MEDIA_TYPE };
  }
}

/** Versions made in the same second are told apart by their ids, which grow. */
function isNewer(row: JsonObject, than: JsonObject): boolean {
  const order = (each: JsonObject) => `${each.r_creation_date} ${each.r_object_id}`;
  return order(row) > order(than);
}

/** CMS and CSS: the latest version of an object, which must be approved. */
export class CssAssets implements AssetSource {
  constructor(
    private readonly tenant: () => CssTenantNode,
    private readonly rules: AssetRules,
  ) {}

  async find({ findBy, value, rendition }: AssetQuery, signal: AbortSignal): Promise<FoundAsset[]> {
    const { objectType, keyAttribute, approvalAttribute, approvalValue } = this.rules;
    const cms = await this.tenant().cms();
    const found =
      findBy === "id"
        ? [await cms.getInstance("file", objectType, value, { signal })]
        : await cms.findByAttribute("file", objectType, findBy === "key" ? keyAttribute : "name", value, { signal });
    return found
      .filter((instance) => !approvalAttribute || instance.properties[approvalAttribute] === approvalValue)
      .map((instance) => this.toAsset(instance, rendition));
  }

  async open(asset: FoundAsset, signal: AbortSignal): Promise<AssetContent> {
    const { id, ...storedBy } = asset.content as NonNullable<FoundAsset["content"]>;
    const { stream, headers } = await (await this.tenant().css()).openContent(id, { signal, ...storedBy, objectId: asset.id });
    return { stream, mediaType: mediaTypeOf(headers["content-type"]) ?? UNKNOWN_MEDIA_TYPE };
  }

  private toAsset(instance: Instance, wanted: string): FoundAsset {
    const rendition = instance.renditions.find(({ blob_id, name }) => typeof blob_id === "string" && (wanted === "" || name === wanted));
    if (!rendition) {
      const what = wanted === "" ? "no content in CSS" : "no rendition of the wanted name in CSS";
      throw new DocbridgeError("content-missing", { message: `The asset ${instance.id} has ${what}.`, subject: instance.id });
    }
    const contentId = String(rendition.blob_id);
    return {
      id: instance.id,
      name: instance.name ?? "",
      ...(instance.versionNo === undefined ? {} : { version: String(instance.versionNo) }),
      revision: `${instance.id}/${instance.versionNo}/${contentId}`,
      // wire/css.md 6.2: v3 content says so in its source; a server that does not tell is taken to speak the connection's version.
      content: { id: contentId, ...(rendition.source === "FILE_ID" ? { storedBy: "v3" } : {}) },
    };
  }
}
