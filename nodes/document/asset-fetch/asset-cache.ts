import { ContentReference } from "../../core/content/reference";
import type { Spool } from "../../core/content/spool";
import { DocbridgeError } from "../../core/errors";
import { completeFileName } from "../../core/intake/media-types";
import type { AssetQuery, AssetSource, FoundAsset } from "./sources";

/** An approved asset as it goes into the message. */
export interface FetchedAsset {
  id: string;
  version?: string;
  name: string;
  content: ContentReference;
  /** ISO 8601: when the source last confirmed that this is its approved version. */
  fetchedAt: string;
  fromCache: boolean;
}

interface Entry {
  asset: FoundAsset;
  content: ContentReference;
  confirmedAt: number;
}

/** Holds at most this many assets; the one asked for longest ago goes first. */
const ENTRIES = 500;

/**
 * Approved assets with their bytes in the spool. Within `keepMs` an asset is given as it is known; after that its source
 * is asked which version is approved, and the bytes are fetched again only when that has changed.
 */
export class AssetCache {
  private readonly entries = new Map<string, Entry>();
  private readonly underWay = new Map<string, Promise<FetchedAsset>>();

  constructor(
    private readonly source: AssetSource,
    private readonly spool: Spool,
    private readonly keepMs: number,
  ) {}

  /** Throws `not-found` (nothing approved), `ambiguous-key` (several assets), and what source and spool throw. */
  get(query: AssetQuery, signal: AbortSignal): Promise<FetchedAsset> {
    const key = `${query.findBy}:${query.rendition}:${query.value}`;
    const known = this.underWay.get(key);
    if (known) return known;
    const work = this.load(key, query, signal).finally(() => this.underWay.delete(key));
    this.underWay.set(key, work);
    return work;
  }

  private async load(key: string, query: AssetQuery, signal: AbortSignal): Promise<FetchedAsset> {
    const known = await this.usable(key);
    if (known && performance.now() - known.confirmedAt < this.keepMs) return toFetched(known, true);
    const asset = only(await this.source.find(query, signal), query);
    if (known && known.asset.revision === asset.revision) {
      known.confirmedAt = performance.now();
      return toFetched(known, true);
    }
    const { stream, mediaType } = await this.source.open(asset, signal);
    const kept = await this.spool.put(stream);
    const fileName = completeFileName(asset.name || asset.id, mediaType);
    const entry: Entry = {
      asset,
      content: new ContentReference({ ...kept, mediaType, fileName }, this.spool),
      confirmedAt: performance.now(),
    };
    this.remember(key, entry);
    return toFetched(entry, false);
  }

  /** An entry whose bytes are still in the spool, which lets go what no document needs. */
  private async usable(key: string): Promise<Entry | undefined> {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    const there = await this.spool.keep(entry.content.sha256);
    if (!there) this.entries.delete(key);
    return there ? entry : undefined;
  }

  private remember(key: string, entry: Entry): void {
    this.entries.delete(key);
    this.entries.set(key, entry);
    const oldest = this.entries.keys().next().value;
    if (this.entries.size > ENTRIES && oldest !== undefined) this.entries.delete(oldest);
  }
}

function only(found: FoundAsset[], query: AssetQuery): FoundAsset {
  if (found.length === 1) return found[0] as FoundAsset;
  const what = `${query.findBy} "${query.value}"`;
  if (found.length === 0) {
    throw new DocbridgeError("not-found", {
      message: `No approved asset with ${what} was found. Check the ${query.findBy}, and whether a version of it is approved.`,
      subject: query.value,
    });
  }
  throw new DocbridgeError("ambiguous-key", {
    message: `${found.length} assets with ${what} are approved: ${found.map((asset) => asset.id).join(", ")}. Withdraw all but one, or name the asset by its id.`,
    subject: query.value,
  });
}

function toFetched({ asset, content }: Entry, fromCache: boolean): FetchedAsset {
  const { id, version, name } = asset;
  return { id, ...(version ? { version } : {}), name, content, fetchedAt: new Date().toISOString(), fromCache };
}
