import { ContentReference } from "../../core/content/reference";
import { DocbridgeError } from "../../core/errors";

/** Which version of an approved asset went into a composition. */
export interface AssetPin {
  id: string;
  version?: string;
  name?: string;
  source?: string;
  /** Of its bytes, lower-case hex. */
  sha256: string;
}

/** The assets of a message: `msg.asset` as asset-fetch gives it, and `msg.assets`, a list of such. Throws `invalid-message`. */
export function assetPins(message: object): AssetPin[] {
  const { asset, assets = [] } = message as { asset?: unknown; assets?: unknown };
  if (!Array.isArray(assets)) throw unusable("msg.assets", "is no list");
  const named = assets.map((each, at): [string, unknown] => [`msg.assets[${at}]`, each]);
  if (asset !== undefined) named.unshift(["msg.asset", asset]);
  return named.map(([where, each]) => pinOf(each, where));
}

function pinOf(asset: unknown, where: string): AssetPin {
  const { id, version, name, source, content } = (asset ?? {}) as Record<string, unknown>;
  const sha256 = content instanceof ContentReference ? content.sha256 : (content as { sha256?: unknown } | undefined)?.sha256;
  if (typeof id !== "string" || id === "") throw unusable(where, "has no id");
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) throw unusable(where, "has no content with a sha256");
  return {
    id,
    ...(typeof version === "string" ? { version } : {}),
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof source === "string" ? { source } : {}),
    sha256,
  };
}

function unusable(where: string, what: string): DocbridgeError {
  return new DocbridgeError("invalid-message", {
    message: `${where} ${what}, so it cannot be recorded which version went into the composition. Give it as the node asset-fetch does, or remove it.`,
    subject: where,
  });
}
