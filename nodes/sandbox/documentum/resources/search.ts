import type { ObjectRecord } from "../model/records";
import type { Repository } from "../model/repository";
import type { Router } from "../router";
import { readAql } from "../search/aql";
import { countFacet } from "../search/facets";
import { type FacetDefinition, NOTHING, type SearchQuery, termsOf } from "../search/query";
import { runSearch } from "../search/run";
import { readSimple } from "../search/simple";
import { type Call, count, flag, list, objectBody, type Reply, userOf } from "../wire/call";
import { badRequest, Failure } from "../wire/failures";
import { type Entry, feed, type Page, readPage, slice } from "../wire/feed";
import { homeKind } from "../wire/links";
import { objectEntry } from "../wire/object-reply";
import { readView } from "../wire/render";
import { entriesFeed } from "../wire/simple-feed";

const R = "/repositories/:repository";
/** Attributes by which results can be grouped. */
const FACETS = ["r_object_type", "owner_name", "a_content_type", "r_modify_date", "r_creation_date", "keywords", "r_modifier"];

/** Full-text and structured search, in the repository and across all of them (wire/documentum.md 15.2, 15.3). */
export function mountSearch(router: Router, repository: Repository): void {
  router.on("GET", `${R}/search`, (call) => searchReply(repository, call, simpleQuery(call)));
  router.on("POST", `${R}/search`, async (call) => searchReply(repository, call, readAql(await objectBody(call))));
  router.on("GET", "/search", (call) => federatedReply(repository, call, simpleQuery(call)));
  router.on("POST", "/search", async (call) => {
    const body = await objectBody(call);
    const names = body.repositories;
    const asked = !Array.isArray(names) || names.length === 0 || names.includes(repository.name);
    return federatedReply(repository, call, asked ? readAql(body) : undefined);
  });
  router.on("GET", `${R}/supported-facets`, (call) =>
    entriesFeed(repository, call, "Supported facets", FACETS, (name) => ({
      src: call.hrefs.type("dm_sysobject"),
      title: name,
      summary: `Groups results by ${name}`,
      text: () => JSON.stringify({ id: name, type: "string" }),
    })),
  );
}

/** `q`, `locations`, `object-type`, `facet`, `facet-value-constraints` and `sort` of a request. */
function simpleQuery(call: Call): SearchQuery {
  const facet = call.query.get("facet");
  const constraint = call.query.get("facet-value-constraints");
  const facets: FacetDefinition[] = facet
    ? [
        {
          id: facet,
          label: facet,
          attributes: [facet],
          groupBy: "string",
          sort: "FREQUENCY",
          maxValues: 10,
          ...(constraint ? { constraint } : {}),
        },
      ]
    : [];
  const paths = list(call, "locations");
  const type = call.query.get("object-type");
  return {
    ...NOTHING,
    ...(type ? { types: [type] } : {}),
    expression: readSimple(call.query.get("q") ?? ""),
    // A folder's id is taken as well as its path.
    locations: paths.map((path) => (path.startsWith("/") ? { path, descend: true } : { id: path, descend: true })),
    facets,
    sorts: sortsOf(call),
  };
}

function sortsOf(call: Call): SearchQuery["sorts"] {
  return list(call, "sort").map((one) => {
    const [property = "", direction = "asc"] = one.split(/\s+/);
    if (!/^(?:asc|desc)$/i.test(direction)) throw badRequest("The query parameter 'sort' is malformed.");
    return { property, ascending: direction.toLowerCase() === "asc" };
  });
}

/** `facet-id-constraints`: `id=value` pairs in a comma list (our choice: the description does not give the syntax). */
function constrained(call: Call, query: SearchQuery): SearchQuery {
  const constraints = new Map(list(call, "facet-id-constraints").map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string]));
  const facets = query.facets.map((facet) => ({ constraint: constraints.get(facet.id), ...facet }));
  return { ...query, facets };
}

function demandEngine({ switches }: Repository): void {
  if (switches.isOn("full-text")) return;
  throw new Failure(switches.number("full-text-status"), "E_SERVICE_UNAVAILABLE", "The full-text engine is not available.");
}

/** The feed of a search. Saved searches and templates answer with it too. */
export function searchReply(repository: Repository, call: Call, asked: SearchQuery): Reply {
  demandEngine(repository);
  const query = constrained(call, asked);
  return hitsReply(repository, call, query, runSearch(repository, userOf(call), query));
}

/** The same for hits that are known already. */
export function hitsReply(repository: Repository, call: Call, query: SearchQuery, hits: readonly ObjectRecord[]): Reply {
  const page = readPage(call, repository.switches);
  const found = slice(hits, page);
  const entries = found.items.map((record) => entryOf(repository, call, query, record));
  return feed(call, "Search results", page, found, entries, repository.now(), facetsText(repository, call, query, hits));
}

function entryOf(repository: Repository, call: Call, query: SearchQuery, record: ObjectRecord, more = ""): Entry {
  const view = query.columns.length > 0 ? query.columns : readView(call.query.get("view"));
  return {
    ...objectEntry(repository, call, record, homeKind(repository, record), flag(call, "inline", false), view),
    more: `,"score":"1.0","terms":${JSON.stringify(termsOf(query.expression))}${more}`,
  };
}

function facetsText(repository: Repository, call: Call, query: SearchQuery, hits: readonly ObjectRecord[]): string {
  if (query.facets.length === 0) return "";
  const counted = hits.slice(0, query.facetLimit < 0 ? undefined : query.facetLimit);
  const facets = query.facets.map((facet) => ({
    "facet-id": facet.id,
    "facet-label": facet.label,
    "facet-value": countFacet(repository, counted, facet).map(({ value, count: number }) => ({
      "facet-value-id": value,
      "facet-value-count": number,
      "facet-value-constraint": value,
      link: { href: constraintHref(call, facet, value) },
    })),
  }));
  return `,"facets":${JSON.stringify(facets)}`;
}

function constraintHref(call: Call, facet: FacetDefinition, value: string): string {
  const [path = "", query = ""] = call.hrefs.self.split(/\?(.*)/s);
  const kept = query.split("&").filter((part) => part && !/^facet-(?:id|value)-constraints=/.test(part));
  const simple = kept.some((part) => part.startsWith("facet="));
  const added = simple
    ? `facet-value-constraints=${encodeURIComponent(value)}`
    : `facet-id-constraints=${encodeURIComponent(`${facet.id}=${value}`)}`;
  return `${path}?${[...kept, added].join("&")}`;
}

/** `start` and `limit` of each repository, of which there is one here; every entry names its `source`. */
function federatedReply(repository: Repository, call: Call, asked: SearchQuery | undefined): Reply {
  demandEngine(repository);
  const start = count(call, "start", 1, 1);
  const limit = count(call, "limit", 100, 1);
  const hits = asked ? runSearch(repository, userOf(call), asked) : [];
  const items = hits.slice(start - 1, start - 1 + limit);
  const page: Page = { page: 1, items: limit, includeTotal: flag(call, "include-total", false) };
  const entries = items.map((record) =>
    entryOf(repository, call, asked ?? NOTHING, record, `,"source":${JSON.stringify(repository.name)}`),
  );
  const found = { items, more: false, ...(page.includeTotal ? { total: hits.length } : {}) };
  const facets = asked ? facetsText(repository, call, asked, hits) : "";
  return feed(call, "Search results", page, found, entries, repository.now(), facets);
}
