import { setTimeout as sleep } from "node:timers/promises";
import { DocbridgeError } from "../../core/errors";
import type { CallOptions } from "../http/session";
import { type Feed, type FeedEntry, readFeed, withQuery } from "./feed";
import type { Repository } from "./repository";

export interface PageOptions extends CallOptions {
  /** Rows a page, at most 1000. */
  itemsPerPage: number;
  /** How often a page is asked for when its request fails in a way that may pass; default 4. */
  tries?: number;
}

const PAUSE_MS = 500;

/** Pages of a SELECT. The next one is asked for when the caller comes for it, so nothing piles up. */
export async function* pagesOf(repository: Repository, dql: string, options: PageOptions): AsyncGenerator<FeedEntry[]> {
  const perPage = Math.max(1, Math.min(options.itemsPerPage, 1000));
  let address: string | undefined = withQuery(await repository.address("dql", options), { dql, "items-per-page": perPage });
  while (address !== undefined) {
    const { entries, next } = await page(repository, address, options);
    if (next === address) {
      throw new DocbridgeError("unexpected-reply", { message: "A page of a Documentum feed names itself as the next one." });
    }
    yield entries;
    address = next;
  }
}

/** Reading again does no harm, and a long query must not end because the server was busy for a moment. */
async function page(repository: Repository, address: string, { signal, tries = 4 }: PageOptions): Promise<Feed> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return readFeed(await repository.get(address, { signal }));
    } catch (thrown) {
      const passes = thrown instanceof DocbridgeError && thrown.retryable && thrown.code !== "aborted";
      if (!passes || attempt >= tries) throw thrown;
      await sleep(thrown.retryAfterMs ?? PAUSE_MS * 2 ** (attempt - 1), undefined, { signal });
    }
  }
}
