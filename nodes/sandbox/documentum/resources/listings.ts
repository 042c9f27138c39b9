import { filterOf } from "../dql/filter";
import { comparator } from "../dql/order";
import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Call, Reply } from "../wire/call";
import { flag, userOf } from "../wire/call";
import { badRequest } from "../wire/failures";
import { feed, readPage, slice } from "../wire/feed";
import type { Kind } from "../wire/links";
import { objectEntry } from "../wire/object-reply";
import { readView } from "../wire/render";

/** What a listing shows of a sequence of objects. */
export interface Listing {
  title: string;
  kind: Kind;
  /** The type its objects have or descend from. */
  type: string;
  /** Show versions that are not current whatever the request says. */
  allVersions?: boolean;
}

/**
 * A feed of objects with all the parameters of wire/documentum.md section 9 that listings share: paging, `inline`, `view`,
 * `filter`, `sort`, `object-type`, `include-all-versions`. Objects the user may not see are left out.
 */
export function listObjects(repository: Repository, call: Call, ids: Iterable<string>, listing: Listing): Reply {
  const page = readPage(call, repository.switches);
  const inline = flag(call, "inline", false);
  const view = readView(call.query.get("view"));
  const found = slice(sorted(repository, call, chosen(repository, call, ids, listing), listing.type), page);
  const entries = found.items.map((record) => objectEntry(repository, call, record, listing.kind, inline, view));
  return feed(call, listing.title, page, found, entries, repository.now());
}

function* chosen(repository: Repository, call: Call, ids: Iterable<string>, listing: Listing): Iterable<ObjectRecord> {
  const user = userOf(call);
  const family = repository.types.family(objectType(repository, call, listing));
  const allVersions = listing.allVersions ?? flag(call, "include-all-versions", false);
  const text = call.query.get("filter");
  const matches = text ? filterOf(repository, user, listing.type, text) : () => true;
  for (const id of ids) {
    const record = repository.objects.get(id);
    if (!record || !family.has(record.type)) continue;
    if (!allVersions && !repository.versions.isCurrent(record)) continue;
    if (repository.permits.allows(user, record, "browse") && matches(record)) yield record;
  }
}

function objectType(repository: Repository, call: Call, listing: Listing): string {
  const name = call.query.get("object-type") || listing.type;
  if (!repository.types.isA(name, listing.type))
    throw badRequest("The query parameter 'object-type' does not name a type that can be listed here.");
  return name;
}

/** `sort=attr DESC,attr2 ASC`; without it the order of creation. */
function sorted(repository: Repository, call: Call, records: Iterable<ObjectRecord>, type: string): Iterable<ObjectRecord> {
  const text = call.query.get("sort");
  if (!text) return records;
  const keys = text.split(",").map((one) => {
    const [name = "", direction = "asc"] = one.trim().split(/\s+/);
    const attribute = repository.types.known(type).byName.get(name);
    if (!attribute || !/^(?:asc|desc)$/i.test(direction)) throw badRequest("The query parameter 'sort' is malformed.");
    return { attribute, descending: direction.toLowerCase() === "desc" };
  });
  return [...records].sort(comparator(repository, keys));
}
